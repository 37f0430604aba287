// A static AArch64 Linux program that runs short instruction sequences on given states, built byte by
// byte so that no assembler is needed. Each test loads its record into the registers, executes its
// words, and stores the registers into the same record; at the end all records go to standard
// output. A signal ends a test's words and is noted in the record.
//
// X28 holds the record's address throughout: a test's words must not write it.

import Foundation
import Support

/// The state around one test, in the order of its record in the guest.
struct UserRecord: Equatable {
  /// V0...V31, low half first.
  var vectors = [UInt64](repeating: 0, count: 64)
  /// X0...X30; X28 is the record's address.
  var general = [UInt64](repeating: 0, count: 31)
  var stackPointer: UInt64 = 0
  /// NZCV in bits 31:28.
  var flags: UInt64 = 0
  /// FPCR.
  var control: UInt64 = 0
  /// FPSR.
  var status: UInt64 = 0
  /// Afterwards: the Linux number of the signal that ended the words; 0 for none.
  var signal: UInt64 = 0
  /// Afterwards: the PC of that signal.
  var signalPC: UInt64 = 0
  /// Memory that the words may use; an even number of words, the same for all tests of a program.
  var memory: [UInt64] = []

  // Words of the record.
  static let generalWord = 64
  static let stackPointerWord = 95
  static let flagsWord = 96
  static let controlWord = 97
  static let statusWord = 98
  static let signalWord = 99
  static let continuationWord = 100
  static let signalPCWord = 101
  static let memoryWord = 104

  init(memoryWords: Int = 16) { memory = [UInt64](repeating: 0, count: memoryWords) }

  init(words: ArraySlice<UInt64>) {
    let first = words.startIndex
    vectors = Array(words[first..<first + 64])
    general = Array(words[first + 64..<first + 95])
    stackPointer = words[first + UserRecord.stackPointerWord]
    flags = words[first + UserRecord.flagsWord]
    control = words[first + UserRecord.controlWord]
    status = words[first + UserRecord.statusWord]
    signal = words[first + UserRecord.signalWord]
    signalPC = words[first + UserRecord.signalPCWord]
    memory = Array(words[(first + UserRecord.memoryWord)...])
  }

  /// The record's words, given where the program goes on after the test.
  func words(continuation: UInt64) -> [UInt64] {
    vectors + general
      + [stackPointer, flags, control, status, signal, continuation, signalPC, 0, 0] + memory
  }
}

/// An ELF executable that runs tests one after the other.
struct QEMUUserProgram {
  /// One test.
  struct Test {
    /// The instructions.
    var words: [UInt32]
    /// The state before them.
    var before: UserRecord
  }

  private(set) var tests: [Test] = []
  /// Words of scratch memory in each record; even.
  let memoryWords: Int
  /// Instruction words of the tests appended so far, with what surrounds each.
  private var codeWords = 0

  init(memoryWords: Int) { self.memoryWords = memoryWords }

  // MARK: Where things are: all of it inside the RAM of the `virt` board too.

  static let codeAddress: UInt64 = 0x5000_0000
  static let recordAddress: UInt64 = 0x4800_0000
  private static let headerBytes: UInt64 = 64 + 2 * 56

  /// Bytes of one record.
  var recordBytes: UInt64 { UInt64((UserRecord.memoryWord + memoryWords) * 8) }

  /// The address of a test's record.
  func record(_ test: Int) -> UInt64 {
    QEMUUserProgram.recordAddress + UInt64(test) * recordBytes
  }

  /// The address of the scratch memory of the test that `append` adds next.
  var nextMemory: UInt64 { record(tests.count) + UInt64(UserRecord.memoryWord * 8) }

  /// The address of the first word of the test that `append` adds next.
  var nextCode: UInt64 {
    QEMUUserProgram.codeAddress + QEMUUserProgram.headerBytes
      + UInt64(4 * (prologue.count + codeWords + 2))
  }

  /// The address of a test's first word.
  func code(_ test: Int) -> UInt64 { starts[test] }
  private var starts: [UInt64] = []

  /// Adds a test.
  mutating func append(_ words: [UInt32], _ before: UserRecord) {
    precondition(before.memory.count == memoryWords, "every record has the same size")
    starts.append(nextCode)
    tests.append(Test(words: words, before: before))
    tests[tests.count - 1].before.general[28] = record(tests.count - 1)
    codeWords += words.count + 4
  }

  // MARK: Code

  private static let load: UInt32 = 0xF940_0000
  private static let store: UInt32 = 0xF900_0000
  private static let ret: UInt32 = 0xD65F_03C0

  private static func access(_ opcode: UInt32, _ word: Int, _ register: UInt32) -> UInt32 {
    opcode | UInt32(word) << 10 | 28 << 5 | register
  }

  private static func all(_ opcode: UInt32, _ first: Int, _ registers: [UInt32]) -> [UInt32] {
    registers.map { access(opcode, first + Int($0), $0) }
  }

