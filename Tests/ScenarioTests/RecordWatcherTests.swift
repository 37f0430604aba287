// Finding what firmware published, whatever else its HEST has, and telling it.

import APEI
import Testing

@testable import Scenario

@Suite struct RecordWatcherTests {
  /// FakeFirmware's tables, with other entries around its only source.
  static func target(before: [UInt8], after: [UInt8] = [], count: UInt64) -> FakeTarget {
    let target = FakeTarget([])
    target.contents = FakeFirmware.tables
    let place: UInt64 = 0x4000_A000
    let table = target.contents[place] ?? []
    let source = Array(table[40...])
    let entries = before + source + after
    target.contents[place] =
      FakeFirmware.header("HEST", 40 + entries.count) + bytes(count, 4) + entries
    target.contents[FakeFirmware.block] = FakeFirmware.record(physical: 0x4004_2000, severity: 0)
    return target
  }

  /// An entry of a type: its identifier, then zeros, then what says how long it is.
  static func entry(_ type: UInt64, _ size: Int, banks: (at: Int, count: UInt8)? = nil) -> [UInt8] {
    var entry = bytes(type, 2) + bytes(9, 2) + [UInt8](repeating: 0, count: size - 4)
    if let banks { entry[banks.at] = banks.count }
    return entry
  }

  /// ACPI 6.5, 18.3.2: types 0, 1 and 11 say how many banks of 28 bytes they have.
  @Test(arguments: [
    entry(0, 40 + 2 * 28, banks: (32, 2)), entry(1, 48 + 28, banks: (44, 1)),
    entry(11, 48, banks: (44, 0)), entry(2, 20), entry(6, 48), entry(7, 44), entry(8, 56),
  ])
  func aSourceIsFoundBehindAnEntryOfAnyType(_ before: [UInt8]) {
    var watcher = RecordWatcher()
    let (new, taken) = watcher.told(Self.target(before: before, count: 2))
    #expect(new.map(\.physicalAddress) == [0x4004_2000])
    #expect(new.map(\.source) == [3])
    #expect(taken == [])
  }

  @Test func aSourceIsFoundBeforeAnEntryWithALengthOfItsOwn() {
    let after = bytes(12, 2) + bytes(24, 2) + [UInt8](repeating: 0, count: 20)
    var watcher = RecordWatcher()
    let (new, _) = watcher.told(Self.target(before: [], after: after, count: 2))
    #expect(new.count == 1)
  }

  static func isQuiet(_ watcher: inout RecordWatcher, _ target: FakeTarget) -> Bool {
    let (new, taken) = watcher.told(target)
    return new == [] && taken == []
  }

  @Test func aRecordIsNewOnceAndTakenOnce() {
    let target = Self.target(before: [], count: 1)
    var watcher = RecordWatcher()
    #expect(watcher.told(target).new.count == 1)
    #expect(Self.isQuiet(&watcher, target))
    target.contents[FakeFirmware.block] = FakeFirmware.record(physical: 0x4004_3000, severity: 0)
    #expect(watcher.told(target).new.map(\.physicalAddress) == [0x4004_3000])
    target.contents[FakeFirmware.block] = [0, 0, 0, 0]
    let (new, taken) = watcher.told(target)
    #expect(new == [] && taken == [3])
    #expect(Self.isQuiet(&watcher, target))
  }

  @Test func aPointerThatIsOverwrittenTakesNothing() {
    let target = Self.target(before: [], count: 1)
    var watcher = RecordWatcher()
    #expect(watcher.told(target).new.count == 1)
    target.contents[FakeFirmware.pointer] = bytes(0, 8)
    #expect(Self.isQuiet(&watcher, target))
  }

  @Test func aMalformedRecordIsToldAsFarAsItGoes() {
    var record = FakeFirmware.record(physical: 0x4004_2000, severity: 1)
    record += record[20...]
    record[12] = UInt8(truncatingIfNeeded: record.count - 20)
    record[13] = UInt8((record.count - 20) >> 8)
    record[20 + 152 + 25] = 0xff  // the second section's length
    let told = PublishedRecord(block: record, source: 0)
    #expect(told.severity == .fatal)
    #expect(told.physicalAddress == 0x4004_2000)
    #expect(told.sections.map(\.value).contains("multi-bit ECC"))
    #expect(told.sections.last == .init("section", "malformed"))
  }

  @Test(
    arguments: [
      (0, Verdict.Severity.recoverable), (1, .fatal), (2, .corrected), (3, .informational),
      (4, .fatal), (0xffff_ffff, .fatal),
    ] as [(UInt64, Verdict.Severity)])
  func theSeverityIsTheBlocks(_ value: UInt64, _ severity: Verdict.Severity) {
    let record = FakeFirmware.record(physical: 0, severity: value)
    #expect(PublishedRecord(block: record, source: 0).severity == severity)
  }

  @Test(arguments: ErrorSeverity.allCases)
  func scenariosHaveTheNamesOfSeverities(_ severity: ErrorSeverity) {
    #expect(Verdict.Severity(severity).rawValue == severity.name.description)
  }
}

extension RecordWatcher {
  /// What a look at the target tells: new records, and the sources whose record was taken.
  fileprivate mutating func told(_ target: FakeTarget) -> (new: [PublishedRecord], taken: [UInt16])
  {
    var (new, taken): ([PublishedRecord], [UInt16]) = ([], [])
    for change in poll(target) {
      switch change {
      case .published(let record): new.append(record)
      case .taken(let source, _): taken.append(source)
      }
    }
    return (new, taken)
  }
}
