// Floating point by the host's, where it provably gives the same bits and the same FPSR.
//
// Both round as IEEE 754 says. They differ in what a NaN becomes, in when a tiny result is said to be one,
// and in flags; so code accepts a result only if it is finite and at least twice the smallest normal
// number, with FPCR zero (round to nearest, nothing flushed) and FPSR.IXC already set, since an inexact
// result would set it. An operand that is a NaN or an infinity gives a result that is not accepted; one
// that is zero or denormal gives one that is right. Everything else is a step.

import Arm

extension X86Translator {
  private static let control = offset(CoreState.systemRegisters + SystemRegister.fpcr.ordinal)
  private static let status = offset(CoreState.systemRegisters + SystemRegister.fpsr.ordinal)

  /// An FP operation. False for others.
  func emitFloat(_ k: Int, _ o: Operation, _ opcode: VectorOpcode) -> Bool {
    let isDouble = o.vectorSize == 3
    guard isDouble || o.vectorSize == 2, !o.vectorIsIndexed else { return false }
    switch opcode {
    case .fadd: return emitArithmetic(k, o, 0x58)
    case .fmul: return emitArithmetic(k, o, 0x59)
    case .fsub: return emitArithmetic(k, o, 0x5C)
    case .fdiv: return emitArithmetic(k, o, 0x5E)
    case .fmax where o.vectorLanes == 1: return emitArithmetic(k, o, 0x5F)
    case .fmin where o.vectorLanes == 1: return emitArithmetic(k, o, 0x5D)
    case .fmadd: return emitFused(k, o, 0xB8, addend: o.ra)
    case .fmsub: return emitFused(k, o, 0xBC, addend: o.ra)
    case .fnmadd: return emitFused(k, o, 0xBE, addend: o.ra)
    case .fnmsub: return emitFused(k, o, 0xBA, addend: o.ra)
    case .fmla: return emitFused(k, o, 0xB8, addend: o.rd)
    case .fmls: return emitFused(k, o, 0xBC, addend: o.rd)
    case .fcmp, .fcmpe: emitCompare(k, o, withZero: false)
    case .fcmpZero, .fcmpeZero: emitCompare(k, o, withZero: true)
    case .scvtfGeneral where o.vectorAmount == 0: emitConvert(k, o, isSigned: true)
    case .ucvtfGeneral where o.vectorAmount == 0 && o.vectorWord >> 31 == 0:
      emitConvert(k, o, isSigned: false)
    default: return false
    }
    return true
  }

  /// The jumps for when the host's arithmetic may differ before it begins: access, FPCR, and FPSR.IXC if
  /// a result may be inexact.
  private func guardFloat(mayBeInexact: Bool) -> Sites {
    x86.load(.cx, .bx, Self.offset(ContextWord.isFloatingPointTrapped))
    x86.alu(.or, .cx, .bx, Self.control, w: true)
    var sites = Sites(x86.jump(.ne))
    if mayBeInexact {
      x86.test(.bx, Self.status, imm: Int32(SoftFloat.inexact))
      sites.append(x86.jump(.e))
    }
    return sites
  }

  /// Whether a whole register of lanes, or one number, is computed; nil for half a register.
  private func isPacked(_ o: Operation) -> Bool? {
    if o.vectorLanes == 1 { return false }
    return o.vectorLanes << o.vectorSize == 16 ? true : nil
  }

  private func read(_ d: X86Vector, _ register: UInt8, _ o: Operation, isPacked: Bool) {
    if isPacked {
      x86.movups(d, .bx, Self.vector(register))
    } else {
      x86.loadScalar(d, .bx, Self.vector(register), size: o.vectorSize)
    }
  }

  /// Writes XMM0 if its exponents are at least 2 and not the greatest; the jump is taken otherwise.
  private func writeAccepted(_ o: Operation, isPacked: Bool) -> JumpSite {
    let isDouble = o.vectorSize == 3
    let refused: JumpSite
    if isPacked {
      let lane: UInt8 = isDouble ? 0x73 : 0x72
      let bits: UInt8 = isDouble ? 53 : 24
      // XMM1: exponents; XMM2: the greatest exponent, then where it is; XMM3: -1.
      x86.move(.xmm1, .xmm0)
      x86.packedShift(lane, 6, .xmm1, 1)
      x86.packedShift(lane, 2, .xmm1, bits)
      x86.packed(0x76, .xmm3, .xmm3)
      x86.move(.xmm2, .xmm3)
      x86.packedShift(lane, 2, .xmm2, bits)
      if isDouble { x86.packed38(0x29, .xmm2, .xmm1) } else { x86.packed(0x76, .xmm2, .xmm1) }
      for _ in 0..<2 { x86.packed(isDouble ? 0xD4 : 0xFE, .xmm1, .xmm3) }
      x86.packed(0xEB, .xmm1, .xmm2)
      x86.signs(.cx, .xmm1, isDouble: isDouble)
      x86.test(.cx, .cx, w: false)
      refused = x86.jump(.ne)
      x86.movups(.bx, Self.vector(o.rd), .xmm0)
    } else {
      x86.move(.cx, .xmm0, w: isDouble)
      x86.shift(.shr, .cx, isDouble ? 52 : 23, w: isDouble)
      x86.alu(.and, .cx, imm: isDouble ? 0x7FF : 0xFF, w: false)
      x86.alu(.sub, .cx, imm: 2, w: false)
      x86.alu(.cmp, .cx, imm: isDouble ? 0x7FD : 0xFD, w: false)
      refused = x86.jump(.ae)
      x86.storeLow(.bx, Self.vector(o.rd), .xmm0)
      x86.store(imm: 0, .bx, Self.vector(o.rd) + 8)
    }
    return refused
  }

