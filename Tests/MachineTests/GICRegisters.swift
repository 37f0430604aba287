// The registers' side of the interrupt controller: what Non-secure software may see, what is
// reserved, who may access the CPU interface, and that nothing a guest writes stops the machine.

import Arm
import Machine
import Platform
import Support
import Testing

@Suite struct GICRegisters {
  /// Secure interrupts read as zero and ignore writes of Non-secure software, in every register.
  @Test func nonSecureSoftwareSeesOnlyItsOwnInterrupts() throws {
    let bench = try InterruptBench()
    let own: UInt64 = 0x0F0F_0F0F
    bench.gic.writeDistributor(0x84, size: 4, own, isSecure: true)
    for offset in [0x104, 0x204, 0x304] as [UInt64] {
      bench.gic.writeDistributor(offset, size: 4, 0xFFFF_FFFF, isSecure: false)
      #expect(bench.gic.readDistributor(offset, size: 4, isSecure: true) == own)
      bench.gic.writeDistributor(offset, size: 4, 0xFFFF_FFFF, isSecure: true)
      #expect(bench.gic.readDistributor(offset, size: 4, isSecure: false) == own)
      bench.gic.writeDistributor(offset + 0x80, size: 4, 0xFFFF_FFFF, isSecure: false)
      #expect(bench.gic.readDistributor(offset, size: 4, isSecure: true) == ~own & 0xFFFF_FFFF)
    }
    for offset in [0x84, 0xD04, 0xE08] as [UInt64] {
      #expect(bench.gic.readDistributor(offset, size: 4, isSecure: false) == 0)
      let before = bench.gic.state
      bench.gic.writeDistributor(offset, size: 4, 0xFFFF_FFFF, isSecure: false)
      #expect(bench.gic.state == before)
    }
    #expect(bench.gic.readDistributor(0, size: 4, isSecure: true) == 0x37)
    #expect(bench.gic.readDistributor(0, size: 4, isSecure: false) == 0x12)
    bench.gic.writeDistributor(0, size: 4, 0, isSecure: false)
    #expect(bench.gic.readDistributor(0, size: 4, isSecure: true) == 0x35)
  }

  /// GICD_NSACR 1 opens setting, 2 clearing as well, 3 routing as well.
  @Test func nsacrOpensSecureInterruptsStepByStep() throws {
    for access in 0..<4 as Range<UInt64> {
      let bench = try InterruptBench()
      bench.configure(40, .group0, priority: 0x40)
      bench.gic.writeDistributor(0xE08, size: 4, access << 16, isSecure: true)
      bench.gic.writeDistributor(0x204, size: 4, 0x100, isSecure: false)
      let isPending = bench.gic.readDistributor(0x204, size: 4, isSecure: true) == 0x100
      #expect(isPending == (access >= 1))
      bench.gic.writeDistributor(0x204, size: 4, 0x100, isSecure: true)
      bench.gic.writeDistributor(0x284, size: 4, 0x100, isSecure: false)
      let isStillPending = bench.gic.readDistributor(0x204, size: 4, isSecure: true) == 0x100
      #expect(isStillPending == (access < 2))
      bench.gic.writeDistributor(0x6140, size: 8, 5, isSecure: false)
      let isRouted = bench.gic.readDistributor(0x6140, size: 8, isSecure: true) == 5
      #expect(isRouted == (access == 3))
    }
  }

  @Test func disablingSecurityIsOneWay() throws {
    let bench = try InterruptBench()
    bench.gic.writeDistributor(0, size: 4, 0x47, isSecure: false)
    #expect(bench.gic.readDistributor(0, size: 4, isSecure: true) == 0x37)
    bench.gic.writeDistributor(0, size: 4, 0x47, isSecure: true)
    #expect(bench.gic.readDistributor(0, size: 4, isSecure: true) == 0x53)
    #expect(bench.gic.readDistributor(4, size: 4, isSecure: true) & 0x400 == 0)
    bench.gic.writeDistributor(0, size: 4, 0, isSecure: true)
    #expect(bench.gic.readDistributor(0, size: 4, isSecure: false) == 0x50)
    bench.gic.writeDistributor(0x84, size: 4, 0xFF, isSecure: false)
    #expect(bench.gic.readDistributor(0x84, size: 4, isSecure: false) == 0xFF)
  }

