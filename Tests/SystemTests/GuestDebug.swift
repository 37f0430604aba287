// Guests of our hypervisor and debug exceptions: what a guest asks of its breakpoints it gets, unless
// its own OS lock is locked. Out of reset the core's lock is, for everybody.

import Arm
import Testing

@Suite(.timeLimit(.minutes(60))) struct GuestDebug {
  /// A guest that sets a hardware breakpoint, or software step, and says in X0 what it took: ESR_EL1, or
  /// zero.
  private static func guest(locked: UInt64, stepping: Bool) -> [UInt8] {
    BareGuest.image { code, _ in
      let vectors = code.label()
      let place = code.label()
      code.emit(0xD500_41BF)  // MSR SPSel, #1
      code.maskAll()
      code.adr(1, vectors)
      code.msr(.vbar, 1)
      code.mov(1, 3 << 20)  // FPEN: `rest` uses a vector register
      code.msr(.cpacr, 1)
      code.isb()
      code.mov(1, locked)
      code.msr(SystemRegister.oslarEL1.encoding, 1)
      code.mov(0, 0)
      code.adr(1, place)
      if stepping {
        // KDE, SS; ERET to `place` with PSTATE.D clear and SS set.
        code.mov(2, 1 << 13 | 1)
        code.msr(.elr, 1)
        code.mov(3, 1 << 21 | 0x1C0 | 0b0101)
        code.msr(.spsr, 3)
        code.msr(SystemRegister.mdscrEL1.encoding, 2)
        code.isb()
        code.eret()
      } else {
        code.msr(SystemRegister.dbgbvr0EL1.encoding, 1)
        code.mov(2, 0b1111 << 5 | 0b11 << 1 | 1)  // BAS, PMC, E
        code.msr(SystemRegister.dbgbcr0EL1.encoding, 2)
        code.mov(2, 1 << 15 | 1 << 13)  // MDE, KDE
        code.msr(SystemRegister.mdscrEL1.encoding, 2)
        code.emit(0xD503_48FF)  // MSR DAIFClr, #8
        code.isb()
      }
      code.place(place)
      code.emit(0xD503_201F)
      code.rest(Mark.guest)
      code.align(2048)
      code.place(vectors)
      for _ in 0..<16 {
        code.align(128)
        code.mrs(0, .esr)
        code.rest(Mark.guest)
      }
      code.align(128)
    }
  }

  private func taken(locked: UInt64, stepping: Bool) throws -> UInt64 {
    let host = try GuestHost(
      script: "run vmm --name g --kernel /debug.bin --memory 16M\n",
      files: ["debug.bin": Self.guest(locked: locked, stepping: stepping)], cores: 1)
    let state = try #require(host.state(marked: Mark.guest), "\(host.text.suffix(500))")
    return try #require(state.registers["X0"]?.first)
  }

  @Test func aBreakpointOfAGuestIsTaken() throws {
    let syndrome = try taken(locked: 0, stepping: false)
    #expect(syndrome == 0xC600_0022, "\(String(syndrome, radix: 16))")
  }

  @Test func aStepOfAGuestIsTaken() throws {
    // ISV is zero or one by whether the step is known; the class and the code count.
    let syndrome = try taken(locked: 0, stepping: true)
    #expect(syndrome & 0xFE00_003F == 0xCE00_0022, "\(String(syndrome, radix: 16))")
  }

  @Test(arguments: [false, true]) func aGuestThatLocksItsOSLockGetsNone(stepping: Bool) throws {
    let syndrome = try taken(locked: 1, stepping: stepping)
    #expect(syndrome == 0, "\(String(syndrome, radix: 16))")
  }
}
