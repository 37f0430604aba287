// A static AArch64 Linux program that runs single instructions on given registers and writes all
// registers back, built byte by byte so that no assembler is needed. Each test loads its record,
// executes its word, and stores into the same record; at the end the records go to standard output.
// A SIGILL handler marks the record and skips the word.

/// An ELF executable that runs vector instructions one at a time.
struct VectorProgram {
  private(set) var records: [UInt64] = []
  private(set) var words: [UInt32] = []

  static let codeAddress: UInt64 = 0x40_0000
  static let recordAddress: UInt64 = 0x1000_0000
  static let recordBytes: UInt64 = UInt64(VectorOperands.wordCount * 8)

  /// The guest address of the scratch memory of the next test.
  var nextMemory: UInt64 { memory(words.count) }

  /// The guest address of the scratch memory of a test.
  func memory(_ test: Int) -> UInt64 {
    VectorProgram.recordAddress + UInt64(test) * VectorProgram.recordBytes
      + UInt64(VectorOperands.memoryWord * 8)
  }

  /// Adds a test.
  mutating func append(_ word: UInt32, _ operands: VectorOperands) {
    words.append(word)
    records += operands.words
  }

  /// The operands a test started from.
  func operands(_ test: Int) -> VectorOperands {
    let first: Int = test * VectorOperands.wordCount
    return VectorOperands(words: records[first..<first + VectorOperands.wordCount])
  }

  // Register use: X28 record, X27 set to 1 by the handler, X16 temporary, X30 link.

  private static func move(_ register: UInt32, _ value: UInt64) -> [UInt32] {
    (0..<4).map { (part: UInt32) -> UInt32 in
      let base: UInt32 = part == 0 ? 0xD280_0000 : 0xF280_0000
      return base | part << 21 | UInt32(value >> UInt64(part * 16) & 0xFFFF) << 5 | register
    }
  }

  private static func vectors(_ opcode: UInt32) -> [UInt32] {
    (0..<32).map { opcode | $0 << 10 | 28 << 5 | $0 }
  }

  private static func general(_ opcode: UInt32) -> [UInt32] {
    (0..<16).map { opcode | (64 + $0) << 10 | 28 << 5 | $0 }
  }

  private static func word(_ opcode: UInt32, _ index: UInt32, _ register: UInt32) -> UInt32 {
    opcode | index << 10 | 28 << 5 | register
  }

  private static let loadWord: UInt32 = 0xF940_0000
  private static let storeWord: UInt32 = 0xF900_0000
  private static let ret: UInt32 = 0xD65F_03C0

  /// The program's instructions.
  private var code: [UInt32] {
    // mrs/msr X16 of FPCR, FPSR, NZCV
    let load: [UInt32] =
      [
        VectorProgram.word(VectorProgram.loadWord, 80, 16), 0xD51B_4410,
        VectorProgram.word(VectorProgram.loadWord, 81, 16), 0xD51B_4430,
        VectorProgram.word(VectorProgram.loadWord, 82, 16), 0xD51B_4210, 0xD280_001B,
      ] + VectorProgram.vectors(0x3DC0_0000) + VectorProgram.general(VectorProgram.loadWord)
      + [VectorProgram.ret]
    let store: [UInt32] =
      VectorProgram.vectors(0x3D80_0000) + VectorProgram.general(VectorProgram.storeWord) + [
        VectorProgram.word(VectorProgram.storeWord, 80, 27),
        0xD53B_4430, VectorProgram.word(VectorProgram.storeWord, 81, 16),
        0xD53B_4210, VectorProgram.word(VectorProgram.storeWord, 82, 16),
        0x9100_0000 | UInt32(VectorProgram.recordBytes) << 10 | 28 << 5 | 28, VectorProgram.ret,
      ]
    // handler(X0 signal, X1 info, X2 context): PC at 440, X27 at 400 of the context
    let handler: [UInt32] = [
      0xF940_0000 | 55 << 10 | 2 << 5 | 3, 0x9100_1063, 0xF900_0000 | 55 << 10 | 2 << 5 | 3,
      0xD280_0023, 0xF900_0000 | 50 << 10 | 2 << 5 | 3, VectorProgram.ret,
    ]
    let entry: Int = load.count + store.count + handler.count
    let handlerAddress: UInt64 =
      VectorProgram.codeAddress + VectorProgram.headerBytes
      + UInt64(4 * (load.count + store.count))
    var code: [UInt32] = load + store + handler
    // rt_sigaction(SIGILL, {handler, SA_SIGINFO, 0, 0}, 0, 8) with the action on the stack
    code +=
      [0xD101_03FF] + VectorProgram.move(3, handlerAddress) + [
        0xF900_03E3, 0xD280_0083, 0xF900_07E3, 0xF900_0BFF, 0xF900_0FFF, 0xD280_0080, 0x9100_03E1,
        0xD280_0002, 0xD280_0103, 0xD280_10C8, 0xD400_0001,
      ]
    code += VectorProgram.move(28, VectorProgram.recordAddress)
    for word in words {
      code.append(0x9400_0000 | UInt32(truncatingIfNeeded: 0 - code.count) & 0x3FF_FFFF)
      code.append(word)
      code.append(
        0x9400_0000 | UInt32(truncatingIfNeeded: load.count - code.count) & 0x3FF_FFFF)
    }
    // while (length) { n = write(1, buffer, length); buffer += n; length -= n } exit(0)
    code += VectorProgram.move(1, VectorProgram.recordAddress)
    code += VectorProgram.move(2, UInt64(records.count * 8))
    code += [
      0xD280_0020, 0xD280_0808, 0xD400_0001, 0x8B00_0021, 0xCB00_0042, 0xB5FF_FF62, 0xD280_0000,
      0xD280_0BA8, 0xD400_0001,
    ]
    return [UInt32(entry)] + code
  }

  /// ELF header and two program headers.
  static let headerBytes: UInt64 = 64 + 2 * 56

  /// The bytes of the executable.
  var elf: [UInt8] {
    var code: [UInt32] = self.code
    let entry: UInt64 = UInt64(code.removeFirst()) * 4 + VectorProgram.headerBytes
    let codeEnd: UInt64 = VectorProgram.headerBytes + UInt64(code.count * 4)
    let recordOffset: UInt64 = (codeEnd + 0xFFFF) & ~0xFFFF
    var bytes: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1, 0] + [UInt8](repeating: 0, count: 8)
    func put(_ value: UInt64, _ size: Int) {
      for byte in 0..<size { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(byte * 8))) }
    }
    put(2, 2)
    put(183, 2)
    put(1, 4)
    put(VectorProgram.codeAddress + entry, 8)
    put(64, 8)
    put(0, 8)
    put(0, 4)
    put(64, 2)
    put(56, 2)
    put(2, 2)
    put(0, 6)
    for (offset, address, size, flags) in [
      (0, VectorProgram.codeAddress, codeEnd, 5),
      (recordOffset, VectorProgram.recordAddress, UInt64(records.count * 8), 6),
    ] as [(UInt64, UInt64, UInt64, UInt64)] {
      put(1, 4)
      put(flags, 4)
      put(offset, 8)
      put(address, 8)
      put(address, 8)
      put(size, 8)
      put(size, 8)
      put(0x1_0000, 8)
    }
    bytes.reserveCapacity(Int(recordOffset) + records.count * 8)
    for word in code { put(UInt64(word), 4) }
    bytes += [UInt8](repeating: 0, count: Int(recordOffset - codeEnd))
    for word in records { put(word, 8) }
    return bytes
  }
}
