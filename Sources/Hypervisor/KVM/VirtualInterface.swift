// The CPU interface registers of a vCPU as user space saves and restores them (group 6): what the
// guest calls ICC_*, kept in ICH_VMCR_EL2 and ICH_AP<x>R0_EL2. IHI 0069 12.4.8, 12.2.

import Arm
import KVM

/// ICH_VMCR_EL2.
struct VirtualInterfaceControl: Register {
  var rawValue: UInt64
  init(rawValue: UInt64) { self.rawValue = rawValue }

  static let vpmr = Field("VPMR", 31, 24)
  static let vbpr0 = Field("VBPR0", 23, 21)
  static let vbpr1 = Field("VBPR1", 20, 18)
  static let veoim = Field("VEOIM", 9)
  static let vcbpr = Field("VCBPR", 4)
  static let vfiqen = Field("VFIQEn", 3)
  static let veng1 = Field("VENG1", 1)
  static let veng0 = Field("VENG0", 0)

  /// As a CPU interface without FIQ bypass resets: everything off.
  static let reset = VirtualInterfaceControl(rawValue: 1 << 3)
}

extension GuestRegisters {
  /// ICC_CTLR_EL1 without EOImode and CBPR: 16 ID bits (0), five priority bits.
  private static let interfaceFeatures: UInt64 = 4 << 8

  /// Reads an ICC_* register by its encoding; nil if user space has none there.
  func interfaceRegister(_ encoding: SystemRegisterEncoding) -> UInt64? {
    let vmcr = VirtualInterfaceControl(rawValue: self[.ichVMCREL2])
    return switch encoding {
    case SystemRegister.iccPMREL1.encoding: vmcr[VirtualInterfaceControl.vpmr]
    case SystemRegister.iccBPR0EL1.encoding: vmcr[VirtualInterfaceControl.vbpr0]
    case SystemRegister.iccAP0R0EL1.encoding: self[.ichAP0R0EL2]
    case SystemRegister.iccAP1R0EL1.encoding: self[.ichAP1R0EL2]
    case SystemRegister.iccBPR1EL1.encoding: vmcr[VirtualInterfaceControl.vbpr1]
    case SystemRegister.iccCTLREL1.encoding:
      GuestRegisters.interfaceFeatures | vmcr[VirtualInterfaceControl.veoim] << 1
        | vmcr[VirtualInterfaceControl.vcbpr]
    case SystemRegister.iccSREEL1.encoding: 7
    case SystemRegister.iccIGRPEN0EL1.encoding: vmcr[VirtualInterfaceControl.veng0]
    case SystemRegister.iccIGRPEN1EL1.encoding: vmcr[VirtualInterfaceControl.veng1]
    default: nil
    }
  }

  /// Writes an ICC_* register by its encoding.
  func setInterfaceRegister(
    _ encoding: SystemRegisterEncoding, _ value: UInt64
  ) throws(LinuxError) {
    var vmcr = VirtualInterfaceControl(rawValue: self[.ichVMCREL2])
    switch encoding {
    case SystemRegister.iccPMREL1.encoding: vmcr[VirtualInterfaceControl.vpmr] = value
    case SystemRegister.iccBPR0EL1.encoding: vmcr[VirtualInterfaceControl.vbpr0] = value
    case SystemRegister.iccAP0R0EL1.encoding: self[.ichAP0R0EL2] = value & 0xFFFF_FFFF
    case SystemRegister.iccAP1R0EL1.encoding: self[.ichAP1R0EL2] = value & 0xFFFF_FFFF
    case SystemRegister.iccBPR1EL1.encoding: vmcr[VirtualInterfaceControl.vbpr1] = value
    case SystemRegister.iccCTLREL1.encoding:
      guard value >> 8 & 7 <= 4 else { throw .invalid }
      vmcr[VirtualInterfaceControl.veoim] = value >> 1
      vmcr[VirtualInterfaceControl.vcbpr] = value
    case SystemRegister.iccSREEL1.encoding:
      guard value == 7 else { throw .invalid }
    case SystemRegister.iccIGRPEN0EL1.encoding: vmcr[VirtualInterfaceControl.veng0] = value
    case SystemRegister.iccIGRPEN1EL1.encoding: vmcr[VirtualInterfaceControl.veng1] = value
    default: throw .noDeviceOrAddress
    }
    self[.ichVMCREL2] = vmcr.rawValue
  }
}
