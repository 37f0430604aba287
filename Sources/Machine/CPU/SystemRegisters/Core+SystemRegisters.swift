// MRS and MSR: who may, what traps it, where the value is. The order of the checks is that of the
// manual's accessor pseudocode (Arm ARM D24.2): UNDEFINED by exception level, then traps to EL1,
// to EL2, to EL3, then redirection by HCR_EL2.E2H, then the register.
//
// An encoding packs op0, op1, CRn, CRm and op2 as bits [20:5] of the instruction have them
// (`SystemRegisterEncoding`); `rt` is the number of the transfer register, which a trap reports.

import Arm

/// The counters, as MRS names them.
enum CounterEncoding {
  /// CNTVCT_EL0.
  static let virtual: UInt16 = 0xDF02
  /// CNTPCT_EL0.
  static let physical: UInt16 = 0xDF01
}

extension Core {
  /// MRS: the value of a system register.
  func readSystemRegister(_ encoding: UInt16, rt: UInt8) throws(GuestException) -> UInt64 {
    let row = try accessibleRow(encoding, rt: rt, isRead: true)
    switch row.kind {
    case .stored: return state[row.register]
    case .constant: return row.reset
    case .special: return try readSpecialRegister(row.register)
    case .interruptController:
      do throws(GuestException) {
        return try gic.readSystemRegister(row.register, core: index, interruptView)
      } catch {
        throw withTrapSyndrome(error, encoding, rt: rt, isRead: true)
      }
    case .timer: return readTimer(row.register)
    case .errorRecord: return board.ras.read(row.register, core: index)
    case .performanceMonitor: return readMonitor(row.register)
    }
  }

  /// MRS of what nobody notices that it was read; nil for the rest.
  func readWithoutEffect(_ encoding: UInt16, rt: UInt8) throws(GuestException) -> UInt64? {
    let row = try accessibleRow(encoding, rt: rt, isRead: true)
    switch row.kind {
    case .stored: return state[row.register]
    case .constant: return row.reset
    case .special: return try readSpecialRegister(row.register)
    case .timer: return readTimer(row.register)
    case .interruptController, .errorRecord, .performanceMonitor: return nil
    }
  }

  /// MSR of a word of state on which nothing depends, and of DAIF if it lets nothing in. False: nothing
  /// happened.
  func writeWithoutEffect(
    _ encoding: UInt16, _ value: UInt64, rt: UInt8
  ) throws(GuestException) -> Bool {
    let row = try accessibleRow(encoding, rt: rt, isRead: false)
    if row.kind == .stored, row.effects.isEmpty {
      state[row.register] = value & row.mask | row.fixed
      return true
    }
    return row.register == .daif && unmask(value & ProcessState.daif.mask)
  }

  /// Sets PSTATE.DAIF if D stays and there is nothing that it could let in.
  func unmask(_ daif: UInt64) -> Bool {
    let old = state.daif
    guard (old ^ daif) & ProcessState.d.mask == 0, old & ~daif == 0 || !isInterruptPending else {
      return false
    }
    state.daif = daif
    return true
  }

  /// MSR (register): writes a system register.
  func writeSystemRegister(
    _ encoding: UInt16, _ value: UInt64, rt: UInt8
  ) throws(GuestException) {
    let row = try accessibleRow(encoding, rt: rt, isRead: false)
    var effects = row.effects
    switch row.kind {
    case .stored:
      if effects.contains(.monitors) {
        countEvents()
        effects.remove(.monitors)
      }
      let old = state[row.register]
      let new = value & row.mask | row.fixed
      state[row.register] = new
      if effects.contains(.translation) {
        // The MMU drops exactly what this outdates; the interpreter only looks again.
        mmu.systemRegisterChanged(row.register, from: old, to: new)
        effects.remove(.translation)
        effects.insert(.privilege)
      }
    case .constant: return
    case .special: try writeSpecialRegister(row.register, value & row.mask)
    case .interruptController:
      do throws(GuestException) {
        try gic.writeSystemRegister(row.register, core: index, interruptView, value)
      } catch {
        throw withTrapSyndrome(error, encoding, rt: rt, isRead: false)
      }
    case .timer:
      board.timers.write(
        row.register, core: index, now: board.now, value & row.mask, offset: counterOffset)
      board.timers.update(core: index, now: board.now, gic: gic)
      trapCounters()
    case .errorRecord:
      board.ras.write(row.register, core: index, value)
      board.bus.settleNodes()
    case .performanceMonitor: writeMonitor(row.register, value)
    }
    contextChanged(effects)
  }