  @Test func identificationSaysGICv3() {
    let gic = GIC(coreCount: 1)
    #expect(gic.readDistributor(0xFFE8, size: 4, isSecure: false) == 0x3B)
    #expect(gic.readRedistributor(0xFFE8, size: 4, isSecure: false) == 0x3B)
    #expect(gic.readDistributor(8, size: 4, isSecure: false) == 0x43B)
    #expect(gic.readRedistributor(4, size: 4, isSecure: false) == 0x43B)
  }

  /// IHI 0069H 12.2, accessibility: every SCR_EL3.{IRQ, FIQ}, HCR_EL2.{IMO, FMO} and ICH_HCR_EL2
  /// trap, at every level.
  @Test func accessesAreTrappedAsTheirRegistersSay() throws {
    let groups: [(SystemRegister, String)] = [
      (.iccBPR0EL1, "0"), (.iccBPR1EL1, "1"), (.iccPMREL1, "common"), (.iccDIREL1, "dir"),
      (.iccSGI1REL1, "sgi"),
    ]
    for (register, kind) in groups {
      for routes in 0..<4 as Range<UInt64> {
        for masks in 0..<4 as Range<UInt64> {
          for trap in [0, 1 << 10, 1 << 11, 1 << 12, 1 << 14] as [UInt64] {
            for view in [
              InterruptBench.el3, InterruptBench.el2, InterruptBench.el1, InterruptBench.secureEL1,
            ] {
              let bench = try InterruptBench()
              try bench.write(.ichHCREL2, trap)
              var view = view
              view.scrEL3 |= routes << 1
              view.hcrEL2 = masks << 3
              let isEL1 = view.level == .el1 && !view.isSecure
              let toEL2 =
                isEL1
                && (kind == "0" && trap == 1 << 11 || kind == "1" && trap == 1 << 12
                  || ["common", "dir", "sgi"].contains(kind) && trap == 1 << 10
                  || kind == "dir" && trap == 1 << 14 || kind == "sgi" && masks != 0)
              let isVirtual =
                isEL1
                && (kind == "0" ? masks & 1 != 0 : kind == "1" ? masks & 2 != 0 : masks != 0)
              let isEL3s =
                kind == "0" ? routes & 2 != 0 : kind == "1" ? routes & 1 != 0 : routes == 3
              let target: ExceptionLevel? =
                toEL2 ? .el2 : view.level != .el3 && isEL3s && !isVirtual ? .el3 : nil
              var caught: GuestException?
              do throws(GuestException) {
                try bench.gic.writeSystemRegister(register, core: 0, view, 0)
              } catch {
                caught = error
              }
              #expect(caught?.target == target)
              #expect(caught.map { $0.kind == .trap && $0.syndrome == 0x6200_0000 } ?? true)
            }
          }
        }
      }
    }
  }

