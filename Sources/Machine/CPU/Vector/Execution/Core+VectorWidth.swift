// Integer instructions that widen or narrow: three different, and the long pairwise ones. Narrow
// sources come from the half that `vectorIsUpper` names; narrow results of the "2" forms leave the
// lower half of the destination alone.

extension Core {
  /// A source's narrow lanes moved to the low half.
  @inline(__always)
  func narrowSource(_ value: VectorValue, _ op: Operation) -> VectorValue {
    op.vectorIsUpper ? VectorValue(low: value.high) : value
  }

  /// Writes narrow lanes, given in the low half, to the half the operation names.
  @inline(__always)
  func setNarrow(_ op: Operation, _ value: VectorValue) {
    if op.vectorIsUpper {
      state[v: op.rd, 1] = value.low
    } else {
      setVector(op.rd, VectorValue(low: value.low))
    }
  }

  /// Long and wide additions, differences and products.
  func vectorLong(_ opcode: VectorOpcode, _ op: Operation) {
    switch opcode {
    case .saddl: mapLong(op, isSigned: true, isAccumulating: false) { $1 &+ $2 }
    case .uaddl: mapLong(op, isSigned: false, isAccumulating: false) { $1 &+ $2 }
    case .ssubl: mapLong(op, isSigned: true, isAccumulating: false) { $1 &- $2 }
    case .usubl: mapLong(op, isSigned: false, isAccumulating: false) { $1 &- $2 }
    case .sabal:
      mapLong(op, isSigned: true, isAccumulating: true) { $0 &+ Int64(($1 &- $2).magnitude) }
    case .uabal:
      mapLong(op, isSigned: false, isAccumulating: true) { $0 &+ Int64(($1 &- $2).magnitude) }
    case .sabdl:
      mapLong(op, isSigned: true, isAccumulating: false) { Int64(($1 &- $2).magnitude) }
    case .uabdl:
      mapLong(op, isSigned: false, isAccumulating: false) { Int64(($1 &- $2).magnitude) }
    case .smull: mapLong(op, isSigned: true, isAccumulating: false) { $1 &* $2 }
    case .umull: mapLong(op, isSigned: false, isAccumulating: false) { $1 &* $2 }
    case .smlal: mapLong(op, isSigned: true, isAccumulating: true) { $0 &+ $1 &* $2 }
    case .umlal: mapLong(op, isSigned: false, isAccumulating: true) { $0 &+ $1 &* $2 }
    case .smlsl: mapLong(op, isSigned: true, isAccumulating: true) { $0 &- $1 &* $2 }
    case .umlsl: mapLong(op, isSigned: false, isAccumulating: true) { $0 &- $1 &* $2 }
    default: vectorSaturatingLong(opcode, op)
    }
  }

  /// `body(accumulator, a, b)`; narrow lanes of 32 bits at most, extended to 64.
  @inline(__always)
  private func mapLong(
    _ op: Operation, isSigned: Bool, isAccumulating: Bool, _ body: (Int64, Int64, Int64) -> Int64
  ) {
    let size: Int = op.vectorSize
    let a = narrowSource(vector(op.rn), op)
    let b = op.vectorIsIndexed ? secondSource(op) : narrowSource(vector(op.rm), op)
    let d = vector(op.rd)
    var result = VectorValue()
    for lane in 0..<op.vectorLanes {
      let x: Int64 = isSigned ? a.signed(lane, size) : Int64(bitPattern: a[lane, size])
      let y: Int64 = isSigned ? b.signed(lane, size) : Int64(bitPattern: b[lane, size])
      let sum: Int64 = isAccumulating ? d.signed(lane, size &+ 1) : 0
      result[lane, size &+ 1] = UInt64(bitPattern: body(sum, x, y))
    }
    setVector(op.rd, result)
  }

  /// SQDMULL, SQDMLAL, SQDMLSL: product and sum saturate separately.
  private func vectorSaturatingLong(_ opcode: VectorOpcode, _ op: Operation) {
    var wide = SaturatingLane(op.vectorSize &+ 1)
    switch opcode {
    case .sqdmlal:
      mapLong(op, isSigned: true, isAccumulating: true) {
        let product: Int64 = wide.add($1 &* $2, $1 &* $2)
        return wide.add($0, product)
      }
    case .sqdmlsl:
      mapLong(op, isSigned: true, isAccumulating: true) {
        let product: Int64 = wide.add($1 &* $2, $1 &* $2)
        return wide.subtract($0, product)
      }
    default:
      mapLong(op, isSigned: true, isAccumulating: false) { wide.add($1 &* $2, $1 &* $2) }
    }
    if wide.hasSaturated { setSaturated() }
  }

