// What PSTATE becomes when an exception is taken to AArch64 state: one function for all software that
// makes an entry by hand: the firmware, the hypervisor and the VMM. The simulated hardware keeps the
// fields of PSTATE apart and changes them one by one, on a hot path (Core.enterException in Machine);
// ExternalAbortEntryTests puts the two beside each other.

/// Exception entry. Arm ARM D1.4.2 (AArch64.TakeException).
public enum ExceptionEntry {
  /// PSTATE after entry to `target` from `origin`. `sctlr` and `hcr` are SCTLR_ELx of the target
  /// and HCR_EL2. Flags (and DIT, which this architecture version lacks) are kept.
  @inlinable public static func processState(
    from origin: ProcessState, to target: ExceptionLevel, sctlr: SystemControl,
    hcr: HypervisorConfiguration
  ) -> ProcessState {
    var result = origin.only(
      ProcessState.n | ProcessState.z | ProcessState.c | ProcessState.v | ProcessState.dit
        | ProcessState.pan)
    result.rawValue |= ProcessState(level: target).rawValue
    if !sctlr.isSet(SystemControl.span) && (target == .el1 || target == .el2 && hcr.isHost) {
      result[ProcessState.pan] = 1
    }
    result[ProcessState.ssbs] = sctlr[SystemControl.dssbs]
    return result
  }
}
