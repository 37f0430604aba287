// The rows, in the manual's order of functional groups. Arm ARM D24.2 gives each register's fields
// and its access pseudocode; GIC registers: IHI 0069 12.2; timers: D24.10; debug: D24.3.
//
// Masks: RES0 bits cannot be written, RES1 bits are forced by a write. Where a bit is RES0 or RES1
// in one layout of a register and a field in another (by HCR_EL2.E2H), or only because AArch32 is
// absent, it keeps what was written, as the manual allows ("RES0/RES1 ... stateful", Glossary) and
// as QEMU does. Where the manual says that a reset value is UNKNOWN it is QEMU's, mostly zero.

import Arm
import Platform

extension SystemRegisterTable {
  static var definitions: [SystemRegisterRow] {
    identification + systemControl + exceptions + processorState + hypervisor + monitor + aliases
      + debug + errorRecords + interruptController + timers + performanceMonitors
      + implementationDefined
  }

  // MARK: Ways to write a row

  /// A register in `CoreState`, read and written from `level`.
  static func stored(
    _ register: SystemRegister, _ level: ExceptionLevel,
    mask: UInt64 = .max, fixed: UInt64 = 0, reset: UInt64 = 0, traps: SystemRegisterTraps = [],
    host: SystemRegister? = nil, effects: ContextEffect = []
  ) -> SystemRegisterRow {
    SystemRegisterRow(
      register: register, hostRegister: host ?? register, kind: .stored,
      access: readWrite(level), traps: traps, effects: effects, mask: mask, fixed: fixed,
      reset: reset)
  }

  /// A register that always reads as `value`; writes are ignored, or UNDEFINED if `isReadOnly`.
  static func constant(
    _ register: SystemRegister, _ level: ExceptionLevel, _ value: UInt64 = 0,
    isReadOnly: Bool = true, traps: SystemRegisterTraps = [], host: SystemRegister? = nil
  ) -> SystemRegisterRow {
    SystemRegisterRow(
      register: register, hostRegister: host ?? register, kind: .constant,
      access: isReadOnly ? .reads(from: level) : readWrite(level), traps: traps, reset: value)
  }

  /// A register of any other kind.
  static func other(
    _ register: SystemRegister, _ kind: SystemRegisterKind,
    _ access: SystemRegisterAccess, mask: UInt64 = .max, reset: UInt64 = 0,
    traps: SystemRegisterTraps = [], host: SystemRegister? = nil, effects: ContextEffect = []
  ) -> SystemRegisterRow {
    SystemRegisterRow(
      register: register, hostRegister: host ?? register, kind: kind, access: access,
      traps: traps, effects: effects, mask: mask, reset: reset)
  }

  static func readWrite(_ level: ExceptionLevel) -> SystemRegisterAccess {
    [.reads(from: level), .writes(from: level)]
  }

  // MARK: Identification

