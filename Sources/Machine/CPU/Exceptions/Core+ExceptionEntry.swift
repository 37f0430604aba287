// Taking exceptions: the target, the syndrome registers, PSTATE, the vector. Arm ARM D1.4 and the
// pseudocode AArch64.TakeException. All of it AArch64: no level below EL3 is AArch32 here.

import Arm

extension Core {
  /// PSTATE as SPSR_ELx holds it. Arm ARM C5.2, SPSR_EL1.
  public var savedProgramStatus: UInt64 {
    typealias PSTATE = ProcessState
    var spsr = PSTATE(rawValue: flags | state.daif)
    spsr[PSTATE.el] = state.el
    spsr[PSTATE.sp] = state.spSel
    spsr[PSTATE.uao] = state.uao
    spsr[PSTATE.pan] = state.pan
    spsr[PSTATE.ss] = state.ss
    spsr[PSTATE.il] = state.il
    spsr[PSTATE.ssbs] = state.ssbs
    return spsr.rawValue
  }

  /// Where a synchronous exception goes.
  func route(_ exception: GuestException) -> ExceptionLevel {
    let level = exceptionLevel
    let isGeneral = level == .el0 && isTGE
    switch exception.kind {
    case .undefined, .fault, .supervisorCall, .systemError:
      return level == .el0 ? (isGeneral ? .el2 : .el1) : level
    case .trap:
      return exception.target == .el1 && isGeneral ? .el2 : exception.target
    case .hypervisorCall: return level == .el3 ? .el3 : .el2
    case .secureMonitorCall: return .el3
    case .stage2Fault: return .el2
    case .debug:
      if level <= .el1, areDebugExceptionsEL2s || isGeneral { return .el2 }
      return level == .el0 ? .el1 : level
    case .externalAbort:
      return ExternalAbortRouting.synchronousTarget(
        from: level, scr: state.scr, hcr: state.hcr, isStage2: exception.isStage2)
    }
  }

  /// Takes a synchronous exception raised by the instruction at `state.pc`.
  ///
  /// `operation` is the instruction, when it is known; stage 2 faults of simple loads and stores
  /// describe it in the syndrome.
  func takeException(_ exception: GuestException, operation: Operation? = nil) {
    if bus.hasEvents {
      board.collectBusEvents(
        core: self, faultAddress: exception.hasFaultAddress ? exception.faultAddress : nil)
    }
    // The instruction is abandoned; the SError that is pending now is taken at its address.
    if exception.kind == .systemError { return }
    let source = exceptionLevel
    let target = route(exception)
    let raised = Syndrome(rawValue: exception.syndrome)
    var syndrome = raised.taken(fromSameLevel: target == exceptionLevel).rawValue
    if exception.kind == .stage2Fault, raised.exceptionClass == .dataAbortLower,
      !raised.isSet(Syndrome.s1ptw), let operation
    {
      syndrome |= operation.instructionSyndrome
    }
    var preferredReturn = state.pc
    switch exception.kind {
    case .supervisorCall, .hypervisorCall, .secureMonitorCall: preferredReturn &+= 4
    // An instruction that did not complete has not been stepped (SSAdvance in Arm ARM J1.3).
    default: if isExecutingStep { state.ss = 1 }
    }
    switch target {
    case .el3:
      state[.esrEL3] = syndrome
      if exception.hasFaultAddress { state[.farEL3] = exception.faultAddress }
    case .el2:
      state[.esrEL2] = syndrome
      if exception.hasFaultAddress { state[.farEL2] = exception.faultAddress }
      // IPAValid in J1: an external abort reports no IPA, also on a stage 2 walk.
      if exception.hasIntermediateAddress, exception.kind != .externalAbort {
        state[.hpfarEL2] = HypervisorFaultAddress(exception.intermediateAddress).rawValue
      }
    default:
      state[.esrEL1] = syndrome
      if exception.hasFaultAddress { state[.farEL1] = exception.faultAddress }
    }
    let entry =
      exception.kind == .externalAbort
      ? VectorTable.externalAbortEntry(to: target, scr: state.scr) : .synchronous
    enterException(target, offset: entry.rawValue, preferredReturn: preferredReturn)
    if exception.kind == .externalAbort {
      board.log(
        .exceptionTaken(
          TakenException(
            cause: .abort, source: source, target: target, vector: VirtualAddress(state.pc),
            syndrome: Syndrome(rawValue: syndrome),
            faultAddress: VirtualAddress(exception.faultAddress),
            returnAddress: VirtualAddress(preferredReturn))),
        core: self)
      if target == .el3 { noteFirmwareEntry(from: source, preferredReturn) }
    }
    synchronizeErrors(atEntryTo: target)
  }

