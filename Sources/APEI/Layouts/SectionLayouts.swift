// Sections of CPER: fields by offset. The Arm processor's section and the structures in it are in
// ProcessorLayouts.swift.

/// Platform memory section, 80 bytes. UEFI 2.10, N.2.5.
public enum MemorySectionLayout {
  /// Size in bytes.
  public static let size = 80
  /// Size up to UEFI 2.2: it ends after the error type.
  public static let oldSize = 73
  /// Which fields are valid.
  public static let validation = ByteField("validation", 0, 8)
  /// Error status.
  public static let errorStatus = ByteField("errorStatus", 8, 8)
  /// Physical address.
  public static let physicalAddress = ByteField("physicalAddress", 16, 8)
  /// Its known bits.
  public static let mask = ByteField("mask", 24, 8)
  /// Node.
  public static let node = ByteField("node", 32, 2)
  /// Card.
  public static let card = ByteField("card", 34, 2)
  /// Module.
  public static let module = ByteField("module", 36, 2)
  /// Bank; with group and address valid, group 15:8 and address 7:0.
  public static let bank = ByteField("bank", 38, 2)
  /// Device.
  public static let device = ByteField("device", 40, 2)
  /// Row, its low 16 bits.
  public static let row = ByteField("row", 42, 2)
  /// Column.
  public static let column = ByteField("column", 44, 2)
  /// Bit position.
  public static let bitPosition = ByteField("bitPosition", 46, 2)
  /// Requestor.
  public static let requestor = ByteField("requestor", 48, 8)
  /// Responder.
  public static let responder = ByteField("responder", 56, 8)
  /// Target.
  public static let target = ByteField("target", 64, 8)
  /// Memory error type.
  public static let errorType = ByteField("errorType", 72, 1)
  /// Bits 17:16 of the row in 1:0, chip in 7:5.
  public static let extended = ByteField("extendedRow", 73, 1)
  /// Rank.
  public static let rank = ByteField("rankNumber", 74, 2)
  /// SMBIOS type 16 handle.
  public static let cardHandle = ByteField("cardHandle", 76, 2)
  /// SMBIOS type 17 handle.
  public static let moduleHandle = ByteField("moduleHandle", 78, 2)
}

/// Platform memory section 2, 96 bytes. UEFI 2.10, N.2.6.
public enum Memory2Layout {
  /// Size in bytes.
  public static let size = 96
  /// Which fields are valid.
  public static let validation = ByteField("validation", 0, 8)
  /// Error status.
  public static let errorStatus = ByteField("errorStatus", 8, 8)
  /// Physical address.
  public static let physicalAddress = ByteField("physicalAddress", 16, 8)
  /// Its known bits.
  public static let mask = ByteField("mask", 24, 8)
  /// Node.
  public static let node = ByteField("node", 32, 2)
  /// Card.
  public static let card = ByteField("card", 34, 2)
  /// Module.
  public static let module = ByteField("module", 36, 2)
  /// Bank; with group and address valid, group 15:8 and address 7:0.
  public static let bank = ByteField("bank", 38, 2)
  /// Device.
  public static let device = ByteField("device", 40, 4)
  /// Row.
  public static let row = ByteField("row", 44, 4)
  /// Column.
  public static let column = ByteField("column", 48, 4)
  /// Rank.
  public static let rank = ByteField("rankNumber", 52, 4)
  /// Bit position.
  public static let bitPosition = ByteField("bitPosition", 56, 4)
  /// Chip in a stacked device.
  public static let chipId = ByteField("chipId", 60, 1)
  /// Memory error type.
  public static let errorType = ByteField("errorType", 61, 1)
  /// Bit 0: uncorrected.
  public static let status = ByteField("status", 62, 1)
  /// Reserved.
  public static let reserved = ByteField("reserved", 63, 1)
  /// Requestor.
  public static let requestor = ByteField("requestor", 64, 8)
  /// Responder.
  public static let responder = ByteField("responder", 72, 8)
  /// Target.
  public static let target = ByteField("target", 80, 8)
  /// SMBIOS type 16 handle.
  public static let cardHandle = ByteField("cardHandle", 88, 4)
  /// SMBIOS type 17 handle.
  public static let moduleHandle = ByteField("moduleHandle", 92, 4)
}

