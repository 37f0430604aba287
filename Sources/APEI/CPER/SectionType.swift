// The GUIDs that say what a section is. UEFI 2.10, N.2.2; Arm DEN0085; ACPI firmware vendors.

/// Section types, by name.
public enum SectionType {
  /// Processor, generic.
  public static let processorGeneric = GUID(0x9876_ccad, 0x47b4, 0x4bdb, 0xb65e_16f1_93c4_f3db)
  /// Processor, IA32 and X64.
  public static let processorX86 = GUID(0xdc3e_a0b0, 0xa144, 0x4797, 0xb95b_53fa_242b_6e1d)
  /// Processor, Arm.
  public static let processorArm = GUID(0xe19e_3d16, 0xbc11, 0x11e4, 0x9caa_c205_1d5d_46b0)
  /// Arm RAS node (DEN0085).
  public static let armRASNode = GUID(0xbf32_d4d5, 0xb427, 0x4025, 0x8495_8a9e_5d40_30e4)
  /// Platform memory.
  public static let memory = GUID(0xa5bc_1114, 0x6f64, 0x4ede, 0xb863_3e83_ed7c_83b1)
  /// Platform memory 2.
  public static let memory2 = GUID(0x61ec_04fc, 0x48e6, 0xd813, 0x25c9_8daa_4475_0b12)
  /// PCI Express.
  public static let pcie = GUID(0xd995_e954, 0xbbc1, 0x430f, 0xad91_b44d_cb3c_6f35)
  /// Firmware error record reference.
  public static let firmwareReference = GUID(
    0x8121_2a96, 0x09ed, 0x4996, 0x9471_8d72_9c8e_69ed)
  /// PCI or PCI-X bus.
  public static let pciBus = GUID(0xc575_3963, 0x3b84, 0x4095, 0xbf78_edda_d3f9_c9dd)
  /// PCI component or device.
  public static let pciComponent = GUID(0xeb5e_4685, 0xca66, 0x4769, 0xb6a2_2606_8b00_1326)
  /// CXL protocol error.
  public static let cxlProtocol = GUID(0x80b9_efb4, 0x52b5, 0x4de3, 0xa777_6878_4b77_1048)

  /// What a GUID stands for, or nil if it is not one of these.
  public static func name(of guid: GUID) -> StaticString? {
    switch guid {
    case processorGeneric: "generic processor"
    case processorX86: "IA32/X64 processor"
    case processorArm: "Arm processor"
    case armRASNode: "Arm RAS node"
    case memory: "platform memory"
    case memory2: "platform memory 2"
    case pcie: "PCIe"
    case firmwareReference: "firmware error record reference"
    case pciBus: "PCI bus"
    case pciComponent: "PCI component"
    case cxlProtocol: "CXL protocol"
    default: nil
    }
  }
}
