// The bare-metal program of the system fuzzer: it runs at EL3, gives every register the value that a
// test asks for, copies the test's instructions to a page, enters it at the test's exception level,
// and notes all registers, the data and the descriptors when an exception comes back.
//
// EL1's and EL2's vectors are one SMC each, so that everything ends at EL3 with all registers as they
// were, and SPSR_EL3 and ELR_EL3 tell what PSTATE and which vector the first exception led to.
// The program, its tests and its results lie in RAM, which QEMU shares with us as a file.

import Arm
import Machine
import Support

@testable import Machine

/// One test: the state before, and a few instructions.
struct FuzzSystemTest {
  /// X0...X30.
  var general = [UInt64](repeating: 0, count: 31)
  /// SP_EL3.
  var stackPointer: UInt64 = 0
  /// The values of `FuzzSystemProgram.registers`.
  var registers = [UInt64](repeating: 0, count: FuzzSystemProgram.registers.count)
  /// Where the words go, from the start of the window.
  var codeOffset: UInt64 = 0x100
  /// At most 7; an SMC follows them.
  var words: [UInt32] = []
  /// The descriptors of the window's pages, stage 1 and stage 2.
  var stage1 = [UInt64](repeating: 0, count: 16)
  var stage2 = [UInt64](repeating: 0, count: 16)
  /// The two level 2 entries of the window: a table and a block.
  var level2: [UInt64] = [0, 0]

  subscript(name: String) -> UInt64 {
    get { FuzzSystemProgram.number[name].map { registers[$0] } ?? 0 }
    set { if let index = FuzzSystemProgram.number[name] { registers[index] = newValue } }
  }

  /// The words of the test's record.
  var record: [UInt64] {
    var code = words + [0xD400_1FE3]  // smc #0xFF
    while code.count < 8 { code.append(0) }
    let pairs = (0..<4).map { UInt64(code[$0 * 2]) | UInt64(code[$0 * 2 + 1]) << 32 }
    return general + [stackPointer] + registers + stage1 + stage2 + level2
      + [FuzzSystemProgram.window + codeOffset] + pairs
  }
}

/// What a test left, as named words.
struct FuzzSystemResult: Equatable {
  var words: [UInt64]

  /// An even number of words comes before the vector registers, and all of it is a multiple of 16
  /// bytes: SCTLR_EL3.A holds for the program, too.
  static let names: [String] =
    (0..<31).map { "X\($0)" } + ["SP_EL3", "vector"] + FuzzSystemProgram.noted + ["FPCR", "FPSR"]
    + (FuzzSystemProgram.noted.count % 2 == 1 ? [] : ["padding"])
    + (0..<64).map { "V\($0 / 2)[\($0 % 2)]" }
    + (0..<FuzzSystemProgram.pageCount * 16).map {
      "page \($0 / 16) at \(String($0 % 16 < 8 ? $0 % 16 * 8 : 0xF80 + $0 % 16 * 8, radix: 16))"
    }
    + (0..<16).map { "stage 1 descriptor \($0)" } + (0..<16).map { "stage 2 descriptor \($0)" }
  static let number = Dictionary(uniqueKeysWithValues: zip(names, names.indices))
  static let descriptors = names.filter { $0.contains("descriptor") }

  subscript(name: String) -> UInt64 {
    get { FuzzSystemResult.number[name].map { words[$0] } ?? 0 }
    set { if let index = FuzzSystemResult.number[name] { words[index] = newValue } }
  }
}

enum FuzzSystemProgram {
  // MARK: Registers

  /// What a test sets, in this order; MSR from EL3.
  static let registers = [
    "HCR_EL2", "CPTR_EL2", "CPACR_EL1", "SCTLR_EL1", "SCTLR_EL2", "TCR_EL1", "TCR_EL2", "TCR_EL3",
    "TTBR0_EL1", "TTBR1_EL1", "TTBR0_EL2", "TTBR1_EL2", "TTBR0_EL3", "MAIR_EL1", "MAIR_EL2",
    "MAIR_EL3", "VTTBR_EL2", "VTCR_EL2", "VBAR_EL1", "VBAR_EL2", "VBAR_EL3", "MDSCR_EL1",
    "MDCR_EL2", "MDCR_EL3", "HSTR_EL2", "CONTEXTIDR_EL1", "CONTEXTIDR_EL2", "CSSELR_EL1",
    "ESR_EL1", "ESR_EL2", "ESR_EL3", "FAR_EL1", "FAR_EL2", "FAR_EL3", "HPFAR_EL2", "ELR_EL1",
    "ELR_EL2", "ELR_EL3", "SPSR_EL1", "SPSR_EL2", "SPSR_EL3", "PAR_EL1", "VSESR_EL2", "VDISR_EL2",
    "DISR_EL1", "TPIDR_EL0", "TPIDRRO_EL0", "TPIDR_EL1", "TPIDR_EL2", "SP_EL0", "SP_EL1", "SP_EL2",
    "VPIDR_EL2", "VMPIDR_EL2", "OSLAR_EL1", "FPCR", "FPSR", "CPTR_EL3", "SCTLR_EL3", "SCR_EL3",
  ]
  static let number = Dictionary(uniqueKeysWithValues: zip(registers, registers.indices))
  /// What is noted of them; FPCR and FPSR come after CPTR_EL3 was cleared.
  static let noted =
    registers.filter { !["OSLAR_EL1", "FPCR", "FPSR"].contains($0) } + ["OSLSR_EL1"]