/// PCI Express section, 208 bytes. UEFI 2.10, N.2.7.
public enum PCIeLayout {
  /// Size in bytes.
  public static let size = 208
  /// Which fields are valid.
  public static let validation = ByteField("validation", 0, 8)
  /// Device or port type.
  public static let portType = ByteField("portType", 8, 4)
  /// Version of the specification, BCD.
  public static let version = ByteField("version", 12, 4)
  /// Command register in 15:0, status in 31:16.
  public static let commandStatus = ByteField("commandStatus", 16, 4)
  /// Reserved; UEFI 2.11: high half of an RCRB address.
  public static let reserved = ByteField("reserved", 20, 4)
  /// Vendor, device, class, function, device, segment, buses, slot.
  public static let deviceId = ByteField("deviceId", 24, 16)
  /// Serial number.
  public static let serialNumber = ByteField("serialNumber", 40, 8)
  /// Bridge secondary status in 15:0, control in 31:16.
  public static let bridge = ByteField("bridgeControlStatus", 48, 4)
  /// PCI Express capability structure.
  public static let capability = ByteField("capability", 52, 60)
  /// Advanced error reporting structure.
  public static let aer = ByteField("aer", 112, 96)
}

/// Arm RAS node section: 80 bytes and descriptors. Arm DEN0085, 4.
public enum ArmRASNodeLayout {
  /// Size of the fixed part in bytes.
  public static let size = 80
  /// 1.
  public static let revision = ByteField("revision", 0, 4)
  /// As the types of AEST nodes.
  public static let componentType = ByteField("componentType", 4, 1)
  /// Reserved.
  public static let reserved = ByteField("reserved", 5, 3)
  /// How many descriptors there are.
  public static let descriptorCount = ByteField("descriptorCount", 8, 4)
  /// Where they are, from the section's start.
  public static let descriptorOffset = ByteField("descriptorOffset", 12, 2)
  /// Where the auxiliary data is; 0: nowhere.
  public static let auxiliaryOffset = ByteField("auxiliaryOffset", 14, 2)
  /// What `ipInstance` holds.
  public static let ipInstanceFormat = ByteField("ipInstanceFormat", 16, 1)
  /// What `ipType` holds.
  public static let ipTypeFormat = ByteField("ipTypeFormat", 17, 1)
  /// Reserved.
  public static let reserved1 = ByteField("reserved1", 18, 6)
  /// Which instance of the component.
  public static let ipInstance = ByteField("ipInstance", 24, 16)
  /// Which component.
  public static let ipType = ByteField("ipType", 40, 24)
  /// Text.
  public static let userData = ByteField("userData", 64, 16)
}

/// The registers of one error record in an Arm RAS node section. Arm DEN0085, 4.
public enum ArmRASDescriptorLayout {
  /// Size in bytes.
  public static let size = 72
  /// Index of the record.
  public static let index = ByteField("recordIndex", 0, 4)
  /// Low four bits: architecture version; high four: revision.
  public static let architecture = ByteField("rasRevision", 4, 1)
  /// Reserved.
  public static let reserved = ByteField("reserved", 5, 3)
  /// ERR<n>FR.
  public static let feature = ByteField("feature", 8, 8)
  /// ERR<n>CTLR.
  public static let control = ByteField("control", 16, 8)
  /// ERR<n>STATUS.
  public static let status = ByteField("status", 24, 8)
  /// ERR<n>ADDR.
  public static let address = ByteField("address", 32, 8)
  /// ERR<n>MISC0.
  public static let misc0 = ByteField("misc0", 40, 8)
  /// ERR<n>MISC1.
  public static let misc1 = ByteField("misc1", 48, 8)
  /// ERR<n>MISC2.
  public static let misc2 = ByteField("misc2", 56, 8)
  /// ERR<n>MISC3.
  public static let misc3 = ByteField("misc3", 64, 8)
}

/// Firmware Error Record Reference: what its type or its GUID names follows. UEFI 2.10, N.2.10.
public enum FirmwareReferenceLayout {
  /// Size in bytes.
  public static let size = 32
  /// Whose record it is; 2: one that a GUID names.
  public static let recordType = ByteField("recordType", 0, 1)
  /// 2: there is a GUID.
  public static let revision = ByteField("revision", 1, 1)
  /// Reserved.
  public static let reserved = ByteField("reserved", 2, 6)
  /// Record identifier.
  public static let recordId = ByteField("recordId", 8, 8)
  /// The GUID.
  public static let form = ByteField("recordGuid", 16, 16)
}
