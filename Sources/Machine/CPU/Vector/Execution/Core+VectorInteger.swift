// Integer instructions on lanes of two sources.

extension Core {
  /// Bitwise instructions; the destination is a source of BSL, BIT and BIF.
  @inline(__always)
  func vectorBitwise(_ opcode: VectorOpcode, _ op: Operation) {
    let a = vector(op.rn)
    let b = vector(op.rm)
    var low: UInt64
    var high: UInt64
    switch opcode {
    case .andVector: (low, high) = (a.low & b.low, a.high & b.high)
    case .bicVector: (low, high) = (a.low & ~b.low, a.high & ~b.high)
    case .orrVector: (low, high) = (a.low | b.low, a.high | b.high)
    case .ornVector: (low, high) = (a.low | ~b.low, a.high | ~b.high)
    case .eorVector: (low, high) = (a.low ^ b.low, a.high ^ b.high)
    default:
      let d = vector(op.rd)
      switch opcode {
      case .bslVector:
        low = b.low ^ (b.low ^ a.low) & d.low
        high = b.high ^ (b.high ^ a.high) & d.high
      case .bitVector:
        low = d.low ^ (d.low ^ a.low) & b.low
        high = d.high ^ (d.high ^ a.high) & b.high
      default:
        low = d.low ^ (d.low ^ a.low) & ~b.low
        high = d.high ^ (d.high ^ a.high) & ~b.high
      }
    }
    setVector(op, VectorValue(low: low, high: high))
  }

  /// Comparisons with zero.
  func vectorCompareZero(_ opcode: VectorOpcode, _ op: Operation) {
    let a = vector(op.rn)
    let zero = VectorValue()
    switch opcode {
    case .cmeqZero:
      testSigned(op, a, zero, { $0 .== $1 }, { $0 .== $1 }, { $0 .== $1 }, { $0 .== $1 })
    case .cmgtZero: testSigned(op, a, zero, { $0 .> $1 }, { $0 .> $1 }, { $0 .> $1 }, { $0 .> $1 })
    case .cmgeZero:
      testSigned(op, a, zero, { $0 .>= $1 }, { $0 .>= $1 }, { $0 .>= $1 }, { $0 .>= $1 })
    case .cmleZero:
      testSigned(op, a, zero, { $0 .<= $1 }, { $0 .<= $1 }, { $0 .<= $1 }, { $0 .<= $1 })
    default: testSigned(op, a, zero, { $0 .< $1 }, { $0 .< $1 }, { $0 .< $1 }, { $0 .< $1 })
    }
  }

  /// Lanewise instructions that host vectors do directly.
  func vectorDirect(_ opcode: VectorOpcode, _ op: Operation) {
    switch opcode {
    case .add: mapVectors(op, &+, &+, &+, &+)
    case .sub: mapVectors(op, &-, &-, &-, &-)
    case .mul: mapVectors(op, &*, &*, &*, &*)
    case .mla: multiplyAccumulate(op, isSubtraction: false)
    case .mls: multiplyAccumulate(op, isSubtraction: true)
    case .cmeq: test(op, { $0 .== $1 }, { $0 .== $1 }, { $0 .== $1 }, { $0 .== $1 })
    case .cmhi: test(op, { $0 .> $1 }, { $0 .> $1 }, { $0 .> $1 }, { $0 .> $1 })
    case .cmhs: test(op, { $0 .>= $1 }, { $0 .>= $1 }, { $0 .>= $1 }, { $0 .>= $1 })
    case .cmtst:
      test(
        op, { ($0 & $1) .!= .zero }, { ($0 & $1) .!= .zero }, { ($0 & $1) .!= .zero },
        { ($0 & $1) .!= .zero })
    case .cmgt:
      testSigned(
        op, vector(op.rn), vector(op.rm), { $0 .> $1 }, { $0 .> $1 }, { $0 .> $1 }, { $0 .> $1 })
    case .cmge:
      testSigned(
        op, vector(op.rn), vector(op.rm), { $0 .>= $1 }, { $0 .>= $1 }, { $0 .>= $1 }, { $0 .>= $1 }
      )
    default: vectorDirectExtremum(opcode, op, vector(op.rn), vector(op.rm))
    }
  }

  /// SMAX, SMIN, UMAX, UMIN and their pairwise forms, on operands already paired.
  private func vectorDirectExtremum(
    _ opcode: VectorOpcode, _ op: Operation, _ a: VectorValue, _ b: VectorValue
  ) {
    switch opcode {
    case .umax, .umaxp:
      applyVectors(op, a, b, pointwiseMax, pointwiseMax, pointwiseMax, pointwiseMax)
    case .umin, .uminp:
      applyVectors(op, a, b, pointwiseMin, pointwiseMin, pointwiseMin, pointwiseMin)
    case .smax, .smaxp:
      applySignedVectors(op, a, b, pointwiseMax, pointwiseMax, pointwiseMax)
    default:
      applySignedVectors(op, a, b, pointwiseMin, pointwiseMin, pointwiseMin)
    }
  }

