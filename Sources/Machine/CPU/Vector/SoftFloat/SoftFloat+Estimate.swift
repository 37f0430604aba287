// Reciprocal and reciprocal square root estimates: 8 bits, by the manual's integer formulas
// (Arm ARM shared/functions/float/fprecipestimate, fprsqrtestimate).

extension SoftFloat {
  /// RecipEstimate: 256...511 to 256...511.
  static func reciprocalEstimate(_ a: UInt64) -> UInt64 {
    let doubled: UInt64 = a &* 2 &+ 1
    return ((1 << 19) / doubled &+ 1) >> 1
  }

  /// RecipSqrtEstimate: 128...511 to 256...511.
  static func reciprocalSquareRootEstimate(_ a: UInt64) -> UInt64 {
    let scaled: UInt64 = a < 256 ? a &* 2 &+ 1 : (a & ~1 &+ 1) &* 2
    var root: UInt64 = 512
    while scaled &* (root &+ 1) &* (root &+ 1) < 1 << 28 { root &+= 1 }
    return (root &+ 1) >> 1
  }

  /// UnsignedRecipEstimate, of URECPE.
  static func unsignedReciprocalEstimate(_ a: UInt64) -> UInt64 {
    a >> 31 == 0 ? 0xFFFF_FFFF : reciprocalEstimate(a >> 23) << 23
  }

  /// UnsignedRSqrtEstimate, of URSQRTE.
  static func unsignedReciprocalSquareRootEstimate(_ a: UInt64) -> UInt64 {
    a >> 30 == 0 ? 0xFFFF_FFFF : reciprocalSquareRootEstimate(a >> 23) << 23
  }

  /// FPRecipEstimate.
  mutating func reciprocalEstimate(_ a: UInt64, _ format: FloatFormat) -> UInt64 {
    let ua = unpack(a, format)
    switch ua.kind {
    case .quietNaN, .signalingNaN: return processNaN(a, ua, format)
    case .infinity: return format.zero(ua.sign)
    case .zero:
      flags |= SoftFloat.divideByZero
      return format.infinity(ua.sign)
    case .finite: break
    }
    if ua.exponent < -format.bias &- 1 {
      flags |= SoftFloat.overflow | SoftFloat.inexact
      return rounding.overflowsToInfinity(ua.sign)
        ? format.infinity(ua.sign) : format.largest(ua.sign)
    }
    if flushes(format) && ua.exponent >= format.bias &- 1 {
      flags |= SoftFloat.underflow
      return format.zero(ua.sign)
    }
    var fraction: UInt64 = SoftFloat.reciprocalEstimate(ua.significand >> 55) & 0xFF
    var field: Int = format.bias &- 1 &- ua.exponent
    // The top of a 52-bit fraction; results below the normal numbers are denormalised.
    fraction <<= 44
    if field == 0 {
      fraction = 1 << 51 | fraction >> 1
    } else if field < 0 {
      fraction = 1 << 50 | fraction >> 2
      field = 0
    }
    return format.zero(ua.sign) | UInt64(field) << UInt64(format.fractionBits)
      | fraction >> UInt64(52 &- format.fractionBits)
  }

  /// FPRSqrtEstimate.
  mutating func reciprocalSquareRootEstimate(_ a: UInt64, _ format: FloatFormat) -> UInt64 {
    let ua = unpack(a, format)
    if ua.isNaN { return processNaN(a, ua, format) }
    if ua.isZero {
      flags |= SoftFloat.divideByZero
      return format.infinity(ua.sign)
    }
    if ua.sign { return invalid(format) }
    if ua.isInfinity { return format.zero(false) }
    // An even exponent (odd biased) takes the scale below 1/2.
    let isOdd: Bool = ua.exponent & 1 != 0
    let scaled: UInt64 = isOdd ? ua.significand >> 55 : ua.significand >> 56
    let estimate: UInt64 = SoftFloat.reciprocalSquareRootEstimate(scaled) & 0xFF
    let field: Int = (3 &* format.bias &- 1 &- (ua.exponent &+ format.bias)) >> 1
    return UInt64(field) << UInt64(format.fractionBits)
      | estimate << UInt64(format.fractionBits &- 8)
  }

  /// FPRecpX: the exponent inverted, the fraction cleared.
  mutating func reciprocalExponent(_ a: UInt64, _ format: FloatFormat) -> UInt64 {
    let ua = unpack(a, format)
    if ua.isNaN { return processNaN(a, ua, format) }
    let field: UInt64 = a >> UInt64(format.fractionBits) & format.maximumField
    let inverted: UInt64 = field == 0 ? format.maximumField &- 1 : ~field & format.maximumField
    return format.zero(ua.sign) | inverted << UInt64(format.fractionBits)
  }
}
