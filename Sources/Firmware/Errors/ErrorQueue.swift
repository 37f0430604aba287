// Reports that wait for their block. Linux reads a block when it gets to it; until it has said so in
// the acknowledge word the block is not ours, and what happens meanwhile waits here, in secure RAM.

/// Reports, waiting for the blocks of their sources.
public struct ErrorQueue: Sendable {
  /// How many reports can wait, for all sources together.
  public static var capacity: Int { 16 }

  /// The place of a report that finds no room: it is collected, so that the records are cleared, and
  /// then forgotten.
  static var spare: Int { capacity }

  var reports: InlineArray<17, ErrorReport>
  /// Sources (a bit each) that lost a report: the next block says so.
  private var overflowed: UInt32 = 0

  /// An empty queue.
  public init() { reports = InlineArray(repeating: ErrorReport()) }

  /// A place for a new report: `spare` when all others are waiting.
  func freePlace() -> Int {
    for place in 0..<Self.capacity where !reports[place].isWaiting { return place }
    return Self.spare
  }

  /// The oldest report for a source, or nil. Sequence numbers are compared as distances, so that
  /// they may wrap.
  func oldest(_ source: UInt8) -> Int? {
    var oldest: Int?
    for place in 0..<Self.capacity
    where reports[place].isWaiting && reports[place].source == source {
      if let known = oldest,
        Int32(bitPattern: reports[place].sequence &- reports[known].sequence) > 0
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
    defer { overflowed &= ~bit }
    return overflowed & bit != 0
  }

  /// How many reports wait.
  public var waitingCount: Int {
    var count = 0
    for place in 0..<Self.capacity where reports[place].isWaiting { count += 1 }
    return count
  }
}
