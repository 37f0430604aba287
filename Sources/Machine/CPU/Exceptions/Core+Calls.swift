// Exception-generating instructions and hints: SVC, HVC, SMC, BRK, WFI, WFE, SEV.

import Arm

extension Core {
  /// SVC. EC 0x15.
  func supervisorCallException(_ immediate: UInt64) -> GuestException {
    GuestException(.supervisorCall, syndrome: 0x15 << 26 | 1 << 25 | immediate)
  }

  /// HVC. EC 0x16; UNDEFINED at EL0, without EL2, and when SCR_EL3.HCE is 0.
  func hypervisorCallException(_ immediate: UInt64) -> GuestException {
    let level = exceptionLevel
    if level == .el0 || state[.scrEL3] & 1 << 8 == 0 || (level == .el1 && !isEL2Enabled) {
      return .undefined
    }
    return GuestException(.hypervisorCall, syndrome: 0x16 << 26 | 1 << 25 | immediate)
  }

  /// SMC. EC 0x17; trapped to EL2 by HCR_EL2.TSC, UNDEFINED at EL0 and when SCR_EL3.SMD is 1.
  func secureMonitorCallException(_ immediate: UInt64) -> GuestException {
    let syndrome: UInt64 = 0x17 << 26 | 1 << 25 | immediate
    let level = exceptionLevel
    if level == .el0 { return .undefined }
    if level == .el1, isEL2Enabled, state[.hcrEL2] & 1 << 19 != 0 {
      return GuestException(.trap, syndrome: syndrome, target: .el2)
    }
    if state[.scrEL3] & 1 << 7 != 0, level != .el3 { return .undefined }
    return GuestException(.secureMonitorCall, syndrome: syndrome)
  }

  /// BRK. EC 0x3C.
  func breakpointException(_ immediate: UInt64) -> GuestException {
    GuestException(.debug, syndrome: 0x3C << 26 | 1 << 25 | immediate)
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
    let signals = board.gic.signals(core: index, interruptView)
    if signals.irq || signals.fiq || signals.virtualIRQ || signals.virtualFIQ { return false }
    if state.pendingError != 0 || isVirtualErrorPending { return false }
    try checkWaitTraps(sctlr: 1 << 16, hcr: 1 << 13, scr: 1 << 12, isEvent: 0)
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
    try checkWaitTraps(sctlr: 1 << 18, hcr: 1 << 14, scr: 1 << 13, isEvent: 1)
    state.waiting = 2
    pendingEffects.insert(.interruptMask)
    return true
  }

  private func checkWaitTraps(
    sctlr: UInt64, hcr: UInt64, scr: UInt64, isEvent: UInt64
  )
    throws(GuestException)
  {
    // CV 1, COND 0b1110.
    let syndrome: UInt64 = 0x01 << 26 | 1 << 25 | 1 << 24 | 0xE << 20 | isEvent
    let level = exceptionLevel
    if level == .el0, state[isHost ? .sctlrEL2 : .sctlrEL1] & sctlr == 0 {
      throw GuestException(.trap, syndrome: syndrome, target: isTGE ? .el2 : .el1)
    }
    if level <= .el1, isEL2Enabled, !isHost, state[.hcrEL2] & hcr != 0 {
      throw GuestException(.trap, syndrome: syndrome, target: .el2)
    }
    if level <= .el2, state[.scrEL3] & scr != 0 {
      throw GuestException(.trap, syndrome: syndrome, target: .el3)
    }
  }
}
