// Which interrupt reaches which PE as what: groups, Security states, enables, priorities, routing.
// IHI 0069H chapter 4.

import Arm
import Machine
import Platform
import Testing

/// A controller that firmware has set up, and short names for what tests do to it.
struct InterruptBench {
  let gic: GIC
  static let el3 = InterruptView(level: .el3, isSecure: true, scrEL3: 0, hcrEL2: 0)
  static let el3NonSecure = InterruptView(level: .el3, isSecure: true, scrEL3: 1, hcrEL2: 0)
  static let secureEL1 = InterruptView(level: .el1, isSecure: true, scrEL3: 0, hcrEL2: 0)
  static let el2 = InterruptView(level: .el2, isSecure: false, scrEL3: 1, hcrEL2: 0)
  static let el1 = InterruptView(level: .el1, isSecure: false, scrEL3: 1, hcrEL2: 0)
  /// EL1 whose FIQs are EL3's: it sees Non-secure priorities.
  static let kernel = InterruptView(level: .el1, isSecure: false, scrEL3: 1 | 4, hcrEL2: 0)
  /// EL1 under a hypervisor that takes physical interrupts.
  static let guest = InterruptView(level: .el1, isSecure: false, scrEL3: 1, hcrEL2: 0x18)

  /// All groups on in the distributor and in every CPU interface, nothing masked.
  init(coreCount: Int = 1) throws {
    gic = GIC(coreCount: coreCount)
    gic.writeDistributor(0, size: 4, 7, isSecure: true)
    for core in 0..<coreCount {
      gic.writeRedistributor(UInt64(core) * 0x2_0000 + 0x14, size: 4, 0, isSecure: true)
      try write(.iccIGRPEN0EL1, 1, core: core)
      try write(.iccIGRPEN1EL3, 3, core: core)
      try write(.iccPMREL1, 0xFF, core: core)
    }
  }

  func read(
    _ register: SystemRegister, _ view: InterruptView = el3, core: Int = 0
  ) throws -> UInt64 {
    try gic.readSystemRegister(register, core: core, view)
  }

  func write(
    _ register: SystemRegister, _ value: UInt64, _ view: InterruptView = el3, core: Int = 0
  ) throws {
    try gic.writeSystemRegister(register, core: core, view, value)
  }

  /// Sets an SPI's group and priority, enables it and routes it to a core.
  func configure(
    _ interrupt: UInt64, _ group: InterruptGroup, priority: UInt64, route: UInt64 = 0
  ) {
    let word = interrupt / 32 * 4
    let bit: UInt64 = 1 << (interrupt % 32)
    let old = gic.readDistributor(0x80 + word, size: 4, isSecure: true)
    let modifier = gic.readDistributor(0xD00 + word, size: 4, isSecure: true)
    gic.writeDistributor(
      0x80 + word, size: 4, group == .nonSecureGroup1 ? old | bit : old & ~bit, isSecure: true)
    gic.writeDistributor(
      0xD00 + word, size: 4, group == .secureGroup1 ? modifier | bit : modifier & ~bit,
      isSecure: true)
    gic.writeDistributor(0x400 + interrupt, size: 1, priority, isSecure: true)
    gic.writeDistributor(0x6000 + 8 * interrupt, size: 8, route, isSecure: true)
    gic.writeDistributor(0x100 + word, size: 4, bit, isSecure: true)
  }

  /// Makes an SPI edge-triggered.
  func setEdge(_ interrupt: UInt64) {
    let offset = 0xC00 + interrupt / 16 * 4
    let old = gic.readDistributor(offset, size: 4, isSecure: true)
    gic.writeDistributor(offset, size: 4, old | 2 << (interrupt % 16 * 2), isSecure: true)
  }

  func signals(_ view: InterruptView, core: Int = 0) -> String {
    let signals = gic.signals(core: core, view)
    return (signals.irq ? "IRQ" : "") + (signals.fiq ? "FIQ" : "")
  }
}

@Suite struct GICSignals {
  /// IHI 0069H 4.6.2, the table of signals with two Security states.
  @Test func groupAndSecurityStateDecideIRQOrFIQ() throws {
    let views = [
      InterruptBench.el3, InterruptBench.el3NonSecure, InterruptBench.secureEL1, InterruptBench.el2,
      InterruptBench.el1,
    ]
    let table: [InterruptGroup: [String]] = [
      .group0: ["FIQ", "FIQ", "FIQ", "FIQ", "FIQ"],
      .secureGroup1: ["FIQ", "FIQ", "IRQ", "FIQ", "FIQ"],
      .nonSecureGroup1: ["FIQ", "FIQ", "FIQ", "IRQ", "IRQ"],
    ]
    for (group, expected) in table {
      let bench = try InterruptBench()
      bench.configure(40, group, priority: 0x80)
      bench.gic.setLine(40, true)
      #expect(views.map { bench.signals($0) } == expected, "\(group)")
    }
  }

