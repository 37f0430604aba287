// A kernel that is told of a fatal error is to end its run: by a panic that resets the machine, or switches it off. One
// that does neither (a panic that waits for somebody, a core that hangs) is ended by EL3 after a time, if the user has
// set one (fw_cfg, `opt/faultline/watchdog`, in seconds): the next run then says what the error was.

import Platform

/// The time that a kernel has to end its run after a fatal error.
public struct Watchdog: Sendable {
  /// In ticks of the counter; 0 for as long as it likes.
  private var patience: UInt64 = 0
  /// When it is over, while a fatal error is told.
  private(set) var due: UInt64?

  /// The longest, in seconds.
  public static var longest: UInt64 { 3600 }

  /// So many seconds, at most `longest`; 0 for no end.
  public init(seconds: UInt64 = 0) {
    patience = min(seconds, Self.longest) &* Clock.counterFrequency
  }

  /// A kernel has been told of a fatal error; a second one gives it no more time.
  mutating func start(now: UInt64) {
    if patience > 0, due == nil { due = now &+ patience }
  }
}
