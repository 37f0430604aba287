// The A64 back end, executed by our own machine (`A64HostMachine`), beside the interpreter: random programs in
// step, as `EngineLockstep` has them for this host's back end; and its encoder against binutils.

import Arm
import Foundation
import Support
import Testing

@testable import Machine

@Suite struct A64Lockstep {
  /// Two machines, one interpreted and one translated to A64.
  private func pair(
    _ host: A64HostMachine, capacity: Int = A64Translator.standardCapacity
  ) throws -> EngineLockstep.Pair {
    try EngineLockstep.Pair(
      translated: InterpreterBench(board: host.makeBoard(capacity: capacity)), host: host)
  }

  @Test func randomProgramsLeaveTheSameMachines() throws {
    let host = try A64HostMachine()
    let pair = try pair(host)
    var programs = EngineProgram(seed: Fuzzer.arm64Host.seed)
    pair.expectTheSame(&programs, Fuzzer.arm64Host)
    #expect(host.counts.entries > 0 && host.counts.calls > 0 && host.counts.faults > 0)
  }

  /// Code memory that is too small for all of it: it is thrown away and written again.
  @Test func codeThatIsThrownAwayIsNotExecuted() throws {
    let host = try A64HostMachine()
    let pair = try pair(host, capacity: A64Translator.reserve + 32768)
    var programs = EngineProgram(seed: Fuzzer.arm64Host.fixedSeed &+ 7)
    for number in 0..<40 {
      let code = programs.next()
      for bench in pair.both { bench.load(code) }
      #expect(pair.run(600).isEmpty, "\(number)")
    }
    #expect(host.complaint == nil)
    #expect(pair.translated.board.engineStatistics.flushes > 0)
  }

  /// What random programs do not have: operations of the system and by their bodies, and code that changes.
  @Test(arguments: [TranslatorTests.withoutTheLoop, TranslatorTests.changing])
  func whatRandomProgramsLackIsTheSame(_ words: [UInt32]) throws {
    let host = try A64HostMachine()
    let pair = try pair(host)
    let isChanging = words == TranslatorTests.changing
    for bench in pair.both {
      bench.place(words)
      bench.state[x: 2] = isChanging ? InterpreterBench.code + 8 : InterpreterBench.data
      bench.state[x: 3] =
        isChanging ? UInt64(A64.addImmediate(0, 0, 0)) : InterpreterBench.data + 256
      bench.state[x: 7] = 0x3C0
      bench.state[x: 14] = 1
      bench.state.daif = 0x3C0
    }
    for slice: UInt64 in [1, 100, 7, 999, 64, 500] { #expect(pair.run(slice).isEmpty) }
    #expect(host.complaint == nil)
    #expect(pair.translated.state[x: 0] > 100)
    #expect(pair.interpreted.board.hash() == pair.translated.board.hash())
  }

  /// Every level, random regimes, traps and descriptors.
  @Test func randomInstructionsAtEveryLevelDoTheSame() throws {
    var generator = FuzzSystemGenerator(seed: Fuzzer.arm64Host.seed)
    let count = min(Fuzzer.arm64Host.runs / 4, FuzzSystemProgram.capacity)
    let tests = (0..<count).map { _ in generator.test() }
    let host = try A64HostMachine()
    let board = try host.makeBoard(ramSize: FuzzSystemProgram.ramSize)
    let one = try FuzzSystemProgram.runHere(tests, engine: .interpreter)
    let other = FuzzSystemProgram.run(tests, on: board)
    #expect(host.complaint == nil)
    #expect(one.count == tests.count && other.count == tests.count)
    for (index, (a, b)) in zip(one, other).enumerated() where a != b {
      let names = zip(FuzzSystemResult.names, zip(a.words, b.words)).filter { $1.0 != $1.1 }
      Issue.record(
        "test \(index): \(names.map(\.0)) differ in \(FuzzSystemMode.describe(tests[index]))")
      break
    }
  }

  /// A file that `make test` provides before it runs the tests.
  private static func read(_ path: String) throws -> [UInt8] {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ForgedWorld.Unavailable(description: "\(path) is missing: run `make test`")
    }
    return [UInt8](data)
  }

