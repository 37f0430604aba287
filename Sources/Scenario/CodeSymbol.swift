// Which function an address is in: from the ELF files that `make images` leaves beside the images. Addresses
// are as linked. Surprising: labels of assembly have no size; each goes on to the next symbol.
//
// ELF: System V gABI 4.1, chapters 4 "Symbol Table" and 5 "Program Header".

/// A function of a program.
public struct CodeSymbol: Equatable, Sendable {
  /// The program: `firmware`, `hypervisor`, `vmm`, `guest`.
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
  public static func all(of program: String, elf: [UInt8], in images: [[UInt8]]) -> [CodeSymbol] {
    guard elf.starts(with: [0x7F, 0x45, 0x4C, 0x46, 2, 1]) else { return [] }
    func number(_ offset: UInt64, _ count: Int) -> UInt64 {
      offset < UInt64(elf.count) ? elf.littleEndian(Int(offset), count) : 0
    }
    let (segments, size) = (number(0x20, 8), number(0x36, 2))
    for index in 0..<number(0x38, 2) {
      let header = segments &+ index &* size
      // PT_LOAD with PF_X.
      guard number(header, 4) == 1, number(header &+ 4, 4) & 1 != 0 else { continue }
      let (start, length) = (number(header &+ 8, 8), number(header &+ 0x20, 8))
      guard start < UInt64(elf.count), length <= UInt64(elf.count) - start else { return [] }
      let code = elf[Int(start)..<Int(start + length)]
      guard images.contains(where: { $0.contains(code) }) else { return [] }
      return functions(program, number, from: number(header &+ 16, 8), count: length, elf)
    }
    return []
  }

  private static func functions(
    _ program: String, _ number: (UInt64, Int) -> UInt64, from first: UInt64, count: UInt64,
    _ elf: [UInt8]
  ) -> [CodeSymbol] {
    let (sections, size) = (number(0x28, 8), number(0x3A, 2))
    var found: [UInt64: CodeSymbol] = [:]
    for index in 0..<number(0x3C, 2) {
      let header = sections &+ index &* size
      guard number(header &+ 4, 4) == 2 else { continue }  // SHT_SYMTAB
      let (start, length) = (number(header &+ 0x18, 8), number(header &+ 0x20, 8))
      let names = number(sections &+ number(header &+ 0x28, 4) &* size &+ 0x18, 8)
      guard start < UInt64(elf.count), length <= UInt64(elf.count) - start else { continue }
      for symbol in stride(from: start, to: start + length / 24 * 24, by: 24) {
        let (information, address) = (number(symbol + 4, 1), number(symbol + 8, 8))
        let place = names &+ number(symbol, 4)
        // STT_NOTYPE, STT_FUNC; neither mapping symbols ($x) nor labels of a function's inside (.L).
        guard [0, 2].contains(information & 0xF), number(symbol + 6, 2) != 0,
          address >= first, address - first < count, place < UInt64(elf.count)
        else { continue }
        let name = String(decoding: elf[Int(place)...].prefix { $0 != 0 }, as: UTF8.self)
        guard !name.isEmpty, !name.hasPrefix("$x"), !name.hasPrefix("$d"), !name.hasPrefix(".L")
        else { continue }
        let entry = CodeSymbol(
          program: program, address: address, size: number(symbol + 16, 8), name: name)
        if entry.size > found[address]?.size ?? 0 || found[address] == nil {
          found[address] = entry
        }
      }
    }
    var all = found.values.sorted { $0.address < $1.address }
    for index in all.indices where all[index].size == 0 {
      let next = index + 1 < all.count ? all[index + 1].address : first + count
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
