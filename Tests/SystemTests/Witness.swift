// Those who stand beside: a guest and a process that compute something that fills their memory and
// their registers, and then stay where they are. Neither looks at a clock, so whatever they have at
// their end is the same in every run in which nobody interfered.

import Arm
import Platform
import Support

enum Witness {
  /// Where a process has the address of its vDSO at its end, or zero.
  static let vDSORegister: UInt8 = 27

  /// X1...X27 and V1...V31 from a seed.
  private static func fillRegisters(_ code: inout Assembly, seed: UInt64) {
    var random = SeededRandom(seed: seed)
    for register: UInt32 in 0..<32 {
      code.mov(1, random.next())
      code.duplicate(register, 1)
    }
    for register: UInt32 in 1..<28 { code.mov(register, random.next()) }
    code.mov(1, 0x0740_0000)  // FPCR.{AHP,DN,FZ,RMode}
    code.msr(.fpcr, 1)
    code.mov(1, 0x0800_0015)
    code.msr(.fpsr, 1)
  }

  /// Scrambles the words from X20 to X21, X22 times; X9 to X15 and V1 follow what it computes.
  private static func compute(_ code: inout Assembly, eachRound: (inout Assembly) -> Void) {
    code.mov(13, 0x9E37_79B9_7F4A_7C15)
    code.mov(12, 0x1234_5678_9ABC_DEF1)
    let round = code.here()
    code.move(9, 20)
    let word = code.here()
    code.ldr(10, 9)
    code.eor(10, 10, 12, rotated: 13)
    code.multiply(12, 10, 13)
    code.add(12, 12, register: 9)
    code.push(12, 9)
    code.compare(9, 21)
    code.b(.lo, word)
    code.duplicate(2, 12)
    code.addVectors(1, 1, 2)
    eachRound(&code)
    code.subtract(22, 22, 1)
    code.b(.ne, round)
  }

  /// A guest's kernel: a round is some 60 000 instructions, a call of PSCI, a device's register and
  /// a trapped system register.
  static func guest(rounds: UInt64, mark: UInt64 = Mark.guest) -> [UInt8] {
    BareGuest.image { code, start in
      let vectors = code.label()
      code.adr(26, start)
      code.mov(1, 3 << 20)
      code.msr(.cpacr, 1)
      code.isb()
      fillRegisters(&code, seed: 1)
      code.adr(26, start)
      code.adr(1, vectors)
      code.msr(.vbar, 1)
      let kept: [SystemRegisterEncoding] = [
        .tpidrEL0, .tpidrroEL0, .tpidrEL1, .contextidr, .mair, .ttbr0, .tcr, .esr, .far, .par,
        .spEL0,
      ]
      for (index, register) in kept.enumerated() {
        code.mov(1, 0x0101_0101_0101_0101 &* UInt64(index + 1))
        code.msr(register, 1)
      }
      code.add(20, 26, 0x10_0000)
      code.add(21, 20, 0x1_0000)
      code.mov(22, rounds)
      code.mov(23, MemoryMap.gicRedistributors)
      compute(&code) { code in
        code.mov(0, 0x8400_0000)  // PSCI_VERSION
        code.hvc()
        code.add(24, 24, register: 0)
        code.ldr(0, 23, 8)  // GICR_TYPER
        code.add(24, 24, register: 0)
        code.mrs(0, SystemRegister.idAA64PFR0EL1.encoding)
        code.add(24, 24, register: 0)
      }
      // What only it can see of itself.
      code.add(9, 26, 0x20_0000)
      let seen =
        kept + [.pmr, .igrpen0, .igrpen1, .sre, .spsr, .elr, .sctlr, .cpacr]
        + [
          SystemRegister.cntvCTLEL0, .cntvCVALEL0, .cntpCTLEL0, .cntpCVALEL0, .mdscrEL1, .disrEL1,
          .iccHPPIR1EL1, .iccAP1R0EL1,
        ].map(\.encoding)
      for register in seen {
        code.mrs(0, register)
        code.push(0, 9)
      }
      code.mov(10, MemoryMap.gicDistributor)
      for offset: UInt32 in [0, 4, 0x84, 0x104, 0x204, 0x304, 0x420] {
        code.loadWord(0, 10, offset)
        code.push(0, 9)
      }
      code.add(23, 23, 0x1_0000)
      for offset: UInt32 in [0x80, 0x100, 0x200, 0x300, 0x400, 0xC00] {
        code.loadWord(0, 23, offset)
        code.push(0, 9)
      }
      code.rest(mark)
      let placed = BareGuest.skippingVectors(&code, scratch: 29)
      code.place(vectors, at: placed)
    }
  }

  /// A process: the same, with a system call in each round.
  static func process(rounds: UInt64, mark: UInt64 = Mark.process) -> [UInt8] {
    BareProgram.file(size: 0x10_0000) { code in
      code.find(auxiliary: 33)  // AT_SYSINFO_EHDR
      code.mov(1, BareProgram.base + 0x7000)
      code.str(11, 1)
      code.wipeRandomBytes()
      fillRegisters(&code, seed: 2)
      code.mov(1, BareProgram.base + 0x7000)
      code.ldr(UInt32(vDSORegister), 1)
      code.mov(0, 0x1122_3344_5566_7788)
      code.msr(.tpidrEL0, 0)
      code.mov(20, BareProgram.base + 0x8_0000)
      code.add(21, 20, 0x1_0000)
      code.mov(22, rounds)
      compute(&code) { code in
        code.mov(8, 173)  // getppid
        code.svc()
        code.add(24, 24, register: 0)
      }
      code.rest(mark)
    }
  }
}
