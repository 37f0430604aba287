// The translator where random programs do not look: code that changes, pages that cannot be cached,
// breakpoints, room that runs out, several cores, and a machine that changes its engine.

import Arm
import Foundation
import Support
import Testing

@testable import Machine

@Suite struct TranslatorTests {
  /// Adds 1 to X0 and 2 to X1, for ever, over two blocks.
  static let endless: [UInt32] = [
    A64.addImmediate(0, 0, 1), A64.cbnz(0, 8), A64.nop, A64.addImmediate(1, 1, 2), A64.b(-16),
  ]

  /// X2 is the address of the ADD, X3 the word stored there, which grows by an immediate of 1.
  static let changing: [UInt32] = [
    A64.nop, 0xB900_0043, A64.addImmediate(0, 0, 0), 0x1110_0063, A64.b(-12),
  ]

  /// Time, masks, exclusives, rare atomics and DC, for ever.
  static let withoutTheLoop: [UInt32] = [
    A64.addImmediate(0, 0, 1),
    0xD503_43FF,  // MSR DAIFClr, #3
    0xD53B_E046,  // MRS X6, CNTVCT_EL0
    0xD53B_0028,  // MRS X8, CTR_EL0
    0xD503_43DF,  // MSR DAIFSet, #3
    0xC85F_7C49, 0xC80A_7C49,  // LDXR X9, [X2]; STXR W10, X9, [X2]
    0xC87F_1049, 0xC82A_1049,  // LDXP X9, X4, [X2]; STXP W10, X9, X4, [X2]
    0x3820_004B,  // LDADDB W0, W11, [X2]
    0x482C_7C4E,  // CASP X12, X13, X14, X15, [X2]
    0xD50B_7E22,  // DC CIVAC, X2
    0xD50B_7423,  // DC ZVA, X3
    0xD51B_4227,  // MSR DAIF, X7
    A64.b(-56),
  ]

  private func bench(_ engine: ExecutionEngine, coreCount: Int = 1) throws -> InterpreterBench {
    let bench = try InterpreterBench(coreCount: coreCount, engine: engine)
    bench.enableMMU()
    return bench
  }

  @Test(arguments: [.interpreter, .jit, .auto] as [ExecutionEngine])
  func anyBudgetIsExact(_ engine: ExecutionEngine) throws {
    let bench = try bench(engine)
    bench.place(Self.endless)
    var executed: UInt64 = 0
    for budget: UInt64 in [1, 2, 3, 5, 7, 64, 1000, 9999] {
      #expect(bench.board.run(instructions: budget) == .budget)
      executed += budget
      #expect(bench.board.instructions == executed)
    }
    let turns = executed / 4
    #expect(bench.state[x: 1] == turns * 2 || bench.state[x: 1] == turns * 2 + 2)
  }

  @Test func autoTranslatesWhatRepeatsOnly() throws {
    let bench = try bench(.auto)
    bench.place(Self.endless)
    _ = bench.board.run(instructions: 4)
    #expect(bench.board.engineStatistics.blocks == 0)
    _ = bench.board.run(instructions: 1000)
    #expect(bench.board.engineStatistics.blocks > 0 || !HostTranslator.exists)
  }

  /// A loop that writes the instruction it is about to execute: the number it adds is new each time.
  @Test func codeThatChangesItselfIsTheNewCode() throws {
    let machines = try [ExecutionEngine.interpreter, .jit].map { engine in
      let bench = try bench(engine)
      bench.place(Self.changing)
      bench.state[x: 2] = InterpreterBench.code + 8
      bench.state[x: 3] = UInt64(A64.addImmediate(0, 0, 0))
      for _ in 0..<50 { _ = bench.board.run(instructions: 7) }
      return bench
    }
    #expect(machines[0].state[x: 0] > 100)
    #expect(machines[0].board.hash() == machines[1].board.hash())
  }

