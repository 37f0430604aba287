// Code pages that change or cannot be cached: what an instruction still knows of itself when its
// store makes its page undecoded, what must be looked at before the cache is, and when things
// happened in pages that are executed instruction by instruction.

import Arm
import Support
import Testing

@testable import Machine

@Suite struct InterpreterPages {
  /// Stores of X0 (and X2), or of V0 (and V1), to [X1], with write-back of 32.
  static let writeBacks: [UInt32] =
    (0..<4 as Range<UInt32>).flatMap { size in
      [0x3800_0420, 0x3800_0C20].map { $0 | size << 30 | 32 << 12 }
    } + [
      0x2884_0820, 0x2984_0820, 0xA882_0820, 0xA982_0820,  // STP W, STP X
      0x3C82_0420, 0x3C82_0C20, 0xAC81_0420, 0xAD81_0420,  // STR Q, STP Q
    ]

  @Test(arguments: writeBacks) func aStoreToItsOwnPageStillWritesItsBaseBack(_ word: UInt32) throws
  {
    let bench = try InterpreterBench()
    bench.enableMMU()
    let place = InterpreterBench.code + 0x800
    for attempt in 0..<3 {
      bench.place([A64.nop, word, A64.addImmediate(3, 3, 1)])
      bench.state[x: 1] = place
      bench.state[x: 3] = 0
      bench.state.pc = InterpreterBench.code
      _ = bench.board.run(instructions: 3)
      #expect(bench.state[x: 1] == place + 32, "attempt \(attempt)")
      #expect(bench.state[x: 3] == 1)
    }
  }

  @Test func anIllegalReturnIntoCodeThatIsCachedIsAnIllegalExecutionState() throws {
    let bench = try InterpreterBench()
    bench.enableMMU()
    bench.place([A64.spin], at: 0x4008_0200)
    bench.place([A64.nop, 0xD69F_03E0, A64.nop])
    bench.state[.spsrEL3] = 0x3C2
    bench.state[.elrEL3] = InterpreterBench.code
    bench.state.pc = InterpreterBench.code
    _ = bench.board.run(instructions: 3)
    #expect(bench.state.pc == 0x4008_0200)
    #expect(bench.state[.esrEL3] == 0x3A00_0000)
    #expect(bench.state[.elrEL3] == InterpreterBench.code)
    #expect(bench.state[.spsrEL3] >> 20 & 1 == 1)
    #expect(bench.state.il == 0)
  }

  @Test func anEventOfAnInstructionThatIsNotCachedHasTheInstructionsOwnTime() throws {
    let bench = try InterpreterBench()
    bench.enableMMU()
    bench.place([A64.spin], at: 0x4008_0200)
    bench.place([A64.nop, A64.nop, A64.ldr(0, 2)])
    bench.state[x: 2] = InterpreterBench.data
    bench.state.pc = InterpreterBench.code
    bench.board.bus.plantPoison(PhysicalAddress(InterpreterBench.data))
    bench.board.bus.plantPoison(PhysicalAddress(InterpreterBench.code + 0x800))
    _ = bench.board.run(instructions: 1000)
    #expect(bench.state.pc == 0x4008_0200)
    let times = bench.board.takeEvents().compactMap { event -> UInt64? in
      switch event.kind {
      case .consumed, .exceptionTaken: event.instruction
      default: nil
      }
    }
    #expect(times.count == 2)
    #expect(times.allSatisfy { $0 == 2 || $0 == 3 })
  }

  @Test func aBreakpointInAPageThatIsCachedAlreadyStopsThere() throws {
    let bench = try InterpreterBench()
    bench.enableMMU()
    // Two pages that call each other for ever.
    let far = InterpreterBench.code + 0x1000
    bench.place([A64.addImmediate(0, 0, 1), A64.b(0x1000 - 4)])
    bench.place([A64.nop, A64.b(-0x1004)], at: far)
    bench.state[x: 0] = 0
    #expect(bench.board.run(instructions: 400) == .budget)
    bench.board.cores[0].breakpoints = [far + 4]
    #expect(bench.board.run(instructions: 400) == .breakpoint(core: 0, pc: far + 4))
    #expect(bench.state[x: 0] == 101)
    bench.board.cores[0].breakpoints = []
    #expect(bench.board.run(instructions: 397) == .budget)
    #expect(bench.state[x: 0] == 200)
  }
}
