// The symbol tables of an ELF file, one walk for all who look for names in it: `SymbolTable` for a name's
// address, `CodeSymbol` for an address's name.
//
// ELF: System V gABI 4.1, chapters 4 "Section Header" and "Symbol Table".

/// A symbol that is defined, and is neither a section's nor a file's name.
struct ELFSymbol {
  /// Its name.
  let name: String
  /// Its value: an address, as linked.
  let address: UInt64
  /// Its bytes; 0 where nobody said, as for labels of assembly.
  let size: UInt64
  /// STT_NOTYPE 0, STT_OBJECT 1, STT_FUNC 2.
  let type: UInt8
  /// Whether other files see it.
  let isGlobal: Bool

  /// Those of a 64-bit little-endian file, in its order. Throws `badELF` for one that is cut off or of another kind.
  static func all(_ bytes: [UInt8]) throws(SymbolTable.Mistake) -> [ELFSymbol] {
    func number(_ offset: UInt64, _ count: Int) throws(SymbolTable.Mistake) -> UInt64 {
      guard offset <= UInt64(bytes.count), UInt64(bytes.count) - offset >= UInt64(count) else {
        throw .badELF
      }
      return bytes.littleEndian(Int(offset), count)
    }
    // ELFCLASS64, ELFDATA2LSB.
    guard try number(4, 2) == 0x102 else { throw .badELF }
    let (headers, size, count) = (try number(0x28, 8), try number(0x3A, 2), try number(0x3C, 2))
    guard headers < UInt64(bytes.count) else { throw .badELF }
    var found: [ELFSymbol] = []
    for index in 0..<count {
      let header = headers + index * size
      guard try number(header + 4, 4) == 2 else { continue }  // SHT_SYMTAB
      let (start, length) = (try number(header + 0x18, 8), try number(header + 0x20, 8))
      let link = try number(header + 0x28, 4)
      let names = try number(headers + link * size + 0x18, 8)
      guard start <= UInt64(bytes.count), length <= UInt64(bytes.count) - start else {
        throw .badELF
      }
      for symbol in stride(from: start, to: start + length / 24 * 24, by: 24) {
        let information = UInt8(try number(symbol + 4, 1))
        // Neither undefined nor STT_SECTION or STT_FILE.
        guard try number(symbol + 6, 2) != 0, information & 0xF < 3 else { continue }
        let (place, isOut) = names.addingReportingOverflow(try number(symbol, 4))
        guard !isOut, place < UInt64(bytes.count) else { throw .badELF }
        let name = String(decoding: bytes[Int(place)...].prefix { $0 != 0 }, as: UTF8.self)
        guard !name.isEmpty else { continue }
        found.append(
          ELFSymbol(
            name: name, address: try number(symbol + 8, 8), size: try number(symbol + 16, 8),
            type: information & 0xF, isGlobal: information >> 4 != 0))
      }
    }
    return found
  }
}