  /// Every combination of the six enables: an interrupt needs its group's two, no other.
  @Test func anInterruptNeedsExactlyTheEnablesOfItsGroup() throws {
    for group in InterruptGroup.allCases {
      let distributorBit: UInt64 =
        switch group {
        case .group0: 1
        case .nonSecureGroup1: 2
        case .secureGroup1: 4
        }
      for distributor in 0..<8 as Range<UInt64> {
        for interface in 0..<8 as Range<UInt64> {
          let bench = try InterruptBench()
          bench.configure(40, group, priority: 0x80)
          bench.gic.setLine(40, true)
          bench.gic.writeDistributor(0, size: 4, distributor, isSecure: true)
          try bench.write(.iccIGRPEN0EL1, interface & 1)
          try bench.write(.iccIGRPEN1EL3, interface >> 1)
          let isOn = distributor & distributorBit != 0 && interface & distributorBit != 0
          #expect(bench.signals(InterruptBench.el3) == (isOn ? "FIQ" : ""))
        }
      }
    }
  }

  @Test func aDisabledGroupDoesNotHideAnother() throws {
    let bench = try InterruptBench()
    bench.configure(40, .group0, priority: 0x10)
    bench.configure(41, .nonSecureGroup1, priority: 0x90)
    bench.gic.setLine(40, true)
    bench.gic.setLine(41, true)
    #expect(bench.signals(InterruptBench.el2) == "FIQ")
    try bench.write(.iccIGRPEN0EL1, 0)
    #expect(bench.signals(InterruptBench.el2) == "IRQ")
    #expect(try bench.read(.iccIAR1EL1, InterruptBench.el2) == 41)
  }

  @Test func aSleepingRedistributorForwardsNothing() throws {
    let bench = try InterruptBench()
    bench.configure(40, .nonSecureGroup1, priority: 0x80)
    bench.gic.setLine(40, true)
    bench.gic.writeRedistributor(0x14, size: 4, 2, isSecure: true)
    #expect(bench.gic.readRedistributor(0x14, size: 4, isSecure: true) == 6)
    #expect(bench.gic.readRedistributor(0x14, size: 4, isSecure: false) == 0)
    #expect(bench.signals(InterruptBench.el2) == "")
    bench.gic.writeRedistributor(0x14, size: 4, 0, isSecure: true)
    #expect(bench.signals(InterruptBench.el2) == "IRQ")
  }

  @Test func theMaskLetsOnlyHigherPrioritiesThrough() throws {
    for priority in stride(from: 0 as UInt64, through: 0xF8, by: 8) {
      for mask in stride(from: 0 as UInt64, through: 0xF8, by: 8) {
        let bench = try InterruptBench()
        bench.configure(40, .nonSecureGroup1, priority: priority)
        bench.gic.setLine(40, true)
        try bench.write(.iccPMREL1, mask)
        #expect((bench.signals(InterruptBench.el2) == "IRQ") == (priority < mask))
      }
    }
  }

  /// IHI 0069H 4.8.1: Non-secure software sees the lower-priority half as the whole range.
  @Test func nonSecureSoftwareSeesShiftedPriorities() throws {
    let bench = try InterruptBench()
    let kernel = InterruptBench.kernel
    bench.configure(40, .nonSecureGroup1, priority: 0)
    for value in 0..<256 as Range<UInt64> {
      bench.gic.writeDistributor(0x428, size: 1, value, isSecure: false)
      #expect(bench.gic.readDistributor(0x428, size: 1, isSecure: true) == 0x80 | value >> 1)
      #expect(bench.gic.readDistributor(0x428, size: 1, isSecure: false) == value & 0xFE)
      try bench.write(.iccPMREL1, 0xF8)
      try bench.write(.iccPMREL1, value, kernel)
      let mask = (0x80 | value >> 1) & 0xF8
      #expect(try bench.read(.iccPMREL1) == mask)
      #expect(try bench.read(.iccPMREL1, kernel) == mask << 1 & 0xFF)
    }
    // A mask in the Secure half is none of its business.
    try bench.write(.iccPMREL1, 0x40)
    try bench.write(.iccPMREL1, 0xFF, kernel)
    #expect(try bench.read(.iccPMREL1) == 0x40)
    #expect(try bench.read(.iccPMREL1, kernel) == 0)
  }

