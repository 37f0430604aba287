// A line of EL3's own entry or exit that is corrected at every use makes an SError that is pending when
// EL3 returns: it is taken at once, from the level below, and looks like one of theirs. The core would
// come back for ever without executing an instruction. It is seen by that: place and general registers are
// those with which it went on. A loop of theirs that reads a bad line changes one, or says so by its record.

import Arm
import Platform

/// What the cores did after their last SErrors.
public struct ErrorRepetition: Sendable {
  /// Where each core went on.
  private var places = InlineArray<8, UInt64>(repeating: .max)
  /// With which registers: `fingerprint`; nil where nobody has looked.
  private var contexts = InlineArray<8, UInt64?>(repeating: nil)
  /// CNTPCT_EL0 at that moment.
  private var times = InlineArray<8, UInt64>(repeating: 0)
  /// How often in a row it had come from there at once.
  private var counts = InlineArray<8, UInt64>(repeating: 0)

  /// How often is too often.
  static var limit: UInt64 { 16 }
  /// How often where the record does not say whose memory it was. A core of theirs may wait so long for
  /// another one, without a register that changes, but no interrupt of a clock meanwhile: 50 ms or more.
  static var limitOfUnknown: UInt64 { 1 << 16 }
  /// What "at once" is, in ticks of the counter: 10 µs.
  static var moment: UInt64 { Clock.counterFrequency / 100_000 }

  /// No SErrors yet.
  public init() {}

  /// A core took an SError at the place that `context` says: how often it has come from there at once, and has
  /// got nowhere.
  mutating func count(_ core: Int, _ context: inout LowerContext, now: UInt64) -> UInt64 {
    guard places[core] == context.elr, now &- times[core] < Self.moment else {
      counts[core] = 0
      return 0
    }
    if let known = contexts[core], known != Self.fingerprint(&context) {
      counts[core] = 0
    } else {
      counts[core] += 1
    }
    return counts[core]
  }

  /// Whether that is too often even for an error of which nobody knows where it was.
  func isOfUnknown(_ core: Int) -> Bool { counts[core] >= Self.limitOfUnknown }

  /// It goes on with a context.
  mutating func goesOn(_ core: Int, _ context: inout LowerContext, now: UInt64) {
    places[core] = context.elr
    // Who was elsewhere before is not looked at: most SErrors are alone.
    contexts[core] = counts[core] > 0 ? Self.fingerprint(&context) : nil
    times[core] = now
  }

  /// A number for the general registers and PSTATE of the level below.
  private static func fingerprint(_ context: inout LowerContext) -> UInt64 {
    var sum = context.spsr
    for index in 0..<31 { sum = (sum << 7 | sum >> 57) &+ context.x[index] }
    return sum
  }
}
