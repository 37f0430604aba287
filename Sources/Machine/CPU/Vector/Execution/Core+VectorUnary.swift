// Integer instructions with one source: two-register miscellaneous, and shifts by immediate.

extension Core {
  /// Lanewise instructions of one source.
  func vectorUnary(_ opcode: VectorOpcode, _ op: Operation) {
    let size: Int = op.vectorSize
    let bits: Int = 8 &<< size
    switch opcode {
    case .abs: mapSignedLanes(op) { $0 < 0 ? 0 &- $0 : $0 }
    case .neg: mapLanes(op) { 0 &- $0 }
    case .not:
      let a = vector(op.rn)
      setVector(op, VectorValue(low: ~a.low, high: ~a.high))
    case .cnt:
      let a = vector(op.rn)
      setVector(op, VectorValue(low: Core.countBytes(a.low), high: Core.countBytes(a.high)))
    case .clz: mapLanes(op) { UInt64($0.leadingZeroBitCount &- (64 &- bits)) }
    case .cls:
      mapSignedLanes(op) {
        let folded: UInt64 = UInt64(bitPattern: $0 ^ $0 &>> 63)
        return Int64(folded.leadingZeroBitCount &- (64 &- bits) &- 1)
      }
    case .urecpe: mapLanes(op) { SoftFloat.unsignedReciprocalEstimate($0) }
    case .ursqrte: mapLanes(op) { SoftFloat.unsignedReciprocalSquareRootEstimate($0) }
    default: vectorReverse(opcode, op)
    }
  }

  /// The number of ones in each byte.
  @inline(__always) static func countBytes(_ value: UInt64) -> UInt64 {
    let pairs: UInt64 = value &- (value &>> 1 & 0x5555_5555_5555_5555)
    let nibbles: UInt64 =
      (pairs & 0x3333_3333_3333_3333) &+ (pairs &>> 2 & 0x3333_3333_3333_3333)
    return (nibbles &+ nibbles &>> 4) & 0x0F0F_0F0F_0F0F_0F0F
  }

  /// REV64, REV32, REV16 and RBIT.
  private func vectorReverse(_ opcode: VectorOpcode, _ op: Operation) {
    let a = vector(op.rn)
    let low: UInt64 = Core.reverse(opcode, a.low, op.vectorSize)
    let high: UInt64 = Core.reverse(opcode, a.high, op.vectorSize)
    setVector(op, VectorValue(low: low, high: high))
  }

  private static func reverse(_ opcode: VectorOpcode, _ value: UInt64, _ size: Int) -> UInt64 {
    let container: Int
    switch opcode {
    case .rbit:
      var word: UInt64 = value.byteSwapped
      word = word &>> 4 & 0x0F0F_0F0F_0F0F_0F0F | (word & 0x0F0F_0F0F_0F0F_0F0F) &<< 4
      word = word &>> 2 & 0x3333_3333_3333_3333 | (word & 0x3333_3333_3333_3333) &<< 2
      word = word &>> 1 & 0x5555_5555_5555_5555 | (word & 0x5555_5555_5555_5555) &<< 1
      return word.byteSwapped
    case .rev64: container = 3
    case .rev32: container = 2
    default: container = 1
    }
    var word: UInt64 = value
    if size <= 0 && container > 0 {
      word = word &>> 8 & 0x00FF_00FF_00FF_00FF | (word & 0x00FF_00FF_00FF_00FF) &<< 8
    }
    if size <= 1 && container > 1 {
      word = word &>> 16 & 0x0000_FFFF_0000_FFFF | (word & 0x0000_FFFF_0000_FFFF) &<< 16
    }
    if size <= 2 && container > 2 { word = word &>> 32 | word &<< 32 }
    return word
  }

  /// SQABS, SQNEG, SUQADD, USQADD.
  func vectorSaturatingUnary(_ opcode: VectorOpcode, _ op: Operation) {
    let size: Int = op.vectorSize
    let a = vector(op.rn)
    let d = vector(op.rd)
    var lane = SaturatingLane(size)
    var result = VectorValue()
    for index in 0..<op.vectorLanes {
      let value: UInt64
      switch opcode {
      case .sqabs:
        let x: Int64 = a.signed(index, size)
        value = UInt64(bitPattern: x < 0 ? lane.subtract(0, x) : x)
      case .sqneg:
        value = UInt64(bitPattern: lane.subtract(0, a.signed(index, size)))
      case .suqadd:
        value = UInt64(
          bitPattern: lane.add(signed: d.signed(index, size), unsigned: a[index, size]))
      default:
        value = lane.add(unsigned: d[index, size], signed: a.signed(index, size))
      }
      result[index, size] = value
    }
    setVector(op.rd, result)
    if lane.hasSaturated { setSaturated() }
  }

  /// Shifts by immediate that keep the element size.
  func vectorShift(_ opcode: VectorOpcode, _ op: Operation) {
    let size: Int = op.vectorSize
    let amount: Int = op.vectorAmount
    switch opcode {
    case .shl:
      let mask: UInt64 = VectorValue.replicate(
        VectorValue.mask(size) &<< UInt64(amount), size
      ).low
      let a = vector(op.rn)
      setVector(
        op,
        VectorValue(
          low: a.low &<< UInt64(amount) & mask, high: a.high &<< UInt64(amount) & mask))
    case .ushr:
      if amount == 64 {
        setVector(op.rd, VectorValue())
        return
      }
      let mask: UInt64 = VectorValue.replicate(
        VectorValue.mask(size) &>> UInt64(amount), size
      ).low
      let a = vector(op.rn)
      setVector(
        op,
        VectorValue(
          low: a.low &>> UInt64(amount) & mask, high: a.high &>> UInt64(amount) & mask))
    case .sshr:
      vectorSignedShift(op)
    case .srshr:
      mapSignedLanes(op) { SaturatingLane.shiftRight($0, amount, isRounding: true) }
    case .urshr:
      mapLanes(op) { SaturatingLane.shiftRight($0, amount, isRounding: true) }
    default:
      vectorShiftInto(opcode, op)
    }
  }