  /// Three interrupts nest; each end of interrupt uncovers the one below.
  @Test func higherGroupPrioritiesNest() throws {
    let bench = try InterruptBench()
    let el2 = InterruptBench.el2
    for (interrupt, priority) in [(40, 0xC0), (41, 0xA0), (42, 0x80)] as [(UInt64, UInt64)] {
      bench.configure(interrupt, .nonSecureGroup1, priority: priority)
      bench.setEdge(interrupt)
      bench.gic.setLine(UInt32(interrupt), true)
      // Lower ones stay behind the running one.
      #expect(try bench.read(.iccIAR1EL1, el2) == interrupt)
      #expect(try bench.read(.iccRPREL1, el2) == priority)
      #expect(bench.signals(el2) == "")
    }
    for (interrupt, running) in [(42, 0xA0), (41, 0xC0), (40, 0xFF)] as [(UInt64, UInt64)] {
      try bench.write(.iccEOIR1EL1, interrupt, el2)
      #expect(try bench.read(.iccRPREL1, el2) == running)
    }
    #expect(try bench.read(.iccIAR1EL1, el2) == 1023)
  }

  /// IHI 0069H 4.8.2: with binary point n, priorities that differ only in bits [n-1:0] of the
  /// Non-secure binary point do not preempt each other.
  @Test func theBinaryPointDecidesWhatPreempts() throws {
    for point in 0..<8 as Range<UInt64> {
      for difference in [0x08, 0x10, 0x20, 0x40] as [UInt64] {
        let bench = try InterruptBench()
        let el2 = InterruptBench.el2
        try bench.write(.iccBPR1EL1, point, el2)
        let effective = max(point, 3)
        #expect(try bench.read(.iccBPR1EL1, el2) == effective)
        bench.configure(40, .nonSecureGroup1, priority: 0x80 | difference)
        bench.setEdge(40)
        bench.gic.setLine(40, true)
        #expect(try bench.read(.iccIAR1EL1, el2) == 40)
        bench.configure(41, .nonSecureGroup1, priority: 0x80)
        bench.gic.setLine(41, true)
        // BPR1 n: group priority is bits [7:n].
        #expect((bench.signals(el2) == "IRQ") == (difference >> effective != 0))
      }
    }
  }

  @Test func ofEqualPrioritiesTheLowestNumberComesFirst() throws {
    let bench = try InterruptBench()
    for interrupt in [70, 40, 200] as [UInt64] {
      bench.configure(interrupt, .nonSecureGroup1, priority: 0xA0)
      bench.gic.setLine(UInt32(interrupt), true)
    }
    #expect(try bench.read(.iccHPPIR1EL1, InterruptBench.el2) == 40)
  }

  @Test func aLevelStaysPendingUntilTheLineFallsAndAnEdgeUntilItIsTaken() throws {
    let bench = try InterruptBench()
    let el2 = InterruptBench.el2
    bench.configure(40, .nonSecureGroup1, priority: 0xA0)
    bench.configure(41, .nonSecureGroup1, priority: 0xA0)
    bench.setEdge(41)
    func pending() -> UInt64 {
      bench.gic.readDistributor(0x204, size: 4, isSecure: true) >> 8 & 3
    }
    bench.gic.setLine(40, true)
    #expect(try bench.read(.iccIAR1EL1, el2) == 40)
    #expect(pending() == 1, "active and pending: the line is still high")
    try bench.write(.iccEOIR1EL1, 40, el2)
    #expect(bench.signals(el2) == "IRQ")
    bench.gic.setLine(40, false)
    #expect(bench.signals(el2) == "")

    bench.gic.setLine(41, true)
    bench.gic.setLine(41, false)
    #expect(pending() == 2)
    #expect(try bench.read(.iccIAR1EL1, el2) == 41)
    #expect(pending() == 0)
    bench.gic.setLine(41, true)
    #expect(pending() == 2, "an edge while active makes it active and pending")
    #expect(bench.signals(el2) == "")
    try bench.write(.iccEOIR1EL1, 41, el2)
    #expect(bench.signals(el2) == "IRQ")
  }

  @Test func splitEndOfInterruptDropsThePriorityAndDeactivatesLater() throws {
    let bench = try InterruptBench()
    let el2 = InterruptBench.el2
    try bench.write(.iccCTLREL1, 2, el2)
    bench.configure(40, .nonSecureGroup1, priority: 0xA0)
    bench.gic.setLine(40, true)
    #expect(try bench.read(.iccIAR1EL1, el2) == 40)
    try bench.write(.iccEOIR1EL1, 40, el2)
    #expect(try bench.read(.iccRPREL1, el2) == 0xFF)
    #expect(bench.signals(el2) == "", "still active")
    try bench.write(.iccDIREL1, 40, el2)
    #expect(bench.signals(el2) == "IRQ")
  }

  @Test func el3LearnsWhoseInterruptIsPending() throws {
    for (group, expected) in [
      (InterruptGroup.group0, 40), (.secureGroup1, 1020), (.nonSecureGroup1, 1021),
    ] as [(InterruptGroup, UInt64)] {
      let bench = try InterruptBench()
      bench.configure(40, group, priority: 0x40)
      bench.gic.setLine(40, true)
      #expect(try bench.read(.iccHPPIR0EL1) == expected)
      #expect(try bench.read(.iccIAR0EL1) == expected)
    }
  }
}

