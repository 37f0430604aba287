// Floating-point instructions on lanes; a scalar is one lane. FPSR is read before and written after
// the whole instruction.

import Arm

extension Core {
  /// A floating-point unit under the current FPCR and FPSR.
  @inline(__always) func floatingPoint() -> SoftFloat {
    SoftFloat(control: state[.fpcr], flags: state[.fpsr])
  }

  /// Instructions of two sources, lane by lane.
  func vectorFloat(_ opcode: VectorOpcode, _ op: Operation) {
    var unit = floatingPoint()
    let size: Int = op.vectorSize
    let format = FloatFormat(size: size)
    let a = vector(op.rn)
    let b = secondSource(op)
    if op.vectorLanes == 1 {
      let value: UInt64 = unit.apply(opcode, a.low & format.mask, b[0, size], format)
      setVector(op.rd, VectorValue(low: value))
    } else {
      var result = VectorValue()
      for lane in 0..<op.vectorLanes {
        result[lane, size] = unit.apply(opcode, a[lane, size], b[lane, size], format)
      }
      setVector(op.rd, result)
    }
    state[.fpsr] = unit.flags
  }

  /// FMLA and FMLS.
  func vectorFloatMultiplyAdd(_ op: Operation, isSubtraction: Bool) {
    var unit = floatingPoint()
    let size: Int = op.vectorSize
    let format = FloatFormat(size: size)
    let negation: UInt64 = isSubtraction ? format.signBit : 0
    let a = vector(op.rn)
    let b = secondSource(op)
    let d = vector(op.rd)
    var result = VectorValue()
    for lane in 0..<op.vectorLanes {
      result[lane, size] = unit.multiplyAdd(
        d[lane, size], a[lane, size] ^ negation, b[lane, size], format)
    }
    setVector(op.rd, result)
    state[.fpsr] = unit.flags
  }

  /// FMADD, FMSUB, FNMADD, FNMSUB.
  func scalarMultiplyAdd(_ opcode: VectorOpcode, _ op: Operation) {
    var unit = floatingPoint()
    let format = FloatFormat(size: op.vectorSize)
    var a: UInt64 = state[v: op.rn, 0] & format.mask
    let b: UInt64 = state[v: op.rm, 0] & format.mask
    var addend: UInt64 = state[v: op.ra, 0] & format.mask
    if opcode == .fmsub || opcode == .fnmadd { a ^= format.signBit }
    if opcode == .fnmadd || opcode == .fnmsub { addend ^= format.signBit }
    setVector(op.rd, VectorValue(low: unit.multiplyAdd(addend, a, b, format)))
    state[.fpsr] = unit.flags
  }

  /// FADDP, FMAXP and the like; the scalar form reduces two lanes of one source.
  func vectorFloatPairwise(_ opcode: VectorOpcode, _ op: Operation) {
    var unit = floatingPoint()
    let size: Int = op.vectorSize
    let format = FloatFormat(size: size)
    let lanewise: VectorOpcode = SoftFloat.lanewise(opcode)
    let a = vector(op.rn)
    var result = VectorValue()
    if op.vectorLanes == 1 {
      result.low = unit.apply(lanewise, a[0, size], a[1, size], format)
    } else {
      let b = vector(op.rm)
      let half: Int = op.vectorLanes &>> 1
      for lane in 0..<half {
        result[lane, size] = unit.apply(
          lanewise, a[lane &* 2, size], a[lane &* 2 &+ 1, size], format)
      }
      for lane in 0..<half {
        result[lane &+ half, size] = unit.apply(
          lanewise, b[lane &* 2, size], b[lane &* 2 &+ 1, size], format)
      }
    }
    setVector(op.rd, result)
    state[.fpsr] = unit.flags
  }

  /// FMAXV and the like: a tree of halves, which decides what NaN comes out (Reduce).
  func vectorFloatAcross(_ opcode: VectorOpcode, _ op: Operation) {
    var unit = floatingPoint()
    let size: Int = op.vectorSize
    let format = FloatFormat(size: size)
    let lanewise: VectorOpcode = SoftFloat.lanewise(opcode)
    var values = vector(op.rn)
    var lanes: Int = op.vectorLanes
    // Pairing neighbours level by level is the same tree as splitting in halves.
    while lanes > 1 {
      lanes &>>= 1
      for lane in 0..<lanes {
        values[lane, size] = unit.apply(
          lanewise, values[lane &* 2, size], values[lane &* 2 &+ 1, size], format)
      }
    }
    setVector(op.rd, VectorValue(low: values[0, size]))
    state[.fpsr] = unit.flags
  }

