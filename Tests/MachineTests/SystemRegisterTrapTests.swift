// Every trap bit against the registers and instructions it traps, the level that takes it and the
// ISS it is reported with.

import Arm
import Testing

@testable import Machine

@Suite struct SystemRegisterTrapTests {
  /// A control bit, the value that traps (bits set, or cleared when `whenClear`), and what it traps.
  struct Case: CustomTestStringConvertible, Sendable {
    var control: SystemRegister
    var bit: UInt64
    var whenClear = false
    var from: ExceptionLevel
    var target: ExceptionLevel
    var reads: [String] = []
    var writes: [String] = []
    var instructions: [String] = []
    var hcr: UInt64 = 0
    var nonSecure = true
    var testDescription: String { "\(control) \(bit) from \(from)" }
  }

  static let virtualMemory = [
    "SCTLR_EL1", "TTBR0_EL1", "TTBR1_EL1", "TCR_EL1", "ESR_EL1", "FAR_EL1", "AFSR0_EL1",
    "AFSR1_EL1", "MAIR_EL1", "AMAIR_EL1", "CONTEXTIDR_EL1",
  ]
  static let errors = [
    "ERRSELR_EL1", "ERXCTLR_EL1", "ERXSTATUS_EL1", "ERXADDR_EL1", "ERXMISC0_EL1",
    "ERXMISC3_EL1", "ERXPFGCTL_EL1",
  ]
  static let injection = ["ERXPFGCTL_EL1", "ERXPFGCDN_EL1"]
  static let debug = ["MDSCR_EL1", "DBGBVR0_EL1", "DBGWCR3_EL1", "MDCCINT_EL1", "OSECCR_EL1"]