  /// SADDW, UADDW, SSUBW, USUBW.
  func vectorWide(_ opcode: VectorOpcode, _ op: Operation) {
    let size: Int = op.vectorSize
    let isSigned: Bool = opcode == .saddw || opcode == .ssubw
    let isSubtraction: Bool = opcode == .ssubw || opcode == .usubw
    let a = vector(op.rn)
    let b = narrowSource(vector(op.rm), op)
    var result = VectorValue()
    for lane in 0..<op.vectorLanes {
      let x: UInt64 = a[lane, size &+ 1]
      let y: UInt64 = isSigned ? UInt64(bitPattern: b.signed(lane, size)) : b[lane, size]
      result[lane, size &+ 1] = isSubtraction ? x &- y : x &+ y
    }
    setVector(op.rd, result)
  }

  /// ADDHN, RADDHN, SUBHN, RSUBHN: the high half of each sum.
  func vectorHighNarrow(_ opcode: VectorOpcode, _ op: Operation) {
    let size: Int = op.vectorSize
    let bits: Int = 8 &<< size
    let isSubtraction: Bool = opcode == .subhn || opcode == .rsubhn
    let isRounding: Bool = opcode == .raddhn || opcode == .rsubhn
    let rounding: UInt64 = isRounding ? 1 &<< UInt64(bits &- 1) : 0
    let a = vector(op.rn)
    let b = vector(op.rm)
    var result = VectorValue()
    for lane in 0..<op.vectorLanes {
      let x: UInt64 = a[lane, size &+ 1]
      let y: UInt64 = b[lane, size &+ 1]
      let sum: UInt64 = (isSubtraction ? x &- y : x &+ y) &+ rounding
      result[lane, size] = sum &>> UInt64(bits)
    }
    setNarrow(op, result)
  }

  /// PMULL of bytes or of one doubleword.
  func vectorPolynomialLong(_ op: Operation) {
    let a = narrowSource(vector(op.rn), op)
    let b = narrowSource(vector(op.rm), op)
    if op.vectorSize == 3 {
      setVector(op.rd, PolynomialProduct.full(a.low, b.low))
      return
    }
    var result = VectorValue()
    for lane in 0..<8 { result[lane, 1] = PolynomialProduct.low(a[lane, 0], b[lane, 0]) }
    setVector(op.rd, result)
  }

  /// XTN, SQXTN, UQXTN, SQXTUN.
  func vectorExtractNarrow(_ opcode: VectorOpcode, _ op: Operation) {
    let size: Int = op.vectorSize
    let a = vector(op.rn)
    if opcode == .xtn {
      setNarrow(op, VectorValue.evens(a, a, size))
      return
    }
    var narrow = SaturatingLane(size)
    var result = VectorValue()
    for lane in 0..<op.vectorLanes {
      let value: UInt64
      switch opcode {
      case .sqxtn: value = UInt64(bitPattern: narrow.signed(a.signed(lane, size &+ 1)))
      case .uqxtn: value = narrow.unsigned(a[lane, size &+ 1])
      default: value = narrow.unsigned(ofSigned: a.signed(lane, size &+ 1))
      }
      result[lane, size] = value
    }
    setNarrow(op, result)
    if narrow.hasSaturated { setSaturated() }
  }

  /// SADDLP, UADDLP, SADALP, UADALP.
  func vectorPairwiseLong(_ opcode: VectorOpcode, _ op: Operation) {
    let size: Int = op.vectorSize
    let isSigned: Bool = opcode == .saddlp || opcode == .sadalp
    let isAccumulating: Bool = opcode == .sadalp || opcode == .uadalp
    let a = vector(op.rn)
    let d = vector(op.rd)
    var result = VectorValue()
    for lane in 0..<op.vectorLanes &>> 1 {
      var sum: UInt64 = isAccumulating ? d[lane, size &+ 1] : 0
      for source in lane &* 2...lane &* 2 &+ 1 {
        sum = sum &+ (isSigned ? UInt64(bitPattern: a.signed(source, size)) : a[source, size])
      }
      result[lane, size &+ 1] = sum
    }
    setVector(op.rd, result)
  }
}
