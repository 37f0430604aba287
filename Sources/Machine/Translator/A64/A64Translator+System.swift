// System registers and instructions that are only a word of state, a mask or a look into the TLB, at the
// levels where nothing traps them.

import Arm
import Platform

extension A64Translator {
  /// The jump for when PSTATE.EL is below a level.
  private func guardLevel(atLeast level: UInt8) -> JumpSite {
    read(.x1, StateWord.el)
    if level == 1 { return a64.jump(ifZero: .x1, w: true) }
    // The sign of the difference.
    a64.arithmetic(.sub, .x1, .x1, imm: UInt32(level), w: true)
    a64.bitfield(.unsigned, .x1, .x1, r: 63, s: 63, w: true)
    return a64.jump(ifNotZero: .x1, w: true)
  }

  /// MRS.
  func emitMoveFromSystem(_ k: Int, _ o: Operation) {
    switch o.systemRead {
    case .word(let word, let level, let isBanked):
      emitRead(k, o, word, level: level, isBanked: isBanked)
    case .counter(let isVirtual): emitCounter(k, o, isVirtual: isVirtual)
    case nil: callBody(k)
    }
  }

  private func emitRead(_ k: Int, _ o: Operation, _ word: Int, level: UInt8, isBanked: Bool) {
    let d = define(o.rd)
    let spill = dirtyRegisters()
    var sites = Sites()
    if level > 0 { sites.append(guardLevel(atLeast: level)) }
    if isBanked {
      read(.x1, StateWord.spSel)
      sites.append(a64.jump(ifZero: .x1, w: true))
    }
    read(d, word)
    commit(o.rd)
    finish(k, sites, spill)
  }

  /// MRS of a counter: the end of the turn less the budget, in ticks.
  private func emitCounter(_ k: Int, _ o: Operation, isVirtual: Bool) {
    let d = define(o.rd)
    let spill = dirtyRegisters()
    let sites = Sites(
      guardZero(
        isVirtual ? ContextWord.isVirtualCounterTrapped : ContextWord.isPhysicalCounterTrapped))
    read(.x1, ContextWord.sliceEnd)
    a64.alu(.sub, .x1, .x1, Self.budget, w: true)
    a64.add(.x1, .x1, constant: -(count - k - 1))
    let shift = UInt32(Clock.nanosecondsPerTick.trailingZeroBitCount)
    a64.bitfield(.unsigned, .x1, .x1, r: shift, s: 63, w: true)
    if isVirtual {
      read(.x2, ContextWord.virtualCounterOffset)
      a64.alu(.sub, .x1, .x1, .x2, w: true)
    }
    a64.mov(d, .x1)
    commit(o.rd)
    finish(k, sites, spill)
  }

  /// MSR DAIFSet of A, I and F above EL0: what is masked more cannot let an interrupt in. DAIFClr by its body.
  func emitMoveToPSTATE(_ k: Int, _ o: Operation) {
    if o.rn == 3, o.rm == 7 { return callBody(k) }
    guard o.rn == 3, o.rm == 6, o.immediate & ~0b0111 == 0 else { return step(k) }
    let spill = dirtyRegisters()
    let sites = Sites(guardLevel(atLeast: 1))
    read(.x1, StateWord.daif)
    a64.mov(.x2, imm: o.immediate << 6)
    a64.alu(.orr, .x1, .x1, .x2, w: true)
    write(.x1, StateWord.daif)
    finish(k, sites, spill)
  }

  /// DC and IC by address, as `Core.isMaintainedAtOnce` has them.
  func emitSystemInstruction(_ k: Int, _ o: Operation) {
    guard let maintenance = QuickMaintenance(o.extra), o.rn < CoreState.zeroRegister else {
      return step(k)
    }
    let x = use(o.rn)
    let spill = dirtyRegisters()
    var sites = Sites(guardZero(ContextWord.isMaintenanceTrapped))
    switch maintenance {
    case .zeroBlock:
      a64.logical(.and, Self.place, x, mask: ~63, w: true)
      sites.append(lookUpAligned(64, read: false, write: true))
      for offset: Int32 in [0, 16, 32, 48] {
        a64.pair(isLoad: false, .zr, .zr, Self.place, offset, size: 3)
      }
    case .clean:
      a64.mov(Self.place, x)
      sites.append(lookUpAligned(1, read: true, write: false))
    }
    finish(k, sites, spill)
  }
}