  private static let identification: [SystemRegisterRow] = {
    typealias ID = IdentificationRegisters
    return [
      other(.midrEL1, .special, .reads(from: .el1)),
      other(.mpidrEL1, .special, .reads(from: .el1)),
      constant(.revidrEL1, .el1, traps: .tid1),
      // What QEMU gives its CPUs in the IMPLEMENTATION DEFINED space.
      constant(.cbarEL1, .el1, MemoryMap.gicDistributor, traps: .tidcp),
      constant(.aidrEL1, .el1, traps: .tid1),
      constant(.ctrEL0, .el0, ID.ctr, traps: [.uct, .tid2]),
      other(.dczidEL0, .special, .reads(from: .el0)),
      constant(.clidrEL1, .el1, ID.clidr, traps: .tid2),
      other(.ccsidrEL1, .special, .reads(from: .el1), traps: .tid2),
      stored(.csselrEL1, .el1, mask: 0xF, traps: .tid2),
      constant(.idAA64PFR0EL1, .el1, ID.pfr0, traps: .tid3),
      constant(.idAA64PFR1EL1, .el1, ID.pfr1, traps: .tid3),
      constant(.idAA64ZFR0EL1, .el1, traps: .tid3),
      constant(.idAA64DFR0EL1, .el1, ID.dfr0, traps: .tid3),
      constant(.idAA64DFR1EL1, .el1, traps: .tid3),
      constant(.idAA64AFR0EL1, .el1, traps: .tid3),
      constant(.idAA64AFR1EL1, .el1, traps: .tid3),
      constant(.idAA64ISAR0EL1, .el1, ID.isar0, traps: .tid3),
      constant(.idAA64ISAR1EL1, .el1, ID.isar1, traps: .tid3),
      constant(.idAA64ISAR2EL1, .el1, traps: .tid3),
      constant(.idAA64MMFR0EL1, .el1, ID.mmfr0, traps: .tid3),
      constant(.idAA64MMFR1EL1, .el1, ID.mmfr1, traps: .tid3),
      constant(.idAA64MMFR2EL1, .el1, ID.mmfr2, traps: .tid3),
      constant(.idPFR0EL1, .el1, traps: .tid3),
      constant(.idPFR1EL1, .el1, traps: .tid3),
      constant(.idPFR2EL1, .el1, traps: .tid3),
      constant(.idDFR0EL1, .el1, traps: .tid3),
      constant(.idDFR1EL1, .el1, traps: .tid3),
      constant(.idAFR0EL1, .el1, traps: .tid3),
      constant(.idMMFR0EL1, .el1, traps: .tid3),
      constant(.idMMFR1EL1, .el1, traps: .tid3),
      constant(.idMMFR2EL1, .el1, traps: .tid3),
      constant(.idMMFR3EL1, .el1, traps: .tid3),
      constant(.idMMFR4EL1, .el1, traps: .tid3),
      constant(.idMMFR5EL1, .el1, traps: .tid3),
      constant(.idISAR0EL1, .el1, traps: .tid3),
      constant(.idISAR1EL1, .el1, traps: .tid3),
      constant(.idISAR2EL1, .el1, traps: .tid3),
      constant(.idISAR3EL1, .el1, traps: .tid3),
      constant(.idISAR4EL1, .el1, traps: .tid3),
      constant(.idISAR5EL1, .el1, traps: .tid3),
      constant(.idISAR6EL1, .el1, traps: .tid3),
      constant(.mvfr0EL1, .el1, traps: .tid3),
      constant(.mvfr1EL1, .el1, traps: .tid3),
      constant(.mvfr2EL1, .el1, traps: .tid3),
    ]
  }()

  // MARK: EL1 and EL0: control, translation, threads

  /// M A C SA SA0 CP15BEN ITD SED UMA I DZE UCT nTWI nTWE WXN 20 IESB SPAN UCI DSSBS.
  private static let sctlrMask: UInt64 = 1 << 44 | 0x04BD_D3BF
  /// EOS, EIS, nTLSMD, LSMAOE.
  private static let sctlrFixed: UInt64 = 0x3040_0800
  /// T0SZ EPD0 IRGN0 ORGN0 SH0 TG0 T1SZ A1 EPD1 IRGN1 ORGN1 SH1 TG1 IPS AS TBI0 TBI1 HA HD HPD0
  /// HPD1 HWU059...HWU162.
  private static let tcrMask: UInt64 = 0x0007_FFF7_FFFF_FFBF

  private static let systemControl: [SystemRegisterRow] = [
    stored(
      .sctlrEL1, .el1, mask: sctlrMask, fixed: sctlrFixed, reset: 0x30C5_0838,
      traps: .tvm, host: .sctlrEL2, effects: [.translation, .privilege]),
    constant(.actlrEL1, .el1, isReadOnly: false, traps: .tacr),
    stored(
      .cpacrEL1, .el1, mask: 0x0030_0000, traps: .tcpac, host: .cptrEL2,
      effects: .floatingPoint),
    stored(.ttbr0EL1, .el1, traps: .tvm, host: .ttbr0EL2, effects: .translation),
    stored(.ttbr1EL1, .el1, traps: .tvm, host: .ttbr1EL2, effects: .translation),
    stored(.tcrEL1, .el1, mask: tcrMask, traps: .tvm, host: .tcrEL2, effects: .translation),
    stored(.mairEL1, .el1, traps: .tvm, host: .mairEL2, effects: .translation),
    constant(.amairEL1, .el1, isReadOnly: false, traps: .tvm, host: .amairEL2),
    constant(.lorsaEL1, .el1, isReadOnly: false, traps: [.tlor, .nonSecure]),
    constant(.loreaEL1, .el1, isReadOnly: false, traps: [.tlor, .nonSecure]),
    constant(.lornEL1, .el1, isReadOnly: false, traps: [.tlor, .nonSecure]),
    constant(.lorcEL1, .el1, isReadOnly: false, traps: [.tlor, .nonSecure]),
    constant(.loridEL1, .el1, traps: .tlor),
    stored(
      .contextidrEL1, .el1, mask: 0xFFFF_FFFF, traps: .tvm,
      host: .contextidrEL2, effects: .debug),
    stored(.parEL1, .el1),
    stored(.tpidrEL0, .el0),
    SystemRegisterRow(
      register: .tpidrroEL0, hostRegister: .tpidrroEL0, kind: .stored,
      access: [.reads(from: .el0), .writes(from: .el1)]),
    stored(.tpidrEL1, .el1),
  ]