  @Test func whatIsNotThereIsUndefined() throws {
    let bench = try InterruptBench()
    let cases: [(SystemRegister, InterruptView, Bool)] = [
      (.iccAP0R1EL1, InterruptBench.el3, true), (.iccAP1R3EL1, InterruptBench.el3, true),
      (.ichLR4EL2, InterruptBench.el2, true), (.ichAP0R1EL2, InterruptBench.el2, true),
      (.ichHCREL2, InterruptBench.el1, true), (.iccSREEL2, InterruptBench.el1, true),
      (.iccCTLREL3, InterruptBench.el2, true), (.iccIAR1EL1, InterruptBench.el3, false),
      (.iccEOIR1EL1, InterruptBench.el3, true), (.ichVTREL2, InterruptBench.el2, false),
      (.sctlrEL1, InterruptBench.el3, true),
    ]
    for (register, view, isRead) in cases {
      #expect(throws: GuestException.undefined, "\(register)") {
        if isRead {
          _ = try bench.read(register, view)
        } else {
          try bench.write(register, 0, view)
        }
      }
    }
    var el0 = InterruptBench.el1
    el0.level = .el0
    #expect(throws: GuestException.undefined) { try bench.read(.iccPMREL1, el0) }
  }

  /// In a host regime (E2H, TGE) the virtual interface is out of the way; without E2H, TGE acts as
  /// IMO and FMO.
  @Test func tgeOverridesTheMasks() throws {
    let bench = try InterruptBench()
    try bench.write(.ichVMCREL2, 0x8800_0000)
    var view = InterruptBench.guest
    #expect(try bench.read(.iccPMREL1, view) == 0x88)
    view.hcrEL2 = 0x18 | 1 << 27 | 1 << 34
    #expect(try bench.read(.iccPMREL1, view) == 0xF8)
    view.hcrEL2 = 1 << 27
    #expect(try bench.read(.iccPMREL1, view) == 0x88)
  }

  @Test func noAccessStopsTheMachine() throws {
    var random = SeededRandom(seed: 7)
    let bench = try InterruptBench(coreCount: 8)
    for _ in 0..<200_000 {
      let isSecure = random.isOne(in: 2)
      let size = random.pick([0, 1, 2, 3, 4, 8, 16, -4])
      let offset =
        random.isOne(in: 8) ? random.next() : random.below(0x2_0000 * 9)
      let value = random.next()
      switch random.below(6) {
      case 0: _ = bench.gic.readDistributor(offset, size: size, isSecure: isSecure)
      case 1:
        bench.gic.writeDistributor(offset % 0x1_0000, size: size, value, isSecure: isSecure)
      case 2: _ = bench.gic.readRedistributor(offset, size: size, isSecure: isSecure)
      case 3: bench.gic.writeRedistributor(offset, size: size, value, isSecure: isSecure)
      default:
        let register = random.pick(Array(SystemRegister.allCases))
        let view = InterruptView(
          level: random.pick(ExceptionLevel.allCases), isSecure: isSecure, scrEL3: random.next(),
          hcrEL2: random.next())
        let core = Int(random.below(8))
        if random.isOne(in: 2) {
          _ = try? bench.read(register, view, core: core)
        } else {
          try? bench.write(register, value, view, core: core)
        }
      }
      if random.isOne(in: 4) {
        bench.gic.setLine(UInt32(random.below(300)), random.isOne(in: 2))
        bench.gic.setPrivateLine(
          UInt32(random.below(40)), core: Int(random.below(9)), random.isOne(in: 2))
        _ = bench.gic.signals(core: Int(random.below(8)), InterruptBench.el2)
      }
    }
  }

  /// The cache of the highest pending interrupt never differs from a fresh computation.
  @Test func restoringAStateRestoresItsSignals() throws {
    var random = SeededRandom(seed: 11)
    let bench = try InterruptBench(coreCount: 2)
    let twin = GIC(coreCount: 2)
    for _ in 0..<5_000 {
      let offset: UInt64 = random.pick([
        0x84, 0x104, 0x184, 0x204, 0x284, 0x304, 0x384, 0x420, 0x6100,
      ])
      bench.gic.writeDistributor(offset, size: 4, random.next() & 0xFFFF_FFFF, isSecure: true)
      bench.gic.writeRedistributor(
        random.below(2) * 0x2_0000 + 0x1_0000 + (offset & 0xF80), size: 4,
        random.next() & 0xFFFF_FFFF, isSecure: true)
      let core = Int(random.below(2))
      _ = try? bench.read(
        random.pick([.iccIAR0EL1, .iccIAR1EL1]),
        random.pick([InterruptBench.el3, InterruptBench.el2]), core: core)
      twin.state = bench.gic.state
      for core in 0..<2 {
        #expect(
          twin.signals(core: core, InterruptBench.el2)
            == bench.gic.signals(core: core, InterruptBench.el2))
      }
      var (a, b) = (StateHash(), StateHash())
      bench.gic.state.hash(into: &a)
      twin.state.hash(into: &b)
      #expect(a.value == b.value)
    }
  }
}
