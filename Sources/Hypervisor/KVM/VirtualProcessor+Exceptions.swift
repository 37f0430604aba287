// Exceptions that the hypervisor gives a guest: what the PE would do to take one to EL1, done on
// the register block. The vCPU's registers are not loaded. Arm ARM D1.4.2 (AArch64.TakeException).

import Arm

extension VirtualProcessor {
  /// Takes a synchronous exception to EL1.
  func takeException(_ syndrome: Syndrome, address: UInt64?) {
    let origin = ProcessState(rawValue: registers[.pstate])
    registers[.elrEL1] = registers[.pc]
    registers[.spsrEL1] = origin.rawValue
    registers[.esrEL1] = syndrome.rawValue
    if let address { registers[.farEL1] = address }
    registers[.pc] =
      registers[.vbarEL1] & ~(VectorTable.size - 1)
      &+ VectorTable.offset(.synchronous, from: origin, to: .el1)
    registers[.pstate] =
      ExceptionEntry.processState(
        from: origin, to: .el1, sctlr: SystemControl(rawValue: registers[.sctlrEL1]),
        hcr: HypervisorConfiguration(rawValue: registers[.hcrEL2])
      ).rawValue
  }

  /// An instruction that does not exist here.
  func injectUndefined() {
    takeException(Syndrome(.unknown, iss: 0), address: nil)
  }

  /// A synchronous external abort; `syndrome` brings FSC, FnV, EA, SET, WnR and CM.
  func injectExternalAbort(isInstruction: Bool, address: UInt64, syndrome: Syndrome) {
    let fromEL0 = ProcessState(rawValue: registers[.pstate]).exceptionLevel == .el0
    let exceptionClass: ExceptionClass =
      isInstruction
      ? (fromEL0 ? .instructionAbortLower : .instructionAbortSame)
      : (fromEL0 ? .dataAbortLower : .dataAbortSame)
    takeException(
      Syndrome(exceptionClass, iss: syndrome[Syndrome.iss]), address: address)
  }
}