  /// FMOV, FABS and FNEG: no arithmetic, no flags.
  func vectorFloatSign(_ opcode: VectorOpcode, _ op: Operation) {
    let size: Int = op.vectorSize
    var value = vector(op.rn)
    if op.vectorLanes == 1 {
      value = VectorValue(low: value.low & VectorValue.mask(size))
    }
    let signs: UInt64 = VectorValue.replicate(1 &<< UInt64(8 &<< size &- 1), size).low
    switch opcode {
    case .fabs: value = VectorValue(low: value.low & ~signs, high: value.high & ~signs)
    case .fneg:
      let low: UInt64 = op.vectorLanes == 1 ? signs & VectorValue.mask(size) : signs
      value = VectorValue(low: value.low ^ low, high: value.high ^ signs)
    default: break
    }
    setVector(op, value)
  }

  /// Instructions of one source, lane by lane.
  func vectorFloatUnary(_ opcode: VectorOpcode, _ op: Operation) {
    var unit = floatingPoint()
    let size: Int = op.vectorSize
    let format = FloatFormat(size: size)
    let a = vector(op.rn)
    var result = VectorValue()
    for lane in 0..<op.vectorLanes {
      result[lane, size] = unit.apply(opcode, a[lane, size], format)
    }
    setVector(op.rd, result)
    state[.fpsr] = unit.flags
  }

  /// FCMP and FCMPE, also with zero.
  func scalarCompare(_ op: Operation, isSignaling: Bool, isZero: Bool) {
    let format = FloatFormat(size: op.vectorSize)
    let b: UInt64 = isZero ? 0 : state[v: op.rm, 0] & format.mask
    compareIntoFlags(state[v: op.rn, 0] & format.mask, b, format, isSignaling: isSignaling)
  }

  /// FCCMP and FCCMPE.
  func scalarConditionalCompare(_ op: Operation, isSignaling: Bool) {
    let word: UInt32 = op.vectorWord
    if vectorConditionHolds(word >> 12 & 15) {
      let format = FloatFormat(size: op.vectorSize)
      compareIntoFlags(
        state[v: op.rn, 0] & format.mask, state[v: op.rm, 0] & format.mask, format,
        isSignaling: isSignaling)
    } else {
      setFlags(UInt64(word & 15))
    }
  }

  private func compareIntoFlags(
    _ a: UInt64, _ b: UInt64, _ format: FloatFormat, isSignaling: Bool
  ) {
    var unit = floatingPoint()
    switch unit.compare(a, b, format, isSignaling: isSignaling) {
    case .less: setFlags(0b1000)
    case .equal: setFlags(0b0110)
    case .greater: setFlags(0b0010)
    case .unordered: setFlags(0b0011)
    }
    state[.fpsr] = unit.flags
  }

  /// PSTATE.NZCV as a number.
  private func setFlags(_ flags: UInt64) {
    state.n = flags << 60
    state.z = ~flags & 4
    state.c = flags >> 1 & 1
    state.v = flags << 63
  }

  /// FCSEL.
  func scalarSelect(_ op: Operation) {
    let isFirst: Bool = vectorConditionHolds(op.vectorWord >> 12 & 15)
    let value: UInt64 = state[v: isFirst ? op.rn : op.rm, 0]
    setVector(op.rd, VectorValue(low: value & VectorValue.mask(op.vectorSize)))
  }

  /// ConditionHolds.
  private func vectorConditionHolds(_ condition: UInt32) -> Bool {
    let isNegative: Bool = state.n >> 63 != 0
    let isZero: Bool = state.z == 0
    let isCarry: Bool = state.c != 0
    let isOverflow: Bool = state.v >> 63 != 0
    let holds: Bool
    switch condition >> 1 {
    case 0: holds = isZero
    case 1: holds = isCarry
    case 2: holds = isNegative
    case 3: holds = isOverflow
    case 4: holds = isCarry && !isZero
    case 5: holds = isNegative == isOverflow
    case 6: holds = isNegative == isOverflow && !isZero
    default: return true
    }
    return condition & 1 == 0 ? holds : !holds
  }
}