  private static func move(_ register: UInt32, _ value: UInt64) -> [UInt32] {
    (0..<4).map { (part: UInt32) -> UInt32 in
      let base: UInt32 = part == 0 ? 0xD280_0000 : 0xF280_0000
      return base | part << 21 | UInt32(value >> UInt64(part * 16) & 0xFFFF) << 5 | register
    }
  }

  private static let generalRegisters = (0..<30).filter { $0 != 28 }.map { UInt32($0) }

  /// Registers from the record; returns by X30, which is loaded behind the call.
  private static let loadRoutine: [UInt32] =
    [
      access(load, UserRecord.controlWord, 16), 0xD51B_4410,
      access(load, UserRecord.statusWord, 16), 0xD51B_4430,
      access(load, UserRecord.flagsWord, 16), 0xD51B_4210,
      access(load, UserRecord.stackPointerWord, 16), 0x9100_021F,
    ] + all(0x3DC0_0000, 0, Array(0..<32)) + all(load, UserRecord.generalWord, generalRegisters)
    + [ret]

  /// Registers into the record, then X28 to the next one.
  private var storeRoutine: [UInt32] {
    let step = UInt32(recordBytes)
    return QEMUUserProgram.all(0x3D80_0000, 0, Array(0..<32))
      + QEMUUserProgram.all(
        QEMUUserProgram.store, UserRecord.generalWord, QEMUUserProgram.generalRegisters)
      + [
        0xD53B_4210, QEMUUserProgram.access(QEMUUserProgram.store, UserRecord.flagsWord, 16),
        0xD53B_4410, QEMUUserProgram.access(QEMUUserProgram.store, UserRecord.controlWord, 16),
        0xD53B_4430, QEMUUserProgram.access(QEMUUserProgram.store, UserRecord.statusWord, 16),
        0x9100_03F0,
        QEMUUserProgram.access(QEMUUserProgram.store, UserRecord.stackPointerWord, 16),
        0x9100_0000 | (step & 0xFFF) << 10 | 28 << 5 | 28,
        0x9140_0000 | (step >> 12) << 10 | 28 << 5 | 28,
        0xD503_3F5F,  // CLREX: tests are independent
        QEMUUserProgram.ret,
      ]
  }

  /// handler(X0 signal, X1 info, X2 context): X28 at 408, PC at 440 of the context.
  private static let handler: [UInt32] = [
    0xF940_0000 | 51 << 10 | 2 << 5 | 3,
    0xF900_0000 | UInt32(UserRecord.signalWord) << 10 | 3 << 5,
    0xF940_0000 | 55 << 10 | 2 << 5 | 4,
    0xF900_0000 | UInt32(UserRecord.signalPCWord) << 10 | 3 << 5 | 4,
    0xF940_0000 | UInt32(UserRecord.continuationWord) << 10 | 3 << 5 | 4,
    0xF900_0000 | 55 << 10 | 2 << 5 | 4,
    ret,
  ]

  private static let signalStackBytes: UInt64 = 0x1_0000
  private var signalStack: UInt64 { (record(tests.count) + 0xFFFF) & ~0xFFFF }
  /// SIGILL, SIGTRAP, SIGBUS, SIGSEGV.
  private static let signals: [UInt32] = [4, 5, 7, 11]

  /// Everything before the tests, of the same length for every program.
  private var prologue: [UInt32] {
    let routines = QEMUUserProgram.loadRoutine + storeRoutine + QEMUUserProgram.handler
    let handlerAddress =
      QEMUUserProgram.codeAddress + QEMUUserProgram.headerBytes
      + UInt64(4 * (QEMUUserProgram.loadRoutine.count + storeRoutine.count))
    // sigaltstack({stack, 0, size}, 0)
    var code: [UInt32] = [0xD101_03FF] + QEMUUserProgram.move(3, signalStack)
    code += [0xF900_03E3, 0xF900_07FF] + QEMUUserProgram.move(3, QEMUUserProgram.signalStackBytes)
    code += [0xF900_0BE3, 0x9100_03E0, 0xD280_0001, 0xD280_1088, 0xD400_0001]
    // rt_sigaction(signal, {handler, SA_SIGINFO | SA_ONSTACK | SA_NODEFER, 0, 0}, 0, 8)
    code += QEMUUserProgram.move(3, handlerAddress) + [0xF900_03E3]
    code += QEMUUserProgram.move(3, 0x4800_0004) + [0xF900_07E3, 0xF900_0BFF, 0xF900_0FFF]
    for signal in QEMUUserProgram.signals {
      code += [
        0xD280_0000 | signal << 5, 0x9100_03E1, 0xD280_0002, 0xD280_0103, 0xD280_10C8, 0xD400_0001,
      ]
    }
    code += QEMUUserProgram.move(28, QEMUUserProgram.recordAddress)
    return routines + code
  }

