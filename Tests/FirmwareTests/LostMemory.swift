// The memory that EL3 shares with the levels below can fail while EL3 uses it: words and blocks are
// written anew, nothing stops, and nobody is told of an error that is gone.

import APEI
import Arm
import Firmware
import Platform
import Testing

@Suite struct LostMemory {
  let platform = FakePlatform()
  let region = Monitor<FakePlatform>.testRegion

  init() {
    platform.records = [ErrorRecord(), ErrorRecord()]
    platform.registers[.vbarEL2] = 0x2000
    platform.registers[.hcrEL2] = 1 << 34 | 1 << 27 | 1 << 31
  }

  private func monitor() -> Monitor<FakePlatform> {
    for source in 0..<region.sourceCount {
      platform.store64(
        PhysicalAddress(region.statusAddressLocation(source)), region.block(source))
    }
    return Monitor.forTests(platform)
  }

  private func abort(_ monitor: inout Monitor<FakePlatform>, _ address: UInt64) {
    var error = DetectedError(state: .recoverable, code: .externalMemoryData)
    error.address = ErrorAddress(PhysicalAddress(address), isSecure: false)
    platform.records[1].record(error, feature: ErrorFeature(rawValue: 0), version: .v1p1)
    var context = LowerContext(elr: 0x40_1000, spsr: 0, esr: 0x9200_0010, far: 0xffff_a000)
    #expect(monitor.handle(slot: 8, core: 0, context: &context) == .resume)
  }

  private func addresses(_ source: Int) throws -> [UInt64] {
    let bytes = platform.bytes(region.block(source), 4096)
    return try ErrorStatusBlock.decode(bytes).entries.compactMap {
      if case .memory(let section) = $0.payload { section.physicalAddress } else { nil }
    }
  }

  private var words: [UInt64] {
    (0..<region.sourceCount).map {
      platform.load64(PhysicalAddress(region.statusAddressLocation($0)))
    }
  }

  private func acknowledgement(_ source: Int) -> UInt64 {
    platform.load64(PhysicalAddress(region.acknowledgeLocation(source)))
  }

  @Test func aLostLineOfWordsIsWrittenAnewAndTheRecordArrives() throws {
    var monitor = monitor()
    let expected = words
    // Six words of two cores' and the events' sources: one line.
    platform.lostLines = [region.base]
    for offset in 0..<64 as Range<UInt64> { platform.memory[region.base + offset] = 0xa5 }
    abort(&monitor, 0x5000_0040)
    #expect(words == expected)
    #expect((0..<3).map(acknowledgement) == [0, 1, 1])
    #expect(try addresses(0) == [0x5000_0040])
    #expect(platform.lostLines.isEmpty)
    #expect(platform.records.allSatisfy { !$0.status.isSet(ErrorStatus.v) })
  }

  @Test func aBlockThatWasNotReadStaysTheOperatingSystems() throws {
    var monitor = monitor()
    abort(&monitor, 0x5000_0040)
    platform.lostLines = [region.base]
    abort(&monitor, 0x5000_1040)
    #expect((0..<3).map(acknowledgement) == [0, 1, 0])
    #expect(try addresses(0) == [0x5000_0040])
    #expect(try addresses(region.sources.events) == [0x5000_1040])
  }

  @Test func theLinesOfABlockAreGoodAgainBeforeARecordIsThere() throws {
    var monitor = monitor()
    let block = region.block(0)
    platform.lostLines = Set((0..<13).map { block + UInt64($0) * 64 })
    abort(&monitor, 0x5000_0040)
    #expect(platform.lostLines.isEmpty)
    #expect(try addresses(0) == [0x5000_0040])
  }

  /// The operating system looks at the status of every source when it is told of one.
  @Test func aStatusThatIsLostIsMendedWhicheverSourceIsWritten() throws {
    var monitor = monitor()
    platform.lostLines = Set((0..<3).map { region.block($0) })
    abort(&monitor, 0x5000_0040)
    #expect(platform.lostLines.isEmpty)
    #expect((0..<3).map(acknowledgement) == [0, 1, 1])
    #expect(try addresses(0) == [0x5000_0040])
  }

  @Test func anUnreadRecordThatIsLostFreesItsBlockAndTheNextSaysSo() throws {
    var monitor = monitor()
    abort(&monitor, 0x5000_0040)
    platform.lostLines = [region.block(0)]
    abort(&monitor, 0x5000_1040)
    #expect(try addresses(0) == [0x5000_1040])
    let block = try ErrorStatusBlock.decode(platform.bytes(region.block(0), 4096))
    #expect(block.entries.contains { $0.flags.contains(.overflow) })
  }

  /// Of an error that came on top of the firmware's own it is told with the next exception.
  @Test func anotherErrorInTheSameRecordIsNotForgotten() {
    var monitor = monitor()
    platform.lostLines = [region.base]
    platform.beforeClearing = { platform in
      guard platform.lostLines.isEmpty else { return }
      platform.beforeClearing = nil
      platform.records[1].status[ErrorStatus.of] = 1
    }
    abort(&monitor, 0x5000_0040)
    #expect(platform.records[1].status.isSet(ErrorStatus.v))
  }
}
