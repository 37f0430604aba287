// The rows, in the manual's order of functional groups. Arm ARM D24.2 gives each register's fields
// and its access pseudocode; GIC registers: IHI 0069 12.2; timers: D24.10; debug: D24.3.
//
// Masks: RES0 bits cannot be written, RES1 bits are forced by a write. Where a bit is RES0 or RES1
// in one layout of a register and a field in another (by HCR_EL2.E2H), or only because AArch32 is
// absent, it keeps what was written, as the manual allows ("RES0/RES1 ... stateful", Glossary) and
// as QEMU does. Where the manual says that a reset value is UNKNOWN it is QEMU's, mostly zero.

import Arm

extension SystemRegisterTable {
  typealias Definition = (name: String, row: SystemRegisterRow)

  static var definitions: [Definition] {
    identification + systemControl + exceptions + processorState + hypervisor + monitor + aliases
      + debug + errorRecords + interruptController + timers
  }

  // MARK: Ways to write a row

  /// A register in `CoreState`, read and written from `level`.
  private static func stored(
    _ name: String, _ register: SystemRegister, _ level: ExceptionLevel,
    mask: UInt64 = .max, fixed: UInt64 = 0, reset: UInt64 = 0, traps: SystemRegisterTraps = [],
    host: SystemRegister? = nil, effects: ContextEffect = []
  ) -> Definition {
    (
      name,
      SystemRegisterRow(
        register: register, hostRegister: host ?? register, kind: .stored,
        access: [.reads(from: level), .writes(from: level)], traps: traps, effects: effects,
        mask: mask, fixed: fixed, reset: reset)
    )
  }

  /// A register that always reads as `value`; writes are ignored, or UNDEFINED if `isReadOnly`.
  private static func constant(
    _ name: String, _ register: SystemRegister, _ level: ExceptionLevel, _ value: UInt64 = 0,
    isReadOnly: Bool = true, traps: SystemRegisterTraps = [], host: SystemRegister? = nil
  ) -> Definition {
    (
      name,
      SystemRegisterRow(
        register: register, hostRegister: host ?? register, kind: .constant,
        access: isReadOnly ? .reads(from: level) : [.reads(from: level), .writes(from: level)],
        traps: traps, reset: value)
    )
  }

  /// A register of any other kind.
  private static func other(
    _ name: String, _ register: SystemRegister, _ kind: SystemRegisterKind,
    _ access: SystemRegisterAccess, mask: UInt64 = .max, reset: UInt64 = 0,
    traps: SystemRegisterTraps = [], host: SystemRegister? = nil, effects: ContextEffect = []
  ) -> Definition {
    (
      name,
      SystemRegisterRow(
        register: register, hostRegister: host ?? register, kind: kind, access: access,
        traps: traps, effects: effects, mask: mask, reset: reset)
    )
  }

  private static func readWrite(_ level: ExceptionLevel) -> SystemRegisterAccess {
    [.reads(from: level), .writes(from: level)]
  }

  /// An _EL12 or _EL02 name: another way from EL2 and EL3 to an EL1 or EL0 register's row.
  private static func alias(_ name: String, of definition: Definition) -> Definition {
    var row = definition.row
    row.hostRegister = row.register
    row.access = readWrite(.el2)
    row.needsE2H = true
    return (name, row)
  }

  private static func alias(
    _ name: String, _ target: String, in rows: [Definition]
  )
    -> [Definition]
  {
    rows.filter { $0.name == target }.map { alias(name, of: $0) }
  }

  // MARK: Identification

