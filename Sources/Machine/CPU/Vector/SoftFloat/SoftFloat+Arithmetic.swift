// Add, subtract, multiply, divide, square root, and multiply-extended. Each first tries the host
// (SoftFloat+Host.swift), then does it in integers.

extension SoftFloat {
  /// FPAdd.
  mutating func add(_ a: UInt64, _ b: UInt64, _ format: FloatFormat) -> UInt64 {
    if let sum = hostAdd(a, b, format) { return sum }
    return addInIntegers(a, b, format, negatingSecond: false)
  }

  /// FPSub.
  mutating func subtract(_ a: UInt64, _ b: UInt64, _ format: FloatFormat) -> UInt64 {
    if let difference = hostAdd(a, b ^ format.signBit, format) { return difference }
    return addInIntegers(a, b, format, negatingSecond: true)
  }

  /// FPAdd and FPSub; a NaN second operand is not negated.
  mutating func addInIntegers(
    _ a: UInt64, _ b: UInt64, _ format: FloatFormat, negatingSecond: Bool
  ) -> UInt64 {
    let ua = unpack(a, format)
    var ub = unpack(b, format)
    if let nan = processNaNs(a, ua, b, ub, format) { return nan }
    if negatingSecond { ub.sign.toggle() }
    if ua.isInfinity {
      return ub.isInfinity && ua.sign != ub.sign ? invalid(format) : format.infinity(ua.sign)
    }
    if ub.isInfinity { return format.infinity(ub.sign) }
    if ua.isZero && ub.isZero {
      return ua.sign == ub.sign ? format.zero(ua.sign) : exactZero(format)
    }
    let isFirstLarger: Bool = ua.magnitudeOrder(ub) >= 0
    let large: UnpackedFloat = isFirstLarger ? ua : ub
    let small: UnpackedFloat = isFirstLarger ? ub : ua
    let upper: UInt64 = large.significand >> 2
    let lower: UInt64 = SoftFloat.shiftRightJamming(
      small.significand >> 2, large.exponent &- small.exponent)
    let sum: UInt64 = large.sign == small.sign ? upper &+ lower : upper &- lower
    if sum == 0 { return exactZero(format) }
    let shift: Int = sum.leadingZeroBitCount
    return round(
      sign: large.sign, exponent: large.exponent &+ 2 &- shift,
      significand: sum << UInt64(shift), format, rounding)
  }

  /// FPMul.
  mutating func multiply(_ a: UInt64, _ b: UInt64, _ format: FloatFormat) -> UInt64 {
    if let product = hostMultiply(a, b, format) { return product }
    return multiplyInIntegers(a, b, format, isExtended: false)
  }

  /// FPMulX: infinity times zero is 2.
  mutating func multiplyExtended(_ a: UInt64, _ b: UInt64, _ format: FloatFormat) -> UInt64 {
    multiplyInIntegers(a, b, format, isExtended: true)
  }

  mutating func multiplyInIntegers(
    _ a: UInt64, _ b: UInt64, _ format: FloatFormat, isExtended: Bool
  ) -> UInt64 {
    let ua = unpack(a, format)
    let ub = unpack(b, format)
    if let nan = processNaNs(a, ua, b, ub, format) { return nan }
    let sign: Bool = ua.sign != ub.sign
    if ua.isInfinity && ub.isZero || ua.isZero && ub.isInfinity {
      return isExtended ? format.power(1) | format.zero(sign) : invalid(format)
    }
    if ua.isInfinity || ub.isInfinity { return format.infinity(sign) }
    if ua.isZero || ub.isZero { return format.zero(sign) }
    let product = ua.significand.multipliedFullWidth(by: ub.significand)
    let jammed: UInt64 = product.high | (product.low != 0 ? 1 : 0)
    let shift: Int = jammed.leadingZeroBitCount
    return round(
      sign: sign, exponent: ua.exponent &+ ub.exponent &+ 1 &- shift,
      significand: jammed << UInt64(shift), format, rounding)
  }

  /// FPDiv.
  mutating func divide(_ a: UInt64, _ b: UInt64, _ format: FloatFormat) -> UInt64 {
    if let quotient = hostDivide(a, b, format) { return quotient }
    let ua = unpack(a, format)
    let ub = unpack(b, format)
    if let nan = processNaNs(a, ua, b, ub, format) { return nan }
    let sign: Bool = ua.sign != ub.sign
    if ua.isInfinity && ub.isInfinity || ua.isZero && ub.isZero { return invalid(format) }
    if ua.isInfinity || ub.isZero {
      if !ua.isInfinity { flags |= SoftFloat.divideByZero }
      return format.infinity(sign)
    }
    if ua.isZero || ub.isInfinity { return format.zero(sign) }
    let quotient = ub.significand.dividingFullWidth((ua.significand >> 1, ua.significand << 63))
    let jammed: UInt64 = quotient.quotient | (quotient.remainder != 0 ? 1 : 0)
    let shift: Int = jammed.leadingZeroBitCount
    return round(
      sign: sign, exponent: ua.exponent &- ub.exponent &- shift,
      significand: jammed << UInt64(shift), format, rounding)
  }

  /// FPSqrt.
  mutating func squareRoot(_ a: UInt64, _ format: FloatFormat) -> UInt64 {
    if let root = hostSquareRoot(a, format) { return root }
    let ua = unpack(a, format)
    if ua.isNaN { return processNaN(a, ua, format) }
    if ua.isZero { return format.zero(ua.sign) }
    if ua.sign { return invalid(format) }
    if ua.isInfinity { return format.infinity(false) }
    // Two bits of the radicand, 1 <= r < 4, give one bit of the root; 58 bits and a remainder
    // are more than any format keeps.
    let isOdd: Bool = ua.exponent & 1 != 0
    var high: UInt64 = isOdd ? ua.significand : ua.significand >> 1
    var low: UInt64 = isOdd ? 0 : ua.significand << 63
    var root: UInt64 = 0
    var remainder: UInt64 = 0
    for _ in 0..<58 {
      remainder = remainder << 2 | high >> 62
      high = high << 2 | low >> 62
      low <<= 2
      let trial: UInt64 = root << 2 | 1
      root <<= 1
      if remainder >= trial {
        remainder &-= trial
        root |= 1
      }
    }
    return round(
      sign: false, exponent: ua.exponent >> 1, significand: root << 6 | (remainder != 0 ? 1 : 0),
      format, rounding)
  }
}
