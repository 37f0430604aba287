// Poison: who consumes it, who cures it, and what the nodes record.

import Arm
import Platform
import Testing

@testable import Machine

@Suite struct MemoryPoisonTests {
  let line = ramAddress(0x2040)

  private func areProcessorRecordsEmpty(_ bus: Bus) -> Bool {
    (0..<2).allSatisfy { bus.ras[ErrorNode.processor, core: $0].record == ErrorRecord() }
  }

  /// CTR_EL0 and DCZID_EL0 count in words of four bytes.
  @Test func aLineIsAsLongAsTheRegistersSay() {
    #expect(4 << IdentificationRegisters.ctr[CacheType.dMinLine] == CacheLine.size)
    #expect(4 << IdentificationRegisters.ctr[CacheType.iMinLine] == CacheLine.size)
    #expect(4 << IdentificationRegisters.zeroBlock[ZeroBlockIdentification.bs] == CacheLine.size)
    for (offset, start) in [(0, 0), (1, 0), (63, 0), (64, 64), (127, 64)] as [(UInt64, UInt64)] {
      #expect(PhysicalAddress(line.rawValue + offset).line.rawValue == line.rawValue + start)
    }
    #expect(CacheLine.start(of: .max) == UInt64.max - 63)
  }

  @Test func everyKindOfReadConsumes() throws {
    let accesses: [BusAccess] = [
      BusAccess(core: 0, isSecure: false),
      BusAccess(core: 1, isSecure: true),
      BusAccess(core: 0, isSecure: false, purpose: .instructionFetch),
      BusAccess(core: 0, isSecure: false, purpose: .tableWalk),
    ]
    for access in accesses {
      for offset: UInt64 in [0, 8, 63] {
        let bus = try makeBus()
        bus.now = 1600
        #expect(bus.plantPoison(line))
        let address = PhysicalAddress(line.rawValue + offset)
        #expect(fault { _ = try bus.read(address, size: 1, access) } == poisoned(line))
        let status = bus.ras[ErrorNode.memory].record.status
        #expect(status.highestState == .recoverable)
        #expect(status.code == .externalMemoryData)
        #expect(status.isSet(ErrorStatus.er))
        #expect(!status.isSet(ErrorStatus.pn))
        #expect(!status.isSet(ErrorStatus.of))
        #expect(status.isSet(ErrorStatus.av))
        #expect(
          bus.ras[ErrorNode.memory].record.address
            == ErrorAddress(line, isSecure: access.isSecure))
        #expect(bus.ras[ErrorNode.memory].record.misc3 == 100)
        #expect(areProcessorRecordsEmpty(bus))
        guard case .consumed(let consumption)? = bus.takeEvents().last else {
          Issue.record("no event")
          continue
        }
        #expect(consumption.access == access)
        #expect(consumption.address == address)
        #expect("\(consumption.recording.node)" == "memory")
        #expect(consumption.recording.outcome == .overwritten)
        #expect(consumption.signal == .abort)
      }
    }
  }

  @Test func aDebugReadDoesNotConsume() throws {
    let bus = try makeBus()
    bus.plantPoison(line)
    let debug = BusAccess(core: nil, isSecure: false, purpose: .debug)
    #expect(try bus.read(line, size: 8, debug) == 0)
    #expect(bus.readBytes(line, count: 64) != nil)
    #expect(try bus.ras.state == makeBus().ras.state)
    try bus.zeroBlock(line, debug)
    #expect(bus.poison(at: line) != nil)
  }

  @Test func neighbouringLinesAreGood() throws {
    let bus = try makeBus()
    bus.plantPoison(line)
    for offset: Int64 in [-8, 64] {
      let address = PhysicalAddress(line.rawValue &+ UInt64(bitPattern: offset))
      #expect(fault { _ = try bus.read(address, size: 8, nonsecure) } == nil)
    }
  }

  @Test func anAtomicConsumesAndDoesNotWrite() throws {
    let bus = try makeBus()
    bus.plantPoison(line)
    #expect(
      fault {
        _ = try bus.compareExchange(line, size: 8, expected: 0, desired: 1, nonsecure)
      } == poisoned(line))
    #expect(bus.readBytes(line, count: 8) == [UInt8](repeating: 0, count: 8))
  }

  @Test(arguments: [0, 8, 56] as [UInt64])
  func partialStoresAreMergedAndDoNotCure(untouched: UInt64) throws {
    let bus = try makeBus()
    bus.plantPoison(line)
    for offset in stride(from: UInt64(0), to: 64, by: 8) where offset != untouched {
      try bus.write(PhysicalAddress(line.rawValue + offset), size: 8, .max, nonsecure)
    }
    for offset in untouched..<untouched + 7 {
      try bus.write(PhysicalAddress(line.rawValue + offset), size: 1, 0xFF, nonsecure)
    }
    #expect(!bus.ras[ErrorNode.memory].record.status.isSet(ErrorStatus.v))
    var merged = [UInt8](repeating: 0xFF, count: 64)
    merged[Int(untouched) + 7] = 0
    #expect(bus.readBytes(line, count: 64) == merged)
    #expect(fault { _ = try bus.read(line, size: 8, nonsecure) } == poisoned(line))
  }

  @Test func aFullLineWriteCures() throws {
    let cures: [(String, (Bus) throws -> Void)] = [
      (
        "stores",
        { bus in
          for offset in stride(from: UInt64(0), to: 64, by: 4) {
            try bus.write(PhysicalAddress(self.line.rawValue + offset), size: 4, 1, nonsecure)
          }
        }
      ),
      ("zeroBlock", { try $0.zeroBlock(PhysicalAddress(self.line.rawValue + 8), nonsecure) }),
      (
        "dmaWrite",
        {
          try $0.dmaWrite(
            PhysicalAddress(self.line.rawValue - 4), [UInt8](repeating: 1, count: 68)[...],
            nonsecure)
        }
      ),
    ]
    for (name, cure) in cures {
      let bus = try makeBus()
      bus.plantPoison(line)
      bus.plantPoison(ramAddress(0x2FC0))
      try cure(bus)
      #expect(fault { _ = try bus.read(line, size: 8, nonsecure) } == nil, "\(name)")
      #expect(bus.poisonedLines == [ramAddress(0x2FC0)], "\(name)")
      #expect(bus.ram.flags[2] & PageFlags.poisoned != 0, "another line of the page still is")
      try bus.zeroBlock(ramAddress(0x2FC0), nonsecure)
      #expect(bus.ram.flags[2] & PageFlags.poisoned == 0)
      #expect(unsafe bus.directPage(line, isSecure: false) != nil)
    }
    let bus = try makeBus()
    bus.plantPoison(line)
    try bus.dmaWrite(line, [UInt8](repeating: 1, count: 63)[...], nonsecure)
    #expect(bus.poison(at: line) != nil, "63 bytes are not a line")
  }

  @Test func aPatternIsTheSamePoisonAsItsLinesOneByOne() throws {
    // A line of each 64 KiB, and whole pages.
    for mask: UInt64 in [0xFFFF_FFFF_0000_FFC0, 0xFFFF_FFFF_0000_E000] {
      let (byRule, oneByOne) = (try makeBus(ramSize: 2 << 20), try makeBus(ramSize: 2 << 20))
      let lines = LinePattern(agreeingWith: line.rawValue, in: mask)
      let saved = try byRule.snapshot()
      #expect(byRule.plantPoison(lines))
      let all = stride(from: UInt64(0), to: 2 << 20, by: 64).map(ramAddress)
      for address in all where lines.contains(address.rawValue) { oneByOne.plantPoison(address) }
      func act(_ bus: Bus) throws -> [[Bool]] {
        var seen: [[Bool]] = []
        func look() {
          seen.append(all.map { bus.poison(at: $0) != nil })
          seen.append((0..<512).map { bus.ram.flags[$0] & PageFlags.poisoned != 0 })
        }
        look()
        // One is made good at once, one in parts, one is stored to in part.
        try bus.zeroBlock(line, nonsecure)
        for offset in stride(from: UInt64(0), to: 64, by: 8) {
          try bus.write(ramAddress(0x1_2040 + offset), size: 8, 1, nonsecure)
        }
        try bus.write(ramAddress(0x2_2040), size: 8, 1, nonsecure)
        look()
        seen.append([
          fault { _ = try bus.read(ramAddress(0x2_2040), size: 8, nonsecure) } != nil,
          fault { _ = try bus.read(ramAddress(0x3_2040), size: 8, nonsecure) } != nil,
          fault { _ = try bus.read(ramAddress(0x1_2040), size: 8, nonsecure) } != nil,
        ])
        // It can go bad again.
        bus.plantPoison(line)
        look()
        return seen
      }
      #expect(try act(byRule) == act(oneByOne))
      let late = try byRule.snapshot()
      byRule.restore(saved)
      #expect(all.allSatisfy { byRule.poison(at: $0) == nil })
      #expect((0..<512).allSatisfy { byRule.ram.flags[$0] & PageFlags.poisoned == 0 })
      byRule.restore(late)
      #expect(byRule.poison(at: ramAddress(0x3_2040)) != nil)
      #expect(byRule.ram.flags[0x32] & PageFlags.poisoned != 0)
    }
    let bus = try makeBus(ramSize: 2 << 20)
    // 2 MiB have no rank but the first, and flash is no DRAM.
    #expect(!bus.plantPoison(LinePattern(agreeingWith: 0x8000_0000, in: ~0 << 30)))
    #expect(!bus.plantPoison(LinePattern(agreeingWith: 0x40, in: ~0 << 6)))
  }

  @Test func dmaConsumes() throws {
    let bus = try makeBus()
    bus.plantPoison(line)
    let dma = BusAccess(core: nil, isSecure: false)
    #expect(
      fault { _ = try bus.dmaRead(ramAddress(0x2000), count: 65, dma) } == poisoned(line))
    #expect(fault { _ = try bus.dmaRead(ramAddress(0x2000), count: 64, dma) } == nil)
  }

  @Test func aPoisonedOrWatchedPageIsNeverDirect() throws {
    let bus = try makeBus()
    bus.plantPoison(line)
    #expect(bus.flushRequested)
    #expect(unsafe bus.directPage(ramAddress(0x2000), isSecure: false) == nil)
    bus.flushRequested = false
    bus.watch(ramAddress(0x5008), byteCount: 8, kinds: .read)
    #expect(bus.flushRequested)
    #expect(unsafe bus.directPage(ramAddress(0x5000), isSecure: false) == nil)
    bus.unwatch(1)
    #expect(unsafe bus.directPage(ramAddress(0x5000), isSecure: false) != nil)
  }

  @Test func withoutRecordingPoisonIsSilentCorruption() throws {
    let bus = try makeBus()
    bus.plantPoison(line)
    bus.ras[ErrorNode.memory].control[ErrorControl.ed] = 0
    #expect(fault { _ = try bus.read(line, size: 8, nonsecure) } == nil)
    #expect(!bus.ras[ErrorNode.memory].record.status.isSet(ErrorStatus.v))
    guard case .consumed(let consumption)? = bus.takeEvents().last else {
      Issue.record("no event")
      return
    }
    #expect(consumption.recording.outcome == nil)
    #expect(consumption.signal == .silent)
  }

  @Test func withoutAResponseTheErrorIsRecordedAsUncontainable() throws {
    let bus = try makeBus()
    bus.plantPoison(line)
    bus.ras[ErrorNode.memory].control[ErrorControl.ue] = 0
    #expect(fault { _ = try bus.read(line, size: 8, nonsecure) } == nil)
    #expect(bus.ras[ErrorNode.memory].record.status.highestState == .uncontainable)
    #expect(!bus.ras[ErrorNode.memory].record.status.isSet(ErrorStatus.er))
  }

  @Test(arguments: ErrorState.allCases)
  func whereNobodyIsToldTheDataAreReturnedAndOnlyTheRecordSays(state: ErrorState) throws {
    let bus = try makeBus()
    bus.plantPoison(line, Poison(state: state, signal: .silent))
    #expect(fault { _ = try bus.read(line, size: 8, nonsecure) } == nil)
    let status = bus.ras[ErrorNode.memory].record.status
    #expect(status.highestState == (state == .corrected ? .corrected : .uncontainable))
    #expect(!status.isSet(ErrorStatus.er))
    #expect(areProcessorRecordsEmpty(bus))
    #expect(bus.poison(at: line) != nil)
  }

  @Test func aDeferredErrorIsRecordedOnceByEachNode() throws {
    let bus = try makeBus()
    bus.plantPoison(line, Poison(state: .deferred))
    let access = BusAccess(core: 1, isSecure: false)
    #expect(fault { _ = try bus.read(line, size: 8, access) } == poisoned(line))
    let memory = bus.ras[ErrorNode.memory].record.status
    #expect(memory.highestState == .deferred)
    #expect(!memory.isSet(ErrorStatus.er))
    #expect(!memory.isSet(ErrorStatus.pn))
    let processor = bus.ras[ErrorNode.processor, core: 1].record.status
    #expect(processor.highestState == .recoverable)
    #expect(processor.code == .completerDeferredNotSupported)
    #expect(processor.isSet(ErrorStatus.pn))
    #expect(!bus.ras[ErrorNode.processor, core: 0].record.status.isSet(ErrorStatus.v))
  }

  @Test func aCorrectedErrorIsCountedAndTheDataAreGood() throws {
    let bus = try makeBus()
    try bus.write(line, size: 8, 42, nonsecure)
    bus.plantPoison(line, Poison(state: .corrected))
    for _ in 0..<3 { #expect(try bus.read(line, size: 8, nonsecure) == 42) }
    #expect(bus.ras[ErrorNode.memory].record.status.highestState == .corrected)
    #expect(bus.ras[ErrorNode.memory].record.misc0 >> 32 == 3)
  }

  /// What is found by scrubbing says the same as what is used.
  @Test(arguments: RecordedAddress.allCases, [false, true])
  func theRecordedAddressCanBeMissingOrNotRight(address: RecordedAddress, isFound: Bool) throws {
    let bus = try makeBus()
    bus.plantPoison(line, Poison(address: address))
    if isFound {
      bus.announcePoison(line)
    } else {
      #expect(fault { _ = try bus.read(line, size: 8, nonsecure) } == poisoned(line))
    }
    let record = bus.ras[ErrorNode.memory].record
    #expect(record.status.isSet(ErrorStatus.v))
    #expect(record.status.isSet(ErrorStatus.av) == (address != .invalid))
    #expect(record.address.isSet(ErrorAddress.ai) == (address == .imprecise))
    let place = record.address[ErrorAddress.paddr]
    switch address {
    case .valid, .imprecise: #expect(place == line.rawValue)
    case .invalid: #expect(place == 0)
    case .wrong: #expect(place == line.rawValue ^ 0x1_0000)
    }
  }

  @Test func poisonWhereThereIsNoMemoryIsRefused() throws {
    let bus = try makeBus()
    #expect(!bus.plantPoison(PhysicalAddress(MemoryMap.uart0)))
    #expect(!bus.plantPoison(ramAddress(64 << 20)))
    #expect(bus.plantPoison(PhysicalAddress(MemoryMap.secureRAM)))
  }
}

