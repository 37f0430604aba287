// A board that nobody holds any more gives everything back: whoever runs thousands of them, as campaigns and
// fuzzers do, would run out of memory and of mappings.

import Arm
import Testing

@testable import Machine

@Suite struct BoardLifetimeTests {
  /// With all that a run leaves behind: an error, a snapshot, a watch.
  @Test(arguments: ExecutionEngine.allCases) func aBoardThatNobodyHoldsIsGone(
    _ engine: ExecutionEngine
  ) throws {
    weak var board: Board?
    weak var bus: Bus?
    weak var core: Core?
    // What holds the mappings.
    weak var codeCache: CodeCache?
    weak var translator: AnyObject?
    do {
      let bench = try InterpreterBench(coreCount: 2, engine: engine)
      bench.enableMMU()
      bench.place(TranslatorTests.endless)
      bench.board.bus.plantPoison(PhysicalAddress(InterpreterBench.data))
      _ = bench.board.bus.watch(
        PhysicalAddress(InterpreterBench.data), byteCount: 8, kinds: .all)
      _ = bench.board.run(instructions: 1000)
      let snapshot = try bench.board.snapshot()
      _ = bench.board.run(instructions: 1000)
      bench.board.restore(snapshot)
      board = bench.board
      bus = bench.board.bus
      core = bench.board.cores[0]
      codeCache = bench.board.codeCache
      translator = bench.board.translator.map { $0 as AnyObject }
      #expect(board != nil && bus != nil && core != nil)
    }
    #expect(board == nil)
    #expect(bus == nil)
    #expect(core == nil)
    #expect(codeCache == nil)
    #expect(translator == nil)
  }
}
