// Ordered accesses and atomics. Cores take turns, so a read-modify-write is a load, some arithmetic and a
// store; the interpreter's own fast paths (`Core+Atomics.swift`) have the same conditions, and are called for
// what is rarer.

import Arm

extension A64Translator {
  /// LDAR and LDAPR.
  func emitLoadAcquire(_ k: Int, _ o: Operation) {
    let x = use(o.rn)
    let d = define(o.rd)
    let spill = dirtyRegisters()
    a64.mov(Self.place, x)
    let sites = lookUpAligned(1 << Int(o.extra), read: true, write: false)
    a64.load(d, Self.place, 0, size: UInt8(o.extra))
    commit(o.rd)
    finish(k, sites, spill)
  }

  /// STLR.
  func emitStoreRelease(_ k: Int, _ o: Operation) {
    let x = use(o.rn)
    let value = use(o.rd)
    let spill = dirtyRegisters()
    a64.mov(Self.place, x)
    let sites = lookUpAligned(1 << Int(o.extra), read: false, write: true)
    a64.store(value, Self.place, 0, size: UInt8(o.extra))
    finish(k, sites, spill)
  }

  /// CAS of 32 and 64 bits.
  func emitCompareAndSwap(_ k: Int, _ o: Operation) {
    guard o.extra >= 2 else { return callBody(k) }
    let size = UInt8(o.extra)
    let x = use(o.rn)
    let compared = use(o.rm)
    let value = use(o.rd)
    let d = define(o.ra)
    let spill = dirtyRegisters()
    a64.mov(Self.place, x)
    let sites = lookUpAligned(1 << Int(size), read: true, write: true)
    a64.load(.x1, Self.place, 0, size: size)
    a64.alu(.eor, .x2, .x1, compared, w: size == 3)
    let differs = a64.jump(ifNotZero: .x2, w: true)
    a64.store(value, Self.place, 0, size: size)
    a64.patch(differs)
    a64.mov(d, .x1)
    commit(o.ra)
    finish(k, sites, spill)
  }

  /// LDADD, LDCLR, LDEOR, LDSET and SWP of 32 and 64 bits.
  func emitAtomic(_ k: Int, _ o: Operation) {
    guard o.extra >= 2 else { return callBody(k) }
    let size = UInt8(o.extra)
    let w = size == 3
    let x = use(o.rn)
    let m = use(o.rm)
    let d = define(o.rd)
    let spill = dirtyRegisters()
    a64.mov(Self.place, x)
    let sites = lookUpAligned(1 << Int(size), read: true, write: true)
    a64.load(.x1, Self.place, 0, size: size)
    switch opcodes[k] {
    case .atomicAdd: a64.alu(.add, .x2, .x1, m, w: w)
    case .atomicSet: a64.alu(.orr, .x2, .x1, m, w: w)
    case .atomicExclusiveOr: a64.alu(.eor, .x2, .x1, m, w: w)
    case .atomicClear: a64.alu(.and, .x2, .x1, m, isInverted: true, w: w)
    default: a64.mov(.x2, m)
    }
    a64.store(.x2, Self.place, 0, size: size)
    a64.mov(d, .x1)
    commit(o.rd)
    finish(k, sites, spill)
  }
}
