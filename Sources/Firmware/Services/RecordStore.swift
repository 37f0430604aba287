// Where ERST's records are: places in memory that keeps its contents without power. A record is written into a
// free place, its header last; only then is an older record of the same identifier given up. A reset at any
// moment loses at most the record that is being written, and not the one that it replaces.
//
// What lies there may be anything: the file of a host, or memory that has failed. A header has a checksum, and
// so has the record behind it.

import APEI
import Arm
import Bytes
import Platform

/// Records by their identifiers.
struct RecordStore<P: FirmwarePlatform> {
  let memory: MendingMemory<P>

  init(_ platform: P, _ features: ProcessorFeatures) {
    memory = MendingMemory(platform, features)
  }

  /// How many places there are; one stays free, so that a record can be replaced.
  static var placeCount: Int { 16 }
  /// Bytes of a place: a line of header, then the record.
  static var placeSize: UInt64 { MemoryMap.recordStoreSize / UInt64(placeCount) }
  private static var headerSize: UInt64 { CacheLine.size }
  /// The largest record.
  static var largestRecord: UInt64 { placeSize - headerSize }
  private static var mark: UInt64 { 0x3154_5352_4554_4c46 }  // "FLTERST1"

  /// What stands before a record.
  struct Header {
    var identifier: UInt64
    /// The greater, the newer.
    var sequence: UInt64
    var byteCount: UInt64
    var checksum: UInt64
  }

  private func address(_ place: Int) -> UInt64 {
    MemoryMap.recordStore + UInt64(place) * Self.placeSize
  }

  // Each with a stack frame of its own, and not many times in a row in one: this is part of EL3's error path,
  // whose stack is bounded (Tests/FirmwareTests/ImageBudgets).

  /// The header of a place, if it is whole.
  @inline(never)
  func header(_ place: Int) -> Header? {
    let base = address(place)
    guard memory.load(base) == Self.mark, let identifier = memory.load(base + 8),
      let sequence = memory.load(base + 16), let byteCount = memory.load(base + 24),
      let checksum = memory.load(base + 32), let sum = memory.load(base + 40)
    else { return nil }
    let header = Header(
      identifier: identifier, sequence: sequence, byteCount: byteCount, checksum: checksum)
    guard sum == Self.sum(header), byteCount <= Self.largestRecord, byteCount & 7 == 0 else {
      return nil
    }
    return header
  }

  private static func sum(_ header: Header) -> UInt64 {
    var sum = Self.mark
    sum = WordSum.adding(header.identifier, to: sum)
    sum = WordSum.adding(header.sequence, to: sum)
    sum = WordSum.adding(header.byteCount, to: sum)
    return WordSum.adding(header.checksum, to: sum)
  }

  /// The place of the record of an identifier, the newest of them; nil for none.
  @inline(never)
  func place(of identifier: UInt64) -> Int? {
    var found: (place: Int, sequence: UInt64)?
    var place = 0
    while place < Self.placeCount {
      if let header = header(place), header.identifier == identifier,
        found.map({ header.sequence > $0.sequence }) ?? true
      {
        found = (place, header.sequence)
      }
      place += 1
    }
    return found?.place
  }

  /// Whether the record of a place is one that is kept, and not an older one of its identifier.
  @inline(never)
  private func isKept(_ place: Int) -> Header? {
    guard let header = header(place), self.place(of: header.identifier) == place else { return nil }
    return header
  }

  /// The first kept record from a place on.
  @inline(never)
  func first(from start: Int) -> (place: Int, identifier: UInt64)? {
    var place = start
    while place < Self.placeCount {
      if let header = isKept(place) { return (place, header.identifier) }
      place += 1
    }
    return nil
  }

  /// How many records are kept.
  var count: UInt64 {
    var count: UInt64 = 0
    var next = 0
    while let found = first(from: next) {
      count += 1
      next = found.place + 1
    }
    return count
  }

  /// A place without a kept record, and whether it is not the last.
  @inline(never)
  private func freePlace() -> (place: Int, isSpare: Bool)? {
    var found: Int?
    var place = 0
    while place < Self.placeCount {
      if isKept(place) == nil {
        if let found { return (found, false) }
        found = place
      }
      place += 1
    }
    return found.map { ($0, true) }
  }

  /// Keeps a record of `byteCount` bytes, a multiple of 8, that lies in shared memory from an address on.
  @inline(never)
  func write(
    _ identifier: UInt64, from source: UInt64, byteCount: UInt64
  ) -> SerializationStatus {
    guard byteCount <= Self.largestRecord, byteCount & 7 == 0 else { return .notEnoughSpace }
    let old = place(of: identifier)
    guard let free = freePlace(), old != nil || !free.isSpare else { return .notEnoughSpace }
    let base = address(free.place)
    memory.clear(base..<base + Self.placeSize)
    memory.platform.synchronizeData()
    var checksum = byteCount
    var offset: UInt64 = 0
    while offset < byteCount {
      guard let word = memory.load(source + offset) else { return .failed }
      memory.store(base + Self.headerSize + offset, word)
      checksum = WordSum.adding(word, to: checksum)
      offset += 8
    }
    // The identifier in the record is the one that was asked for: it was read once more here.
    let copied = base + Self.headerSize + UInt64(RecordLayout.recordId.offset)
    guard memory.load(copied) == identifier else { return .failed }
    let header = Header(
      identifier: identifier,
      sequence: (old.flatMap { self.header($0)?.sequence } ?? 0) &+ 1,
      byteCount: byteCount, checksum: checksum)
    memory.store(base + 8, header.identifier)
    memory.store(base + 16, header.sequence)
    memory.store(base + 24, header.byteCount)
    memory.store(base + 32, header.checksum)
    memory.store(base + 40, Self.sum(header))
    memory.platform.synchronizeData()
    memory.store(base, Self.mark)
    memory.platform.synchronizeData()
    if let old { giveUp(old) }
    return .success
  }

  /// Copies a record to shared memory.
  @inline(never)
  func read(_ place: Int, to destination: UInt64, room: UInt64) -> SerializationStatus {
    guard let header = header(place) else { return .notFound }
    guard header.byteCount <= room else { return .failed }
    let base = address(place) + Self.headerSize
    var checksum = header.byteCount
    var offset: UInt64 = 0
    while offset < header.byteCount {
      guard let word = memory.load(base + offset) else { return .failed }
      memory.store(destination + offset, word)
      checksum = WordSum.adding(word, to: checksum)
      offset += 8
    }
    return checksum == header.checksum ? .success : .failed
  }

  /// Gives the record of an identifier up, and what is left of older ones.
  @inline(never)
  func clear(_ identifier: UInt64) -> SerializationStatus {
    var status = SerializationStatus.notFound
    var place = 0
    while place < Self.placeCount {
      if let header = header(place), header.identifier == identifier {
        giveUp(place)
        status = .success
      }
      place += 1
    }
    return status
  }

  @inline(never)
  private func giveUp(_ place: Int) {
    memory.platform.zeroLine(PhysicalAddress(address(place)))
    memory.platform.synchronizeData()
  }
}
