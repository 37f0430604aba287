// Bit-exact floating point as the manual's shared pseudocode defines it (Arm ARM, "shared/functions/
// float"): numbers are words, FPCR is an input, FPSR accumulates. Surprising: tininess is detected
// before rounding; flushing a result sets UFC but not IXC; FZ16 flushes without IDC; trap enables
// are RAZ, so nothing here ever throws.

import Arm

/// Floating-point arithmetic under one FPCR, accumulating into one FPSR.
struct SoftFloat {
  /// FPCR.
  let control: FloatingPointControl
  /// FPSR.
  var flags: UInt64

  @inline(__always) static var invalidOperation: UInt64 { FloatingPointStatus.ioc.mask }
  @inline(__always) static var divideByZero: UInt64 { FloatingPointStatus.dzc.mask }
  @inline(__always) static var overflow: UInt64 { FloatingPointStatus.ofc.mask }
  @inline(__always) static var underflow: UInt64 { FloatingPointStatus.ufc.mask }
  @inline(__always) static var inexact: UInt64 { FloatingPointStatus.ixc.mask }
  @inline(__always) static var inputDenormal: UInt64 { FloatingPointStatus.idc.mask }
  /// Set by saturating integer instructions.
  @inline(__always) static var saturated: UInt64 { FloatingPointStatus.qc.mask }

  @inline(__always) init(control: UInt64, flags: UInt64) {
    self.control = FloatingPointControl(rawValue: control)
    self.flags = flags
  }

  /// FPCR.RMode.
  @inline(__always) var rounding: FloatRounding {
    switch control[FloatingPointControl.rMode] {
    case 0: .tieToEven
    case 1: .towardPlusInfinity
    case 2: .towardMinusInfinity
    default: .towardZero
    }
  }
  /// FPCR.DN.
  @inline(__always) var usesDefaultNaN: Bool { control.isSet(FloatingPointControl.dn) }
  /// FPCR.AHP.
  @inline(__always) var usesAlternativeHalf: Bool {
    control.isSet(FloatingPointControl.ahp)
  }
  /// FPCR.FZ, or FPCR.FZ16 for half precision.
  @inline(__always) func flushes(_ format: FloatFormat) -> Bool {
    control.isSet(format == .half ? FloatingPointControl.fz16 : FloatingPointControl.fz)
  }

  /// FPUnpack, or FPUnpackCV (no FZ16, but AHP) when `isConversion`.
  func classify(
    _ bits: UInt64, _ format: FloatFormat, isConversion: Bool = false, isFlushed: inout Bool
  ) -> UnpackedFloat {
    let sign: Bool = bits & format.signBit != 0
    let fractionBits: Int = format.fractionBits
    let fraction: UInt64 = bits & format.fractionMask
    let field: UInt64 = bits >> UInt64(fractionBits) & format.maximumField
    if field == 0 {
      let ignoresFlush: Bool = isConversion && format == .half
      if fraction != 0 && (ignoresFlush || !flushes(format)) {
        let shift: Int = fraction.leadingZeroBitCount
        return UnpackedFloat(
          kind: .finite, sign: sign, exponent: 64 &- shift &- format.bias &- fractionBits,
          significand: fraction << UInt64(shift))
      }
      isFlushed = fraction != 0
      return UnpackedFloat(kind: .zero, sign: sign, exponent: -(1 << 20), significand: 0)
    }
    if field == format.maximumField
      && !(isConversion && format == .half && usesAlternativeHalf)
    {
      let kind: UnpackedFloat.Kind =
        fraction == 0 ? .infinity : fraction & format.quietBit != 0 ? .quietNaN : .signalingNaN
      return UnpackedFloat(kind: kind, sign: sign, exponent: 1 << 20, significand: 0)
    }
    return UnpackedFloat(
      kind: .finite, sign: sign, exponent: Int(field) &- format.bias,
      significand: (fraction | 1 << UInt64(fractionBits)) << UInt64(63 &- fractionBits))
  }

  /// FPUnpack, with its side effect: IDC for flushed single and double inputs.
  mutating func unpack(
    _ bits: UInt64, _ format: FloatFormat, isConversion: Bool = false
  )
    -> UnpackedFloat
  {
    var isFlushed = false
    let value = classify(bits, format, isConversion: isConversion, isFlushed: &isFlushed)
    if isFlushed && format != .half { flags |= SoftFloat.inputDenormal }
    return value
  }

