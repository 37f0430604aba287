// From an instruction word to an operation. The first row whose fixed bits match decides; when its
// layout is reserved, the word is UNDEFINED.

/// The decoder of floating-point and Advanced SIMD instructions.
public enum VectorDecoder {
  /// The decode table, in the manual's order (Arm ARM C4.1).
  public static let rows: [VectorEncoding] =
    cryptographic + scalarRegister + vectorMove + vectorHalf + vectorTwoRegister
    + vectorThreeRegister + vectorImmediate + floatingPoint + structures

  /// Rows by bits 28:24 and 15:10 of the word: `starts[key]..<starts[key + 1]` of `members`.
  private static let index: (starts: [Int32], members: [UInt16]) = {
    var starts: [Int32] = []
    var members: [UInt16] = []
    for key in 0..<2048 {
      starts.append(Int32(members.count))
      let bits: UInt32 = UInt32(key >> 6) << 24 | UInt32(key & 63) << 10
      for (number, row) in rows.enumerated() where (row.value ^ bits) & row.mask & keyMask == 0 {
        members.append(UInt16(number))
      }
    }
    starts.append(Int32(members.count))
    return (starts, members)
  }()

  private static let keyMask: UInt32 = 0x1F00_FC00

  /// The first row whose fixed bits match.
  public static func row(_ word: UInt32) -> VectorEncoding? {
    let key = Int(word >> 24 & 0x1F) << 6 | Int(word >> 10 & 0x3F)
    for position in Int(index.starts[key])..<Int(index.starts[key + 1]) {
      let row = rows[Int(index.members[position])]
      if word & row.mask == row.value { return row }
    }
    return nil
  }

  /// The operation of a word, or nil when the word is UNDEFINED (or not of this chapter).
  public static func decodeVector(_ word: UInt32) -> Operation? {
    guard let row = row(word), let layout = layout(word, row.shape) else { return nil }
    var operation = Operation(row.hasBase ? .vectorStructure : .vector)
    operation.extra = row.opcode.rawValue
    operation.rd = UInt8(word & 31)
    operation.rn = UInt8(word >> 5 & 31)
    operation.rm = layout.rm ?? UInt8(word >> 16 & 31)
    operation.ra = UInt8(word >> 10 & 31)
    operation.immediate = UInt64(word) | layout.packed
    if row.hasGeneralDestination && operation.rd == 31 {
      operation.rd = CoreState.discardRegister
    }
    if row.hasGeneralSource && operation.rn == 31 { operation.rn = CoreState.zeroRegister }
    if let value = layout.value {
      operation.immediate = value
      operation.ra = UInt8(layout.lanes << layout.size)
    }
    return operation
  }
}
