// The Arm RAS node sections of what the firmware publishes: every register that it has read, a section for
// each node, and two alike errors that are told apart by them.

import APEI
import Arm
import Firmware
import Platform
import Testing

@Suite struct NodeSections {
  let platform = FakePlatform()
  let region = Monitor<FakePlatform>.testRegion

  init() {
    platform.records = [ErrorRecord](repeating: ErrorRecord(), count: 4)
    platform.recordFeatures = [ErrorFeature](
      repeating: ErrorFeature(rawValue: 0).with(ErrorFeature.ed, 0b10).with(ErrorFeature.ts, 1),
      count: 4)
    platform.recordControls = [ErrorControl](repeating: ErrorControl(rawValue: 1), count: 4)
    platform.registers[.vbarEL2] = 0x2000
    platform.registers[.hcrEL2] = 1 << 34 | 1 << 27 | 1 << 31
    platform.registers[.midrEL1] = 0x414f_d0c1
    platform.registers[.revidrEL1] = 5
    platform.registers[.mpidrEL1] = 0x8000_0100
  }

  private func record(
    _ state: ErrorState, _ address: UInt64?, in record: Int = 1, time: UInt64 = 0
  ) {
    var error = DetectedError(state: state, code: .externalMemoryData)
    error.address = address.map { ErrorAddress(PhysicalAddress($0), isSecure: false) }
    error.timestamp = time
    platform.records[record].record(
      error, feature: platform.recordFeatures[record], version: .v1p1)
  }

  /// The block after an abort of a load.
  private func block() throws -> ErrorStatusBlock {
    var monitor = Monitor.forTests(platform)
    var context = LowerContext(elr: 0x40_1000, spsr: 0, esr: 0x9200_0010, far: 0xffff_a000)
    #expect(monitor.handle(slot: 8, core: 0, context: &context) == .resume)
    let bytes = platform.bytes(region.block(0), 4096)
    #expect(ErrorStatusBlockChecker().check(bytes) == [])
    return try ErrorStatusBlock.decode(bytes)
  }

  private func nodes(_ block: ErrorStatusBlock) -> [DecodedErrorNode] {
    block.entries.compactMap {
      if case .errorNode(let section) = $0.payload { section } else { nil }
    }
  }

  @Test func everyRegisterThatWasReadIsThere() throws {
    record(.recoverable, 0x5000_0040, time: 777)
    platform.records[1].misc0 = 3 << 32
    platform.registers[.erxmisc1EL1] = 0x11
    platform.registers[.erxmisc2EL1] = 0x22
    let held = platform.records[1]
    let section = try #require(nodes(try block()).first)
    #expect(section.component == .memory && section.instance == BoardDevice.memoryController.base)
    let told = try #require(section.records.first)
    #expect(section.records.count == 1 && told.index == 1)
    #expect(told.status == held.status && told.address == held.address.rawValue)
    #expect([told.misc0, told.misc1, told.misc2, told.misc3] == [3 << 32, 0x11, 0x22, 777])
    #expect(told.feature == platform.recordFeatures[1].rawValue && told.control == 1)
    #expect(told.architecture == ErrorRecordDescriptor.version1p1)
  }

  @Test func twoErrorsOfOnePlaceDifferInWhatTheNodeHeld() throws {
    var sections: [DecodedErrorNode] = []
    for time in [100, 101] as [UInt64] {
      record(.recoverable, 0x5000_0040, time: time)
      sections += nodes(try block())
    }
    #expect(sections.count == 2 && sections[0] != sections[1])
    #expect(sections.map { $0.records.first?.misc3 } == [100, 101])
  }

  @Test func eachNodeHasASectionOfItsOwn() throws {
    record(.recoverable, 0x5000_0040, in: 0)
    record(.recoverable, 0x5000_0040, in: 1)
    let sections = nodes(try block())
    #expect(sections.map(\.component) == [.processor, .memory])
    #expect(sections[0].instanceFormat == 0 && sections[0].instance == 0x100)
    #expect(sections.map { $0.records.map(\.index) } == [[0], [1]])
  }

  /// The record takes another error before each of the first writes that clear it.
  @Test func aRecordThatWasReadTwiceIsOneSection() throws {
    record(.deferred, 0x5000_0040)
    var left = 1
    platform.beforeClearing = { platform in
      guard left > 0 else { return }
      left -= 1
      var error = DetectedError(state: .recoverable, code: .externalMemoryData)
      error.address = ErrorAddress(PhysicalAddress(0x5000_1040), isSecure: false)
      platform.records[1].record(
        error, feature: platform.recordFeatures[1], version: .v1p1)
    }
    let sections = nodes(try block())
    #expect(sections.count == 1)
    #expect(
      sections.first?.records.map { $0.status.highestState } == [.deferred, .recoverable])
  }

  @Test func whatNoRecordHasSaidIsOfNoNode() throws {
    platform.translations = [.stage1EL2: 0x5000_1000]
    let entries = try block().entries
    #expect(entries.contains { $0.sectionType == SectionType.memory })
    #expect(!entries.contains { $0.sectionType == SectionType.armRASNode })
  }

  /// As long as any record gets: what the writer makes good before it writes is enough for it.
  @Test func theLargestRecordFitsIntoWhatIsClearedForIt() throws {
    for index in 0..<4 { record(.recoverable, 0x5000_0040 + UInt64(index) * 64, in: index) }
    let block = try block()
    #expect(block.entries.count == Int(ErrorRegion.maximumSections))
    let size = UInt64(ErrorStatusBlock.headerSize) + UInt64(block.dataLength)
    #expect(size <= ErrorRegion.largestRecord && ErrorRegion.largestRecord - size < 64)
    #expect(ErrorRegion.largestRecord < UInt64(region.blockLength))
  }

  @Test func aKeptRecordHasTheNodesForWhichThereIsRoom() throws {
    for places in 1...4 {
      platform.memory = [:]
      platform.records = [ErrorRecord](repeating: ErrorRecord(), count: 4)
      for index in 0..<places {
        record(.recoverable, 0x5000_0040 + UInt64(index) * 64, in: index)
      }
      let records = KeptRecords(platform, platform.features)
      records.harvest(isFirst: true)
      let services = ServiceRegion(base: 0x7ffc_0000)
      #expect(records.publish(to: services) == 1)
      let bytes = platform.bytes(services.bootErrors, 1024)
      let block = try ErrorStatusBlock.decode(bytes)
      #expect(ErrorStatusBlockChecker().check(bytes) == [])
      #expect(block.dataLength + 20 < 1024)
      // 960 bytes are left of a place: header 20, the core's 144, memory 152 for each but the
      // interconnect's, a node 224 for each.
      let room = 960 - 20 - 144 - 152 * min(places, 3)
      #expect(nodes(block).count == min(places, room / 224))
    }
  }
}
