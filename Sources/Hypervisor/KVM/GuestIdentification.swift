// ID registers as a guest reads them: what the host's PE has, without what guests are not given.
// Linux arch/arm64/kvm/sys_regs.c has the same list for the features that exist here.

import Arm

/// The ID registers of a guest.
struct GuestIdentification {
  let features: GuestFeatures

  /// The value of an ID register by its encoding (op0 3, op1 0, CRn 0, CRm 1 to 7); all others in
  /// that space read as zero: AArch32's, reserved ones, features a guest does not get.
  func value(_ encoding: SystemRegisterEncoding) -> UInt64 {
    switch encoding {
    case SystemRegister.idAA64PFR0EL1.encoding: processor0.rawValue
    case SystemRegister.idAA64PFR1EL1.encoding:
      features.pfr1.only(ProcessorFeature1.bt | ProcessorFeature1.ssbs | ProcessorFeature1.rasFrac)
        .rawValue
    case SystemRegister.idAA64DFR0EL1.encoding: debug0.rawValue
    case SystemRegister.idAA64ISAR0EL1.encoding: features.isar0.rawValue
    case SystemRegister.idAA64ISAR1EL1.encoding:
      // No pointer authentication.
      features.isar1.without(
        InstructionSetAttribute1.apa | InstructionSetAttribute1.api | InstructionSetAttribute1.gpa
          | InstructionSetAttribute1.gpi
      ).rawValue
    case SystemRegister.idAA64MMFR0EL1.encoding: features.mmfr0.rawValue
    case SystemRegister.idAA64MMFR1EL1.encoding: features.mmfr1.rawValue
    case SystemRegister.idAA64MMFR2EL1.encoding:
      // No nesting, and no forcing of write-back at stage 2.
      features.mmfr2.without(MemoryModelFeature2.nv | MemoryModelFeature2.fwb).rawValue
    default: 0
    }
  }

  /// AArch64 only, no SVE, AMU, MPAM, SEL2 or RME; the GIC by system registers. EL2 and EL3 are told as the host's,
  /// as by Linux 6.1: a guest knows at which level it runs.
  private var processor0: ProcessorFeature0 {
    typealias ID = ProcessorFeature0
    return features.pfr0.only(
      ID.el2 | ID.el3 | ID.fp | ID.advSIMD | ID.ras | ID.dit | ID.csv2 | ID.csv3
    )
    .with(ID.el0, 1).with(ID.el1, 1).with(ID.gic, 1)
  }

  /// Debug as Armv8.0, and how many breakpoints and watchpoints there are; no PMU, trace or SPE.
  private var debug0: DebugFeature0 {
    typealias ID = DebugFeature0
    return features.dfr0.only(ID.brps | ID.wrps | ID.ctxCMPs).with(ID.debugVer, 6)
  }

  /// Whether an encoding is an ID register of AArch32, but those that Linux hides: ID_AFR0_EL1, ID_DFR1_EL1
  /// and two that are not allocated.
  static func isOfAArch32(_ encoding: SystemRegisterEncoding) -> Bool {
    guard contains(encoding), encoding.crm <= 3 else { return false }
    return !(encoding.op2 == 3 && encoding.crm != 2)
      && !(encoding.crm == 3 && (encoding.op2 == 5 || encoding.op2 == 7))
  }

  /// Whether an encoding is in the ID space that HCR_EL2.TID3 traps.
  static func contains(_ encoding: SystemRegisterEncoding) -> Bool {
    encoding.op0 == 3 && encoding.op1 == 0 && encoding.crn == 0 && (1...7).contains(encoding.crm)
  }
}
