// Registers that are views of something else, or have a rule of their own: PSTATE fields, stack
// pointers, identification that EL2 can replace, ISR_EL1, DISR_EL1, and debug locks.

import Arm

extension Core {
  /// Reads a register whose row is `special`.
  func readSpecialRegister(_ register: SystemRegister) throws(GuestException) -> UInt64 {
    switch register {
    case .midrEL1:
      return state.el == 1 && isEL2Enabled
        ? state[.vpidrEL2] : IdentificationRegisters.midr.rawValue
    case .mpidrEL1:
      return state.el == 1 && isEL2Enabled
        ? state[.vmpidrEL2] : IdentificationRegisters.mpidr(index)
    case .dczidEL0:
      // DZP says whether DC ZVA would trap here.
      return IdentificationRegisters.zeroBlock.with(
        ZeroBlockIdentification.dzp, isZeroBlockProhibited ? 1 : 0
      ).rawValue
    case .ccsidrEL1:
      let selected = Int(state[.csselrEL1])
      let values = IdentificationRegisters.ccsidr
      return values.indices.contains(selected) ? values[selected] : 0
    case .isrEL1: return interruptStatus
    case .disrEL1: return deferredErrorRegister.map { state[$0] } ?? 0

    case .nzcv: return flags
    case .daif: return state.daif
    case .currentEL: return ProcessState(rawValue: 0).with(ProcessState.el, state.el).rawValue
    case .spSel: return state.spSel
    case .pan: return ProcessState(rawValue: 0).with(ProcessState.pan, state.pan).rawValue
    case .uao: return ProcessState(rawValue: 0).with(ProcessState.uao, state.uao).rawValue
    case .ssbs: return ProcessState(rawValue: 0).with(ProcessState.ssbs, state.ssbs).rawValue
    case .spEL0:
      if state.spSel == 0 { throw .undefined }
      return state[bankedSP: 0]
    case .spEL1: return state[bankedSP: 1]
    case .spEL2: return state[bankedSP: 2]

    case .mdscrEL1: return state[.mdscrEL1]
    // Every tag bit exists.
    case .dbgclaimsetEL1: return 0xFF
    case .dbgclaimclrEL1: return state[.dbgclaimclrEL1]
    default: return 0
    }
  }

  /// Writes a register whose row is `special`.
  func writeSpecialRegister(
    _ register: SystemRegister, _ value: UInt64
  ) throws(GuestException) {
    switch register {
    case .disrEL1: if let register = deferredErrorRegister { state[register] = value }
    case .nzcv: flags = value
    case .daif: state.daif = value & ProcessState.daif.mask
    case .spSel: selectStackPointer(ProcessState(rawValue: value)[ProcessState.sp])
    case .pan: state.pan = ProcessState(rawValue: value)[ProcessState.pan]
    case .uao: state.uao = ProcessState(rawValue: value)[ProcessState.uao]
    case .ssbs: state.ssbs = ProcessState(rawValue: value)[ProcessState.ssbs]
    case .spEL0:
      if state.spSel == 0 { throw .undefined }
      state[bankedSP: 0] = value
    case .spEL1: state[bankedSP: 1] = value
    case .spEL2: state[bankedSP: 2] = value

    case .oslarEL1:
      // OSLAR_EL1.OSLK is bit 0.
      state[.oslsrEL1] =
        OSLockStatus(rawValue: state[.oslsrEL1]).with(OSLockStatus.oslk, value).rawValue
    case .mdscrEL1:
      // While the OS lock is locked also what it saves of EDSCR. Arm ARM D24.3, MDSCR_EL1.
      typealias MDSCR = MonitorDebugSystemControl
      var mask = (MDSCR.ss | MDSCR.tdcc | MDSCR.kde | MDSCR.mde).mask
      if state.isOSLocked {
        mask |=
          (MDSCR.err | MDSCR.hde | MDSCR.sc2 | MDSCR.tda | MDSCR.intdis | MDSCR.txu | MDSCR.rxo
          | MDSCR.txfull | MDSCR.rxfull).mask
      }
      state[.mdscrEL1] = state[.mdscrEL1] & ~mask | value & mask
    case .dbgclaimsetEL1: state[.dbgclaimclrEL1] |= value & 0xFF
    case .dbgclaimclrEL1: state[.dbgclaimclrEL1] &= ~value
    default: break
    }
  }

  // MARK: PSTATE

