// What a record says of an error node: which one it is, and what its error records held. It is the only
// section from which nothing is lost: the others say what software is to make of the same registers.
//
// Arm DEN0085, 4. Linux has no code for it: it prints the section as bytes, and hands it to whoever
// listens to its trace point of non-standard events.

import Arm
import Bytes

/// The registers of an error record, as an Arm RAS node section has them: 72 bytes.
public struct ErrorRecordDescriptor: Equatable, Sendable {
  /// Size in bytes.
  public static let size = ArmRASDescriptorLayout.size

  /// Index of the record, ERRSELR_EL1.SEL.
  public var index: UInt32
  /// The RAS System Architecture of the node, as ERRDEVARCH has it: ARCHVER in 3:0, REVISION in 7:4.
  public var architecture: UInt8
  /// ERR<n>FR.
  public var feature: UInt64 = 0
  /// ERR<n>CTLR.
  public var control: UInt64 = 0
  /// ERR<n>STATUS.
  public var status = ErrorStatus(rawValue: 0)
  /// ERR<n>ADDR; 0 unless STATUS.AV.
  public var address: UInt64 = 0
  /// ERR<n>MISC0; 0 unless STATUS.MV, as are the others.
  public var misc0: UInt64 = 0
  /// ERR<n>MISC1.
  public var misc1: UInt64 = 0
  /// ERR<n>MISC2; 0 where there is none, before version 1.1.
  public var misc2: UInt64 = 0
  /// ERR<n>MISC3; 0 where there is none, before version 1.1.
  public var misc3: UInt64 = 0

  /// Version 1.1: ARCHVER 0, REVISION 1.
  public static let version1p1: UInt8 = 0x10
  /// Version 1.0.
  public static let version1p0: UInt8 = 0x00

  /// A record of which nothing is known yet.
  public init(index: UInt32, architecture: UInt8) {
    self.index = index
    self.architecture = architecture
  }

  /// The descriptor at an offset.
  init(_ source: some ByteSource, at offset: Int) throws(ByteError) {
    index = try source.u32(at: offset + ArmRASDescriptorLayout.index.offset)
    architecture = try source.u8(at: offset + ArmRASDescriptorLayout.architecture.offset)
    feature = try source.u64(at: offset + ArmRASDescriptorLayout.feature.offset)
    control = try source.u64(at: offset + ArmRASDescriptorLayout.control.offset)
    status = ErrorStatus(
      rawValue: try source.u64(at: offset + ArmRASDescriptorLayout.status.offset))
    address = try source.u64(at: offset + ArmRASDescriptorLayout.address.offset)
    misc0 = try source.u64(at: offset + ArmRASDescriptorLayout.misc0.offset)
    misc1 = try source.u64(at: offset + ArmRASDescriptorLayout.misc1.offset)
    misc2 = try source.u64(at: offset + ArmRASDescriptorLayout.misc2.offset)
    misc3 = try source.u64(at: offset + ArmRASDescriptorLayout.misc3.offset)
  }
}

/// Arm RAS node section, 80 bytes and a descriptor for each record. Arm DEN0085, 4.
public struct ErrorNodeSection: Sendable {
  /// Size of the fixed part in bytes.
  public static let fixedSize = ArmRASNodeLayout.size
  /// The revision written.
  public static let revision: UInt32 = 1

  /// Component Type: what the node belongs to, numbered as the types of AEST nodes.
  public enum Component: UInt8, CaseIterable, Sendable {
    /// A processor.
    case processor = 0
    /// A memory controller.
    case memory = 1
    /// An SMMU.
    case smmu = 2
    /// A component of the vendor's.
    case vendor = 3
    /// A GIC.
    case gic = 4
    /// PCI Express.
    case pcie = 5
    /// A proxy of other nodes.
    case proxy = 6
  }

  /// Which of such components: IP Instance and, with it, IP Type.
  public enum Instance: Equatable, Sendable {
    /// A PE, by MPIDR_EL1; its type by MIDR_EL1, REVIDR_EL1 and AIDR_EL1.
    case processor(mpidr: UInt64, midr: UInt64, revidr: UInt64, aidr: UInt64)
    /// Whatever has its registers at a physical address; its type by ERRPIDR0 to 7, a byte each from the
    /// lowest.
    case registers(base: UInt64, pidr: UInt64)
  }

