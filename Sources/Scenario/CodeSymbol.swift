// Which function an address is in: from the ELF files that `make images` leaves beside the images, and from a
// Linux Image itself. Addresses are as linked. Surprising: labels of assembly have no size; each goes on to the
// next symbol.

import Boot

/// A function of a program.
public struct CodeSymbol: Equatable, Sendable {
  /// The program: `firmware`, `hypervisor`, `vmm`, `guest`, `kernel`.
  public var program: String
  /// Its first address.
  public var address: UInt64
  /// Its bytes.
  public var size: UInt64
  /// Its name, as the linker has it.
  public var name: String

  /// A function.
  public init(program: String, address: UInt64, size: UInt64, name: String) {
    self.program = program
    self.address = address
    self.size = size
    self.name = name
  }

  /// The functions of a 64-bit little-endian ELF file, ascending; none of anything else, nor of a file whose
  /// code is not in one of `images`: it is another build's.
  public static func all(of name: String, elf: [UInt8], in images: [[UInt8]]) -> [CodeSymbol] {
    guard let program = try? ELF(elf) else { return [] }
    for index in 0..<program.programHeaderCount {
      guard let segment = try? program.segment(index), segment.flags & 1 != 0 else { continue }
      let start = Int(segment.fileOffset)
      let code = elf[start..<start + Int(segment.fileSize)]
      guard images.contains(where: { $0.contains(code) }) else { return [] }
      return functions(
        of: name, elf, in: segment.virtualAddress..<segment.virtualAddress + segment.fileSize)
    }
    return []
  }

  /// The functions of a Linux Image, ascending; none of anything else.
  public static func all(of name: String, kernel: [UInt8]) -> [CodeSymbol] {
    guard KernelSymbol.isImage(kernel) else { return [] }
    let all = KernelSymbol.all(kernel) ?? []
    var functions: [CodeSymbol] = []
    for (index, symbol) in all.enumerated()
    where symbol.isFunction && symbol.address != functions.last?.address {
      let next = all[index...].first { $0.address > symbol.address }?.address ?? symbol.address + 4
      functions.append(
        CodeSymbol(
          program: name, address: symbol.address, size: next - symbol.address, name: symbol.name))
    }
    return functions
  }

  private static func functions(
    of program: String, _ elf: [UInt8], in code: Range<UInt64>
  ) -> [CodeSymbol] {
    var found: [UInt64: CodeSymbol] = [:]
    for symbol in (try? ELFSymbol.all(elf)) ?? []
    where symbol.type != 1 && code.contains(symbol.address) {
      // Mapping symbols ($x, $d) and labels of a function's inside.
      if ["$x", "$d", ".L"].contains(where: symbol.name.hasPrefix) { continue }
      if let known = found[symbol.address], known.size >= symbol.size { continue }
      found[symbol.address] = CodeSymbol(
        program: program, address: symbol.address, size: symbol.size, name: symbol.name)
    }
    var all = found.values.sorted { $0.address < $1.address }
    for index in all.indices where all[index].size == 0 {
      let next = index + 1 < all.count ? all[index + 1].address : code.upperBound
      all[index].size = next - all[index].address
    }
    return all
  }
}

extension [UInt8] {
  /// Whether a run of bytes is in it: by its first 16 bytes at multiples of 4, where code is.
  fileprivate func contains(_ part: ArraySlice<UInt8>) -> Bool {
    guard part.count >= 16, part.count <= count else { return false }
    let head = [UInt8](part.prefix(16))
    for start in stride(from: 0, through: count - part.count, by: 4)
    where self[start] == head[0] && self[start..<start + 16].elementsEqual(head) {
      if self[start..<start + part.count].elementsEqual(part) { return true }
    }
    return false
  }
}
