// The sections that are known by their GUID: what they are called and how they are read.
// UEFI 2.10, N.2.2 and later; Arm DEN0085; CXL 3.0; vendors' own.

import APEI

/// A kind of section.
struct SectionKind: Sendable {
  /// What a section's body is read with.
  enum Body: Sendable {
    /// A structure with a validation field of so many bytes at its start; 0 bytes: none.
    case layout(Layout, validation: Int)
    /// Arm processor error: structures in a structure.
    case processorArm
    /// Platform memory: valid fields apart from the others.
    case memory
    /// Arm RAS node: descriptors.
    case armRASNode
    /// CXL protocol error: two logs at the end.
    case cxlProtocol
    /// CXL component event: a log at the end.
    case cxlComponent
    /// PCI component: registers in memory and in I/O space at the end.
    case pciComponent
    /// NVIDIA's of Grace: registers at the end.
    case nvidia
    /// NVIDIA's of Vera: information on the device, contexts.
    case nvidiaEvent
    /// Ampere's of Altra: the first byte says which of four payloads.
    case altra
    /// HiSilicon's common section: registers at the end.
    case hisilicon
    /// Nothing is known of it.
    case bytes
  }

  let guid: GUID
  /// The name, as Linux spells it where it has one.
  let name: StaticString
  /// What `--section` calls it.
  let key: StaticString
  let body: Body

  init(_ guid: GUID, _ key: StaticString, _ name: StaticString, _ body: Body) {
    self.guid = guid
    self.key = key
    self.name = name
    self.body = body
  }

  /// All of them.
  static let all: [SectionKind] =
    [
      SectionKind(SectionType.processorArm, "arm", "ARM processor error", .processorArm),
      SectionKind(SectionType.memory, "memory", "memory error", .memory),
      SectionKind(
        SectionType.memory2, "memory2", "memory error 2", .layout(.memory2, validation: 8)),
      SectionKind(SectionType.armRASNode, "arm-ras", "ARM RAS", .armRASNode),
      SectionKind(SectionType.pcie, "pcie", "PCIe error", .layout(.pcie, validation: 8)),
      SectionKind(
        SectionType.processorGeneric, "processor", "general processor error",
        .layout(.processorGeneric, validation: 8)),
      SectionKind(
        SectionType.firmwareReference, "firmware", "firmware error record reference",
        .layout(.firmwareReference, validation: 0)),
      SectionKind(SectionType.cxlProtocol, "cxl", "CXL protocol error", .cxlProtocol),
      SectionKind(
        SectionType.pciBus, "pci-bus", "PCI/PCI-X bus error", .layout(.pciBus, validation: 8)),
      SectionKind(
        SectionType.pciComponent, "pci-component", "PCI component error", .pciComponent),
      SectionKind(SectionType.processorX86, "x86", "IA32/X64 processor error", .bytes),
      SectionKind(
        GUID(0xe429_faf1, 0x3cb7, 0x11d4, 0xbca7_0080_c73c_8881), "ipf", "IPF processor error",
        .bytes),
      SectionKind(
        GUID(0x5b51_fef7, 0xc79d, 0x4434, 0x8f1b_aa62_de3e_2c64), "dmar", "DMAr generic error",
        .layout(.dmarGeneric, validation: 0)),
      SectionKind(
        GUID(0x7176_1d37, 0x32b2, 0x45cd, 0xa7d0_b0fe_dd93_e8cf), "vt-d", "Intel VT-d DMAr error",
        .layout(.dmarIntel, validation: 0)),
      SectionKind(
        GUID(0x036f_84e1, 0x7f37, 0x428c, 0xa79e_575f_dfaa_84ec), "iommu", "AMD IOMMU DMAr error",
        .layout(.dmarAMD, validation: 0)),
      SectionKind(
        GUID(0x9133_5ef6, 0xebfb, 0x4478, 0xa6a6_88b7_28cf_75d7), "ccix", "CCIX PER log error",
        .layout(.ccix, validation: 4)),
      SectionKind(
        GUID(0xfbcd_0a77, 0xc260, 0x417f, 0x85a9_088b_1621_eba6), "cxl-media",
        "CXL general media event", .cxlComponent),
      SectionKind(
        GUID(0x601d_cbb3, 0x9c06, 0x4eab, 0xb8af_4e9b_fb5c_9624), "cxl-dram", "CXL DRAM event",
        .cxlComponent),
      SectionKind(
        GUID(0xfe92_7475, 0xdd59, 0x4339, 0xa586_79ba_b113_b774), "cxl-module",
        "CXL memory module event", .cxlComponent),
      SectionKind(
        GUID(0x77cf_9271, 0x9c02, 0x470b, 0x9fe4_bc7b_75f2_da97), "cxl-switch",
        "CXL physical switch event", .cxlComponent),
      SectionKind(
        GUID(0x40d2_6425, 0x3396, 0x4c4d, 0xa5da_3d47_263a_f425), "cxl-virtual-switch",
        "CXL virtual switch event", .cxlComponent),
      SectionKind(
        GUID(0x8dc4_4363, 0x0c96, 0x4710, 0xb7bf_04bb_9953_4c3f), "cxl-mld", "CXL MLD port event",
        .cxlComponent),
      SectionKind(
        GUID(0x5e47_06c1, 0x5356, 0x48c6, 0x930b_52f2_120a_4458), "fru-poison", "FRU memory poison",
        .layout(.fruMemoryPoison, validation: 0)),
      SectionKind(
        GUID(0x2826_cc9f, 0x448c, 0x4c2b, 0x86b6_a953_94b7_ef33), "ampere", "Ampere vendor error",
        .layout(.ampere, validation: 0)),
      SectionKind(
        GUID(0xe8ed_898d, 0xdf16, 0x43cc, 0x8ecc_54f0_60ef_157f), "altra", "Ampere Altra error",
        .altra),
      SectionKind(
        GUID(0x9068_e568, 0x6ca0, 0x11f0, 0xaeaf_1593_4359_1eac), "nvidia-event", "NVIDIA event",
        .nvidiaEvent),
      SectionKind(
        GUID(0xc8b3_28a8, 0x9917, 0x4af6, 0x9a13_2e08_ab2e_7586), "hisilicon",
        "HiSilicon common error", .hisilicon),
      SectionKind(
        GUID(0x6d52_44f2, 0x2712, 0x11ec, 0xbea7_cb3f_db95_c786), "nvidia", "NVIDIA vendor error",
        .nvidia),
    ] + named

