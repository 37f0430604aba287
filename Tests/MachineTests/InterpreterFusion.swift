// A comparison and its branch execute as one operation, and nobody can tell.

import Arm
import Support
import Testing

@testable import Machine

@Suite struct InterpreterFusion {
  /// Counts X0 down from 5 in steps of one, twice: by B.NE, then by B.EQ out of the loop.
  static let program: [UInt32] = [
    A64.movz(0, 5),
    A64.subsImmediate(0, 0, 1), A64.bCond(1, -4),
    A64.movz(0, 5),
    A64.subsImmediate(0, 0, 1) & ~(1 << 31), A64.bCond(0, 8), A64.b(-8),
    A64.movz(1, 7), A64.spin,
  ]

  private func bench() throws -> InterpreterBench {
    let bench = try InterpreterBench()
    bench.enableMMU()
    bench.place(Self.program)
    bench.state.pc = InterpreterBench.code
    bench.flags = 0
    return bench
  }

  /// 1 + 10, 1 + 5 * 2 + 4 instructions, then the last two.
  static let length: UInt64 = 28

  @Test func everyInstructionCounts() throws {
    let bench = try bench()
    _ = bench.board.run(instructions: Self.length - 2)
    #expect(bench.state[x: 1] == 0)
    #expect(bench.state.pc == InterpreterBench.code + 28)
    _ = bench.board.run(instructions: 1)
    #expect(bench.state[x: 1] == 7)
    #expect(bench.state[x: 0] == 0)
  }

  @Test(arguments: 1...5 as ClosedRange<UInt64>)
  func aBudgetMayEndBetweenTheTwo(slice: UInt64) throws {
    // Warm first, so that the operations are decoded.
    let (whole, sliced) = (try bench(), try bench())
    for bench in [whole, sliced] {
      _ = bench.board.run(instructions: Self.length)
      bench.state.pc = InterpreterBench.code
      bench.flags = 0
    }
    for executed in stride(from: UInt64(0), to: Self.length, by: Int(slice)) {
      let count = min(slice, Self.length - executed)
      _ = sliced.board.run(instructions: count)
      let twin = try bench()
      _ = twin.board.run(instructions: executed + count)
      #expect(sliced.state.pc == twin.state.pc, "after \(executed + count)")
      #expect(sliced.state[x: 0] == twin.state[x: 0])
      #expect(sliced.flags == twin.flags)
    }
    _ = whole.board.run(instructions: Self.length)
    #expect(whole.board.hash() == sliced.board.hash())
  }

  @Test func theBranchCanBeJumpedTo() throws {
    let bench = try bench()
    _ = bench.board.run(instructions: Self.length)
    // B.NE alone, with Z set: not taken.
    bench.flags = 0b0100
    bench.state.pc = InterpreterBench.code + 8
    _ = bench.board.run(instructions: 1)
    #expect(bench.state.pc == InterpreterBench.code + 12)
    bench.flags = 0
    bench.state.pc = InterpreterBench.code + 8
    _ = bench.board.run(instructions: 1)
    #expect(bench.state.pc == InterpreterBench.code + 4)
  }

  @Test func aChangedBranchIsSeen() throws {
    let bench = try bench()
    _ = bench.board.run(instructions: Self.length)
    // B.NE becomes NOP: one turn only.
    bench.place([A64.nop], at: InterpreterBench.code + 8)
    bench.state.pc = InterpreterBench.code
    _ = bench.board.run(instructions: 3)
    #expect(bench.state.pc == InterpreterBench.code + 12)
    #expect(bench.state[x: 0] == 4)
  }
}
