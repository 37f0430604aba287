// AES and SHA instructions.

extension Core {
  /// AESE, AESD, AESMC, AESIMC.
  func vectorAES(_ opcode: VectorOpcode, _ op: Operation) {
    let n = vector(op.rn)
    switch opcode {
    case .aesmc:
      setVector(op.rd, VectorValue(low: AESRound.mix(n.low), high: AESRound.mix(n.high)))
    case .aesimc:
      setVector(
        op.rd, VectorValue(low: AESRound.inverseMix(n.low), high: AESRound.inverseMix(n.high)))
    default:
      let d = vector(op.rd)
      let sum = VectorValue(low: d.low ^ n.low, high: d.high ^ n.high)
      setVector(op.rd, AESRound.substitute(sum, isInverse: opcode == .aesd))
    }
  }

  /// SHA1C, SHA1P, SHA1M: four rounds.
  func vectorSHA1(_ opcode: VectorOpcode, _ op: Operation) {
    var x: SIMD4<UInt32> = vector(op.rd).words
    var y = UInt32(truncatingIfNeeded: state[v: op.rn, 0])
    let w: SIMD4<UInt32> = vector(op.rm).words
    for round in 0..<4 {
      let mixed: UInt32
      switch opcode {
      case .sha1c: mixed = (x[2] ^ x[3]) & x[1] ^ x[3]
      case .sha1p: mixed = x[1] ^ x[2] ^ x[3]
      default: mixed = x[1] & x[2] | (x[1] | x[2]) & x[3]
      }
      let next: UInt32 = y &+ Core.rotateLeft(x[0], 5) &+ mixed &+ w[round]
      y = x[3]
      x = SIMD4<UInt32>(next, x[0], Core.rotateLeft(x[1], 30), x[2])
    }
    setVector(op.rd, VectorValue(x))
  }

  /// SHA1H, SHA1SU0, SHA1SU1.
  func vectorSHA1Schedule(_ opcode: VectorOpcode, _ op: Operation) {
    let d = vector(op.rd)
    let n = vector(op.rn)
    switch opcode {
    case .sha1h:
      let rotated: UInt32 = Core.rotateLeft(UInt32(truncatingIfNeeded: n.low), 30)
      setVector(op.rd, VectorValue(low: UInt64(rotated)))
    case .sha1su0:
      let m = vector(op.rm)
      setVector(
        op.rd, VectorValue(low: d.high ^ d.low ^ m.low, high: n.low ^ d.high ^ m.high))
    default:
      let words: SIMD4<UInt32> = n.words
      let t: SIMD4<UInt32> = d.words ^ SIMD4<UInt32>(words[1], words[2], words[3], 0)
      let last: UInt32 = Core.rotateLeft(t[3], 1) ^ Core.rotateLeft(t[0], 2)
      setVector(
        op.rd,
        VectorValue(
          SIMD4<UInt32>(
            Core.rotateLeft(t[0], 1), Core.rotateLeft(t[1], 1), Core.rotateLeft(t[2], 1), last)))
    }
  }

  /// SHA256H and SHA256H2: four rounds.
  func vectorSHA256(_ op: Operation, isFirstPart: Bool) {
    let d: SIMD4<UInt32> = vector(op.rd).words
    let n: SIMD4<UInt32> = vector(op.rn).words
    let w: SIMD4<UInt32> = vector(op.rm).words
    var x: SIMD4<UInt32> = isFirstPart ? d : n
    var y: SIMD4<UInt32> = isFirstPart ? n : d
    for round in 0..<4 {
      let choice: UInt32 = (y[1] ^ y[2]) & y[0] ^ y[2]
      let majority: UInt32 = x[0] & x[1] | (x[0] | x[1]) & x[2]
      let sigma1: UInt32 =
        Core.rotateLeft(y[0], 26) ^ Core.rotateLeft(y[0], 21) ^ Core.rotateLeft(y[0], 7)
      let sigma0: UInt32 =
        Core.rotateLeft(x[0], 30) ^ Core.rotateLeft(x[0], 19) ^ Core.rotateLeft(x[0], 10)
      let t: UInt32 = y[3] &+ sigma1 &+ choice &+ w[round]
      let newX: UInt32 = t &+ x[3]
      let newY: UInt32 = t &+ sigma0 &+ majority
      x = SIMD4<UInt32>(newY, x[0], x[1], x[2])
      y = SIMD4<UInt32>(newX, y[0], y[1], y[2])
    }
    setVector(op.rd, VectorValue(isFirstPart ? x : y))
  }

  /// SHA256SU0 and SHA256SU1.
  func vectorSHA256Schedule(_ opcode: VectorOpcode, _ op: Operation) {
    let d: SIMD4<UInt32> = vector(op.rd).words
    let n: SIMD4<UInt32> = vector(op.rn).words
    if opcode == .sha256su0 {
      let t = SIMD4<UInt32>(d[1], d[2], d[3], n[0])
      var result: SIMD4<UInt32> = d
      for lane in 0..<4 {
        let word: UInt32 = t[lane]
        let mixed: UInt32 = Core.rotateLeft(word, 25) ^ Core.rotateLeft(word, 14) ^ word >> 3
        result[lane] = result[lane] &+ mixed
      }
      setVector(op.rd, VectorValue(result))
      return
    }
    let m: SIMD4<UInt32> = vector(op.rm).words
    let t = SIMD4<UInt32>(n[1], n[2], n[3], m[0])
    var result: SIMD4<UInt32> = d &+ t
    for lane in 0..<4 {
      let word: UInt32 = lane < 2 ? m[lane &+ 2] : result[lane &- 2]
      let mixed: UInt32 = Core.rotateLeft(word, 15) ^ Core.rotateLeft(word, 13) ^ word >> 10
      result[lane] = result[lane] &+ mixed
    }
    setVector(op.rd, VectorValue(result))
  }

  @inline(__always) private static func rotateLeft(_ value: UInt32, _ distance: UInt32) -> UInt32 {
    value << distance | value >> (32 &- distance)
  }
}