  private var entry: UInt64 {
    QEMUUserProgram.codeAddress + QEMUUserProgram.headerBytes
      + UInt64(
        4 * (QEMUUserProgram.loadRoutine.count + storeRoutine.count + QEMUUserProgram.handler.count)
      )
  }

  /// The program's instructions.
  private var code: [UInt32] {
    var code = prologue
    func call(_ target: Int) -> UInt32 {
      0x9400_0000 | UInt32(truncatingIfNeeded: target - code.count) & 0x3FF_FFFF
    }
    for test in tests {
      code.append(call(0))
      code.append(
        QEMUUserProgram.access(QEMUUserProgram.load, UserRecord.generalWord + 30, 30))
      code += test.words
      code.append(
        QEMUUserProgram.access(QEMUUserProgram.store, UserRecord.generalWord + 30, 30))
      code.append(call(QEMUUserProgram.loadRoutine.count))
    }
    // while (length) { n = write(1, buffer, length); buffer += n; length -= n } exit(0)
    code += QEMUUserProgram.move(1, QEMUUserProgram.recordAddress)
    code += QEMUUserProgram.move(2, UInt64(tests.count) * recordBytes)
    code += [
      0xD280_0020, 0xD280_0808, 0xD400_0001, 0x8B00_0021, 0xCB00_0042, 0xB5FF_FF62, 0xD280_0000,
      0xD280_0BA8, 0xD400_0001,
    ]
    return code
  }

  /// The bytes that lie at `codeAddress`.
  var text: [UInt8] {
    let code = self.code
    let codeBytes = QEMUUserProgram.headerBytes + UInt64(code.count * 4)
    let recordOffset = (codeBytes + 0xFFFF) & ~0xFFFF
    let records = UInt64(tests.count) * recordBytes
    let stackEnd = signalStack + QEMUUserProgram.signalStackBytes
    var bytes: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1, 0] + [UInt8](repeating: 0, count: 8)
    bytes.reserveCapacity(Int(recordOffset))
    func put(_ value: UInt64, _ size: Int) {
      for byte in 0..<size { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(byte * 8))) }
    }
    put(2, 2)
    put(183, 2)
    put(1, 4)
    put(entry, 8)
    put(64, 8)
    put(0, 8)
    put(0, 4)
    put(64, 2)
    put(56, 2)
    put(2, 2)
    put(0, 6)
    let segments: [(UInt64, UInt64, UInt64, UInt64, UInt64)] = [
      (0, QEMUUserProgram.codeAddress, codeBytes, codeBytes, 5),
      (
        recordOffset, QEMUUserProgram.recordAddress, records,
        stackEnd - QEMUUserProgram.recordAddress, 6
      ),
    ]
    for (offset, address, fileBytes, bytesInMemory, flags) in segments {
      put(1, 4)
      put(flags, 4)
      put(offset, 8)
      put(address, 8)
      put(address, 8)
      put(fileBytes, 8)
      put(bytesInMemory, 8)
      put(0x1_0000, 8)
    }
    for word in code { put(UInt64(word), 4) }
    bytes += [UInt8](repeating: 0, count: Int(recordOffset - codeBytes))
    return bytes
  }

  /// The words of a test's record as the program starts with them.
  func recordWords(_ test: Int) -> [UInt64] {
    tests[test].before.words(continuation: starts[test] + UInt64(4 * tests[test].words.count))
  }

  /// The bytes of the executable.
  var elf: [UInt8] {
    var bytes = text
    bytes.reserveCapacity(bytes.count + tests.count * Int(recordBytes))
    for test in tests.indices {
      for word in recordWords(test) {
        unsafe withUnsafeBytes(of: word.littleEndian) { unsafe bytes.append(contentsOf: $0) }
      }
    }
    return bytes
  }

  // MARK: Running it

  /// Runs the program under `qemu-aarch64` and gives the state after each test.
  ///
  /// - Throws: `OracleFailure`, when QEMU is missing or did not run the program to its end.
  func run(cpu: String = "neoverse-n1", timeoutSeconds: Int = 120) throws -> [UserRecord] {
    let (status, output) = try withFolder { folder in
      let file = folder.appendingPathComponent("program")
      try Data(elf).write(to: file)
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
      return try Oracle.run(
        "qemu-aarch64", ["-cpu", cpu, file.path], timeoutSeconds: timeoutSeconds)
    }
    guard status == 0, output.count == tests.count * Int(recordBytes) else {
      throw OracleFailure(
        "qemu-aarch64 ended with status \(status) after \(output.count) of "
          + "\(tests.count * Int(recordBytes)) bytes")
    }
    let words: [UInt64] = unsafe output.withUnsafeBytes { buffer in
      unsafe Array(buffer.bindMemory(to: UInt64.self)).map { UInt64(littleEndian: $0) }
    }
    let size = Int(recordBytes) / 8
    return tests.indices.map { UserRecord(words: words[$0 * size..<($0 + 1) * size]) }
  }
}
