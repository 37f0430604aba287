// The virtual CPU interface: the life of a list register, and when the hypervisor is told.
// IHI 0069H chapter 6.

import Arm
import Machine
import Platform
import Testing

@Suite struct GICVirtualInterface {
  /// A bench whose guest has both groups on and an open mask; physical interrupts are the host's.
  private func makeBench(splitsEOI: Bool = false) throws -> InterruptBench {
    let bench = try InterruptBench()
    try bench.write(.ichVMCREL2, 0xF800_0003 | (splitsEOI ? 1 << 9 : 0), InterruptBench.el2)
    try bench.write(.ichHCREL2, 1, InterruptBench.el2)
    return bench
  }

  /// A pending virtual interrupt.
  private func entry(
    _ interrupt: UInt64, priority: UInt64, group: UInt64 = 1, hardware: UInt64? = nil,
    signalsEnd: Bool = false
  ) -> UInt64 {
    interrupt | priority << 48 | group << 60 | 1 << 62
      | (hardware.map { 1 << 61 | $0 << 32 } ?? 0) | (signalsEnd ? 1 << 41 : 0)
  }

  private func virtual(_ bench: InterruptBench) -> String {
    let signals = bench.gic.signals(core: 0, InterruptBench.guest)
    return (signals.virtualIRQ ? "IRQ" : "") + (signals.virtualFIQ ? "FIQ" : "")
  }

  @Test func aListRegisterGoesFromPendingToActiveToInvalid() throws {
    let (bench, guest) = (try makeBench(), InterruptBench.guest)
    let el2 = InterruptBench.el2
    #expect(try bench.read(.ichELRSREL2, el2) == 0b1111)
    try bench.write(.ichLR1EL2, entry(27, priority: 0xA0), el2)
    #expect(try bench.read(.ichELRSREL2, el2) == 0b1101)
    #expect(virtual(bench) == "IRQ")
    #expect(bench.signals(InterruptBench.el2) == "", "a physical one is not signalled")
    #expect(try bench.read(.iccHPPIR1EL1, guest) == 27)
    #expect(try bench.read(.iccIAR1EL1, guest) == 27)
    #expect(try bench.read(.ichLR1EL2, el2) >> 62 == 2)
    #expect(try bench.read(.iccRPREL1, guest) == 0xA0)
    #expect(try bench.read(.ichAP1R0EL2, el2) == 1 << 20)
    #expect(virtual(bench) == "")
    #expect(try bench.read(.iccIAR1EL1, guest) == 1023)
    try bench.write(.iccEOIR1EL1, 27, guest)
    #expect(try bench.read(.ichLR1EL2, el2) >> 62 == 0)
    #expect(try bench.read(.ichELRSREL2, el2) == 0b1111)
    #expect(try bench.read(.iccRPREL1, guest) == 0xFF)
    #expect(try bench.read(.ichAP1R0EL2, el2) == 0)
  }

  /// Group, its enable, the interface's enable and the mask: all sixteen worlds of each group.
  @Test func aVirtualSignalNeedsEveryEnable() throws {
    for group in 0..<2 as Range<UInt64> {
      for world in 0..<16 as Range<UInt64> {
        let bench = try makeBench()
        let el2 = InterruptBench.el2
        try bench.write(.ichLR0EL2, entry(40, priority: 0x80, group: group), el2)
        let mask: UInt64 = world & 8 != 0 ? 0x88 : 0x80
        try bench.write(.ichVMCREL2, mask << 24 | world & 3, el2)
        try bench.write(.ichHCREL2, world >> 2 & 1, el2)
        let isOn = world >> group & 1 != 0 && world & 4 != 0 && world & 8 != 0
        #expect(virtual(bench) == (isOn ? group == 0 ? "FIQ" : "IRQ" : ""))
      }
    }
  }

  @Test func aHardwareEntryDeactivatesItsPhysicalInterrupt() throws {
    for splits in [false, true] {
      let bench = try makeBench(splitsEOI: splits)
      let (guest, el2) = (InterruptBench.guest, InterruptBench.el2)
      bench.configure(40, .nonSecureGroup1, priority: 0xA0)
      bench.setEdge(40)
      bench.gic.setLine(40, true)
      // The host acknowledges with EOImode 1, hands it to the guest and drops its priority.
      try bench.write(.iccCTLREL1, 2, el2)
      #expect(try bench.read(.iccIAR1EL1, el2) == 40)
      try bench.write(.iccEOIR1EL1, 40, el2)
      try bench.write(.ichLR0EL2, entry(72, priority: 0x90, hardware: 40), el2)
      #expect(try bench.read(.iccIAR1EL1, guest) == 72)
      let active = { bench.gic.readDistributor(0x304, size: 4, isSecure: true) }
      #expect(active() == 0x100)
      try bench.write(.iccEOIR1EL1, 72, guest)
      #expect(active() == (splits ? 0x100 : 0))
      try bench.write(.iccDIREL1, 72, guest)
      #expect(active() == 0)
    }
  }

