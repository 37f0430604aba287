// The rows of units beside the processor proper: debug (Arm ARM D24.3), error records, the interrupt
// controller's interface (IHI 0069 12.2) and the generic timers (D24.10). Masks are as in
// SystemRegisterTable+Rows.swift.

import Arm
import Platform

extension SystemRegisterTable {
  // MARK: Debug

  static let debug: [SystemRegisterRow] = {
    var result: [SystemRegisterRow] = [
      stored(.osdtrrxEL1, .el1, mask: word, traps: .tda),
      stored(.osdtrtxEL1, .el1, mask: word, traps: .tda),
      stored(.mdccintEL1, .el1, mask: MonitorDCCInterruptEnable.fields.mask, traps: .tda),
      other(.mdscrEL1, .special, readWrite(.el1), traps: .tda, effects: .debug),
      stored(.oseccrEL1, .el1, mask: word, traps: .tda),
      constant(.mdrarEL1, .el1, traps: .tdra),
      other(.oslarEL1, .special, .writes(from: .el1), traps: .tdosa, effects: .debug),
      // The OS lock is implemented, and locked after reset.
      SystemRegisterRow(
        register: .oslsrEL1, hostRegister: .oslsrEL1, kind: .stored, access: .reads(from: .el1),
        traps: .tdosa, reset: bits(OSLockStatus.oslm, OSLockStatus.oslk)),
      stored(.osdlrEL1, .el1, mask: 1, traps: .tdosa, effects: .debug),
      stored(.dbgprcrEL1, .el1, mask: 1, traps: .tdosa),
      other(.dbgclaimsetEL1, .special, readWrite(.el1), traps: .tda),
      other(.dbgclaimclrEL1, .special, readWrite(.el1), traps: .tda),
      // Every kind of external debug is implemented and disabled.
      constant(.dbgauthstatusEL1, .el1, 0xAA, traps: .tda),
      // No external debugger ever reads or writes the communication channel: always empty.
      constant(.mdccsrEL0, .el0, traps: [.tdcc, .tda]),
      constant(.dbgdtrEL0, .el0, isReadOnly: false, traps: [.tdcc, .tda]),
      constant(.dbgdtrrxEL0, .el0, isReadOnly: false, traps: [.tdcc, .tda]),
    ]
    let breakpoints: [(SystemRegister, SystemRegister)] = [
      (.dbgbvr0EL1, .dbgbcr0EL1), (.dbgbvr1EL1, .dbgbcr1EL1), (.dbgbvr2EL1, .dbgbcr2EL1),
      (.dbgbvr3EL1, .dbgbcr3EL1), (.dbgbvr4EL1, .dbgbcr4EL1), (.dbgbvr5EL1, .dbgbcr5EL1),
    ]
    for (value, control) in breakpoints {
      result.append(stored(value, .el1, traps: .tda, effects: .debug))
      // BAS is RES1 without AArch32.
      result.append(
        stored(
          control, .el1,
          mask: BreakpointControl.fields.mask & ~bits(BreakpointControl.bas),
          fixed: bits(BreakpointControl.bas), traps: .tda,
          effects: .debug))
    }
    let watchpoints: [(SystemRegister, SystemRegister)] = [
      (.dbgwvr0EL1, .dbgwcr0EL1), (.dbgwvr1EL1, .dbgwcr1EL1), (.dbgwvr2EL1, .dbgwcr2EL1),
      (.dbgwvr3EL1, .dbgwcr3EL1),
    ]
    for (value, control) in watchpoints {
      result.append(stored(value, .el1, mask: ~3, traps: .tda, effects: .debug))
      result.append(
        stored(
          control, .el1, mask: WatchpointControl.fields.mask, traps: .tda, effects: .debug))
    }
    return result
  }()

  // MARK: Error records

  static let errorRecords: [SystemRegisterRow] = {
    let injection: SystemRegisterTraps = [.terr, .fien]
    return [
      other(.erridrEL1, .errorRecord, .reads(from: .el1), traps: .terr),
      other(.errselrEL1, .errorRecord, readWrite(.el1), traps: .terr),
      other(.erxfrEL1, .errorRecord, .reads(from: .el1), traps: .terr),
      other(.erxctlrEL1, .errorRecord, readWrite(.el1), traps: .terr),
      other(.erxstatusEL1, .errorRecord, readWrite(.el1), traps: .terr),
      other(.erxaddrEL1, .errorRecord, readWrite(.el1), traps: .terr),
      other(.erxpfgfEL1, .errorRecord, .reads(from: .el1), traps: injection),
      other(.erxpfgctlEL1, .errorRecord, readWrite(.el1), traps: injection, effects: .timers),
      other(.erxpfgcdnEL1, .errorRecord, readWrite(.el1), traps: injection),
      other(.erxmisc0EL1, .errorRecord, readWrite(.el1), traps: .terr),
      other(.erxmisc1EL1, .errorRecord, readWrite(.el1), traps: .terr),
      other(.erxmisc2EL1, .errorRecord, readWrite(.el1), traps: .terr),
      other(.erxmisc3EL1, .errorRecord, readWrite(.el1), traps: .terr),
    ]
  }()