  static func mrs(_ t: UInt32, _ name: String) -> UInt32 { A64.mrs(t, encoding(name)) }
  static func msr(_ name: String, _ t: UInt32) -> UInt32 { A64.msr(encoding(name), t) }
  /// A system instruction on X`t`.
  static func sys(_ name: String, _ t: UInt32) -> UInt32 { A64.sys(encoding(name), t) }
  private static func encoding(_ name: String) -> SystemRegisterEncoding {
    guard let encoding = SystemRegisterEncoding.named(name) else {
      preconditionFailure("no register \(name)")
    }
    return encoding
  }

  // MARK: Where things are

  static let ram: UInt64 = 0x4000_0000
  static let ramSize: UInt64 = 128 << 20
  /// A block that is read-only for every regime: code and vectors.
  static let code: UInt64 = 0x4200_0000
  static func vectors(_ level: Int) -> UInt64 { code + 0x2_0000 + UInt64(level) * 0x1000 }
  /// Tables. EL1 and EL2 have one root; EL3's own may write all of RAM; stage 2.
  static let tables: UInt64 = 0x4300_0000
  static let root = tables
  static let windowTable = tables + 0x3000
  static let rootEL3 = tables + 0x4000
  static let rootStage2 = tables + 0x6000
  static let windowStage2 = tables + 0x8000
  static let patterns = tables + 0x9000
  /// The program's variables: saved X29, input, output, tests left; at 0x80 whether all is done.
  static let area: UInt64 = 0x4301_0000
  /// The window's physical pages; its VA, and its IPA with stage 2.
  static let window: UInt64 = 0x4400_0000
  static let windowVA: UInt64 = 0x8000_0000
  static let windowIPA: UInt64 = 0xC000_0000
  /// Pages that are zeroed, and whose first and last 64 bytes are set and noted.
  static let pageCount = 16
  static let input: UInt64 = 0x4500_0000
  static let output: UInt64 = 0x4600_0000

  static let inputBytes = UInt64(FuzzSystemTest().record.count * 8 + 8) & ~15
  static let outputBytes = UInt64(FuzzSystemResult.names.count * 8 + 8) & ~15
  /// Tests that fit between `input`, `output` and the end of RAM.
  static let capacity = Int(min(0x100_0000 / inputBytes, 0x200_0000 / outputBytes)) - 1

  // MARK: Code

  private static func constant(_ register: UInt32, _ value: UInt64) -> [UInt32] {
    var words: [UInt32] = []
    for part in 0..<4 {
      let bits = UInt32(truncatingIfNeeded: value >> UInt64(part * 16)) & 0xFFFF
      if part > 0, bits == 0 { continue }
      let opcode: UInt32 = part == 0 ? 0xD280_0000 : 0xF280_0000
      words.append(opcode | UInt32(part) << 21 | bits << 5 | register)
    }
    return words
  }

  private static let isb = A64.isb
  private static let dsb: UInt32 = 0xD503_3F9F

  private static let inStage1 = 32 + registers.count
  private static let inCode = inStage1 + 34