  /// Component Type.
  public var component: Component
  /// IP Instance and IP Type.
  public var instance: Instance
  /// User Data: the node's name, at most 16 ASCII letters.
  public var name: StaticString
  /// How many descriptors follow.
  public var recordCount: Int

  /// A section of a node with the records that follow.
  public init(component: Component, instance: Instance, name: StaticString, recordCount: Int) {
    self.component = component
    self.instance = instance
    self.name = name
    self.recordCount = recordCount
  }

  /// Size of the section in bytes.
  public var byteCount: Int { Self.fixedSize + recordCount * ErrorRecordDescriptor.size }
}

extension ByteWriter {
  /// Writes the fixed part of an Arm RAS node section.
  public mutating func errorNodeSection(_ value: borrowing ErrorNodeSection) throws(ByteError) {
    try u32(ErrorNodeSection.revision)
    try u32(UInt32(value.component.rawValue))
    try u32(UInt32(truncatingIfNeeded: value.recordCount))
    try u32(UInt32(ErrorNodeSection.fixedSize))  // and no auxiliary data
    switch value.instance {
    case .processor(let mpidr, let midr, let revidr, let aidr):
      try u64(0)  // both formats: a PE
      try u64(mpidr)
      try u64(0)
      try u64(midr)
      try u64(revidr)
      try u64(aidr)
    case .registers(let base, let pidr):
      try u64(2 << 8 | 1)  // type by PIDR, instance by address
      try u64(base)
      try u64(0)
      // PIDR3 to 0, then PIDR7 to 4.
      try u32(UInt32(truncatingIfNeeded: pidr).byteSwapped)
      try u32(UInt32(truncatingIfNeeded: pidr >> 32).byteSwapped)
      try u64(0)
      try u64(0)
    }
    try ascii(value.name, count: ArmRASNodeLayout.userData.size)
  }

  /// Writes a descriptor of an Arm RAS node section.
  public mutating func errorRecord(_ value: borrowing ErrorRecordDescriptor) throws(ByteError) {
    try u32(value.index)
    try u32(UInt32(value.architecture))
    try u64(value.feature)
    try u64(value.control)
    try u64(value.status.rawValue)
    try u64(value.address)
    try u64(value.misc0)
    try u64(value.misc1)
    try u64(value.misc2)
    try u64(value.misc3)
  }
}

/// A decoded Arm RAS node section.
public struct DecodedErrorNode: Equatable, Sendable {
  /// Component Type, as found.
  public var componentType: UInt8
  /// IP Instance Format, as found: 0 a PE, 1 an address.
  public var instanceFormat: UInt8
  /// The first eight bytes of IP Instance: MPIDR_EL1 or the address.
  public var instance: UInt64
  /// The records.
  public var records: [ErrorRecordDescriptor]

  /// Component Type, or nil if it has no name.
  public var component: ErrorNodeSection.Component? {
    ErrorNodeSection.Component(rawValue: componentType)
  }

  /// The section that fills a source.
  public init(_ source: some ByteSource) throws(ByteError) {
    try source.require(ErrorNodeSection.fixedSize, at: 0)
    componentType = try source.u8(at: ArmRASNodeLayout.componentType.offset)
    instanceFormat = try source.u8(at: ArmRASNodeLayout.ipInstanceFormat.offset)
    instance = try source.u64(at: ArmRASNodeLayout.ipInstance.offset)
    let count = Int(try source.u32(at: ArmRASNodeLayout.descriptorCount.offset))
    var offset = Int(try source.u16(at: ArmRASNodeLayout.descriptorOffset.offset))
    let room = (source.byteCount - min(offset, source.byteCount)) / ErrorRecordDescriptor.size
    guard count <= room else {
      throw .truncated(offset: offset, count: count &* ErrorRecordDescriptor.size)
    }
    records = []
    while records.count < count {
      records.append(try ErrorRecordDescriptor(source, at: offset))
      offset += ErrorRecordDescriptor.size
    }
  }
}
