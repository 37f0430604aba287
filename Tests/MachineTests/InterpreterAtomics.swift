// The LSE atomics of every size, compare and swap, and the rules of the exclusive monitor.

import Arm
import Machine
import Support
import Testing

@testable import Machine

@Suite struct InterpreterAtomics {
  @Test func everyAtomicOfEverySizeUpdatesMemoryAndReturnsTheOldValue() throws {
    let bench = try InterpreterBench()
    let values: [UInt64] = [0, 1, 0x7F, 0x80, 0xFF, 0x8000, 0x7FFF_FFFF_8000_0080, .max, 1 << 63]
    for size in UInt32(0)..<4 {
      let bits = UInt64(8) << UInt64(size)
      let mask = UInt64.max >> (64 - bits)
      func signed(_ value: UInt64) -> Int64 { Int64(bitPattern: value << (64 - bits)) }
      for kind in UInt32(0)..<9 {
        // Rs X1, Rt X0, Rn X2; acquire and release change nothing here.
        let opcode: UInt32 = kind == 8 ? 0x8000 : kind << 12
        bench.place([size << 30 | 0x3821_0040 | opcode | (kind & 3) << 22])
        for old in values {
          for operand in values {
            bench.write(InterpreterBench.data, ~old)
            bench.write(InterpreterBench.data, old, size: Int(bits) / 8)
            bench.state[x: 0] = 0x55
            bench.state[x: 1] = operand
            bench.state[x: 2] = InterpreterBench.data
            bench.state.pc = InterpreterBench.code
            _ = bench.board.run(instructions: 1)
            let new: UInt64 =
              switch kind {
              case 0: old &+ operand
              case 1: old & ~operand
              case 2: old ^ operand
              case 3: old | operand
              case 4: signed(old) > signed(operand) ? old : operand
              case 5: signed(old) > signed(operand) ? operand : old
              case 6: max(old & mask, operand & mask)
              case 7: min(old & mask, operand & mask)
              default: operand
              }
            let memory = bench.read(InterpreterBench.data)
            if bench.state[x: 0] != old & mask || memory != new & mask | ~old & ~mask {
              Issue.record("size \(size), kind \(kind), \(old), \(operand)")
            }
          }
        }
      }
    }
  }

  @Test func compareAndSwapStoresOnlyWhenEqualAndAlwaysReturnsTheOldValue() throws {
    let bench = try InterpreterBench()
    for size in UInt32(0)..<4 {
      let bits = UInt64(8) << UInt64(size)
      let mask = UInt64.max >> (64 - bits)
      for isEqual in [true, false] {
        let old: UInt64 = 0xA1B2_C3D4_E5F6_0718
        bench.write(InterpreterBench.data, old)
        // CAS Xs = X1, Xt = X0, [X2]; the comparison ignores what is above the size.
        bench.state[x: 0] = 0x1111_2222_3333_4444
        bench.state[x: 1] = (isEqual ? old : old ^ 1) ^ ~mask
        bench.state[x: 2] = InterpreterBench.data
        bench.run(size << 30 | 0x08A1_7C40)
        #expect(bench.state[x: 1] == old & mask)
        let stored = isEqual ? 0x1111_2222_3333_4444 & mask | old & ~mask : old
        #expect(bench.read(InterpreterBench.data) == stored)
      }
    }
  }

  @Test func compareAndSwapPairTreatsBothRegistersAsOneValue() throws {
    let bench = try InterpreterBench()
    for isWide in [false, true] {
      for different in 0..<3 {
        let size: UInt64 = isWide ? 8 : 4
        let mask = UInt64.max >> (64 - size * 8)
        let (low, high): (UInt64, UInt64) = (0x0102_0304_0506_0708, 0x1112_1314_1516_1718)
        bench.write(InterpreterBench.data, low, size: Int(size))
        bench.write(InterpreterBench.data + size, high, size: Int(size))
        bench.state[x: 2] = different == 1 ? ~low : low
        bench.state[x: 3] = different == 2 ? ~high : high
        bench.state[x: 4] = 0xAAAA_AAAA_AAAA_AAAA
        bench.state[x: 5] = 0xBBBB_BBBB_BBBB_BBBB
        bench.state[x: 6] = InterpreterBench.data
        bench.run((isWide ? 1 << 30 : 0) | 0x0822_7CC4)
        #expect(bench.state[x: 2] == low & mask)
        #expect(bench.state[x: 3] == high & mask)
        let first = bench.read(InterpreterBench.data, size: Int(size))
        let second = bench.read(InterpreterBench.data + size, size: Int(size))
        #expect(first == (different == 0 ? 0xAAAA_AAAA_AAAA_AAAA : low) & mask)
        #expect(second == (different == 0 ? 0xBBBB_BBBB_BBBB_BBBB : high) & mask)
      }
    }
  }

