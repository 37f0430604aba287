// The register table against itself, against lists typed in from the manual, and the values of
// the identification registers.

import Arm
import Testing

@testable import Machine

/// A core outside any run, at a level of one's choice, with nothing trapped.
struct RegisterBench {
  let board: Board
  var core: Core { board.cores[0] }

  init(_ level: ExceptionLevel = .el1, nonSecure: Bool = true, hcr: UInt64 = 0) throws {
    board = try Board(coreCount: 1, ramSize: 1 << 20)
    core.resetSystemRegisters()
    let state = core.state
    state[.scrEL3] = 0x430 | (nonSecure ? 1 : 0) | 1 << 11 | 1 << 21
    state[.hcrEL2] = 1 << 31 | 1 << 47 | hcr
    state[.cpacrEL1] = 3 << 20
    state[.pmuserenrEL0] = 1
    state[.cptrEL2] = hcr & 1 << 34 != 0 ? 3 << 20 : 0
    for register in [SystemRegister.sctlrEL1, .sctlrEL2] {
      state[register] |= 1 << 9 | 1 << 14 | 1 << 15 | 1 << 26  // UMA DZE UCT UCI
    }
    board.timers.write(.cntkctlEL1, core: 0, now: 0, 0x3FF)
    board.timers.write(.cnthctlEL2, core: 0, now: 0, 0xFFF)
    at(level)
  }

  func at(_ level: ExceptionLevel) { core.state.el = UInt64(level.rawValue) }

  static func encoding(_ name: String) -> UInt16 {
    SystemRegisterEncoding.named(name)?.rawValue ?? 0
  }

  func read(_ name: String) -> Result<UInt64, GuestException> {
    do throws(GuestException) {
      return .success(try core.readSystemRegister(Self.encoding(name), rt: 3))
    } catch { return .failure(error) }
  }

  func write(_ name: String, _ value: UInt64) -> Result<UInt64, GuestException> {
    do throws(GuestException) {
      try core.writeSystemRegister(Self.encoding(name), value, rt: 3)
      return .success(0)
    } catch { return .failure(error) }
  }

  func execute(_ name: String, _ value: UInt64 = 0) -> Result<UInt64, GuestException> {
    do throws(GuestException) {
      try core.executeSystemInstruction(Self.encoding(name), value, rt: 3)
      return .success(0)
    } catch { return .failure(error) }
  }

  /// What a trap of this access looks like.
  static func trap(
    _ target: ExceptionLevel, _ name: String, isRead: Bool
  )
    -> Result<UInt64, GuestException>
  {
    let encoding = SystemRegisterEncoding(rawValue: encoding(name))
    return .failure(
      GuestException(
        .trap, syndrome: Syndrome.systemRegister(encoding, rt: 3, isRead: isRead).rawValue,
        target: target))
  }

  static let undefined: Result<UInt64, GuestException> = .failure(.undefined)
}

@Suite struct SystemRegisterTableTests {
  let table = SystemRegisterTable.shared

  @Test func everyRowHasAnEncodingOfItsOwn() throws {
    #expect(Set(table.encodings).count == table.encodings.count)
    #expect(table.rows.count == table.encodings.count)
    #expect(table.rows.count > 270)
  }