  /// Firmware and a kernel of Debian's, up to where it begins: what no generator thinks of.
  @Test func aBootIsTheSame() throws {
    let ramSize: UInt64 = 512 << 20
    let host = try A64HostMachine()
    let translated = try host.makeBoard(ramSize: ramSize)
    let interpreted = try Board(coreCount: 1, ramSize: ramSize, engine: .interpreter)
    for board in [interpreted, translated] {
      try board.bus.load(
        firmware: try Self.read(ForgedWorld.firmwarePath),
        kernel: try Self.read(Checkout.path(".cache/linux/cloud/vmlinuz")), initrd: nil,
        commandLine: "console=ttyAMA0 earlycon")
    }
    for part in 1...4 {
      for board in [interpreted, translated] {
        #expect(board.run(instructions: 6_000_000) == .budget)
      }
      try #require(host.complaint == nil)
      try #require(interpreted.hash() == translated.hash(), "part \(part)")
    }
    #expect(host.counts.entries > 0 && host.counts.calls > 0 && host.counts.faults > 0)
    let console = translated.takeConsoleOutput()
    #expect(String(decoding: console, as: UTF8.self).contains("Booting Linux on physical CPU"))
    #expect(console == interpreted.takeConsoleOutput())
  }

  /// Loops of ten instructions: how many of the host's each of them takes. A number that grows is a loss.
  @Test(arguments: [(Self.integerLoop, 1.7), (Self.memoryLoop, 6.7)] as [([UInt32], Double)])
  func aLoopTakesFewInstructions(_ loop: ([UInt32], Double)) throws {
    let host = try A64HostMachine()
    let pair = try pair(host)
    for bench in pair.both {
      bench.place(loop.0)
      bench.state[x: 1] = InterpreterBench.data
      bench.state[x: 2] = 100_000
    }
    #expect(pair.run(2000).isEmpty)
    let before = host.bench.board.instructions
    #expect(pair.run(100_000).isEmpty)
    let ratio = Double(host.bench.board.instructions - before) / 100_000
    #expect(host.complaint == nil)
    #expect(ratio < loop.1 && ratio > loop.1 * 0.8, "\(ratio)")
  }

  /// Arithmetic, a comparison and its select.
  static let integerLoop: [UInt32] = [
    A64.addImmediate(3, 3, 5), 0xCA03_0084, 0x8B04_0C65, 0x9B04_7CA6,
    0xEB06_007F, 0x9A86_B067, 0xD345_FCE8, 0x8A08_00A9,
    A64.subsImmediate(2, 2, 1), A64.bCond(1, -36),
  ]
  /// Loads, stores and a comparison in front of them.
  static let memoryLoop: [UInt32] = [
    A64.ldr(3, 1), A64.addImmediate(3, 3, 1), A64.str(3, 1), A64.ldr(4, 1, 8),
    A64.subsImmediate(2, 2, 1), A64.str(4, 1, 16), 0xB940_1825, 0xB900_1C25,
    A64.addImmediate(6, 6, 3), A64.bCond(1, -36),
  ]

  /// A back end that writes the inverse of C: CSET X1, CC for CSET X1, CS.
  @Test func canaryAWrongInstructionIsFound() throws {
    let host = try A64HostMachine()
    host.mistake = (0x9A9F_37E1, 0x9A9F_27E1)
    let pair = try pair(host)
    var programs = EngineProgram(seed: Fuzzer.arm64Host.fixedSeed)
    var found = 0
    for _ in 0..<min(Fuzzer.arm64Host.shortRuns, 20) {
      let code = programs.next()
      for bench in pair.both { bench.load(code) }
      if !pair.run(200).isEmpty { found += 1 }
    }
    #expect(found > 0)
  }

  /// Code that reads what it must not: the host complains.
  @Test func canaryAWildAddressIsFound() throws {
    let host = try A64HostMachine()
    // LDR X17, [X19, #word of the page] becomes LDR X17, [X17].
    host.mistake = (0xF840_0000 | 0x170 << 12 | 19 << 5 | 17, 0xF940_0231)
    let pair = try pair(host)
    for bench in pair.both { bench.place(TranslatorTests.endless) }
    _ = pair.run(1000)
    #expect(host.complaint != nil)
  }
}

