// Real time for virtual time, while a person is at the terminal: as long as the machine waits, its time
// passes as ours does, so that `sleep 1` takes a second. Computing takes what it takes: whatever lead or
// lag there was is forgiven when the machine computes again, and so nobody has to catch up.

/// How far a machine may skip its waits.
struct Pace {
  typealias Instant = ContinuousClock.Instant

  /// When the wait began, in both times; nil while the machine computes.
  private var began: (virtual: UInt64, real: Instant)?

  /// The virtual time that a wait may be skipped to.
  func waitLimit(at virtual: UInt64, _ now: Instant) -> UInt64 {
    guard let began else { return virtual }
    return began.virtual &+ Self.nanoseconds(now - began.real)
  }

  /// The machine waits, at a virtual time, until another or for a key: how many milliseconds there are
  /// for keys.
  mutating func waits(until end: UInt64, at virtual: UInt64, _ now: Instant) -> Int32 {
    if began == nil { began = (virtual, now) }
    let passed = waitLimit(at: virtual, now)
    return end > passed ? Int32(min((end - passed + 999_999) / 1_000_000, 1000)) : 0
  }

  /// The machine computes.
  mutating func computes() { began = nil }

  private static func nanoseconds(_ duration: Duration) -> UInt64 {
    UInt64(max(0, duration / .nanoseconds(1)))
  }
}
