// The error nodes of the board: the one place where their numbers are. The machine makes its nodes by them,
// and the firmware and the AEST find them here. A board has those whose record numbers are below
// ERRIDR_EL1.NUM; QEMU's has none.

/// Error records of the board, by ERRSELR_EL1.SEL.
public enum ErrorNode {
  /// The PE's own node (one record per PE).
  public static let processor: UInt64 = 0
  /// The memory node, shared by all PEs.
  public static let memory: UInt64 = 1
  /// ERRIDR_EL1.NUM.
  public static let recordCount: UInt64 = 2
}

/// ERR<n>STATUS.IERR of the memory node: how it found the error.
public enum MemoryErrorCause {
  /// With an access.
  public static let access: UInt8 = 0
  /// By patrol scrubbing.
  public static let scrub: UInt8 = 1
}

/// A node that all PEs see.
public struct SharedErrorNode: Sendable {
  /// What the node belongs to.
  public enum Component: Sendable {
    /// A memory controller.
    case memory
  }

  /// Its name in records, at most 16 letters.
  public let name: StaticString
  /// What it belongs to.
  public let component: Component
  /// Its first record.
  public let record: UInt64
  /// Physical address of its memory-mapped group, for the Secure world.
  public let base: UInt64

  /// The node that has a record; nil if that is a PE's own, or nobody's.
  public static func node(of record: UInt64) -> SharedErrorNode? {
    switch record {
    case ErrorNode.memory:
      SharedErrorNode(
        name: "memory", component: .memory, record: ErrorNode.memory,
        base: BoardDevice.memoryController.base)
    default: nil
    }
  }
}
