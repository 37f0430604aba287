// What the vector code saves of the world below EL3. The layout is shared with the assembly
// (Images/Sources/FirmwareEntry/boot.S): thirty-five words in this order, nothing in between.

/// The state of a lower exception level, as its exception to EL3 left it.
public struct LowerContext: Sendable {
  /// X0 to X30.
  public var x: InlineArray<31, UInt64>
  /// ELR_EL3: where it goes on.
  public var elr: UInt64
  /// SPSR_EL3: its PSTATE.
  public var spsr: UInt64
  /// ESR_EL3.
  public var esr: UInt64
  /// FAR_EL3.
  public var far: UInt64

  /// A context with all general registers zero.
  public init(elr: UInt64 = 0, spsr: UInt64 = 0, esr: UInt64 = 0, far: UInt64 = 0) {
    x = InlineArray(repeating: 0)
    self.elr = elr
    self.spsr = spsr
    self.esr = esr
    self.far = far
  }
}