  @Test func theNameListHasNoTwoRegistersWithOneEncoding() throws {
    var names: [SystemRegisterEncoding: String] = [:]
    var seen: Set<String> = []
    for (name, encoding) in SystemRegisterEncoding.allNamed {
      #expect(seen.insert(name).inserted, "\(name) twice")
      if let other = names[encoding] { #expect(other == "DBGDTRRX_EL0", "\(name) = \(other)") }
      names[encoding] = names[encoding] ?? name
    }
  }

  @Test func everyRegisterHasARow() throws {
    let absent: Set<SystemRegister> = [
      // Five priority bits: one active priorities register each; four list registers.
      .iccAP0R1EL1, .iccAP0R2EL1, .iccAP0R3EL1, .iccAP1R1EL1, .iccAP1R2EL1, .iccAP1R3EL1,
      .ichAP0R1EL2, .ichAP0R2EL2, .ichAP0R3EL2, .ichAP1R1EL2, .ichAP1R2EL2, .ichAP1R3EL2,
      .ichLR4EL2, .ichLR5EL2, .ichLR6EL2, .ichLR7EL2, .ichLR8EL2, .ichLR9EL2, .ichLR10EL2,
      .ichLR11EL2, .ichLR12EL2, .ichLR13EL2, .ichLR14EL2, .ichLR15EL2,
      // For AArch32 alone.
      .dbgvcr32EL2,
      // SVE, SME.
      .zcrEL3, .smcrEL3,
    ]
    let present = Set(table.rows.map(\.register))
    for register in SystemRegister.allCases {
      #expect(present.contains(register) != absent.contains(register), "\(register)")
    }
    #expect(SystemRegister.allCases.count <= CoreState.wordCount - CoreState.systemRegisters)
  }

  @Test func masksFixedBitsAndResetValuesAgree() throws {
    for (row, encoding) in zip(table.rows, table.encodings) where row.kind == .stored {
      #expect(row.mask & row.fixed == 0, "\(encoding.name ?? "")")
      if row.access.allows(level: 3, isRead: false) {
        #expect(row.reset & ~(row.mask | row.fixed) == 0, "\(encoding.name ?? "")")
      }
    }
  }

  @Test func theExceptionLevelOfANameIsTheLowestThatMayAccessIt() throws {
    let exceptions: Set<String> = [
      "CNTFRQ_EL0", "TPIDRRO_EL0", "PMUSERENR_EL0",  // writes
      "SP_EL0", "SP_EL1", "SP_EL2",  // one level up
    ]
    for (row, encoding) in zip(table.rows, table.encodings) {
      guard let name = encoding.name, !exceptions.contains(name) else { continue }
      let level: UInt64? =
        if name.hasSuffix("_EL12") || name.hasSuffix("_EL02") {
          2
        } else if name.hasSuffix("_EL0") {
          0
        } else if name.hasSuffix("_EL1") {
          1
        } else if name.hasSuffix("_EL2") {
          2
        } else if name.hasSuffix("_EL3") {
          3
        } else {
          nil
        }
      guard let level else { continue }
      for isRead in [true, false] where row.access.allows(level: 3, isRead: isRead) {
        for el: UInt64 in 0...3 {
          #expect(row.access.allows(level: el, isRead: isRead) == (el >= level), "\(name)")
        }
      }
    }
  }

  // Name, then for EL0, EL1, EL2, EL3 what the manual allows in Non-secure state without VHE: R, W,
  // B(oth), or - for UNDEFINED.
  @Test(arguments: [
    "SCTLR_EL1 -BBB", "SCTLR_EL2 --BB", "SCTLR_EL3 ---B", "SCTLR_EL12 ----", "TTBR1_EL2 --BB",
    "MIDR_EL1 -RRR", "MPIDR_EL1 -RRR", "VPIDR_EL2 --BB", "CTR_EL0 RRRR", "DCZID_EL0 RRRR",
    "ID_AA64PFR0_EL1 -RRR", "ID_PFR0_EL1 -RRR", "CSSELR_EL1 -BBB", "CCSIDR_EL1 -RRR",
    "TPIDR_EL0 BBBB", "TPIDRRO_EL0 RBBB", "TPIDR_EL1 -BBB", "TPIDR_EL3 ---B", "NZCV BBBB",
    "DAIF BBBB", "CurrentEL -RRR", "SPSel -BBB", "PAN -BBB", "UAO -BBB", "SSBS BBBB",
    "SP_EL0 -BBB", "SP_EL1 --BB", "SP_EL2 ---B", "FPCR BBBB", "FPSR BBBB", "ELR_EL1 -BBB",
    "SPSR_EL2 --BB", "ESR_EL3 ---B", "HPFAR_EL2 --BB", "PAR_EL1 -BBB", "ISR_EL1 -RRR",
    "DISR_EL1 -BBB", "VDISR_EL2 --BB", "VSESR_EL2 --BB", "RVBAR_EL3 ---R", "HCR_EL2 --BB",
    "SCR_EL3 ---B", "CPTR_EL2 --BB", "MDCR_EL3 ---B", "ERRIDR_EL1 -RRR", "ERRSELR_EL1 -BBB",
    "ERXFR_EL1 -RRR", "ERXSTATUS_EL1 -BBB", "ERXPFGF_EL1 -RRR", "ERXPFGCTL_EL1 -BBB",
    "CNTFRQ_EL0 RRRB", "CNTPCT_EL0 RRRR", "CNTVCT_EL0 RRRR", "CNTV_CTL_EL0 BBBB",
    "CNTHP_CTL_EL2 --BB", "CNTPS_CTL_EL1 ---B", "CNTV_CTL_EL02 ----", "CNTVOFF_EL2 --BB",
    "ICC_IAR1_EL1 -RRR", "ICC_EOIR1_EL1 -WWW", "ICC_SGI1R_EL1 -WWW", "ICC_PMR_EL1 -BBB",
    "ICC_SRE_EL3 ---B", "ICH_VTR_EL2 --RR", "ICH_LR3_EL2 --BB", "ICH_LR4_EL2 ----",
    "ICC_AP1R1_EL1 ----", "MDSCR_EL1 -BBB", "OSLAR_EL1 -WWW", "OSLSR_EL1 -RRR",
    "MDCCSR_EL0 RRRR", "DBGBVR5_EL1 -BBB", "DBGBVR6_EL1 ----", "DBGWCR3_EL1 -BBB",
    "DBGWCR4_EL1 ----", "PMCR_EL0 BBBB", "PMSWINC_EL0 WWWW", "PMCEID0_EL0 RRRR",
    "PMUSERENR_EL0 RBBB", "PMINTENSET_EL1 -BBB", "PMEVCNTR5_EL0 BBBB", "PMEVCNTR6_EL0 ----",
    "PMCCFILTR_EL0 BBBB", "CPUACTLR_EL1 -BBB", "CPUCFR_EL1 -RRR", "CPUPCR_EL3 ---B",
    "CLUSTERCFR_EL1 -RRR", "CLUSTERIDR_EL1 -RRR", "CLUSTERACTLR_EL1 -BBB",
    "CLUSTERPWRSTAT_EL1 -RRR",
    "ZCR_EL1 ----", "APIAKeyLo_EL1 ----", "TCO ----",
    "DIT ----", "RNDR ----", "DACR32_EL2 ----", "SPSR_abt ----", "FPEXC32_EL2 ----",
    "RVBAR_EL1 ----", "RMR_EL3 ----", "LORC_EL1 -BBB", "LORID_EL1 -RRR", "DLR_EL0 ----",
    "HFGRTR_EL2 ----", "CNTPOFF_EL2 ----", "CNTHPS_CTL_EL2 ----", "VSTCR_EL2 ----",
  ])
  func accessByExceptionLevelAsTheManualSays(line: String) throws {
    let parts = line.split(separator: " ")
    let name = String(parts[0])
    #expect(SystemRegisterEncoding.named(name) != nil)
    for (level, letter) in zip(ExceptionLevel.allCases, parts[1]) {
      let bench = try RegisterBench(level)
      bench.core.state.spSel = 1
      let canRead = letter == "R" || letter == "B"
      let canWrite = letter == "W" || letter == "B"
      #expect((bench.read(name) == RegisterBench.undefined) != canRead, "read \(name) \(level)")
      #expect(
        (bench.write(name, 0) == RegisterBench.undefined) != canWrite, "write \(name) \(level)")
    }
  }

