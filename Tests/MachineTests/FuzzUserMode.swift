// Random user-mode instructions here and on `qemu-aarch64`: the same registers and memory afterwards.
//
// `Fuzzer.userMode` says how many.

import Machine
import Support
import Testing

@testable import Machine

@Suite struct FuzzUserMode {
  static let count = Fuzzer.userMode.runs
  static let seed = Fuzzer.userMode.seed

  @Test func everyRowAloneDoesWhatQEMUDoes() throws {
    try Self.compare(wordsEach: 1, seed: Self.seed)
  }

  @Test func sequencesDoWhatQEMUDoes() throws {
    try Self.compare(wordsEach: 10, seed: Self.seed &+ 0x1000)
  }

  /// A machine whose ADDS and SUBS (immediate) invert V: the short run must find it.
  @Test func canaryAWrongFlagIsFound() throws {
    var generator = FuzzUserGenerator(seed: Fuzzer.userMode.fixedSeed)
    var program = QEMUUserProgram(memoryWords: FuzzUserGenerator.memoryWords)
    for index in 0..<min(Fuzzer.userMode.shortRuns, 1500) {
      generator.append(to: &program, count: 1, index: index)
    }
    let expected = try program.run()
    let board = try FuzzUserBoard(program)
    var found = 0
    for (index, test) in program.tests.enumerated() {
      var here = board.run(index, isStepped: true)
      if test.words.contains(where: { $0 & 0x3F80_0000 == 0x3100_0000 }) { here.flags ^= 1 << 28 }
      if !Self.differences(expected[index], here, test.before).isEmpty { found += 1 }
    }
    #expect(found > 0)
  }

  /// UNDEFINED is what QEMU does not decode either: random words, and words that differ from a row in
  /// one or two of its bits. System instructions and exceptions are left to the bare-metal
  /// tests, where every level is seen.
  @Test func undefinedWordsAreThoseOfQEMU() throws {
    var random = FuzzRandom(seed: Self.seed &+ 0x2000)
    var remaining = Self.count * 3
    while remaining > 0 {
      var program = QEMUUserProgram(memoryWords: 2)
      while program.tests.count < min(remaining, 5000) {
        var word = UInt32(truncatingIfNeeded: random.next())
        if !random.isOne(in: 4) {
          let rows = Self.patterns
          let row = random.pick(rows)
          word = word & ~row.mask | row.value
          for _ in 0..<random.below(3) { word ^= 1 << UInt32(random.below(32)) }
        }
        guard Self.isHarmless(word) else { continue }
        var record = UserRecord(memoryWords: 2)
        record.control = 0
        program.append([word], record)
      }
      remaining -= program.tests.count
      var wrong: [String] = []
      for (test, after) in zip(program.tests, try program.run()) {
        let isUndefined = Decoder.decode(test.words[0]).opcode == .unallocated
        if isUndefined != (after.signal == 4) {
          let here = isUndefined ? "UNDEFINED" : "decoded"
          wrong.append(
            "\(String(test.words[0], radix: 16)) (\(Self.name(test.words[0]))): "
              + "\(here) here, signal \(after.signal) in QEMU")
        }
      }
      #expect(wrong.isEmpty, "\(wrong.prefix(20).joined(separator: "\n"))")
    }
  }

  /// The fixed bits of every row of both chapters.
  static let patterns =
    Decoder.rows.map { (mask: $0.mask, value: $0.value) }
    + VectorDecoder.rows.map { (mask: $0.mask, value: $0.value) }

  /// Whether a word does no harm with all registers zero, but for a signal.
  static func isHarmless(_ word: UInt32) -> Bool {
    // X28 must survive.
    if [0, 5, 10, 16].contains(where: { word >> $0 & 31 == 28 || word >> $0 & 31 == 27 }) {
      return false
    }
    switch word >> 24 {
    // Branches go somewhere; system instructions and exceptions; branches by register.
    case 0x14...0x17, 0x94...0x97, 0x54, 0x34...0x37, 0xB4...0xB7, 0xD4...0xD7: return false
    default: break
    }
    // Listed with their reasons where the vector chapter is compared.
    return !VectorAgainstQEMUTests.isUnallocatedHalfImmediate(word)
      && !VectorAgainstQEMUTests.isUnallocatedHalfReduction(word)
      && !VectorAgainstQEMUTests.abortsQEMU(word)
  }

  // MARK: Comparing

  /// Compares `count` tests, in programs of a size that is quickly run.
  static func compare(wordsEach: Int, seed: UInt64) throws {
    var generator = FuzzUserGenerator(seed: seed)
    for start in stride(from: 0, to: count, by: 1500) {
      var program = QEMUUserProgram(memoryWords: FuzzUserGenerator.memoryWords)
      for index in start..<min(start + 1500, count) {
        generator.append(to: &program, count: wordsEach, index: index)
      }
      try compare(program)
      let end = min(start + 1500, count)
      Fuzzer.userMode.tell(end, step: end - start, part: ", \(wordsEach) at a time")
    }
  }