@Suite struct A64AssemblerGolden {
  /// What is asked for, and how objdump says it.
  static let rows: [(text: String, encode: @Sendable (inout A64Assembler) -> Void)] = [
    ("br x1", { $0.jump(.x1) }),
    ("blr x16", { $0.call(.x16) }),
    ("ret", { $0.ret() }),
    ("add x4, x5, x6", { $0.alu(.add, .x4, .x5, .x6, w: true) }),
    ("subs w4, w5, w6, lsr #3", { $0.alu(.subs, .x4, .x5, .x6, shift: 1, amount: 3, w: false) }),
    (
      "orn x4, x5, x6, ror #63",
      {
        $0.alu(.orr, .x4, .x5, .x6, shift: 3, amount: 63, isInverted: true, w: true)
      }
    ),
    (
      "bics w7, w8, w9, asr #31",
      {
        $0.alu(.ands, .x7, .x8, .x9, shift: 2, amount: 31, isInverted: true, w: false)
      }
    ),
    ("eor x1, x1, x2", { $0.alu(.eor, .x1, .x1, .x2, w: true) }),
    (
      "adds x9, x10, w11, sxtw #2",
      {
        $0.extended(.adds, .x9, .x10, .x11, option: 6, amount: 2, w: true)
      }
    ),
    (
      "sub w9, w10, w11, uxtb",
      {
        $0.extended(.sub, .x9, .x10, .x11, option: 0, amount: 0, w: false)
      }
    ),
    ("mov x29, sp", { $0.arithmetic(.add, .x29, .sp, imm: 0, w: true) }),
    ("subs x21, x21, #0x40", { $0.arithmetic(.subs, .x21, .x21, imm: 64, w: true) }),
    (
      "add w4, w5, #0x123, lsl #12",
      {
        $0.arithmetic(.add, .x4, .x5, imm: 0x12_3000, w: false)
      }
    ),
    ("cmp x1, #0x1", { $0.arithmetic(.subs, .zr, .x1, imm: 1, w: true) }),
    ("and x2, x16, #0xfffffffffffff000", { $0.logical(.and, .x2, .x16, mask: ~0xFFF, w: true) }),
    ("and x0, x16, #0xfffffffffffff003", { $0.logical(.and, .x0, .x16, mask: ~0xFFC, w: true) }),
    ("ands w4, w5, #0x55555555", { $0.logical(.ands, .x4, .x5, mask: 0x5555_5555, w: false) }),
    (
      "eor x4, x5, #0xff00ff00ff00ff",
      {
        $0.logical(.eor, .x4, .x5, mask: 0xFF_00FF_00FF_00FF, w: true)
      }
    ),
    ("orr w4, w5, #0x80000001", { $0.logical(.orr, .x4, .x5, mask: 0x8000_0001, w: false) }),
    ("ubfx x17, x16, #12, #9", { $0.bitfield(.unsigned, .x17, .x16, r: 12, s: 20, w: true) }),
    ("sbfiz w4, w5, #3, #8", { $0.bitfield(.signed, .x4, .x5, r: 29, s: 7, w: false) }),
    ("bfxil x4, x5, #4, #8", { $0.bitfield(.insert, .x4, .x5, r: 4, s: 11, w: true) }),
    ("extr x4, x5, x6, #13", { $0.extract(.x4, .x5, .x6, 13, w: true) }),
    ("extr w4, w5, w6, #31", { $0.extract(.x4, .x5, .x6, 31, w: false) }),
    ("mov x4, x15", { $0.mov(.x4, .x15) }),
    ("mov w4, w15", { $0.mov(.x4, .x15, w: false) }),
    ("mov x4, #0x0 // #0", { $0.mov(.x4, imm: 0) }),
    ("mov x4, #0xffffffffffffffff // #-1", { $0.mov(.x4, imm: .max) }),
    ("mov x4, #0x123400000000 // #20014547599360", { $0.mov(.x4, imm: 0x1234_0000_0000) }),
    ("mov x4, #0xffffffffffff1234 // #-60876", { $0.mov(.x4, imm: 0xFFFF_FFFF_FFFF_1234) }),
    ("movk w4, #0x1234, lsl #16", { $0.movk(.x4, 0x1234, at: 16, w: false) }),
    ("csel x4, x5, x6, ne // ne = any", { $0.select(0, .x4, .x5, .x6, 1, w: true) }),
    ("cset x1, cs // cs = hs, nlast", { $0.set(.x1, 2) }),
    ("csetm x1, mi // mi = first", { $0.setMask(.x1, 4) }),
    ("sdiv x4, x5, x6", { $0.three(0x1AC0_0C00, .x4, .x5, .x6, w: true) }),
    ("umaddl x4, w5, w6, x7", { $0.four(0x1BA0_0000, .x4, .x5, .x6, .x7, w: true) }),
    ("msub w4, w5, w6, w7", { $0.four(0x1B00_8000, .x4, .x5, .x6, .x7, w: false) }),
    ("ldur x4, [x19, #-128]", { $0.load(.x4, .x19, -128) }),
    ("ldr x4, [x19, #656]", { $0.load(.x4, .x19, 656) }),
    ("str xzr, [x19, #8064]", { $0.store(.zr, .x19, 8064) }),
    ("ldrb w4, [x16]", { $0.load(.x4, .x16, 0, size: 0) }),
    ("strh w4, [x16, #2]", { $0.store(.x4, .x16, 2, size: 1) }),
    ("ldr w4, [x16, #4]", { $0.load(.x4, .x16, 4, size: 2) }),
    ("ldr x4, [x16, x17]", { $0.load(.x4, .x16, .x17, size: 3, isSigned: false, to64: true) }),
    ("ldrsb x4, [x16, x17]", { $0.load(.x4, .x16, .x17, size: 0, isSigned: true, to64: true) }),
    ("ldrsh w4, [x16, x17]", { $0.load(.x4, .x16, .x17, size: 1, isSigned: true, to64: false) }),
    ("ldrsw x4, [x16, x17]", { $0.load(.x4, .x16, .x17, size: 2, isSigned: true, to64: true) }),
    ("strb w4, [x16, x17]", { $0.store(.x4, .x16, .x17, size: 0) }),
    ("str w4, [x16, x17]", { $0.store(.x4, .x16, .x17, size: 2) }),
    ("stp x19, x20, [sp, #16]", { $0.pair(isLoad: false, .x19, .x20, .sp, 16, size: 3) }),
    (
      "ldpsw x4, x5, [x17]",
      {
        $0.pair(isLoad: true, .x4, .x5, .x17, 0, size: 2, isSigned: true)
      }
    ),
    ("ldp w4, w5, [x17, #-8]", { $0.pair(isLoad: true, .x4, .x5, .x17, -8, size: 2) }),
    ("stp x29, x30, [sp, #-48]!", { $0.pushPair(.x29, .x30, -48) }),
    ("ldp x29, x30, [sp], #48", { $0.popPair(.x29, .x30, 48) }),
    ("ldr q0, [x19, #144]", { $0.vector(isLoad: true, 0, .x19, 144) }),
    ("str q31, [x19, #640]", { $0.vector(isLoad: false, 31, .x19, 640) }),
    ("stur q0, [x17, #-16]", { $0.vector(isLoad: false, 0, .x17, -16) }),
    ("msr nzcv, x1", { $0.writeFlags(.x1) }),
    ("msr fpsr, xzr", { $0.writeStatus(.zr) }),
    ("mrs x1, fpsr", { $0.readStatus(.x1) }),
    ("sub x3, x21, #0x7", { $0.add(.x3, .x21, constant: -7) }),
  ]