  private func multiplyAccumulate(_ op: Operation, isSubtraction: Bool) {
    let size: Int = op.vectorSize
    let a = vector(op.rn)
    let b = secondSource(op)
    let d = vector(op.rd)
    var result = VectorValue()
    for lane in 0..<op.vectorLanes {
      let product: UInt64 = a[lane, size] &* b[lane, size]
      let sum: UInt64 = d[lane, size]
      result[lane, size] = isSubtraction ? sum &- product : sum &+ product
    }
    setVector(op.rd, result)
  }

  /// Halving and absolute-difference instructions; lanes of 32 bits at most.
  func vectorHalving(_ opcode: VectorOpcode, _ op: Operation) {
    switch opcode {
    case .shadd: mapSigned(op) { ($0 &+ $1) &>> 1 }
    case .srhadd: mapSigned(op) { ($0 &+ $1 &+ 1) &>> 1 }
    case .shsub: mapSigned(op) { ($0 &- $1) &>> 1 }
    case .uhadd: mapUnsigned(op) { ($0 &+ $1) &>> 1 }
    case .urhadd: mapUnsigned(op) { ($0 &+ $1 &+ 1) &>> 1 }
    case .uhsub: mapUnsigned(op) { ($0 &- $1) &>> 1 }
    case .sabd: mapSigned(op) { $0 > $1 ? $0 &- $1 : $1 &- $0 }
    case .uabd: mapUnsigned(op) { $0 > $1 ? $0 &- $1 : $1 &- $0 }
    case .pmul: mapUnsigned(op) { PolynomialProduct.low($0, $1) }
    default: accumulateDifference(op, isSigned: opcode == .saba)
    }
  }

  private func accumulateDifference(_ op: Operation, isSigned: Bool) {
    let size: Int = op.vectorSize
    let a = vector(op.rn)
    let b = vector(op.rm)
    let d = vector(op.rd)
    var result = VectorValue()
    for lane in 0..<op.vectorLanes {
      let x: Int64 = isSigned ? a.signed(lane, size) : Int64(a[lane, size])
      let y: Int64 = isSigned ? b.signed(lane, size) : Int64(b[lane, size])
      result[lane, size] = d[lane, size] &+ (x &- y).magnitude
    }
    setVector(op.rd, result)
  }

  /// Instructions that may set QC, and register shifts.
  func vectorSaturating(_ opcode: VectorOpcode, _ op: Operation) {
    var lane = SaturatingLane(op.vectorSize)
    switch opcode {
    case .sqadd: mapSigned(op) { lane.add($0, $1) }
    case .sqsub: mapSigned(op) { lane.subtract($0, $1) }
    case .uqadd: mapUnsigned(op) { lane.add($0, $1) }
    case .uqsub: mapUnsigned(op) { lane.subtract($0, $1) }
    case .sqdmulh: mapSigned(op) { lane.doublingMultiplyHigh($0, $1, isRounding: false) }
    case .sqrdmulh: mapSigned(op) { lane.doublingMultiplyHigh($0, $1, isRounding: true) }
    default:
      let isRounding: Bool =
        opcode == .srshl || opcode == .urshl || opcode == .sqrshl || opcode == .uqrshl
      let isSaturating: Bool =
        opcode == .sqshl || opcode == .uqshl || opcode == .sqrshl || opcode == .uqrshl
      switch opcode {
      case .sshl, .srshl, .sqshl, .sqrshl:
        mapSigned(op) {
          lane.shift(
            $0, by: Int(Int8(truncatingIfNeeded: $1)), isRounding: isRounding,
            isSaturating: isSaturating)
        }
      default:
        mapUnsigned(op) {
          lane.shift(
            $0, by: Int(Int8(truncatingIfNeeded: $1)), isRounding: isRounding,
            isSaturating: isSaturating)
        }
      }
    }
    if lane.hasSaturated { setSaturated() }
  }

  /// SQRDMLAH and SQRDMLSH.
  func vectorRoundingMultiplyAccumulate(_ op: Operation, isSubtraction: Bool) {
    let size: Int = op.vectorSize
    let a = vector(op.rn)
    let b = secondSource(op)
    let d = vector(op.rd)
    var lane = SaturatingLane(size)
    var result = VectorValue()
    for index in 0..<op.vectorLanes {
      let x: Int64 = a.signed(index, size)
      let sum: Int64 = lane.doublingMultiplyAddHigh(
        d.signed(index, size), isSubtraction ? 0 &- x : x, b.signed(index, size))
      result[index, size] = UInt64(bitPattern: sum)
    }
    setVector(op.rd, result)
    if lane.hasSaturated { setSaturated() }
  }

