// Reads a flattened device tree that somebody else wrote: QEMU, our own board, or a fuzzer. The
// structure is walked in place, token by token; every offset and length is checked and every step
// consumes bytes, so no input makes the walk crash or run for ever.

import Bytes

/// A node of a device tree: where its structure begins.
public struct FDTNode: Equatable, Sendable {
  /// Offset of the name in the structure block.
  let nameOffset: Int
  /// Length of the name in bytes.
  let nameCount: Int
  /// Offset of the first token inside the node.
  let body: Int
  /// How many nodes this one is inside of: the root has 0.
  public let depth: Int
}

/// A property of a node.
public struct FDTProperty<Source: ByteSource> {
  /// The value, as stored.
  public let value: ByteSlice<Source>
  let nameOffset: Int
  let next: Int

  /// The value's first cell, or nil if it is shorter.
  public var u32: UInt32? { try? value.bigEndian32(at: 0) }
  /// The value's first two cells as one number, or nil if it is shorter.
  public var u64: UInt64? { try? value.bigEndian64(at: 0) }
  /// A cell, or nil beyond the end.
  public func cell(_ index: Int) -> UInt32? {
    index < 0 || index > value.byteCount / 4 ? nil : try? value.bigEndian32(at: index * 4)
  }
  /// Whether one of the strings in the value is `text`.
  public func contains(_ text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    var start = 0
    while start + count < value.byteCount {
      if value.matches(text, at: start), value.byte(at: start + count) == 0 { return true }
      while start < value.byteCount, value.byte(at: start) != 0 { start += 1 }
      start += 1
    }
    return false
  }
}

/// A device tree in a source of bytes. Devicetree Specification 0.4, chapter 5.
public struct FDTReader<Source: ByteSource> {
  let source: Source
  let structure: ByteSlice<Source>
  let strings: ByteSlice<Source>
  let reservationsStart: Int
  /// The size the header states, in bytes.
  public let totalSize: Int

  /// Opens a tree: the header must be of a version we know and its blocks inside the bytes.
  public init(_ source: Source) throws(FDTError) {
    guard let magic = try? source.bigEndian32(at: 0), magic == FDTFormat.magic,
      let version = try? source.bigEndian32(at: 20), version >= FDTFormat.version,
      let compatible = try? source.bigEndian32(at: 24), compatible <= FDTFormat.version
    else { throw .notADeviceTree }
    guard let total = try? source.bigEndian32(at: 4), Int(total) <= source.byteCount,
      let structureOffset = try? source.bigEndian32(at: 8),
      let structureSize = try? source.bigEndian32(at: 36),
      let stringsOffset = try? source.bigEndian32(at: 12),
      let stringsSize = try? source.bigEndian32(at: 32),
      let reservations = try? source.bigEndian32(at: 16),
      UInt64(structureOffset) + UInt64(structureSize) <= UInt64(total),
      UInt64(stringsOffset) + UInt64(stringsSize) <= UInt64(total),
      UInt64(reservations) + 16 <= UInt64(total),
      let structure = try? source.slice(Int(structureOffset), count: Int(structureSize)),
      let strings = try? source.slice(Int(stringsOffset), count: Int(stringsSize))
    else { throw .malformed(offset: 0) }
    self.source = source
    self.structure = structure
    self.strings = strings
    reservationsStart = Int(reservations)
    totalSize = Int(total)
  }

  private enum Token {
    case begin(FDTNode)
    case end(next: Int)
    case property(FDTProperty<Source>)
    case finished
  }

  /// The token at an offset, NOPs skipped. A node found here has the depth given.
  private func token(at start: Int, depth: Int) throws(FDTError) -> Token {
    var offset = start
    while true {
      guard let kind = try? structure.bigEndian32(at: offset) else {
        throw .malformed(offset: offset)
      }
      switch kind {
      case FDTFormat.nop:
        offset += 4
      case FDTFormat.beginNode:
        var end = offset + 4
        while end < structure.byteCount, structure.byte(at: end) != 0 { end += 1 }
        guard end < structure.byteCount else { throw .malformed(offset: offset) }
        return .begin(
          FDTNode(
            nameOffset: offset + 4, nameCount: end - offset - 4, body: (end + 4) & ~3,
            depth: depth))
      case FDTFormat.endNode:
        return .end(next: offset + 4)
      case FDTFormat.property:
        guard let count = try? structure.bigEndian32(at: offset + 4),
          let name = try? structure.bigEndian32(at: offset + 8),
          let value = try? structure.slice(offset + 12, count: Int(count)),
          Int(name) < strings.byteCount
        else { throw .malformed(offset: offset) }
        return .property(
          FDTProperty(
            value: value, nameOffset: Int(name), next: (offset + 12 + Int(count) + 3) & ~3))
      case FDTFormat.end:
        return .finished
      default:
        throw .malformed(offset: offset)
      }
    }
  }
  /// The root node.
  public func root() throws(FDTError) -> FDTNode {
    guard case .begin(let node) = try token(at: 0, depth: 0) else { throw .malformed(offset: 0) }
    return node
  }

