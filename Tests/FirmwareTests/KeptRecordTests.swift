// What outlives a reset: fatal reports, what the records held, the last words; and what became of them.

import APEI
import Arm
import Bytes
import Firmware
import Platform
import Testing

@Suite struct KeptRecordTests {
  let platform = FakePlatform()
  let region = ServiceRegion(base: 0x7ffc_0000)
  var kept: KeptRecords<FakePlatform> { KeptRecords(platform, platform.features) }

  init() { platform.records = [ErrorRecord(), ErrorRecord()] }

  private func plant(_ address: UInt64, _ state: ErrorState, in record: Int = 1) {
    var error = DetectedError(state: state, code: .externalMemoryData)
    error.address = ErrorAddress(PhysicalAddress(address), isSecure: false)
    platform.records[record].record(error, feature: ErrorFeature(rawValue: 0), version: .v1p1)
  }

  /// The blocks in the region, as Linux walks them (drivers/acpi/apei/bert.c).
  private func blocks() throws -> [[UInt8]] {
    let bytes = platform.bytes(region.bootErrors, Int(ServiceRegion.bootErrorsSize))
    var blocks: [[UInt8]] = []
    var offset = 0
    while offset + 20 <= bytes.count, try bytes.u32(at: offset) != 0 {
      let size = 20 + Int(try bytes.u32(at: offset + 12))
      guard offset + size <= bytes.count else { break }
      blocks.append(Array(bytes[offset..<offset + size]))
      offset += size
    }
    return blocks
  }

  @Test func whatTheRecordsHoldIsToldAndStaysWhereItIs() throws {
    plant(0x5000_0040, .uncontainable)
    kept.harvest(isFirst: true)
    #expect(platform.records[1].status.isSet(ErrorStatus.v))
    #expect(kept.publish(to: region) == 1)
    let block = try #require(try blocks().first)
    #expect(ErrorStatusBlockChecker().check(block).isEmpty)
    let decoded = try ErrorStatusBlock.decode(block)
    // Nobody acts on it: it is as bad as it was.
    #expect(decoded.severity == .fatal)
    #expect(block.count < 1024)
    // It is told once.
    #expect(kept.publish(to: region) == 0)
  }

  @Test func anotherCoreTellsOfItsOwnRecordAlone() throws {
    plant(0x5000_0040, .recoverable)
    kept.harvest(isFirst: false)
    #expect(kept.publish(to: region) == 0)
    plant(0x5000_0080, .recoverable, in: 0)
    kept.harvest(isFirst: false)
    #expect(kept.publish(to: region) == 1)
  }

  @Test func theFirstFourStayAndTheLastWordsHaveAPlaceOfTheirOwn() throws {
    for index in 0..<6 as Range<UInt64> {
      platform.records[1] = ErrorRecord()
      plant(0x5000_0000 + index * 64, .recoverable)
      kept.harvest(isFirst: true)
    }
    for reason in ["first", "second"] as [StaticString] {
      var words = FirmwareLastWords(reason: reason)
      words.syndrome = 0x9600_0010
      kept.keep(words)
    }
    #expect(kept.publish(to: region) == 5)
    let found = try blocks()
    #expect(found.count == 5)
    for (index, block) in found[..<4].enumerated() {
      let decoded = try ErrorStatusBlock.decode(block)
      guard
        case .memory(let section)? = decoded.entries.first(where: {
          $0.sectionType == SectionType.memory
        })?.payload
      else {
        Issue.record("no memory section")
        return
      }
      #expect(section.physicalAddress == 0x5000_0000 + UInt64(index) * 64)
    }
    #expect(try found[4].guid(at: 20) == SectionType.firmwareReference)
    let section = Array(found[4][92...])
    #expect(section.count == FirmwareLastWords.size)
    #expect(try section.guid(at: 16) == FirmwareLastWords.form)
    #expect(try section.u64(at: 40) == 0x9600_0010)
    #expect(section[80...].starts(with: "second".utf8))
    #expect(found.allSatisfy { ErrorStatusBlockChecker().check($0).isEmpty && $0.count < 1024 })
  }

  @Test func whatIsNotWholeIsNoRecord() {
    func prepare() {
      plant(0x5000_0040, .recoverable)
      kept.harvest(isFirst: true)
    }
    prepare()
    // Every byte of the record and of what stands before it, changed.
    let place = KeptRecords<FakePlatform>.base
    let size = 64 + 20 + 72 + 80
    let whole = platform.bytes(place, 1024)
    for offset in 0..<size where offset < 24 || offset >= 64 {
      for (index, byte) in whole.enumerated() { platform.memory[place + UInt64(index)] = byte }
      platform.memory[place + UInt64(offset)] = whole[offset] ^ 0x40
      #expect(kept.publish(to: region) == 0, "\(offset)")
    }
    // A lost line loses the record, is good again, and leaves no error of firmware's own.
    for line in [place, place + 64, place + 128] {
      for (index, byte) in whole.enumerated() { platform.memory[place + UInt64(index)] = byte }
      platform.records = [ErrorRecord(), ErrorRecord()]
      platform.lostLines = [line]
      #expect(kept.publish(to: region) == 0)
      #expect(platform.lostLines.isEmpty)
      #expect(!platform.records[1].status.isSet(ErrorStatus.v))
    }
  }

  @Test func afterAFatalErrorTheSameRecordIsTold() throws {
    var monitor = Monitor.forTests(platform)
    plant(0x5000_0040, .uncontainable)
    platform.registers[.hcrEL2] = 1 << 34 | 1 << 27 | 1 << 31  // a VHE host
    var context = LowerContext(elr: 0x40_1000, spsr: 0, esr: 0x9200_0010, far: 0xffff_a000)
    _ = monitor.handle(slot: 8, core: 0, context: &context)
    let told = try ErrorStatusBlock.decode(platform.bytes(monitor.errors.region.block(0), 4096))
    #expect(told.severity == .fatal)
    #expect(kept.publish(to: region) == 1)
    let block = try #require(try blocks().first)
    #expect(try ErrorStatusBlock.decode(block) == told)
  }
}
