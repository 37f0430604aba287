// A row of the decoder's table, and the index that finds it.
//
// The table is the manual's: a name, a pattern and a shape. The instruction fuzzer and the tests'
// assembler make words from the same rows.

/// One row of the decoder's table.
public struct Encoding: Sendable {
  /// The manual's name of the encoding.
  public let name: StaticString
  /// Its bits.
  public let pattern: EncodingPattern
  /// How its operands are laid out, and what it decodes to.
  let shape: IntegerShape

  init(_ name: StaticString, _ pattern: EncodingPattern, _ shape: IntegerShape) {
    self.name = name
    self.pattern = pattern
    self.shape = shape
  }

  /// The fixed bits.
  public var mask: UInt32 { pattern.mask }
  /// The values of the fixed bits.
  public var value: UInt32 { pattern.value }
}

/// Turns instruction words into operations.
public enum Decoder {
  /// Every encoding outside FP and Advanced SIMD data processing, in the manual's order.
  public static let rows: [Encoding] =
    dataProcessingImmediateRows + branchRows + systemRows + loadStoreRows + atomicRows
    + dataProcessingRegisterRows

  /// Rows by bits [31:21]: a word can only match a row of its bucket.
  private static let index: [[Encoding]] = {
    var buckets = [[Encoding]](repeating: [], count: 2048)
    for bucket in 0..<2048 {
      let bits = UInt32(bucket) << 21
      for row in rows where (bits ^ row.value) & row.mask & 0xFFE0_0000 == 0 {
        buckets[bucket].append(row)
      }
    }
    return buckets
  }()

  /// The operation a word stands for; `.unallocated`, with the word, when there is none.
  public static func decode(_ word: UInt32) -> Operation {
    for row in index[Int(word >> 21)] where word & row.mask == row.value {
      let operation = operation(word, row.shape)
      return operation.opcode == .unallocated ? unallocated(word) : operation
    }
    return VectorDecoder.decodeVector(word) ?? unallocated(word)
  }

  /// UNDEFINED, keeping the word.
  static func unallocated(_ word: UInt32) -> Operation {
    var operation = Operation(.unallocated)
    operation.immediate = UInt64(word)
    return operation
  }
}

// Field extraction, used by every row.

extension UInt32 {
  /// Bits [high:low].
  @inline(__always) func bits(_ high: UInt32, _ low: UInt32) -> UInt32 {
    (self &>> low) & (UInt32.max &>> (31 &- (high &- low)))
  }
  /// One bit.
  @inline(__always) func bit(_ index: UInt32) -> Bool { (self &>> index) & 1 != 0 }
  /// Bits [high:low], sign-extended to 64.
  @inline(__always) func signed(_ high: UInt32, _ low: UInt32) -> UInt64 {
    let shift = 31 &- high
    let value = Int32(bitPattern: self &<< shift) &>> Int32(shift &+ low)
    return UInt64(bitPattern: Int64(value))
  }
  /// A source register at bit `low`, 31 being zero.
  @inline(__always) func source(_ low: UInt32) -> UInt8 {
    let number = UInt8(truncatingIfNeeded: bits(low &+ 4, low))
    return number == 31 ? CoreState.zeroRegister : number
  }
  /// A destination register at bit `low`, 31 being discarded.
  @inline(__always) func destination(_ low: UInt32) -> UInt8 {
    let number = UInt8(truncatingIfNeeded: bits(low &+ 4, low))
    return number == 31 ? CoreState.discardRegister : number
  }
  /// A register at bit `low`, 31 being SP (or a vector register).
  @inline(__always) func register(_ low: UInt32) -> UInt8 {
    UInt8(truncatingIfNeeded: bits(low &+ 4, low))
  }
}