  // MARK: EL1: exceptions

  /// The bits of an AArch64 PSTATE image: NZCV, UAO, PAN, SS, IL, SSBS, DAIF, M.
  private static let spsrMask: UInt64 = 0xF0F0_13DF
  /// DISR_EL1 and VDISR_EL2: A, IDS, ISS.
  private static let deferredMask: UInt64 = 0x81FF_FFFF

  private static let exceptions: [SystemRegisterRow] = [
    stored(.spsrEL1, .el1, mask: spsrMask, host: .spsrEL2),
    stored(.elrEL1, .el1, host: .elrEL2),
    constant(.afsr0EL1, .el1, isReadOnly: false, traps: .tvm, host: .afsr0EL2),
    constant(.afsr1EL1, .el1, isReadOnly: false, traps: .tvm, host: .afsr1EL2),
    stored(.esrEL1, .el1, mask: 0xFFFF_FFFF, traps: .tvm, host: .esrEL2),
    stored(.farEL1, .el1, traps: .tvm, host: .farEL2),
    stored(.vbarEL1, .el1, mask: ~0x7FF, host: .vbarEL2),
    other(.isrEL1, .special, .reads(from: .el1)),
    other(.disrEL1, .special, readWrite(.el1), mask: deferredMask),
  ]

  // MARK: PSTATE, stack pointers, floating point

  private static let processorState: [SystemRegisterRow] = [
    other(.nzcv, .special, readWrite(.el0)),
    other(.daif, .special, readWrite(.el0), traps: .uma, effects: [.interruptMask, .debug]),
    other(.currentEL, .special, .reads(from: .el1)),
    other(.spSel, .special, readWrite(.el1), effects: .privilege),
    other(.pan, .special, readWrite(.el1), effects: .privilege),
    other(.uao, .special, readWrite(.el1), effects: .privilege),
    other(.ssbs, .special, readWrite(.el0)),
    other(.spEL0, .special, readWrite(.el1)),
    other(.spEL1, .special, readWrite(.el2)),
    other(.spEL2, .special, readWrite(.el3)),
    // AHP DN FZ RMode FZ16; QC IDC IXC UFC OFC DZC IOC. No trapped exceptions, no AArch32 fields.
    stored(.fpcr, .el0, mask: 0x07C8_0000, traps: .fp),
    stored(.fpsr, .el0, mask: 0x0800_009F, traps: .fp),
  ]

  // MARK: EL2

