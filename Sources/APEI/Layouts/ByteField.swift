// Structures of bytes as tables: a name, an offset and a size a field, as the specification's table
// has them. Writers, readers and decoders take the same rows.

/// A named run of bytes in a structure, little-endian if it is a number.
public struct ByteField: Sendable {
  /// The field's name: the specification's, in lower camel.
  public let name: StaticString
  /// Offset in bytes from the structure's start.
  public let offset: Int
  /// Size in bytes.
  public let size: Int

  /// A field of `size` bytes at an offset.
  public init(_ name: StaticString, _ offset: Int, _ size: Int) {
    self.name = name
    self.offset = offset
    self.size = size
  }

  /// The offset after the field's last byte.
  public var end: Int { offset + size }
}
