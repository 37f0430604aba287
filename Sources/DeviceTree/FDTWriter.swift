// Writes a flattened device tree into memory the caller provides, without a heap. The names of
// properties collect in the last part of that memory and move behind the structure when the tree
// is finished, so `finish()` returns a blob with the blocks in their usual order.

import Bytes

/// A device tree in the making. Devicetree Specification 0.4, chapter 5.
///
/// Calls mirror the tree: `beginNode`, its properties, its child nodes, `endNode`. The first node
/// is the root, with the empty name. The sink is `Memory` or another that refers to its bytes: the
/// writer keeps a copy of it.
public struct FDTWriter<Sink: ByteSink>: ~Copyable {
  private var memory: Sink
  private let origin: Int
  private let capacity: Int
  private var structureOffset = 0
  private let structureStart: Int
  private let stringsStart: Int
  private var stringsSize = 0
  private var depth = 0
  private var rootClosed = false
  private var propertiesAllowed = false

  /// A tree to be written into `memory` from `origin` (a multiple of 8) to the end, of which the
  /// last `stringCapacity` bytes hold property names until the tree is finished.
  ///
  /// `reservations` are the ranges of the reservation block, `bootCore` is the physical identifier
  /// of the boot core.
  public init(
    into memory: Sink, at origin: Int = 0, stringCapacity: Int = 2048,
    reservations: [(address: UInt64, size: UInt64)] = [], bootCore: UInt32 = 0
  ) throws(FDTError) {
    let reservationsEnd = FDTFormat.headerSize + (reservations.count + 1) * 16
    let capacity = (memory.byteCount - origin) & ~3
    guard origin >= 0, origin & 7 == 0, stringCapacity >= 0,
      capacity >= reservationsEnd + stringCapacity
    else { throw .noRoom }
    self.memory = memory
    self.origin = origin
    self.capacity = capacity
    structureStart = reservationsEnd
    structureOffset = reservationsEnd
    stringsStart = (capacity - stringCapacity) & ~3
    var offset = FDTFormat.headerSize
    for range in reservations {
      store(UInt32(truncatingIfNeeded: range.address >> 32), at: offset)
      store(UInt32(truncatingIfNeeded: range.address), at: offset + 4)
      store(UInt32(truncatingIfNeeded: range.size >> 32), at: offset + 8)
      store(UInt32(truncatingIfNeeded: range.size), at: offset + 12)
      offset += 16
    }
    for index in 0..<4 { store(0, at: offset + index * 4) }
    store(bootCore, at: 28)
  }

  private mutating func store(_ value: UInt32, at offset: Int) {
    memory.store(value.byteSwapped, at: origin + offset)
  }

  private mutating func store(byte: UInt8, at offset: Int) {
    memory.store(byte, at: origin + offset)
  }

  private func load(_ offset: Int) -> UInt8 { memory.byte(at: origin + offset) }

  private func room(_ count: Int) throws(FDTError) {
    guard count >= 0, count <= stringsStart, structureOffset <= stringsStart - count else {
      throw .noRoom
    }
  }

  private mutating func cell(_ value: UInt32) throws(FDTError) {
    try room(4)
    store(value, at: structureOffset)
    structureOffset += 4
  }

  private mutating func byte(_ value: UInt8) throws(FDTError) {
    try room(1)
    store(byte: value, at: structureOffset)
    structureOffset += 1
  }

  private mutating func pad() throws(FDTError) {
    while structureOffset & 3 != 0 { try byte(0) }
  }

  private mutating func text(_ text: StaticString) throws(FDTError) {
    let count = text.utf8CodeUnitCount
    try room(count)
    let start = structureOffset
    text.withUTF8Buffer { letters in
      for index in 0..<count { unsafe store(byte: letters[index], at: start + index) }
    }
    structureOffset += count
  }

  private mutating func open() throws(FDTError) {
    guard !rootClosed else { throw .misplaced }
    try cell(FDTFormat.beginNode)
    depth += 1
    propertiesAllowed = true
  }

  /// Begins a node with this name ("" for the root).
  public mutating func beginNode(_ name: StaticString) throws(FDTError) {
    try open()
    try text(name)
    try byte(0)
    try pad()
  }

