// System registers and instructions that are only a word of state, a mask or a look into the TLB, at the
// levels where nothing traps them; and FP and Advanced SIMD operations by their bodies, without the loop.

import Arm
import Platform

extension X86Translator {
  /// Compares PSTATE.EL with a level; the jump is taken below it.
  private func guardLevel(atLeast level: UInt8) -> JumpSite {
    x86.alu(.cmp, .bx, Self.offset(StateWord.el), imm: Int8(level), w: false)
    return x86.jump(.b)
  }
  /// The jump is taken if a word is not this.
  private func guardWord(_ word: Int, _ value: Int8) -> JumpSite {
    x86.alu(.cmp, .bx, Self.offset(word), imm: value, w: false)
    return x86.jump(.ne)
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
    if isBanked { sites.append(guardWord(StateWord.spSel, 1)) }
    if d != .ax { x86.load(d, .bx, Self.offset(word)) }
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
    x86.load(.ax, .bx, Self.offset(ContextWord.sliceEnd))
    x86.alu(.sub, .ax, .r15, w: true)
    x86.alu(.sub, .ax, imm: Int32(count - k - 1), w: true)
    x86.shift(.shr, .ax, UInt8(Clock.nanosecondsPerTick.trailingZeroBitCount), w: true)
    if isVirtual {
      x86.alu(.sub, .ax, .bx, Self.offset(ContextWord.virtualCounterOffset), w: true)
    }
    if d != .ax { x86.mov(d, .ax) }
    commit(o.rd)
    finish(k, sites, spill)
  }

  /// MSR DAIFSet of A, I and F above EL0: what is masked more cannot let an interrupt in. DAIFClr by its body.
  func emitMoveToPSTATE(_ k: Int, _ o: Operation) {
    if o.rn == 3, o.rm == 7 { return callBody(k) }
    guard o.rn == 3, o.rm == 6, o.immediate & ~0b0111 == 0 else { return step(k) }
    let spill = dirtyRegisters()
    var sites = Sites()
    sites.append(guardLevel(atLeast: 1))
    x86.load(.ax, .bx, Self.offset(StateWord.daif))
    x86.alu(.or, .ax, imm: Int32(o.immediate << 6), w: true)
    x86.store(.ax, .bx, Self.offset(StateWord.daif))
    finish(k, sites, spill)
  }

  /// DC and IC by address, as `Core.isMaintainedAtOnce` has them.
  func emitSystemInstruction(_ k: Int, _ o: Operation) {
    guard let maintenance = QuickMaintenance(o.extra), o.rn < CoreState.zeroRegister else {
      return step(k)
    }
    let x = use(o.rn)
    let spill = dirtyRegisters()
    var sites = Sites()
    sites.append(guardZero(ContextWord.isMaintenanceTrapped))
    x86.mov(.ax, x)
    switch maintenance {
    case .zeroBlock:
      x86.alu(.and, .ax, imm: -64, w: true)
      sites.append(lookUpAligned(64, read: false, write: true))
      x86.pxor(.xmm0, .xmm0)
      x86.mov(.cx, imm: 0)
      for offset: Int32 in [0, 16, 32, 48] { x86.movups(.ax, .cx, offset, .xmm0) }
    case .clean: sites.append(lookUpAligned(1, read: true, write: false))
    }
    finish(k, sites, spill)
  }

  /// An operation by its body, without the loop (`Core.executeBody`); a step where that does nothing.
  func callBody(_ k: Int) {
    writeBack()
    forgetRegisters()
    x86.load(.di, .bx, Self.offset(ContextWord.core))
    x86.mov(.si, imm: UInt64(page.operationAddress(first + k)))
    x86.lea(.dx, .r15, Int32(count - k - 1))
    x86.callMemory(.bx, Self.offset(ContextWord.body))
    x86.test(.ax, .ax, w: false)
    finish(k, Sites(x86.jump(.ne)), CachedRegisters())
  }

  /// FP and Advanced SIMD: the body that the interpreter calls too. Where it throws, the step behind it
  /// does so again, and takes the exception.
  func callVector(_ k: Int, _ o: Operation) {
    writeBack()
    forgetRegisters()
    var sites = Sites()
    sites.append(guardZero(ContextWord.isFloatingPointTrapped))
    x86.load(.di, .bx, Self.offset(ContextWord.core))
    x86.mov(.si, imm: UInt64(page.operationAddress(first + k)))
    x86.callMemory(.bx, Self.offset(ContextWord.vector))
    x86.test(.ax, .ax, w: false)
    sites.append(x86.jump(.ne))
    finish(k, sites, CachedRegisters())
  }
}
