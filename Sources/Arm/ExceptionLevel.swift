// The four exception levels.

/// An exception level. Arm ARM D1.1.
public enum ExceptionLevel: UInt8, Comparable, CaseIterable, Sendable {
  /// Applications.
  case el0 = 0
  /// Operating system.
  case el1 = 1
  /// Hypervisor.
  case el2 = 2
  /// Secure monitor.
  case el3 = 3

  /// Orders by privilege.
  @inlinable public static func < (a: ExceptionLevel, b: ExceptionLevel) -> Bool {
    a.rawValue < b.rawValue
  }
}