  /// From `start` of the input record at X29: everything up to the ERET into the test.
  private static var enter: [UInt32] {
    var code: [UInt32] = []
    func load(_ t: UInt32, _ word: Int) -> UInt32 { A64.ldr(t, 29, UInt32(word * 8)) }
    // Descriptors.
    code += constant(27, windowTable) + constant(26, windowStage2) + constant(25, tables + 0x2000)
    for index in 0..<16 {
      code += [load(0, inStage1 + index), A64.str(0, 27, UInt32(index * 8))]
      code += [load(0, inStage1 + 16 + index), A64.str(0, 26, UInt32(index * 8))]
    }
    code += [load(0, inStage1 + 32), A64.str(0, 25), load(0, inStage1 + 33), A64.str(0, 25, 8)]
    // The pages, and one on each side of them: zeros, so that no test hears of those before it.
    code += constant(26, window - 0x1000) + constant(25, UInt64(pageCount + 2) << 6)
    let zero = code.count
    for index in UInt32(0)..<4 { code.append(0xA900_7F5F | (index * 2) << 15) }  // stp xzr, xzr
    code += [A64.addImmediate(26, 26, 64), A64.subsImmediate(25, 25, 1)]
    code.append(A64.bCond(1, (zero - code.count) * 4))
    // The edges of the pages: 16 patterns, each with the page's number added.
    code += constant(27, patterns) + constant(26, window) + [A64.movz(25, 0)]
    let loop = code.count
    for index in 0..<16 {
      code += [A64.ldr(0, 27, UInt32(index * 8)), 0x8B19_0000, A64.str(0, 26, edge(index))]
    }
    code += [0x9140_0400 | 26 << 5 | 26]  // add x26, x26, #1, lsl #12
    code += [
      A64.addImmediate(25, 25, 1), 0xF100_001F | UInt32(pageCount) << 10 | 25 << 5,
    ]
    code.append(A64.bCond(1, (loop - code.count) * 4))
    // The instructions.
    code.append(load(27, inCode))
    for index in 0..<4 {
      code += [load(0, inCode + 1 + index), A64.str(0, 27, UInt32(index * 8))]
    }
    code += [dsb, 0xD508_751F, dsb, isb]  // ic iallu
    code += constant(27, patterns)
    for index in UInt32(0)..<32 { code.append(0x3DC0_0360 | (index & 7) << 10 | index) }
    for (index, name) in registers.enumerated() { code += [load(0, 32 + index), msr(name, 0)] }
    code += [dsb, 0xD50C_879F, 0xD50C_871F, 0xD50E_871F, dsb, isb]  // tlbi alle1, alle2, alle3
    code += [load(0, 31), 0x9100_001F]  // mov sp, x0
    code += (0..<31).filter { $0 != 29 }.map { load(UInt32($0), $0) }
    return code + [load(29, 29), 0xD69F_03E0]
  }

  /// The offset of a page's n-th noted word.
  private static func edge(_ index: Int) -> UInt32 {
    UInt32(index < 8 ? index * 8 : 0xF80 + index * 8)
  }

  /// From the vectors of EL3: X30 is in TPIDR_EL3, X29 in the area, X30 points to it.
  private static var leave: [UInt32] {
    var code: [UInt32] = [A64.str(29, 30, 64), A64.ldr(29, 30, 16)]
    var word = 0
    func note(_ t: UInt32) {
      code.append(A64.str(t, 29, UInt32(word * 8)))
      word += 1
    }
    for index in 0..<29 { note(UInt32(index)) }
    code.append(A64.ldr(0, 30))
    note(0)
    code.append(mrs(0, "TPIDR_EL3"))
    note(0)
    code.append(0x9100_03E0)  // mov x0, sp
    note(0)
    code.append(A64.ldr(0, 30, 64))
    note(0)
    for name in noted {
      code.append(mrs(0, name))
      note(0)
    }
    code += [msr("CPTR_EL3", 31), isb]
    for name in ["FPCR", "FPSR"] {
      code.append(mrs(0, name))
      note(0)
    }
    // The rest by a pointer that moves.
    word = (word + 1) & ~1
    code += [0x9100_0000 | UInt32(word * 8) << 10 | 29 << 5 | 27]
    for index in UInt32(0)..<32 { code.append(0x3C81_0760 | index) }  // str q, [x27], #16
    func copy(_ offset: UInt32, _ base: UInt32) {
      code += [A64.ldr(0, base, offset), 0xF800_8400 | 27 << 5]  // str x0, [x27], #8
    }
    code += constant(26, window) + [A64.movz(25, 0)]
    let loop = code.count
    for index in 0..<16 { copy(edge(index), 26) }
    code += [0x9140_0400 | 26 << 5 | 26]
    code += [
      A64.addImmediate(25, 25, 1), 0xF100_001F | UInt32(pageCount) << 10 | 25 << 5,
    ]
    code.append(A64.bCond(1, (loop - code.count) * 4))
    code += constant(26, windowTable)
    for index in 0..<16 { copy(UInt32(index * 8), 26) }
    code += constant(26, windowStage2)
    for index in 0..<16 { copy(UInt32(index * 8), 26) }
    // Next test.
    for (offset, bytes) in [(8, inputBytes), (16, outputBytes)] as [(UInt32, UInt64)] {
      code += constant(1, bytes)
      code += [A64.ldr(0, 30, offset), 0x8B01_0000, A64.str(0, 30, offset)]
    }
    return code + [A64.ldr(0, 30, 24), A64.subsImmediate(0, 0, 1), A64.str(0, 30, 24)]
  }

