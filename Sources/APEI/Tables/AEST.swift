// Arm Error Source Table: which error nodes an operating system may read and clear by itself, how, and by which
// interrupts they tell. Arm DEN0085, version 1.1; the table's revision 1. Only nodes whose records nobody else
// owns belong there: two owners would clear each other's records.

import Bytes

/// An error node as an AEST tells of it.
public struct ErrorNodeDescription: Equatable, Sendable {
  /// What the node belongs to.
  public enum Component: Equatable, Sendable {
    /// A processor, by its ACPI processor UID.
    case processor(UInt32)
    /// Memory, by its proximity domain.
    case memory(UInt32)
    /// A component of the vendor's, by a number of its own; no ACPI device stands for it.
    case vendor(unique: UInt32)
  }

  /// What it belongs to.
  public var component: Component
  /// Its only record, by ERRSELR_EL1.SEL.
  public var record: UInt32
  /// How many records there are in the group that ERRSELR_EL1 selects from, at most 64.
  public var groupCount: UInt64
  /// Whether all processors see the same record.
  public var isShared: Bool
  /// Fault handling interrupt (GSIV, level); 0 for none.
  public var faultInterrupt: UInt32 = 0
  /// Error recovery interrupt (GSIV, level); 0 for none.
  public var recoveryInterrupt: UInt32 = 0
  /// Rate of the countdown of faked errors in Hz; 0 where there is none.
  public var injectionRate: UInt64 = 0

  /// A node with one record and no interrupts.
  public init(component: Component, record: UInt32, groupCount: UInt64, isShared: Bool) {
    self.component = component
    self.record = record
    self.groupCount = groupCount
    self.isShared = isShared
  }
}

extension ByteWriter {
  /// Writes a node whose record is reached by system registers.
  public mutating func errorNode(_ node: ErrorNodeDescription) throws(ByteError) {
    let interrupts = (node.faultInterrupt != 0 ? 1 : 0) + (node.recoveryInterrupt != 0 ? 1 : 0)
    let dataSize: Int
    let type: UInt8
    switch node.component {
    case .processor:
      (type, dataSize) = (0, ErrorNodeDataLayout.processorSize + ErrorNodeDataLayout.genericSize)
    case .memory: (type, dataSize) = (1, ErrorNodeDataLayout.memorySize)
    case .vendor: (type, dataSize) = (3, ErrorNodeDataLayout.vendor1Size)
    }
    let interface = ErrorNodeLayout.size + dataSize
    let array = interface + ErrorNodeInterfaceLayout.version1Size
    try u8(type)
    try u16(UInt16(array + interrupts * ErrorNodeInterruptLayout.size))
    try u8(0)
    try u32(UInt32(ErrorNodeLayout.size))
    try u32(UInt32(interface))
    try u32(UInt32(array))
    try u32(UInt32(interrupts))
    try u64(0)  // timestamps are the generic timer's
    try u64(0)
    try u64(node.injectionRate)
    switch node.component {
    case .processor(let uid):
      try u32(uid)
      try u8(2)  // neither a cache nor a TLB alone
      try u8(0)
      try u8(0)  // neither for all processors, nor shared by some
      try u8(0)
      try u64(0)
      try u32(0)
    case .memory(let domain): try u32(domain)
    case .vendor(let unique):
      try u32(0)
      try u32(unique)
      try zeros(16)
    }
    try u8(0)  // system registers
    try zeros(3)
    try u32(node.isShared ? 1 : 0)
    try u64(0)
    try u32(node.record)
    try u32(1)
    // A bit each of the group: 0 where there is such a record; none is in an ERRGSR; ADDR holds physical
    // addresses.
    try u64(node.groupCount >= 64 ? 0 : ~((1 << node.groupCount) - 1))
    try u64(.max)
    try u64(0)
    if node.faultInterrupt != 0 { try errorNodeInterrupt(0, node.faultInterrupt) }
    if node.recoveryInterrupt != 0 { try errorNodeInterrupt(1, node.recoveryInterrupt) }
  }

  private mutating func errorNodeInterrupt(
    _ type: UInt8, _ interrupt: UInt32
  ) throws(ByteError) {
    try u8(type)
    try u16(0)
    try u8(1)  // level
    try u32(interrupt)
    try u32(0)
  }
}
