// One row of the decode table.

/// An encoding of a floating-point or Advanced SIMD instruction.
public struct VectorEncoding: Sendable {
  /// The manual's title.
  public let name: StaticString
  /// 32 characters, bit 31 first: `0`, `1`, or a letter for a field.
  ///
  /// `d`, `n`, `m` and `a` are
  /// vector registers, `t` (destination), `s` and `o` (sources) general registers, `b` a base
  /// register or SP; `Q`, `z` (size), `i`, `j`, `h`, `c`, `f`, `S`, `L`, `M`, `H` are other fields.
  public let pattern: StaticString
  /// Bits that the pattern fixes.
  public let mask: UInt32
  /// Their values.
  public let value: UInt32
  /// What it decodes to.
  let opcode: VectorOpcode
  /// How its operands are laid out.
  let shape: VectorShape
  /// Which fields it has: one bit per letter of `fieldLetters`.
  let fields: UInt8

  /// The register fields, in the order of the bits of `fields`.
  static let fieldLetters: [UInt8] = [
    UInt8(ascii: "t"), UInt8(ascii: "s"), UInt8(ascii: "o"), UInt8(ascii: "b"),
  ]

  init(
    _ name: StaticString, _ pattern: StaticString, _ opcode: VectorOpcode, _ shape: VectorShape
  ) {
    self.name = name
    self.pattern = pattern
    self.opcode = opcode
    self.shape = shape
    var mask: UInt32 = 0
    var value: UInt32 = 0
    var fields: UInt8 = 0
    for character in pattern.description.utf8 {
      mask <<= 1
      value <<= 1
      switch character {
      case UInt8(ascii: "0"): mask |= 1
      case UInt8(ascii: "1"):
        mask |= 1
        value |= 1
      default:
        for (index, letter) in VectorEncoding.fieldLetters.enumerated() where letter == character {
          fields |= 1 << UInt8(index)
        }
      }
    }
    self.mask = mask
    self.value = value
    self.fields = fields
  }

  /// Whether the instruction has a general destination register (bits 4:0).
  public var hasGeneralDestination: Bool { fields & 1 != 0 }
  /// Whether the instruction has a general source register (bits 9:5).
  public var hasGeneralSource: Bool { fields & 2 != 0 }
  /// Whether the instruction has a general offset register (bits 20:16).
  public var hasOffset: Bool { fields & 4 != 0 }
  /// Whether the instruction accesses memory at a base register (bits 9:5).
  public var hasBase: Bool { fields & 8 != 0 }
}
