// The flattened device tree format. Devicetree Specification 0.4, chapter 5. All values are
// big-endian 32-bit cells.

enum FDTFormat {
  static let magic: UInt32 = 0xd00d_feed
  static let version: UInt32 = 17
  static let lastCompatibleVersion: UInt32 = 16
  static let headerSize = 40
  static let beginNode: UInt32 = 1
  static let endNode: UInt32 = 2
  static let property: UInt32 = 3
  static let nop: UInt32 = 4
  static let end: UInt32 = 9
}

/// Why a device tree could not be written or read.
public enum FDTError: Error, Equatable, Sendable {
  /// The buffer is full.
  case noRoom
  /// A node or property in the wrong place: a property after a child node, an end without a begin,
  /// a tree that is not closed.
  case misplaced
  /// The bytes do not start with a device tree header of a version we know.
  case notADeviceTree
  /// A block, a token, a name or a property reaches outside the tree; the offset says where.
  case malformed(offset: Int)
}
