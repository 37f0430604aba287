// Asynchronous exceptions: which of the pending ones is taken now. Arm ARM D1.4.6.5.
//
// Their priority is IMPLEMENTATION DEFINED. Here a physical SError comes first: a core that has met an
// error does nothing else before somebody has looked at it. Then FIQ, IRQ, virtual FIQ, virtual IRQ
// and virtual SError, as in QEMU.

import Arm

extension Core {
  /// Where physical interrupts of a kind go.
  private func interruptTarget(_ kind: InterruptKind) -> ExceptionLevel {
    if state.scr.isSet(kind.scr) { return .el3 }
    if isEL2Enabled, exceptionLevel <= .el2, isTGE || state.hcr.isSet(kind.hcr) { return .el2 }
    return exceptionLevel == .el3 ? .el3 : exceptionLevel == .el2 ? .el2 : .el1
  }

  /// Whether an interrupt to `target` is taken now.
  private func isTaken(_ kind: InterruptKind, to target: ExceptionLevel) -> Bool {
    let level = exceptionLevel
    let isMasked = state.daif & kind.mask.mask != 0
    if target < level { return false }
    if target > level {
      if target == .el3 { return true }
      if target == .el2 { return isHost ? !isMasked : true }
      return !isMasked
    }
    // At EL3 or EL2 an interrupt that is not routed there stays pending.
    if level == .el3, !state.scr.isSet(kind.scr) { return false }
    if level == .el2, !isTGE, !state.hcr.isSet(kind.hcr) { return false }
    return !isMasked
  }

  /// Whether anything could be taken if it were not masked.
  var isInterruptPending: Bool {
    gic.attention &>> UInt64(index) & 1 != 0 || pendingInterrupts.isAny
  }

  /// What is pending, masked or not.
  private var pendingInterrupts: PendingInterrupts {
    let signals = gic.signals(core: index, interruptView)
    typealias HCR = HypervisorConfiguration
    let hcr = isEL2Enabled ? state.hcr : HCR(rawValue: 0)
    let isVirtualPossible = isEL2Enabled && !isTGE && exceptionLevel <= .el1
    return PendingInterrupts(
      irq: signals.irq, fiq: signals.fiq,
      virtualIRQ: isVirtualPossible && hcr.isSet(HCR.imo)
        && (hcr.isSet(HCR.vi) || signals.virtualIRQ),
      virtualFIQ: isVirtualPossible && hcr.isSet(HCR.fmo)
        && (hcr.isSet(HCR.vf) || signals.virtualFIQ),
      virtualError: isVirtualErrorPending, physicalError: state.pendingError != 0)
  }

  /// Takes the pending interrupt of the highest priority that is not masked, if any, and ends a
  /// wait that an interrupt ends.
  func takePendingInterrupt() {
    gic.attention &= ~(1 << UInt64(index))
    let pending = pendingInterrupts
    guard pending.isAny else { return }
    state.waiting = 0
    if pending.physicalError, takePhysicalError(isImplicit: false) { return }
    if pending.fiq {
      let target = interruptTarget(.fiq)
      if isTaken(.fiq, to: target) { return takeInterrupt(.fiq, target) }
    }
    if pending.irq {
      let target = interruptTarget(.irq)
      if isTaken(.irq, to: target) { return takeInterrupt(.irq, target) }
    }
    if pending.virtualFIQ, state.daif & ProcessState.f.mask == 0 {
      return takeInterrupt(.fiq, .el1)
    }
    if pending.virtualIRQ, state.daif & ProcessState.i.mask == 0 {
      return takeInterrupt(.irq, .el1)
    }
    if pending.virtualError, state.daif & ProcessState.a.mask == 0 { takeVirtualError() }
  }

  private func takeInterrupt(_ kind: InterruptKind, _ target: ExceptionLevel) {
    // EL3 takes interrupts for errors' sake alone: what it publishes is complete when it returns.
    if target == .el3 { noteFirmwareEntry(from: exceptionLevel, state.pc) }
    enterException(target, offset: kind.entry.rawValue, preferredReturn: state.pc)
    synchronizeErrors(atEntryTo: target)
  }
}

/// What waits to be taken by a core.
private struct PendingInterrupts {
  var irq: Bool
  var fiq: Bool
  var virtualIRQ: Bool
  var virtualFIQ: Bool
  var virtualError: Bool
  var physicalError: Bool

  var isAny: Bool { irq || fiq || virtualIRQ || virtualFIQ || virtualError || physicalError }
}

/// What tells IRQ and FIQ apart.
private enum InterruptKind {
  case irq
  case fiq

  /// SCR_EL3: to EL3.
  var scr: Field { self == .irq ? SecureConfiguration.irq : SecureConfiguration.fiq }
  /// HCR_EL2: to EL2.
  var hcr: Field { self == .irq ? HypervisorConfiguration.imo : HypervisorConfiguration.fmo }
  /// PSTATE: masked.
  var mask: Field { self == .irq ? ProcessState.i : ProcessState.f }
  /// Where it enters.
  var entry: VectorTable.Entry { self == .irq ? .irq : .fiq }
}
