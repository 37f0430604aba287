// A line of EL3's own entry or exit that is corrected at every use makes an SError that is pending when
// EL3 returns: it is taken at once, from the level below, and looks like one of theirs. The core would
// come back for ever without executing an instruction. It is seen by that, and by the record, which names
// no line of theirs; it ends the run.

import Arm
import Platform

/// What the cores did after their last SErrors.
public struct ErrorRepetition: Sendable {
  /// Where each core went on.
  private var places = InlineArray<8, UInt64>(repeating: .max)
  /// CNTPCT_EL0 at that moment.
  private var times = InlineArray<8, UInt64>(repeating: 0)
  /// How often in a row it had come from there at once.
  private var counts = InlineArray<8, UInt64>(repeating: 0)

  /// How often is too often.
  static var limit: UInt64 { 16 }
  /// What "at once" is, in ticks of the counter: 10 µs.
  static var moment: UInt64 { Clock.counterFrequency / 100_000 }

  /// No SErrors yet.
  public init() {}

  /// A core took an SError at a place: whether it gets nowhere.
  mutating func isEndless(_ core: Int, at place: UInt64, now: UInt64) -> Bool {
    guard places[core] == place, now &- times[core] < Self.moment else {
      counts[core] = 0
      return false
    }
    counts[core] += 1
    return counts[core] >= Self.limit
  }

  /// It goes on at a place.
  mutating func goesOn(_ core: Int, at place: UInt64, now: UInt64) {
    places[core] = place
    times[core] = now
  }
}
