// The devices' registers, interrupts and side effects, from their manuals.

import Arm
import Platform
import Testing

@testable import Machine

@Suite struct DeviceTests {
  func read(
    _ bus: Bus, _ address: UInt64, size: Int = 4, _ access: BusAccess = nonsecure
  ) throws
    -> UInt64
  {
    try bus.read(PhysicalAddress(address), size: size, access)
  }

  func write(
    _ bus: Bus, _ address: UInt64, _ value: UInt64, size: Int = 4, _ access: BusAccess = nonsecure
  ) throws {
    try bus.write(PhysicalAddress(address), size: size, value, access)
  }

  /// Whether a shared interrupt's line is high, as the distributor sees it (GICD_ISPENDR).
  func isPending(_ bus: Bus, _ interrupt: UInt32) -> Bool {
    let word = bus.gic.readDistributor(
      0x200 + UInt64(interrupt / 32) * 4, size: 4, isSecure: true)
    return word >> UInt64(interrupt % 32) & 1 == 1
  }

  // MARK: Where devices are

  @Test func nothingAnswersBetweenTheDevices() throws {
    let bus = try makeBus(coreCount: 2)
    for address: UInt64 in [
      0x0802_0000, MemoryMap.gicRedistributors + 2 * 0x2_0000, MemoryMap.uart0 + 0x1000,
      0x0905_0000, MemoryMap.fwCfg + 0x18, MemoryMap.virtio + 0x4000, 0x0C00_0000, 0x1000_0000,
      0x40_1000_0000, 0x3F00_0000, MemoryMap.ram + (64 << 20),
    ] {
      for access in [secure, nonsecure] {
        #expect(
          fault { _ = try read(bus, address, access) } == .unmapped,
          "\(String(address, radix: 16))")
        #expect(fault { try write(bus, address, 0, access) } == .unmapped)
      }
    }
  }

  @Test func secureDevicesAnswerSecureAccessesOnly() throws {
    let bus = try makeBus()
    for base in [MemoryMap.secureUART, MemoryMap.secureGPIO] {
      #expect(fault { _ = try read(bus, base + 0xFE0) } == .unmapped)
      #expect(fault { try write(bus, base, 0) } == .unmapped)
      #expect(try read(bus, base + 0xFE0, secure) != 0)
    }
  }

  @Test func aRegisterThatIsNotModelledIsReportedNeverSilent() throws {
    let bus = try makeBus()
    #expect(try read(bus, MemoryMap.uart0 + 0x80) == 0)
    try write(bus, MemoryMap.gpio + 0x500, 1)
    try write(bus, MemoryMap.uart0 + 0x48, 1)
    #expect(
      bus.unmodelled.map(\.description) == [
        "PL011 (console): 4-byte read at 0x9000080 by core 0 is not modelled: no such register",
        "PL061: 4-byte write of 0x1 at 0x9030500 by core 0 is not modelled: no such register",
        "PL011 (console): 4-byte write of 0x1 at 0x9000048 by core 0 is not modelled: "
          + "there is no DMA controller",
      ])
  }

  @Test func aRegisterThatIsNotModelledIsToldOnceAndEndsTheRunOnlyIfAsked() throws {
    // str w0, [x1, #0x80]; ldr w2, [x1, #0x80]; b .-8
    let words: [UInt32] = [0xB900_8020, 0xB940_8022, 0x17FF_FFFE]
    func board() throws -> Board {
      let board = try Board(coreCount: 1, ramSize: 1 << 20)
      board.bus.writeBytes(ramAddress(0x1000), words.flatMap { FwCfg.bytes($0) })
      let state = board.cores[0].state
      state.pc = MemoryMap.ram + 0x1000
      state[x: 1] = MemoryMap.uart0
      state[x: 2] = .max
      return board
    }
    let relaxed = try board()
    #expect(relaxed.run(instructions: 3000) == .budget)
    #expect(relaxed.cores[0].state[x: 2] == 0, "RAZ")
    let told = relaxed.takeEvents()
    #expect(told.map(\.instruction) == [1, 2])
    let texts = told.map { event -> String in
      guard case .unmodelled(let access) = event.kind else { return "" }
      return access.description
    }
    #expect(texts[0].contains("write of 0x0 at 0x9000080"))
    #expect(texts[1].contains("read at 0x9000080"))
    let strict = try board()
    strict.bus.isStrict = true
    for instruction in 1...2 as ClosedRange<UInt64> {
      guard case .unmodelled = strict.run(instructions: 3000) else {
        Issue.record("the run goes on")
        return
      }
      #expect(strict.instructions == instruction)
    }
    #expect(strict.takeEvents().isEmpty)
  }

  @Test func debugAccessesReachNoDevice() throws {
    let bus = try makeBus()
    bus.receiveConsoleInput([0x41])
    let debug = BusAccess(core: nil, isSecure: true, purpose: .debug)
    #expect(fault { _ = try read(bus, MemoryMap.uart0, debug) } == .unmapped)
    #expect(try read(bus, MemoryMap.uart0) == 0x41)
  }

  // MARK: PL011

  @Test func theConsoleSendsBytesInOrder() throws {
    let bus = try makeBus()
    for byte in "hello".utf8 { try write(bus, MemoryMap.uart0, UInt64(byte), size: 1) }
    #expect(bus.devices.uart0.takeOutput() == Array("hello".utf8))
    #expect(bus.devices.uart0.takeOutput().isEmpty)
    try write(bus, MemoryMap.secureUART, 0x53, secure)
    #expect(bus.devices.uart0.takeOutput().isEmpty)
    #expect(bus.devices.secureUART.takeOutput() == [0x53])
  }

  @Test func theConsoleReceivesEverythingThroughItsFIFO() throws {
    let bus = try makeBus()
    let text = (0..<40).map { UInt8($0) }
    try write(bus, MemoryMap.uart0 + 0x2C, 0x70)
    #expect(try read(bus, MemoryMap.uart0 + 0x18) & 0x10 != 0)
    bus.receiveConsoleInput(text)
    #expect(try read(bus, MemoryMap.uart0 + 0x18) & 0x50 == 0x40, "16 are in the FIFO")
    #expect(bus.devices.uart0.state.pendingInput.count == 24)
    var received: [UInt8] = []
    while try read(bus, MemoryMap.uart0 + 0x18) & 0x10 == 0 {
      received.append(UInt8(try read(bus, MemoryMap.uart0) & 0xFF))
    }
    #expect(received == text)
  }

  @Test func withoutFIFOsOneCharacterFits() throws {
    let bus = try makeBus()
    bus.receiveConsoleInput([1, 2])
    #expect(bus.devices.uart0.state.pendingInput == [2])
    #expect(try read(bus, MemoryMap.uart0 + 0x18) & 0x50 == 0x40)
    #expect(try read(bus, MemoryMap.uart0) == 1)
    #expect(try read(bus, MemoryMap.uart0) == 2)
    #expect(try read(bus, MemoryMap.uart0 + 0x18) & 0x50 == 0x10)
  }

  @Test func consoleInterruptsFollowStatusAndMask() throws {
    let bus = try makeBus()
    bus.receiveConsoleInput([0x41])
    #expect(try read(bus, MemoryMap.uart0 + 0x3C) == 0x10)
    #expect(!isPending(bus, Interrupt.uart0), "masked")
    try write(bus, MemoryMap.uart0 + 0x38, 0x10)
    #expect(isPending(bus, Interrupt.uart0))
    #expect(try read(bus, MemoryMap.uart0 + 0x40) == 0x10)
    _ = try read(bus, MemoryMap.uart0)
    #expect(!isPending(bus, Interrupt.uart0), "the FIFO is empty")
    try write(bus, MemoryMap.uart0 + 0x38, 0x20)
    try write(bus, MemoryMap.uart0, 0x42)
    #expect(isPending(bus, Interrupt.uart0), "sent")
    try write(bus, MemoryMap.uart0 + 0x44, 0x20)
    #expect(!isPending(bus, Interrupt.uart0), "cleared")
  }

  @Test func loopbackReturnsWhatIsSent() throws {
    let bus = try makeBus()
    try write(bus, MemoryMap.uart0 + 0x2C, 0x70)
    try write(bus, MemoryMap.uart0 + 0x30, 0x0F81)
    bus.receiveConsoleInput([9])
    for byte: UInt64 in [1, 2, 3] { try write(bus, MemoryMap.uart0, byte) }
    for byte: UInt64 in [1, 2, 3] { #expect(try read(bus, MemoryMap.uart0) == byte) }
    #expect(try read(bus, MemoryMap.uart0 + 0x18) & 0x3 == 0x3, "RTS and DTR come back")
    try write(bus, MemoryMap.uart0 + 0x30, 0x0301)
    #expect(try read(bus, MemoryMap.uart0) == 9, "what arrived meanwhile was not lost")
  }

  // MARK: PL031

  @Test func theClockCountsVirtualSeconds() throws {
    let bus = try makeBus()
    #expect(try read(bus, MemoryMap.rtc) == UInt64(PL031.defaultEpoch))
    bus.now = 2_999_999_999
    #expect(try read(bus, MemoryMap.rtc) == UInt64(PL031.defaultEpoch) + 2)
    try write(bus, MemoryMap.rtc + 8, 100)
    #expect(try read(bus, MemoryMap.rtc) == 100)
    bus.now = 3_000_000_000
    #expect(try read(bus, MemoryMap.rtc) == 101)
  }

  @Test func theAlarmGoesOffAtItsSecond() throws {
    let bus = try makeBus()
    bus.now = 500_000_000
    try write(bus, MemoryMap.rtc + 4, UInt64(PL031.defaultEpoch) + 3)
    try write(bus, MemoryMap.rtc + 0x10, 1)
    #expect(bus.nextDeviceDeadline == 3_000_000_000)
    bus.now = 2_999_999_999
    bus.updateDevices()
    #expect(!isPending(bus, Interrupt.rtc))
    bus.now = 3_000_000_000
    bus.updateDevices()
    #expect(isPending(bus, Interrupt.rtc))
    #expect(try read(bus, MemoryMap.rtc + 0x18) == 1)
    #expect(bus.nextDeviceDeadline == nil)
    try write(bus, MemoryMap.rtc + 0x1C, 1)
    #expect(!isPending(bus, Interrupt.rtc))
  }

  // MARK: PL061

  @Test func theSecureGPIOSwitchesOffAndResets() throws {
    for (pin, request) in [(UInt64(0), PowerRequest.off), (1, .reset)] {
      let bus = try makeBus()
      try write(bus, MemoryMap.secureGPIO + 0x3FC, 0xFF, secure)
      #expect(bus.powerRequest == nil, "inputs cannot be driven")
      try write(bus, MemoryMap.secureGPIO + 0x400, 1 << pin, secure)
      #expect(bus.powerRequest == nil)
      try write(bus, MemoryMap.secureGPIO + (4 << pin), 0xFF, secure)
      #expect(bus.powerRequest == request)
    }
  }

  @Test func gpioInterruptsOnEdgesAndLevels() throws {
    let bus = try makeBus()
    let gpio = bus.devices.gpio
    try write(bus, MemoryMap.gpio + 0x410, 0xFF)
    try write(bus, MemoryMap.gpio + 0x40C, 0b0000_1000)
    gpio.setInput(3, true)
    #expect(gpio.interruptLines == 1, "rising edge of a pin that waits for it")
    try write(bus, MemoryMap.gpio + 0x41C, 0xFF)
    gpio.setInput(3, false)
    #expect(gpio.interruptLines == 0, "falling edge of the same pin")
    gpio.setInput(2, true)
    #expect(gpio.interruptLines == 0)
    gpio.setInput(2, false)
    #expect(gpio.interruptLines == 1, "falling edge of a pin that waits for it")
    try write(bus, MemoryMap.gpio + 0x41C, 0xFF)
    try write(bus, MemoryMap.gpio + 0x408, 0x20)
    for level in [true, false] {
      gpio.setInput(5, level)
      #expect(gpio.interruptLines == 1, "both edges")
      try write(bus, MemoryMap.gpio + 0x41C, 0xFF)
    }
    try write(bus, MemoryMap.gpio + 0x404, 0x08)
    gpio.setInput(3, true)
    try write(bus, MemoryMap.gpio + 0x41C, 0xFF)
    #expect(try read(bus, MemoryMap.gpio + 0x414) == 0x08, "a level cannot be cleared")
    #expect(isPending(bus, Interrupt.gpio))
  }

  @Test func maskedGPIODataBitsAreLeftAlone() throws {
    let bus = try makeBus()
    try write(bus, MemoryMap.gpio + 0x400, 0xFF)
    try write(bus, MemoryMap.gpio + (0x0F << 2), 0xAA)
    #expect(try read(bus, MemoryMap.gpio + 0x3FC) == 0x0A)
    #expect(try read(bus, MemoryMap.gpio + (0x02 << 2)) == 0x02)
  }

  // MARK: State

  @Test func devicesAreSavedAndRestored() throws {
    let bus = try makeBus()
    func hash() -> UInt64 {
      var hash = StateHash()
      bus.hash(into: &hash)
      return hash.value
    }
    bus.receiveConsoleInput([1, 2, 3])
    try write(bus, MemoryMap.rtc + 4, 5)
    try write(bus, MemoryMap.gpio + 0x400, 0xF)
    let (snapshot, before) = (try bus.snapshot(), hash())
    _ = try read(bus, MemoryMap.uart0)
    let changed = hash()
    #expect(changed != before)
    bus.restore(snapshot)
    #expect(hash() == before)
    #expect(try read(bus, MemoryMap.uart0) == 1)
    #expect(hash() == changed)
    try write(bus, MemoryMap.secureGPIO + 0x400, 1, secure)
    try write(bus, MemoryMap.secureGPIO + 0x004, 1, secure)
    bus.resetDevices()
    #expect(bus.powerRequest == nil)
    #expect(bus.devices.uart0.state == PL011.State())
  }
}
