// Reading what firmware published, out of guest memory: RSDP, XSDT, HEST, then each GHES's error
// status block. Any firmware's: nothing here knows where ours puts its tables.
//
// Surprising: the RSDP is looked for in all of memory, as there is no UEFI to ask. A copy of its
// signature in a program is told apart by its checksums and by the HEST that it must lead to.

/// Looks at the error status blocks of a target.
final class ErrorSourceReader {
  private let target: any Target
  private var sources: [Source]?
  /// The search of all memory is not repeated for ever where firmware has no HEST.
  private var searchesLeft = 3

  struct Source {
    var id: UInt16
    /// Where the pointer to the block lies.
    var pointer: UInt64
    /// The most bytes a block has.
    var length: Int
    /// The block as last seen with a status other than zero; empty when it was taken.
    var last: [UInt8] = []
  }

  init(_ target: any Target) { self.target = target }

  /// Records that are new since the last call, and the sources whose block the kernel took.
  func poll() -> (new: [PublishedRecord], taken: [UInt16]) {
    if sources == nil, searchesLeft > 0 {
      searchesLeft -= 1
      let found = locate()
      if !found.isEmpty { sources = found }
    }
    guard var list = sources else { return ([], []) }
    var new: [PublishedRecord] = []
    var taken: [UInt16] = []
    for index in list.indices {
      guard let pointer = word(list[index].pointer), pointer != 0,
        let header = target.read(physical: pointer, count: 20)
      else { continue }
      if number(header, 0, 4) == 0 {
        if !list[index].last.isEmpty {
          taken.append(list[index].id)
          list[index].last = []
        }
        continue
      }
      let rawLength = Int(number(header, 8, 4))
      let size =
        rawLength == 0
        ? 20 + Int(number(header, 12, 4)) : Int(number(header, 4, 4)) + rawLength
      guard let block = target.read(physical: pointer, count: min(size, list[index].length)),
        block != list[index].last
      else { continue }
      list[index].last = block
      new.append(PublishedRecord(block: block, source: list[index].id))
    }
    sources = list
    return (new, taken)
  }

  /// Every GHES of the first RSDP that leads to a HEST.
  private func locate() -> [Source] {
    let pageSize = 1 << 20
    let signature = Array("RSD PTR ".utf8)
    var address = target.memory.start
    let end = target.memory.start + target.memory.size
    while address < end {
      let count = Int(min(UInt64(pageSize), end - address))
      guard let page = target.read(physical: address, count: count) else { return [] }
      for offset in page.signatureOffsets(signature) {
        let found = sources(rootPointer: address + UInt64(offset))
        if !found.isEmpty { return found }
      }
      address += UInt64(pageSize)
    }
    return []
  }

  private func sources(rootPointer: UInt64) -> [Source] {
    // ACPI 6.5 5.2.5.3: checksum over the first 20 bytes, extended checksum over 36.
    guard let pointer = target.read(physical: rootPointer, count: 36),
      pointer[..<20].reduce(0, &+) == 0, pointer.reduce(0, &+) == 0,
      let root = table(number(pointer, 24, 8), "XSDT")
    else { return [] }
    for offset in stride(from: 36, to: root.count - 7, by: 8) {
      if let errors = table(number(root, offset, 8), "HEST") { return parse(errors) }
    }
    return []
  }

  private func table(_ address: UInt64, _ signature: String) -> [UInt8]? {
    guard let header = target.read(physical: address, count: 36),
      Array(header[..<4]) == Array(signature.utf8)
    else { return nil }
    let length = number(header, 4, 4)
    guard length >= 36, length <= 1 << 20 else { return nil }
    return target.read(physical: address, count: Int(length))
  }

  /// ACPI 6.5 18.3.2: sources lie back to back, their length implied by their type.
  private func parse(_ errors: [UInt8]) -> [Source] {
    guard errors.count >= 40 else { return [] }
    let lengths: [UInt64: Int] = [2: 20, 6: 48, 7: 44, 8: 56, 9: 64, 10: 92]
    var found: [Source] = []
    var offset = 40
    for _ in 0..<number(errors, 36, 4) {
      guard offset + 4 <= errors.count, let length = lengths[number(errors, offset, 2)],
        offset + length <= errors.count
      else { break }
      if length >= 64 {
        found.append(
          Source(
            id: UInt16(number(errors, offset + 2, 2)), pointer: number(errors, offset + 24, 8),
            length: Int(number(errors, offset + 60, 4))))
      }
      offset += length
    }
    return found
  }

  private func word(_ address: UInt64) -> UInt64? {
    target.read(physical: address, count: 8).map { number($0, 0, 8) }
  }

  private func number(_ bytes: [UInt8], _ offset: Int, _ count: Int) -> UInt64 {
    bytes.littleEndian(offset, count)
  }
}

extension [UInt8] {
  /// The little-endian number at an offset; bytes beyond the end are zero.
  func littleEndian(_ offset: Int, _ count: Int) -> UInt64 {
    var value: UInt64 = 0
    for index in (0..<count).reversed() {
      value = value << 8 | UInt64(offset + index < self.count ? self[offset + index] : 0)
    }
    return value
  }

  /// Where the 8-byte signature stands on a multiple of 16.
  fileprivate func signatureOffsets(_ signature: [UInt8]) -> [Int] {
    var offsets: [Int] = []
    for offset in stride(from: 0, to: count - signature.count, by: 16)
    where self[offset] == signature[0] {
      if self[offset..<offset + signature.count].elementsEqual(signature) { offsets.append(offset) }
    }
    return offsets
  }
}