  /// ICH_MISR_EL2: each cause raises PPI 25 exactly while it holds and is enabled.
  @Test func everyCauseOfMaintenanceRaisesItsInterrupt() throws {
    let (guest, el2) = (InterruptBench.guest, InterruptBench.el2)
    func isRaised(_ bench: InterruptBench) -> Bool {
      bench.gic.readRedistributor(0x1_0200, size: 4, isSecure: true) & 1 << 25 != 0
    }
    // EOI: the entry asked for it.
    var bench = try makeBench()
    try bench.write(.ichLR2EL2, entry(40, priority: 0x80, signalsEnd: true), el2)
    _ = try bench.read(.iccIAR1EL1, guest)
    #expect(!isRaised(bench))
    try bench.write(.iccEOIR1EL1, 40, guest)
    #expect(isRaised(bench))
    #expect(try bench.read(.ichMISREL2, el2) == 1)
    #expect(try bench.read(.ichEISREL2, el2) == 0b100)
    #expect(try bench.read(.ichELRSREL2, el2) == 0b1011)
    try bench.write(.ichLR2EL2, 0, el2)
    #expect(!isRaised(bench))

    // Underflow: fewer than two valid entries.
    bench = try makeBench()
    try bench.write(.ichHCREL2, 1 | 1 << 1, el2)
    #expect(isRaised(bench))
    try bench.write(.ichLR0EL2, entry(40, priority: 0x80), el2)
    #expect(try bench.read(.ichMISREL2, el2) == 1 << 1)
    try bench.write(.ichLR1EL2, entry(41, priority: 0x80), el2)
    #expect(!isRaised(bench))

    // Entry not present: the guest ends what no list register holds.
    bench = try makeBench()
    try bench.write(.ichHCREL2, 1 | 1 << 2, el2)
    try bench.write(.ichAP1R0EL2, 1 << 16, el2)
    #expect(!isRaised(bench))
    try bench.write(.iccEOIR1EL1, 50, guest)
    #expect(try bench.read(.ichHCREL2, el2) == 1 | 1 << 2 | 1 << 27)
    #expect(isRaised(bench))

    // No pending.
    bench = try makeBench()
    try bench.write(.ichHCREL2, 1 | 1 << 3, el2)
    #expect(isRaised(bench))
    try bench.write(.ichLR0EL2, entry(40, priority: 0x80), el2)
    #expect(!isRaised(bench))

    // Group enabled and disabled, both groups; nothing at all while En is 0.
    for group in 0..<2 as Range<UInt64> {
      for isEnabled in 0..<2 as Range<UInt64> {
        for bit in 4..<8 as Range<UInt64> {
          for enable in 0..<2 as Range<UInt64> {
            bench = try makeBench()
            try bench.write(.ichVMCREL2, isEnabled << group, el2)
            try bench.write(.ichHCREL2, enable | 1 << bit, el2)
            let asksGroup = (bit - 4) / 2
            let asksEnabled = bit % 2 == 0
            let isOn = (isEnabled << group) >> asksGroup & 1 != 0
            #expect(isRaised(bench) == (enable == 1 && isOn == asksEnabled))
          }
        }
      }
    }
  }

  @Test func virtualPrioritiesNest() throws {
    let (bench, guest) = (try makeBench(), InterruptBench.guest)
    let el2 = InterruptBench.el2
    try bench.write(.ichLR0EL2, entry(40, priority: 0xA0), el2)
    #expect(try bench.read(.iccIAR1EL1, guest) == 40)
    try bench.write(.ichLR1EL2, entry(41, priority: 0xB0), el2)
    #expect(virtual(bench) == "")
    try bench.write(.ichLR2EL2, entry(42, priority: 0x50, group: 0), el2)
    #expect(virtual(bench) == "FIQ")
    #expect(try bench.read(.iccIAR1EL1, guest) == 1023)
    #expect(try bench.read(.iccIAR0EL1, guest) == 42)
    try bench.write(.iccEOIR0EL1, 42, guest)
    #expect(virtual(bench) == "")
    try bench.write(.iccEOIR1EL1, 40, guest)
    #expect(virtual(bench) == "IRQ")
    #expect(try bench.read(.iccIAR1EL1, guest) == 41)
  }

  @Test func guestControlsAreTheHypervisorsFields() throws {
    let (bench, guest) = (try makeBench(), InterruptBench.guest)
    let el2 = InterruptBench.el2
    try bench.write(.iccPMREL1, 0x57, guest)
    try bench.write(.iccBPR0EL1, 5, guest)
    try bench.write(.iccBPR1EL1, 0, guest)
    try bench.write(.iccCTLREL1, 3, guest)
    try bench.write(.iccIGRPEN0EL1, 0, guest)
    #expect(try bench.read(.ichVMCREL2, el2) == 0x50 << 24 | 5 << 21 | 3 << 18 | 0x21A)
    #expect(try bench.read(.iccBPR1EL1, guest) == 6, "VCBPR: BPR0 + 1")
    #expect(try bench.read(.iccCTLREL1, guest) == 0x8C03)
    #expect(try bench.read(.ichVTREL2, el2) == 0x90B8_0003)
    #expect(try bench.read(.iccPMREL1) == 0xF8, "the physical mask is another register")
  }
}