  @Test func codeInPoisonedAndWatchedPagesRunsTheSame() throws {
    var hashes: Set<UInt64> = []
    for engine in [ExecutionEngine.interpreter, .jit] {
      let bench = try bench(engine)
      bench.place(Self.endless)
      _ = bench.board.run(instructions: 100)
      bench.board.bus.plantPoison(PhysicalAddress(InterpreterBench.code + 0x800))
      _ = bench.board.run(instructions: 100)
      let watch = try #require(
        bench.board.bus.watch(
          PhysicalAddress(InterpreterBench.code + 0x900), byteCount: 8, kinds: .all))
      _ = bench.board.run(instructions: 100)
      bench.board.bus.unwatch(watch)
      _ = bench.board.run(instructions: 100)
      hashes.insert(bench.board.hash())
      #expect(bench.board.instructions == 400)
    }
    #expect(hashes.count == 1)
  }

  @Test func aBreakpointStopsTranslatedCode() throws {
    let bench = try bench(.jit)
    bench.place(Self.endless)
    _ = bench.board.run(instructions: 100)
    let place = InterpreterBench.code + 12
    bench.board.cores[0].breakpoints = [place]
    #expect(bench.board.run(instructions: 100) == .breakpoint(core: 0, pc: place))
    #expect(bench.state.pc == place)
    bench.board.cores[0].breakpoints = []
    #expect(bench.board.run(instructions: 100) == .budget)
  }

  @Test func aMachineGoesOnInTheOtherEngine() throws {
    let reference = try bench(.interpreter)
    let machines = try [bench(.interpreter), bench(.jit)]
    for bench in [reference] + machines { bench.place(Self.endless) }
    for count: UInt64 in [1000, 77, 4000] {
      _ = reference.board.run(instructions: count)
    }
    // Half here, half there.
    _ = machines[0].board.run(instructions: 1000)
    let words = machines[0].board.cores[0].savedWords
    machines[1].board.cores[0].restore(words)
    _ = machines[1].board.run(instructions: 77)
    machines[0].board.cores[0].restore(machines[1].board.cores[0].savedWords)
    _ = machines[0].board.run(instructions: 4000)
    for register: UInt8 in [0, 1] {
      #expect(machines[0].state[x: register] == reference.state[x: register])
    }
    #expect(machines[0].state.pc == reference.state.pc)
  }

  @Test func coresThatShareCodeTakeTurnsAsEver() throws {
    var hashes: Set<UInt64> = []
    for engine in ExecutionEngine.allCases {
      let bench = try bench(engine, coreCount: 4)
      // X0 counts; X2 points to a word that all of them add to.
      bench.place([A64.addImmediate(0, 0, 1), 0xF820_0041, A64.ldr(3, 2), A64.b(-12)])
      for core in bench.board.cores {
        for index in 0..<CoreState.wordCount where index >= 128 {
          core.state[word: index] = bench.state[word: index]
        }
        core.state.pc = InterpreterBench.code
        core.state[x: 2] = InterpreterBench.data
        core.state.waiting = 0
        core.pendingEffects = [.translation, .privilege, .interruptMask, .floatingPoint]
      }
      for slice: UInt64 in [1, 10_000, 77_777] { _ = bench.board.run(instructions: slice) }
      hashes.insert(bench.board.hash())
    }
    #expect(hashes.count == 1)
  }

  /// Operations that generated code asks for by their bodies: time, masks, exclusives, rare atomics, DC. With an
  /// SError that waits, which the last unmasking lets in, and without.
  @Test(arguments: [false, true]) func operationsWithoutTheLoopAreTheSame(
    _ isErrorPending: Bool
  )
    throws
  {
    var hashes: Set<UInt64> = []
    var errors: Set<UInt64> = []
    for engine in ExecutionEngine.allCases {
      let bench = try bench(engine)
      bench.place(Self.withoutTheLoop)
      bench.state[x: 2] = InterpreterBench.data
      bench.state[x: 3] = InterpreterBench.data + 256
      bench.state[x: 7] = 0x3C0
      bench.state[x: 14] = 1
      bench.state.daif = 0x3C0
      bench.state[.scrEL3] |= SecureConfiguration.ea.mask
      for slice: UInt64 in [1, 100, 999, 3000] { _ = bench.board.run(instructions: slice) }
      #expect(bench.state[x: 0] > 200)
      if isErrorPending { bench.state.pendingError = 1 }
      // The next MSR DAIF lets an SError in, if there is one.
      bench.state[x: 7] = 0x2C0
      bench.board.cores[0].pendingEffects = .interruptMask
      for slice: UInt64 in [3, 50, 400] { _ = bench.board.run(instructions: slice) }
      errors.insert(bench.state.pendingError)
      hashes.insert(bench.board.hash())
    }
    #expect(hashes.count == 1)
    #expect(errors == [0])
  }

  /// A line of code goes bad behind a DAIFClr, which asks for no time: the record says when it was fetched.
  @Test func aFetchedErrorHasItsTimeInEachEngine() throws {
    var hashes: Set<UInt64> = []
    for engine in ExecutionEngine.allCases {
      let bench = try bench(engine)
      bench.place(
        (0..<15).map { _ in A64.nop } + [0xD503_43FF]
          + (0..<15).map { A64.addImmediate(0, 0, UInt32($0)) } + [A64.b(-124)])
      _ = bench.board.run(instructions: 1000)
      bench.board.bus.plantPoison(PhysicalAddress(InterpreterBench.code + 64))
      _ = bench.board.run(instructions: 100)
      #expect(
        bench.board.takeEvents().contains { if case .consumed = $0.kind { true } else { false } })
      hashes.insert(bench.board.hash())
    }
    #expect(hashes.count == 1)
  }

  #if arch(x86_64) && os(Linux)
  @Test func fullMemoryIsThrownAway() throws {
    // Room for two blocks or so beside the reserve.
    let translator = try X86Translator(.jit, capacity: X86Translator.reserve + 4096)
    let page = unsafe CodePage(
      host: UnsafeMutableRawPointer.allocate(byteCount: 16, alignment: 16),
      exitEntry: translator.exitEntry)
    defer { page.deallocate() }
    for index in 0..<1024 {
      unsafe page.operations[index] = Decoder.decode(A64.addImmediate(0, 0, 1))
    }
    var written = 0
    while !translator.isFull {
      _ = translator.translate(page, written, 16)
      written += 16
      try #require(written < 1000)
    }
    #expect(translator.statistics.blocks == written / 16)
    translator.removeAll()
    #expect(!translator.isFull)
    #expect(translator.statistics.flushes == 1)
  }

  @Test func bothKindsOfMemoryWork() throws {
    for usesOneView in [false, true] {
      let memory = try CodeMemory(count: 1 << 20, usesOneView: usesOneView)
      #expect((memory.executableOffset == 0) == usesOneView)
      _ = try X86Translator(.jit, capacity: 1 << 20, usesOneView: usesOneView)
    }
  }

  /// A child of fork(2) that writes code leaves its parent's as it was, and begins with that.
  @Test func aChildHasMemoryOfItsOwn() throws {
    let memory = try CodeMemory(count: 1 << 16)
    guard memory.executableOffset != 0 else { return }
    let bytes = unsafe memory.bytes
    let executable = unsafe try #require(bytes.baseAddress) + memory.executableOffset
    unsafe bytes[5] = 7
    let child = fork()
    if child == 0 {
      memory.makeOwn(used: 6)
      let isCopied = unsafe bytes[5] == 7 && executable[5] == 7
      unsafe bytes[5] = 9
      _exit(unsafe isCopied && executable[5] == 9 ? 0 : 1)
    }
    var status: Int32 = -1
    #expect(unsafe waitpid(child, &status, 0) == child)
    #expect(status == 0)
    unsafe #expect(bytes[5] == 7)
    unsafe #expect(executable[5] == 7)
  }

  @Test func generatedCodeFindsTheFieldsWhereTheyAre() {
    #expect(MemoryLayout<TLBEntry>.offset(of: \.readTag) == Int(TLBEntry.readTagOffset))
    #expect(MemoryLayout<TLBEntry>.offset(of: \.writeTag) == Int(TLBEntry.writeTagOffset))
    #expect(MemoryLayout<TLBEntry>.offset(of: \.addend) == Int(TLBEntry.addendOffset))
    #expect(MemoryLayout<FetchEntry>.offset(of: \.payload) == Int(FetchEntry.payloadOffset))
    #expect(MemoryLayout<FetchEntry>.offset(of: \.tag) == 0)
    #expect(MemoryLayout<TLBEntry>.stride == 32 && MemoryLayout<FetchEntry>.stride == 32)
    // An invalid tag is neither a page's nor one with bits of an alignment check.
    #expect(TLBEntry.invalid & 0xFFF != 0 && TLBEntry.invalid & 63 == 0)
  }
  #endif

  @Test func everyAccessIsDescribedAsItsName() {
    for opcode in Opcode.allCases {
      let name = "\(opcode)"
      let isPlain =
        (name.hasPrefix("load") || name.hasPrefix("store"))
        && !["Vector", "Exclusive", "Acquire", "Release", "Unprivileged"].contains {
          name.contains($0)
        }
      guard let access = opcode.access else {
        #expect(!isPlain, "\(name)")
        continue
      }
      #expect(isPlain && access.isStore == name.hasPrefix("store"), "\(name)")
      #expect(access.isPair == name.contains("Pair"), "\(name)")
      #expect(access.writesBase == name.contains("Index"), "\(name)")
      let bits = String(8 << Int(access.size))
      #expect(name.contains(access.isSigned ? "S\(bits)" : bits), "\(name)")
    }
  }
}