  /// SDOT and UDOT: four bytes of each word.
  func vectorDot(_ op: Operation, isSigned: Bool) {
    let a = vector(op.rn)
    let b = secondSource(op)
    var result = vector(op.rd)
    for lane in 0..<op.vectorLanes {
      var sum: UInt64 = result[lane, 2]
      for byte in lane &* 4..<lane &* 4 &+ 4 {
        if isSigned {
          sum = sum &+ UInt64(bitPattern: a.signed(byte, 0) &* b.signed(byte, 0))
        } else {
          sum = sum &+ a[byte, 0] &* b[byte, 0]
        }
      }
      result[lane, 2] = sum
    }
    setVector(op, result)
  }

  /// ADDP, SMAXP and the like: neighbours of the concatenated sources; the scalar form adds the
  /// two lanes of one source.
  func vectorPairwise(_ opcode: VectorOpcode, _ op: Operation) {
    let size: Int = op.vectorSize
    var a = vector(op.rn)
    if op.vectorLanes == 1 {
      setVector(op.rd, VectorValue(low: a.low &+ a.high))
      return
    }
    var b = vector(op.rm)
    if op.vectorIsShort {
      a.high = b.low
      b = a
    }
    let evens = VectorValue.evens(a, b, size)
    let odds = VectorValue.odds(a, b, size)
    switch opcode {
    case .addp: applyVectors(op, evens, odds, &+, &+, &+, &+)
    default: vectorDirectExtremum(opcode, op, evens, odds)
    }
  }

  /// ADDV, SMAXV and the like; the long forms double the element.
  func vectorAcross(_ opcode: VectorOpcode, _ op: Operation) {
    let size: Int = op.vectorSize
    let a = vector(op.rn)
    var result: UInt64 = 0
    switch opcode {
    case .saddlv:
      for lane in 0..<op.vectorLanes {
        result = result &+ UInt64(bitPattern: a.signed(lane, size))
      }
      setVector(op.rd, VectorValue(low: result & VectorValue.mask(size &+ 1)))
    case .uaddlv:
      for lane in 0..<op.vectorLanes { result = result &+ a[lane, size] }
      setVector(op.rd, VectorValue(low: result & VectorValue.mask(size &+ 1)))
    case .umaxv where size == 0:
      setVector(op.rd, VectorValue(low: UInt64(replicatedShort(op, a).bytes.max())))
    case .uminv where size == 0:
      setVector(op.rd, VectorValue(low: UInt64(replicatedShort(op, a).bytes.min())))
    default:
      result = a[0, size]
      for lane in 1..<op.vectorLanes {
        result = VectorReduction.pair(opcode, result, a[lane, size], size)
      }
      setVector(op.rd, VectorValue(low: result))
    }
  }

  /// A 64-bit operand in both halves, so that all 128 bits can be reduced.
  @inline(__always)
  private func replicatedShort(_ op: Operation, _ value: VectorValue) -> VectorValue {
    op.vectorIsShort ? VectorValue(low: value.low, high: value.low) : value
  }
}

/// What across-lanes instructions do with two lanes.
enum VectorReduction {
  @inline(__always)
  static func pair(_ opcode: VectorOpcode, _ a: UInt64, _ b: UInt64, _ size: Int) -> UInt64 {
    switch opcode {
    case .umaxv: return max(a, b)
    case .uminv: return min(a, b)
    case .smaxv:
      return VectorValue.signExtend(a, size) > VectorValue.signExtend(b, size) ? a : b
    case .sminv:
      return VectorValue.signExtend(a, size) < VectorValue.signExtend(b, size) ? a : b
    default: return (a &+ b) & VectorValue.mask(size)
    }
  }
}

/// Carry-less multiplication.
enum PolynomialProduct {
  /// The low 64 bits of the product.
  @inline(__always) static func low(_ a: UInt64, _ b: UInt64) -> UInt64 {
    var result: UInt64 = 0
    for bit in 0..<8 where b &>> UInt64(bit) & 1 != 0 { result ^= a &<< UInt64(bit) }
    return result
  }

  /// All 128 bits of the product of two doublewords.
  static func full(_ a: UInt64, _ b: UInt64) -> VectorValue {
    // Four bits of `b` at a time, from the multiples of `a` by a nibble.
    var low: UInt64 = 0
    var high: UInt64 = 0
    let a1: UInt64 = a << 1
    let a2: UInt64 = a << 2
    let a3: UInt64 = a << 3
    let c1: UInt64 = a >> 63
    let c2: UInt64 = a >> 62
    let c3: UInt64 = a >> 61
    var shift: UInt64 = 64
    while shift > 0 {
      shift &-= 4
      high = high << 4 | low >> 60
      low <<= 4
      let nibble: UInt64 = b >> shift
      let m0: UInt64 = 0 &- (nibble & 1)
      let m1: UInt64 = 0 &- (nibble >> 1 & 1)
      let m2: UInt64 = 0 &- (nibble >> 2 & 1)
      let m3: UInt64 = 0 &- (nibble >> 3 & 1)
      low ^= a & m0 ^ a1 & m1 ^ a2 & m2 ^ a3 & m3
      high ^= c1 & m1 ^ c2 & m2 ^ c3 & m3
    }
    return VectorValue(low: low, high: high)
  }
}
