// Unaligned and page-crossing accesses, code that changes itself, and the ways of running that must
// not matter: predecoded or instruction by instruction, in one slice or many.

import Arm
import Machine
import Support
import Testing

@testable import Machine

@Suite struct InterpreterMemory {
  @Test func unalignedAccessesReadAndWriteTheirBytesWhereverTheyLie() throws {
    let bench = try InterpreterBench()
    bench.enableMMU()
    let page = InterpreterBench.data + 0x1000
    for size in UInt32(0)..<4 {
      let bytes = 1 << Int(size)
      // STR and LDR of Xt, [X2].
      bench.place([size << 30 | 0x3900_0041, size << 30 | 0x3940_0040])
      for offset in -16..<16 {
        // Twice: through the slow path, and through the TLB that it filled.
        for attempt in UInt64(0)..<2 {
          let value = 0x8182_8384_8586_8788 &+ attempt
          let address = page &+ UInt64(bitPattern: Int64(offset))
          for word in UInt64(0)..<8 { bench.write(page - 32 + word * 8, 0x7777_7777_7777_7777) }
          bench.state[x: 0] = 0
          bench.state[x: 1] = value
          bench.state[x: 2] = address
          bench.state.pc = InterpreterBench.code
          _ = bench.board.run(instructions: 2)
          let mask = UInt64.max >> UInt64(64 - bytes * 8)
          #expect(bench.state[x: 0] == value & mask)
          for place in UInt64(0)..<64 {
            let at = page - 32 + place
            let inside = at &- address < UInt64(bytes)
            let expected = inside ? value >> ((at - address) * 8) & 0xFF : 0x77
            if bench.read(at, size: 1) != expected {
              Issue.record("size \(bytes) at \(offset), byte \(place)")
            }
          }
        }
      }
    }
  }

  @Test func anAccessIntoAMissingPageFaultsThereAndChangesNothing() throws {
    let hole = InterpreterBench.data + 0x1000
    for (isStore, word) in [(false, 0xF940_0040), (true, 0xF900_0041)] as [(Bool, UInt32)] {
      let bench = try InterpreterBench()
      bench.enableMMU(except: hole)
      bench.place([A64.spin], at: 0x4008_0200)
      bench.write(hole - 8, 0x1122_3344_5566_7788)
      bench.state[x: 0] = 5
      bench.state[x: 1] = .max
      bench.state[x: 2] = hole - 3
      bench.run(word)
      #expect(bench.state.pc == 0x4008_0200)
      #expect(bench.state[.farEL3] == hole)
      // Data Abort of the same level, translation fault, level 3.
      #expect(bench.state[.esrEL3] == 0x9600_0007 | (isStore ? 1 << 6 : 0))
      #expect(bench.state[x: 0] == 5)
      #expect(bench.read(hole - 8) == 0x1122_3344_5566_7788)
    }
  }

  @Test func withoutMMUAnUnalignedAccessIsToDeviceMemoryAndFaults() throws {
    let bench = try InterpreterBench()
    bench.state[.vbarEL3] = 0x4008_0000
    bench.place([A64.spin], at: 0x4008_0200)
    bench.state[x: 2] = InterpreterBench.data + 1
    bench.run(A64.ldr(0, 2))
    #expect(bench.state[.esrEL3] == 0x9600_0021)
    #expect(bench.state[.farEL3] == InterpreterBench.data + 1)
  }

  // MARK: Code that changes

  /// A program that overwrites the instruction at X2 with W1 and then runs it: `mov x0, #1` before,
  /// `mov x0, #2` after. The target is `distance` bytes from the program.
  private func selfModifying(distance: UInt64) throws -> UInt64 {
    let bench = try InterpreterBench()
    let target = InterpreterBench.code + distance
    bench.place([A64.movz(0, 1), 0xD65F_03C0], at: target)
    bench.state[x: 1] = UInt64(A64.movz(0, 2))
    bench.state[x: 2] = target
    let call: UInt32 = 0x9400_0000
    // bl target; str w1, [x2]; dc cvau, x2; dsb; ic ivau, x2; dsb; isb; bl target
    bench.place([
      call | UInt32(distance / 4), 0xB900_0041, 0xD50B_7B22, 0xD503_3B9F, 0xD50B_7522, 0xD503_3B9F,
      A64.isb, call | UInt32(distance - 28) / 4, A64.spin,
    ])
    bench.state.pc = InterpreterBench.code
    _ = bench.board.run(instructions: 3)
    #expect(bench.state[x: 0] == 1)
    _ = bench.board.run(instructions: 20)
    return bench.state[x: 0]
  }

  @Test func aStoreToDecodedCodeIsSeen() throws {
    // In the page being executed, in another one, and across one branch out of the page.
    for distance in [0x40, 0x800, 0x1000, 0x5000] as [UInt64] {
      #expect(try selfModifying(distance: distance) == 2, "distance \(distance)")
    }
  }