  static let cases: [Case] = {
    let hcr = SystemRegister.hcrEL2
    var cases: [Case] = [
      Case(control: hcr, bit: 1 << 26, from: .el1, target: .el2, writes: virtualMemory),
      Case(control: hcr, bit: 1 << 30, from: .el1, target: .el2, reads: virtualMemory),
      Case(
        control: hcr, bit: 1 << 16, from: .el1, target: .el2, reads: ["REVIDR_EL1", "AIDR_EL1"]),
      Case(
        control: hcr, bit: 1 << 17, from: .el1, target: .el2,
        reads: ["CTR_EL0", "CCSIDR_EL1", "CLIDR_EL1", "CSSELR_EL1"], writes: ["CSSELR_EL1"]),
      Case(control: hcr, bit: 1 << 17, from: .el0, target: .el2, reads: ["CTR_EL0"]),
      Case(
        control: hcr, bit: 1 << 18, from: .el1, target: .el2,
        reads: ["ID_AA64PFR0_EL1", "ID_AA64MMFR2_EL1", "ID_PFR0_EL1", "MVFR2_EL1"]),
      Case(
        control: hcr, bit: 1 << 21, from: .el1, target: .el2, reads: ["ACTLR_EL1"],
        writes: ["ACTLR_EL1"]),
      Case(
        control: hcr, bit: 1 << 22, from: .el1, target: .el2,
        instructions: ["DC ISW", "DC CSW", "DC CISW"]),
      Case(
        control: hcr, bit: 1 << 23, from: .el1, target: .el2,
        instructions: ["DC IVAC", "DC CIVAC", "DC CVAC", "DC CVAP"]),
      Case(
        control: hcr, bit: 1 << 23, from: .el0, target: .el2,
        instructions: ["DC CIVAC", "DC CVAC", "DC CVAP"]),
      Case(
        control: hcr, bit: 1 << 24, from: .el1, target: .el2,
        instructions: ["DC CVAU", "IC IVAU", "IC IALLU", "IC IALLUIS"]),
      Case(
        control: hcr, bit: 1 << 24, from: .el0, target: .el2,
        instructions: ["DC CVAU", "IC IVAU"]),
      Case(
        control: hcr, bit: 1 << 25, from: .el1, target: .el2,
        instructions: [
          "TLBI VMALLE1", "TLBI VAE1", "TLBI ASIDE1", "TLBI VAAE1", "TLBI VALE1", "TLBI VAALE1",
          "TLBI VMALLE1IS", "TLBI VAE1IS", "TLBI ASIDE1IS", "TLBI VAAE1IS", "TLBI VALE1IS",
          "TLBI VAALE1IS",
        ]),
      Case(control: hcr, bit: 1 << 28, from: .el1, target: .el2, instructions: ["DC ZVA"]),
      Case(control: hcr, bit: 1 << 28, from: .el0, target: .el2, instructions: ["DC ZVA"]),
      Case(
        control: hcr, bit: 1 << 35, from: .el1, target: .el2,
        reads: ["LORSA_EL1", "LORID_EL1"], writes: ["LORC_EL1"]),
      Case(
        control: hcr, bit: 1 << 36, from: .el1, target: .el2,
        reads: errors + ["ERRIDR_EL1", "ERXFR_EL1", "ERXPFGF_EL1"], writes: errors),
      Case(
        control: hcr, bit: 1 << 47, whenClear: true, from: .el1, target: .el2,
        reads: injection + ["ERXPFGF_EL1"], writes: injection),
      Case(
        control: .cptrEL2, bit: 1 << 31, from: .el1, target: .el2, reads: ["CPACR_EL1"],
        writes: ["CPACR_EL1"]),
      Case(
        control: .cptrEL3, bit: 1 << 31, from: .el1, target: .el3, reads: ["CPACR_EL1"],
        writes: ["CPACR_EL1"]),
      Case(
        control: .cptrEL3, bit: 1 << 31, from: .el2, target: .el3,
        reads: ["CPACR_EL1", "CPTR_EL2"], writes: ["CPACR_EL1", "CPTR_EL2"]),
      Case(
        control: .sctlrEL1, bit: 1 << 15, whenClear: true, from: .el0, target: .el1,
        reads: ["CTR_EL0"]),
      Case(
        control: .sctlrEL1, bit: 1 << 9, whenClear: true, from: .el0, target: .el1,
        reads: ["DAIF"], writes: ["DAIF"]),
      Case(
        control: .sctlrEL1, bit: 1 << 14, whenClear: true, from: .el0, target: .el1,
        instructions: ["DC ZVA"]),
      Case(
        control: .sctlrEL1, bit: 1 << 26, whenClear: true, from: .el0, target: .el1,
        instructions: ["DC CVAU", "DC CVAC", "DC CVAP", "DC CIVAC", "IC IVAU"]),
      // With TGE what would go to EL1 goes to EL2; in a host SCTLR_EL2 decides.
      Case(
        control: .sctlrEL1, bit: 1 << 15, whenClear: true, from: .el0, target: .el2,
        reads: ["CTR_EL0"], hcr: 1 << 27),
      Case(
        control: .sctlrEL2, bit: 1 << 15, whenClear: true, from: .el0, target: .el2,
        reads: ["CTR_EL0"], hcr: 1 << 27 | 1 << 34),
      Case(
        control: .sctlrEL2, bit: 1 << 9, whenClear: true, from: .el0, target: .el2,
        reads: ["DAIF"], hcr: 1 << 27 | 1 << 34),
      Case(
        control: .mdscrEL1, bit: 1 << 12, from: .el0, target: .el1,
        reads: ["MDCCSR_EL0", "DBGDTR_EL0", "DBGDTRRX_EL0"], writes: ["DBGDTRRX_EL0"]),
      // The Secure timer, from Secure EL1.
      Case(
        control: .scrEL3, bit: 1 << 11, whenClear: true, from: .el1, target: .el3,
        reads: ["CNTPS_CTL_EL1"], writes: ["CNTPS_CVAL_EL1"], nonSecure: false),
    ]
    for level in [ExceptionLevel.el1, .el2] {
      cases += [
        Case(
          control: .scrEL3, bit: 1 << 14, from: level, target: .el3,
          reads: ["LORID_EL1", "LORC_EL1"], writes: ["LORN_EL1"]),
        Case(
          control: .scrEL3, bit: 1 << 15, from: level, target: .el3, reads: errors,
          writes: errors),
        Case(
          control: .scrEL3, bit: 1 << 21, whenClear: true, from: level, target: .el3,
          reads: injection, writes: injection),
        Case(
          control: .mdcrEL3, bit: 1 << 9, from: level, target: .el3,
          reads: debug + ["MDRAR_EL1"], writes: debug),
        Case(
          control: .mdcrEL3, bit: 1 << 10, from: level, target: .el3,
          reads: ["OSLSR_EL1", "OSDLR_EL1", "DBGPRCR_EL1"], writes: ["OSLAR_EL1"]),
      ]
    }
    for bit: UInt64 in [1 << 8, 1 << 9] {
      cases.append(
        Case(control: .mdcrEL2, bit: bit, from: .el1, target: .el2, reads: debug, writes: debug))
      cases.append(
        Case(control: .mdcrEL2, bit: bit, from: .el0, target: .el2, reads: ["MDCCSR_EL0"]))
    }
    for bit: UInt64 in [1 << 8, 1 << 10] {
      cases.append(
        Case(
          control: .mdcrEL2, bit: bit, from: .el1, target: .el2, reads: ["OSLSR_EL1"],
          writes: ["OSLAR_EL1", "OSDLR_EL1", "DBGPRCR_EL1"]))
    }
    for bit: UInt64 in [1 << 8, 1 << 11] {
      cases.append(
        Case(control: .mdcrEL2, bit: bit, from: .el1, target: .el2, reads: ["MDRAR_EL1"]))
    }
    return cases
  }()