  /// SSHR; a shift by the whole element gives its sign, as one less does.
  private func vectorSignedShift(_ op: Operation) {
    let amount: Int = min(op.vectorAmount, 8 &<< op.vectorSize &- 1)
    let a = vector(op.rn)
    switch op.vectorSize {
    case 0: setVector(op, VectorValue(a.signedBytes &>> SIMD16(repeating: Int8(amount))))
    case 1: setVector(op, VectorValue(a.signedHalfwords &>> SIMD8(repeating: Int16(amount))))
    case 2: setVector(op, VectorValue(a.signedWords &>> SIMD4(repeating: Int32(amount))))
    default: setVector(op, VectorValue(a.signedDoublewords &>> SIMD2(repeating: Int64(amount))))
    }
  }

  /// Shifts that also read the destination.
  private func vectorShiftInto(_ opcode: VectorOpcode, _ op: Operation) {
    let size: Int = op.vectorSize
    let amount: Int = op.vectorAmount
    let a = vector(op.rn)
    let d = vector(op.rd)
    let ones: UInt64 = VectorValue.mask(size)
    var result = VectorValue()
    for lane in 0..<op.vectorLanes {
      let x: UInt64 = a[lane, size]
      let y: UInt64 = d[lane, size]
      let value: UInt64
      switch opcode {
      case .ssra, .srsra:
        let shifted: Int64 = SaturatingLane.shiftRight(
          a.signed(lane, size), amount, isRounding: opcode == .srsra)
        value = y &+ UInt64(bitPattern: shifted)
      case .usra, .ursra:
        value = y &+ SaturatingLane.shiftRight(x, amount, isRounding: opcode == .ursra)
      case .sri:
        let mask: UInt64 = amount == 64 ? 0 : ones &>> UInt64(amount)
        value = y & ~mask | SaturatingLane.shiftRight(x, amount, isRounding: false)
      default:
        let mask: UInt64 = ones &<< UInt64(amount)
        value = y & ~mask | x &<< UInt64(amount)
      }
      result[lane, size] = value
    }
    setVector(op.rd, result)
  }

  /// SQSHL, UQSHL and SQSHLU by immediate.
  func vectorSaturatingShift(_ opcode: VectorOpcode, _ op: Operation) {
    let amount: Int = op.vectorAmount
    var lane = SaturatingLane(op.vectorSize)
    switch opcode {
    case .sqshlImmediate:
      mapSignedLanes(op) {
        lane.shift($0, by: amount, isRounding: false, isSaturating: true)
      }
    case .uqshlImmediate:
      mapLanes(op) { lane.shift($0, by: amount, isRounding: false, isSaturating: true) }
    default:
      mapSignedLanes(op) {
        let positive: UInt64 = lane.unsigned(ofSigned: $0)
        return Int64(
          bitPattern: lane.shift(positive, by: amount, isRounding: false, isSaturating: true))
      }
    }
    if lane.hasSaturated { setSaturated() }
  }

  /// Right shifts that narrow.
  func vectorShiftNarrow(_ opcode: VectorOpcode, _ op: Operation) {
    let size: Int = op.vectorSize
    let amount: Int = op.vectorAmount
    let a = vector(op.rn)
    if opcode == .shrn {
      // Truncated to the even narrow lanes, so bits shifted in from the next element do not matter.
      let shift = UInt64(amount)
      let shifted = VectorValue(low: a.low &>> shift, high: a.high &>> shift)
      setNarrow(op, VectorValue.evens(shifted, shifted, size))
      return
    }
    let isRounding: Bool
    switch opcode {
    case .rshrn, .sqrshrn, .uqrshrn, .sqrshrun: isRounding = true
    default: isRounding = false
    }
    var narrow = SaturatingLane(size)
    var result = VectorValue()
    for lane in 0..<op.vectorLanes {
      let unsigned: UInt64 = SaturatingLane.shiftRight(
        a[lane, size &+ 1], amount, isRounding: isRounding)
      let signed: Int64 = SaturatingLane.shiftRight(
        a.signed(lane, size &+ 1), amount, isRounding: isRounding)
      let value: UInt64
      switch opcode {
      case .sqshrn, .sqrshrn: value = UInt64(bitPattern: narrow.signed(signed))
      case .uqshrn, .uqrshrn: value = narrow.unsigned(unsigned)
      case .sqshrun, .sqrshrun: value = narrow.unsigned(ofSigned: signed)
      default: value = unsigned
      }
      result[lane, size] = value
    }
    setNarrow(op, result)
    if narrow.hasSaturated { setSaturated() }
  }

  /// SSHLL, USHLL and SHLL.
  func vectorShiftLong(_ opcode: VectorOpcode, _ op: Operation) {
    let size: Int = op.vectorSize
    let amount: Int = opcode == .shll ? 8 &<< size : op.vectorAmount
    let a = narrowSource(vector(op.rn), op)
    var result = VectorValue()
    for lane in 0..<op.vectorLanes {
      let value: UInt64 =
        opcode == .sshll ? UInt64(bitPattern: a.signed(lane, size)) : a[lane, size]
      result[lane, size &+ 1] = value &<< UInt64(amount)
    }
    setVector(op.rd, result)
  }
}
