// The generic timers: the condition, its two views, the interrupt lines and the next deadline.
// Arm ARM D12.2.

import Arm
import Machine
import Platform
import Support
import Testing

@Suite struct TimerConditions {
  private static let timers: [(SystemRegister, SystemRegister, SystemRegister, UInt32)] = [
    (.cntpCTLEL0, .cntpCVALEL0, .cntpTVALEL0, Interrupt.physicalTimer),
    (.cntvCTLEL0, .cntvCVALEL0, .cntvTVALEL0, Interrupt.virtualTimer),
    (.cnthpCTLEL2, .cnthpCVALEL2, .cnthpTVALEL2, Interrupt.hypervisorTimer),
    (.cnthvCTLEL2, .cnthvCVALEL2, .cnthvTVALEL2, Interrupt.hypervisorVirtualTimer),
    (.cntpsCTLEL1, .cntpsCVALEL1, .cntpsTVALEL1, Interrupt.secureTimer),
  ]

  private func lines(_ gic: GIC, core: UInt64) -> UInt64 {
    gic.readRedistributor(core * 0x2_0000 + 0x1_0200, size: 4, isSecure: true)
  }

  /// Every timer × ENABLE × IMASK × before, at and after the compare value.
  @Test func theConditionHoldsFromTheCompareValueOn() {
    for (control, compare, _, interrupt) in Self.timers {
      for bits in 0..<4 as Range<UInt64> {
        for count in [99, 100, 101] as [UInt64] {
          let timers = GenericTimers(coreCount: 2)
          let gic = GIC(coreCount: 2)
          timers.write(compare, core: 1, now: 0, 100)
          timers.write(control, core: 1, now: 0, bits | 4)
          let isMet = bits & 1 != 0 && count >= 100
          #expect(
            timers.read(control, core: 1, now: count * 16 + 15) == bits | (isMet ? 4 : 0))
          timers.update(core: 1, now: count * 16 + 15, gic: gic)
          #expect(lines(gic, core: 1) == (isMet && bits & 2 == 0 ? 1 << UInt64(interrupt) : 0))
          #expect(lines(gic, core: 0) == 0)
          let isComing = bits == 1 && count < 100
          let wraps: UInt64? = nil
          #expect(
            timers.nextDeadline(core: 1, now: count * 16 + 15) == (isComing ? 1600 : wraps))
        }
      }
    }
  }

  /// TVAL is signed and 32 bits wide, both ways.
  @Test func theTimerValueIsTheDistance() {
    for (_, compare, value, _) in Self.timers {
      let timers = GenericTimers(coreCount: 1)
      let now: UInt64 = 1_000_000 * 16
      timers.write(value, core: 0, now: now, 500)
      #expect(timers.read(compare, core: 0, now: now) == 1_000_500)
      #expect(timers.read(value, core: 0, now: now + 16 * 600) == 0xFFFF_FF9C)
      timers.write(value, core: 0, now: now, 0xFFFF_FFFF)
      #expect(timers.read(compare, core: 0, now: now) == 999_999)
      timers.write(value, core: 0, now: 0, 0x1_8000_0000)
      #expect(timers.read(compare, core: 0, now: 0) == 0xFFFF_FFFF_8000_0000)
    }
  }

  @Test func theVirtualTimerLagsByItsOffset() {
    let timers = GenericTimers(coreCount: 1)
    timers.write(.cntvoffEL2, core: 0, now: 0, 1000)
    let now: UInt64 = 5000 * 16
    #expect(timers.read(.cntpctEL0, core: 0, now: now) == 5000)
    #expect(timers.read(.cntvctEL0, core: 0, now: now) == 4000)
    #expect(timers.read(.cntvctEL0, core: 0, now: now, offset: 0) == 5000)
    timers.write(.cntvTVALEL0, core: 0, now: now, 10)
    #expect(timers.read(.cntvCVALEL0, core: 0, now: now) == 4010)
    timers.write(.cntvCTLEL0, core: 0, now: now, 1)
    #expect(timers.nextDeadline(core: 0, now: now) == 5010 * 16)
    // The EL2 virtual timer has no offset.
    timers.write(.cnthvTVALEL2, core: 0, now: now, 5)
    timers.write(.cnthvCTLEL2, core: 0, now: now, 1)
    #expect(timers.nextDeadline(core: 0, now: now) == 5005 * 16)
  }

  /// A virtual count that wraps ends the condition; the deadline says when.
  @Test func aWrappingVirtualCountEndsTheCondition() {
    let timers = GenericTimers(coreCount: 1)
    timers.write(.cntvoffEL2, core: 0, now: 0, 100)
    timers.write(.cntvCVALEL0, core: 0, now: 0, 1 << 63)
    timers.write(.cntvCTLEL0, core: 0, now: 0, 1)
    #expect(timers.read(.cntvCTLEL0, core: 0, now: 99 * 16) == 5)
    #expect(timers.nextDeadline(core: 0, now: 0) == 1600)
    #expect(timers.read(.cntvCTLEL0, core: 0, now: 1600) == 1)
    // The next one is beyond the end of virtual time.
    #expect(timers.nextDeadline(core: 0, now: 1600) == nil)
  }

  /// At every deadline an output changes, and at no instant before it.
  @Test func deadlinesAreExact() {
    var random = SeededRandom(seed: 3)
    for _ in 0..<60 {
      let timers = GenericTimers(coreCount: 1)
      timers.write(.cntvoffEL2, core: 0, now: 0, random.below(60))
      for (control, compare, _, _) in Self.timers {
        timers.write(compare, core: 0, now: 0, random.below(80))
        timers.write(control, core: 0, now: 0, random.below(4))
      }
      let gic = GIC(coreCount: 1)
      func output(_ count: UInt64) -> UInt64 {
        timers.update(core: 0, now: count * 16, gic: gic)
        return lines(gic, core: 0)
      }
      for count in 0..<150 as Range<UInt64> {
        let next = (count + 1..<300).first { output($0) != output(count) }
        #expect(timers.nextDeadline(core: 0, now: count * 16) == next.map { $0 * 16 })
      }
    }
  }

  @Test func resetValuesAreQEMUs() {
    let timers = GenericTimers(coreCount: 1)
    #expect(timers.read(.cntfrqEL0, core: 0, now: 0) == 62_500_000)
    #expect(timers.read(.cnthctlEL2, core: 0, now: 0) == 3)
    #expect(timers.read(.cntkctlEL1, core: 0, now: 0) == 0)
  }

  @Test func noValueStopsTheMachine() {
    var random = SeededRandom(seed: 5)
    let timers = GenericTimers(coreCount: 1)
    let gic = GIC(coreCount: 1)
    let registers = Array(SystemRegister.allCases)
    let extremes: [UInt64] = [0, 1, .max, 1 << 63, 1 << 31, 1 << 32]
    for _ in 0..<100_000 {
      let now = random.isOne(in: 2) ? random.next() : random.pick(extremes)
      let value = random.isOne(in: 2) ? random.next() : random.pick(extremes)
      timers.write(random.pick(registers), core: 0, now: now, value, offset: random.next())
      _ = timers.read(random.pick(registers), core: 0, now: now)
      timers.update(core: 0, now: now, gic: gic)
      if let deadline = timers.nextDeadline(core: 0, now: now) { #expect(deadline > now) }
    }
  }
}
