// Ordered accesses and atomics. Cores take turns, so a read-modify-write is a load, some arithmetic and a
// store; the interpreter's own fast paths (`Core+Atomics.swift`) have the same conditions, and are called for
// what is rarer.

import Arm

extension X86Translator {
  /// LDAR and LDAPR.
  func emitLoadAcquire(_ k: Int, _ o: Operation) {
    let x = use(o.rn)
    let d = define(o.rd)
    let spill = dirtyRegisters()
    x86.mov(.ax, x)
    let sites = lookUpAligned(1 << Int32(o.extra), read: true, write: false)
    x86.mov(.cx, imm: 0)
    x86.load(d, .ax, .cx, size: UInt8(o.extra), isSigned: false, to64: false)
    commit(o.rd)
    finish(k, sites, spill)
  }

  /// STLR.
  func emitStoreRelease(_ k: Int, _ o: Operation) {
    let x = use(o.rn)
    let value = o.rd == CoreState.zeroRegister ? .dx : use(o.rd)
    let spill = dirtyRegisters()
    x86.mov(.ax, x)
    let sites = lookUpAligned(1 << Int32(o.extra), read: false, write: true)
    x86.mov(.cx, imm: 0)
    if value == .dx { x86.mov(.dx, imm: 0) }
    x86.store(value, .ax, .cx, size: UInt8(o.extra))
    finish(k, sites, spill)
  }

  /// CAS of 32 and 64 bits.
  func emitCompareAndSwap(_ k: Int, _ o: Operation) {
    guard o.extra >= 2 else { return callBody(k) }
    let zero = CoreState.zeroRegister
    let w = o.extra == 3
    let x = use(o.rn)
    let compared = o.rm == zero ? .dx : use(o.rm)
    let value = o.rd == zero ? .dx : use(o.rd)
    let d = define(o.ra)
    let spill = dirtyRegisters()
    x86.mov(.ax, x)
    let sites = lookUpAligned(1 << Int32(o.extra), read: true, write: true)
    x86.load(.cx, .ax, 0, w: w)
    if compared == .dx || value == .dx { x86.mov(.dx, imm: 0) }
    x86.alu(.cmp, .cx, compared, w: w)
    let differs = x86.jump(.ne)
    x86.store(value, .ax, 0, w: w)
    x86.patch(differs)
    x86.mov(d, .cx)
    commit(o.ra)
    finish(k, sites, spill)
  }

  /// LDADD, LDCLR, LDEOR, LDSET and SWP of 32 and 64 bits.
  func emitAtomic(_ k: Int, _ o: Operation) {
    guard o.extra >= 2, o.rm != CoreState.zeroRegister else { return callBody(k) }
    let w = o.extra == 3
    let x = use(o.rn)
    let m = use(o.rm)
    let d = define(o.rd)
    let spill = dirtyRegisters()
    x86.mov(.ax, x)
    let sites = lookUpAligned(1 << Int32(o.extra), read: true, write: true)
    x86.load(.cx, .ax, 0, w: w)
    x86.mov(.dx, m)
    switch opcodes[k] {
    case .atomicAdd: x86.alu(.add, .dx, .cx, w: w)
    case .atomicSet: x86.alu(.or, .dx, .cx, w: w)
    case .atomicExclusiveOr: x86.alu(.xor, .dx, .cx, w: w)
    case .atomicClear:
      x86.not(.dx, w: w)
      x86.alu(.and, .dx, .cx, w: w)
    default: break
    }
    x86.store(.dx, .ax, 0, w: w)
    x86.mov(d, .cx)
    commit(o.rd)
    finish(k, sites, spill)
  }
}
