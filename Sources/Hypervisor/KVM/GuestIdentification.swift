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
    case SystemRegister.idAA64PFR0EL1.encoding:
      // AArch64 only, no EL2 and EL3 in a VM, no SVE, no AMU, MPAM or SEL2; DIT stays. GIC: system registers.
      features.pfr0 & 0xFF0F_0000_F0FF_0000 | 1 << 24 | 0x11
    // SSBS, BT, RAS_frac
    case SystemRegister.idAA64PFR1EL1.encoding: features.pfr1 & 0x0000_0000_0000_F0FF
    case SystemRegister.idAA64DFR0EL1.encoding:
      // Debug as Armv8.0 and breakpoint counts; no PMU, trace or SPE.
      features.dfr0 & 0x0000_0000_F0F0_F000 | 6
    case SystemRegister.idAA64ISAR0EL1.encoding: features.isar0
    case SystemRegister.idAA64ISAR1EL1.encoding:
      // No pointer authentication.
      features.isar1 & ~0x0000_0000_FF00_0FF0
    case SystemRegister.idAA64MMFR0EL1.encoding: features.mmfr0
    case SystemRegister.idAA64MMFR1EL1.encoding:
      // No LOR, VHE, VMID size.
      features.mmfr1 & ~0x0000_0000_000F_0FF0
    case SystemRegister.idAA64MMFR2EL1.encoding:
      // No nesting.
      features.mmfr2 & 0xFFFF_F0FF_F0FF_FFFF
    default: 0
    }
  }

  /// Whether an encoding is in the ID space that HCR_EL2.TID3 traps.
  static func contains(_ encoding: SystemRegisterEncoding) -> Bool {
    encoding.op0 == 3 && encoding.op1 == 0 && encoding.crn == 0 && (1...7).contains(encoding.crm)
  }
}
