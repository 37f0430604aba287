// SP alignment checking: what misaligns SP, what then faults, and what never does.

import Arm
import Support
import Testing

@testable import Machine

@Suite struct InterpreterStack {
  static let stack: UInt64 = 0x4006_0000
  static let spAlignmentFault: UInt64 = 0x26 << 26 | 1 << 25
  /// LDR X0, [SP].
  static let load: UInt32 = A64.ldr(0, 31)

  /// A bench whose SP is `sp`, with SCTLR_EL3.SA as asked.
  private func bench(sp: UInt64 = stack, isChecked: Bool = true) throws -> InterpreterBench {
    let bench = try InterpreterBench()
    bench.enableMMU()
    if isChecked { bench.state[.sctlrEL3] |= 1 << 3 }
    for entry in UInt64(0)..<16 { bench.place([A64.spin], at: 0x4008_0000 + entry * 0x80) }
    bench.state[x: 31] = sp
    bench.state[x: 1] = Self.stack
    bench.state[x: 2] = Self.stack + 8
    bench.state[x: 3] = 8
    return bench
  }

  /// Runs `setting`, then a load from SP; whether that took SP alignment fault.
  private func faults(_ bench: InterpreterBench, after setting: [UInt32]) -> Bool {
    bench.place(setting + [Self.load, A64.spin])
    bench.state.pc = InterpreterBench.code
    // The page may be in the code cache already, and is the second time.
    _ = bench.board.run(instructions: UInt64(setting.count) + 2)
    let didFault = bench.state[.esrEL3] == Self.spAlignmentFault
    if didFault {
      #expect(bench.state[.elrEL3] == InterpreterBench.code + UInt64(setting.count) * 4)
    } else {
      #expect(bench.state[.esrEL3] == 0)
    }
    return didFault
  }

  static let misaligning: [(String, UInt32)] = [
    ("add sp, sp, #8", 0x9100_23FF), ("sub sp, sp, #8", 0xD100_23FF), ("mov sp, x2", 0x9100_005F),
    ("sub sp, sp, x3", 0xCB23_63FF), ("add sp, sp, w3, uxtw", 0x8B23_43FF),
    ("orr sp, x1, #8", 0xB27D_003F), ("str x5, [sp, #-8]!", 0xF81F_8FE5),
    ("ldr x5, [sp], #8", 0xF840_87E5), ("stp x5, x6, [sp, #-24]!", 0xA9BE_9BE5),
    ("str d5, [sp, #-8]!", 0xFC1F_8FE5), ("ldp d5, d6, [sp], #24", 0x6CC1_9BE5),
    ("st1 {v5.8b}, [sp], #8", 0x0C9F_73E5),
  ]

  @Test(arguments: misaligning) func whatMisalignsSPMakesTheNextUseFault(
    name: String, word: UInt32
  ) throws {
    #expect(try faults(bench(), after: [word]), "\(name)")
    #expect(try !faults(bench(isChecked: false), after: [word]), "\(name), not checked")
  }

  @Test func realigningSPMakesItUsableAgain() throws {
    // and sp, x2, #~15
    #expect(try !faults(bench(), after: [0x9100_23FF, 0x927C_EC5F]))
    #expect(try !faults(bench(), after: [0x9100_23FF, 0xD100_23FF]))
  }

  @Test func accessesThroughOtherRegistersAndPrefetchesDoNotFault() throws {
    let bench = try bench(sp: Self.stack + 8)
    // ldr x0, [x1]; prfm pldl1keep, [sp]; ldr x4, literal; mov x4, sp; st1 {v0.8b}, [x1]
    bench.run(A64.ldr(0, 1), 0xF980_03E0, 0x5800_0004, 0x9100_03E4, 0x0C00_7020)
    #expect(bench.state[.esrEL3] == 0)
    #expect(bench.state[x: 4] == Self.stack + 8)
  }

  @Test(
    arguments: [
      ("str x5, [sp]", 0xF900_03E5), ("ldp x5, x6, [sp]", 0xA940_1BE5),
      ("ldr q5, [sp]", 0x3DC0_03E5),
      ("ldxr x5, [sp]", 0xC85F_7FE5), ("ldadd x5, x6, [sp]", 0xF825_03E6),
      ("cas x5, x6, [sp]", 0xC8A5_7FE6), ("ldtr x5, [sp]", 0xF840_0BE5),
      ("ldar x5, [sp]", 0xC8DF_FFE5), ("ld1 {v5.8b}, [sp]", 0x0C40_73E5),
      ("ldr x5, [sp, x3]", 0xF863_6BE5),
    ] as [(String, UInt32)])
  func everyKindOfAccessIsChecked(name: String, word: UInt32) throws {
    let bench = try bench(sp: Self.stack + 8)
    bench.run(word)
    #expect(bench.state[.esrEL3] == Self.spAlignmentFault, "\(name)")
    #expect(bench.state[.elrEL3] == InterpreterBench.code)
  }

  @Test func anUndefinedEncodingComesFirst() throws {
    let bench = try bench(sp: Self.stack + 8)
    // LDP with opc = 0b11.
    bench.run(0xE940_1BE5)
    #expect(bench.state[.esrEL3] == 1 << 25)
  }

  @Test func aTrappedVectorAccessComesFirst() throws {
    let bench = try bench(sp: Self.stack + 8)
    bench.state[.cptrEL3] = 1 << 10
    bench.board.cores[0].pendingEffects.insert(.floatingPoint)
    bench.run(0x3DC0_03E5)
    #expect(bench.state[.esrEL3] >> 26 == 0x07)
  }
}
