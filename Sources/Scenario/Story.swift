// The timeline as it is told: an event that differs from earlier ones in nothing but its time is told a
// few times and then counted.

/// The events that were told.
struct Story: Equatable, Sendable {
  /// Events of one kind and content that are told.
  static let repetitions = 8
  /// Events of one kind that are told, whatever their content.
  static let mostOfAKind = 1000
  /// The same core consuming the same line at the same place so often makes no progress.
  static let stormCount = 500
  /// And in so many instructions of all cores: one that waits for another's lock gets on with it.
  static let stormLength: UInt64 = 5_000_000

  /// What was told.
  private(set) var events: [TimelineEvent] = []
  /// The error, or the guest's exception, that came most often, and how often.
  private var commonest: Commonest?
  private struct Commonest: Equatable, Sendable {
    var event: TimelineEvent
    var repetitions: Repetitions
  }
  private struct Repetitions: Equatable, Sendable {
    var count = 0
    /// When the first came, in instructions.
    let begin: UInt64
  }
  private var counts: [String: Repetitions] = [:]
  private var kinds: [TimelineEvent.Name: Int] = [:]
  private var suppressed: UInt64 = 0

  /// The error, or the guest's exception, that came more often than that, and for long: nothing else happens.
  func storm(_ most: Int) -> TimelineEvent? {
    commonest.flatMap {
      $0.repetitions.count > most
        && $0.event.instructions - $0.repetitions.begin >= Self.stormLength ? $0.event : nil
    }
  }

  /// Takes an event in; whether it is to be told.
  ///
  /// `isHarmless`: the data that was used was good in spite of the error. A core may do that for ever.
  mutating func add(_ event: TimelineEvent, isHarmless: Bool = false) -> Bool {
    guard let name = event.name else { return false }
    var repetitions = counts[event.content] ?? Repetitions(begin: event.instructions)
    repetitions.count += 1
    let count = repetitions.count
    counts[event.content] = repetitions
    if !isHarmless, [.consumed, .guestExceptionInjected].contains(name),
      count >= commonest?.repetitions.count ?? 0
    {
      commonest = Commonest(event: event, repetitions: repetitions)
    }
    guard count <= Self.repetitions, kinds[name, default: 0] < Self.mostOfAKind else {
      suppressed += 1
      return false
    }
    kinds[name, default: 0] += 1
    events.append(event)
    return true
  }

  /// The number of events since the last call that were not told.
  mutating func takeSuppressed() -> UInt64? {
    defer { suppressed = 0 }
    return suppressed > 0 ? suppressed : nil
  }
}
