// What a write to a system register or to PSTATE means for what the interpreter has derived from
// them: the interpreter looks at `Core.pendingEffects` after each such instruction.

/// What changed in a core's context.
public struct ContextEffect: OptionSet, Sendable {
  /// The bits.
  public let rawValue: UInt8
  /// An effect with these bits.
  @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Translations known to the fast TLB may no longer hold.
  public static let translation = ContextEffect(rawValue: 1 << 0)
  /// The privilege of data accesses (EL, PAN, UAO, alignment checks) or the stack pointer changed.
  public static let privilege = ContextEffect(rawValue: 1 << 1)
  /// A pending interrupt may have become takeable, or the other way round.
  public static let interruptMask = ContextEffect(rawValue: 1 << 2)
  /// Whether FP and Advanced SIMD instructions trap may have changed.
  public static let floatingPoint = ContextEffect(rawValue: 1 << 3)
  /// A timer's next deadline may have changed.
  public static let timers = ContextEffect(rawValue: 1 << 4)
  /// Breakpoints, watchpoints or software step may have changed.
  public static let debug = ContextEffect(rawValue: 1 << 5)
  /// What the performance monitors count may change: they are brought up to date before.
  public static let monitors = ContextEffect(rawValue: 1 << 6)
}