  // Every row, every level, both directions, no trap set: UNDEFINED exactly as the row says.
  @Test func everyRowAnswersAtEveryLevelAsItSays() throws {
    for (row, encoding) in zip(table.rows, table.encodings) {
      for level in ExceptionLevel.allCases {
        for isRead in [true, false] {
          let bench = try RegisterBench(level)
          bench.core.state.spSel = 1
          var isDefined =
            row.access.allows(level: UInt64(level.rawValue), isRead: isRead) && !row.needsE2H
          // The Secure timer exists in Secure EL1 and EL3 only.
          if row.traps.contains(.secureTimer), level != .el3 { isDefined = false }
          var isUndefined = false
          do throws(GuestException) {
            if isRead {
              _ = try bench.core.readSystemRegister(encoding.rawValue, rt: 0)
            } else {
              try bench.core.writeSystemRegister(encoding.rawValue, 0, rt: 0)
            }
          } catch {
            isUndefined = error == .undefined
            #expect(isUndefined, "\(encoding.name ?? encoding.generic) trapped")
          }
          #expect(isUndefined != isDefined, "\(encoding.name ?? encoding.generic) \(level)")
        }
      }
    }
  }

  @Test func everyEncodingWithoutARowIsUndefinedAtEveryLevel() throws {
    let bench = try RegisterBench(.el3, hcr: 1 << 34)
    for level in ExceptionLevel.allCases {
      bench.at(level)
      for encoding in UInt16(0)...UInt16.max where table.row(encoding) == nil {
        do throws(GuestException) {
          _ = try bench.core.readSystemRegister(encoding, rt: 0)
          Issue.record("\(encoding) reads")
        } catch { if error != .undefined { Issue.record("\(encoding) traps") } }
      }
    }
  }

