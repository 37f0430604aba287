// The guest's error sources: what APEI's own decoder reads of them, and the handshake.

import APEI
import Arm
import Boot
import Bytes
import KVM
import Testing

@testable import VMM

@Suite struct GuestErrorTableTests {
  let host = FakeKernel()
  let memory: GuestMemory
  let region = ErrorRegion(base: 0x4010_0000, sources: ErrorSourceTable(coreCount: 2))

  init() throws {
    memory = try GuestMemory.map(host, size: 16 << 20, usesHugePages: false)
    var writer = ByteWriter(
      try #require(memory.bytes(at: GuestPhysicalAddress(region.base), count: Int(region.size))))
    try writer.errorRegion(region)
  }

  func report(_ vcpu: Int?, _ page: UInt64) -> GuestErrorReport {
    var report = GuestErrorReport(
      vcpu: vcpu, lost: GuestRange(base: GuestPhysicalAddress(page), size: 4096))
    if vcpu != nil {
      report.syndrome = Syndrome(rawValue: 0x9200_0010)
      report.faultAddress = 0x1234_5678
      report.identification = 0x414F_D0C1
    }
    return report
  }

  func block(_ source: Int) throws -> [UInt8] {
    let place = GuestPhysicalAddress(region.block(source))
    let bytes = try #require(memory.bytes(at: place, count: 4096))
    return (0..<4096).map { bytes.byte(at: $0) }
  }

  /// What Linux does: reads, clears BlockStatus, acknowledges.
  func acknowledge(_ source: Int) throws {
    let block = try #require(
      memory.hostAddress(
        of: GuestPhysicalAddress(region.block(source)), count: 8))
    Words.store(0 as UInt32, block)
    let word = try #require(
      memory.hostAddress(
        of: GuestPhysicalAddress(region.acknowledgeLocation(source)), count: 8))
    Words.store(1 as UInt64, word)
  }

  @Test func aConsumedErrorIsAProcessorSectionAndThenAMemorySection() throws {
    var table = GuestErrorTable(region: region)
    #expect(same(table.report(host, memory, report(1, 0x4020_0000)), .published(source: 1)))
    let bytes = try block(1)
    #expect(ErrorStatusBlockChecker().check(bytes).isEmpty)
    let block = try ErrorStatusBlock.decode(bytes)
    #expect(block.severityValue == ErrorSeverity.recoverable.rawValue)
    #expect(block.entries.count == 2)
    #expect(20 + UInt64(block.dataLength) <= GuestErrorReport.largestSize)
    #expect(memory.u64(host, GuestPhysicalAddress(region.acknowledgeLocation(1))) == 0)
    #expect(memory.u64(host, GuestPhysicalAddress(region.acknowledgeLocation(0))) == 1)
    let section = try MemorySection(bytes, at: 20 + 72 + 72 + 72)
    #expect(section.physicalAddress == 0x4020_0000)
    #expect(section.physicalAddressMask == ~0xFFF)
  }

  @Test func aTakenBlockIsNeverTouchedAndTheReportIsToldByInterruptLater() throws {
    var table = GuestErrorTable(region: region)
    _ = table.report(host, memory, report(0, 0x4020_0000))
    _ = table.report(host, memory, report(nil, 0x4020_3000))
    let before = try block(0)
    #expect(same(table.report(host, memory, report(0, 0x4020_1000)), .waiting))
    #expect(try block(0) == before)
    // The source that is told by interrupt is taken as well.
    #expect(same(table.publishWaiting(host, memory)?.sequence, nil))
    try acknowledge(2)
    #expect(same(table.publishWaiting(host, memory)?.lost?.base, 0x4020_1000))
    #expect(table.waitingCount == 0)
    #expect(ErrorStatusBlockChecker().check(try block(2)).isEmpty)
    #expect(try block(0) == before)
  }

  @Test func aClearBlockStatusWithoutAcknowledgementIsStillTaken() throws {
    var table = GuestErrorTable(region: region)
    _ = table.report(host, memory, report(0, 0x4020_0000))
    let block = try #require(
      memory.hostAddress(
        of: GuestPhysicalAddress(region.block(0)), count: 8))
    Words.store(0 as UInt32, block)
    #expect(same(table.report(host, memory, report(0, 0x4020_1000)), .waiting))
  }

  @Test func aGuestThatNeverAcknowledgesLosesReportsAndIsToldSo() throws {
    var table = GuestErrorTable(region: region)
    for page in 0..<UInt64(GuestErrorTable.capacity + 2) {
      _ = table.report(host, memory, report(nil, 0x4020_0000 + page * 4096))
    }
    #expect(same(table.report(host, memory, report(nil, 0x4030_0000)), .dropped))
    try acknowledge(2)
    #expect(same(table.publishWaiting(host, memory)?.lost?.base, 0x4020_1000))
    let flags = try block(2)[20 + 23]
    #expect(SectionFlags(rawValue: flags).contains(.overflow))
  }

  @Test func noTwoBlocksAreAlike() throws {
    var table = GuestErrorTable(region: region)
    _ = table.report(host, memory, report(0, 0x4020_0000))
    let first = try block(0)
    try acknowledge(0)
    _ = table.report(host, memory, report(0, 0x4020_0000))
    #expect(try block(0) != first)
  }

  @Test func aRegionThatTurnsOutToBeLostKeepsTheReportWaitingAndIsNotWritten() throws {
    let block = try #require(
      memory.hostAddress(
        of: GuestPhysicalAddress(region.block(0)), count: 8))
    var table = GuestErrorTable(region: region)
    for place in [block + 320, memory.hostBase + 0x10_0000 + 3 * 8] {
      host.bad = [place]
      #expect(same(table.report(host, memory, report(0, 0x4020_0000)), .waiting))
      #expect(Words.u32(block.rawValue) == 0)
    }
    host.bad = []
    #expect(same(table.report(host, memory, report(1, 0x4020_0000)), .published(source: 1)))
  }

  @Test func aRegionThatIsLostKeepsTheReportWaiting() throws {
    var memory = memory
    _ = memory.markLost(
      GuestRange(base: GuestPhysicalAddress(region.block(0) & ~0xFFF), size: 4096))
    var table = GuestErrorTable(region: region)
    #expect(same(table.report(host, memory, report(0, 0x4020_0000)), .waiting))
  }
}