  /// Sections of vendors that have a name, and whose bytes only the vendor explains. Their GUIDs are
  /// those of rasdaemon's decoders.
  private static let named: [SectionKind] = [
    SectionKind(
      GUID(0x1f81_61e1, 0x55d6, 0x41e6, 0xbd10_7afd_1dc5_f7c5), "hip08-1",
      "HiSilicon Kunpeng 920 error, type 1", .bytes),
    SectionKind(
      GUID(0x4553_4ea6, 0xce23, 0x4115, 0x8535_e07a_b3ae_f91d), "hip08-2",
      "HiSilicon Kunpeng 920 error, type 2", .bytes),
    SectionKind(
      GUID(0xb288_9fc9, 0xe7d7, 0x4f9d, 0xa867_af42_e98b_e772), "hip08-pcie",
      "HiSilicon Kunpeng 920 PCIe local error", .bytes),
    SectionKind(
      GUID(0xa698_0811, 0x16ea, 0x4e4d, 0xb936_fb00_a23f_f29c), "yitian", "Yitian 710 error",
      .bytes),
    SectionKind(
      GUID(0x82d7_8ba3, 0xfa14, 0x407a, 0xba0e_f3ba_8170_013c), "jaguarmicro-0",
      "JaguarMicro error, type 0", .bytes),
    SectionKind(
      GUID(0xf972_3053, 0x2558, 0x49b1, 0xb58a_1c1a_8249_2a62), "jaguarmicro-1",
      "JaguarMicro error, type 1", .bytes),
    SectionKind(
      GUID(0x2d31_de54, 0x3037, 0x4f24, 0xa283_f69c_a1ec_0b9a), "jaguarmicro-2",
      "JaguarMicro error, type 2", .bytes),
    SectionKind(
      GUID(0xdac8_0d69, 0x0a72, 0x4eba, 0x8114_148e_e344_af06), "jaguarmicro-5",
      "JaguarMicro error, type 5", .bytes),
    SectionKind(
      GUID(0x746f_06fe, 0x405e, 0x451f, 0x8d09_02e8_02ed_984a), "jaguarmicro-6",
      "JaguarMicro error, type 6", .bytes),
  ]

  /// The kind of a GUID; nil for one that is unknown.
  static func of(_ guid: GUID) -> SectionKind? {
    for kind in all where kind.guid == guid { return kind }
    return nil
  }

  /// Notification types by name. UEFI 2.10, N.2.1.1.
  static func notification(_ guid: GUID) -> StaticString? {
    switch guid.data1 {
    case 0x2dce_8bb1: "CMC"
    case 0x4e29_2f96: "CPE"
    case 0xe8f5_6ffe: "MCE"
    case 0xcf93_c01f: "PCIe"
    case 0xcc52_63e8: "INIT"
    case 0x5bad_89ff: "NMI"
    case 0x3d61_a466: "boot"
    case 0x667d_d791: "DMAr"
    case 0x9a78_788a: "SEA"
    case 0x5c28_4c81: "SEI"
    case 0x09a9_d5ac: "PEI"
    case 0x6929_3bc9: "CXL component"
    case 0: guid == GUID(0, 0, 0, 0) ? "none" : nil
    default: nil
    }
  }
}
