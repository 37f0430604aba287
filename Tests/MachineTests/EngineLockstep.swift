// Two engines in step: the same random programs, cut at random places, and after each cut the same
// words of state; after each program the same machine.
//
// `Fuzzer.engines` says how many.

import Arm
import Machine
import Support
import Testing

@testable import Machine

@Suite struct EngineLockstep {
  /// Two machines, one interpreted and one translated from the first execution on.
  struct Pair {
    let interpreted: InterpreterBench
    let translated: InterpreterBench
    /// Kept for as long as it executes.
    private let host: A64HostMachine?

    init(coreCount: Int = 1) throws {
      try self.init(
        coreCount: coreCount,
        translated: InterpreterBench(coreCount: coreCount, engine: .jit))
    }

    /// `host` executes the translation, where this program does not.
    init(coreCount: Int = 1, translated: InterpreterBench, host: A64HostMachine? = nil) throws {
      self.host = host
      interpreted = try InterpreterBench(coreCount: coreCount, engine: .interpreter)
      self.translated = translated
      for bench in both {
        bench.enableMMU()
        // FP and Advanced SIMD, without traps.
        bench.state[.cptrEL3] = 0
      }
    }

    var both: [InterpreterBench] { [interpreted, translated] }

    /// Runs both, and says which words differ then.
    func run(_ count: UInt64) -> [Int] {
      for bench in both { _ = bench.board.run(instructions: count) }
      let (one, other) = (
        interpreted.board.cores[0].savedWords, translated.board.cores[0].savedWords
      )
      return one == other ? [] : one.indices.filter { one[$0] != other[$0] }
    }

    /// Runs a fuzzer's programs, each cut at random places, up to the first difference. `prepare` is done to
    /// both machines before each. Whether there was none.
    @discardableResult func expectTheSame(
      _ programs: inout EngineProgram, _ fuzzer: Fuzzer,
      prepare: (InterpreterBench) -> Void = { _ in }
    ) -> Bool {
      var random = FuzzRandom(seed: fuzzer.seed &+ 1)
      for number in 0..<fuzzer.runs {
        let code = programs.next()
        for bench in both {
          prepare(bench)
          bench.load(code)
        }
        for _ in 0..<8 {
          let differences = run(UInt64(1 + random.below(150)))
          if !differences.isEmpty || host?.complaint != nil {
            Issue.record(
              "program \(number): words \(differences) differ; \(host?.complaint ?? "no complaint")"
            )
            return false
          }
        }
        if number % 64 == 0 {
          #expect(interpreted.board.hash() == translated.board.hash(), "\(number)")
        }
        fuzzer.tell(number + 1)
      }
      let isSame = interpreted.board.hash() == translated.board.hash()
      #expect(isSame)
      return isSame
    }
  }

  @Test func randomProgramsLeaveTheSameMachines() throws {
    let pair = try Pair()
    try #require(pair.translated.board.engineStatistics.engine == .jit || !HostTranslator.exists)
    var programs = EngineProgram(seed: Fuzzer.engines.seed)
    pair.expectTheSame(&programs, Fuzzer.engines)
  }

  /// A translator that forgets V of an addition: the short run must find it.
  @Test func canaryAWrongFlagIsFound() throws {
    let pair = try Pair()
    var programs = EngineProgram(seed: Fuzzer.engines.fixedSeed)
    var found = 0
    for _ in 0..<min(Fuzzer.engines.shortRuns, 50) {
      let code = programs.next()
      for bench in pair.both { bench.load(code) }
      pair.translated.state.v ^= 1 << 63
      if !pair.run(200).isEmpty { found += 1 }
    }
    #expect(found > 0)
  }

  /// Every level, random regimes, traps and descriptors: what QEMU is compared with elsewhere.
  @Test func randomInstructionsAtEveryLevelDoTheSame() throws {
    var generator = FuzzSystemGenerator(seed: Fuzzer.engines.seed)
    let count = min(Fuzzer.engines.runs, FuzzSystemProgram.capacity, 2000)
    let tests = (0..<count).map { _ in generator.test() }
    let one = try FuzzSystemProgram.runHere(tests, engine: .interpreter)
    let other = try FuzzSystemProgram.runHere(tests, engine: .jit)
    #expect(one.count == tests.count && other.count == tests.count)
    for (index, (a, b)) in zip(one, other).enumerated() where a != b {
      let names = zip(FuzzSystemResult.names, zip(a.words, b.words)).filter { $1.0 != $1.1 }
      Issue.record(
        "test \(index): \(names.map(\.0)) differ in \(FuzzSystemMode.describe(tests[index]))")
      break
    }
  }
}
