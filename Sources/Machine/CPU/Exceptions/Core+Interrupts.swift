// Asynchronous exceptions: which of the pending ones is taken now. Arm ARM D1.4.6.5.
//
// Their priority is IMPLEMENTATION DEFINED. Here a physical SError comes first: a core that has met an
// error does nothing else before somebody has looked at it. Then FIQ, IRQ, virtual FIQ, virtual IRQ
// and virtual SError, as in QEMU.

import Arm

extension Core {
  /// Where physical interrupts of a kind go, by its SCR_EL3 and HCR_EL2 bits.
  private func interruptTarget(scrBit: UInt64, hcrBit: UInt64) -> ExceptionLevel {
    if state[.scrEL3] & scrBit != 0 { return .el3 }
    if isEL2Enabled, exceptionLevel <= .el2, isTGE || state[.hcrEL2] & hcrBit != 0 { return .el2 }
    return exceptionLevel == .el3 ? .el3 : exceptionLevel == .el2 ? .el2 : .el1
  }

  /// Whether an interrupt to `target` is taken now, given its PSTATE mask bit.
  private func isTaken(
    to target: ExceptionLevel, mask: UInt64, scrBit: UInt64, hcrBit: UInt64
  ) -> Bool {
    let level = exceptionLevel
    if target < level { return false }
    if target > level {
      if target == .el3 { return true }
      if target == .el2 { return isHost ? state.daif & mask == 0 : true }
      return state.daif & mask == 0
    }
    // At EL3 or EL2 an interrupt that is not routed there stays pending.
    if level == .el3, state[.scrEL3] & scrBit == 0 { return false }
    if level == .el2, !isTGE, state[.hcrEL2] & hcrBit == 0 { return false }
    return state.daif & mask == 0
  }

  /// Takes the pending interrupt of the highest priority that is not masked, if any, and ends a
  /// wait that an interrupt ends.
  func takePendingInterrupt() {
    board.gic.attention &= ~(1 << UInt64(index))
    let signals = board.gic.signals(core: index, interruptView)
    let hcr = isEL2Enabled ? state[.hcrEL2] : 0
    let isVirtualIRQPending = hcr & 1 << 7 != 0 || signals.virtualIRQ
    let isVirtualFIQPending = hcr & 1 << 6 != 0 || signals.virtualFIQ
    let isVirtualPossible = isEL2Enabled && !isTGE && exceptionLevel <= .el1
    let irqIsVirtual = isVirtualPossible && hcr & 1 << 4 != 0 && isVirtualIRQPending
    let fiqIsVirtual = isVirtualPossible && hcr & 1 << 3 != 0 && isVirtualFIQPending
    let isErrorVirtual = isVirtualErrorPending
    let isErrorPending = state.pendingError != 0
    guard
      signals.irq || signals.fiq || irqIsVirtual || fiqIsVirtual || isErrorVirtual
        || isErrorPending
    else { return }
    state.waiting = 0
    if isErrorPending, takePhysicalError(isImplicit: false) { return }
    if signals.fiq {
      let target = interruptTarget(scrBit: 1 << 2, hcrBit: 1 << 3)
      if isTaken(to: target, mask: 1 << 6, scrBit: 1 << 2, hcrBit: 1 << 3) {
        return takeInterrupt(target, offset: 0x100)
      }
    }
    if signals.irq {
      let target = interruptTarget(scrBit: 1 << 1, hcrBit: 1 << 4)
      if isTaken(to: target, mask: 1 << 7, scrBit: 1 << 1, hcrBit: 1 << 4) {
        return takeInterrupt(target, offset: 0x80)
      }
    }
    if fiqIsVirtual, state.daif & 1 << 6 == 0 {
      return takeInterrupt(.el1, offset: 0x100)
    }
    if irqIsVirtual, state.daif & 1 << 7 == 0 {
      return takeInterrupt(.el1, offset: 0x80)
    }
    if isErrorVirtual, state.daif & 1 << 8 == 0 { takeVirtualError() }
  }

  private func takeInterrupt(_ target: ExceptionLevel, offset: UInt64) {
    enterException(target, offset: offset, preferredReturn: state.pc)
    synchronizeErrors(atEntryTo: target)
  }
}