  /// PSTATE.{N,Z,C,V} at bits 31:28, as NZCV and SPSR_ELx have them.
  var flags: UInt64 {
    get {
      (state.n >> 63) << UInt64(ProcessState.n.low) | (state.z == 0 ? ProcessState.z.mask : 0)
        | (state.c & 1) << UInt64(ProcessState.c.low)
        | (state.v >> 63) << UInt64(ProcessState.v.low)
    }
    set {
      state.n = newValue << (63 - UInt64(ProcessState.n.low))
      state.z = newValue & ProcessState.z.mask != 0 ? 0 : 1
      state.c = newValue >> UInt64(ProcessState.c.low) & 1
      state.v = newValue << (63 - UInt64(ProcessState.v.low))
    }
  }

  /// Sets PSTATE.SP, and swaps the stack pointers when it changes.
  func selectStackPointer(_ selection: UInt64) {
    guard selection != state.spSel else { return }
    let level = Int(state.el)
    if level != 0 {
      state[bankedSP: state.spSel == 0 ? 0 : level] = state[x: 31]
      state[x: 31] = state[bankedSP: selection == 0 ? 0 : level]
    }
    state.spSel = selection
  }

  /// MSR (immediate): SPSel, DAIFSet, DAIFClr, UAO, PAN, SSBS. Arm ARM C6.2.
  func writePSTATEImmediate(
    op1: UInt8, op2: UInt8, _ immediate: UInt64
  ) throws(GuestException) {
    switch (op1, op2) {
    case (0, 3), (0, 4), (0, 5): if state.el == 0 { throw .undefined }
    case (3, 6), (3, 7):
      // PSTATE has the encoding op0 = 0, CRn = 4, CRm = the immediate, Rt = 31.
      let encoding = SystemRegisterEncoding(
        0, op1, 4, UInt8(truncatingIfNeeded: immediate), op2)
      if state.el == 0 {
        try checkTraps(.uma, encoding.rawValue, rt: 31, isRead: false)
      }
    default: break
    }
    switch (op1, op2) {
    case (0, 3):
      state.uao = immediate & 1
      contextChanged(.privilege)
    case (0, 4):
      state.pan = immediate & 1
      contextChanged(.privilege)
    case (0, 5):
      selectStackPointer(immediate & 1)
      contextChanged(.privilege)
    case (3, 1): state.ssbs = immediate & 1
    case (3, 6):
      // Nothing becomes takeable by setting masks, but software step may end.
      state.daif |= (immediate & 0xF) << UInt64(ProcessState.daif.low)
      if immediate & 8 != 0 { contextChanged(.debug) }
    case (3, 7):
      state.daif &= ~((immediate & 0xF) << UInt64(ProcessState.daif.low))
      contextChanged(immediate & 8 != 0 ? [.interruptMask, .debug] : .interruptMask)
    default: throw .undefined
    }
  }

  // MARK: Rules

  /// Whether DC ZVA would trap at the current level. Arm ARM D24.2, DCZID_EL0.DZP.
  private var isZeroBlockProhibited: Bool {
    let level = exceptionLevel
    if level == .el0,
      !state.systemControl(isHost ? .sctlrEL2 : .sctlrEL1).isSet(SystemControl.dze)
    {
      return true
    }
    return level <= .el1 && isEL2Enabled && !isHost
      && state.hcr.isSet(HypervisorConfiguration.tdz)
  }

  /// What DISR_EL1 names here, nil where it reads as zero and ignores writes. Arm ARM D24.9.
  private var deferredErrorRegister: SystemRegister? {
    if state.el == 1, isEL2Enabled, state.hcr.isSet(HypervisorConfiguration.amo) {
      return .vdisrEL2
    }
    if state.el < 3, state.scr.isSet(SecureConfiguration.ea) { return nil }
    return .disrEL1
  }

  /// ISR_EL1: A, I and F say what is pending; at EL1 of a guest the virtual interrupts that replace
  /// the physical ones. Arm ARM D24.2, ISR_EL1.
  private var interruptStatus: UInt64 {
    typealias HCR = HypervisorConfiguration
    let signals = gic.signals(core: index, interruptView)
    var irq = signals.irq
    var fiq = signals.fiq
    var serror = state.pendingError != 0
    if state.el == 1, isEL2Enabled {
      let hcr = state.hcr
      if hcr.isSet(HCR.imo) { irq = signals.virtualIRQ || hcr.isSet(HCR.vi) }
      if hcr.isSet(HCR.fmo) { fiq = signals.virtualFIQ || hcr.isSet(HCR.vf) }
      if hcr.isSet(HCR.amo) { serror = hcr.isSet(HCR.vse) }
    }
    // As the masks of PSTATE.
    return (serror ? ProcessState.a.mask : 0) | (irq ? ProcessState.i.mask : 0)
      | (fiq ? ProcessState.f.mask : 0)
  }
}
