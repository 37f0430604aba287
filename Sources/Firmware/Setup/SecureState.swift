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
    typealias SCR = SecureConfiguration
    var scr = SCR(rawValue: SCR.reservedOnes)
    scr[SCR.ns] = 1
    scr[SCR.ea] = 1
    scr[SCR.hce] = 1
    scr[SCR.sif] = 1
    scr[SCR.rw] = 1
    if features.ras { scr[SCR.terr] = 1 }
    if features.pointerAuthentication {
      scr[SCR.apk] = 1
      scr[SCR.api] = 1
    }
    if features.mte { scr[SCR.ata] = 1 }
    if features.fgt { scr[SCR.fgtEn] = 1 }
    if features.ecv { scr[SCR.ecvEn] = 1 }
    if features.hcx { scr[SCR.hxEn] = 1 }
    if features.sme { scr[SCR.enTP2] = 1 }
    return scr.rawValue
  }

  /// Sets this core's EL3 registers up.
  public static func setUp<P: FirmwarePlatform>(_ platform: P, _ features: ProcessorFeatures) {
    platform.write(.scrEL3, securityConfiguration(features))
    // Nothing traps, SVE and SME neither, with their longest vectors.
    platform.write(
      .cptrEL3,
      (features.sve ? FeatureTrap.ez.mask : 0) | (features.sme ? FeatureTrap.esm.mask : 0))
    // No debug exceptions in the Secure world; nothing traps below.
    platform.write(
      .mdcrEL3,
      MonitorDebugConfiguration(rawValue: MonitorDebugConfiguration.sdd.mask)
        .with(MonitorDebugConfiguration.spd32, 0b10).rawValue)
    if features.iesb {
      platform.write(.sctlrEL3, platform.read(.sctlrEL3) | SystemControl.iesb.mask)
    }
    platform.synchronizeContext()
    if features.sve { platform.write(.zcrEL3, SVEControl.len.mask) }
    if features.sme { platform.write(.smcrEL3, (SMEControl.fa64 | SMEControl.len).mask) }
    platform.write(.cntfrqEL0, Clock.counterFrequency)
    platform.write(.cntpsCTLEL1, 0)
    platform.synchronizeContext()
  }

  /// Leaves External aborts and SErrors, and the records of them, to the levels below: SCR_EL3.EA
  /// and TERR are 0, and FIEN is 1 where there is fault injection: it is theirs as well. So does TF-A
  /// without HANDLE_EA_EL3_FIRST_NS: nothing is firmware first then.
  public static func leaveErrorsBelow<P: FirmwarePlatform>(
    _ platform: P, _ features: ProcessorFeatures
  ) {
    let scr = SecureConfiguration(rawValue: platform.read(.scrEL3))
    platform.write(
      .scrEL3,
      scr.with(SecureConfiguration.ea, 0).with(SecureConfiguration.terr, 0)
        .with(SecureConfiguration.fien, features.rasV1p1 ? 1 : 0).rawValue)
    platform.synchronizeContext()
  }

  /// SPSR_EL3 for an entry to EL2: EL2h, D, A, I and F masked.
  public static let entryState = ProcessState(level: .el2).rawValue

  /// Gives EL2 and EL1 the reset state that an operating system is promised: MMUs off, nothing
  /// trapped, no virtual offset. Linux Documentation/arm64/booting.rst; PSCI (DEN0022) 6.4.
  public static func resetLowerLevels<P: FirmwarePlatform>(_ platform: P) {
    platform.write(.hcrEL2, HypervisorConfiguration.rw.mask)
    platform.synchronizeContext()
    platform.write(.sctlrEL2, SystemControl.reservedOnesEL2)
    platform.write(.sctlrEL1, SystemControl.reservedOnesEL1)
    platform.write(.cptrEL2, FeatureTrap.reservedOnes)
    // HPMN = PMCR_EL0.N, where there is a PMU of the architecture.
    let monitors =
      DebugFeature0(rawValue: platform.read(.idAA64DFR0EL1))[DebugFeature0.pmuVer]
    let hasMonitors = monitors != 0 && monitors != 0xf
    platform.write(
      .mdcrEL2,
      hasMonitors
        ? PerformanceMonitorsControl(rawValue: platform.read(.pmcrEL0))[
          PerformanceMonitorsControl.n] : 0)
    platform.write(.hstrEL2, 0)
    platform.write(.vttbrEL2, 0)
    platform.write(.vbarEL2, 0)
    platform.write(.vbarEL1, 0)
    platform.write(.vpidrEL2, platform.read(.midrEL1))
    platform.write(.vmpidrEL2, platform.read(.mpidrEL1))
    platform.write(
      .cnthctlEL2,
      CounterHypervisorControl.el1pcten.mask | CounterHypervisorControl.el1pcen.mask)
    platform.write(.cntvoffEL2, 0)
    platform.write(.cnthpCTLEL2, 0)
    platform.write(.cntpCTLEL0, 0)
    platform.write(.cntvCTLEL0, 0)
    platform.write(.ichHCREL2, 0)
    platform.synchronizeContext()
  }
}
