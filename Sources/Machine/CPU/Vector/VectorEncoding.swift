// One row of the decode table.

/// An encoding of a floating-point or Advanced SIMD instruction.
public struct VectorEncoding: Sendable {
  /// The manual's title.
  public let name: StaticString
  /// Its bits.
  ///
  /// `d`, `n`, `m` and `a` are
  /// vector registers, `t` (destination), `s` and `o` (sources) general registers, `b` a base
  /// register or SP; `Q`, `z` (size), `i`, `j`, `h`, `c`, `f`, `S`, `L`, `M`, `H` are other fields.
  public let pattern: EncodingPattern
  /// What it decodes to.
  let opcode: VectorOpcode
  /// How its operands are laid out.
  let shape: VectorShape
  /// Which fields it has: one bit for each of t, s, o and b.
  let fields: UInt8

  init(
    _ name: StaticString, _ pattern: EncodingPattern, _ opcode: VectorOpcode, _ shape: VectorShape
  ) {
    self.name = name
    self.pattern = pattern
    self.opcode = opcode
    self.shape = shape
    var fields: UInt8 = 0
    for (index, letter) in (["t", "s", "o", "b"] as [Character]).enumerated()
    where pattern.bits(of: letter) != 0 {
      fields |= 1 << UInt8(index)
    }
    self.fields = fields
  }

  /// Bits that the pattern fixes.
  public var mask: UInt32 { pattern.mask }
  /// Their values.
  public var value: UInt32 { pattern.value }
  /// Whether the instruction has a general destination register (bits 4:0).
  public var hasGeneralDestination: Bool { fields & 1 != 0 }
  /// Whether the instruction has a general source register (bits 9:5).
  public var hasGeneralSource: Bool { fields & 2 != 0 }
  /// Whether the instruction has a general offset register (bits 20:16).
  public var hasOffset: Bool { fields & 4 != 0 }
  /// Whether the instruction accesses memory at a base register (bits 9:5).
  public var hasBase: Bool { fields & 8 != 0 }
}
