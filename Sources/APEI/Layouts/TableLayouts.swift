// What all ACPI tables begin with, BERT, ERST and EINJ, and the address of a register. ACPI 6.5, 18.3.1, 18.5
// and 18.6. HEST and AEST have files of their own.

/// The header that every table begins with. ACPI 6.5, 5.2.6.
public enum TableHeaderLayout {
  /// Size in bytes.
  public static let size = 36
  /// Four letters.
  public static let signature = ByteField("signature", 0, 4)
  /// Bytes of the whole table.
  public static let length = ByteField("length", 4, 4)
  /// Revision of the table's structure.
  public static let revision = ByteField("revision", 8, 1)
  /// Makes the sum of all bytes zero.
  public static let checksum = ByteField("checksum", 9, 1)
  /// Six letters.
  public static let oem = ByteField("oem", 10, 6)
  /// Eight letters.
  public static let table = ByteField("table", 16, 8)
  /// Revision the manufacturer gives.
  public static let oemRevision = ByteField("oemRevision", 24, 4)
  /// Who made the table, four letters.
  public static let creator = ByteField("creator", 28, 4)
  /// Revision of its maker.
  public static let creatorRevision = ByteField("creatorRevision", 32, 4)
}

/// Boot Error Record Table. ACPI 6.5, 18.3.1.
public enum BootErrorTableLayout {
  /// Size in bytes.
  public static let size = 48
  /// Bytes of the region.
  public static let regionLength = ByteField("regionLength", 36, 4)
  /// Physical address of an error status block: the block itself, not a pointer to it.
  public static let regionAddress = ByteField("regionAddress", 40, 8)
}

/// Error Record Serialization Table. ACPI 6.5, 18.5.1.
public enum SerializationTableLayout {
  /// Offset of the first entry.
  public static let entries = 48
  /// Bytes of this header: 12 or 48, both are met.
  public static let headerSize = ByteField("serializationHeaderSize", 36, 4)
  /// Reserved.
  public static let reserved = ByteField("reserved", 40, 4)
  /// How many entries follow.
  public static let entryCount = ByteField("entryCount", 44, 4)
}

/// Error Injection Table. ACPI 6.5, 18.6.1.
public enum InjectionTableLayout {
  /// Offset of the first entry.
  public static let entries = 48
  /// Bytes of this header: 12 or 48, both are met.
  public static let headerSize = ByteField("injectionHeaderSize", 36, 4)
  /// Reserved.
  public static let flags = ByteField("flags", 40, 1)
  /// Reserved.
  public static let reserved = ByteField("reserved", 41, 3)
  /// How many entries follow.
  public static let entryCount = ByteField("entryCount", 44, 4)
}

/// What EINJ's GET_TRIGGER_ERROR_ACTION_TABLE leads to. ACPI 6.5, 18.6.4.
public enum TriggerTableLayout {
  /// Offset of the first entry, as the header says.
  public static let size = 16
  /// Bytes of this header.
  public static let headerSize = ByteField("headerSize", 0, 4)
  /// Revision.
  public static let revision = ByteField("revision", 4, 4)
  /// Bytes of header and entries.
  public static let tableSize = ByteField("tableSize", 8, 4)
  /// How many entries follow; none: nothing to trigger.
  public static let entryCount = ByteField("entryCount", 12, 4)
}

/// An entry of ERST, EINJ and of EINJ's trigger table. ACPI 6.5, 18.5.1.2.
public enum InstructionEntryLayout {
  /// Size in bytes.
  public static let size = 32
  /// What the entry is a step of.
  public static let action = ByteField("action", 0, 1)
  /// What to do.
  public static let instruction = ByteField("instruction", 1, 1)
  /// Bit 0: writes keep the bits outside the mask.
  public static let flags = ByteField("flags", 2, 1)
  /// Reserved.
  public static let reserved = ByteField("reserved", 3, 1)
  /// Generic Address Structure.
  public static let register = ByteField("register", 4, 12)
  /// What to write or to compare with.
  public static let value = ByteField("value", 16, 8)
  /// Which bits of the register count.
  public static let mask = ByteField("mask", 24, 8)
}

/// Generic Address Structure. ACPI 6.5, 5.2.3.2.
public enum GenericAddressLayout {
  /// Size in bytes.
  public static let size = 12
  /// Address space.
  public static let space = ByteField("space", 0, 1)
  /// Bits of the register.
  public static let width = ByteField("width", 1, 1)
  /// Its lowest bit.
  public static let offset = ByteField("offset", 2, 1)
  /// 1 to 4: byte to quadword; 0 undefined.
  public static let access = ByteField("access", 3, 1)
  /// Where it is.
  public static let address = ByteField("address", 4, 8)
}