  private static let hypervisor: [SystemRegisterRow] = [
    stored(.vpidrEL2, .el2, mask: 0xFFFF_FFFF, reset: IdentificationRegisters.midr),
    // Reset gives it MPIDR_EL1's value.
    stored(.vmpidrEL2, .el2, mask: 0xFF_41FF_FFFF, fixed: 0x8000_0000),
    stored(
      .sctlrEL2, .el2, mask: sctlrMask, fixed: sctlrFixed,
      effects: [.translation, .privilege]),
    constant(.actlrEL2, .el2, isReadOnly: false),
    // All of Armv8.2 but HCD (EL3 exists); RW is RAO/WI, EL1 being AArch64.
    stored(
      .hcrEL2, .el2, mask: 0x807F_DFFF_FFFF & ~(1 << 31), fixed: 1 << 31,
      reset: 1 << 31,
      effects: [.translation, .privilege, .interruptMask, .floatingPoint, .debug]),
    // HPMN TPMCR TPM HPME TDE TDA TDOSA TDRA HPMD.
    stored(
      .mdcrEL2, .el2, mask: 0x2_0FFF, reset: UInt64(PerformanceMonitors.counterCount),
      effects: [.debug, .monitors]),
    // TCPAC, FPEN, TFP, and what is RES1 in the layout without E2H.
    stored(.cptrEL2, .el2, mask: 0x8030_37FF, traps: .tcpac, effects: .floatingPoint),
    stored(.hstrEL2, .el2, mask: 0xBFEF),
    constant(.hacrEL2, .el2, isReadOnly: false),
    stored(.ttbr0EL2, .el2, effects: .translation),
    stored(.ttbr1EL2, .el2, effects: .translation),
    stored(.tcrEL2, .el2, mask: tcrMask, effects: .translation),
    stored(.vttbrEL2, .el2, effects: .translation),
    // T0SZ SL0 IRGN0 ORGN0 SH0 TG0 PS VS HA HD HWU.
    stored(.vtcrEL2, .el2, mask: 0x1E6F_FFFF, fixed: 1 << 31, effects: .translation),
    stored(.spsrEL2, .el2, mask: spsrMask),
    stored(.elrEL2, .el2),
    constant(.afsr0EL2, .el2, isReadOnly: false),
    constant(.afsr1EL2, .el2, isReadOnly: false),
    stored(.esrEL2, .el2, mask: 0xFFFF_FFFF),
    stored(.vsesrEL2, .el2, mask: 0x1FF_FFFF),
    stored(.farEL2, .el2),
    stored(.hpfarEL2, .el2, mask: 0xFF_FFFF_FFF0),
    stored(.mairEL2, .el2, effects: .translation),
    constant(.amairEL2, .el2, isReadOnly: false),
    stored(.vbarEL2, .el2, mask: ~0x7FF),
    stored(.vdisrEL2, .el2, mask: deferredMask),
    stored(.contextidrEL2, .el2, mask: 0xFFFF_FFFF, effects: .debug),
    stored(.tpidrEL2, .el2),
  ]

  // MARK: EL3

  private static let monitor: [SystemRegisterRow] = [
    stored(
      .sctlrEL3, .el3, mask: sctlrMask, fixed: sctlrFixed, reset: 0x30C5_0838,
      effects: [.translation, .privilege]),
    constant(.actlrEL3, .el3, isReadOnly: false),
    // NS IRQ FIQ EA SMD HCE SIF ST TWI TWE TLOR TERR EASE NMEA FIEN; RW is RAO/WI.
    stored(
      .scrEL3, .el3, mask: 0x38_FB8F, fixed: 0x430, reset: 0x430,
      effects: [.translation, .privilege, .interruptMask, .floatingPoint, .debug]),
    // TCPAC TFP.
    stored(.cptrEL3, .el3, mask: 0x8000_0400, effects: .floatingPoint),
    // TPM TDA TDOSA SDD SPME EDAD.
    stored(.mdcrEL3, .el3, mask: 0x13_0640, effects: [.debug, .monitors]),
    stored(.ttbr0EL3, .el3, mask: 0xFFFF_FFFF_FFFF, effects: .translation),
    // T0SZ IRGN0 ORGN0 SH0 TG0 PS TBI HA HD HPD HWU.
    stored(.tcrEL3, .el3, mask: 0x1F77_FF3F, fixed: 0x8080_0000, effects: .translation),
    stored(.spsrEL3, .el3, mask: spsrMask),
    stored(.elrEL3, .el3),
    constant(.afsr0EL3, .el3, isReadOnly: false),
    constant(.afsr1EL3, .el3, isReadOnly: false),
    stored(.esrEL3, .el3, mask: 0xFFFF_FFFF),
    stored(.farEL3, .el3),
    stored(.mairEL3, .el3, effects: .translation),
    constant(.amairEL3, .el3, isReadOnly: false),
    stored(.vbarEL3, .el3, mask: ~0x7FF),
    constant(.rvbarEL3, .el3),
    stored(.tpidrEL3, .el3),
  ]

  // MARK: _EL12 and _EL02: another way from EL2 and EL3 to an EL1 or EL0 register's row

