// VHE redirection, virtual identification, deferred errors, PSTATE views, instructions by level.

import Arm
import Testing

@testable import Machine

@Suite struct SystemRegisterRedirectionTests {
  static let e2h: UInt64 = 1 << 34

  // The EL1 name, and what it reaches at EL2 with E2H.
  static let redirected: [(String, SystemRegister, SystemRegister)] = [
    ("SCTLR", .sctlrEL1, .sctlrEL2), ("CPACR", .cpacrEL1, .cptrEL2),
    ("TTBR0", .ttbr0EL1, .ttbr0EL2), ("TTBR1", .ttbr1EL1, .ttbr1EL2), ("TCR", .tcrEL1, .tcrEL2),
    ("ESR", .esrEL1, .esrEL2), ("FAR", .farEL1, .farEL2), ("MAIR", .mairEL1, .mairEL2),
    ("VBAR", .vbarEL1, .vbarEL2), ("CONTEXTIDR", .contextidrEL1, .contextidrEL2),
    ("SPSR", .spsrEL1, .spsrEL2), ("ELR", .elrEL1, .elrEL2),
  ]

  @Test func el1NamesReachEL2RegistersInAHostAndEL12NamesReachEL1() throws {
    for (name, el1, el2) in Self.redirected {
      for level in [ExceptionLevel.el1, .el2, .el3] {
        let bench = try RegisterBench(level, hcr: Self.e2h)
        let state = bench.core.state
        state[el1] = 0x10_0000
        state[el2] = 0x20_0000
        #expect(
          bench.read("\(name)_EL1") == .success(level == .el2 ? 0x20_0000 : 0x10_0000),
          "\(name) \(level)")
        let alias = bench.read("\(name)_EL12")
        #expect(
          alias == (level == .el1 ? RegisterBench.undefined : .success(0x10_0000)),
          "\(name)_EL12 \(level)")
      }
      let plain = try RegisterBench(.el2)
      plain.core.state[el1] = 0x10_0000
      #expect(plain.read("\(name)_EL1") == .success(0x10_0000))
      #expect(plain.read("\(name)_EL12") == RegisterBench.undefined)
      plain.at(.el3)
      #expect(plain.write("\(name)_EL12", 0) == RegisterBench.undefined)
    }
  }

  @Test func aRedirectedWriteIsMaskedAsTheRegisterItReaches() throws {
    let bench = try RegisterBench(.el2, hcr: Self.e2h)
    #expect(bench.write("CPACR_EL1", .max) == .success(0))
    #expect(bench.core.state[.cptrEL2] == 0x8030_37FF)
    #expect(bench.core.state[.cpacrEL1] == 3 << 20)
    #expect(bench.write("CPACR_EL12", 1 << 20) == .success(0))
    #expect(bench.core.state[.cpacrEL1] == 1 << 20)
  }

  @Test func timersOfAHostAreThoseOfEL2() throws {
    for (level, hcr) in [(ExceptionLevel.el2, Self.e2h), (.el0, Self.e2h | 1 << 27)] {
      let bench = try RegisterBench(level, hcr: hcr)
      #expect(bench.write("CNTP_CVAL_EL0", 77) == .success(0))
      #expect(bench.write("CNTV_CVAL_EL0", 88) == .success(0))
      let timers = bench.board.timers
      #expect(timers.read(.cnthpCVALEL2, core: 0, now: 0) == 77)
      #expect(timers.read(.cnthvCVALEL2, core: 0, now: 0) == 88)
      #expect(timers.read(.cntpCVALEL0, core: 0, now: 0) == 0)
      bench.at(.el2)
      #expect(bench.write("CNTV_CVAL_EL02", 99) == .success(0))
      #expect(timers.read(.cntvCVALEL0, core: 0, now: 0) == 99)
    }
  }

  @Test func theVirtualCountOfAHostHasNoOffset() throws {
    let bench = try RegisterBench(.el2, hcr: Self.e2h)
    bench.board.bus.now = 16_000
    bench.board.timers.write(.cntvoffEL2, core: 0, now: 0, 400)
    #expect(bench.read("CNTVCT_EL0") == .success(1000))
    bench.at(.el1)
    #expect(bench.read("CNTVCT_EL0") == .success(600))
    bench.at(.el0)
    #expect(bench.read("CNTVCT_EL0") == .success(600))
    bench.core.state[.hcrEL2] |= 1 << 27
    #expect(bench.read("CNTVCT_EL0") == .success(1000))
  }

  @Test func aGuestSeesTheIdentityItsHypervisorChose() throws {
    let bench = try RegisterBench(.el1)
    bench.core.state[.vpidrEL2] = 0x1234
    bench.core.state[.vmpidrEL2] = 0x8000_0055
    #expect(bench.read("MIDR_EL1") == .success(0x1234))
    #expect(bench.read("MPIDR_EL1") == .success(0x8000_0055))
    bench.at(.el2)
    #expect(bench.read("MIDR_EL1") == .success(0x414F_D0C1))
    let secure = try RegisterBench(.el1, nonSecure: false)
    secure.core.state[.vpidrEL2] = 0x1234
    #expect(secure.read("MIDR_EL1") == .success(0x414F_D0C1))
  }

  @Test func disrIsVirtualForAGuestAndBlindUnderFirmwareFirst() throws {
    let bench = try RegisterBench(.el1, hcr: 1 << 5)
    #expect(bench.write("DISR_EL1", .max) == .success(0))
    #expect(bench.core.state[.vdisrEL2] == 0x81FF_FFFF)
    #expect(bench.core.state[.disrEL1] == 0)
    bench.core.state[.scrEL3] |= 1 << 3
    #expect(bench.read("DISR_EL1") == .success(0x81FF_FFFF))
    bench.at(.el2)
    #expect(bench.write("DISR_EL1", .max) == .success(0))
    #expect(bench.read("DISR_EL1") == .success(0))
    bench.at(.el3)
    #expect(bench.write("DISR_EL1", 1 << 31) == .success(0))
    #expect(bench.read("DISR_EL1") == .success(1 << 31))
    bench.at(.el2)
    bench.core.state[.scrEL3] &= ~(1 << 3)
    #expect(bench.read("DISR_EL1") == .success(1 << 31))
  }

  @Test func isrShowsVirtualInterruptsToAGuest() throws {
    let bench = try RegisterBench(.el1, hcr: 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7 | 1 << 8)
    #expect(bench.read("ISR_EL1") == .success(0x1C0))
    bench.core.state[.hcrEL2] &= ~(1 << 4)
    #expect(bench.read("ISR_EL1") == .success(0x140))
    bench.at(.el2)
    #expect(bench.read("ISR_EL1") == .success(0))
  }

  @Test func flagsAreKeptThroughTheirLazyForm() throws {
    let bench = try RegisterBench(.el0)
    for value: UInt64 in 0..<16 {
      #expect(bench.write("NZCV", value << 28 | 0x0FFF_FFFF) == .success(0))
      #expect(bench.read("NZCV") == .success(value << 28))
    }
    bench.core.state.n = .max
    bench.core.state.z = 5
    bench.core.state.c = 1
    bench.core.state.v = 0
    #expect(bench.read("NZCV") == .success(0b1010 << 28))
  }

  @Test func selectingAStackPointerSwapsTheBanks() throws {
    let bench = try RegisterBench(.el1)
    let state = bench.core.state
    state.spSel = 1
    state[x: 31] = 0x1111
    state[bankedSP: 0] = 0x2222
    #expect(bench.write("SP_EL0", 0x3333) == .success(0))
    #expect(bench.write("SPSel", 0) == .success(0))
    #expect(state[x: 31] == 0x3333)
    #expect(state[bankedSP: 1] == 0x1111)
    #expect(bench.read("SP_EL0") == RegisterBench.undefined)
    state[x: 31] = 0x4444
    do throws(GuestException) {
      try bench.core.writePSTATEImmediate(op1: 0, op2: 5, 1)
    } catch { Issue.record("\(error)") }
    #expect(state[x: 31] == 0x1111)
    #expect(bench.read("SP_EL0") == .success(0x4444))
    #expect(bench.core.pendingEffects.contains(.privilege))
  }

  @Test func immediatesChangeTheirFieldOfPSTATE() throws {
    let bench = try RegisterBench(.el1)
    let state = bench.core.state
    func set(_ op1: UInt8, _ op2: UInt8, _ value: UInt64) -> Bool {
      do throws(GuestException) {
        try bench.core.writePSTATEImmediate(op1: op1, op2: op2, value)
        return true
      } catch { return false }
    }
    #expect(set(0, 3, 1) && state.uao == 1)
    #expect(set(0, 4, 1) && state.pan == 1)
    #expect(set(3, 1, 1) && state.ssbs == 1)
    state.daif = 0
    #expect(set(3, 6, 0b1010) && state.daif == 0b1010 << 6)
    #expect(set(3, 7, 0b0010) && state.daif == 0b1000 << 6)
    // CFINV, DIT, TCO and whatever else later versions have.
    for (op1, op2) in [(0, 0), (3, 2), (3, 4), (0, 1), (1, 0)] as [(UInt8, UInt8)] {
      #expect(!set(op1, op2, 0))
    }
    bench.at(.el0)
    for (op1, op2) in [(0, 3), (0, 4), (0, 5)] as [(UInt8, UInt8)] { #expect(!set(op1, op2, 0)) }
    #expect(set(3, 1, 0) && state.ssbs == 0)
  }

  @Test func theOSLockFollowsOSLAR() throws {
    let bench = try RegisterBench(.el1)
    #expect(bench.read("OSLSR_EL1") == .success(0xA))
    #expect(bench.write("OSLAR_EL1", 0) == .success(0))
    #expect(bench.read("OSLSR_EL1") == .success(0x8))
    #expect(bench.write("MDSCR_EL1", .max) == .success(0))
    #expect(bench.read("MDSCR_EL1") == .success(0xB001))
    #expect(bench.write("OSLAR_EL1", 1) == .success(0))
    #expect(bench.read("OSLSR_EL1") == .success(0xA))
  }

  @Test func zeroBlocksAreProhibitedWhereTheyTrap() throws {
    let bench = try RegisterBench(.el0)
    #expect(bench.read("DCZID_EL0") == .success(4))
    bench.core.state[.sctlrEL1] &= ~(1 << 14)
    #expect(bench.read("DCZID_EL0") == .success(0x14))
    bench.at(.el1)
    #expect(bench.read("DCZID_EL0") == .success(4))
    bench.core.state[.hcrEL2] |= 1 << 28
    #expect(bench.read("DCZID_EL0") == .success(0x14))
  }

  // System instructions and the lowest level that may execute them.
  @Test(arguments: [
    ("IC IALLU", 1), ("IC IALLUIS", 1), ("DC ISW", 1), ("DC CSW", 1), ("DC CISW", 1),
    ("TLBI VMALLE1", 1), ("TLBI VAE1IS", 1), ("TLBI ALLE1", 2), ("TLBI VMALLS12E1IS", 2),
    ("TLBI IPAS2E1IS", 2), ("TLBI ALLE2", 2), ("TLBI VAE2IS", 2), ("TLBI ALLE3", 3),
    ("TLBI VALE3IS", 3), ("DC GVA", 4), ("DC CVADP", 4), ("CFP RCTX", 4),
  ])
  func systemInstructionsByLevel(name: String, lowest: UInt8) throws {
    for level in ExceptionLevel.allCases {
      let bench = try RegisterBench(level)
      #expect(
        (bench.execute(name) == RegisterBench.undefined) == (level.rawValue < lowest),
        "\(name) \(level)")
    }
  }
}
