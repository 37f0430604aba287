// Arm Error Source Table: the error nodes that an operating system may read itself. Arm DEN0085,
// versions 1.1 and 2.0; the two differ in the interface part.

/// The header of an AEST node.
public enum ErrorNodeLayout {
  /// Size in bytes.
  public static let size = 44
  /// 0 processor, 1 memory, 2 SMMU, 3 vendor, 4 GIC, 5 PCIe, 6 proxy.
  public static let type = ByteField("type", 0, 1)
  /// Bytes of the whole node.
  public static let length = ByteField("length", 1, 2)
  /// Reserved.
  public static let reserved = ByteField("reserved", 3, 1)
  /// Where the part that depends on the type is, from the node's start.
  public static let dataOffset = ByteField("dataOffset", 4, 4)
  /// Where the interface is.
  public static let interfaceOffset = ByteField("interfaceOffset", 8, 4)
  /// Where the interrupts are.
  public static let interruptOffset = ByteField("interruptOffset", 12, 4)
  /// How many interrupts there are.
  public static let interruptCount = ByteField("interruptCount", 16, 4)
  /// Hz; 0: the timestamp is the generic timer's.
  public static let timestampRate = ByteField("timestampRate", 20, 8)
  /// Reserved.
  public static let reserved1 = ByteField("reserved1", 28, 8)
  /// Hz of the countdown of injected errors.
  public static let injectionRate = ByteField("injectionRate", 36, 8)

  /// A node type's name, or nil.
  public static func name(_ type: UInt64) -> StaticString? {
    switch type {
    case 0: "processor"
    case 1: "memory"
    case 2: "SMMU"
    case 3: "vendor defined"
    case 4: "GIC"
    case 5: "PCIe root complex"
    case 6: "proxy"
    default: nil
    }
  }
}

/// The part of an AEST node that depends on its type.
public enum ErrorNodeDataLayout {
  /// Bytes of a processor's part before its resource.
  public static let processorSize = 16
  /// Bytes of a resource that is a cache or a TLB.
  public static let resourceSize = 8
  /// Bytes of any other resource.
  public static let genericSize = 4
  /// Bytes of memory's part.
  public static let memorySize = 4
  /// Bytes of an SMMU's part.
  public static let smmuSize = 8
  /// Bytes of a vendor's part, first version.
  public static let vendor1Size = 24
  /// Bytes of a vendor's part, second version.
  public static let vendor2Size = 28
  /// Bytes of a GIC's part.
  public static let gicSize = 8
  /// Bytes of PCIe's part.
  public static let pcieSize = 4
  /// Bytes of a proxy's part.
  public static let proxySize = 8
  /// Processor: its ACPI processor UID.
  public static let processorId = ByteField("processorId", 0, 4)
  /// Processor: 0 cache, 1 TLB, 2 any other.
  public static let resourceType = ByteField("resourceType", 4, 1)
  /// Processor: reserved.
  public static let processorReserved = ByteField("reserved", 5, 1)
  /// Processor: bit 0 of all processors, 1 shared by some.
  public static let processorFlags = ByteField("flags", 6, 1)
  /// Processor: 16 bytes, then the resource.
  public static let processor: [ByteField] = [
    processorId, resourceType, processorReserved, processorFlags, ByteField("revision", 7, 1),
    ByteField("affinityLevelBits", 8, 8),
  ]
  /// A processor's cache.
  public static let cache: [ByteField] = [
    ByteField("cacheReference", 16, 4), ByteField("reserved1", 20, 4),
  ]
  /// A processor's TLB.
  public static let tlb: [ByteField] = [
    ByteField("tlbLevel", 16, 4), ByteField("reserved1", 20, 4),
  ]
  /// Any other resource of a processor.
  public static let generic: [ByteField] = [ByteField("data", 16, 4)]
  /// Memory.
  public static let memory: [ByteField] = [ByteField("proximityDomain", 0, 4)]
  /// SMMU.
  public static let smmu: [ByteField] = [
    ByteField("iortReference", 0, 4), ByteField("subcomponent", 4, 4),
  ]
  /// Vendor defined, first version: hardware and unique id, and 16 bytes.
  public static let vendor1: [ByteField] = [
    ByteField("hardwareId", 0, 4), ByteField("uniqueId", 4, 4), ByteField("vendorData", 8, 16),
  ]
  /// Vendor defined, second version.
  public static let vendor2: [ByteField] = [
    ByteField("hardwareId", 0, 8), ByteField("uniqueId", 8, 4), ByteField("vendorData", 12, 16),
  ]
  /// GIC.
  public static let gic: [ByteField] = [
    ByteField("interfaceType", 0, 4), ByteField("instanceId", 4, 4),
  ]
  /// PCIe.
  public static let pcie: [ByteField] = [ByteField("iortReference", 0, 4)]
  /// Proxy.
  public static let proxy: [ByteField] = [ByteField("nodeAddress", 0, 8)]
}

