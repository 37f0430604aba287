// Conversions: between formats, to and from integers and fixed point, and to integral values.

extension SoftFloat {
  /// FPConvert; FCVTXN asks for rounding to odd.
  mutating func convert(
    _ a: UInt64, from source: FloatFormat, to target: FloatFormat, _ rounding: FloatRounding
  ) -> UInt64 {
    let ua = unpack(a, source, isConversion: true)
    let isAlternative: Bool = target == .half && usesAlternativeHalf
    switch ua.kind {
    case .quietNaN, .signalingNaN:
      if ua.kind == .signalingNaN || isAlternative { flags |= SoftFloat.invalidOperation }
      if isAlternative { return target.zero(ua.sign) }
      if usesDefaultNaN { return target.defaultNaN }
      let top: UInt64 = (a & source.fractionMask) << UInt64(64 &- source.fractionBits)
      let fraction: UInt64 = top >> UInt64(64 &- target.fractionBits)
      return target.infinity(ua.sign) | target.quietBit | fraction
    case .infinity:
      guard isAlternative else { return target.infinity(ua.sign) }
      flags |= SoftFloat.invalidOperation
      return target.zero(ua.sign) | 0x7FFF
    case .zero:
      return target.zero(ua.sign)
    case .finite:
      return round(
        sign: ua.sign, exponent: ua.exponent, significand: ua.significand, target, rounding,
        isConversion: true)
    }
  }

  /// A magnitude as an integer and the fraction below it; nil when it does not fit 64 bits.
  ///
  /// The fraction is top-aligned, with lost bits jammed; `scale` is added to the exponent.
  @inline(__always)
  private func split(_ value: UnpackedFloat, scale: Int) -> (integer: UInt64, fraction: UInt64)? {
    let shift: Int = 63 &- value.exponent &- scale
    if shift < 0 { return nil }
    if shift == 0 { return (value.significand, 0) }
    if shift < 64 {
      return (value.significand >> UInt64(shift), value.significand << UInt64(64 &- shift))
    }
    return (0, shift == 64 ? value.significand : 1)
  }

  /// FPToFixed: to an integer of `width` bits with `fractionBits` below the point, saturating.
  mutating func toFixed(
    _ a: UInt64, _ format: FloatFormat, fractionBits: Int, width: Int, isSigned: Bool,
    _ rounding: FloatRounding
  ) -> UInt64 {
    let ua = unpack(a, format)
    if ua.isNaN {
      flags |= SoftFloat.invalidOperation
      return 0
    }
    if ua.isZero { return 0 }
    let mask: UInt64 = ~0 >> UInt64(64 &- width)
    let most: UInt64 = isSigned ? mask >> 1 : mask
    let least: UInt64 = isSigned ? most &+ 1 : 0
    guard !ua.isInfinity, let parts = split(ua, scale: fractionBits) else {
      flags |= SoftFloat.invalidOperation
      return ua.sign ? least : most
    }
    var magnitude: UInt64 = parts.integer
    let isOdd: Bool = magnitude & 1 != 0
    // Only a value with a fraction, hence below 2^63, is incremented.
    if rounding.increments(sign: ua.sign, isOdd: isOdd, fraction: parts.fraction) {
      magnitude &+= 1
    }
    let limit: UInt64 = ua.sign ? least : most
    if magnitude > limit {
      flags |= SoftFloat.invalidOperation
      return limit
    }
    if parts.fraction != 0 { flags |= SoftFloat.inexact }
    return (ua.sign ? 0 &- magnitude : magnitude) & mask
  }

  /// FixedToFP: `magnitude * 2^-fractionBits`, negative when `sign`.
  mutating func fromFixed(
    sign: Bool, magnitude: UInt64, fractionBits: Int, _ format: FloatFormat
  ) -> UInt64 {
    if magnitude == 0 { return 0 }
    let shift: Int = magnitude.leadingZeroBitCount
    return round(
      sign: sign, exponent: 63 &- shift &- fractionBits, significand: magnitude << UInt64(shift),
      format, rounding)
  }

  /// FPRoundInt; only FRINTX is `isExact` and sets IXC.
  mutating func roundToIntegral(
    _ a: UInt64, _ format: FloatFormat, _ rounding: FloatRounding, isExact: Bool
  ) -> UInt64 {
    let ua = unpack(a, format)
    switch ua.kind {
    case .quietNaN, .signalingNaN: return processNaN(a, ua, format)
    case .infinity: return a
    case .zero: return format.zero(ua.sign)
    case .finite: break
    }
    if ua.exponent >= format.fractionBits { return a }
    guard let parts = split(ua, scale: 0) else { return a }
    var magnitude: UInt64 = parts.integer
    let isOdd: Bool = magnitude & 1 != 0
    if rounding.increments(sign: ua.sign, isOdd: isOdd, fraction: parts.fraction) {
      magnitude &+= 1
    }
    if isExact && parts.fraction != 0 { flags |= SoftFloat.inexact }
    if magnitude == 0 { return format.zero(ua.sign) }
    let shift: Int = magnitude.leadingZeroBitCount
    return round(
      sign: ua.sign, exponent: 63 &- shift, significand: magnitude << UInt64(shift), format,
      .towardZero)
  }
}
