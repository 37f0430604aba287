// How vector bodies reach registers. A scalar or 64-bit result zeroes the rest of the register
// (Arm ARM C1.2.6), which falls out of starting from a zero `VectorValue`.

import Arm

extension Core {
  @inline(__always) func vector(_ register: UInt8) -> VectorValue {
    VectorValue(low: state[v: register, 0], high: state[v: register, 1])
  }

  @inline(__always) func setVector(_ register: UInt8, _ value: VectorValue) {
    state[v: register, 0] = value.low
    state[v: register, 1] = value.high
  }

  /// Writes a result computed on all 128 bits.
  @inline(__always) func setVector(_ op: Operation, _ value: VectorValue) {
    state[v: op.rd, 0] = value.low
    state[v: op.rd, 1] = op.vectorIsShort ? 0 : value.high
  }

  /// The second source, with the indexed element in every lane for by-element forms.
  @inline(__always) func secondSource(_ op: Operation) -> VectorValue {
    let value = vector(op.rm)
    if !op.vectorIsIndexed { return value }
    return VectorValue.replicate(value[op.vectorAmount, op.vectorSize], op.vectorSize)
  }

  /// Sets FPSR.QC.
  @inline(__always) func setSaturated() { state[.fpsr] |= SoftFloat.saturated }

  /// Applies `body` to each pair of lanes.
  @inline(__always)
  func mapUnsigned(_ op: Operation, _ body: (UInt64, UInt64) -> UInt64) {
    let size: Int = op.vectorSize
    let a = vector(op.rn)
    let b = secondSource(op)
    var result = VectorValue()
    for lane in 0..<op.vectorLanes {
      result[lane, size] = body(a[lane, size], b[lane, size])
    }
    setVector(op.rd, result)
  }

  /// Applies `body` to each pair of sign-extended lanes.
  @inline(__always)
  func mapSigned(_ op: Operation, _ body: (Int64, Int64) -> Int64) {
    let size: Int = op.vectorSize
    let a = vector(op.rn)
    let b = secondSource(op)
    var result = VectorValue()
    for lane in 0..<op.vectorLanes {
      result[lane, size] = UInt64(bitPattern: body(a.signed(lane, size), b.signed(lane, size)))
    }
    setVector(op.rd, result)
  }

  /// Applies `body` to each lane of the first source.
  @inline(__always)
  func mapLanes(_ op: Operation, _ body: (UInt64) -> UInt64) {
    let size: Int = op.vectorSize
    let a = vector(op.rn)
    var result = VectorValue()
    for lane in 0..<op.vectorLanes { result[lane, size] = body(a[lane, size]) }
    setVector(op.rd, result)
  }

  /// Applies `body` to each sign-extended lane of the first source.
  @inline(__always)
  func mapSignedLanes(_ op: Operation, _ body: (Int64) -> Int64) {
    let size: Int = op.vectorSize
    let a = vector(op.rn)
    var result = VectorValue()
    for lane in 0..<op.vectorLanes {
      result[lane, size] = UInt64(bitPattern: body(a.signed(lane, size)))
    }
    setVector(op.rd, result)
  }

  /// Host vectors of both sources, unsigned, by element size.
  @inline(__always)
  func mapVectors(
    _ op: Operation, _ bytes: (SIMD16<UInt8>, SIMD16<UInt8>) -> SIMD16<UInt8>,
    _ halfwords: (SIMD8<UInt16>, SIMD8<UInt16>) -> SIMD8<UInt16>,
    _ words: (SIMD4<UInt32>, SIMD4<UInt32>) -> SIMD4<UInt32>,
    _ doublewords: (SIMD2<UInt64>, SIMD2<UInt64>) -> SIMD2<UInt64>
  ) {
    applyVectors(op, vector(op.rn), secondSource(op), bytes, halfwords, words, doublewords)
  }

