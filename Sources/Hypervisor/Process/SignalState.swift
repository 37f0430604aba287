// What is known of signals by a thread and by a process: which wait, which cannot be escaped, which are blocked.
// Values with rules of their own; who is kicked, ended or sent to a handler is in `Kernel+Signals.swift`.

import Arm
import KVM

/// Signals that wait to be delivered.
struct SignalQueue {
  /// Of those that queue, this many wait at most.
  static let most = 128
  /// In the order in which they came.
  private(set) var signals: [SignalInformation] = []

  /// One more; false if it goes nowhere: it waits already and does not queue, or too many of its number may.
  @inline(never) mutating func add(_ signal: SignalInformation) -> Bool {
    if signal.number < 32 || signals.count >= Self.most, contains(signal.number) { return false }
    signals.append(signal)
    return true
  }

  /// Whether one of a number waits.
  func contains(_ number: UInt64) -> Bool { signals.contains { $0.number == number } }

  /// Takes the one at an index.
  mutating func take(at index: Int) -> SignalInformation { signals.remove(at: index) }

  /// Forgets the first of a number.
  mutating func drop(_ number: UInt64) {
    if let index = signals.firstIndex(where: { $0.number == number }) { signals.remove(at: index) }
  }
}

/// Signals that a thread cannot escape. Two errors of one thread are two SIGBUS, each with its address.
struct ForcedSignals {
  /// More errors than these are told of at the next touch.
  static let most = 16
  /// In the order in which they came.
  private(set) var signals: [SignalInformation] = []
  /// Whether the next of them waits for the handler of the one before: until its mask allows it.
  private var waits = false

  /// The next of them.
  var next: SignalInformation? { signals.first }

  /// The next of them, if it may be delivered under a mask.
  func deliverable(_ mask: UInt64) -> SignalInformation? {
    guard let next, !waits || mask & next.bit == 0 else { return nil }
    return next
  }

  /// One more. SIGKILL comes before all others, and none after it; the same is told once.
  mutating func add(_ signal: SignalInformation) {
    if signal.number == Signal.kill.rawValue { self = ForcedSignals() }
    if !signals.contains(signal), signals.count < Self.most { signals.append(signal) }
  }

  /// The next of them is delivered: the one after it waits for its handler.
  mutating func removeFirst() {
    signals.removeFirst()
    waits = !signals.isEmpty
  }
}

/// A thread's signals.
struct ThreadSignals {
  /// Blocked ones; SIGKILL and SIGSTOP never are.
  var mask: UInt64 = 0 { didSet { mask &= ~(Signal.kill.bit | Signal.stop.bit) } }
  /// The mask that rt_sigsuspend or ppoll put away, to be restored after the handler.
  private(set) var savedMask: UInt64?
  /// Those for this thread alone.
  var pending = SignalQueue()
  /// Those that it cannot escape.
  var forced = ForcedSignals()
  /// sigaltstack: base and size; size 0 for none.
  var alternateStack: (base: UInt64, size: UInt64) = (0, 0)

  /// Whether one may not be delivered now.
  @inline(never) func blocks(_ signal: SignalInformation) -> Bool {
    mask & signal.bit != 0
  }

  /// Another mask for the time of a call.
  @inline(never) mutating func putAwayMask(for other: UInt64) {
    savedMask = mask
    mask = other
  }

  /// That time is over.
  @inline(never) mutating func restoreMask() {
    guard let saved = savedMask else { return }
    mask = saved
    savedMask = nil
  }

  /// A handler is entered: what it blocks is blocked, and its frame has what is restored.
  mutating func enterHandler(_ signal: SignalInformation, _ action: SignalAction) {
    mask |= action.mask | (action.flags.contains(.noDefer) ? 0 : signal.bit)
    savedMask = nil
  }
}
