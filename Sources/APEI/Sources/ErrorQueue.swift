// Reports that wait for the block of their source: it is the operating system's until it says so in
// the acknowledge word. The reports themselves are the caller's; here are the places of those that
// wait, in which order they came, and which sources lost some.

/// Which of the reports in `capacity` places wait, and for which source.
public struct ErrorQueue<let capacity: Int>: Sendable {
  private struct Slot: BitwiseCopyable {
    /// The source; .max while the place is free.
    var source = UInt16.max
    /// Counts the reports that waited: the smaller, the older.
    var order: UInt32 = 0
  }

  private var slots = InlineArray<capacity, Slot>(repeating: Slot())
  private var next: UInt32 = 0
  private var lossy = ErrorSourceSet()
  /// How many reports wait.
  public private(set) var waitingCount = 0

  /// A queue in which nothing waits.
  public init() {}

  /// A place in which no report waits; nil when all are taken.
  public var freePlace: Int? {
    guard waitingCount < capacity else { return nil }
    for place in 0..<capacity where slots[place].source == .max { return place }
    return nil
  }

  /// The report in a free place waits for a source from now on.
  public mutating func wait(_ place: Int, for source: Int) {
    slots[place] = Slot(source: UInt16(truncatingIfNeeded: source), order: next)
    next &+= 1
    waitingCount += 1
  }

  /// Whether the report in a place waits.
  public func isWaiting(_ place: Int) -> Bool { slots[place].source != .max }

  /// The report in a place is published, or not to be: the place is free.
  public mutating func remove(_ place: Int) {
    slots[place].source = .max
    waitingCount -= 1
  }

  /// All reports that wait for a source wait for another from now on, in the same order.
  public mutating func move(from source: Int, to other: Int) {
    for place in 0..<capacity where Int(slots[place].source) == source {
      slots[place].source = UInt16(truncatingIfNeeded: other)
    }
  }

  /// The place of the oldest report that waits for a source, or nil. Orders are compared as
  /// distances, so that they may wrap.
  public func oldest(for source: Int) -> Int? {
    var oldest: Int?
    for place in 0..<capacity where Int(slots[place].source) == source {
      if let known = oldest,
        Int32(bitPattern: slots[place].order &- slots[known].order) > 0
      {
        continue
      }
      oldest = place
    }
    return oldest
  }

  /// Notes that a report for a source was dropped: the newest, since the first errors are the ones
  /// that explain the rest. The next block of the source has to say so.
  public mutating func noteLoss(for source: Int) { lossy[source] = true }

  /// Whether a report for a source was dropped since this was asked last.
  public mutating func takeLoss(for source: Int) -> Bool {
    defer { lossy[source] = false }
    return lossy[source]
  }
}
