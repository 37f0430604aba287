// The three IEEE 754 formats of Armv8.2-A with FP16, and a number taken apart.

/// A binary floating-point format; the raw value is log2 of its size in bytes.
enum FloatFormat: UInt8, CaseIterable, Sendable {
  case half = 1
  case single = 2
  case double = 3

  /// The format whose size is `1 << size` bytes; `size` is 1, 2 or 3.
  @inline(__always) init(size: Int) {
    switch size {
    case 1: self = .half
    case 2: self = .single
    default: self = .double
    }
  }

  /// Width of the whole number.
  @inline(__always) var bits: Int { 8 << Int(rawValue) }
  /// Width of the fraction field.
  @inline(__always) var fractionBits: Int {
    switch self {
    case .half: 10
    case .single: 23
    case .double: 52
    }
  }
  /// Exponent bias, which is also the largest exponent.
  @inline(__always) var bias: Int {
    switch self {
    case .half: 15
    case .single: 127
    case .double: 1023
    }
  }
  /// The exponent field of infinities and NaNs.
  @inline(__always) var maximumField: UInt64 { UInt64(2 &* bias &+ 1) }
  @inline(__always) var signBit: UInt64 { 1 << UInt64(bits &- 1) }
  @inline(__always) var fractionMask: UInt64 { 1 << UInt64(fractionBits) &- 1 }
  @inline(__always) var quietBit: UInt64 { 1 << UInt64(fractionBits &- 1) }
  /// All bits of the number.
  @inline(__always) var mask: UInt64 { ~0 >> UInt64(64 &- bits) }

  @inline(__always) func zero(_ sign: Bool) -> UInt64 { sign ? signBit : 0 }
  @inline(__always) func infinity(_ sign: Bool) -> UInt64 {
    maximumField << UInt64(fractionBits) | zero(sign)
  }
  @inline(__always) func largest(_ sign: Bool) -> UInt64 { infinity(sign) &- 1 }
  /// FPDefaultNaN.
  @inline(__always) var defaultNaN: UInt64 { infinity(false) | quietBit }
  /// The number `1.fraction * 2^exponent` for exponents in range; `topBit` adds 0.5.
  @inline(__always) func power(_ exponent: Int, half: Bool = false) -> UInt64 {
    UInt64(exponent &+ bias) << UInt64(fractionBits) | (half ? quietBit : 0)
  }
}

/// A floating-point number taken apart; FPUnpack.
struct UnpackedFloat {
  enum Kind: UInt8 {
    case zero, finite, infinity, quietNaN, signalingNaN
  }
  var kind: Kind
  var sign: Bool
  /// Exponent of the most significant bit; extreme for zero and infinity, so that magnitudes
  /// compare by (exponent, significand).
  var exponent: Int
  /// Normalised, so that bit 63 is the integer bit; 0 unless finite.
  var significand: UInt64

  @inline(__always) var isNaN: Bool { kind == .quietNaN || kind == .signalingNaN }
  @inline(__always) var isZero: Bool { kind == .zero }
  @inline(__always) var isInfinity: Bool { kind == .infinity }

  /// Order of two numbers, neither a NaN: negative, 0 or positive.
  func order(_ other: UnpackedFloat) -> Int {
    if isZero && other.isZero { return 0 }
    if sign != other.sign { return sign ? -1 : 1 }
    let magnitude = magnitudeOrder(other)
    return sign ? -magnitude : magnitude
  }

  /// Order of two absolute values, neither a NaN.
  func magnitudeOrder(_ other: UnpackedFloat) -> Int {
    if exponent != other.exponent { return exponent < other.exponent ? -1 : 1 }
    if significand != other.significand { return significand < other.significand ? -1 : 1 }
    return 0
  }
}

/// How a result is rounded; the first four are FPCR.RMode.
enum FloatRounding: UInt8, Sendable {
  case tieToEven = 0
  case towardPlusInfinity = 1
  case towardMinusInfinity = 2
  case towardZero = 3
  /// FCVTA*, FRINTA.
  case tieAway = 4
  /// FCVTXN.
  case toOdd = 5

  /// Whether the magnitude is incremented, given the fraction below the last kept bit as the
  /// upper bits of a word (with any lost bits jammed into bit 0).
  @inline(__always)
  func increments(sign: Bool, isOdd: Bool, fraction: UInt64) -> Bool {
    let half: UInt64 = 1 << 63
    switch self {
    case .tieToEven: return fraction > half || (fraction == half && isOdd)
    case .towardPlusInfinity: return fraction != 0 && !sign
    case .towardMinusInfinity: return fraction != 0 && sign
    case .towardZero: return false
    case .tieAway: return fraction >= half
    case .toOdd: return fraction != 0 && !isOdd
    }
  }

  /// Whether an overflow gives infinity rather than the largest number.
  @inline(__always) func overflowsToInfinity(_ sign: Bool) -> Bool {
    switch self {
    case .tieToEven, .tieAway: true
    case .towardPlusInfinity: !sign
    case .towardMinusInfinity: sign
    case .towardZero, .toOdd: false
    }
  }
}