  private static let identification: [Definition] = {
    typealias ID = IdentificationRegisters
    return [
      other("MIDR_EL1", .midrEL1, .special, .reads(from: .el1)),
      other("MPIDR_EL1", .mpidrEL1, .special, .reads(from: .el1)),
      constant("REVIDR_EL1", .revidrEL1, .el1, traps: .tid1),
      constant("AIDR_EL1", .aidrEL1, .el1, traps: .tid1),
      constant("CTR_EL0", .ctrEL0, .el0, ID.ctr, traps: [.uct, .tid2]),
      other("DCZID_EL0", .dczidEL0, .special, .reads(from: .el0)),
      constant("CLIDR_EL1", .clidrEL1, .el1, ID.clidr, traps: .tid2),
      other("CCSIDR_EL1", .ccsidrEL1, .special, .reads(from: .el1), traps: .tid2),
      stored("CSSELR_EL1", .csselrEL1, .el1, mask: 0xF, traps: .tid2),
      constant("ID_AA64PFR0_EL1", .idAA64PFR0EL1, .el1, ID.pfr0, traps: .tid3),
      constant("ID_AA64PFR1_EL1", .idAA64PFR1EL1, .el1, ID.pfr1, traps: .tid3),
      constant("ID_AA64ZFR0_EL1", .idAA64ZFR0EL1, .el1, traps: .tid3),
      constant("ID_AA64DFR0_EL1", .idAA64DFR0EL1, .el1, ID.dfr0, traps: .tid3),
      constant("ID_AA64DFR1_EL1", .idAA64DFR1EL1, .el1, traps: .tid3),
      constant("ID_AA64AFR0_EL1", .idAA64AFR0EL1, .el1, traps: .tid3),
      constant("ID_AA64AFR1_EL1", .idAA64AFR1EL1, .el1, traps: .tid3),
      constant("ID_AA64ISAR0_EL1", .idAA64ISAR0EL1, .el1, ID.isar0, traps: .tid3),
      constant("ID_AA64ISAR1_EL1", .idAA64ISAR1EL1, .el1, ID.isar1, traps: .tid3),
      constant("ID_AA64ISAR2_EL1", .idAA64ISAR2EL1, .el1, traps: .tid3),
      constant("ID_AA64MMFR0_EL1", .idAA64MMFR0EL1, .el1, ID.mmfr0, traps: .tid3),
      constant("ID_AA64MMFR1_EL1", .idAA64MMFR1EL1, .el1, ID.mmfr1, traps: .tid3),
      constant("ID_AA64MMFR2_EL1", .idAA64MMFR2EL1, .el1, ID.mmfr2, traps: .tid3),
      constant("ID_PFR0_EL1", .idPFR0EL1, .el1, traps: .tid3),
      constant("ID_PFR1_EL1", .idPFR1EL1, .el1, traps: .tid3),
      constant("ID_PFR2_EL1", .idPFR2EL1, .el1, traps: .tid3),
      constant("ID_DFR0_EL1", .idDFR0EL1, .el1, traps: .tid3),
      constant("ID_DFR1_EL1", .idDFR1EL1, .el1, traps: .tid3),
      constant("ID_AFR0_EL1", .idAFR0EL1, .el1, traps: .tid3),
      constant("ID_MMFR0_EL1", .idMMFR0EL1, .el1, traps: .tid3),
      constant("ID_MMFR1_EL1", .idMMFR1EL1, .el1, traps: .tid3),
      constant("ID_MMFR2_EL1", .idMMFR2EL1, .el1, traps: .tid3),
      constant("ID_MMFR3_EL1", .idMMFR3EL1, .el1, traps: .tid3),
      constant("ID_MMFR4_EL1", .idMMFR4EL1, .el1, traps: .tid3),
      constant("ID_MMFR5_EL1", .idMMFR5EL1, .el1, traps: .tid3),
      constant("ID_ISAR0_EL1", .idISAR0EL1, .el1, traps: .tid3),
      constant("ID_ISAR1_EL1", .idISAR1EL1, .el1, traps: .tid3),
      constant("ID_ISAR2_EL1", .idISAR2EL1, .el1, traps: .tid3),
      constant("ID_ISAR3_EL1", .idISAR3EL1, .el1, traps: .tid3),
      constant("ID_ISAR4_EL1", .idISAR4EL1, .el1, traps: .tid3),
      constant("ID_ISAR5_EL1", .idISAR5EL1, .el1, traps: .tid3),
      constant("ID_ISAR6_EL1", .idISAR6EL1, .el1, traps: .tid3),
      constant("MVFR0_EL1", .mvfr0EL1, .el1, traps: .tid3),
      constant("MVFR1_EL1", .mvfr1EL1, .el1, traps: .tid3),
      constant("MVFR2_EL1", .mvfr2EL1, .el1, traps: .tid3),
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

  private static let systemControl: [Definition] = [
    stored(
      "SCTLR_EL1", .sctlrEL1, .el1, mask: sctlrMask, fixed: sctlrFixed, reset: 0x30C5_0838,
      traps: .tvm, host: .sctlrEL2, effects: [.translation, .privilege]),
    constant("ACTLR_EL1", .actlrEL1, .el1, isReadOnly: false, traps: .tacr),
    stored(
      "CPACR_EL1", .cpacrEL1, .el1, mask: 0x0030_0000, traps: .tcpac, host: .cptrEL2,
      effects: .floatingPoint),
    stored("TTBR0_EL1", .ttbr0EL1, .el1, traps: .tvm, host: .ttbr0EL2, effects: .translation),
    stored("TTBR1_EL1", .ttbr1EL1, .el1, traps: .tvm, host: .ttbr1EL2, effects: .translation),
    stored(
      "TCR_EL1", .tcrEL1, .el1, mask: tcrMask, traps: .tvm, host: .tcrEL2, effects: .translation),
    stored("MAIR_EL1", .mairEL1, .el1, traps: .tvm, host: .mairEL2, effects: .translation),
    constant(
      "AMAIR_EL1", .amairEL1, .el1, isReadOnly: false, traps: .tvm, host: .amairEL2),
    constant("LORSA_EL1", .lorsaEL1, .el1, isReadOnly: false, traps: [.tlor, .nonSecure]),
    constant("LOREA_EL1", .loreaEL1, .el1, isReadOnly: false, traps: [.tlor, .nonSecure]),
    constant("LORN_EL1", .lornEL1, .el1, isReadOnly: false, traps: [.tlor, .nonSecure]),
    constant("LORC_EL1", .lorcEL1, .el1, isReadOnly: false, traps: [.tlor, .nonSecure]),
    constant("LORID_EL1", .loridEL1, .el1, traps: .tlor),
    stored(
      "CONTEXTIDR_EL1", .contextidrEL1, .el1, mask: 0xFFFF_FFFF, traps: .tvm,
      host: .contextidrEL2, effects: .debug),
    stored("PAR_EL1", .parEL1, .el1),
    stored("TPIDR_EL0", .tpidrEL0, .el0),
    (
      "TPIDRRO_EL0",
      SystemRegisterRow(
        register: .tpidrroEL0, hostRegister: .tpidrroEL0, kind: .stored,
        access: [.reads(from: .el0), .writes(from: .el1)])
    ),
    stored("TPIDR_EL1", .tpidrEL1, .el1),
  ]

  // MARK: EL1: exceptions

  /// The bits of an AArch64 PSTATE image: NZCV, UAO, PAN, SS, IL, SSBS, DAIF, M.
  private static let spsrMask: UInt64 = 0xF0F0_13DF
  /// DISR_EL1 and VDISR_EL2: A, IDS, ISS.
  private static let deferredMask: UInt64 = 0x81FF_FFFF

  private static let exceptions: [Definition] = [
    stored("SPSR_EL1", .spsrEL1, .el1, mask: spsrMask, host: .spsrEL2),
    stored("ELR_EL1", .elrEL1, .el1, host: .elrEL2),
    constant("AFSR0_EL1", .afsr0EL1, .el1, isReadOnly: false, traps: .tvm, host: .afsr0EL2),
    constant("AFSR1_EL1", .afsr1EL1, .el1, isReadOnly: false, traps: .tvm, host: .afsr1EL2),
    stored("ESR_EL1", .esrEL1, .el1, mask: 0xFFFF_FFFF, traps: .tvm, host: .esrEL2),
    stored("FAR_EL1", .farEL1, .el1, traps: .tvm, host: .farEL2),
    stored("VBAR_EL1", .vbarEL1, .el1, mask: ~0x7FF, host: .vbarEL2),
    other("ISR_EL1", .isrEL1, .special, .reads(from: .el1)),
    other("DISR_EL1", .disrEL1, .special, readWrite(.el1), mask: deferredMask),
  ]

  // MARK: PSTATE, stack pointers, floating point

  private static let processorState: [Definition] = [
    other("NZCV", .nzcv, .special, readWrite(.el0)),
    other(
      "DAIF", .daif, .special, readWrite(.el0), traps: .uma, effects: [.interruptMask, .debug]),
    other("CurrentEL", .currentEL, .special, .reads(from: .el1)),
    other("SPSel", .spSel, .special, readWrite(.el1), effects: .privilege),
    other("PAN", .pan, .special, readWrite(.el1), effects: .privilege),
    other("UAO", .uao, .special, readWrite(.el1), effects: .privilege),
    other("SSBS", .ssbs, .special, readWrite(.el0)),
    other("SP_EL0", .spEL0, .special, readWrite(.el1)),
    other("SP_EL1", .spEL1, .special, readWrite(.el2)),
    other("SP_EL2", .spEL2, .special, readWrite(.el3)),
    // AHP DN FZ RMode FZ16; QC IDC IXC UFC OFC DZC IOC. No trapped exceptions, no AArch32 fields.
    stored("FPCR", .fpcr, .el0, mask: 0x07C8_0000, traps: .fp),
    stored("FPSR", .fpsr, .el0, mask: 0x0800_009F, traps: .fp),
  ]

  // MARK: EL2

  private static let hypervisor: [Definition] = [
    stored("VPIDR_EL2", .vpidrEL2, .el2, mask: 0xFFFF_FFFF, reset: IdentificationRegisters.midr),
    // Reset gives it MPIDR_EL1's value.
    stored("VMPIDR_EL2", .vmpidrEL2, .el2, mask: 0xFF_41FF_FFFF, fixed: 0x8000_0000),
    stored(
      "SCTLR_EL2", .sctlrEL2, .el2, mask: sctlrMask, fixed: sctlrFixed,
      effects: [.translation, .privilege]),
    constant("ACTLR_EL2", .actlrEL2, .el2, isReadOnly: false),
    // All of Armv8.2 but HCD (EL3 exists); RW is RAO/WI, EL1 being AArch64.
    stored(
      "HCR_EL2", .hcrEL2, .el2, mask: 0x807F_DFFF_FFFF & ~(1 << 31), fixed: 1 << 31,
      reset: 1 << 31,
      effects: [.translation, .privilege, .interruptMask, .floatingPoint, .debug]),
    // TDE TDA TDOSA TDRA.
    stored("MDCR_EL2", .mdcrEL2, .el2, mask: 0xF00, effects: .debug),
    // TCPAC, FPEN, TFP, and what is RES1 in the layout without E2H.
    stored(
      "CPTR_EL2", .cptrEL2, .el2, mask: 0x8030_37FF, traps: .tcpac, effects: .floatingPoint),
    stored("HSTR_EL2", .hstrEL2, .el2, mask: 0xBFEF),
    constant("HACR_EL2", .hacrEL2, .el2, isReadOnly: false),
    stored("TTBR0_EL2", .ttbr0EL2, .el2, effects: .translation),
    stored("TTBR1_EL2", .ttbr1EL2, .el2, effects: .translation),
    stored("TCR_EL2", .tcrEL2, .el2, mask: tcrMask, effects: .translation),
    stored("VTTBR_EL2", .vttbrEL2, .el2, effects: .translation),
    // T0SZ SL0 IRGN0 ORGN0 SH0 TG0 PS VS HA HD HWU.
    stored(
      "VTCR_EL2", .vtcrEL2, .el2, mask: 0x1E6F_FFFF, fixed: 1 << 31, effects: .translation),
    stored("SPSR_EL2", .spsrEL2, .el2, mask: spsrMask),
    stored("ELR_EL2", .elrEL2, .el2),
    constant("AFSR0_EL2", .afsr0EL2, .el2, isReadOnly: false),
    constant("AFSR1_EL2", .afsr1EL2, .el2, isReadOnly: false),
    stored("ESR_EL2", .esrEL2, .el2, mask: 0xFFFF_FFFF),
    stored("VSESR_EL2", .vsesrEL2, .el2, mask: 0x1FF_FFFF),
    stored("FAR_EL2", .farEL2, .el2),
    stored("HPFAR_EL2", .hpfarEL2, .el2, mask: 0xFF_FFFF_FFF0),
    stored("MAIR_EL2", .mairEL2, .el2, effects: .translation),
    constant("AMAIR_EL2", .amairEL2, .el2, isReadOnly: false),
    stored("VBAR_EL2", .vbarEL2, .el2, mask: ~0x7FF),
    stored("VDISR_EL2", .vdisrEL2, .el2, mask: deferredMask),
    stored("CONTEXTIDR_EL2", .contextidrEL2, .el2, mask: 0xFFFF_FFFF, effects: .debug),
    stored("TPIDR_EL2", .tpidrEL2, .el2),
  ]

  // MARK: EL3

  private static let monitor: [Definition] = [
    stored(
      "SCTLR_EL3", .sctlrEL3, .el3, mask: sctlrMask, fixed: sctlrFixed, reset: 0x30C5_0838,
      effects: [.translation, .privilege]),
    constant("ACTLR_EL3", .actlrEL3, .el3, isReadOnly: false),
    // NS IRQ FIQ EA SMD HCE SIF ST TWI TWE TLOR TERR EASE NMEA FIEN; RW is RAO/WI.
    stored(
      "SCR_EL3", .scrEL3, .el3, mask: 0x38_FB8F, fixed: 0x430, reset: 0x430,
      effects: [.translation, .privilege, .interruptMask, .floatingPoint, .debug]),
    // TCPAC TFP.
    stored("CPTR_EL3", .cptrEL3, .el3, mask: 0x8000_0400, effects: .floatingPoint),
    // TDA TDOSA SDD EDAD.
    stored("MDCR_EL3", .mdcrEL3, .el3, mask: 0x11_0600, effects: .debug),
    stored("TTBR0_EL3", .ttbr0EL3, .el3, mask: 0xFFFF_FFFF_FFFF, effects: .translation),
    // T0SZ IRGN0 ORGN0 SH0 TG0 PS TBI HA HD HPD HWU.
    stored(
      "TCR_EL3", .tcrEL3, .el3, mask: 0x1F77_FF3F, fixed: 0x8080_0000, effects: .translation),
    stored("SPSR_EL3", .spsrEL3, .el3, mask: spsrMask),
    stored("ELR_EL3", .elrEL3, .el3),
    constant("AFSR0_EL3", .afsr0EL3, .el3, isReadOnly: false),
    constant("AFSR1_EL3", .afsr1EL3, .el3, isReadOnly: false),
    stored("ESR_EL3", .esrEL3, .el3, mask: 0xFFFF_FFFF),
    stored("FAR_EL3", .farEL3, .el3),
    stored("MAIR_EL3", .mairEL3, .el3, effects: .translation),
    constant("AMAIR_EL3", .amairEL3, .el3, isReadOnly: false),
    stored("VBAR_EL3", .vbarEL3, .el3, mask: ~0x7FF),
    constant("RVBAR_EL3", .rvbarEL3, .el3),
    stored("TPIDR_EL3", .tpidrEL3, .el3),
  ]

  // MARK: _EL12 and _EL02

  private static let aliases: [Definition] = {
    let names = [
      "SCTLR", "CPACR", "TTBR0", "TTBR1", "TCR", "SPSR", "ELR", "AFSR0", "AFSR1", "ESR", "FAR",
      "MAIR", "AMAIR", "VBAR", "CONTEXTIDR", "CNTKCTL",
    ]
    let timerNames = [
      "CNTP_TVAL", "CNTP_CTL", "CNTP_CVAL", "CNTV_TVAL", "CNTV_CTL", "CNTV_CVAL",
    ]
    let rows = systemControl + exceptions + timers
    return names.flatMap { alias("\($0)_EL12", "\($0)_EL1", in: rows) }
      + timerNames.flatMap { alias("\($0)_EL02", "\($0)_EL0", in: rows) }
  }()

  // MARK: Debug

  private static let debug: [Definition] = {
    var result: [Definition] = [
      stored("OSDTRRX_EL1", .osdtrrxEL1, .el1, mask: 0xFFFF_FFFF, traps: .tda),
      stored("OSDTRTX_EL1", .osdtrtxEL1, .el1, mask: 0xFFFF_FFFF, traps: .tda),
      stored("MDCCINT_EL1", .mdccintEL1, .el1, mask: 0x6000_0000, traps: .tda),
      other("MDSCR_EL1", .mdscrEL1, .special, readWrite(.el1), traps: .tda, effects: .debug),
      stored("OSECCR_EL1", .oseccrEL1, .el1, mask: 0xFFFF_FFFF, traps: .tda),
      constant("MDRAR_EL1", .mdrarEL1, .el1, traps: .tdra),
      other("OSLAR_EL1", .oslarEL1, .special, .writes(from: .el1), traps: .tdosa, effects: .debug),
      // OSLM = 0b10: the OS lock is implemented; locked after reset.
      (
        "OSLSR_EL1",
        SystemRegisterRow(
          register: .oslsrEL1, hostRegister: .oslsrEL1, kind: .stored,
          access: .reads(from: .el1), traps: .tdosa, reset: 0xA)
      ),
      stored("OSDLR_EL1", .osdlrEL1, .el1, mask: 1, traps: .tdosa, effects: .debug),
      stored("DBGPRCR_EL1", .dbgprcrEL1, .el1, mask: 1, traps: .tdosa),
      other("DBGCLAIMSET_EL1", .dbgclaimsetEL1, .special, readWrite(.el1), traps: .tda),
      other("DBGCLAIMCLR_EL1", .dbgclaimclrEL1, .special, readWrite(.el1), traps: .tda),
      // Every kind of external debug is implemented and disabled.
      constant("DBGAUTHSTATUS_EL1", .dbgauthstatusEL1, .el1, 0xAA, traps: .tda),
      // No external debugger ever reads or writes the communication channel: always empty.
      constant("MDCCSR_EL0", .mdccsrEL0, .el0, traps: [.tdcc, .tda]),
      constant("DBGDTR_EL0", .dbgdtrEL0, .el0, isReadOnly: false, traps: [.tdcc, .tda]),
      constant("DBGDTRRX_EL0", .dbgdtrrxEL0, .el0, isReadOnly: false, traps: [.tdcc, .tda]),
    ]
    let breakpoints: [(SystemRegister, SystemRegister)] = [
      (.dbgbvr0EL1, .dbgbcr0EL1), (.dbgbvr1EL1, .dbgbcr1EL1), (.dbgbvr2EL1, .dbgbcr2EL1),
      (.dbgbvr3EL1, .dbgbcr3EL1), (.dbgbvr4EL1, .dbgbcr4EL1), (.dbgbvr5EL1, .dbgbcr5EL1),
    ]
    for (n, (value, control)) in breakpoints.enumerated() {
      result.append(stored("DBGBVR\(n)_EL1", value, .el1, traps: .tda, effects: .debug))
      // E PMC HMC SSC LBN BT; BAS is RES1 without AArch32.
      result.append(
        stored(
          "DBGBCR\(n)_EL1", control, .el1, mask: 0xFF_E007, fixed: 0x1E0, traps: .tda,
          effects: .debug))
    }
    let watchpoints: [(SystemRegister, SystemRegister)] = [
      (.dbgwvr0EL1, .dbgwcr0EL1), (.dbgwvr1EL1, .dbgwcr1EL1), (.dbgwvr2EL1, .dbgwcr2EL1),
      (.dbgwvr3EL1, .dbgwcr3EL1),
    ]
    for (n, (value, control)) in watchpoints.enumerated() {
      result.append(stored("DBGWVR\(n)_EL1", value, .el1, mask: ~3, traps: .tda, effects: .debug))
      // E PAC LSC BAS HMC SSC LBN WT MASK.
      result.append(
        stored("DBGWCR\(n)_EL1", control, .el1, mask: 0x1F1F_FFFF, traps: .tda, effects: .debug))
    }
    return result
  }()

  // MARK: Error records

  private static let errorRecords: [Definition] = {
    let injection: SystemRegisterTraps = [.terr, .fien]
    return [
      other("ERRIDR_EL1", .erridrEL1, .errorRecord, .reads(from: .el1), traps: .terr),
      other("ERRSELR_EL1", .errselrEL1, .errorRecord, readWrite(.el1), traps: .terr),
      other("ERXFR_EL1", .erxfrEL1, .errorRecord, .reads(from: .el1), traps: .terr),
      other("ERXCTLR_EL1", .erxctlrEL1, .errorRecord, readWrite(.el1), traps: .terr),
      other("ERXSTATUS_EL1", .erxstatusEL1, .errorRecord, readWrite(.el1), traps: .terr),
      other("ERXADDR_EL1", .erxaddrEL1, .errorRecord, readWrite(.el1), traps: .terr),
      other("ERXPFGF_EL1", .erxpfgfEL1, .errorRecord, .reads(from: .el1), traps: injection),
      other("ERXPFGCTL_EL1", .erxpfgctlEL1, .errorRecord, readWrite(.el1), traps: injection),
      other("ERXPFGCDN_EL1", .erxpfgcdnEL1, .errorRecord, readWrite(.el1), traps: injection),
      other("ERXMISC0_EL1", .erxmisc0EL1, .errorRecord, readWrite(.el1), traps: .terr),
      other("ERXMISC1_EL1", .erxmisc1EL1, .errorRecord, readWrite(.el1), traps: .terr),
      other("ERXMISC2_EL1", .erxmisc2EL1, .errorRecord, readWrite(.el1), traps: .terr),
      other("ERXMISC3_EL1", .erxmisc3EL1, .errorRecord, readWrite(.el1), traps: .terr),
    ]
  }()

  // MARK: Interrupt controller. The GIC itself decides on traps and on what does not exist: with
  // five priority bits there is one AP0R and one AP1R, and there are four list registers.

  private static let interruptController: [Definition] = {
    func gic(
      _ name: String, _ register: SystemRegister, _ access: SystemRegisterAccess,
      _ effects: ContextEffect = .interruptMask
    ) -> Definition {
      other(name, register, .interruptController, access, effects: effects)
    }
    let read = SystemRegisterAccess.reads(from: .el1)
    let write = SystemRegisterAccess.writes(from: .el1)
    return [
      gic("ICC_PMR_EL1", .iccPMREL1, readWrite(.el1)),
      gic("ICC_IAR0_EL1", .iccIAR0EL1, read), gic("ICC_IAR1_EL1", .iccIAR1EL1, read),
      gic("ICC_EOIR0_EL1", .iccEOIR0EL1, write), gic("ICC_EOIR1_EL1", .iccEOIR1EL1, write),
      gic("ICC_HPPIR0_EL1", .iccHPPIR0EL1, read), gic("ICC_HPPIR1_EL1", .iccHPPIR1EL1, read),
      gic("ICC_BPR0_EL1", .iccBPR0EL1, readWrite(.el1)),
      gic("ICC_BPR1_EL1", .iccBPR1EL1, readWrite(.el1)),
      gic("ICC_AP0R0_EL1", .iccAP0R0EL1, readWrite(.el1)),
      gic("ICC_AP1R0_EL1", .iccAP1R0EL1, readWrite(.el1)),
      gic("ICC_RPR_EL1", .iccRPREL1, read), gic("ICC_DIR_EL1", .iccDIREL1, write),
      gic("ICC_SGI0R_EL1", .iccSGI0REL1, write), gic("ICC_SGI1R_EL1", .iccSGI1REL1, write),
      gic("ICC_ASGI1R_EL1", .iccASGI1REL1, write),
      gic("ICC_CTLR_EL1", .iccCTLREL1, readWrite(.el1)),
      gic("ICC_SRE_EL1", .iccSREEL1, readWrite(.el1)),
      gic("ICC_IGRPEN0_EL1", .iccIGRPEN0EL1, readWrite(.el1)),
      gic("ICC_IGRPEN1_EL1", .iccIGRPEN1EL1, readWrite(.el1)),
      gic("ICC_SRE_EL2", .iccSREEL2, readWrite(.el2)),
      gic("ICH_HCR_EL2", .ichHCREL2, readWrite(.el2)),
      gic("ICH_VTR_EL2", .ichVTREL2, .reads(from: .el2)),
      gic("ICH_MISR_EL2", .ichMISREL2, .reads(from: .el2)),
      gic("ICH_EISR_EL2", .ichEISREL2, .reads(from: .el2)),
      gic("ICH_ELRSR_EL2", .ichELRSREL2, .reads(from: .el2)),
      gic("ICH_VMCR_EL2", .ichVMCREL2, readWrite(.el2)),
      gic("ICH_AP0R0_EL2", .ichAP0R0EL2, readWrite(.el2)),
      gic("ICH_AP1R0_EL2", .ichAP1R0EL2, readWrite(.el2)),
      gic("ICH_LR0_EL2", .ichLR0EL2, readWrite(.el2)),
      gic("ICH_LR1_EL2", .ichLR1EL2, readWrite(.el2)),
      gic("ICH_LR2_EL2", .ichLR2EL2, readWrite(.el2)),
      gic("ICH_LR3_EL2", .ichLR3EL2, readWrite(.el2)),
      gic("ICC_CTLR_EL3", .iccCTLREL3, readWrite(.el3)),
      gic("ICC_SRE_EL3", .iccSREEL3, readWrite(.el3)),
      gic("ICC_IGRPEN1_EL3", .iccIGRPEN1EL3, readWrite(.el3)),
    ]
  }()

  // MARK: Timers

  private static let timers: [Definition] = {
    func timer(
      _ name: String, _ register: SystemRegister, _ level: ExceptionLevel,
      _ traps: SystemRegisterTraps = [], host: SystemRegister? = nil
    ) -> Definition {
      other(
        name, register, .timer, readWrite(level), traps: traps, host: host, effects: .timers)
    }
    return [
      other(
        "CNTFRQ_EL0", .cntfrqEL0, .timer, [.reads(from: .el0), .writes(from: .el3)],
        traps: .counterFrequency),
      other("CNTPCT_EL0", .cntpctEL0, .timer, .reads(from: .el0), traps: .physicalCounter),
      other("CNTVCT_EL0", .cntvctEL0, .timer, .reads(from: .el0), traps: .virtualCounter),
      timer("CNTP_TVAL_EL0", .cntpTVALEL0, .el0, .physicalTimer, host: .cnthpTVALEL2),
      timer("CNTP_CTL_EL0", .cntpCTLEL0, .el0, .physicalTimer, host: .cnthpCTLEL2),
      timer("CNTP_CVAL_EL0", .cntpCVALEL0, .el0, .physicalTimer, host: .cnthpCVALEL2),
      timer("CNTV_TVAL_EL0", .cntvTVALEL0, .el0, .virtualTimer, host: .cnthvTVALEL2),
      timer("CNTV_CTL_EL0", .cntvCTLEL0, .el0, .virtualTimer, host: .cnthvCTLEL2),
      timer("CNTV_CVAL_EL0", .cntvCVALEL0, .el0, .virtualTimer, host: .cnthvCVALEL2),
      other(
        "CNTKCTL_EL1", .cntkctlEL1, .timer, readWrite(.el1), mask: 0x3FF, host: .cnthctlEL2,
        effects: .timers),
      other("CNTHCTL_EL2", .cnthctlEL2, .timer, readWrite(.el2), mask: 0xFFF, effects: .timers),
      timer("CNTVOFF_EL2", .cntvoffEL2, .el2),
      timer("CNTHP_TVAL_EL2", .cnthpTVALEL2, .el2), timer("CNTHP_CTL_EL2", .cnthpCTLEL2, .el2),
      timer("CNTHP_CVAL_EL2", .cnthpCVALEL2, .el2), timer("CNTHV_TVAL_EL2", .cnthvTVALEL2, .el2),
      timer("CNTHV_CTL_EL2", .cnthvCTLEL2, .el2), timer("CNTHV_CVAL_EL2", .cnthvCVALEL2, .el2),
      timer("CNTPS_TVAL_EL1", .cntpsTVALEL1, .el1, .secureTimer),
      timer("CNTPS_CTL_EL1", .cntpsCTLEL1, .el1, .secureTimer),
      timer("CNTPS_CVAL_EL1", .cntpsCVALEL1, .el1, .secureTimer),
    ]
  }()
}
