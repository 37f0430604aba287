// Seeing that a machine gets nowhere: every core that does not wait does the same thing for ever. It is
// looked at now and then; what is the same at ten looks, far apart, stays so.

/// What a core does, for who looks from outside.
public enum CoreActivity: Equatable, Sendable {
  /// It executes.
  case going
  /// It waits for an interrupt or an event.
  case waiting
  /// It does the same again and again, with the instruction at an address; and in words.
  case stuck(at: UInt64, String)
}

/// Looks at the cores of a machine for dead ends.
public struct DeadEndWatch: Sendable {
  /// Instructions between two looks.
  static let interval: UInt64 = 100_000
  /// How many looks must see the same.
  static let looks = 10

  private var lookedAt: UInt64 = 0
  private var places: [UInt64?] = []
  private var counts: [Int] = []
  /// What each core does that is stuck for certain.
  public private(set) var stuck: [String] = []

  /// Nothing seen yet.
  public init() {}

  /// Looks, if it is time to. What the machine does for ever, in words, once that is sure.
  public mutating func look(at target: some Target) -> String? {
    guard target.instructions >= lookedAt + Self.interval else { return nil }
    lookedAt = target.instructions
    if places.isEmpty {
      places = Array(repeating: nil, count: target.coreCount)
      counts = Array(repeating: 0, count: target.coreCount)
    }
    stuck = []
    var isGoing = false
    for core in places.indices {
      let activity = target.activity(core: core)
      guard case .stuck(let place, let text) = activity else {
        (places[core], counts[core]) = (nil, 0)
        if activity == .going { isGoing = true }
        continue
      }
      counts[core] = places[core] == place ? counts[core] + 1 : 1
      places[core] = place
      if counts[core] >= Self.looks { stuck.append("PE \(core) \(text)") } else { isGoing = true }
    }
    return isGoing || stuck.isEmpty ? nil : stuck.joined(separator: "; ")
  }
}
