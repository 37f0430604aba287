// Exception-generating instructions and hints: SVC, HVC, SMC, BRK, WFI, WFE, SEV.

import Arm

extension Core {
  /// SVC. EC 0x15.
  func supervisorCallException(_ immediate: UInt64) -> GuestException {
    GuestException(.supervisorCall, Syndrome(.svc, iss: immediate))
  }

  /// HVC. EC 0x16; UNDEFINED at EL0, without EL2, and when SCR_EL3.HCE is 0.
  func hypervisorCallException(_ immediate: UInt64) -> GuestException {
    let level = exceptionLevel
    if level == .el0 || !state.scr.isSet(SecureConfiguration.hce)
      || (level == .el1 && !isEL2Enabled)
    {
      return .undefined
    }
    return GuestException(.hypervisorCall, Syndrome(.hvc, iss: immediate))
  }

  /// SMC. EC 0x17; trapped to EL2 by HCR_EL2.TSC, UNDEFINED at EL0 and when SCR_EL3.SMD is 1.
  func secureMonitorCallException(_ immediate: UInt64) -> GuestException {
    let syndrome = Syndrome(.smc, iss: immediate)
    let level = exceptionLevel
    if level == .el0 { return .undefined }
    if level == .el1, isEL2Enabled, state.hcr.isSet(HypervisorConfiguration.tsc) {
      return GuestException(.trap, syndrome, target: .el2)
    }
    if state.scr.isSet(SecureConfiguration.smd), level != .el3 { return .undefined }
    return GuestException(.secureMonitorCall, syndrome)
  }

  /// BRK. EC 0x3C.
  func breakpointException(_ immediate: UInt64) -> GuestException {
    GuestException(.debug, Syndrome(.brk, iss: immediate))
  }

  /// The hints and barriers that change state; the others do nothing here, where every access is
  /// observed at once.
  func executeHint(_ opcode: Opcode) {
    switch opcode {
    case .clearExclusive: state.exclusiveSize = 0
    case .sendEvent: for core in board.cores { core.receiveEvent() }
    case .sendEventLocal: state.eventRegister = 1
    default: break
    }
  }

  /// SEV from any core.
  private func receiveEvent() {
    state.eventRegister = 1
    if state.waiting == 2 { state.waiting = 0 }
  }

  /// WFI. True when the core stops executing. EC 0x01, TI 0b00.
  func waitForInterrupt() throws(GuestException) -> Bool {
    let signals = gic.signals(core: index, interruptView)
    if signals.irq || signals.fiq || signals.virtualIRQ || signals.virtualFIQ { return false }
    if state.pendingError != 0 || isVirtualErrorPending { return false }
    try checkWaitTraps(
      sctlr: SystemControl.ntwi, hcr: HypervisorConfiguration.twi, scr: SecureConfiguration.twi,
      ti: 0)
    state.waiting = 1
    pendingEffects.insert(.interruptMask)
    return true
  }

  /// WFE. True when the core stops executing. EC 0x01, TI 0b01.
  func waitForEvent() throws(GuestException) -> Bool {
    if state.eventRegister != 0 {
      state.eventRegister = 0
      return false
    }
    try checkWaitTraps(
      sctlr: SystemControl.ntwe, hcr: HypervisorConfiguration.twe, scr: SecureConfiguration.twe,
      ti: 1)
    state.waiting = 2
    pendingEffects.insert(.interruptMask)
    return true
  }

  private func checkWaitTraps(
    sctlr: Field, hcr: Field, scr: Field, ti: UInt8
  ) throws(GuestException) {
    let syndrome = Syndrome.waitFor(ti: ti)
    let level = exceptionLevel
    if level == .el0, !state.systemControl(isHost ? .sctlrEL2 : .sctlrEL1).isSet(sctlr) {
      throw GuestException(.trap, syndrome, target: isTGE ? .el2 : .el1)
    }
    if level <= .el1, isEL2Enabled, !isHost, state.hcr.isSet(hcr) {
      throw GuestException(.trap, syndrome, target: .el2)
    }
    if level <= .el2, state.scr.isSet(scr) {
      throw GuestException(.trap, syndrome, target: .el3)
    }
  }
}
