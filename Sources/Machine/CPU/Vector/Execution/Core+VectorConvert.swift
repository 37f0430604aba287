// Conversions between formats, integers and fixed point.

import Arm

extension Core {
  /// FCVT[NMAPZ][SU] on lanes.
  func vectorToInteger(_ opcode: VectorOpcode, _ op: Operation) {
    var unit = floatingPoint()
    let size: Int = op.vectorSize
    let format = FloatFormat(size: size)
    let (rounding, isSigned) = SoftFloat.integerConversion(opcode)
    let a = vector(op.rn)
    var result = VectorValue()
    for lane in 0..<op.vectorLanes {
      result[lane, size] = unit.toFixed(
        a[lane, size], format, fractionBits: op.vectorAmount, width: format.bits,
        isSigned: isSigned, rounding)
    }
    setVector(op.rd, result)
    state[.fpsr] = unit.flags
  }

  /// FCVT[NMAPZ][SU] to a general register.
  func scalarToGeneral(_ opcode: VectorOpcode, _ op: Operation) {
    var unit = floatingPoint()
    let format = FloatFormat(size: op.vectorSize)
    let (rounding, isSigned) = SoftFloat.integerConversion(opcode)
    state[x: op.rd] = unit.toFixed(
      state[v: op.rn, 0] & format.mask, format, fractionBits: op.vectorAmount,
      width: op.vectorWord >> 31 != 0 ? 64 : 32, isSigned: isSigned, rounding)
    state[.fpsr] = unit.flags
  }

  /// SCVTF and UCVTF on lanes.
  func vectorFromInteger(_ op: Operation, isSigned: Bool) {
    var unit = floatingPoint()
    let size: Int = op.vectorSize
    let format = FloatFormat(size: size)
    let a = vector(op.rn)
    var result = VectorValue()
    for lane in 0..<op.vectorLanes {
      let value: Int64 = a.signed(lane, size)
      let isNegative: Bool = isSigned && value < 0
      result[lane, size] = unit.fromFixed(
        sign: isNegative, magnitude: isNegative ? value.magnitude : a[lane, size],
        fractionBits: op.vectorAmount, format)
    }
    setVector(op.rd, result)
    state[.fpsr] = unit.flags
  }

  /// SCVTF and UCVTF from a general register.
  func scalarFromGeneral(_ op: Operation, isSigned: Bool) {
    var unit = floatingPoint()
    let source: Int = op.vectorWord >> 31 != 0 ? 3 : 2
    let value: UInt64 = state[x: op.rn] & VectorValue.mask(source)
    let signed: Int64 = VectorValue.signExtend(value, source)
    let isNegative: Bool = isSigned && signed < 0
    let result: UInt64 = unit.fromFixed(
      sign: isNegative, magnitude: isNegative ? signed.magnitude : value,
      fractionBits: op.vectorAmount, FloatFormat(size: op.vectorSize))
    setVector(op.rd, VectorValue(low: result))
    state[.fpsr] = unit.flags
  }

  /// FCVT between scalars.
  func scalarConvert(_ op: Operation) {
    var unit = floatingPoint()
    let source = FloatFormat(size: op.vectorSize)
    let target: FloatFormat
    switch op.vectorWord >> 15 & 3 {
    case 0: target = .single
    case 1: target = .double
    default: target = .half
    }
    let result: UInt64 = unit.convert(
      state[v: op.rn, 0] & source.mask, from: source, to: target, unit.rounding)
    setVector(op.rd, VectorValue(low: result))
    state[.fpsr] = unit.flags
  }

  /// FCVTL.
  func vectorConvertLong(_ op: Operation) {
    var unit = floatingPoint()
    let size: Int = op.vectorSize
    let a = narrowSource(vector(op.rn), op)
    var result = VectorValue()
    for lane in 0..<op.vectorLanes {
      result[lane, size &+ 1] = unit.convert(
        a[lane, size], from: FloatFormat(size: size), to: FloatFormat(size: size &+ 1),
        unit.rounding)
    }
    setVector(op.rd, result)
    state[.fpsr] = unit.flags
  }

  /// FCVTN and FCVTXN.
  func vectorConvertNarrow(_ op: Operation, isToOdd: Bool) {
    var unit = floatingPoint()
    let size: Int = op.vectorSize
    let rounding: FloatRounding = isToOdd ? .toOdd : unit.rounding
    let a = vector(op.rn)
    var result = VectorValue()
    for lane in 0..<op.vectorLanes {
      result[lane, size] = unit.convert(
        a[lane, size &+ 1], from: FloatFormat(size: size &+ 1), to: FloatFormat(size: size),
        rounding)
    }
    setNarrow(op, result)
    state[.fpsr] = unit.flags
  }
}

extension SoftFloat {
  /// Rounding and signedness by instruction.
  static func integerConversion(_ opcode: VectorOpcode) -> (FloatRounding, isSigned: Bool) {
    switch opcode {
    case .fcvtns, .fcvtnsGeneral: (.tieToEven, true)
    case .fcvtnu, .fcvtnuGeneral: (.tieToEven, false)
    case .fcvtms, .fcvtmsGeneral: (.towardMinusInfinity, true)
    case .fcvtmu, .fcvtmuGeneral: (.towardMinusInfinity, false)
    case .fcvtps, .fcvtpsGeneral: (.towardPlusInfinity, true)
    case .fcvtpu, .fcvtpuGeneral: (.towardPlusInfinity, false)
    case .fcvtas, .fcvtasGeneral: (.tieAway, true)
    case .fcvtau, .fcvtauGeneral: (.tieAway, false)
    case .fcvtzs, .fcvtzsGeneral: (.towardZero, true)
    default: (.towardZero, false)
    }
  }
}
