// What the monitor does when a call or an abort has been handled.

/// What remains to be done after the monitor's lock is released.
public enum MonitorAction: Equatable, Sendable {
  /// Returns to the context, as it now is.
  case resume
  /// Waits for an interrupt, then returns.
  case standby
  /// Powers this core down until an interrupt is pending; then it enters where CPU_SUSPEND said.
  case suspend
  /// Turns this core off: parks it until a CPU_ON.
  case park
  /// Turns the board off.
  case powerOff
  /// Resets the board.
  case reset
  /// Gives up: says why on the console, then turns the board off.
  case panic
}
