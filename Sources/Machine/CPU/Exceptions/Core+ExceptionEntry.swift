// Taking exceptions: the target, the syndrome registers, PSTATE, the vector. Arm ARM D1.4 and the
// pseudocode AArch64.TakeException. All of it AArch64: no level below EL3 is AArch32 here.

import Arm

extension Core {
  /// PSTATE as SPSR_ELx holds it. Arm ARM C5.2, SPSR_EL1.
  public var savedProgramStatus: UInt64 {
    var spsr = state.el << 2 | state.spSel
    spsr |= state.daif
    spsr |= (state.n >> 63) << 31
    spsr |= (state.z == 0 ? 1 : 0) << 30
    spsr |= state.c << 29
    spsr |= (state.v >> 63) << 28
    spsr |= state.uao << 23 | state.pan << 22 | state.ss << 21 | state.il << 20
    return spsr | state.ssbs << 12
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
      let isDebugTrapped = isEL2Enabled && state[.mdcrEL2] & 1 << 8 != 0
      if level <= .el1, isDebugTrapped || isGeneral { return .el2 }
      return level == .el0 ? .el1 : level
    case .externalAbort:
      return ExternalAbortRouting.synchronousTarget(
        from: level, scr: SecureConfiguration(rawValue: state[.scrEL3]),
        hcr: HypervisorConfiguration(rawValue: state[.hcrEL2]), isStage2: exception.isStage2)
    }
  }

  /// Takes a synchronous exception raised by the instruction at `state.pc`.
  ///
  /// `operation` is the instruction, when it is known; stage 2 faults of simple loads and stores
  /// describe it in the syndrome.
  func takeException(_ exception: GuestException, operation: Operation? = nil) {
    if board.bus.hasEvents {
      board.collectBusEvents(
        core: self, faultAddress: exception.hasFaultAddress ? exception.faultAddress : nil)
    }
    // The instruction is abandoned; the SError that is pending now is taken at its address.
    if exception.kind == .systemError { return }
    let source = exceptionLevel
    let target = route(exception)
    var syndrome = exception.syndrome
    let exceptionClass = syndrome >> 26
    switch exceptionClass {
    case 0x20, 0x24, 0x30, 0x32, 0x34:
      if target == exceptionLevel { syndrome |= 1 << 26 }
    default: break
    }
    if exception.kind == .stage2Fault, exceptionClass == 0x24, syndrome & 1 << 7 == 0,
      let operation
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
        state[.hpfarEL2] = (exception.intermediateAddress.rawValue >> 12) << 4
      }
    default:
      state[.esrEL1] = syndrome
      if exception.hasFaultAddress { state[.farEL1] = exception.faultAddress }
    }
    let entry =
      exception.kind == .externalAbort
      ? VectorTable.externalAbortEntry(
        to: target, scr: SecureConfiguration(rawValue: state[.scrEL3])) : .synchronous
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
  /// `offset` is 0 synchronous, 0x80 IRQ, 0x100 FIQ, 0x180 SError.
  func enterException(_ target: ExceptionLevel, offset: UInt64, preferredReturn: UInt64) {
    let spsr = savedProgramStatus
    let vector: UInt64 = target > exceptionLevel ? 0x400 : state.spSel == 0 ? 0 : 0x200
    let base: UInt64
    let control: UInt64
    switch target {
    case .el3:
      state[.spsrEL3] = spsr
      state[.elrEL3] = preferredReturn
      base = state[.vbarEL3]
      control = state[.sctlrEL3]
    case .el2:
      state[.spsrEL2] = spsr
      state[.elrEL2] = preferredReturn
      base = state[.vbarEL2]
      control = state[.sctlrEL2]
    default:
      state[.spsrEL1] = spsr
      state[.elrEL1] = preferredReturn
      base = state[.vbarEL1]
      control = state[.sctlrEL1]
    }
    setLevel(target, spSel: 1)
    state.daif = 0xF << 6
    state.il = 0
    state.ss = 0
    state.steppedInstruction = 0
    // SCTLR_ELx.SPAN = 0 sets PAN on entry to EL1, or to EL2 of a host with TGE.
    if control & 1 << 23 == 0, target == .el1 || (target == .el2 && isHost) { state.pan = 1 }
    state.uao = 0
    state.ssbs = control >> 44 & 1
    state.pc = (base & ~0x7FF) | vector | offset
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
  private func restoreFlags(_ spsr: UInt64) {
    state.n = (spsr >> 31) << 63
    state.z = (spsr >> 30 & 1) ^ 1
    state.c = spsr >> 29 & 1
    state.v = (spsr >> 28) << 63
    state.daif = spsr & 0x3C0
    state.pan = spsr >> 22 & 1
  }

  /// ERET. Arm ARM C6.2, ERET; AArch64.ExceptionReturn; IllegalExceptionReturn, D1.4.4.
  func returnFromException() throws(GuestException) {
    let level = exceptionLevel
    let spsr: UInt64
    let address: UInt64
    switch level {
    case .el0: throw .undefined
    case .el1: (spsr, address) = (state[.spsrEL1], state[.elrEL1])
    case .el2: (spsr, address) = (state[.spsrEL2], state[.elrEL2])
    case .el3: (spsr, address) = (state[.spsrEL3], state[.elrEL3])
    }
    if level == .el1, isEL2Enabled, state[.hcrEL2] & 1 << 42 != 0 {
      throw GuestException(.trap, syndrome: 0x1A << 26 | 1 << 25, target: .el2)
    }
    if takesErrorBeforeReturn(from: level) { return }
    state.exclusiveSize = 0
    state.eventRegister = 1
    // ERET may be the instruction that was stepped.
    if !isExecutingStep { state.steppedInstruction = 0 }
    let target = ExceptionLevel(rawValue: UInt8(spsr >> 2 & 3)) ?? .el0
    let isNonSecureBelow = state[.scrEL3] & 1 == 1
    let isIllegal =
      spsr & 0x10 != 0 || spsr & 2 != 0 || target > level || (target == .el0 && spsr & 1 != 0)
      || (target == .el2 && !isNonSecureBelow)
      || (target == .el1 && isNonSecureBelow && state[.hcrEL2] & 1 << 27 != 0)
    // DebugExceptionReturnSS: the step state follows SPSR.SS where debug exceptions are enabled
    // at the target and were not at the source.
    let wasDebuggable = areDebugExceptionsEnabled(at: level, daif: state.daif)
    restoreFlags(spsr)
    if isIllegal {
      // UAO and SSBS become UNKNOWN: they stay.
      state.il = 1
    } else {
      state.uao = spsr >> 23 & 1
      state.ssbs = spsr >> 12 & 1
      state.il = spsr >> 20 & 1
      setLevel(target, spSel: spsr & 1)
    }
    let isDebuggable = areDebugExceptionsEnabled(at: exceptionLevel, daif: state.daif)
    let isStepEnabled = state[.mdscrEL1] & 1 == 1
    state.ss = isStepEnabled && !wasDebuggable && isDebuggable ? spsr >> 21 & 1 : 0
    state.pc = isIllegal ? address : canonicalBranchTarget(address)
    pendingEffects.formUnion([.privilege, .interruptMask, .floatingPoint, .debug])
    if level == .el3, state.el != 3, let link = errorReturnAddress {
      errorReturnAddress = nil
      board.logFirmwareReturn(core: self, from: link)
    }
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
    if hasTwoRanges {
      let isHigh = address >> 55 & 1 == 1
      guard control >> (isHigh ? 38 : 37) & 1 == 1 else { return address }
      return isHigh ? address | 0xFF << 56 : address & ~(0xFF << 56)
    }
    return control >> 20 & 1 == 1 ? address & ~(0xFF << 56) : address
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
    case .load64, .load64Register, .store64, .store64Register: (size, is64) = (3, 1)
    case .load32, .load32Register, .store32, .store32Register: size = 2
    case .load16, .load16Register, .store16, .store16Register: size = 1
    case .load8, .load8Register, .store8, .store8Register: size = 0
    case .loadS32To64, .loadS32To64Register: (size, isSigned, is64) = (2, 1, 1)
    case .loadS16To64, .loadS16To64Register: (size, isSigned, is64) = (1, 1, 1)
    case .loadS16To32, .loadS16To32Register: (size, isSigned) = (1, 1)
    case .loadS8To64, .loadS8To64Register: (size, isSigned, is64) = (0, 1, 1)
    case .loadS8To32, .loadS8To32Register: (size, isSigned) = (0, 1)
    case .loadLiteral64: (size, is64) = (3, 1)
    case .loadLiteral32: size = 2
    case .loadLiteralS32: (size, isSigned, is64) = (2, 1, 1)
    case .loadAcquire, .storeRelease:
      size = UInt64(extra)
      is64 = extra == 3 ? 1 : 0
      isOrdered = 1
    case .loadUnprivileged, .storeUnprivileged:
      size = UInt64(ra >> 2)
      isSigned = ra & 2 != 0 ? 1 : 0
      is64 = ra == 0b1100 || ra == 0b1101 || ra & 3 == 2 ? 1 : 0
    default: return 0
    }
    let register: UInt64 = rd >= 32 ? 31 : UInt64(rd)
    return 1 << 24 | size << 22 | isSigned << 21 | register << 16 | is64 << 15 | isOrdered << 14
  }
}
