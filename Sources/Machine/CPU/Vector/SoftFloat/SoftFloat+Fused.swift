// Fused operations: the product is kept in 128 bits and rounded once.

extension SoftFloat {
  /// FPMulAdd: `addend + a * b`.
  mutating func multiplyAdd(
    _ addend: UInt64, _ a: UInt64, _ b: UInt64, _ format: FloatFormat
  ) -> UInt64 {
    if let sum = hostMultiplyAdd(addend, a, b, format) { return sum }
    let uc = unpack(addend, format)
    let ua = unpack(a, format)
    let ub = unpack(b, format)
    let isInvalid: Bool = ua.isInfinity && ub.isZero || ua.isZero && ub.isInfinity
    if uc.kind == .quietNaN && isInvalid { return invalid(format) }
    if uc.kind == .signalingNaN { return processNaN(addend, uc, format) }
    if ua.kind == .signalingNaN { return processNaN(a, ua, format) }
    if ub.kind == .signalingNaN { return processNaN(b, ub, format) }
    if uc.kind == .quietNaN { return processNaN(addend, uc, format) }
    if let nan = processNaNs(a, ua, b, ub, format) { return nan }
    let sign: Bool = ua.sign != ub.sign
    let isProductInfinite: Bool = ua.isInfinity || ub.isInfinity
    if isInvalid || isProductInfinite && uc.isInfinity && uc.sign != sign {
      return invalid(format)
    }
    if uc.isInfinity { return format.infinity(uc.sign) }
    if isProductInfinite { return format.infinity(sign) }
    if uc.isZero && (ua.isZero || ub.isZero) && uc.sign == sign { return format.zero(sign) }
    return fused(uc, ua, ub, format, exponentOffset: 0)
  }

  /// FPRecipStepFused: `2 - a * b`.
  mutating func reciprocalStep(_ a: UInt64, _ b: UInt64, _ format: FloatFormat) -> UInt64 {
    step(a ^ format.signBit, b, format, constant: format.power(1), exponentOffset: 0)
  }

  /// FPRSqrtStepFused: `(3 - a * b) / 2`.
  mutating func reciprocalSquareRootStep(_ a: UInt64, _ b: UInt64, _ format: FloatFormat) -> UInt64
  {
    step(
      a ^ format.signBit, b, format, constant: format.power(1, half: true), exponentOffset: -1)
  }

  private mutating func step(
    _ a: UInt64, _ b: UInt64, _ format: FloatFormat, constant: UInt64, exponentOffset: Int
  ) -> UInt64 {
    let ua = unpack(a, format)
    let ub = unpack(b, format)
    if let nan = processNaNs(a, ua, b, ub, format) { return nan }
    if ua.isInfinity && ub.isZero || ua.isZero && ub.isInfinity {
      return exponentOffset == 0 ? constant : format.power(0, half: true)
    }
    if ua.isInfinity || ub.isInfinity { return format.infinity(ua.sign != ub.sign) }
    return fused(unpack(constant, format), ua, ub, format, exponentOffset: exponentOffset)
  }

  /// `(c + a * b) * 2^exponentOffset` of numbers that are finite or zero, rounded once.
  private mutating func fused(
    _ c: UnpackedFloat, _ a: UnpackedFloat, _ b: UnpackedFloat, _ format: FloatFormat,
    exponentOffset: Int
  ) -> UInt64 {
    let sign: Bool = a.sign != b.sign
    if a.isZero || b.isZero {
      if c.isZero { return exactZero(format) }
      return round(
        sign: c.sign, exponent: c.exponent &+ exponentOffset, significand: c.significand, format,
        rounding)
    }
    var product = WideSignificand(a.significand.multipliedFullWidth(by: b.significand))
    let productExponent: Int = a.exponent &+ b.exponent &+ 1 &- product.normalize()
    var large = product
    var largeExponent: Int = productExponent
    var largeSign: Bool = sign
    if !c.isZero {
      var small = WideSignificand(high: c.significand, low: 0)
      var smallExponent: Int = c.exponent
      var smallSign: Bool = c.sign
      if smallExponent > largeExponent || smallExponent == largeExponent && small.isAbove(large) {
        swap(&small, &large)
        swap(&smallExponent, &largeExponent)
        swap(&smallSign, &largeSign)
      }
      // Products have at most 106 significant bits, so these two shifts lose nothing.
      large.shiftRightJamming(2)
      small.shiftRightJamming(2 &+ largeExponent &- smallExponent)
      if largeSign == smallSign { large.add(small) } else { large.subtract(small) }
      if large.isZero { return exactZero(format) }
      largeExponent &+= 2 &- large.normalize()
    }
    return round(
      sign: largeSign, exponent: largeExponent &+ exponentOffset,
      significand: large.high | (large.low != 0 ? 1 : 0), format, rounding)
  }
}

/// A 128-bit significand.
struct WideSignificand {
  var high: UInt64
  var low: UInt64

  init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  init(_ product: (high: UInt64, low: UInt64)) { self.init(high: product.high, low: product.low) }

  var isZero: Bool { high | low == 0 }

  func isAbove(_ other: WideSignificand) -> Bool {
    high != other.high ? high > other.high : low > other.low
  }

  mutating func add(_ other: WideSignificand) {
    let sum = low.addingReportingOverflow(other.low)
    low = sum.partialValue
    high = high &+ other.high &+ (sum.overflow ? 1 : 0)
  }

  mutating func subtract(_ other: WideSignificand) {
    let difference = low.subtractingReportingOverflow(other.low)
    low = difference.partialValue
    high = high &- other.high &- (difference.overflow ? 1 : 0)
  }

  /// Shifts right by at least 1; bits lost are or-ed into bit 0.
  mutating func shiftRightJamming(_ distance: Int) {
    if distance > 127 {
      low = isZero ? 0 : 1
      high = 0
    } else if distance > 63 {
      let lost: UInt64 = low | (distance > 64 ? high << UInt64(128 &- distance) : 0)
      low = high >> UInt64(distance &- 64) | (lost != 0 ? 1 : 0)
      high = 0
    } else {
      let lost: UInt64 = low << UInt64(64 &- distance)
      low = low >> UInt64(distance) | high << UInt64(64 &- distance) | (lost != 0 ? 1 : 0)
      high >>= UInt64(distance)
    }
  }

  /// Shifts left until bit 127 is set and returns by how much; not for zero.
  mutating func normalize() -> Int {
    var distance = 0
    if high == 0 {
      high = low
      low = 0
      distance = 64
    }
    let shift: Int = high.leadingZeroBitCount
    if shift > 0 {
      high = high << UInt64(shift) | low >> UInt64(64 &- shift)
      low <<= UInt64(shift)
    }
    return distance &+ shift
  }
}