  /// Notes that an error brought the core to EL3; one that EL3 meets while it handles another is
  /// part of that.
  func noteFirmwareEntry(from source: ExceptionLevel, _ preferredReturn: UInt64) {
    if source != .el3 || errorReturnAddress == nil { errorReturnAddress = preferredReturn }
  }

  /// The part every exception entry shares: SPSR, ELR, PSTATE and the vector.
  ///
  /// `offset` is that of a `VectorTable.Entry`.
  func enterException(_ target: ExceptionLevel, offset: UInt64, preferredReturn: UInt64) {
    let spsr = savedProgramStatus
    let vector =
      target > exceptionLevel
      ? VectorTable.lowerAArch64 : state.spSel == 0 ? 0 : VectorTable.ownStack
    let base: UInt64
    let control: SystemControl
    switch target {
    case .el3:
      noteMonitorEntry(offset: offset, spsr: spsr, preferredReturn: preferredReturn)
      state[.spsrEL3] = spsr
      state[.elrEL3] = preferredReturn
      base = state[.vbarEL3]
      control = state.systemControl(.sctlrEL3)
    case .el2:
      state[.spsrEL2] = spsr
      state[.elrEL2] = preferredReturn
      base = state[.vbarEL2]
      control = state.systemControl(.sctlrEL2)
    default:
      state[.spsrEL1] = spsr
      state[.elrEL1] = preferredReturn
      base = state[.vbarEL1]
      control = state.systemControl(.sctlrEL1)
    }
    setLevel(target, spSel: 1)
    state.daif = ProcessState.daif.mask
    state.il = 0
    state.ss = 0
    state.steppedInstruction = 0
    // SCTLR_ELx.SPAN = 0 sets PAN on entry to EL1, or to EL2 of a host with TGE.
    if !control.isSet(SystemControl.span), target == .el1 || (target == .el2 && isHost) {
      state.pan = 1
    }
    state.uao = 0
    state.ssbs = control[SystemControl.dssbs]
    state.pc = base & ~(VectorTable.size - 1) | vector | offset
    pendingEffects.formUnion([.privilege, .interruptMask, .floatingPoint, .debug])
  }

  /// Changes PSTATE.{EL,SP}, banking the stack pointer.
  func setLevel(_ level: ExceptionLevel, spSel: UInt64) {
    if state[.pmcntensetEL0] != 0 { countEvents() }
    let old = state.spSel == 0 ? 0 : Int(state.el)
    let new = spSel == 0 ? 0 : Int(level.rawValue)
    if old != new {
      state[bankedSP: old] = state[x: 31]
      state[x: 31] = state[bankedSP: new]
    }
    state.el = UInt64(level.rawValue)
    state.spSel = spSel
  }

  /// Restores what of PSTATE an illegal exception return restores, too.
  private func restoreFlags(_ spsr: ProcessState) {
    state.n = spsr[ProcessState.n] << 63
    state.z = spsr[ProcessState.z] ^ 1
    state.c = spsr[ProcessState.c]
    state.v = spsr[ProcessState.v] << 63
    state.daif = spsr.rawValue & ProcessState.daif.mask
    state.pan = spsr[ProcessState.pan]
  }

