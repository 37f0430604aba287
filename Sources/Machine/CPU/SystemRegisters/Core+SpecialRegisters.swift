// Registers that are views of something else, or have a rule of their own: PSTATE fields, stack
// pointers, identification that EL2 can replace, ISR_EL1, DISR_EL1, and debug locks.

import Arm

extension Core {
  /// Reads a register whose row is `special`.
  func readSpecialRegister(_ register: SystemRegister) throws(GuestException) -> UInt64 {
    switch register {
    case .midrEL1:
      return state.el == 1 && isEL2Enabled ? state[.vpidrEL2] : IdentificationRegisters.midr
    case .mpidrEL1:
      return state.el == 1 && isEL2Enabled
        ? state[.vmpidrEL2] : IdentificationRegisters.mpidr(index)
    case .dczidEL0:
      // DZP says whether DC ZVA would trap here.
      return IdentificationRegisters.zeroBlockSizeLog2Words | (isZeroBlockProhibited ? 1 << 4 : 0)
    case .ccsidrEL1:
      let selected = Int(state[.csselrEL1])
      let values = IdentificationRegisters.ccsidr
      return values.indices.contains(selected) ? values[selected] : 0
    case .isrEL1: return interruptStatus
    case .disrEL1: return deferredErrorRegister.map { state[$0] } ?? 0

    case .nzcv: return flags
    case .daif: return state.daif
    case .currentEL: return state.el << 2
    case .spSel: return state.spSel
    case .pan: return state.pan << 22
    case .uao: return state.uao << 23
    case .ssbs: return state.ssbs << 12
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
    case .daif: state.daif = value & 0x3C0
    case .spSel: selectStackPointer(value & 1)
    case .pan: state.pan = value >> 22 & 1
    case .uao: state.uao = value >> 23 & 1
    case .ssbs: state.ssbs = value >> 12 & 1
    case .spEL0:
      if state.spSel == 0 { throw .undefined }
      state[bankedSP: 0] = value
    case .spEL1: state[bankedSP: 1] = value
    case .spEL2: state[bankedSP: 2] = value

    case .oslarEL1:
      state[.oslsrEL1] = state[.oslsrEL1] & ~2 | (value & 1) << 1
    case .mdscrEL1:
      // SS TDCC KDE MDE; while the OS lock is locked also what it saves of EDSCR: ERR HDE SC2 TDA
      // INTdis TXU RXO TXfull RXfull. Arm ARM D24.3, MDSCR_EL1.
      let saved: UInt64 = 0x6CE8_4040
      let mask: UInt64 = 0xB001 | (state[.oslsrEL1] & 2 != 0 ? saved : 0)
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
      (state.n >> 63) << 31 | (state.z == 0 ? 1 << 30 : 0) | (state.c & 1) << 29
        | (state.v >> 63) << 28
    }
    set {
      state.n = newValue << 32
      state.z = newValue & 1 << 30 != 0 ? 0 : 1
      state.c = newValue >> 29 & 1
      state.v = newValue << 35
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
      state.daif |= (immediate & 0xF) << 6
      if immediate & 8 != 0 { contextChanged(.debug) }
    case (3, 7):
      state.daif &= ~((immediate & 0xF) << 6)
      contextChanged(immediate & 8 != 0 ? [.interruptMask, .debug] : .interruptMask)
    default: throw .undefined
    }
  }

  // MARK: Rules

  /// Whether DC ZVA would trap at the current level. Arm ARM D24.2, DCZID_EL0.DZP.
  private var isZeroBlockProhibited: Bool {
    let level = exceptionLevel
    if level == .el0,
      state[isHost ? .sctlrEL2 : .sctlrEL1] & SystemControl.dze.mask == 0
    {
      return true
    }
    return level <= .el1 && isEL2Enabled && !isHost
      && state[.hcrEL2] & HypervisorConfiguration.tdz.mask != 0
  }

  /// What DISR_EL1 names here, nil where it reads as zero and ignores writes. Arm ARM D24.9.
  private var deferredErrorRegister: SystemRegister? {
    if state.el == 1, isEL2Enabled,
      state[.hcrEL2] & HypervisorConfiguration.amo.mask != 0
    {
      return .vdisrEL2
    }
    if state.el < 3, state[.scrEL3] & SecureConfiguration.ea.mask != 0 { return nil }
    return .disrEL1
  }

  /// ISR_EL1: A, I and F say what is pending; at EL1 of a guest the virtual interrupts that replace
  /// the physical ones. Arm ARM D24.2, ISR_EL1.
  private var interruptStatus: UInt64 {
    typealias HCR = HypervisorConfiguration
    let signals = board.gic.signals(core: index, interruptView)
    var irq = signals.irq
    var fiq = signals.fiq
    var serror = state.pendingError != 0
    if state.el == 1, isEL2Enabled {
      let hcr = HCR(rawValue: state[.hcrEL2])
      if hcr.isSet(HCR.imo) { irq = signals.virtualIRQ || hcr.isSet(HCR.vi) }
      if hcr.isSet(HCR.fmo) { fiq = signals.virtualFIQ || hcr.isSet(HCR.vf) }
      if hcr.isSet(HCR.amo) { serror = hcr.isSet(HCR.vse) }
    }
    return (serror ? 1 << 8 : 0) | (irq ? 1 << 7 : 0) | (fiq ? 1 << 6 : 0)
  }
}
