// Random instruction words and operands for the comparison with QEMU: fixed seed, and weighted
// towards the values where floating point and saturation go wrong.

import Machine

extension FuzzRandom {
  /// A word of this encoding whose general registers are X0...X15 or XZR.
  mutating func word(_ row: VectorEncoding) -> UInt32 {
    var word: UInt32 = UInt32(truncatingIfNeeded: next()) & ~row.mask | row.value
    if row.hasGeneralDestination { replace(&word, 0, mayBeZero: true) }
    if row.hasGeneralSource { replace(&word, 5, mayBeZero: true) }
    if row.hasBase { replace(&word, 5, mayBeZero: false) }
    if row.hasOffset { replace(&word, 16, mayBeZero: true) }
    return word
  }

  private mutating func replace(_ word: inout UInt32, _ position: UInt32, mayBeZero: Bool) {
    let register: UInt32 = mayBeZero && below(8) == 0 ? 31 : UInt32(below(16))
    word = word & ~(31 << position) | register << position
  }

  /// A number of a format with `bits` bits, often special.
  mutating func float(bits: Int) -> UInt64 {
    let fractionBits: Int = bits == 16 ? 10 : bits == 32 ? 23 : 52
    let exponentBits: Int = bits - 1 - fractionBits
    let top: UInt64 = 1 << UInt64(exponentBits) - 1
    let bias: UInt64 = top >> 1
    let exponents: [UInt64] = [
      0, 0, 1, 2, top, top, top - 1, top - 2, bias, bias, bias - 1, bias + 1, bias - 2,
      bias &+ UInt64(below(70)), bias &- UInt64(below(20)), bias + UInt64(fractionBits), 3,
      next(), next(), next(),
    ]
    let quiet: UInt64 = 1 << UInt64(fractionBits - 1)
    let ones: UInt64 = 1 << UInt64(fractionBits) - 1
    let fractions: [UInt64] = [
      0, 0, 0, 1, ones, quiet, quiet - 1, quiet + 1, quiet >> 1, ones - 1, next(), next(), next(),
      next() & next() & next(), ones ^ (ones >> UInt64(below(fractionBits))),
      1 << UInt64(below(fractionBits)),
    ]
    let exponent: UInt64 = exponents[below(exponents.count)] & top
    let fraction: UInt64 = fractions[below(fractions.count)] & ones
    return (next() & 1) << UInt64(bits - 1) | exponent << UInt64(fractionBits) | fraction
  }

  /// An integer of `bits` bits, often near a limit.
  mutating func integer(bits: Int) -> UInt64 {
    let mask: UInt64 = ~0 >> UInt64(64 - bits)
    let top: UInt64 = 1 << UInt64(bits - 1)
    let values: [UInt64] = [
      0, 1, ~0, top, top - 1, top + 1, UInt64(below(70)), 0 &- UInt64(below(70)), next(), next(),
    ]
    return values[below(values.count)] & mask
  }

  /// 64 bits of lanes of one kind.
  mutating func lanes(kind: Int) -> UInt64 {
    switch kind {
    case 0: return next()
    case 1: return float(bits: 64)
    case 2: return float(bits: 32) | float(bits: 32) << 32
    case 3:
      return float(bits: 16) | float(bits: 16) << 16 | float(bits: 16) << 32
        | float(bits: 16) << 48
    default:
      let bits: Int = 8 << below(4)
      var value: UInt64 = 0
      for position in stride(from: 0, to: 64, by: bits) {
        value |= integer(bits: bits) << UInt64(position)
      }
      return value
    }
  }

  /// A word that differs in one bit from one of this encoding; its registers are X0...X15 or V0...V15.
  mutating func neighbour(_ row: VectorEncoding) -> UInt32 {
    (word(row) ^ 1 << UInt32(10 + below(22))) & ~(1 << 4 | 1 << 9)
  }

  /// Operands for one test; `memory` is the guest address of its scratch memory.
  mutating func operands(_ word: UInt32, _ row: VectorEncoding, memory: UInt64) -> VectorOperands {
    var operands = VectorOperands()
    // Registers of one test are mostly of one kind, so that the two operands suit each other.
    let kind: Int = below(6)
    for index in 0..<64 {
      operands.vectors[index] = lanes(kind: below(8) == 0 ? below(6) : kind)
    }
    // Equal and opposite operands are where sums cancel.
    let n = Int(word >> 5 & 31)
    let m = Int(word >> 16 & 31)
    let a = Int(word >> 10 & 31)
    switch below(12) {
    case 0: copy(&operands, from: n, to: m, flipping: 0)
    case 1: copy(&operands, from: n, to: m, flipping: 0x8000_8000_8000_8000)
    case 2: copy(&operands, from: n, to: m, flipping: 1)
    case 3: copy(&operands, from: n, to: a, flipping: 0x8000_0000_8000_8000)
    case 4: copy(&operands, from: n, to: Int(word & 31), flipping: 0x8000_0000_8000_8000)
    default: break
    }
    for index in 0..<16 {
      switch below(3) {
      case 0: operands.general[index] = next()
      case 1: operands.general[index] = integer(bits: 64)
      default: operands.general[index] = integer(bits: 32)
      }
    }
    if row.hasBase { operands.general[Int(word >> 5 & 15)] = memory + UInt64(below(33)) }
    if below(2) == 0 {
      operands.control = next() & 0x07C8_0000
      if below(2) == 0 { operands.control &= ~(3 << 22) }
    }
    operands.status = below(2) == 0 ? 0 : next() & 0x0800_009F
    operands.flags = next() & 0xF000_0000
    for index in 0..<16 { operands.memory[index] = next() }
    return operands
  }

  private func copy(
    _ operands: inout VectorOperands, from: Int, to: Int, flipping: UInt64
  ) {
    for half in 0..<2 {
      operands.vectors[to * 2 + half] = operands.vectors[from * 2 + half] ^ flipping
    }
  }
}

/// The state that a vector instruction reads and writes.
struct VectorOperands: Equatable {
  /// V0...V31, low half first.
  var vectors = [UInt64](repeating: 0, count: 64)
  /// X0...X15.
  var general = [UInt64](repeating: 0, count: 16)
  /// FPCR before; afterwards 1 when the instruction was UNDEFINED.
  var control: UInt64 = 0
  /// FPSR.
  var status: UInt64 = 0
  /// NZCV.
  var flags: UInt64 = 0
  /// 128 bytes of scratch memory.
  var memory = [UInt64](repeating: 0, count: 16)
}
