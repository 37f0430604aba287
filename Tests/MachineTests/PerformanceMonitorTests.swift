// The performance monitors: what counts, where, who may see it. What every register answers at every
// level is compared with QEMU in `SystemRegisterSideBySide`.

import Arm
import Testing

@testable import Machine

@Suite struct PerformanceMonitorTests {
  /// A core at a level whose cycle counter and counter 0, of retired instructions, count.
  private func counting(_ level: ExceptionLevel = .el1) throws -> RegisterBench {
    let bench = try RegisterBench(.el2)
    for (name, value): (String, UInt64) in [
      ("PMEVTYPER0_EL0", 1 << 27 | 0x08), ("PMCCFILTR_EL0", 1 << 27),
      ("PMCNTENSET_EL0", 1 << 31 | 1), ("PMUSERENR_EL0", 1), ("PMCR_EL0", 0b111),
    ] {
      try #require(bench.write(name, value) == .success(0), "\(name)")
    }
    bench.core.setLevel(level, spSel: level == .el0 ? 0 : 1)
    return bench
  }

  private func pass(_ bench: RegisterBench, _ instructions: UInt64) {
    bench.core.state.instructions += instructions
  }

  @Test func cyclesAndRetiredInstructionsAreWhatTheCoreExecuted() throws {
    let bench = try counting()
    pass(bench, 100)
    #expect(bench.read("PMCCNTR_EL0") == .success(100))
    #expect(bench.read("PMEVCNTR0_EL0") == .success(100))
    pass(bench, 11)
    #expect(bench.write("PMCNTENCLR_EL0", 1) == .success(0))
    pass(bench, 1000)
    #expect(bench.read("PMCCNTR_EL0") == .success(1111))
    #expect(bench.read("PMEVCNTR0_EL0") == .success(111))
    #expect(bench.write("PMCR_EL0", 1 | 1 << 2) == .success(0))
    #expect(bench.read("PMCCNTR_EL0") == .success(0))
    #expect(bench.write("PMCR_EL0", 0) == .success(0))
    pass(bench, 5)
    #expect(bench.read("PMCCNTR_EL0") == .success(0))
  }

  @Test func aLevelThatIsFilteredDoesNotCount() throws {
    let bench = try counting()
    // U without NSU: not at Non-secure EL0.
    #expect(bench.write("PMEVTYPER0_EL0", 1 << 30 | 0x08) == .success(0))
    pass(bench, 10)
    bench.core.setLevel(.el0, spSel: 0)
    pass(bench, 200)
    bench.core.setLevel(.el1, spSel: 1)
    pass(bench, 3)
    #expect(bench.read("PMEVCNTR0_EL0") == .success(13))
    #expect(bench.read("PMCCNTR_EL0") == .success(213))
    bench.core.setLevel(.el2, spSel: 1)
    pass(bench, 50)
    #expect(bench.read("PMEVCNTR0_EL0") == .success(13), "NSH is 0")
    #expect(bench.write("MDCR_EL2", 6 | 1 << 17) == .success(0))
    pass(bench, 7)
    #expect(bench.read("PMCCNTR_EL0") == .success(270), "HPMD without DP")
    #expect(bench.write("PMCR_EL0", 1 | 1 << 5) == .success(0))
    pass(bench, 7)
    #expect(bench.read("PMCCNTR_EL0") == .success(270), "HPMD with DP")
  }

  @Test func anOverflowSetsItsFlag() throws {
    let bench = try counting()
    #expect(bench.write("PMEVCNTR0_EL0", 0xFFFF_FFF0) == .success(0))
    #expect(bench.write("PMCCNTR_EL0", .max - 1) == .success(0))
    pass(bench, 16)
    #expect(bench.read("PMEVCNTR0_EL0") == .success(0))
    #expect(bench.read("PMOVSSET_EL0") == .success(1 << 31 | 1))
    #expect(bench.write("PMOVSCLR_EL0", 1) == .success(0))
    #expect(bench.read("PMOVSCLR_EL0") == .success(1 << 31))
  }

  @Test func softwareIncrementsAndTheSelectedCounterIsTheCounter() throws {
    let bench = try counting()
    #expect(bench.write("PMSELR_EL0", 3) == .success(0))
    #expect(bench.write("PMXEVTYPER_EL0", 0) == .success(0))
    #expect(bench.write("PMCNTENSET_EL0", 1 << 3) == .success(0))
    #expect(bench.write("PMSWINC_EL0", 1 << 3 | 1) == .success(0))
    #expect(bench.read("PMXEVCNTR_EL0") == .success(1))
    #expect(bench.read("PMEVCNTR3_EL0") == .success(1))
    #expect(bench.write("PMSELR_EL0", 31) == .success(0))
    #expect(bench.read("PMXEVTYPER_EL0") == .success(1 << 27), "PMCCFILTR_EL0")
    #expect(bench.write("PMSELR_EL0", 9) == .success(0))
    #expect(bench.read("PMXEVCNTR_EL0") == .success(0))
  }

  @Test func countersFromHPMNOnAreEL2s() throws {
    let bench = try counting(.el2)
    #expect(bench.write("MDCR_EL2", 2 | 1 << 7) == .success(0))
    #expect(bench.write("PMEVTYPER4_EL0", 0x11) == .success(0))
    #expect(bench.write("PMCNTENSET_EL0", 1 << 4) == .success(0))
    #expect(bench.write("PMCR_EL0", 0) == .success(0))
    bench.core.setLevel(.el1, spSel: 1)
    pass(bench, 20)
    #expect(bench.read("PMCR_EL0") == .success(0x410C_1040))
    #expect(bench.read("PMCNTENSET_EL0") == .success(1 << 31 | 1))
    #expect(bench.read("PMEVCNTR4_EL0") == .success(0))
    #expect(bench.write("PMCNTENCLR_EL0", 1 << 4) == .success(0))
    bench.core.setLevel(.el2, spSel: 1)
    #expect(bench.read("PMEVCNTR4_EL0") == .success(20), "HPME counts, whatever PMCR_EL0.E says")
    #expect(bench.read("PMCNTENSET_EL0") == .success(1 << 31 | 1 << 4 | 1))
    #expect(bench.read("PMCR_EL0") == .success(0x410C_3040))
  }

