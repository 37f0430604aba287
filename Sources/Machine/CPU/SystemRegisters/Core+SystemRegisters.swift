// MRS and MSR: who may, what traps it, where the value is. The order of the checks is that of the
// manual's accessor pseudocode (Arm ARM D24.2): UNDEFINED by exception level, then traps to EL1,
// to EL2, to EL3, then redirection by HCR_EL2.E2H, then the register.
//
// An encoding packs op0, op1, CRn, CRm and op2 as bits [20:5] of the instruction have them
// (`SystemRegisterEncoding`); `rt` is the number of the transfer register, which a trap reports.

import Arm

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
    case .timer:
      return board.timers.read(
        row.register, core: index, now: board.now, offset: counterOffset)
    case .errorRecord: return board.ras.read(row.register, core: index)
    case .performanceMonitor: return readMonitor(row.register)
    }
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