  static func bytes(_ encode: (inout A64Assembler) -> Void) -> [UInt8] {
    var storage = [UInt8](repeating: 0xCC, count: 4096)
    let count = unsafe storage.withUnsafeMutableBufferPointer { buffer in
      var assembler = unsafe A64Assembler(buffer)
      let start = assembler.address
      encode(&assembler)
      return assembler.address - start
    }
    return Array(storage.prefix(count))
  }

  @Test func objdumpReadsWhatWasAskedFor() throws {
    let code = Self.rows.map { Self.bytes($0.encode) }
    for (row, bytes) in zip(Self.rows, code) { #expect(bytes.count == 4, "\(row.text)") }
    let read = try Self.disassemble(code.flatMap(\.self))
    #expect(read.count == Self.rows.count)
    for (one, row) in zip(read, Self.rows) { #expect(one == row.text) }
  }

  @Test func jumpsGoWhereTheyArePatchedTo() throws {
    let code = Self.bytes { a64 in
      let start = a64.address
      let forward = a64.jump(flags: 11)
      let always = a64.jump()
      let zero = a64.jump(ifZero: .x4, w: true)
      let other = a64.jump(ifNotZero: .x17, w: false)
      a64.patch(forward)
      a64.jump(to: start)
      a64.patch(always)
      a64.patch(zero)
      a64.ret()
      a64.patch(other)
    }
    #expect(
      try Self.disassemble(code) == [
        "b.lt 0x10 // b.tstop", "b 0x14", "cbz x4, 0x14", "cbnz w17, 0x18", "b 0x0", "ret",
      ])
  }

  /// Large constants take as many instructions as they must.
  @Test func constantsAreWhole() throws {
    let code = Self.bytes {
      $0.mov(.x4, imm: 0x1234_5678_9ABC_DEF0)
      $0.mov(.x5, imm: 0xFFFF_1234_FFFF_5678)
      $0.add(.x6, .x7, constant: -0x7FF8)
    }
    #expect(
      try Self.disassemble(code) == [
        "mov x4, #0xdef0 // #57072", "movk x4, #0x9abc, lsl #16", "movk x4, #0x5678, lsl #32",
        "movk x4, #0x1234, lsl #48", "mov x5, #0xffffffffffff5678 // #-43400",
        "movk x5, #0x1234, lsl #32", "mov x17, #0xffffffffffff8008 // #-32760", "add x6, x7, x17",
      ])
  }

