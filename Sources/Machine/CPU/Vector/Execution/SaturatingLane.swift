// Saturating and shifting arithmetic of one lane: SatQ and the shift pseudocode, with 64-bit lanes
// done without wider integers.

/// Arithmetic of one lane that may saturate.
struct SaturatingLane {
  /// log2 of the lane's size in bytes.
  let size: Int
  /// Whether anything saturated.
  var hasSaturated = false

  @inline(__always) init(_ size: Int) { self.size = size }

  @inline(__always) var bits: Int { 8 &<< size }
  @inline(__always) var maximum: Int64 { Int64.max &>> Int64(64 &- bits) }
  @inline(__always) var minimum: Int64 { Int64.min &>> Int64(64 &- bits) }
  @inline(__always) var unsignedMaximum: UInt64 { VectorValue.mask(size) }

  /// SignedSatQ.
  @inline(__always) mutating func signed(_ value: Int64) -> Int64 {
    if value > maximum {
      hasSaturated = true
      return maximum
    }
    if value < minimum {
      hasSaturated = true
      return minimum
    }
    return value
  }

  /// UnsignedSatQ of a non-negative value.
  @inline(__always) mutating func unsigned(_ value: UInt64) -> UInt64 {
    if value > unsignedMaximum {
      hasSaturated = true
      return unsignedMaximum
    }
    return value
  }

  /// UnsignedSatQ of a signed value.
  @inline(__always) mutating func unsigned(ofSigned value: Int64) -> UInt64 {
    if value < 0 {
      hasSaturated = true
      return 0
    }
    return unsigned(UInt64(bitPattern: value))
  }

  mutating func add(_ a: Int64, _ b: Int64) -> Int64 {
    let sum = a.addingReportingOverflow(b)
    if sum.overflow {
      hasSaturated = true
      return a < 0 ? minimum : maximum
    }
    return signed(sum.partialValue)
  }

  mutating func subtract(_ a: Int64, _ b: Int64) -> Int64 {
    let difference = a.subtractingReportingOverflow(b)
    if difference.overflow {
      hasSaturated = true
      return a < 0 ? minimum : maximum
    }
    return signed(difference.partialValue)
  }

  mutating func add(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let sum = a.addingReportingOverflow(b)
    if sum.overflow {
      hasSaturated = true
      return unsignedMaximum
    }
    return unsigned(sum.partialValue)
  }

  mutating func subtract(_ a: UInt64, _ b: UInt64) -> UInt64 {
    if a < b {
      hasSaturated = true
      return 0
    }
    return a &- b
  }

  /// SUQADD: signed accumulator plus unsigned.
  mutating func add(signed a: Int64, unsigned b: UInt64) -> Int64 {
    if b > UInt64(Int64.max) {
      // Only a 64-bit lane; the sum fits when a is negative enough.
      let sum: Int64 = a &+ Int64(bitPattern: b)
      if a < 0 && sum >= 0 { return sum }
      hasSaturated = true
      return maximum
    }
    return add(a, Int64(b))
  }

  /// USQADD: unsigned accumulator plus signed.
  mutating func add(unsigned a: UInt64, signed b: Int64) -> UInt64 {
    if b >= 0 { return add(a, UInt64(b)) }
    return subtract(a, b.magnitude)
  }

  /// Shift by a signed amount, left when positive, as SSHL, SRSHL, SQSHL, SQRSHL.
  @inline(__always)
  mutating func shift(_ value: Int64, by amount: Int, isRounding: Bool, isSaturating: Bool) -> Int64
  {
    if amount < 0 { return SaturatingLane.shiftRight(value, 0 &- amount, isRounding: isRounding) }
    if !isSaturating { return amount >= bits ? 0 : value &<< Int64(amount) }
    if value == 0 { return 0 }
    if amount < bits {
      let shifted: Int64 = value &<< Int64(amount)
      if shifted &>> Int64(amount) == value && shifted >= minimum && shifted <= maximum {
        return shifted
      }
    }
    hasSaturated = true
    return value < 0 ? minimum : maximum
  }

  /// As above, unsigned: USHL, URSHL, UQSHL, UQRSHL.
  @inline(__always)
  mutating func shift(
    _ value: UInt64, by amount: Int, isRounding: Bool, isSaturating: Bool
  )
    -> UInt64
  {
    if amount < 0 { return SaturatingLane.shiftRight(value, 0 &- amount, isRounding: isRounding) }
    if !isSaturating { return amount >= bits ? 0 : value &<< UInt64(amount) }
    if value == 0 { return 0 }
    if amount < bits {
      let shifted: UInt64 = value &<< UInt64(amount)
      if shifted &>> UInt64(amount) == value && shifted <= unsignedMaximum { return shifted }
    }
    hasSaturated = true
    return unsignedMaximum
  }

  /// A right shift of any positive amount.
  @inline(__always)
  static func shiftRight(_ value: Int64, _ amount: Int, isRounding: Bool) -> Int64 {
    if amount > 64 { return isRounding ? 0 : value &>> 63 }
    let shifted: Int64 = amount == 64 ? value &>> 63 : value &>> Int64(amount)
    return isRounding ? shifted &+ (value &>> Int64(amount &- 1) & 1) : shifted
  }

  /// An unsigned right shift of any positive amount.
  @inline(__always)
  static func shiftRight(_ value: UInt64, _ amount: Int, isRounding: Bool) -> UInt64 {
    if amount > 64 { return 0 }
    let shifted: UInt64 = amount == 64 ? 0 : value &>> UInt64(amount)
    return isRounding ? shifted &+ (value &>> UInt64(amount &- 1) & 1) : shifted
  }

  /// SQDMULH, SQRDMULH: the high half of twice the product.
  mutating func doublingMultiplyHigh(_ a: Int64, _ b: Int64, isRounding: Bool) -> Int64 {
    let rounding: Int64 = isRounding ? 1 &<< Int64(bits &- 2) : 0
    return signed((a &* b &+ rounding) &>> Int64(bits &- 1))
  }

  /// SQRDMLAH: accumulator plus the rounded high half of twice the product; SQRDMLSH negates `a`
  /// (which, sign-extended, always can be).
  mutating func doublingMultiplyAddHigh(_ accumulator: Int64, _ a: Int64, _ b: Int64) -> Int64 {
    let rounding: Int64 = 1 &<< Int64(bits &- 2)
    let scaled: Int64 = accumulator &<< Int64(bits &- 1)
    return signed((scaled &+ a &* b &+ rounding) &>> Int64(bits &- 1))
  }
}
