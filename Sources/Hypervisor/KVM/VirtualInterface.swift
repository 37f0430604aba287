// The CPU interface registers of a vCPU as user space saves and restores them (group 6): what the
// guest calls ICC_*, kept in ICH_VMCR_EL2 and ICH_AP<x>R0_EL2. IHI 0069 12.4.8, 12.2.

import Arm
import KVM

extension InterruptControllerVirtualMachineControl {
  /// As a CPU interface without FIQ bypass resets: everything off.
  static var reset: InterruptControllerVirtualMachineControl {
    InterruptControllerVirtualMachineControl(rawValue: vfiqEn.mask)
  }
}

extension GuestRegisters {
  private typealias VMCR = InterruptControllerVirtualMachineControl

  /// ICC_CTLR_EL1 without EOImode and CBPR: 16 ID bits, five priority bits.
  private static var interfaceFeatures: CPUInterfaceControl {
    CPUInterfaceControl(rawValue: 0).with(CPUInterfaceControl.priBits, 4)
  }

  /// Reads an ICC_* register by its encoding; nil if user space has none there.
  func interfaceRegister(_ encoding: SystemRegisterEncoding) -> UInt64? {
    let vmcr = VMCR(rawValue: self[.ichVMCREL2])
    return switch encoding {
    case SystemRegister.iccPMREL1.encoding: vmcr[VMCR.vpmr]
    case SystemRegister.iccBPR0EL1.encoding: vmcr[VMCR.vbpr0]
    case SystemRegister.iccAP0R0EL1.encoding: self[.ichAP0R0EL2]
    case SystemRegister.iccAP1R0EL1.encoding: self[.ichAP1R0EL2]
    case SystemRegister.iccBPR1EL1.encoding: vmcr[VMCR.vbpr1]
    case SystemRegister.iccCTLREL1.encoding:
      GuestRegisters.interfaceFeatures
        .with(CPUInterfaceControl.eoiMode, vmcr[VMCR.veoim])
        .with(CPUInterfaceControl.cbpr, vmcr[VMCR.vcbpr]).rawValue
    case SystemRegister.iccSREEL1.encoding: SystemRegisterEnable.all.rawValue
    case SystemRegister.iccIGRPEN0EL1.encoding: vmcr[VMCR.veng0]
    case SystemRegister.iccIGRPEN1EL1.encoding: vmcr[VMCR.veng1]
    default: nil
    }
  }

  /// Writes an ICC_* register by its encoding.
  func setInterfaceRegister(
    _ encoding: SystemRegisterEncoding, _ value: UInt64
  ) throws(LinuxError) {
    var vmcr = VMCR(rawValue: self[.ichVMCREL2])
    switch encoding {
    case SystemRegister.iccPMREL1.encoding: vmcr[VMCR.vpmr] = value
    case SystemRegister.iccBPR0EL1.encoding: vmcr[VMCR.vbpr0] = value
    case SystemRegister.iccAP0R0EL1.encoding: self[.ichAP0R0EL2] = value & 0xFFFF_FFFF
    case SystemRegister.iccAP1R0EL1.encoding: self[.ichAP1R0EL2] = value & 0xFFFF_FFFF
    case SystemRegister.iccBPR1EL1.encoding: vmcr[VMCR.vbpr1] = value
    case SystemRegister.iccCTLREL1.encoding:
      let control = CPUInterfaceControl(rawValue: value)
      let features = GuestRegisters.interfaceFeatures
      guard control[CPUInterfaceControl.priBits] <= features[CPUInterfaceControl.priBits] else {
        throw .invalid
      }
      vmcr[VMCR.veoim] = control[CPUInterfaceControl.eoiMode]
      vmcr[VMCR.vcbpr] = control[CPUInterfaceControl.cbpr]
    case SystemRegister.iccSREEL1.encoding:
      guard value == SystemRegisterEnable.all.rawValue else { throw .invalid }
    case SystemRegister.iccIGRPEN0EL1.encoding: vmcr[VMCR.veng0] = value
    case SystemRegister.iccIGRPEN1EL1.encoding: vmcr[VMCR.veng1] = value
    default: throw .noDeviceOrAddress
    }
    self[.ichVMCREL2] = vmcr.rawValue
  }
}