  /// Host vectors, unsigned, by element size.
  @inline(__always)
  func applyVectors(
    _ op: Operation, _ a: VectorValue, _ b: VectorValue,
    _ bytes: (SIMD16<UInt8>, SIMD16<UInt8>) -> SIMD16<UInt8>,
    _ halfwords: (SIMD8<UInt16>, SIMD8<UInt16>) -> SIMD8<UInt16>,
    _ words: (SIMD4<UInt32>, SIMD4<UInt32>) -> SIMD4<UInt32>,
    _ doublewords: (SIMD2<UInt64>, SIMD2<UInt64>) -> SIMD2<UInt64>
  ) {
    switch op.vectorSize {
    case 0: setVector(op, VectorValue(bytes(a.bytes, b.bytes)))
    case 1: setVector(op, VectorValue(halfwords(a.halfwords, b.halfwords)))
    case 2: setVector(op, VectorValue(words(a.words, b.words)))
    default: setVector(op, VectorValue(doublewords(a.doublewords, b.doublewords)))
    }
  }

  /// Host vectors, signed, of elements up to words.
  @inline(__always)
  func applySignedVectors(
    _ op: Operation, _ a: VectorValue, _ b: VectorValue,
    _ bytes: (SIMD16<Int8>, SIMD16<Int8>) -> SIMD16<Int8>,
    _ halfwords: (SIMD8<Int16>, SIMD8<Int16>) -> SIMD8<Int16>,
    _ words: (SIMD4<Int32>, SIMD4<Int32>) -> SIMD4<Int32>
  ) {
    switch op.vectorSize {
    case 0: setVector(op, VectorValue(bytes(a.signedBytes, b.signedBytes)))
    case 1: setVector(op, VectorValue(halfwords(a.signedHalfwords, b.signedHalfwords)))
    default: setVector(op, VectorValue(words(a.signedWords, b.signedWords)))
    }
  }

  /// Host vectors of both sources, unsigned, compared to all ones or zeros.
  @inline(__always)
  func test(
    _ op: Operation, _ bytes: (SIMD16<UInt8>, SIMD16<UInt8>) -> SIMDMask<SIMD16<Int8>>,
    _ halfwords: (SIMD8<UInt16>, SIMD8<UInt16>) -> SIMDMask<SIMD8<Int16>>,
    _ words: (SIMD4<UInt32>, SIMD4<UInt32>) -> SIMDMask<SIMD4<Int32>>,
    _ doublewords: (SIMD2<UInt64>, SIMD2<UInt64>) -> SIMDMask<SIMD2<Int64>>
  ) {
    let a = vector(op.rn)
    let b = vector(op.rm)
    switch op.vectorSize {
    case 0: setVector(op, VectorValue(onesWhere: bytes(a.bytes, b.bytes)))
    case 1: setVector(op, VectorValue(onesWhere: halfwords(a.halfwords, b.halfwords)))
    case 2: setVector(op, VectorValue(onesWhere: words(a.words, b.words)))
    default: setVector(op, VectorValue(onesWhere: doublewords(a.doublewords, b.doublewords)))
    }
  }

  /// Host vectors, signed, compared to all ones or zeros.
  @inline(__always)
  func testSigned(
    _ op: Operation, _ a: VectorValue, _ b: VectorValue,
    _ bytes: (SIMD16<Int8>, SIMD16<Int8>) -> SIMDMask<SIMD16<Int8>>,
    _ halfwords: (SIMD8<Int16>, SIMD8<Int16>) -> SIMDMask<SIMD8<Int16>>,
    _ words: (SIMD4<Int32>, SIMD4<Int32>) -> SIMDMask<SIMD4<Int32>>,
    _ doublewords: (SIMD2<Int64>, SIMD2<Int64>) -> SIMDMask<SIMD2<Int64>>
  ) {
    switch op.vectorSize {
    case 0: setVector(op, VectorValue(onesWhere: bytes(a.signedBytes, b.signedBytes)))
    case 1: setVector(op, VectorValue(onesWhere: halfwords(a.signedHalfwords, b.signedHalfwords)))
    case 2: setVector(op, VectorValue(onesWhere: words(a.signedWords, b.signedWords)))
    default:
      setVector(op, VectorValue(onesWhere: doublewords(a.signedDoublewords, b.signedDoublewords)))
    }
  }
}