@Suite struct GICRouting {
  @Test func softwareInterruptsReachTheirTargets() throws {
    let bench = try InterruptBench(coreCount: 4)
    for core in 0..<4 as Range<UInt64> {
      bench.gic.writeRedistributor(core * 0x2_0000 + 0x1_0080, size: 4, 0xFFFF, isSecure: true)
      bench.gic.writeRedistributor(core * 0x2_0000 + 0x1_0100, size: 4, 0xFFFF, isSecure: true)
    }
    func reached() -> [Int] {
      (0..<4).filter { bench.signals(InterruptBench.el1, core: $0) == "IRQ" }
    }
    bench.gic.attention = 0
    try bench.write(.iccSGI1REL1, 7 << 24 | 0b1010, InterruptBench.el1, core: 2)
    #expect(reached() == [1, 3])
    #expect(bench.gic.attention == 0b1010)
    #expect(try bench.read(.iccIAR1EL1, InterruptBench.el1, core: 3) == 7)
    #expect(reached() == [1])
    try bench.write(.iccSGI1REL1, 3 << 24 | 1 << 40, InterruptBench.el1, core: 1)
    #expect(reached() == [0, 1, 2], "3 has SGI 7 active at the same priority")
    // Another cluster.
    let before = bench.gic.state
    try bench.write(.iccSGI1REL1, 3 << 24 | 1 << 16 | 0xF, InterruptBench.el1)
    #expect(bench.gic.state == before)
  }

  /// IHI 0069H 12.1.10: the register, the target's configuration and NSACR decide together.
  @Test func nonSecureSoftwareCannotSendSecureInterruptsUnlessAllowed() throws {
    for group in InterruptGroup.allCases {
      for access in 0..<4 as Range<UInt64> {
        for register in [SystemRegister.iccSGI0REL1, .iccSGI1REL1, .iccASGI1REL1] {
          for view in [InterruptBench.el1, InterruptBench.secureEL1] {
            let bench = try InterruptBench()
            bench.gic.writeRedistributor(
              0x1_0080, size: 4, group == .nonSecureGroup1 ? 1 : 0, isSecure: true)
            bench.gic.writeRedistributor(
              0x1_0D00, size: 4, group == .secureGroup1 ? 1 : 0, isSecure: true)
            bench.gic.writeRedistributor(0x1_0E00, size: 4, access, isSecure: true)
            try bench.write(register, 1, view)
            let asked: InterruptGroup =
              switch register {
              case .iccSGI0REL1: .group0
              case .iccSGI1REL1: view.isSecure ? .secureGroup1 : .nonSecureGroup1
              default: view.isSecure ? .nonSecureGroup1 : .secureGroup1
              }
            let matches = asked == group || asked == .secureGroup1 && group == .group0
            let allowed =
              view.isSecure || group == .nonSecureGroup1
              || access >= (group == .group0 ? 1 : 2)
            let isPending = bench.gic.readRedistributor(0x1_0200, size: 4, isSecure: true) & 1 != 0
            #expect(isPending == (matches && allowed), "\(group) \(access) \(register)")
          }
        }
      }
    }
  }

  @Test func sharedInterruptsGoToTheirAffinityOrToOneOfN() throws {
    let bench = try InterruptBench(coreCount: 4)
    bench.gic.setLine(40, true)
    func reached() -> [Int] {
      (0..<4).filter { bench.signals(InterruptBench.el2, core: $0) == "IRQ" }
    }
    for core in 0..<4 {
      bench.configure(40, .nonSecureGroup1, priority: 0xA0, route: UInt64(core))
      #expect(reached() == [core])
    }
    bench.configure(40, .nonSecureGroup1, priority: 0xA0, route: 0x100)
    #expect(reached() == [])
    bench.configure(40, .nonSecureGroup1, priority: 0xA0, route: 1 << 31)
    #expect(reached() == [0])
    try bench.write(.iccIGRPEN1EL1, 0, InterruptBench.el2, core: 0)
    bench.gic.writeRedistributor(0x2_0014, size: 4, 2, isSecure: true)
    #expect(reached() == [2])
  }

  @Test func theLastRedistributorSaysSo() {
    let gic = GIC(coreCount: 3)
    let types = (0..<3 as Range<UInt64>).map {
      gic.readRedistributor($0 * 0x2_0000 + 8, size: 8, isSecure: false)
    }
    #expect(types == [0x0_0100_0000, 0x1_0100_0100, 0x2_0100_0210])
    #expect(gic.readRedistributor(3 * 0x2_0000 + 8, size: 8, isSecure: false) == 0)
  }
}