  /// The node that follows in the order of the tree: the first child, else the next sibling of the
  /// node or of what it is inside of; nil at the end.
  public func next(after node: FDTNode) throws(FDTError) -> FDTNode? {
    var offset = node.body
    var depth = node.depth + 1
    while true {
      switch try token(at: offset, depth: depth) {
      case .property(let property): offset = property.next
      case .begin(let next): return next
      case .finished: return nil
      case .end(let next):
        depth -= 1
        guard depth >= 0 else { throw .malformed(offset: offset) }
        if depth == 0 { return nil }
        offset = next
      }
    }
  }

  /// The first child of a node.
  public func firstChild(of node: FDTNode) throws(FDTError) -> FDTNode? {
    guard let next = try next(after: node), next.depth > node.depth else { return nil }
    return next
  }

  /// The next node with the same parent.
  public func nextSibling(of node: FDTNode) throws(FDTError) -> FDTNode? {
    var current = node
    while let next = try next(after: current) {
      if next.depth == node.depth { return next }
      if next.depth < node.depth { return nil }
      current = next
    }
    return nil
  }

  /// The first property of a node.
  public func firstProperty(of node: FDTNode) throws(FDTError) -> FDTProperty<Source>? {
    guard case .property(let property) = try token(at: node.body, depth: node.depth + 1) else {
      return nil
    }
    return property
  }

  /// The property that follows in the same node.
  public func next(
    after property: FDTProperty<Source>
  ) throws(FDTError) -> FDTProperty<Source>? {
    guard case .property(let next) = try token(at: property.next, depth: 0) else { return nil }
    return next
  }

  /// Whether a node's name is `name`, or `name` and a unit address.
  public func isNamed(_ node: FDTNode, _ name: StaticString) -> Bool {
    let count = name.utf8CodeUnitCount
    guard structure.matches(name, at: node.nameOffset) else { return false }
    return node.nameCount == count
      || node.nameCount > count
        && structure.byte(at: node.nameOffset + count) == UInt8(ascii: "@")
  }

  /// Whether a property's name is `name`.
  public func isNamed(_ property: FDTProperty<Source>, _ name: StaticString) -> Bool {
    let end = property.nameOffset + name.utf8CodeUnitCount
    return strings.matches(name, at: property.nameOffset)
      && end < strings.byteCount && strings.byte(at: end) == 0
  }

  /// A property of a node by its name.
  public func property(
    _ name: StaticString, of node: FDTNode
  ) throws(FDTError) -> FDTProperty<Source>? {
    var property = try firstProperty(of: node)
    while let current = property {
      if isNamed(current, name) { return current }
      property = try next(after: current)
    }
    return nil
  }

  /// A child of a node by its name, with or without its unit address.
  public func child(_ name: StaticString, of node: FDTNode) throws(FDTError) -> FDTNode? {
    var child = try firstChild(of: node)
    while let current = child {
      if isNamed(current, name) { return current }
      child = try nextSibling(of: current)
    }
    return nil
  }

  /// The first node, in the order of the tree and after `start` if given, with a property that
  /// contains a string: `firstNode(with: "device_type", "memory")`.
  public func firstNode(
    with name: StaticString, _ text: StaticString, after start: FDTNode? = nil
  ) throws(FDTError) -> FDTNode? {
    var node: FDTNode?
    if let start { node = try next(after: start) } else { node = try root() }
    while let current = node {
      if try property(name, of: current)?.contains(text) == true { return current }
      node = try next(after: current)
    }
    return nil
  }

  /// Address and size of a range of the reservation block; nil after the last.
  public func reservation(_ index: Int) throws(FDTError) -> (address: UInt64, size: UInt64)? {
    guard index >= 0, index < totalSize / 16 else { return nil }
    let offset = reservationsStart + index * 16
    guard offset + 16 <= totalSize, let address = try? source.bigEndian64(at: offset),
      let size = try? source.bigEndian64(at: offset + 8)
    else { throw .malformed(offset: offset) }
    return address == 0 && size == 0 ? nil : (address, size)
  }
}

#if !hasFeature(Embedded)
extension FDTReader {
  /// A node's name with its unit address.
  public func name(of node: FDTNode) -> String {
    var letters: [UInt8] = []
    for index in 0..<node.nameCount { letters.append(structure.byte(at: node.nameOffset + index)) }
    return String(decoding: letters, as: UTF8.self)
  }

  /// A property's name.
  public func name(of property: FDTProperty<Source>) -> String {
    var letters: [UInt8] = []
    var offset = property.nameOffset
    while offset < strings.byteCount, strings.byte(at: offset) != 0 {
      letters.append(strings.byte(at: offset))
      offset += 1
    }
    return String(decoding: letters, as: UTF8.self)
  }
}
#endif
