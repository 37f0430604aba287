// The error nodes of the board: the one place where their numbers are. The machine makes its nodes by these
// rows, and the firmware and the AEST find them here. A board has those whose records are below
// ERRIDR_EL1.NUM; QEMU's has none.
//
// RAM is divided between the two memory controllers at 4 GiB: what lies below is the first one's, what lies above
// the second's, which has none on a machine of at most 3 GiB. They do not interleave: a range of addresses is
// one controller's, and an error of it is in that one's record.

/// Error records of the board, by ERRSELR_EL1.SEL.
public enum ErrorNode {
  /// The PE's own node (one record per PE).
  public static let processor: UInt64 = 0
  /// The first memory controller's node; from here on PEs share them.
  public static let memory: UInt64 = 1
  /// The second memory controller's node.
  public static let upperMemory: UInt64 = 2
  /// The interconnect's node.
  public static let interconnect: UInt64 = 3
  /// ERRIDR_EL1.NUM.
  public static let recordCount: UInt64 = 4

  /// The memory controller's node in whose part of RAM a physical address is. Memory that is no RAM is the
  /// first controller's.
  public static func memory(of address: UInt64) -> UInt64 {
    address < MemoryMap.upperRAM ? memory : upperMemory
  }
}

/// ERR<n>STATUS.IERR of a memory node: how it found the error.
public enum MemoryErrorCause {
  /// With an access.
  public static let access: UInt8 = 0
  /// By patrol scrubbing.
  public static let scrub: UInt8 = 1
}

/// ERR<n>STATUS.IERR of the interconnect's node: where it found the error.
public enum InterconnectErrorCause {
  /// In the data of a transfer.
  public static let data: UInt8 = 1
  /// In the address or the attributes of a transfer.
  public static let request: UInt8 = 2
  /// In its snoop filter.
  public static let snoopFilter: UInt8 = 3
}

/// Registers of a shared node's memory-mapped group, by offset. RASSA (IHI0100) 3.1, FEAT_RASSA_IRQCR_SIMPLE.
public enum ErrorGroupRegister {
  /// ERRFHICR2: of FHI.
  public static let faultControl: UInt64 = 0xE8C
  /// ERRERICR2: of ERI.
  public static let recoveryControl: UInt64 = 0xE9C
  /// ERRCRICR2: of CRI.
  public static let criticalControl: UInt64 = 0xEAC
  /// Their bit IRQEN.
  public static let interruptEnable: UInt32 = 1 << 7
}

/// A node that all PEs see, with one record.
public struct SharedErrorNode: Sendable {
  /// What the node belongs to.
  public enum Component: Equatable, Sendable {
    /// A memory controller, counted from 0, which is its proximity domain in an AEST.
    case memory(UInt32)
    /// The interconnect, which no specification has a component for.
    case interconnect
  }

  /// Its name in records, at most 16 letters, and in events.
  public var name: StaticString
  /// What it belongs to.
  public var component: Component
  /// Its record.
  public var record: UInt64
  /// Physical address of its memory-mapped group, for the Secure world: a `BoardDevice`'s.
  public var base: UInt64
  /// INTID of its fault handling interrupt (FHI): an SPI, level.
  public var faultInterrupt: UInt32
  /// INTID of its error recovery interrupt (ERI): an SPI, level.
  public var recoveryInterrupt: UInt32
  /// INTID of its critical error interrupt (CRI): an SPI, level.
  public var criticalInterrupt: UInt32

  /// Whether the node is a memory controller's.
  public var isOfMemory: Bool { component != .interconnect }

  /// The first memory controller's.
  public static var memory: SharedErrorNode {
    SharedErrorNode(
      name: "memory", component: .memory(0), record: ErrorNode.memory,
      base: BoardDevice.memoryController.base,
      faultInterrupt: Interrupt.memoryFault, recoveryInterrupt: Interrupt.memoryRecovery,
      criticalInterrupt: Interrupt.memoryCritical)
  }

  /// The second memory controller's.
  public static var upperMemory: SharedErrorNode {
    SharedErrorNode(
      name: "upper memory", component: .memory(1), record: ErrorNode.upperMemory,
      base: BoardDevice.upperMemoryController.base, faultInterrupt: Interrupt.upperMemoryFault,
      recoveryInterrupt: Interrupt.upperMemoryRecovery,
      criticalInterrupt: Interrupt.upperMemoryCritical)
  }

  /// The interconnect's.
  public static var interconnect: SharedErrorNode {
    SharedErrorNode(
      name: "interconnect", component: .interconnect, record: ErrorNode.interconnect,
      base: BoardDevice.interconnect.base, faultInterrupt: Interrupt.interconnectFault,
      recoveryInterrupt: Interrupt.interconnectRecovery,
      criticalInterrupt: Interrupt.interconnectCritical)
  }

  /// The board's shared nodes whose records are below a number, in the order of their records. No array: EL3 has no
  /// heap for one.
  @inline(__always)
  public static func forEach<Failure: Error>(
    below recordCount: UInt64, _ body: (SharedErrorNode) throws(Failure) -> Void
  ) throws(Failure) {
    var record = ErrorNode.memory
    while record < recordCount, let node = node(of: record) {
      try body(node)
      record += 1
    }
  }

  /// The node that has a record; nil if that is a PE's own, or nobody's.
  public static func node(of record: UInt64) -> SharedErrorNode? {
    switch record {
    case ErrorNode.memory: memory
    case ErrorNode.upperMemory: upperMemory
    case ErrorNode.interconnect: interconnect
    default: nil
    }
  }
}
