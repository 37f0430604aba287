// Layouts with an immediate: shifts, fixed point, and AdvSIMDExpandImm.

extension VectorDecoder {
  static func shiftLayout(_ word: UInt32, _ shape: VectorShape, q: Int) -> VectorLayout? {
    let high: Int = field(word, 22, 19)
    let both: Int = field(word, 22, 16)
    guard high != 0 else { return nil }
    let size: Int = Int.bitWidth - 1 - high.leadingZeroBitCount
    let bits: Int = 8 << size
    let right: Int = 2 * bits - both
    let left: Int = both - bits
    let isReservedVector: Bool = size == 3 && q == 0
    switch shape {
    case .shiftRight:
      return isReservedVector ? nil : packed(size, q, amount: right)
    case .shiftLeft:
      return isReservedVector ? nil : packed(size, q, amount: left)
    case .shiftRightScalar:
      return size == 3 ? VectorLayout(size: 3, amount: right) : nil
    case .shiftLeftScalarD:
      return size == 3 ? VectorLayout(size: 3, amount: left) : nil
    case .shiftLeftScalar:
      return VectorLayout(size: size, amount: left)
    case .shiftNarrow:
      guard size < 3 else { return nil }
      return VectorLayout(size: size, lanes: 8 >> size, amount: right, isUpper: q == 1)
    case .shiftNarrowScalar:
      return size < 3 ? VectorLayout(size: size, amount: right) : nil
    case .shiftLong:
      guard size < 3 else { return nil }
      return VectorLayout(size: size, lanes: 8 >> size, amount: left, isUpper: q == 1)
    case .fixedPoint:
      return isReservedVector || size == 0 ? nil : packed(size, q, amount: right)
    case .fixedPointScalar:
      return size == 0 ? nil : VectorLayout(size: size, amount: right)
    default:
      return nil
    }
  }

  static func immediateLayout(_ word: UInt32, _ shape: VectorShape, q: Int) -> VectorLayout? {
    if case .floatImmediate = shape {
      guard let size = floatSize(field(word, 23, 22)) else { return nil }
      let value = expandFloat(UInt64(field(word, 20, 13)), FloatFormat(size: size))
      return VectorLayout(size: size, value: value)
    }
    let low = UInt64(field(word, 18, 16) << 5 | field(word, 9, 5))
    let isInverted: Bool = field(word, 29, 29) == 1
    let mode: Int = field(word, 15, 12)
    var layout = packed(0, q)
    var value: UInt64
    switch mode {
    case 0...7:
      value = VectorValue.replicate(low << UInt64(8 * (mode >> 1)), 2).low
    case 8...11:
      value = VectorValue.replicate(low << UInt64(8 * (mode >> 1 & 1)), 1).low
    case 12:
      value = VectorValue.replicate(low << 8 | 0xFF, 2).low
    case 13:
      value = VectorValue.replicate(low << 16 | 0xFFFF, 2).low
    case 14:
      value = VectorValue.replicate(low, 0).low
      if isInverted {
        value = 0
        for bit in 0..<8 where low >> UInt64(bit) & 1 != 0 { value |= 0xFF << UInt64(8 * bit) }
      }
      layout.value = value
      return layout
    default:
      if isInverted {
        layout.value = expandFloat(low, .double)
      } else {
        let isHalf: Bool = field(word, 11, 11) == 1
        let number = expandFloat(low, isHalf ? .half : .single)
        layout.value = VectorValue.replicate(number, isHalf ? 1 : 2).low
      }
      return layout
    }
    // MVNI stores the complement; BIC (odd modes) complements when it executes.
    let isMove: Bool = mode >= 12 || mode & 1 == 0
    layout.value = isInverted && isMove ? ~value : value
    return layout
  }

  /// VFPExpandImm.
  private static func expandFloat(_ immediate: UInt64, _ format: FloatFormat) -> UInt64 {
    let exponentBits: Int = format.bits - 1 - format.fractionBits
    let isSmall: Bool = immediate & 0x40 != 0
    // NOT(b):Replicate(b):cd
    let replicated: UInt64 = isSmall ? (1 << UInt64(exponentBits - 3) - 1) << 2 : 0
    let top: UInt64 = isSmall ? 0 : 1 << UInt64(exponentBits - 1)
    let exponent: UInt64 = top | replicated | immediate >> 4 & 3
    return format.zero(immediate & 0x80 != 0) | exponent << UInt64(format.fractionBits)
      | (immediate & 0xF) << UInt64(format.fractionBits - 4)
  }
}