  @Test func accessesTrapAsTheirOwnersSay() throws {
    let bench = try counting()
    let trap = RegisterBench.trap
    #expect(bench.core.state[.mdcrEL2] == 6)
    bench.core.state[.mdcrEL2] = 6 | 1 << 5
    #expect(bench.read("PMCR_EL0") == trap(.el2, "PMCR_EL0", true))
    #expect(bench.read("PMCCNTR_EL0") == .success(0))
    bench.core.state[.mdcrEL2] = 6 | 1 << 6
    for name in ["PMCR_EL0", "PMCCNTR_EL0", "PMINTENSET_EL1", "PMUSERENR_EL0", "PMEVCNTR5_EL0"] {
      #expect(bench.read(name) == trap(.el2, name, true), "\(name)")
    }
    bench.core.state[.mdcrEL2] = 6
    bench.core.state[.mdcrEL3] = 1 << 6
    #expect(bench.read("PMCCNTR_EL0") == trap(.el3, "PMCCNTR_EL0", true))
    bench.core.state[.mdcrEL3] = 0
    #expect(bench.write("PMUSERENR_EL0", 0b0100) == .success(0))
    bench.core.setLevel(.el0, spSel: 0)
    #expect(bench.read("PMCCNTR_EL0") == .success(0))
    #expect(bench.write("PMCCNTR_EL0", 0) == trap(.el1, "PMCCNTR_EL0", false))
    #expect(bench.read("PMEVCNTR0_EL0") == trap(.el1, "PMEVCNTR0_EL0", true))
    #expect(bench.read("PMUSERENR_EL0") == .success(0b0100))
    #expect(bench.write("PMUSERENR_EL0", 1) == RegisterBench.undefined)
    #expect(bench.read("PMINTENSET_EL1") == RegisterBench.undefined)
  }

  /// msr pmcntenset_el0, x0; msr pmcr_el0, x1; then so many nops; mrs x3, pmccntr_el0; wfi.
  @Test(arguments: [1, 3, 1000]) func howARunIsSlicedDoesNotCount(slice: UInt64) throws {
    func move(_ name: String, _ register: UInt32, isRead: Bool) -> UInt32 {
      (isRead ? 0xD520_0000 : 0xD500_0000) | UInt32(RegisterBench.encoding(name)) << 5 | register
    }
    let words =
      [
        0xD2B0_0000, 0xD280_0021, move("PMCNTENSET_EL0", 0, isRead: false),
        move("PMCR_EL0", 1, isRead: false),
      ] + [UInt32](repeating: 0xD503_201F, count: 20) + [
        move("PMCCNTR_EL0", 3, isRead: true), 0xD503_207F,
      ]
    let board = try Board(coreCount: 1, ramSize: 1 << 20)
    let code = words.flatMap { word in (0..<4).map { UInt8(word >> ($0 * 8) & 0xFF) } }
    try #require(board.bus.writeBytes(PhysicalAddress(0x4000_0000), code))
    board.cores[0].state.pc = 0x4000_0000
    for _ in 0..<200 { _ = board.run(instructions: slice) }
    #expect(board.cores[0].state[x: 3] == 21)
  }

  @Test func theCoresOwnRegistersReadAsAfterResetAndIgnoreWrites() throws {
    let bench = try RegisterBench(.el3)
    let own: [(String, UInt64)] = [
      ("CPUACTLR_EL1", 0), ("CPUACTLR2_EL1", 0), ("CPUACTLR3_EL1", 0),
      ("CPUECTLR_EL1", 0x9_6156_3010), ("CPUPWRCTLR_EL1", 0), ("ATCR_EL1", 0), ("ATCR_EL2", 0),
      ("AVTCR_EL2", 0), ("ATCR_EL3", 0), ("CPUPSELR_EL3", 0), ("CPUPCR_EL3", 0), ("CPUPOR_EL3", 0),
      ("CPUPMR_EL3", 0),
      ("CLUSTERACTLR_EL1", 0), ("CLUSTERECTLR_EL1", 0), ("CLUSTERPWRCTLR_EL1", 0),
      ("CLUSTERPWRDN_EL1", 0), ("CLUSTERTHREADSID_EL1", 0), ("CLUSTERACPSID_EL1", 0),
      ("CLUSTERSTASHSID_EL1", 0), ("CLUSTERPARTCR_EL1", 0), ("CLUSTERBUSQOS_EL1", 0),
      ("CLUSTERL3HIT_EL1", 0), ("CLUSTERL3MISS_EL1", 0), ("CLUSTERTHREADSIDOVR_EL1", 0),
    ]
    for (name, value) in own {
      #expect(bench.write(name, .max) == .success(0), "\(name)")
      #expect(bench.read(name) == .success(value), "\(name)")
    }
    for (name, value) in [
      ("CPUCFR_EL1", 0), ("CLUSTERCFR_EL1", 0), ("CLUSTERIDR_EL1", 0x41), ("CLUSTERREVIDR_EL1", 0),
      ("CLUSTERPWRSTAT_EL1", 0),
    ] as [(String, UInt64)] { #expect(bench.read(name) == .success(value), "\(name)") }
  }
}