  /// ERET. Arm ARM C6.2, ERET; AArch64.ExceptionReturn; IllegalExceptionReturn, D1.4.4.
  func returnFromException() throws(GuestException) {
    let level = exceptionLevel
    let saved: UInt64
    let address: UInt64
    switch level {
    case .el0: throw .undefined
    case .el1: (saved, address) = (state[.spsrEL1], state[.elrEL1])
    case .el2: (saved, address) = (state[.spsrEL2], state[.elrEL2])
    case .el3: (saved, address) = (state[.spsrEL3], state[.elrEL3])
    }
    let spsr = ProcessState(rawValue: saved)
    if takesErrorBeforeReturn(from: level) { return }
    state.exclusiveSize = 0
    state.eventRegister = 1
    // ERET may be the instruction that was stepped.
    if !isExecutingStep { state.steppedInstruction = 0 }
    let target = spsr.exceptionLevel
    let isIllegal =
      spsr.isAArch32 || spsr.isSet(ProcessState.m1) || target > level
      || (target == .el0 && spsr.usesOwnStack) || (target == .el2 && !isEL2Enabled)
      || (target == .el1 && isTGE)
    // DebugExceptionReturnSS: the step state follows SPSR.SS where debug exceptions are enabled
    // at the target and were not at the source.
    let wasDebuggable = areDebugExceptionsEnabled(at: level, daif: state.daif)
    restoreFlags(spsr)
    if isIllegal {
      // UAO and SSBS become UNKNOWN: they stay.
      state.il = 1
    } else {
      state.uao = spsr[ProcessState.uao]
      state.ssbs = spsr[ProcessState.ssbs]
      state.il = spsr[ProcessState.il]
      setLevel(target, spSel: spsr[ProcessState.sp])
    }
    let isDebuggable = areDebugExceptionsEnabled(at: exceptionLevel, daif: state.daif)
    let isStepEnabled = state.mdscr.isSet(MonitorDebugSystemControl.ss)
    state.ss = isStepEnabled && !wasDebuggable && isDebuggable ? spsr[ProcessState.ss] : 0
    state.pc = isIllegal ? address : canonicalBranchTarget(address)
    pendingEffects.formUnion([.privilege, .interruptMask, .floatingPoint, .debug])
    if level == .el3, state.el != 3 { noteMonitorReturn() }
  }

  /// Notes that EL3 has returned.
  private func noteMonitorReturn() {
    let delegation = takeDelegation()
    if let link = errorReturnAddress {
      errorReturnAddress = nil
      // A handler that is entered first has interrupted what would have been next.
      let entered = delegation?.entered
      board.logFirmwareReturn(
        core: self, from: link, at: entered?.interrupted.rawValue ?? state.pc,
        level: entered == nil
          ? exceptionLevel : ProcessState(rawValue: state[x: 3]).exceptionLevel)
    }
    if let delegation { board.logDelegation(delegation, core: self) }
  }

  /// AArch64.BranchAddr: with TBI the tag of a fetch address is replaced by copies of bit 55, or by
  /// zeros where there is one range.
  func canonicalBranchTarget(_ address: UInt64) -> UInt64 {
    let top = address >> 55
    if top == 0 { return address }
    let hasTwoRanges = exceptionLevel <= .el1 || (exceptionLevel == .el2 && isE2H)
    if hasTwoRanges, top == 0x1FF { return address }
    let control: UInt64
    switch exceptionLevel {
    case .el3: control = state[.tcrEL3]
    case .el2: control = state[.tcrEL2]
    case .el1: control = state[.tcrEL1]
    case .el0: control = isHost ? state[.tcrEL2] : state[.tcrEL1]
    }
    let isHigh = hasTwoRanges && address >> 55 & 1 == 1
    guard
      StageOneTranslation.ignoresTopByte(
        tcr: control, hasTwoRanges: hasTwoRanges, isUpper: isHigh)
    else { return address }
    return isHigh ? address | 0xFF << 56 : address & ~(0xFF << 56)
  }
}

extension Operation {
  /// ISV and what it validates (SAS, SSE, SRT, SF, AR), for the accesses that have one: loads and
  /// stores of one general register without write-back. Arm ARM D24.2, ESR_EL1, of a Data Abort.
  var instructionSyndrome: UInt64 {
    let size: UInt64
    var isSigned: UInt64 = 0
    var is64: UInt64 = 0
    var isOrdered: UInt64 = 0
    switch opcode {
    case .loadAcquire, .storeRelease:
      size = UInt64(extra)
      is64 = extra == 3 ? 1 : 0
      isOrdered = 1
    case .loadUnprivileged, .storeUnprivileged:
      size = UInt64(ra >> 2)
      isSigned = ra & 2 != 0 ? 1 : 0
      is64 = ra == 0b1100 || ra == 0b1101 || ra & 3 == 2 ? 1 : 0
    default:
      guard let access = opcode.access, !access.isPair, !access.writesBase else { return 0 }
      size = UInt64(access.size)
      isSigned = access.isSigned ? 1 : 0
      is64 = access.to64 || access.size == 3 ? 1 : 0
    }
    var syndrome = Syndrome(rawValue: Syndrome.isv.mask)
    syndrome[Syndrome.sas] = size
    syndrome[Syndrome.sse] = isSigned
    syndrome[Syndrome.srt] = rd >= 32 ? 31 : UInt64(rd)
    syndrome[Syndrome.sf] = is64
    syndrome[Syndrome.ar] = isOrdered
    return syndrome.rawValue
  }
}
