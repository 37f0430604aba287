// Registers whose fields are looked at everywhere, as the types that name them.

import Arm

extension CoreState {
  /// SCR_EL3.
  @inline(__always) var scr: SecureConfiguration {
    SecureConfiguration(rawValue: self[.scrEL3])
  }
  /// HCR_EL2, whether or not EL2 is enabled.
  @inline(__always) var hcr: HypervisorConfiguration {
    HypervisorConfiguration(rawValue: self[.hcrEL2])
  }
  /// MDSCR_EL1.
  @inline(__always) var mdscr: MonitorDebugSystemControl {
    MonitorDebugSystemControl(rawValue: self[.mdscrEL1])
  }
  /// OSLSR_EL1.OSLK.
  @inline(__always) var isOSLocked: Bool {
    OSLockStatus(rawValue: self[.oslsrEL1]).isSet(OSLockStatus.oslk)
  }
  /// SCTLR_EL1, SCTLR_EL2 or SCTLR_EL3.
  @inline(__always) func systemControl(_ register: SystemRegister) -> SystemControl {
    SystemControl(rawValue: self[register])
  }
}
