// A predecoded instruction: 16 bytes, register 31 already resolved to SP, zero or discard.

/// One predecoded instruction.
public struct Operation: Sendable {
  /// What to do.
  public var opcode: Opcode
  /// Second-level selector (vector opcode, condition, shift, size), by opcode.
  public var extra: UInt16 = 0
  /// Destination, or Rt.
  public var rd: UInt8 = 0
  /// First source, or base.
  public var rn: UInt8 = 0
  /// Second source.
  public var rm: UInt8 = 0
  /// Third source, Rt2, or status.
  public var ra: UInt8 = 0
  /// Immediate; for opcodes without one, the instruction word.
  public var immediate: UInt64 = 0

  /// An operation with no operands yet.
  @inline(__always) public init(_ opcode: Opcode) { self.opcode = opcode }
}