  /// FADD, FSUB, FMUL, FDIV; FMAX and FMIN of numbers.
  private func emitArithmetic(_ k: Int, _ o: Operation, _ number: UInt8) -> Bool {
    guard let isPacked = isPacked(o) else { return false }
    let isDouble = o.vectorSize == 3
    let isExtremum = number == 0x5D || number == 0x5F
    let spill = dirtyRegisters()
    var sites = guardFloat(mayBeInexact: !isExtremum)
    read(.xmm0, o.rn, o, isPacked: isPacked)
    read(.xmm1, o.rm, o, isPacked: isPacked)
    if isExtremum {
      // The host takes its second operand if one is a NaN.
      x86.compare(.xmm0, .xmm1, isDouble: isDouble)
      sites.append(x86.jump(.p))
    }
    x86.float(number, .xmm0, .xmm1, isDouble: isDouble, isPacked: isPacked)
    sites.append(writeAccepted(o, isPacked: isPacked))
    finish(k, sites, spill)
    return true
  }

  /// FMADD and its kin, FMLA and FMLS.
  private func emitFused(_ k: Int, _ o: Operation, _ number: UInt8, addend: UInt8) -> Bool {
    guard let isPacked = isPacked(o) else { return false }
    let spill = dirtyRegisters()
    var sites = guardFloat(mayBeInexact: true)
    read(.xmm0, addend, o, isPacked: isPacked)
    read(.xmm1, o.rn, o, isPacked: isPacked)
    read(.xmm2, o.rm, o, isPacked: isPacked)
    x86.fused(number, .xmm0, .xmm1, .xmm2, isDouble: o.vectorSize == 3, isPacked: isPacked)
    sites.append(writeAccepted(o, isPacked: isPacked))
    finish(k, sites, spill)
    return true
  }

  /// FCMP and FCMPE of what is not a NaN.
  private func emitCompare(_ k: Int, _ o: Operation, withZero: Bool) {
    let isDouble = o.vectorSize == 3
    let spill = dirtyRegisters()
    var sites = guardFloat(mayBeInexact: false)
    read(.xmm0, o.rn, o, isPacked: false)
    if withZero {
      x86.pxor(.xmm1, .xmm1)
    } else {
      read(.xmm1, o.rm, o, isPacked: false)
    }
    x86.compare(.xmm0, .xmm1, isDouble: isDouble)
    sites.append(x86.jump(.p))
    x86.set(.ae, .bx, Self.offset(StateWord.c))
    x86.set(.ne, .dx)
    x86.movzx(.dx, .dx, size: 0)
    x86.store(.dx, .bx, Self.offset(StateWord.z))
    x86.set(.b, .cx)
    x86.movzx(.cx, .cx, size: 0)
    x86.rorx(.cx, .cx, 1)
    x86.store(.cx, .bx, Self.offset(StateWord.n))
    x86.store(imm: 0, .bx, Self.offset(StateWord.v))
    finish(k, sites, spill)
  }

  /// SCVTF and UCVTF from a general register: zero or a normal number.
  private func emitConvert(_ k: Int, _ o: Operation, isSigned: Bool) {
    let x = use(o.rn)
    let spill = dirtyRegisters()
    let isWide = o.vectorWord >> 31 == 1
    // CX is scratch of the guard, DX is not.
    let sites = guardFloat(mayBeInexact: true)
    if isWide || !isSigned {
      x86.mov(.cx, x, w: isWide)
    } else {
      x86.movsx(.cx, x, size: 2)
    }
    x86.pxor(.xmm0, .xmm0)
    x86.convert(.xmm0, .cx, isDouble: o.vectorSize == 3)
    x86.storeLow(.bx, Self.vector(o.rd), .xmm0)
    x86.store(imm: 0, .bx, Self.vector(o.rd) + 8)
    finish(k, sites, spill)
  }
}