  /// Begins a node named `name@address`, the address in lower-case hexadecimal.
  public mutating func beginNode(
    _ name: StaticString, at address: UInt64
  ) throws(FDTError) {
    try open()
    try text(name)
    try byte(UInt8(ascii: "@"))
    var shift: UInt64 = 60
    while shift > 0, (address >> shift) & 0xf == 0 { shift -= 4 }
    while true {
      let digit = UInt8(truncatingIfNeeded: address >> shift) & 0xf
      try byte(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
      if shift == 0 { break }
      shift -= 4
    }
    try byte(0)
    try pad()
  }

  /// Ends the node begun last.
  public mutating func endNode() throws(FDTError) {
    guard depth > 0 else { throw .misplaced }
    try cell(FDTFormat.endNode)
    depth -= 1
    propertiesAllowed = false
    rootClosed = depth == 0
  }

  /// The offset of a property name in the strings block, added if it is new.
  private mutating func nameOffset(_ name: StaticString) throws(FDTError) -> UInt32 {
    let count = name.utf8CodeUnitCount
    var start = 0
    while start < stringsSize {
      if memory.matches(name, at: origin + stringsStart + start),
        start + count < stringsSize, load(stringsStart + start + count) == 0
      {
        return UInt32(start)
      }
      while load(stringsStart + start) != 0 { start += 1 }
      start += 1
    }
    let new = stringsSize
    guard count + 1 <= capacity - stringsStart - new else { throw .noRoom }
    let place = stringsStart + new
    name.withUTF8Buffer { letters in
      for index in 0..<count { unsafe store(byte: letters[index], at: place + index) }
    }
    store(byte: 0, at: place + count)
    stringsSize += count + 1
    return UInt32(new)
  }

  private mutating func beginProperty(_ name: StaticString, count: Int) throws(FDTError) {
    guard depth > 0, propertiesAllowed else { throw .misplaced }
    guard let size = UInt32(exactly: count) else { throw .noRoom }
    let offset = try nameOffset(name)
    try cell(FDTFormat.property)
    try cell(size)
    try cell(offset)
  }

  /// A property without a value.
  public mutating func property(_ name: StaticString) throws(FDTError) {
    try beginProperty(name, count: 0)
  }

  /// A property of one 32-bit cell.
  public mutating func property(_ name: StaticString, _ value: UInt32) throws(FDTError) {
    try beginProperty(name, count: 4)
    try cell(value)
  }

  /// A property of one 64-bit value in two cells.
  public mutating func property(_ name: StaticString, u64 value: UInt64) throws(FDTError) {
    try beginProperty(name, count: 8)
    try cell(UInt32(truncatingIfNeeded: value >> 32))
    try cell(UInt32(truncatingIfNeeded: value))
  }

  /// A property of cells.
  public mutating func property(_ name: StaticString, cells: [UInt32]) throws(FDTError) {
    try beginProperty(name, count: cells.count * 4)
    for value in cells { try cell(value) }
  }

  /// `reg` and the like: one address and size, two cells each.
  public mutating func property(
    _ name: StaticString, address: UInt64, size: UInt64
  ) throws(FDTError) {
    try beginProperty(name, count: 16)
    try cell(UInt32(truncatingIfNeeded: address >> 32))
    try cell(UInt32(truncatingIfNeeded: address))
    try cell(UInt32(truncatingIfNeeded: size >> 32))
    try cell(UInt32(truncatingIfNeeded: size))
  }

  /// A property of one string.
  public mutating func property(_ name: StaticString, string: StaticString) throws(FDTError) {
    try beginProperty(name, count: string.utf8CodeUnitCount + 1)
    try text(string)
    try byte(0)
    try pad()
  }

  /// A property of several strings.
  public mutating func property(
    _ name: StaticString, strings: [StaticString]
  ) throws(FDTError) {
    var count = 0
    for string in strings { count += string.utf8CodeUnitCount + 1 }
    try beginProperty(name, count: count)
    for string in strings {
      try text(string)
      try byte(0)
    }
    try pad()
  }

  /// A property of raw bytes; `terminated` appends the zero byte of a string.
  public mutating func property(
    _ name: StaticString, bytes: some ByteSource, terminated: Bool = false
  ) throws(FDTError) {
    let count = bytes.byteCount
    try beginProperty(name, count: terminated ? count + 1 : count)
    try room(count)
    for index in 0..<count { try byte(bytes.byte(at: index)) }
    if terminated { try byte(0) }
    try pad()
  }

  /// Closes the tree and gives its size in bytes; it starts at the origin.
  public consuming func finish() throws(FDTError) -> Int {
    guard rootClosed else { throw .misplaced }
    try cell(FDTFormat.end)
    let strings = structureOffset
    for index in 0..<stringsSize {
      store(byte: load(stringsStart + index), at: strings + index)
    }
    let total = (strings + stringsSize + 7) & ~7
    guard total <= capacity else { throw .noRoom }
    for index in strings + stringsSize..<total { store(byte: 0, at: index) }
    store(FDTFormat.magic, at: 0)
    store(UInt32(total), at: 4)
    store(UInt32(structureStart), at: 8)
    store(UInt32(strings), at: 12)
    store(UInt32(FDTFormat.headerSize), at: 16)
    store(FDTFormat.version, at: 20)
    store(FDTFormat.lastCompatibleVersion, at: 24)
    store(UInt32(stringsSize), at: 32)
    store(UInt32(strings - structureStart), at: 36)
    return total
  }
}

#if !hasFeature(Embedded)
extension FDTWriter {
  /// A property of one string, made at run time.
  public mutating func property(_ name: StaticString, text: String) throws(FDTError) {
    try property(name, bytes: Array(text.utf8), terminated: true)
  }
}
#endif