/// How the records of an AEST node are reached.
public enum ErrorNodeInterfaceLayout {
  /// Bytes of the first version.
  public static let version1Size = 48
  /// Bytes of the second version before its bitmaps.
  public static let version2Size = 24
  /// Bytes of the second version behind them.
  public static let version2CommonSize = 32
  /// 0 system registers, 1 a group in memory, 2 a record in memory.
  public static let type = ByteField("type", 0, 1)
  /// Second version: how large the group is, and with it each bitmap.
  public static let groupFormat = ByteField("groupFormat", 1, 1)
  /// Bit 0: shared by processors, 1: whoever clears a record clears its MISC registers.
  public static let flags = ByteField("flags", 4, 4)
  /// Where the group or the record is; 0: system registers.
  public static let address = ByteField("address", 8, 8)
  /// The node's first record.
  public static let startIndex = ByteField("startIndex", 16, 4)
  /// How many records it has.
  public static let recordCount = ByteField("recordCount", 20, 4)
  /// First version: a bit for each record that is not there.
  public static let recordImplemented = ByteField("recordImplemented", 24, 8)
  /// First version: 48 bytes.
  public static let version1: [ByteField] = [
    type, ByteField("reserved", 1, 3), flags, address, startIndex, recordCount, recordImplemented,
    ByteField("statusReporting", 32, 8), ByteField("addressingMode", 40, 8),
  ]
  /// Second version, the first 24 bytes: the bitmaps' size depends on the group format.
  public static let version2: [ByteField] = [
    type, groupFormat, ByteField("reserved", 2, 2), flags, address, startIndex, recordCount,
  ]
  /// Second version, the 32 bytes after the three bitmaps.
  public static let version2Common: [ByteField] = [
    ByteField("nodeDevice", 0, 4), ByteField("processorAffinity", 4, 4),
    ByteField("groupBase", 8, 8), ByteField("faultInjectionBase", 16, 8),
    ByteField("interruptConfigurationBase", 24, 8),
  ]
  /// Words of 64 bits in each bitmap of the second version, or nil for an unknown group format.
  public static func bitmapWords(groupFormat: UInt64) -> Int? {
    switch groupFormat {
    case 0: 1
    case 1: 4
    case 2: 14
    default: nil
    }
  }
}

/// An interrupt of an AEST node.
public enum ErrorNodeInterruptLayout {
  /// Size in bytes.
  public static let size = 12
  /// 0 fault handling, 1 error recovery.
  public static let type = ByteField("type", 0, 1)
  /// Reserved.
  public static let reserved = ByteField("reserved", 1, 2)
  /// Bit 0: level.
  public static let flags = ByteField("flags", 3, 1)
  /// Interrupt number.
  public static let interrupt = ByteField("interrupt", 4, 4)
  /// First version: the id in the IORT of an interrupt by message.
  public static let iortId = ByteField("iortId", 8, 1)
}