  /// Runs a program on both and records an issue for each test that differs, ten at most.
  static func compare(_ program: QEMUUserProgram) throws {
    let expected = try program.run()
    let board = try FuzzUserBoard(program)
    var reported: Set<String> = []
    var different = 0
    for test in program.tests.indices {
      let isStepped = test % 2 == 0 || !isStraight(program.tests[test].words)
      let found = board.run(test, isStepped: isStepped)
      guard !differences(expected[test], found, program.tests[test].before).isEmpty else {
        continue
      }
      different += 1
      guard different <= 60 else { break }
      let (name, text) = try explain(program.tests[test], from: program.record(test), isStepped)
      if reported.insert(name).inserted, reported.count <= 10 { Issue.record("\(text)") }
    }
    #expect(different == 0, "\(different) of \(program.tests.count) tests differ")
  }

  /// Whether no word skips others: then the number of instructions is that of the words.
  static func isStraight(_ words: [UInt32]) -> Bool {
    words.allSatisfy { $0 & 0x1C00_0000 != 0x1400_0000 || $0 >> 24 == 0xD5 }
  }

  /// What differs, one line each.
  static func differences(_ qemu: UserRecord, _ ours: UserRecord, _ before: UserRecord) -> [String]
  {
    var same = ours
    same.general[28] = qemu.general[28]
    if qemu.signal == 0 { same.signalPC = qemu.signalPC }
    if same == qemu { return [] }
    var lines: [String] = []
    func check(_ name: String, _ a: UInt64, _ b: UInt64, _ was: UInt64) {
      if a != b {
        lines.append(
          "\(name): QEMU \(String(a, radix: 16)), ours \(String(b, radix: 16)), before "
            + String(was, radix: 16))
      }
    }
    check("signal", qemu.signal, ours.signal, 0)
    if qemu.signal == ours.signal { check("signal PC", qemu.signalPC, ours.signalPC, 0) }
    for index in 0..<31 {
      check("X\(index)", qemu.general[index], ours.general[index], before.general[index])
    }
    check("SP", qemu.stackPointer, ours.stackPointer, before.stackPointer)
    check("NZCV", qemu.flags, ours.flags, before.flags)
    check("FPCR", qemu.control, ours.control, before.control)
    check("FPSR", qemu.status, ours.status, before.status)
    for index in 0..<64 {
      check(
        "V\(index / 2)[\(index % 2)]", qemu.vectors[index], ours.vectors[index],
        before.vectors[index])
    }
    for index in qemu.memory.indices {
      check("memory[\(index)]", qemu.memory[index], ours.memory[index], before.memory[index])
    }
    return lines
  }

  /// The shortest beginning of a test's words that still differs, with its last word named.
  static func explain(
    _ test: QEMUUserProgram.Test, from record: UInt64, _ isStepped: Bool
  ) throws
    -> (name: String, text: String)
  {
    for length in 1...test.words.count {
      var program = QEMUUserProgram(memoryWords: test.before.memory.count)
      // Addresses in the old record become addresses in the new one.
      var before = test.before
      func moved(_ value: UInt64) -> UInt64 {
        value >= record && value < record + program.recordBytes
          ? value - record + QEMUUserProgram.recordAddress : value
      }
      for index in 0..<31 { before.general[index] = moved(before.general[index]) }
      before.stackPointer = moved(before.stackPointer)
      let words = Array(test.words[..<length])
      program.append(words, before)
      let qemu = try program.run()[0]
      let ours = try FuzzUserBoard(program).run(0, isStepped: isStepped)
      let lines = differences(qemu, ours, program.tests[0].before)
      if lines.isEmpty { continue }
      let word = test.words[length - 1]
      let name = Self.name(word)
      let listing = words.map { "\(String($0, radix: 16)) \(Self.name($0))" }
      return (
        name,
        "\(name): word \(String(word, radix: 16))\n  after \(listing.dropLast())\n  "
          + lines.prefix(12).joined(separator: "\n  ") + "\n  registers "
          + operands(word, program.tests[0].before)
      )
    }
    return (
      "?", "a test differs only at its own place: \(test.words.map { String($0, radix: 16) })"
    )
  }

  static func name(_ word: UInt32) -> String {
    Decoder.rows.first { word & $0.mask == $0.value }?.name.description ?? "no row"
  }

  private static func operands(_ word: UInt32, _ before: UserRecord) -> String {
    [0, 5, 10, 16].map { (low: UInt32) -> String in
      let number = Int(word >> low & 31)
      let value = number == 31 ? before.stackPointer : before.general[number]
      return "\(number)=\(String(value, radix: 16))"
    }.joined(separator: " ")
  }
}