  /// The whole program, from `code` on.
  static var image: [UInt32] {
    var words: [UInt32] = constant(30, area)
    let next = words.count
    words += [A64.ldr(29, 30, 8), A64.ldr(28, 30, 24)]
    let enter = self.enter
    words.append(A64.cbnz(28, 4 * 16))
    // Done: say so, and exit QEMU by semihosting (SYS_EXIT, ADP_Stopped_ApplicationExit).
    words += [A64.movz(0, 1), A64.str(0, 30, 0x80)] + constant(2, 0x20026)
    words += [
      A64.str(2, 30, 0x100), A64.str(31, 30, 0x108), A64.addImmediate(1, 30, 0x100),
      A64.movz(0, 0x18), 0xD45E_0000, A64.spin,
    ]
    while words.count < next + 18 { words.append(A64.nop) }
    words += enter
    let common = words.count
    words += leave
    words.append(A64.b((next - words.count) * 4))
    precondition(words.count * 4 < 0x2_0000)
    while words.count < 0x2_4000 / 4 { words.append(0) }
    for level in 1...3 {
      for entry in 0..<16 {
        let place = Int(vectors(level) - code) / 4 + entry * 32
        if level < 3 {
          words[place] = 0xD400_0003 | UInt32(level << 8 | entry) << 5
          continue
        }
        let handler: [UInt32] =
          [msr("TPIDR_EL3", 30)] + constant(30, area) + [
            A64.str(29, 30), A64.movz(29, UInt32(entry)),
          ]
        for (index, word) in handler.enumerated() { words[place + index] = word }
        words[place + handler.count] = A64.b((common - place - handler.count) * 4)
      }
    }
    return words
  }

  // MARK: Tables

  private static func put(_ memory: inout [UInt8], _ address: UInt64, _ value: UInt64) {
    for byte in 0..<8 {
      memory[Int(address - ram) + byte] = UInt8(truncatingIfNeeded: value >> UInt64(byte * 8))
    }
  }

  /// RAM from its start to the end of the tests.
  static func memory(_ tests: [FuzzSystemTest]) -> [UInt8] {
    var memory = [UInt8](
      repeating: 0, count: Int(input - ram) + tests.count * Int(inputBytes))
    for (index, word) in image.enumerated() {
      for byte in 0..<4 {
        memory[Int(code - ram) + index * 4 + byte] = UInt8(truncatingIfNeeded: word >> (byte * 8))
      }
    }
    // AF, Inner Shareable, attribute 0; privileged only.
    let block: UInt64 = 0x701
    for (root, flat, isEL3) in [(root, tables + 0x1000, false), (rootEL3, tables + 0x5000, true)] {
      put(&memory, root + 8, flat | 3)
      put(&memory, root + 16, tables + 0x2003)
      for index in UInt64(0)..<512 {
        let address = ram + index << 21
        if address == code {
          put(&memory, flat + index * 8, address | block | 2 << 6)
        } else {
          // Never executed; written by EL3 only.
          put(&memory, flat + index * 8, address | block | 3 << 53 | (isEL3 ? 0 : 2 << 6))
        }
      }
    }
    // Stage 2: RAM as it is, and the window's addresses.
    put(&memory, rootStage2 + 8, ram | 1 << 10 | 3 << 8 | 3 << 6 | 0xF << 2 | 1)
    put(&memory, rootStage2 + 24, (tables + 0x7000) | 3)
    put(&memory, tables + 0x7000, windowStage2 | 3)
    var random = FuzzRandom(seed: 0xDA7A)
    for index in UInt64(0)..<16 { put(&memory, patterns + index * 8, random.next()) }
    put(&memory, area + 8, input)
    put(&memory, area + 16, output)
    put(&memory, area + 24, UInt64(tests.count))
    for (index, test) in tests.enumerated() {
      for (word, value) in test.record.enumerated() {
        put(&memory, input + UInt64(index) * inputBytes + UInt64(word * 8), value)
      }
    }
    return memory
  }
}
