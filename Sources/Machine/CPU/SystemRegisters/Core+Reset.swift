// Reset values.

import Arm

extension Core {
  /// The state after a cold reset: general and vector registers zero, the program counter at
  /// RVBAR_EL3, system registers as `resetSystemRegisters` says. Instructions go on counting.
  public func resetState() {
    let instructions = state.instructions
    for word in 0..<CoreState.systemRegisters { state[word: word] = 0 }
    state.instructions = instructions
    resetSystemRegisters()
  }

  /// Gives PSTATE and every stored system register its value after a cold reset, as QEMU's
  /// neoverse-n1 with EL3 has it: EL3h, everything masked, Secure.
  ///
  /// The program counter and the general registers are the caller's. Registers that live in
  /// the GIC, the timers and the error nodes are reset with those.
  public func resetSystemRegisters() {
    for register in SystemRegister.allCases { state[register] = 0 }
    for row in SystemRegisterTable.shared.rows where row.kind == .stored && !row.needsE2H {
      state[row.register] = row.reset
    }
    state[.pmcrEL0] = PerformanceMonitors.control
    state[.vmpidrEL2] = IdentificationRegisters.mpidr(index)
    state.el = 3
    state.spSel = 1
    state.daif = ProcessState.daif.mask
    state.pan = 0
    state.uao = 0
    state.ssbs = 0
    state.il = 0
    state.ss = 0
    flags = ProcessState.z.mask
    contextChanged([
      .translation, .privilege, .interruptMask, .floatingPoint, .timers, .debug,
    ])
  }
}