  @Test(arguments: cases)
  func aTrapBitTrapsItsRegistersToItsLevel(test: Case) throws {
    let bench = try RegisterBench(test.from, nonSecure: test.nonSecure, hcr: test.hcr)
    let state = bench.core.state
    #expect(!(test.reads + test.writes + test.instructions).isEmpty)
    // Without the bit nothing traps.
    if test.whenClear { state[test.control] |= test.bit } else { state[test.control] &= ~test.bit }
    for name in test.reads {
      if case .failure(let e) = bench.read(name) { Issue.record("\(name) \(e)") }
    }
    for name in test.writes {
      let value: UInt64 = name == "DAIF" ? 0x3C0 : 0
      if case .failure(let e) = bench.write(name, value) { Issue.record("\(name) \(e)") }
    }
    // With it all do. (The writes may have changed controls: start anew.)
    let trapping = try RegisterBench(test.from, nonSecure: test.nonSecure, hcr: test.hcr)
    if test.whenClear {
      trapping.core.state[test.control] &= ~test.bit
    } else {
      trapping.core.state[test.control] |= test.bit
    }
    for name in test.reads {
      #expect(trapping.read(name) == RegisterBench.trap(test.target, name, isRead: true), "\(name)")
    }
    for name in test.writes {
      #expect(
        trapping.write(name, 0) == RegisterBench.trap(test.target, name, isRead: false), "\(name)")
    }
    for name in test.instructions {
      #expect(
        trapping.execute(name) == RegisterBench.trap(test.target, name, isRead: false), "\(name)")
    }
  }

  @Test func trapsToEL2DoNotActInSecureStateNorAtEL2() throws {
    for test in Self.cases where test.target == .el2 && test.hcr == 0 && test.control != .sctlrEL1 {
      for (level, nonSecure) in [(ExceptionLevel.el1, false), (.el2, true)] {
        let bench = try RegisterBench(level, nonSecure: nonSecure)
        if test.whenClear {
          bench.core.state[test.control] &= ~test.bit
        } else {
          bench.core.state[test.control] |= test.bit
        }
        for name in test.reads where !name.hasPrefix("LOR") {
          if case .failure(let e) = bench.read(name) { Issue.record("\(name) \(level) \(e)") }
        }
      }
    }
  }

  @Test func aTrapToEL2ComesBeforeOneToEL3() throws {
    let bench = try RegisterBench(.el1)
    bench.core.state[.hcrEL2] |= 1 << 36
    bench.core.state[.scrEL3] |= 1 << 15
    #expect(bench.read("ERXFR_EL1") == RegisterBench.trap(.el2, "ERXFR_EL1", isRead: true))
  }

  @Test func tidcpTrapsTheImplementationDefinedSpaceOfEL1Only() throws {
    let bench = try RegisterBench(.el1)
    let encodings: [SystemRegisterEncoding] = [
      .init(3, 0, 15, 5, 1), .init(3, 1, 11, 0, 2), .init(3, 1, 15, 3, 0), .init(3, 7, 15, 0, 0),
    ]
    bench.core.state[.hcrEL2] |= 1 << 20
    for encoding in encodings {
      let expected = Syndrome.systemRegister(encoding, rt: 9, isRead: true).rawValue
      do throws(GuestException) {
        _ = try bench.core.readSystemRegister(encoding.rawValue, rt: 9)
        Issue.record("\(encoding.generic) not trapped")
      } catch {
        #expect(error.kind == .trap && error.target == .el2 && error.syndrome == expected)
      }
    }
    bench.at(.el2)
    for encoding in encodings where encoding.crm != 3 {
      do throws(GuestException) {
        _ = try bench.core.readSystemRegister(encoding.rawValue, rt: 9)
        Issue.record("\(encoding.generic) reads")
      } catch { #expect(error == .undefined) }
    }
  }

  // Register, EL, E2H, TGE, the bit of CNTHCTL_EL2 or CNTKCTL_EL1 that is clear, target.
  @Test(arguments: [
    ("CNTPCT_EL0", ExceptionLevel.el0, 0, 0, SystemRegister.cntkctlEL1, 1, ExceptionLevel.el1),
    ("CNTVCT_EL0", .el0, 0, 0, .cntkctlEL1, 2, .el1),
    ("CNTV_CTL_EL0", .el0, 0, 0, .cntkctlEL1, 0x100, .el1),
    ("CNTP_CTL_EL0", .el0, 0, 0, .cntkctlEL1, 0x200, .el1),
    ("CNTFRQ_EL0", .el0, 0, 0, .cntkctlEL1, 3, .el1),
    ("CNTVCT_EL0", .el0, 0, 1, .cntkctlEL1, 2, .el2),
    ("CNTPCT_EL0", .el0, 1, 1, .cnthctlEL2, 1, .el2),
    ("CNTVCT_EL0", .el0, 1, 1, .cnthctlEL2, 2, .el2),
    ("CNTV_CVAL_EL0", .el0, 1, 1, .cnthctlEL2, 0x100, .el2),
    ("CNTP_TVAL_EL0", .el0, 1, 1, .cnthctlEL2, 0x200, .el2),
    ("CNTPCT_EL0", .el1, 0, 0, .cnthctlEL2, 1, .el2),
    ("CNTPCT_EL0", .el0, 0, 0, .cnthctlEL2, 1, .el2),
    ("CNTP_CTL_EL0", .el1, 0, 0, .cnthctlEL2, 2, .el2),
    ("CNTPCT_EL0", .el1, 1, 0, .cnthctlEL2, 0x400, .el2),
    ("CNTP_CTL_EL0", .el1, 1, 0, .cnthctlEL2, 0x800, .el2),
    ("CNTP_CTL_EL0", .el0, 1, 0, .cnthctlEL2, 0x800, .el2),
  ])
  func timerControlsTrapWhenClear(
    name: String, from: ExceptionLevel, e2h: UInt64, tge: UInt64, control: SystemRegister,
    bits: UInt64, target: ExceptionLevel
  ) throws {
    let bench = try RegisterBench(from, hcr: e2h << 34 | tge << 27)
    if case .failure(let error) = bench.read(name) { Issue.record("\(error)") }
    let old = bench.board.timers.read(control, core: 0, now: 0)
    bench.board.timers.write(control, core: 0, now: 0, old & ~bits)
    #expect(bench.read(name) == RegisterBench.trap(target, name, isRead: true))
  }

  @Test func masksOfDAIFTrapByImmediateToo() throws {
    let bench = try RegisterBench(.el0)
    bench.core.state[.sctlrEL1] &= ~(1 << 9)
    do throws(GuestException) {
      try bench.core.writePSTATEImmediate(op1: 3, op2: 6, 0b0010)
      Issue.record("not trapped")
    } catch {
      // op0 0, op1 3, CRn 4, CRm 2, op2 6, Rt 31, write.
      #expect(error.target == .el1 && error.syndrome == 0x620C_D3E4 | 0)
    }
  }

  // CPACR_EL1.FPEN, CPTR_EL2 (TFP or FPEN), CPTR_EL3.TFP, E2H, TGE, then the target from EL0...EL3.
  @Test(arguments: [
    (3, 0, 0, 0, 0, "----"), (0, 0, 0, 0, 0, "11--"), (2, 0, 0, 0, 0, "11--"),
    (1, 0, 0, 0, 0, "1---"), (3, 1, 0, 0, 0, "222-"), (0, 1, 0, 0, 0, "112-"),
    (3, 0, 1, 0, 0, "3333"), (0, 0, 1, 0, 0, "1133"), (3, 1, 1, 0, 0, "2223"),
    (0, 0, 0, 0, 1, "u---"), (3, 3, 0, 1, 0, "----"), (3, 0, 0, 1, 0, "222-"),
    (3, 1, 0, 1, 0, "----"), (0, 1, 0, 1, 1, "2---"), (0, 3, 0, 1, 1, "----"),
    (0, 2, 0, 1, 1, "2-2-"),
  ])
  func floatingPointTrapsAsTheManualSays(
    cpacr: UInt64, cptr: UInt64, cptr3: UInt64, e2h: UInt64, tge: UInt64, expected: String
  ) throws {
    for (level, letter) in zip(ExceptionLevel.allCases, expected) {
      // There is no EL1 in a host.
      if tge == 1, level == .el1 { continue }
      let bench = try RegisterBench(level, hcr: e2h << 34 | tge << 27)
      let state = bench.core.state
      state[.cpacrEL1] = cpacr << 20
      state[.cptrEL2] = e2h == 1 ? cptr << 20 : cptr << 10
      state[.cptrEL3] = cptr3 << 10
      for name in ["FPCR", "FPSR"] {
        let result = bench.read(name)
        switch letter {
        case "-": #expect(result == .success(0), "\(level)")
        case "u":
          #expect(
            result
              == .failure(GuestException(.trap, syndrome: 1 << 25, target: .el2)), "\(level)")
        default:
          let target = ExceptionLevel(rawValue: UInt8(letter.wholeNumberValue ?? 0)) ?? .el0
          #expect(
            result
              == .failure(GuestException(.trap, syndrome: 0x1FE0_0000, target: target)),
            "\(level)")
        }
      }
    }
  }
}