@Suite struct MemoryWatchTests {
  @Test func theNthAccessIsReported() throws {
    let bus = try makeBus()
    let identifier = try #require(
      bus.watch(ramAddress(0x100), byteCount: 8, kinds: .read, ordinal: 3))
    for count in 1...4 {
      _ = try bus.read(ramAddress(0x104), size: 4, nonsecure)
      _ = try bus.read(ramAddress(0x108), size: 4, nonsecure)
      try bus.write(ramAddress(0x100), size: 4, 0, nonsecure)
      _ = try bus.read(
        ramAddress(0x100), size: 4, BusAccess(core: 0, isSecure: false, purpose: .debug))
      let hits = bus.takeEvents()
      #expect(hits.count == (count == 3 ? 1 : 0))
      if count == 3 {
        #expect(
          hits == [
            .watchHit(
              WatchHit(
                identifier: identifier, core: 0, address: ramAddress(0x104), size: 4, kind: .read,
                ordinal: 3))
          ])
      }
    }
  }

  @Test func kindsAreToldApart() throws {
    for kind: AccessKinds in [.read, .write, .execute, .tableWalk] {
      let bus = try makeBus()
      bus.watch(ramAddress(0x100), byteCount: 8, kinds: kind, ordinal: 0)
      _ = try bus.read(ramAddress(0x100), size: 8, nonsecure)
      try bus.write(ramAddress(0x100), size: 8, 0, nonsecure)
      for purpose: BusAccess.Purpose in [.instructionFetch, .tableWalk] {
        _ = try bus.read(
          ramAddress(0x100), size: 4, BusAccess(core: 0, isSecure: false, purpose: purpose))
      }
      let kinds: [AccessKinds] = bus.takeEvents().compactMap {
        if case .watchHit(let hit) = $0 { return hit.kind }
        return nil
      }
      #expect(kinds == [kind])
    }
  }

  @Test func aLargeAccessThatOverlapsCounts() throws {
    let bus = try makeBus()
    bus.watch(ramAddress(0x107), kinds: .all, ordinal: 0)
    _ = try bus.read(ramAddress(0x100), size: 8, nonsecure)
    _ = try bus.read(ramAddress(0x100), size: 4, nonsecure)
    try bus.zeroBlock(ramAddress(0x100), nonsecure)
    #expect(bus.watches.first?.accesses == 2)
  }

  @Test func devicesCannotBeWatched() throws {
    let bus = try makeBus()
    #expect(bus.watch(PhysicalAddress(MemoryMap.uart0), kinds: .read) == nil)
    #expect(bus.watch(ramAddress(0), byteCount: 0, kinds: .read) == nil)
  }
}