  private static let aliases: [SystemRegisterRow] = {
    let rows = systemControl + exceptions + timers + implementationDefined
    return SystemRegister.aliased.flatMap { register in
      rows.filter { $0.register == register }.map { row in
        var alias = row
        alias.hostRegister = register
        alias.access = readWrite(.el2)
        alias.needsE2H = true
        return alias
      }
    }
  }()

  // MARK: Debug

  private static let debug: [SystemRegisterRow] = {
    var result: [SystemRegisterRow] = [
      stored(.osdtrrxEL1, .el1, mask: 0xFFFF_FFFF, traps: .tda),
      stored(.osdtrtxEL1, .el1, mask: 0xFFFF_FFFF, traps: .tda),
      stored(.mdccintEL1, .el1, mask: 0x6000_0000, traps: .tda),
      other(.mdscrEL1, .special, readWrite(.el1), traps: .tda, effects: .debug),
      stored(.oseccrEL1, .el1, mask: 0xFFFF_FFFF, traps: .tda),
      constant(.mdrarEL1, .el1, traps: .tdra),
      other(.oslarEL1, .special, .writes(from: .el1), traps: .tdosa, effects: .debug),
      // OSLM = 0b10: the OS lock is implemented; locked after reset.
      SystemRegisterRow(
        register: .oslsrEL1, hostRegister: .oslsrEL1, kind: .stored, access: .reads(from: .el1),
        traps: .tdosa, reset: 0xA),
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
      // E PMC HMC SSC LBN BT; BAS is RES1 without AArch32.
      result.append(
        stored(
          control, .el1, mask: 0xFF_E007, fixed: 0x1E0, traps: .tda,
          effects: .debug))
    }
    let watchpoints: [(SystemRegister, SystemRegister)] = [
      (.dbgwvr0EL1, .dbgwcr0EL1), (.dbgwvr1EL1, .dbgwcr1EL1), (.dbgwvr2EL1, .dbgwcr2EL1),
      (.dbgwvr3EL1, .dbgwcr3EL1),
    ]
    for (value, control) in watchpoints {
      result.append(stored(value, .el1, mask: ~3, traps: .tda, effects: .debug))
      // E PAC LSC BAS HMC SSC LBN WT MASK.
      result.append(
        stored(control, .el1, mask: 0x1F1F_FFFF, traps: .tda, effects: .debug))
    }
    return result
  }()

  // MARK: Error records

  private static let errorRecords: [SystemRegisterRow] = {
    let injection: SystemRegisterTraps = [.terr, .fien]
    return [
      other(.erridrEL1, .errorRecord, .reads(from: .el1), traps: .terr),
      other(.errselrEL1, .errorRecord, readWrite(.el1), traps: .terr),
      other(.erxfrEL1, .errorRecord, .reads(from: .el1), traps: .terr),
      other(.erxctlrEL1, .errorRecord, readWrite(.el1), traps: .terr),
      other(.erxstatusEL1, .errorRecord, readWrite(.el1), traps: .terr),
      other(.erxaddrEL1, .errorRecord, readWrite(.el1), traps: .terr),
      other(.erxpfgfEL1, .errorRecord, .reads(from: .el1), traps: injection),
      other(.erxpfgctlEL1, .errorRecord, readWrite(.el1), traps: injection),
      other(.erxpfgcdnEL1, .errorRecord, readWrite(.el1), traps: injection),
      other(.erxmisc0EL1, .errorRecord, readWrite(.el1), traps: .terr),
      other(.erxmisc1EL1, .errorRecord, readWrite(.el1), traps: .terr),
      other(.erxmisc2EL1, .errorRecord, readWrite(.el1), traps: .terr),
      other(.erxmisc3EL1, .errorRecord, readWrite(.el1), traps: .terr),
    ]
  }()

  // MARK: Interrupt controller. The GIC itself decides on traps and on what does not exist: with
  // five priority bits there is one AP0R and one AP1R, and there are four list registers.

  private static let interruptController: [SystemRegisterRow] = {
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

  private static let timers: [SystemRegisterRow] = {
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
        .cntkctlEL1, .timer, readWrite(.el1), mask: 0x3FF, host: .cnthctlEL2,
        effects: .timers),
      other(.cnthctlEL2, .timer, readWrite(.el2), mask: 0xFFF, effects: .timers),
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