extension SoftFloat {
  /// One lane of an instruction of two sources.
  mutating func apply(
    _ opcode: VectorOpcode, _ a: UInt64, _ b: UInt64, _ format: FloatFormat
  ) -> UInt64 {
    switch opcode {
    case .fadd: return add(a, b, format)
    case .fsub: return subtract(a, b, format)
    case .fmul: return multiply(a, b, format)
    case .fdiv: return divide(a, b, format)
    case .fnmul: return multiply(a, b, format) ^ format.signBit
    case .fmulx: return multiplyExtended(a, b, format)
    case .fabd: return subtract(a, b, format) & ~format.signBit
    case .fmax: return extremum(a, b, format, isMaximum: true)
    case .fmin: return extremum(a, b, format, isMaximum: false)
    case .fmaxnm: return extremumNumber(a, b, format, isMaximum: true)
    case .fminnm: return extremumNumber(a, b, format, isMaximum: false)
    case .frecps: return reciprocalStep(a, b, format)
    case .frsqrts: return reciprocalSquareRootStep(a, b, format)
    default: return test(opcode, a, b, format) ? format.mask : 0
    }
  }

  /// One lane of a comparison that gives all ones or zeros.
  private mutating func test(
    _ opcode: VectorOpcode, _ a: UInt64, _ b: UInt64, _ format: FloatFormat
  ) -> Bool {
    switch opcode {
    case .fcmeq: return compare(a, b, format, isSignaling: false) == .equal
    case .fcmge:
      let relation = compare(a, b, format, isSignaling: true)
      return relation == .greater || relation == .equal
    case .fcmgt: return compare(a, b, format, isSignaling: true) == .greater
    case .facge:
      let relation = compare(
        absolute(a, format), absolute(b, format), format, isSignaling: true)
      return relation == .greater || relation == .equal
    default:
      return compare(absolute(a, format), absolute(b, format), format, isSignaling: true)
        == .greater
    }
  }

  /// One lane of an instruction of one source.
  mutating func apply(_ opcode: VectorOpcode, _ a: UInt64, _ format: FloatFormat) -> UInt64 {
    switch opcode {
    case .fsqrt: return squareRoot(a, format)
    case .frintn: return roundToIntegral(a, format, .tieToEven, isExact: false)
    case .frintp: return roundToIntegral(a, format, .towardPlusInfinity, isExact: false)
    case .frintm: return roundToIntegral(a, format, .towardMinusInfinity, isExact: false)
    case .frintz: return roundToIntegral(a, format, .towardZero, isExact: false)
    case .frinta: return roundToIntegral(a, format, .tieAway, isExact: false)
    case .frintx: return roundToIntegral(a, format, rounding, isExact: true)
    case .frinti: return roundToIntegral(a, format, rounding, isExact: false)
    case .frecpe: return reciprocalEstimate(a, format)
    case .frsqrte: return reciprocalSquareRootEstimate(a, format)
    case .frecpx: return reciprocalExponent(a, format)
    case .fcmeqZero:
      return compare(a, 0, format, isSignaling: false) == .equal ? format.mask : 0
    case .fcmgtZero:
      return compare(a, 0, format, isSignaling: true) == .greater ? format.mask : 0
    case .fcmltZero:
      return compare(a, 0, format, isSignaling: true) == .less ? format.mask : 0
    case .fcmgeZero:
      let relation = compare(a, 0, format, isSignaling: true)
      return relation == .greater || relation == .equal ? format.mask : 0
    default:
      let relation = compare(a, 0, format, isSignaling: true)
      return relation == .less || relation == .equal ? format.mask : 0
    }
  }

  /// The lanewise instruction that a pairwise or across-lanes one applies.
  static func lanewise(_ opcode: VectorOpcode) -> VectorOpcode {
    switch opcode {
    case .faddp: .fadd
    case .fmaxp, .fmaxv: .fmax
    case .fminp, .fminv: .fmin
    case .fmaxnmp, .fmaxnmv: .fmaxnm
    default: .fminnm
    }
  }
}
