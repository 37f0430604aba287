// What EL3 decides for the worlds below it, and the state in which a core first enters EL2.

import Arm
import Platform

/// The Security configuration of one core.
public enum SecureState {
  /// SCR_EL3 while the Non-secure world runs.
  ///
  /// EA: external aborts and SErrors come to EL3 first. TERR: the error records belong to the
  /// firmware; an access from below traps and is answered as "no records" (`TrappedRegister`), so
  /// that a kernel which looks finds what HEST tells it: firmware first. FIEN stays 0 for the same
  /// reason. SMD = 0, HCE = 1, RW = 1, SIF = 1; IRQ and FIQ stay below.
  public static func securityConfiguration(_ features: ProcessorFeatures) -> UInt64 {
    var scr: UInt64 = 0x30  // RES1
    scr |= 1 << 0  // NS
    scr |= 1 << 3  // EA
    scr |= 1 << 8  // HCE
    scr |= 1 << 9  // SIF
    scr |= 1 << 10  // RW
    if features.ras { scr |= 1 << 15 }  // TERR
    if features.pointerAuthentication { scr |= 1 << 16 | 1 << 17 }  // APK, API
    if features.mte { scr |= 1 << 26 }  // ATA
    if features.fgt { scr |= 1 << 27 }  // FGTEn
    if features.ecv { scr |= 1 << 28 }  // ECVEn
    if features.hcx { scr |= 1 << 38 }  // HXEn
    if features.sme { scr |= 1 << 41 }  // EnTP2
    return scr
  }

  /// Sets this core's EL3 registers up.
  public static func setUp<P: FirmwarePlatform>(_ platform: P, _ features: ProcessorFeatures) {
    platform.write(.scrEL3, securityConfiguration(features))
    // CPTR_EL3: nothing traps; EZ (bit 8) where there is SVE and ESM (bit 12) where there is SME,
    // with their longest vectors.
    platform.write(.cptrEL3, (features.sve ? 1 << 8 : 0) | (features.sme ? 1 << 12 : 0))
    // MDCR_EL3: SDD and SPD32 forbid debug exceptions in the Secure world; nothing traps below.
    platform.write(.mdcrEL3, 1 << 16 | 0b10 << 14)
    if features.iesb { platform.write(.sctlrEL3, platform.read(.sctlrEL3) | 1 << 21) }
    platform.synchronizeContext()
    if features.sve { platform.write(.zcrEL3, 0xf) }
    if features.sme { platform.write(.smcrEL3, 1 << 31 | 0xf) }  // FA64, LEN
    platform.write(.cntfrqEL0, Clock.counterFrequency)
    platform.write(.cntpsCTLEL1, 0)
    platform.synchronizeContext()
  }

  /// Leaves External aborts and SErrors, and the records of them, to the levels below: SCR_EL3.EA
  /// and TERR are 0. So does TF-A without HANDLE_EA_EL3_FIRST_NS: nothing is firmware first then.
  public static func leaveErrorsBelow<P: FirmwarePlatform>(_ platform: P) {
    platform.write(.scrEL3, platform.read(.scrEL3) & ~(1 << 3 | 1 << 15))
    platform.synchronizeContext()
  }

  /// SPSR_EL3 for an entry to EL2: EL2h, D, A, I and F masked.
  public static let entryState: UInt64 = 0x3c9

  /// Gives EL2 and EL1 the reset state that an operating system is promised: MMUs off, nothing
  /// trapped, no virtual offset. Linux Documentation/arm64/booting.rst; PSCI (DEN0022) 6.4.
  public static func resetLowerLevels<P: FirmwarePlatform>(_ platform: P) {
    platform.write(.hcrEL2, 1 << 31)  // RW
    platform.synchronizeContext()
    platform.write(.sctlrEL2, 0x30c5_0830)  // RES1
    platform.write(.sctlrEL1, 0x30d0_0800)  // RES1
    platform.write(.cptrEL2, 0x33ff)  // RES1
    // HPMN = PMCR_EL0.N, where there is a PMU (PMUVer neither 0 nor 0xF).
    let monitorVersion = platform.read(.idAA64DFR0EL1) >> 8 & 0xf
    let hasMonitors = monitorVersion != 0 && monitorVersion != 0xf
    platform.write(.mdcrEL2, hasMonitors ? platform.read(.pmcrEL0) >> 11 & 0x1f : 0)
    platform.write(.hstrEL2, 0)
    platform.write(.vttbrEL2, 0)
    platform.write(.vbarEL2, 0)
    platform.write(.vbarEL1, 0)
    platform.write(.vpidrEL2, platform.read(.midrEL1))
    platform.write(.vmpidrEL2, platform.read(.mpidrEL1))
    platform.write(.cnthctlEL2, 3)  // EL1PCTEN, EL1PCEN
    platform.write(.cntvoffEL2, 0)
    platform.write(.cnthpCTLEL2, 0)
    platform.write(.cntpCTLEL0, 0)
    platform.write(.cntvCTLEL0, 0)
    platform.write(.ichHCREL2, 0)
    platform.synchronizeContext()
  }
}