  // MARK: Interrupt controller. The GIC itself decides on traps and on what does not exist: with
  // five priority bits there is one AP0R and one AP1R, and there are four list registers.

  static let interruptController: [SystemRegisterRow] = {
    func gic(
      _ register: SystemRegister, _ access: SystemRegisterAccess,
      _ effects: ContextEffect = .interruptMask
    ) -> SystemRegisterRow {
      other(register, .interruptController, access, effects: effects)
    }
    let read = SystemRegisterAccess.reads(from: .el1)
    let write = SystemRegisterAccess.writes(from: .el1)
    return [
      gic(.iccPMREL1, readWrite(.el1)),
      gic(.iccIAR0EL1, read), gic(.iccIAR1EL1, read),
      gic(.iccEOIR0EL1, write), gic(.iccEOIR1EL1, write),
      gic(.iccHPPIR0EL1, read), gic(.iccHPPIR1EL1, read),
      gic(.iccBPR0EL1, readWrite(.el1)),
      gic(.iccBPR1EL1, readWrite(.el1)),
      gic(.iccAP0R0EL1, readWrite(.el1)),
      gic(.iccAP1R0EL1, readWrite(.el1)),
      gic(.iccRPREL1, read), gic(.iccDIREL1, write),
      gic(.iccSGI0REL1, write), gic(.iccSGI1REL1, write),
      gic(.iccASGI1REL1, write),
      gic(.iccCTLREL1, readWrite(.el1)),
      gic(.iccSREEL1, readWrite(.el1)),
      gic(.iccIGRPEN0EL1, readWrite(.el1)),
      gic(.iccIGRPEN1EL1, readWrite(.el1)),
      gic(.iccSREEL2, readWrite(.el2)),
      gic(.ichHCREL2, readWrite(.el2)),
      gic(.ichVTREL2, .reads(from: .el2)),
      gic(.ichMISREL2, .reads(from: .el2)),
      gic(.ichEISREL2, .reads(from: .el2)),
      gic(.ichELRSREL2, .reads(from: .el2)),
      gic(.ichVMCREL2, readWrite(.el2)),
      gic(.ichAP0R0EL2, readWrite(.el2)),
      gic(.ichAP1R0EL2, readWrite(.el2)),
      gic(.ichLR0EL2, readWrite(.el2)),
      gic(.ichLR1EL2, readWrite(.el2)),
      gic(.ichLR2EL2, readWrite(.el2)),
      gic(.ichLR3EL2, readWrite(.el2)),
      gic(.iccCTLREL3, readWrite(.el3)),
      gic(.iccSREEL3, readWrite(.el3)),
      gic(.iccIGRPEN1EL3, readWrite(.el3)),
    ]
  }()

  // MARK: Timers

  static let timers: [SystemRegisterRow] = {
    func timer(
      _ register: SystemRegister, _ level: ExceptionLevel,
      _ traps: SystemRegisterTraps = [], host: SystemRegister? = nil
    ) -> SystemRegisterRow {
      other(
        register, .timer, readWrite(level), traps: traps, host: host, effects: .timers)
    }
    return [
      other(
        .cntfrqEL0, .timer, [.reads(from: .el0), .writes(from: .el3)],
        traps: .counterFrequency),
      other(.cntpctEL0, .timer, .reads(from: .el0), traps: .physicalCounter),
      other(.cntvctEL0, .timer, .reads(from: .el0), traps: .virtualCounter),
      timer(.cntpTVALEL0, .el0, .physicalTimer, host: .cnthpTVALEL2),
      timer(.cntpCTLEL0, .el0, .physicalTimer, host: .cnthpCTLEL2),
      timer(.cntpCVALEL0, .el0, .physicalTimer, host: .cnthpCVALEL2),
      timer(.cntvTVALEL0, .el0, .virtualTimer, host: .cnthvTVALEL2),
      timer(.cntvCTLEL0, .el0, .virtualTimer, host: .cnthvCTLEL2),
      timer(.cntvCVALEL0, .el0, .virtualTimer, host: .cnthvCVALEL2),
      other(
        .cntkctlEL1, .timer, readWrite(.el1),
        mask: CounterKernelControl.fields.mask
          & ~bits(CounterKernelControl.el1pcten, CounterKernelControl.el1pten),
        host: .cnthctlEL2,
        effects: .timers),
      other(
        .cnthctlEL2, .timer, readWrite(.el2), mask: CounterKernelControl.fields.mask,
        effects: .timers),
      timer(.cntvoffEL2, .el2),
      timer(.cnthpTVALEL2, .el2), timer(.cnthpCTLEL2, .el2),
      timer(.cnthpCVALEL2, .el2), timer(.cnthvTVALEL2, .el2),
      timer(.cnthvCTLEL2, .el2), timer(.cnthvCVALEL2, .el2),
      timer(.cntpsTVALEL1, .el1, .secureTimer),
      timer(.cntpsCTLEL1, .el1, .secureTimer),
      timer(.cntpsCVALEL1, .el1, .secureTimer),
    ]
  }()
}
