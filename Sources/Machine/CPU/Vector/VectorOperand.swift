// The packing of a vector operation's `immediate`: the instruction word in bits 31:0 and, above it,
// what the decoder derived. MOVI, ORR and BIC (immediate) instead hold their expanded 64-bit value
// there and the number of result bytes in `ra`.

/// What the decoder derived from an encoding's shape.
struct VectorLayout {
  /// log2 of the element size in bytes.
  var size: Int = 0
  /// Number of elements; 1 for scalars.
  var lanes: Int = 1
  /// Shift amount, fraction bits, index, or structure, by opcode.
  var amount: Int = 0
  /// Whether narrow elements are those of the upper half.
  var isUpper: Bool = false
  /// Whether the second source is one element, of index `amount`; post-indexed for memory.
  var isIndexed: Bool = false
  /// Replaces bits 20:16 as the second source.
  var rm: UInt8?
  /// Replaces the whole immediate.
  var value: UInt64?

  /// Bits 63:32 of the immediate.
  var packed: UInt64 {
    let sizes: UInt64 = UInt64(size & 0xF) << 32 | UInt64(lanes & 0x1F) << 40
    let marks: UInt64 = (isUpper ? 1 << 46 : 0) | (isIndexed ? 1 << 47 : 0)
    return sizes | marks | UInt64(amount & 0xFFFF) << 48
  }
}

extension Operation {
  /// The instruction word.
  @inline(__always) var vectorWord: UInt32 { UInt32(truncatingIfNeeded: immediate) }
  /// log2 of the element size in bytes.
  @inline(__always) var vectorSize: Int { Int(truncatingIfNeeded: immediate &>> 32 & 0xF) }
  /// Number of elements.
  @inline(__always) var vectorLanes: Int { Int(truncatingIfNeeded: immediate &>> 40 & 0x1F) }
  /// Shift, fraction bits, index or structure.
  @inline(__always) var vectorAmount: Int { Int(truncatingIfNeeded: immediate &>> 48) }
  /// Whether narrow elements are those of the upper half.
  @inline(__always) var vectorIsUpper: Bool { immediate & 1 << 46 != 0 }
  /// Whether the second source is one element.
  @inline(__always) var vectorIsIndexed: Bool { immediate & 1 << 47 != 0 }
  /// Whether the result is 64 bits or less.
  @inline(__always) var vectorIsShort: Bool { vectorLanes &<< vectorSize <= 8 }
}
