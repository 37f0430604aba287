// Reports that wait for their block. Linux reads a block when it gets to it; until it has said so in
// the acknowledge word the block is not ours, and what happens meanwhile waits here, in secure RAM.
//
// The reports lie in memory that the caller provides and are only ever touched in place: an array
// inside this struct would be copied to the stack, all of it, whenever one element is looked at.

import Arm

/// Reports, waiting for the blocks of their sources.
@safe public struct ErrorQueue {
  /// How many reports can wait, for all sources together.
  public static var capacity: Int { 16 }

  /// The place of a report that finds no room: it is collected, so that the records are cleared, and
  /// then forgotten.
  static var spare: Int { capacity }

  /// Bytes of memory that a queue needs, at an alignment of 16.
  public static var storageSize: Int {
    (capacity + 1)
      * (MemoryLayout<ErrorReport>.stride
        + ErrorReport.capacity * MemoryLayout<ErrorRecordReading>.stride)
  }

  // Invariant: nil, or `capacity + 1` initialized reports in memory that outlives the queue.
  private let reports: UnsafeMutablePointer<ErrorReport>?
  /// Sources (a bit each) that lost a report: the next block says so.
  private var overflowed: UInt32 = 0

  /// A queue without room: every report is dropped.
  public init() { unsafe reports = nil }

  /// A queue in memory that must outlive it; nil if there are less than `storageSize` bytes.
  @unsafe public init?(storage: UnsafeMutableRawBufferPointer) {
    guard let start = storage.baseAddress, storage.count >= Self.storageSize else { return nil }
    let count = Self.capacity + 1
    let reports = unsafe start.bindMemory(to: ErrorReport.self, capacity: count)
    let readings = unsafe (start + count * MemoryLayout<ErrorReport>.stride)
      .bindMemory(to: ErrorRecordReading.self, capacity: count * ErrorReport.capacity)
    for place in 0..<count {
      let own = unsafe readings + place * ErrorReport.capacity
      unsafe own.initialize(repeating: ErrorRecordReading(), count: ErrorReport.capacity)
      unsafe (reports + place).initialize(to: ErrorReport(readings: own))
    }
    unsafe self.reports = reports
  }

  /// Whether reports can be kept at all.
  var hasStorage: Bool { unsafe reports != nil }

  /// The report at a place, 0...`spare`. Only for a queue with storage.
  subscript(place: Int) -> ErrorReport {
    @inline(__always) _read {
      precondition(place >= 0 && place <= Self.spare)
      yield unsafe reports.unsafelyUnwrapped[place]
    }
    @inline(__always) nonmutating _modify {
      precondition(place >= 0 && place <= Self.spare)
      yield unsafe &reports.unsafelyUnwrapped[place]
    }
  }

  /// A place for a new report: `spare` when all others are waiting.
  func freePlace() -> Int {
    for place in 0..<Self.capacity where !self[place].isWaiting { return place }
    return Self.spare
  }

  /// The oldest report for a source, or nil. Sequence numbers are compared as distances, so that
  /// they may wrap.
  func oldest(_ source: UInt8) -> Int? {
    var oldest: Int?
    for place in 0..<Self.capacity where self[place].isWaiting && self[place].source == source {
      if let known = oldest,
        Int32(bitPattern: self[place].sequence &- self[known].sequence) > 0
      {
        continue
      }
      oldest = place
    }
    return oldest
  }

  /// Notes that a report for a source was dropped: the newest, since the first errors are the ones
  /// that explain the rest.
  mutating func noteOverflow(_ source: UInt8) { overflowed |= 1 << UInt32(source & 31) }

  /// Whether a report for a source was dropped since this was asked last.
  mutating func takeOverflow(_ source: UInt8) -> Bool {
    let bit = UInt32(1) << UInt32(source & 31)
    let isSet = overflowed & bit != 0
    overflowed &= ~bit
    return isSet
  }

  /// How many reports wait.
  public var waitingCount: Int {
    guard hasStorage else { return 0 }
    var count = 0
    for place in 0..<Self.capacity where self[place].isWaiting { count += 1 }
    return count
  }
}
