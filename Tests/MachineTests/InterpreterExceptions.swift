// What the system fuzzer found about exceptions, one test each: which of two comes first, and what
// they say of the instruction.

import Arm
import Machine
import Support
import Testing

@testable import Machine

@Suite struct InterpreterExceptions {
  static let vectors: UInt64 = 0x4008_0000

  /// A bench whose EL3 vectors spin.
  private func bench() throws -> InterpreterBench {
    let bench = try InterpreterBench()
    bench.state[.vbarEL3] = Self.vectors
    bench.state[.vbarEL1] = Self.vectors
    for entry in UInt64(0)..<16 { bench.place([A64.spin], at: Self.vectors + entry * 0x80) }
    return bench
  }

  /// ERET with an SPSR that asks for an unimplemented mode.
  private func returnIllegally(_ bench: InterpreterBench, to address: UInt64) {
    bench.state[.spsrEL3] = 0x3CF
    bench.state[.elrEL3] = address
    bench.place([0xD69F_03E0], at: InterpreterBench.code + 0x100)
    bench.state.pc = InterpreterBench.code + 0x100
    _ = bench.board.run(instructions: 2)
  }

  @Test func illegalExecutionStateStopsCodeThatRanBefore() throws {
    let bench = try bench()
    bench.run(A64.movz(0, 1))
    bench.state[x: 0] = 0
    returnIllegally(bench, to: InterpreterBench.code)
    #expect(bench.state[x: 0] == 0)
    #expect(bench.state[.esrEL3] == 0x3A00_0000)
    #expect(bench.state[.elrEL3] == InterpreterBench.code)
  }

  @Test func anAbortOfTheFetchComesBeforeIllegalExecutionState() throws {
    let bench = try bench()
    bench.enableMMU(except: 0x4005_0000)
    returnIllegally(bench, to: 0x4005_0000)
    #expect(bench.state[.esrEL3] == 0x8600_0007)
    #expect(bench.state[.spsrEL3] & 1 << 20 != 0)
  }

  @Test func anIllegalReturnLeavesUAOAndSSBSAlone() throws {
    for before in UInt64(0)...1 {
      let bench = try bench()
      bench.state.uao = before
      bench.state.ssbs = before
      bench.state.pan = before
      bench.state[.spsrEL3] = 0x3CF | (before == 0 ? 1 << 23 | 1 << 12 | 1 << 22 : 0)
      bench.run(0xD69F_03E0)
      #expect(bench.state.uao == before && bench.state.ssbs == before)
      // PAN is restored in any case.
      #expect(bench.state.pan == before ^ 1)
    }
  }

  @Test func aTagOfAllOnesIsDroppedWhereThereIsOneRange() throws {
    let bench = try bench()
    bench.enableMMU()
    bench.state[.tcrEL3] |= 1 << 20
    bench.board.cores[0].pendingEffects.insert(.translation)
    bench.place([A64.movz(0, 7)], at: InterpreterBench.code + 0x40)
    bench.state[x: 1] = InterpreterBench.code + 0x40 | 0xFF << 56
    bench.place([0xD61F_0020])
    bench.state.pc = InterpreterBench.code
    _ = bench.board.run(instructions: 2)
    #expect(bench.state[x: 0] == 7)
    #expect(bench.state.pc == InterpreterBench.code + 0x44)
  }

  @Test(arguments: [0xD400_0001 as UInt32, 0])
  func onlyAnInstructionThatCompletesHasBeenStepped(word: UInt32) throws {
    let bench = try bench()
    let state = bench.state
    state[.scrEL3] = 0x431
    state[.hcrEL2] = 1 << 31
    state[.oslsrEL1] = 8
    state[.mdscrEL1] = 1
    bench.place([word])
    bench.board.cores[0].setLevel(.el0, spSel: 0)
    state.daif = 0
    state.ss = 1
    state.pc = InterpreterBench.code
    bench.board.cores[0].pendingEffects = [.translation, .privilege, .interruptMask, .debug]
    _ = bench.board.run(instructions: 1)
    // SVC completes and returns behind itself; UDF does not.
    #expect(state[.esrEL1] >> 26 == (word == 0 ? 0 : 0x15))
    #expect(state[.spsrEL1] >> 21 & 1 == (word == 0 ? 1 : 0))
  }

  @Test func a128BitAccessIsAlignedTo16Bytes() throws {
    // LDR Q0, [X2]; STR Q0, [X2]: with SCTLR_EL3.A, and to Device memory without an MMU.
    for (word, isWrite) in [(0x3DC0_0040, false), (0x3D80_0040, true)] as [(UInt32, Bool)] {
      for hasMMU in [false, true] {
        let bench = try bench()
        if hasMMU {
          bench.enableMMU()
          bench.state[.sctlrEL3] |= 2
        }
        bench.state[x: 2] = InterpreterBench.data + 8
        bench.run(word)
        #expect(bench.state[.esrEL3] == 0x9600_0021 | (isWrite ? 1 << 6 : 0))
        #expect(bench.state[.farEL3] == InterpreterBench.data + 8)
      }
    }
  }

  @Test func anUnalignedAtomicFaultsAsARead() throws {
    // LDADD X0, X1, [X2]; CASP X4, X5, X0, X1, [X2]; CAS X0, X1, [X2].
    for word in [0xF820_0041, 0x4824_7C40, 0xC8A0_7C41] as [UInt32] {
      let bench = try bench()
      bench.state[x: 2] = InterpreterBench.data + 4
      bench.run(word)
      #expect(bench.state[.esrEL3] == 0x9600_0021)
    }
  }
}
