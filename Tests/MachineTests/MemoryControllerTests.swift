// What the memory controller finds without a core, and its records as memory.

import Arm
import Platform
import Testing

@testable import Machine

@Suite struct MemoryControllerTests {
  let line = ramAddress(0x2040)
  /// 64 bytes each nanosecond: 64 MiB take a little more than a millisecond.
  let rate: UInt64 = 64_000_000_000

  private func recordings(_ bus: Bus) -> [ErrorRecording] {
    bus.takeEvents().compactMap {
      if case .nodeRecorded(let recording) = $0 { recording } else { nil }
    }
  }

  private func advance(_ bus: Bus, to now: UInt64) {
    // As the run loop does: no further than the next deadline at a time.
    while let deadline = bus.nextDeviceDeadline, deadline <= now {
      bus.now = max(bus.now, deadline)
      bus.updateDevices()
    }
    bus.now = now
  }

  @Test func aTransientErrorIsGoneWhenItWasCorrectedAndAPersistentOneIsNot() throws {
    for isTransient in [true, false] {
      let bus = try makeBus()
      var poison = Poison(state: .corrected)
      poison.isTransient = isTransient
      bus.plantPoison(line, poison)
      for _ in 0..<3 { _ = try bus.read(line, size: 8, nonsecure) }
      let record = bus.ras[ErrorNode.memory].record
      #expect(record.misc0 == (isTransient ? 1 : 3) << 32)
      #expect(record.status[ErrorStatus.ce] == (isTransient ? 0b01 : 0b11))
      #expect((bus.poison(at: line) == nil) == isTransient)
      #expect(
        (bus.ram.flags[2] & PageFlags.poisoned == 0) == isTransient, "it costs nothing any more")
    }
  }

  @Test func whatIsFoundAtOnceIsLatentAndItsUseSaysThatItWasKnown() throws {
    let found: [(ErrorState, ErrorState)] = [
      (.corrected, .corrected), (.deferred, .deferred), (.restartable, .restartable),
      (.recoverable, .restartable), (.unrecoverable, .unrecoverable),
      (.uncontainable, .uncontainable),
    ]
    for (planted, recorded) in found {
      let bus = try makeBus()
      bus.plantPoison(line, Poison(state: planted))
      bus.announcePoison(line)
      let recording = try #require(recordings(bus).first)
      #expect(recording.status.highestState == recorded)
      #expect(!recording.status.isSet(ErrorStatus.er) && !recording.status.isSet(ErrorStatus.pn))
      #expect(recording.address == ErrorAddress(line, isSecure: false))
      guard planted != .corrected else { continue }
      bus.ras[ErrorNode.memory].record = ErrorRecord()
      #expect(fault { _ = try bus.read(line, size: 8, nonsecure) } != nil)
      #expect(bus.ras[ErrorNode.memory].record.status.isSet(ErrorStatus.pn))
    }
  }

  @Test func scrubbingFindsALineWhenItComesByAndOnce() throws {
    let bus = try makeBus()
    bus.scrubRate = rate
    bus.now = 1_000_000
    // It is at 0x3D09000 of 0x4000000: a line behind it is found in this pass, one before in the next.
    bus.plantPoison(ramAddress(0x3F0_0000))
    bus.plantPoison(ramAddress(0x10_0000))
    let (first, second) = (UInt64(0x3F0_0040) / 64, UInt64(0x400_0000 + 0x10_0040) / 64)
    #expect(bus.nextDeviceDeadline == first)
    advance(bus, to: first - 1)
    #expect(recordings(bus) == [])
    advance(bus, to: first)
    let recording = try #require(recordings(bus).first)
    #expect(recording.address == ErrorAddress(ramAddress(0x3F0_0000), isSecure: false))
    #expect(recording.status[ErrorStatus.ierr] == UInt64(MemoryErrorCause.scrub))
    #expect(recording.state == .restartable)
    #expect(bus.nextDeviceDeadline == second)
    advance(bus, to: second)
    #expect(recordings(bus).count == 1)
    #expect(bus.nextDeviceDeadline == nil, "what is known is not found again")
    // A corrected one is, if it stays.
    bus.plantPoison(ramAddress(0x20_0000), Poison(state: .corrected))
    advance(bus, to: second + 4 * 0x400_0000 / 64)
    #expect(recordings(bus).count == 4)
    var transient = Poison(state: .corrected)
    transient.isTransient = true
    bus.plantPoison(ramAddress(0x20_0000), transient)
    advance(bus, to: second + 8 * 0x400_0000 / 64)
    #expect(recordings(bus).count == 1)
    #expect(bus.poison(at: ramAddress(0x20_0000)) == nil)
  }

  @Test func scrubbingFindsTheLinesOfAPatternInTheirOrder() throws {
    let bus = try makeBus(ramSize: 2 << 20)
    bus.scrubRate = 1_000_000_000
    let lines = LinePattern(agreeingWith: line.rawValue, in: 0xFFFF_FFFF_FFF8_FFC0)
    bus.plantPoison(lines)
    try bus.zeroBlock(ramAddress(0x1_2040), nonsecure)
    advance(bus, to: 3 << 20)
    let wanted = stride(from: UInt64(0), to: 2 << 20, by: 64).map { ramAddress($0) }
      .filter { lines.contains($0.rawValue) && $0 != ramAddress(0x1_2040) }
    #expect(recordings(bus).count == wanted.count && wanted.count == 7)
  }

  @Test func theFirstLineOfAPatternIsTheFirst() {
    var random: UInt64 = 1
    func next() -> UInt64 {
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return random >> 40
    }
    for _ in 0..<300 {
      // Of 12 bits of line number.
      let lines = LinePattern(
        agreeingWith: (next() & 0xFFF) << 6, in: (next() & 0xFFF) << 6 | ~0 << 18)
      let from = (next() & 0xFFF) << 6
      let wanted = stride(from: from, to: 1 << 18, by: 64).first { lines.contains($0) }
      #expect(lines.first(from: from) == wanted, "\(lines) from \(from)")
    }
  }

  @Test func trafficReadsALineAtItsRateUntilItIsGood() throws {
    let bus = try makeBus()
    bus.plantPoison(line, Poison(state: .corrected))
    bus.addTraffic(LinePattern(line: line.rawValue), rate: 1_000_000, count: nil)
    advance(bus, to: 10_000)
    #expect(recordings(bus).count == 10)
    let saved = try bus.snapshot()
    try bus.zeroBlock(line, nonsecure)
    advance(bus, to: 20_000)
    #expect(recordings(bus) == [])
    #expect(bus.nextDeviceDeadline == nil)
    bus.restore(saved)
    advance(bus, to: 20_000)
    #expect(recordings(bus).count == 10)
    let other = try makeBus()
    other.plantPoison(line, Poison(state: .corrected))
    other.addTraffic(LinePattern(line: line.rawValue), rate: 1_000_000, count: 3)
    advance(other, to: 10_000)
    #expect(recordings(other).count == 3)
    #expect(other.nextDeviceDeadline == nil)
  }

  @Test func savedStateHasAllOfIt() throws {
    func hash(_ bus: Bus) -> UInt64 {
      var hash = StateHash()
      bus.hash(into: &hash)
      return hash.value
    }
    let bus = try makeBus()
    var poison = Poison(state: .corrected)
    bus.plantPoison(line, poison)
    var seen = [hash(bus)]
    func look(_ comment: Comment) {
      let now = hash(bus)
      #expect(!seen.contains(now), comment)
      seen.append(now)
    }
    bus.scrubRate = rate
    look("scrub rate")
    bus.addTraffic(LinePattern(line: line.rawValue), rate: 1_000_000, count: 3)
    look("traffic")
    bus.now = 1000
    bus.updateDevices()
    look("traffic that went on")
    poison.isTransient = true
    bus.plantPoison(line, poison)
    look("transient")
    bus.plantPoison(line, Poison(state: .deferred))
    look("deferred")
    bus.announcePoison(line)
    bus.ras[ErrorNode.memory].record = ErrorRecord()
    look("detected")
  }

  // MARK: The memory-mapped group

  private func address(_ offset: UInt64) -> PhysicalAddress {
    PhysicalAddress(BoardDevice.memoryController.base + offset)
  }

  @Test func theGroupShowsWhatTheSystemRegistersShow() throws {
    let bus = try makeBus()
    bus.plantPoison(line, Poison(state: .corrected))
    _ = try bus.read(line, size: 8, nonsecure)
    let registers: [(UInt64, ErrorRecordRegister)] = [
      (0, .feature), (8, .control), (0x10, .status), (0x18, .address), (0x20, .misc0),
      (0x28, .misc1), (0x30, .misc2), (0x38, .misc3),
    ]
    for (offset, register) in registers {
      let value = bus.ras.read(register, record: ErrorNode.memory, core: 0)
      #expect(try bus.read(address(offset), size: 8, secure) == value)
      #expect(try bus.read(address(offset), size: 4, secure) == value & 0xFFFF_FFFF)
      #expect(try bus.read(address(offset + 4), size: 4, secure) == value >> 32)
    }
    #expect(try bus.read(address(0xE00), size: 8, secure) == 1)
    // DEVARCH: Arm, present, version 1.1 of a record group; DEVID: one record.
    #expect(try bus.read(address(0xFBC), size: 4, secure) == 0x4771_0A00)
    #expect(try bus.read(address(0xFC8), size: 4, secure) == 0x2_0001)
    #expect(try bus.read(address(0xFE8), size: 4, secure) == 8)
    #expect(try bus.read(address(0xFF4), size: 4, secure) == 0x90)
    #expect(bus.unmodelled.isEmpty)
    #expect(fault { _ = try bus.read(address(0), size: 8, nonsecure) } == .unmapped)
    // DEVID.IRQCR is 0b0010: of the registers that configure FHI, ERI and CRI, IRQEN alone is there, and 0 at first.
    let bare = try Bus(
      ramSize: 64 << 20, coreCount: 1, codeCache: CodeCache(), gic: GIC(coreCount: 1))
    for offset in Array(stride(from: 0xE80 as UInt64, to: 0xEB0, by: 4)) + [0xEF8] {
      #expect(try bare.read(address(offset), size: 4, secure) == 0, "\(offset)")
      try bare.write(address(offset), size: 4, 0xFFFF_FFFF, secure)
      let wanted: UInt64 = [0xE8C, 0xE9C, 0xEAC].contains(offset) ? 0x80 : 0
      #expect(try bare.read(address(offset), size: 4, secure) == wanted, "\(offset)")
    }
    // A register that is not there is said to be so; nor is there a half of a half.
    #expect(try bus.read(address(0x10), size: 2, secure) == 0)
    #expect(try bus.read(address(0x40), size: 8, secure) == 0)
    #expect(bus.unmodelled.count == 1)
  }

  @Test func theGroupClearsAndControls() throws {
    let bus = try makeBus()
    bus.plantPoison(line, Poison(state: .corrected))
    _ = try bus.read(line, size: 8, nonsecure)
    try bus.write(
      address(8), size: 4, ErrorControl.ed.mask | ErrorControl.cfi.mask | ErrorControl.ced.mask,
      secure)
    #expect(bus.gic.live.shared[0].pending >> (Interrupt.memoryFault - 32) & 1 != 0)
    let status = ErrorStatus(rawValue: try bus.read(address(0x10), size: 8, secure))
    try bus.write(address(0x10), size: 4, status.clearingValue, secure)
    #expect(try bus.read(address(0x10), size: 8, secure) == 0)
    #expect(bus.gic.live.shared[0].pending >> (Interrupt.memoryFault - 32) & 1 == 0)
    try bus.write(address(0x24), size: 4, 0x12_0034, secure)
    #expect(try bus.read(address(0x20), size: 8, secure) == 0x12_0034 << 32)
  }
}
