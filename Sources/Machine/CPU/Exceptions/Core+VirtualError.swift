// Virtual SErrors: what HCR_EL2.VSE makes pending for a guest, taken or deferred by ESB with the
// syndrome of VSESR_EL2. Arm ARM D1.3.6.4, D19.4 (FEAT_RAS).
//
// This machine raises no physical SErrors, so an ESB has nothing else to synchronize.

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
    state[.hcrEL2] &= ~HypervisorConfiguration.vse.mask
    state[.esrEL1] = Syndrome.virtualSError(vsesr: state[.vsesrEL2]).rawValue
    enterException(.el1, offset: VectorTable.Entry.serror.rawValue, preferredReturn: state.pc)
  }

  /// ESB: defers a virtual SError that PSTATE.A masks into VDISR_EL2. One that is not masked has
  /// been taken before the instruction.
  @inline(never) func synchronizeErrors() {
    guard isVirtualErrorPending, state.daif & ProcessState.a.mask != 0 else { return }
    state[.vdisrEL2] =
      DeferredError(deferring: Syndrome.virtualSError(vsesr: state[.vsesrEL2])).rawValue
    state[.hcrEL2] &= ~HypervisorConfiguration.vse.mask
  }
}