  /// Every mask there is, of 32 and of 64 bits, and back by the decoder.
  @Test func everyMaskThatHasAnEncodingGetsIt() {
    var count = 0
    for is64 in [false, true] {
      for fields in 0..<UInt32(1 << 13) {
        let (n, r, s) = (fields >> 12, fields >> 6 & 63, fields & 63)
        guard let mask = Decoder.bitMask(n, s, r, is64: is64) else { continue }
        count += 1
        guard let encoded = A64BitMask(mask, w: is64)?.bits else {
          Issue.record("\(String(mask, radix: 16)) has an encoding")
          continue
        }
        let again = Decoder.bitMask(
          encoded >> 22 & 1, encoded >> 10 & 63, encoded >> 16 & 63, is64: is64)
        #expect(again == mask)
      }
    }
    #expect(count > 6000)
    for mask: UInt64 in [0, .max, 5, 0x1234] { #expect(A64BitMask(mask, w: true) == nil) }
  }

  /// What binutils read in bytes, an instruction a line.
  private static func disassemble(_ bytes: [UInt8]) throws -> [String] {
    let (status, output) = try withFolder { folder in
      try Data(bytes).write(to: folder.appendingPathComponent("code"))
      return try Oracle.run(
        "aarch64-linux-gnu-objdump", ["-D", "-b", "binary", "-m", "aarch64", "-z", "code"],
        in: folder,
        timeoutSeconds: 60)
    }
    try #require(status == 0)
    // Address, word, mnemonic and operands, with tabs between them.
    return String(decoding: output, as: UTF8.self).split(separator: "\n").compactMap { line in
      let parts = line.split(separator: "\t")
      guard parts.count >= 3 else { return nil }
      return parts[2...].joined(separator: " ").split(whereSeparator: \.isWhitespace)
        .joined(separator: " ")
    }
  }
}