  @Test func storedRegistersKeepWhatTheirMasksAllow() throws {
    for (row, encoding) in zip(table.rows, table.encodings)
    where row.kind == .stored && row.access.allows(level: 3, isRead: false) && !row.needsE2H {
      for value: UInt64 in [.max, 0, 0x5555_5555_5555_5555, 0xAAAA_AAAA_AAAA_AAAA] {
        let bench = try RegisterBench(.el3)
        do throws(GuestException) {
          try bench.core.writeSystemRegister(encoding.rawValue, value, rt: 0)
          let read = try bench.core.readSystemRegister(encoding.rawValue, rt: 0)
          #expect(read == value & row.mask | row.fixed, "\(encoding.name ?? "")")
        } catch { Issue.record("\(encoding.name ?? "") \(error)") }
      }
    }
  }

  @Test(arguments: [
    ("MIDR_EL1", 0x414F_D0C1), ("MPIDR_EL1", 0x8000_0000), ("REVIDR_EL1", 0),
    ("CTR_EL0", 0x8444_C004), ("DCZID_EL0", 4), ("CLIDR_EL1", 0x8200_0023),
    ("ID_AA64PFR0_EL1", 0x1100_0000_2111_1111), ("ID_AA64PFR1_EL1", 0x20),
    ("ID_AA64DFR0_EL1", 0x1030_5408), ("ID_AA64ISAR0_EL1", 0x1000_1021_1120),
    ("ID_AA64ISAR1_EL1", 0x10_0001), ("ID_AA64MMFR0_EL1", 0x10_1025),
    ("ID_AA64MMFR1_EL1", 0x1021_2122), ("ID_AA64MMFR2_EL1", 0x1011), ("ID_PFR0_EL1", 0),
    ("ID_AA64ZFR0_EL1", 0), ("MVFR0_EL1", 0), ("AIDR_EL1", 0),
    ("SCTLR_EL1", 0x30C5_0838), ("OSLSR_EL1", 0xA), ("CNTFRQ_EL0", 62_500_000),
    ("VMPIDR_EL2", 0x8000_0000), ("VPIDR_EL2", 0x414F_D0C1), ("RVBAR_EL3", 0),
  ])
  func valuesAfterReset(name: String, value: UInt64) throws {
    let bench = try RegisterBench(.el3)
    bench.core.resetSystemRegisters()
    #expect(bench.read(name) == .success(value))
  }

  @Test func theReservedIDSpaceReadsAsZero() throws {
    let bench = try RegisterBench(.el1)
    for crm: UInt8 in 4...7 {
      for op2: UInt8 in 0...7 {
        let encoding = SystemRegisterEncoding(3, 0, 0, crm, op2)
        do throws(GuestException) {
          let value = try bench.core.readSystemRegister(encoding.rawValue, rt: 0)
          if encoding.name == nil { #expect(value == 0) }
        } catch { Issue.record("\(encoding.generic) \(error)") }
      }
    }
  }

  @Test func ccsidrFollowsCSSELR() throws {
    let bench = try RegisterBench(.el1)
    for (selected, value) in [(0, 0x701F_E01A), (1, 0x201F_E01A), (2, 0x70FF_E03A), (3, 0)]
      as [(UInt64, UInt64)]
    {
      #expect(bench.write("CSSELR_EL1", selected) == .success(0))
      #expect(bench.read("CCSIDR_EL1") == .success(value))
    }
  }
}
