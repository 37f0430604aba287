// Virtual SErrors: what HCR_EL2.VSE makes pending for a guest, taken or deferred by ESB with the
// syndrome of VSESR_EL2. Arm ARM D1.4.6, D20.6 (FEAT_RAS). The physical ones are in
// Core+PhysicalError.swift.

import Arm

extension Core {
  /// Whether a virtual SError is pending for the current level, masked or not.
  var isVirtualErrorPending: Bool {
    typealias HCR = HypervisorConfiguration
    let hcr = HCR(rawValue: state[.hcrEL2])
    return hcr.isSet(HCR.vse) && hcr.isSet(HCR.amo) && !hcr.isSet(HCR.tge) && isEL2Enabled
      && exceptionLevel <= .el1
  }

  /// Takes the pending virtual SError; it is pending no more.
  func takeVirtualError() {
    let source = exceptionLevel
    let syndrome = Syndrome.virtualSError(vsesr: state[.vsesrEL2])
    let preferredReturn = state.pc
    state[.hcrEL2] &= ~HypervisorConfiguration.vse.mask
    state[.esrEL1] = syndrome.rawValue
    enterException(.el1, offset: VectorTable.Entry.serror.rawValue, preferredReturn: state.pc)
    board.log(
      .exceptionTaken(
        TakenException(
          cause: .virtualSError, source: source, target: .el1, vector: VirtualAddress(state.pc),
          syndrome: syndrome, returnAddress: VirtualAddress(preferredReturn))),
      core: self)
    synchronizeErrors(atEntryTo: .el1)
  }

  /// What ESB does to a virtual SError: one that PSTATE.A masks is deferred into VDISR_EL2. One that
  /// is not masked has been taken before the instruction.
  func deferVirtualError() {
    guard isVirtualErrorPending, state.daif & ProcessState.a.mask != 0 else { return }
    let value = DeferredError(deferringVirtual: state[.vsesrEL2])
    state[.vdisrEL2] = value.rawValue
    state[.hcrEL2] &= ~HypervisorConfiguration.vse.mask
    board.log(.errorDeferred(value, isVirtual: true), core: self)
  }
}
