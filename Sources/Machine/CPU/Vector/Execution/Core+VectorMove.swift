// Moves: duplicate, insert, extract, permute, table lookup, immediates, and general registers.

extension Core {
  /// DUP, INS, SMOV, UMOV.
  func vectorCopy(_ opcode: VectorOpcode, _ op: Operation) {
    let size: Int = op.vectorSize
    let index: Int = op.vectorAmount
    switch opcode {
    case .dupElement:
      let element: UInt64 = vector(op.rn)[index, size]
      if op.vectorLanes == 1 {
        setVector(op.rd, VectorValue(low: element))
      } else {
        setVector(op, VectorValue.replicate(element, size))
      }
    case .dupGeneral:
      setVector(op, VectorValue.replicate(state[x: op.rn], size))
    case .insGeneral:
      var value = vector(op.rd)
      value[index, size] = state[x: op.rn]
      setVector(op.rd, value)
    case .insElement:
      let source: Int = VectorDecoder.field(op.vectorWord, 14, 11) &>> size
      var value = vector(op.rd)
      value[index, size] = vector(op.rn)[source, size]
      setVector(op.rd, value)
    case .umov:
      state[x: op.rd] = vector(op.rn)[index, size]
    default:
      let value = UInt64(bitPattern: vector(op.rn).signed(index, size))
      state[x: op.rd] = op.vectorWord >> 30 & 1 != 0 ? value : value & 0xFFFF_FFFF
    }
  }

  /// FMOV between general and FP registers.
  func vectorMoveGeneral(_ opcode: VectorOpcode, _ op: Operation) {
    let mask: UInt64 = VectorValue.mask(op.vectorSize)
    switch opcode {
    case .fmovToGeneral: state[x: op.rd] = state[v: op.rn, 0] & mask
    case .fmovFromGeneral: setVector(op.rd, VectorValue(low: state[x: op.rn] & mask))
    case .fmovTopToGeneral: state[x: op.rd] = state[v: op.rn, 1]
    default: state[v: op.rd, 1] = state[x: op.rn]
    }
  }

  /// MOVI, MVNI, FMOV, ORR and BIC with an immediate expanded by the decoder; `ra` is the number
  /// of bytes of the result.
  @inline(__always)
  func vectorImmediate(_ opcode: VectorOpcode, _ op: Operation) {
    let value: UInt64 = op.immediate
    var result = VectorValue(low: value, high: value)
    if opcode != .movi {
      let d = vector(op.rd)
      if opcode == .orrImmediate {
        result = VectorValue(low: d.low | value, high: d.high | value)
      } else {
        result = VectorValue(low: d.low & ~value, high: d.high & ~value)
      }
    }
    state[v: op.rd, 0] = result.low
    state[v: op.rd, 1] = op.ra > 8 ? result.high : 0
  }

  /// ZIP, UZP and TRN.
  func vectorPermute(_ opcode: VectorOpcode, _ op: Operation) {
    let size: Int = op.vectorSize
    var a = vector(op.rn)
    var b = vector(op.rm)
    let isShort: Bool = op.vectorIsShort
    switch opcode {
    case .uzp1, .uzp2:
      if isShort {
        a.high = b.low
        b = a
      }
      setVector(
        op, opcode == .uzp1 ? VectorValue.evens(a, b, size) : VectorValue.odds(a, b, size))
    case .zip1:
      setVector(op, VectorValue.alternate(a.low, b.low, size))
    case .zip2:
      if isShort {
        setVector(op, VectorValue.alternate(a.low &>> 32, b.low &>> 32, size))
      } else {
        setVector(op, VectorValue.alternate(a.high, b.high, size))
      }
    default:
      vectorTranspose(op, a, b, isOdd: opcode == .trn2)
    }
  }

  private func vectorTranspose(
    _ op: Operation, _ a: VectorValue, _ b: VectorValue, isOdd: Bool
  ) {
    let size: Int = op.vectorSize
    if size == 3 {
      setVector(
        op.rd,
        isOdd ? VectorValue(low: a.high, high: b.high) : VectorValue(low: a.low, high: b.low))
      return
    }
    let shift = UInt64(8 &<< size)
    let mask: UInt64 = VectorValue.evenMask(size)
    if isOdd {
      setVector(
        op,
        VectorValue(
          low: a.low &>> shift & mask | b.low & ~mask,
          high: a.high &>> shift & mask | b.high & ~mask))
    } else {
      setVector(
        op,
        VectorValue(
          low: a.low & mask | (b.low & mask) &<< shift,
          high: a.high & mask | (b.high & mask) &<< shift))
    }
  }

  /// EXT: bytes from position of the concatenated sources.
  func vectorExtract(_ op: Operation) {
    let a = vector(op.rn)
    let b = vector(op.rm)
    let position: Int = op.vectorAmount
    if op.vectorIsShort {
      setVector(op.rd, VectorValue(low: Core.funnel(a.low, b.low, position)))
    } else if position < 8 {
      setVector(
        op.rd,
        VectorValue(
          low: Core.funnel(a.low, a.high, position), high: Core.funnel(a.high, b.low, position)))
    } else {
      setVector(
        op.rd,
        VectorValue(
          low: Core.funnel(a.high, b.low, position &- 8),
          high: Core.funnel(b.low, b.high, position &- 8)))
    }
  }

  /// Eight bytes of `high:low` from a position 0...7.
  @inline(__always)
  private static func funnel(_ low: UInt64, _ high: UInt64, _ position: Int) -> UInt64 {
    position == 0 ? low : low >> UInt64(position &* 8) | high << UInt64(64 &- position &* 8)
  }

  /// TBL and TBX: one to four consecutive registers, wrapping after V31.
  func vectorTable(_ op: Operation, isExtension: Bool) {
    let indexes = vector(op.rm)
    let registers: Int = VectorDecoder.field(op.vectorWord, 14, 13) &+ 1
    var result: VectorValue = isExtension ? vector(op.rd) : VectorValue()
    let first = vector(op.rn)
    for lane in 0..<op.vectorLanes {
      let index = Int(truncatingIfNeeded: indexes[lane, 0])
      let register: Int = index &>> 4
      if register == 0 {
        result[lane, 0] = first[index, 0]
      } else if register < registers {
        let number = UInt8(truncatingIfNeeded: (Int(op.rn) &+ register) & 31)
        result[lane, 0] = vector(number)[index & 15, 0]
      }
    }
    setVector(op, result)
  }
}