  // MARK: The exclusive monitor. Arm ARM B2.12.

  /// Runs words with X2 at the data, X3 16 bytes on, X0 to store; gives the last status, X1.
  private func status(_ words: [UInt32], _ bench: InterpreterBench) -> UInt64 {
    bench.write(InterpreterBench.data, 7)
    bench.write(InterpreterBench.data + 16, 7)
    bench.state[x: 0] = 42
    bench.state[x: 1] = 99
    bench.state[x: 2] = InterpreterBench.data
    bench.state[x: 3] = InterpreterBench.data + 16
    bench.state.exclusiveSize = 0
    bench.place(words)
    bench.state.pc = InterpreterBench.code
    _ = bench.board.run(instructions: UInt64(words.count))
    return bench.state[x: 1]
  }

  @Test func aStoreExclusiveNeedsALoadExclusiveOfItsAddress() throws {
    let bench = try InterpreterBench()
    for size in UInt32(0)..<4 {
      let (load, store) = (A64.ldxr(4, 2, size: size), A64.stxr(1, 0, 2, size: size))
      #expect(status([store], bench) == 1)
      #expect(bench.read(InterpreterBench.data) == 7)
      #expect(status([load, store], bench) == 0)
      #expect(bench.read(InterpreterBench.data) == 42)
      #expect(status([load, store, store], bench) == 1)
      #expect(status([load, A64.clrex, store], bench) == 1)
      #expect(status([load, A64.stxr(1, 0, 3, size: size)], bench) == 1)
      #expect(bench.read(InterpreterBench.data + 16) == 7)
      // A failed store exclusive opens the monitor, too.
      #expect(status([load, A64.stxr(1, 0, 3, size: size), store], bench) == 1)
      #expect(status([load, A64.ldxr(4, 3, size: size), store], bench) == 1)
    }
  }

  @Test func exclusivePairsAreOneAccess() throws {
    let bench = try InterpreterBench()
    bench.state[x: 5] = 43
    let (load, store) = (A64.ldxp(6, 7, 2), A64.stxp(1, 0, 5, 2))
    #expect(status([load, store], bench) == 0)
    #expect(bench.read(InterpreterBench.data) == 42)
    #expect(bench.read(InterpreterBench.data + 8) == 43)
    #expect(status([load, A64.clrex, store], bench) == 1)
    #expect(status([store], bench) == 1)
  }

  @Test func anExceptionReturnOpensTheMonitor() throws {
    let bench = try InterpreterBench()
    bench.state[.spsrEL3] = 0x3CD
    bench.state[.elrEL3] = InterpreterBench.code + 8
    #expect(status([A64.ldxr(4, 2), 0xD69F_03E0, A64.stxr(1, 0, 2)], bench) == 1)
  }

  @Test func anotherCoresTurnOpensTheMonitor() throws {
    let bench = try InterpreterBench(coreCount: 2)
    bench.board.cores[1].state.pc = InterpreterBench.code + 0x800
    bench.place([A64.spin], at: InterpreterBench.code + 0x800)
    bench.state[x: 2] = InterpreterBench.data
    bench.state[x: 1] = 99
    bench.state[x: 5] = 20000
    // ldxr; 1: subs x5, x5, #1; b.ne 1b; stxr; b .
    bench.place([
      A64.ldxr(4, 2), A64.subsImmediate(5, 5, 1), A64.bCond(1, -4), A64.stxr(1, 0, 2), A64.spin,
    ])
    bench.state.pc = InterpreterBench.code
    bench.board.cores[1].state.waiting = 0
    _ = bench.board.run(instructions: 200_000)
    #expect(bench.state[x: 1] == 1)
  }
}