  @Test func theNextInstructionMayBeTheOneJustWritten() throws {
    let bench = try InterpreterBench()
    bench.state[x: 1] = UInt64(A64.movz(0, 2))
    bench.state[x: 2] = InterpreterBench.code + 8
    // First pass decodes the loop, the second changes it.
    bench.run(A64.nop, A64.nop, A64.movz(0, 1), A64.spin)
    #expect(bench.state[x: 0] == 1)
    bench.run(0xB900_0041, A64.isb, A64.movz(0, 1), A64.spin)
    #expect(bench.state[x: 0] == 2)
  }

  @Test func theLoaderReplacesDecodedCode() throws {
    let bench = try InterpreterBench()
    bench.run(A64.movz(0, 1))
    bench.run(A64.movz(0, 2))
    #expect(bench.state[x: 0] == 2)
  }

  @Test func executionRunsFromOnePageIntoTheNext() throws {
    let bench = try InterpreterBench()
    let start = InterpreterBench.code + 0x1000 - 8
    bench.place((0..<6).map { A64.addImmediate(0, 0, 1 << $0) }, at: start)
    bench.state.pc = start
    _ = bench.board.run(instructions: 6)
    #expect(bench.state[x: 0] == 63)
    #expect(bench.state.pc == start + 24)
  }

  // MARK: Ways of running

  /// Loops over loads, stores, calls between pages, code that patches itself and exceptions.
  private func busyBoard() throws -> InterpreterBench {
    let bench = try InterpreterBench()
    bench.enableMMU()
    let far = InterpreterBench.code + 0x3000
    bench.state[x: 20] = InterpreterBench.data + 0x1000
    bench.state[x: 21] = far
    bench.state[x: 22] = UInt64(A64.addImmediate(4, 4, 1))
    bench.state[x: 23] = UInt64(A64.addImmediate(4, 4, 3))
    bench.state[x: 5] = 3
    bench.place([
      0xD63F_02A0,  // blr x21
      0x8B04_0063,  // add x3, x3, x4
      0xF81F_D283,  // stur x3, [x20, #-3]
      0xF85F_C286,  // ldur x6, [x20, #-4]
      0xEB03_00DF,  // cmp x6, x3
      0x9A83_30C7,  // csel x7, x6, x3, cc
      0xBA47_0063,  // adcs-like flags: ccmn x3, x7, #3, eq
      0xDAC0_10E8,  // clz x8, x7
      A64.subsImmediate(5, 5, 1),
      A64.bCond(1, -36),
      A64.movz(5, 7),
      // Swap the two versions of the instruction in the far page and store the other one there.
      0xAA16_03E9, 0xAA17_03F6, 0xAA09_03F7,
      0xB900_02B6,  // str w22, [x21]
      0xD503_3FDF,  // isb
      0xD400_0001 | 5 << 5,  // svc #5: to EL3
      A64.b(-17 * 4),
    ])
    bench.place([A64.addImmediate(4, 4, 1), 0xF940_0280, 0xD65F_03C0], at: far)
    // The vector counts and returns.
    bench.place([A64.addImmediate(10, 10, 1), 0xD69F_03E0], at: 0x4008_0200)
    bench.state.pc = InterpreterBench.code
    return bench
  }

  @Test func howABudgetIsSlicedMakesNoDifference() throws {
    let whole = try busyBoard()
    _ = whole.board.run(instructions: 10_000)
    let expected = whole.board.hash()
    #expect(whole.state[x: 10] > 10)
    for slice in [1, 7, 100, 1000] as [UInt64] {
      let bench = try busyBoard()
      var left: UInt64 = 10_000
      while left > 0 {
        let count = min(slice, left)
        _ = bench.board.run(instructions: count)
        left -= count
      }
      #expect(bench.board.hash() == expected, "slices of \(slice)")
    }
  }

  @Test func predecodedCodeDoesWhatSingleFetchesDo() throws {
    let fast = try busyBoard()
    let slow = try busyBoard()
    // A breakpoint that is never reached makes the core fetch every instruction anew.
    slow.board.cores[0].breakpoints = [0x4007_0000]
    for _ in 0..<20 {
      _ = fast.board.run(instructions: 500)
      _ = slow.board.run(instructions: 500)
      #expect(fast.board.hash() == slow.board.hash())
    }
    #expect(fast.state[x: 10] > 10)
  }

  @Test func aRestoredBoardRunsOnAsTheOriginalDid() throws {
    let bench = try busyBoard()
    _ = bench.board.run(instructions: 5000)
    let middle = try bench.board.snapshot()
    _ = bench.board.run(instructions: 5000)
    let end = bench.board.hash()
    bench.board.restore(middle)
    _ = bench.board.run(instructions: 5000)
    #expect(bench.board.hash() == end)
  }
}