  /// Notes what the interpreter must look at before it goes on.
  @inline(__always) func contextChanged(_ effects: ContextEffect) {
    if !effects.isEmpty { pendingEffects.formUnion(effects) }
  }

  /// A register of the timers. A counter that may be read now may be read without asking until the context
  /// changes.
  private func readTimer(_ register: SystemRegister) -> UInt64 {
    switch register {
    case .cntvctEL0:
      self[context: ContextWord.virtualCounterOffset] =
        counterOffset ?? board.timers.virtualOffset(core: index)
      self[context: ContextWord.isVirtualCounterTrapped] = 0
    case .cntpctEL0: self[context: ContextWord.isPhysicalCounterTrapped] = 0
    default: break
    }
    return board.timers.read(register, core: index, now: board.now, offset: counterOffset)
  }

  /// The counters must be asked for again.
  func trapCounters() {
    self[context: ContextWord.isVirtualCounterTrapped] = 1
    self[context: ContextWord.isPhysicalCounterTrapped] = 1
  }

  /// A counter that may be read without asking, with so much budget left behind the instruction.
  @inline(__always) func counterAtOnce(_ encoding: UInt16, left: Int) -> UInt64? {
    let isVirtual = encoding == CounterEncoding.virtual
    guard isVirtual || encoding == CounterEncoding.physical,
      self[
        context: isVirtual
          ? ContextWord.isVirtualCounterTrapped : ContextWord.isPhysicalCounterTrapped] == 0
    else { return nil }
    let now = board.sliceEnd &- UInt64(truncatingIfNeeded: left &+ budgetReserve)
    return GenericTimers.count(now)
      &- (isVirtual ? self[context: ContextWord.virtualCounterOffset] : 0)
  }

  /// What replaces CNTVOFF_EL2 where the virtual count is read: zero for a host. Arm ARM D12.2.2.
  private var counterOffset: UInt64? {
    switch state.el {
    case 2: isE2H ? 0 : nil
    case 0: isHost ? 0 : nil
    default: nil
    }
  }

  /// The row that an access reaches, after all checks and redirection.
  private func accessibleRow(
    _ encoding: UInt16, rt: UInt8, isRead: Bool
  ) throws(GuestException) -> SystemRegisterRow {
    let level = state.el
    guard let row = SystemRegisterTable.shared.row(encoding),
      row.access.allows(level: level, isRead: isRead), !row.needsE2H || isE2H
    else { throw undefinedEncoding(encoding, rt: rt, isRead: isRead) }
    if !row.traps.isEmpty {
      try checkTraps(row.traps, encoding, rt: rt, isRead: isRead)
    }
    if row.hostRow != 0, level == 2 ? isE2H : level == 0 && isHost {
      return SystemRegisterTable.shared.rows[Int(row.hostRow) - 1]
    }
    return row
  }

  /// What an encoding raises that no register has at this level: UNDEFINED, unless it is in the
  /// IMPLEMENTATION DEFINED space, which HCR_EL2.TIDCP traps whole. Arm ARM D24.2, HCR_EL2.
  func undefinedEncoding(_ encoding: UInt16, rt: UInt8, isRead: Bool) -> GuestException {
    let name = SystemRegisterEncoding(rawValue: encoding)
    if state.el == 1, name.op0 & 1 == 1, name.crn == 11 || name.crn == 15, isEL2Enabled,
      state.hcr.isSet(HypervisorConfiguration.tidcp)
    {
      return systemTrap(to: .el2, encoding, rt: rt, isRead: isRead)
    }
    return .undefined
  }

  /// A trap of MRS, MSR, SYS or SYSL. EC 0x18.
  func systemTrap(
    to target: ExceptionLevel, _ encoding: UInt16, rt: UInt8, isRead: Bool
  ) -> GuestException {
    GuestException(
      .trap,
      syndrome: Syndrome.systemRegister(
        SystemRegisterEncoding(rawValue: encoding), rt: rt, isRead: isRead
      ).rawValue,
      target: target)
  }

  /// The GIC decides on a trap, but does not know the instruction: adds the ISS.
  private func withTrapSyndrome(
    _ exception: GuestException, _ encoding: UInt16, rt: UInt8, isRead: Bool
  ) -> GuestException {
    exception.kind == .trap
      ? systemTrap(to: exception.target, encoding, rt: rt, isRead: isRead) : exception
  }
}
