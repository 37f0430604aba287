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

  static func bits(_ fields: Field...) -> UInt64 { fields.mask }

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
      constant(.ctrEL0, .el0, ID.ctr.rawValue, traps: [.uct, .tid2]),
      other(.dczidEL0, .special, .reads(from: .el0)),
      constant(.clidrEL1, .el1, ID.clidr.rawValue, traps: .tid2),
      other(.ccsidrEL1, .special, .reads(from: .el1), traps: .tid2),
      // Level and InD.
      stored(.csselrEL1, .el1, mask: 0xF, traps: .tid2),
      constant(.idAA64PFR0EL1, .el1, ID.pfr0.rawValue, traps: .tid3),
      constant(.idAA64PFR1EL1, .el1, ID.pfr1.rawValue, traps: .tid3),
      constant(.idAA64ZFR0EL1, .el1, traps: .tid3),
      constant(.idAA64DFR0EL1, .el1, ID.dfr0.rawValue, traps: .tid3),
      constant(.idAA64DFR1EL1, .el1, traps: .tid3),
      constant(.idAA64AFR0EL1, .el1, traps: .tid3),
      constant(.idAA64AFR1EL1, .el1, traps: .tid3),
      constant(.idAA64ISAR0EL1, .el1, ID.isar0.rawValue, traps: .tid3),
      constant(.idAA64ISAR1EL1, .el1, ID.isar1.rawValue, traps: .tid3),
      constant(.idAA64ISAR2EL1, .el1, traps: .tid3),
      constant(.idAA64MMFR0EL1, .el1, ID.mmfr0.rawValue, traps: .tid3),
      constant(.idAA64MMFR1EL1, .el1, ID.mmfr1.rawValue, traps: .tid3),
      constant(.idAA64MMFR2EL1, .el1, ID.mmfr2.rawValue, traps: .tid3),
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

  private static let sctlrFixed = bits(
    SystemControl.eos, SystemControl.eis, SystemControl.ntlsmd, SystemControl.lsmaoe)
  /// All of Armv8.2 but the endianness, which is fixed; nAA came later.
  private static let sctlrMask =
    SystemControl.fields.mask
    & ~(sctlrFixed | bits(SystemControl.ee, SystemControl.e0e, SystemControl.naa))
  private static let sctlrReset =
    sctlrFixed
    | bits(
      SystemControl.sa, SystemControl.sa0, SystemControl.cp15ben, SystemControl.ntwi,
      SystemControl.ntwe, SystemControl.span)
  private static let tcrMask = TranslationControl.fields.mask
  /// A register of 32 bits.
  static let word: UInt64 = 0xFFFF_FFFF

  private static let systemControl: [SystemRegisterRow] = [
    stored(
      .sctlrEL1, .el1, mask: sctlrMask, fixed: sctlrFixed, reset: sctlrReset,
      traps: .tvm, host: .sctlrEL2, effects: [.translation, .privilege]),
    constant(.actlrEL1, .el1, isReadOnly: false, traps: .tacr),
    stored(
      .cpacrEL1, .el1, mask: bits(FeatureAccessControl.fpen), traps: .tcpac, host: .cptrEL2,
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
      .contextidrEL1, .el1, mask: word, traps: .tvm,
      host: .contextidrEL2, effects: .debug),
    stored(.parEL1, .el1),
    stored(.tpidrEL0, .el0),
    SystemRegisterRow(
      register: .tpidrroEL0, hostRegister: .tpidrroEL0, kind: .stored,
      access: [.reads(from: .el0), .writes(from: .el1)]),
    stored(.tpidrEL1, .el1),
  ]

  // MARK: EL1: exceptions

  /// The bits of an AArch64 PSTATE image.
  private static let spsrMask = bits(
    ProcessState.n, ProcessState.z, ProcessState.c, ProcessState.v, ProcessState.uao,
    ProcessState.pan, ProcessState.ss, ProcessState.il, ProcessState.ssbs, ProcessState.daif,
    ProcessState.nRW, ProcessState.mode)
  /// DISR_EL1 and VDISR_EL2: A, and the ISS that an SError would have.
  private static let deferredMask = bits(DeferredError.a, Syndrome.iss)

  private static let exceptions: [SystemRegisterRow] = [
    stored(.spsrEL1, .el1, mask: spsrMask, host: .spsrEL2),
    stored(.elrEL1, .el1, host: .elrEL2),
    constant(.afsr0EL1, .el1, isReadOnly: false, traps: .tvm, host: .afsr0EL2),
    constant(.afsr1EL1, .el1, isReadOnly: false, traps: .tvm, host: .afsr1EL2),
    stored(.esrEL1, .el1, mask: word, traps: .tvm, host: .esrEL2),
    stored(.farEL1, .el1, traps: .tvm, host: .farEL2),
    stored(.vbarEL1, .el1, mask: ~(VectorTable.size - 1), host: .vbarEL2),
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
    // No trapped exceptions, no AArch32 fields.
    stored(.fpcr, .el0, mask: FloatingPointControl.fields.mask, traps: .fp),
    stored(.fpsr, .el0, mask: FloatingPointStatus.fields.mask, traps: .fp),
  ]

  // MARK: EL2

  private static let hypervisor: [SystemRegisterRow] = [
    stored(.vpidrEL2, .el2, mask: word, reset: IdentificationRegisters.midr.rawValue),
    // Reset gives it MPIDR_EL1's value.
    stored(
      .vmpidrEL2, .el2, mask: MultiprocessorAffinity.fields.mask,
      fixed: MultiprocessorAffinity.reservedOnes),
    stored(
      .sctlrEL2, .el2, mask: sctlrMask, fixed: sctlrFixed,
      effects: [.translation, .privilege]),
    constant(.actlrEL2, .el2, isReadOnly: false),
    // All of Armv8.2 but HCD (EL3 exists); RW is RAO/WI, EL1 being AArch64.
    stored(
      .hcrEL2, .el2,
      mask: HypervisorConfiguration.fields.mask
        & ~bits(HypervisorConfiguration.hcd, HypervisorConfiguration.rw),
      fixed: bits(HypervisorConfiguration.rw), reset: bits(HypervisorConfiguration.rw),
      effects: [.translation, .privilege, .interruptMask, .floatingPoint, .debug]),
    stored(
      .mdcrEL2, .el2,
      mask: bits(
        MonitorDebugConfiguration.tde, MonitorDebugConfiguration.tda,
        MonitorDebugConfiguration.tdosa, MonitorDebugConfiguration.tdra,
        MonitorDebugConfiguration.hpmn, MonitorDebugConfiguration.tpmcr,
        MonitorDebugConfiguration.tpm, MonitorDebugConfiguration.hpme,
        MonitorDebugConfiguration.hpmd),
      reset: UInt64(PerformanceMonitors.counterCount), effects: [.debug, .monitors]),
    // Both layouts, and what is RES1 in the one without E2H.
    stored(
      .cptrEL2, .el2,
      mask: bits(FeatureAccessControl.tcpac, FeatureAccessControl.fpen, FeatureTrap.tfp)
        | FeatureTrap.reservedOnes, traps: .tcpac, effects: .floatingPoint),
    // T<n> but T4 and T14: AArch32's.
    stored(.hstrEL2, .el2, mask: 0xBFEF),
    constant(.hacrEL2, .el2, isReadOnly: false),
    stored(.ttbr0EL2, .el2, effects: .translation),
    stored(.ttbr1EL2, .el2, effects: .translation),
    stored(.tcrEL2, .el2, mask: tcrMask, effects: .translation),
    stored(.vttbrEL2, .el2, effects: .translation),
    stored(
      .vtcrEL2, .el2, mask: VirtualizationTranslationControl.fields.mask,
      fixed: VirtualizationTranslationControl.reservedOnes, effects: .translation),
    stored(.spsrEL2, .el2, mask: spsrMask),
    stored(.elrEL2, .el2),
    constant(.afsr0EL2, .el2, isReadOnly: false),
    constant(.afsr1EL2, .el2, isReadOnly: false),
    stored(.esrEL2, .el2, mask: word),
    stored(.vsesrEL2, .el2, mask: bits(Syndrome.iss)),
    stored(.farEL2, .el2),
    // FIPA without FEAT_LPA.
    stored(.hpfarEL2, .el2, mask: bits(HypervisorFaultAddress.fipa) & 0xFF_FFFF_FFFF),
    stored(.mairEL2, .el2, effects: .translation),
    constant(.amairEL2, .el2, isReadOnly: false),
    stored(.vbarEL2, .el2, mask: ~(VectorTable.size - 1)),
    stored(.vdisrEL2, .el2, mask: deferredMask),
    stored(.contextidrEL2, .el2, mask: word, effects: .debug),
    stored(.tpidrEL2, .el2),
  ]

  // MARK: EL3

  private static let scrFixed = bits(SecureConfiguration.rw) | SecureConfiguration.reservedOnes
  /// What Armv8.2 with FEAT_RASv1p1 and FEAT_DoubleFault has.
  private static let scrMask = bits(
    SecureConfiguration.ns, SecureConfiguration.irq, SecureConfiguration.fiq,
    SecureConfiguration.ea, SecureConfiguration.smd, SecureConfiguration.hce,
    SecureConfiguration.sif, SecureConfiguration.st, SecureConfiguration.twi,
    SecureConfiguration.twe, SecureConfiguration.tlor, SecureConfiguration.terr,
    SecureConfiguration.ease, SecureConfiguration.nmea, SecureConfiguration.fien)

  private static let monitor: [SystemRegisterRow] = [
    stored(
      .sctlrEL3, .el3, mask: sctlrMask, fixed: sctlrFixed, reset: sctlrReset,
      effects: [.translation, .privilege]),
    constant(.actlrEL3, .el3, isReadOnly: false),
    // RW is RAO/WI.
    stored(
      .scrEL3, .el3, mask: scrMask, fixed: scrFixed, reset: scrFixed,
      effects: [.translation, .privilege, .interruptMask, .floatingPoint, .debug]),
    stored(
      .cptrEL3, .el3, mask: bits(FeatureTrap.tcpac, FeatureTrap.tfp), effects: .floatingPoint),
    stored(
      .mdcrEL3, .el3,
      mask: bits(
        MonitorDebugConfiguration.tda, MonitorDebugConfiguration.tdosa,
        MonitorDebugConfiguration.sdd, MonitorDebugConfiguration.edad,
        MonitorDebugConfiguration.tpm, MonitorDebugConfiguration.spme),
      effects: [.debug, .monitors]),
    stored(
      .ttbr0EL3, .el3, mask: bits(TableBase.baddr, TableBase.cnp), effects: .translation),
    stored(
      .tcrEL3, .el3, mask: SingleRangeTranslationControl.fields.mask,
      fixed: SingleRangeTranslationControl.reservedOnes, effects: .translation),
    stored(.spsrEL3, .el3, mask: spsrMask),
    stored(.elrEL3, .el3),
    constant(.afsr0EL3, .el3, isReadOnly: false),
    constant(.afsr1EL3, .el3, isReadOnly: false),
    stored(.esrEL3, .el3, mask: word),
    stored(.farEL3, .el3),
    stored(.mairEL3, .el3, effects: .translation),
    constant(.amairEL3, .el3, isReadOnly: false),
    stored(.vbarEL3, .el3, mask: ~(VectorTable.size - 1)),
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
}
