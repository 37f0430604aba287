// Records that outlive a reset: of fatal errors, of errors that ended the run, of what the nodes held when
// the machine came back, and what EL3 said last. The next boot copies them to where the BERT leads.
//
// They lie in secure RAM that start-up does not clear, so that no lower level can write any. What is there
// at the first start is anyone's guess, and a line of it may have failed since: each record has a mark, its
// length and a checksum, and one that does not agree is none.
//
// There is room for five: Linux prints no more. The first four errors explain the rest; the fifth place is
// the last words'.

import APEI
import Arm
import Bytes
import Platform

/// Records for the next boot.
public struct KeptRecords<P: FirmwarePlatform> {
  let platform: P
  let features: ProcessorFeatures

  /// The records of a platform.
  public init(_ platform: P, _ features: ProcessorFeatures) {
    self.platform = platform
    self.features = features
  }

  /// Where they are: 2 MiB into the secure RAM, behind all that the image has (Linker/FirmwareImage.ld).
  public static var base: UInt64 { MemoryMap.secureRAM + 0x20_0000 }
  /// Bytes of a place: a line with mark, length and checksum, then the block. Linux prints a block of less
  /// than 1,024 bytes.
  static var placeSize: UInt64 { 1024 }
  /// How many records there are place for.
  static var placeCount: UInt64 { 5 }
  /// The place of the last words.
  private var lastPlace: UInt64 { Self.placeCount - 1 }
  private var memory: MendingMemory<P> { MendingMemory(platform, features) }
  private var mark: UInt64 { 0x3154_5045_4b54_4c46 }  // "FLTKEPT1"
  private var headerSize: UInt64 { CacheLine.size }

  private func address(_ place: UInt64, _ offset: UInt64 = 0) -> PhysicalAddress {
    PhysicalAddress(Self.base + place * Self.placeSize + offset)
  }

  /// A place for a report: one in which there is no record.
  private func freePlace() -> UInt64? {
    var place: UInt64 = 0
    while place < lastPlace {
      if byteCount(place) == nil { return place }
      place += 1
    }
    return nil
  }

  /// The block of a place, all of it good and zero.
  private func begin(_ place: UInt64) -> NormalMemory<P> {
    var offset: UInt64 = 0
    while offset < Self.placeSize {
      platform.zeroLine(address(place, offset))
      offset += CacheLine.size
    }
    return NormalMemory(
      platform, address(place, headerSize), byteCount: Int(Self.placeSize - headerSize))
  }

  /// The block in a place is complete, but for its BlockStatus.
  private func finish(_ place: UInt64, blockStatus: UInt32) {
    platform.store32(address(place, headerSize), blockStatus)
    guard let count = statedByteCount(place), let sum = checksum(place, count) else { return }
    platform.store64(address(place, 8), count)
    platform.store64(address(place, 16), sum)
    platform.synchronizeData()
    platform.store64(address(place), mark)
    platform.cleanCaches(address(place), byteCount: Self.placeSize)
  }

  /// The length that a block states, if a place has room for it.
  private func statedByteCount(_ place: UInt64) -> UInt64? {
    guard let words = memory.load(address(place, headerSize + 8).rawValue) else { return nil }
    let count = words >> 32 + UInt64(ErrorStatusBlock.headerSize)
    return count <= Self.placeSize - headerSize ? count : nil
  }

  private func checksum(_ place: UInt64, _ byteCount: UInt64) -> UInt64? {
    var sum = byteCount
    var offset: UInt64 = 0
    while offset < byteCount {
      guard let word = memory.load(address(place, headerSize + offset).rawValue) else {
        return nil
      }
      sum = WordSum.adding(word, to: sum)
      offset += 8
    }
    return sum
  }

  /// The bytes of the block in a place; nil where there is none that is whole.
  private func byteCount(_ place: UInt64) -> UInt64? {
    guard memory.load(address(place).rawValue) == mark,
      let count = memory.load(address(place, 8).rawValue), count == statedByteCount(place),
      let sum = memory.load(address(place, 16).rawValue), sum == checksum(place, count)
    else { return nil }
    return count
  }

  // MARK: Keeping

  /// Keeps a report, if there is a place for it.
  func keep(_ report: borrowing ErrorReport, clock: FirmwareClock) {
    guard let place = freePlace(),
      let status = try? report.compose(into: begin(place), hasOverflowed: false, clock: clock)
    else { return }
    finish(place, blockStatus: status)
  }

  /// Keeps what EL3 says last; it has a place of its own, in which the newest stays.
  public func keep(_ words: borrowing FirmwareLastWords) {
    // The words lie behind the block while it is written.
    let block = begin(lastPlace)
    let size = FirmwareLastWords.size
    let payload = NormalMemory(
      platform, address(lastPlace, Self.placeSize - UInt64(size)), byteCount: size)
    var writer = ByteWriter(payload)
    guard (try? writer.lastWords(words)) != nil,
      let status = try? compose(block, payload)
    else { return }
    finish(lastPlace, blockStatus: status)
  }

  private func compose(
    _ sink: NormalMemory<P>, _ payload: NormalMemory<P>
  ) throws(ByteError) -> UInt32 {
    var block = try ErrorStatusBlockWriter(into: sink)
    try block.append(
      SectionType.firmwareReference, payload: payload,
      DataEntry(severity: .fatal, fruText: "EL3 firmware"))
    return try block.finish().blockStatus
  }

  /// Keeps what a core's records hold when the machine comes back, and changes none of them. What all
  /// cores see is told by the first.
  public func harvest(isFirst: Bool) {
    let records = ErrorRecords(platform, features)
    guard isFirst ? records.hasValid : records.hasOwnValid else { return }
    var readings = InlineArray<4, ErrorRecordReading>(repeating: ErrorRecordReading())
    let clock = FirmwareClock(
      seconds: UInt64(platform.load32(PhysicalAddress(MemoryMap.rtc))),
      count: platform.read(.cntpctEL0))
    unsafe withUnsafeMutablePointer(to: &readings) { pointer in
      let first = unsafe UnsafeMutableRawPointer(pointer)
        .assumingMemoryBound(to: ErrorRecordReading.self)
      var report = unsafe ErrorReport(readings: first)
      report.begin(platform, .leftOver, sequence: 0)
      report.isPast = true
      records.forEachValid { index, status, _ in
        if isFirst || UInt64(index) == ErrorNode.processor { report.add(index, status, records) }
      }
      keep(report, clock: clock)
    }
  }

  // MARK: Telling

  /// Writes what was kept to where the BERT leads, one block behind the other, and forgets it: `region`
  /// is zeros. How many there are.
  public func publish(to region: ServiceRegion) -> UInt64 {
    var next = region.bootErrors
    var count: UInt64 = 0
    var place: UInt64 = 0
    while place < Self.placeCount {
      if let size = byteCount(place) {
        // Lengths are multiples of four; what is behind the last word is zero.
        var offset: UInt64 = 0
        while offset < size {
          platform.store32(
            PhysicalAddress(next + offset), platform.load32(address(place, headerSize + offset)))
          offset += 4
        }
        next += (size + 3) & ~3
        count += 1
      }
      place += 1
    }
    forget()
    platform.cleanCaches(PhysicalAddress(region.base), byteCount: ServiceRegion.size)
    return count
  }

  /// Forgets all records.
  public func forget() {
    var place: UInt64 = 0
    while place < Self.placeCount {
      platform.zeroLine(address(place))
      place += 1
    }
    platform.synchronizeData()
  }
}