  /// FPProcessNaN.
  mutating func processNaN(_ bits: UInt64, _ value: UnpackedFloat, _ format: FloatFormat) -> UInt64
  {
    if value.kind == .signalingNaN { flags |= SoftFloat.invalidOperation }
    return usesDefaultNaN ? format.defaultNaN : bits | format.quietBit
  }

  /// FPProcessNaNs: signalling NaNs first, then the first quiet one.
  mutating func processNaNs(
    _ a: UInt64, _ ua: UnpackedFloat, _ b: UInt64, _ ub: UnpackedFloat, _ format: FloatFormat
  ) -> UInt64? {
    if ua.kind == .signalingNaN { return processNaN(a, ua, format) }
    if ub.kind == .signalingNaN { return processNaN(b, ub, format) }
    if ua.kind == .quietNaN { return processNaN(a, ua, format) }
    if ub.kind == .quietNaN { return processNaN(b, ub, format) }
    return nil
  }

  /// The default NaN of an invalid operation.
  mutating func invalid(_ format: FloatFormat) -> UInt64 {
    flags |= SoftFloat.invalidOperation
    return format.defaultNaN
  }

  /// FPRound of `significand * 2^(exponent - 63)`.
  ///
  /// `significand` is normalised (bit 63 set); bit 0 also stands for any lost bits.
  /// `isConversion` is FPRoundCV.
  mutating func round(
    sign: Bool, exponent: Int, significand: UInt64, _ format: FloatFormat,
    _ rounding: FloatRounding, isConversion: Bool = false
  ) -> UInt64 {
    let minimum: Int = 1 &- format.bias
    var kept: UInt64 = significand
    var field: Int = exponent &+ format.bias
    let isTiny: Bool = exponent < minimum
    if isTiny {
      if flushes(format) && !(isConversion && format == .half) {
        flags |= SoftFloat.underflow
        return format.zero(sign)
      }
      kept = SoftFloat.shiftRightJamming(kept, minimum &- exponent)
      field = 0
    }
    let fractionBits: Int = format.fractionBits
    let fraction: UInt64 = kept << UInt64(fractionBits &+ 1)
    var integer: UInt64 = kept >> UInt64(63 &- fractionBits)
    let isInexact: Bool = fraction != 0
    if isTiny && isInexact { flags |= SoftFloat.underflow }
    if rounding.increments(sign: sign, isOdd: integer & 1 != 0, fraction: fraction) {
      integer &+= 1
      if integer >> UInt64(fractionBits &+ 1) != 0 {
        integer >>= 1
        field &+= 1
      } else if isTiny && integer >> UInt64(fractionBits) != 0 {
        field = 1
      }
    }
    if isConversion && format == .half && usesAlternativeHalf {
      if field >= 32 {
        flags |= SoftFloat.invalidOperation
        return format.zero(sign) | 0x7FFF
      }
    } else if field >= Int(format.maximumField) {
      flags |= SoftFloat.overflow | SoftFloat.inexact
      return rounding.overflowsToInfinity(sign) ? format.infinity(sign) : format.largest(sign)
    }
    if isInexact { flags |= SoftFloat.inexact }
    return format.zero(sign) | UInt64(field) << UInt64(fractionBits)
      | integer & format.fractionMask
  }

  /// Shifts right; bits lost are or-ed into bit 0.
  @inline(__always)
  static func shiftRightJamming(_ value: UInt64, _ distance: Int) -> UInt64 {
    if distance <= 0 { return value }
    if distance > 63 { return value != 0 ? 1 : 0 }
    let lost: UInt64 = value << UInt64(64 &- distance)
    return value >> UInt64(distance) | (lost != 0 ? 1 : 0)
  }

  /// FPAbs.
  @inline(__always) func absolute(_ a: UInt64, _ format: FloatFormat) -> UInt64 {
    a & ~format.signBit
  }

  /// The zero that an exact sum of opposite numbers gives.
  @inline(__always) func exactZero(_ format: FloatFormat) -> UInt64 {
    format.zero(rounding == .towardMinusInfinity)
  }
}
