// What becomes of a report whose block is taken: it is an event, and EL3 comes back for it by a timer of
// its own until the operating system has acknowledged.

import APEI
import Arm
import Firmware
import Platform
import Testing

@Suite struct LateReports {
  let platform = FakePlatform()
  let region = Monitor<FakePlatform>.testRegion
  let events = Monitor<FakePlatform>.testRegion.sources.events

  init() {
    platform.records = [ErrorRecord(), ErrorRecord()]
    platform.registers[.vbarEL2] = 0x2000
    platform.registers[.hcrEL2] = 1 << 34 | 1 << 27 | 1 << 31
    platform.registers[.iccIAR0EL1] = UInt64(Interrupt.secureTimer)
  }

  private func abort(_ monitor: inout Monitor<FakePlatform>, _ address: UInt64, core: Int = 0) {
    var error = DetectedError(state: .recoverable, code: .externalMemoryData)
    error.address = ErrorAddress(PhysicalAddress(address), isSecure: false)
    platform.records[1].record(error, feature: ErrorFeature(rawValue: 0), version: .v1p1)
    var context = LowerContext(elr: 0x40_1000, spsr: 0, esr: 0x9200_0010, far: 0xffff_a000)
    #expect(monitor.handle(slot: 8, core: core, context: &context) == .resume)
  }

  /// The timer runs out.
  private func timer(_ monitor: inout Monitor<FakePlatform>, core: Int = 0) {
    var context = LowerContext(elr: 0x40_1000, spsr: 0x3c5, esr: 0, far: 0)
    #expect(monitor.handle(slot: 10, core: core, context: &context) == .resume)
    #expect((context.elr, context.spsr) == (0x40_1000, 0x3c5))
  }

  private var isTimerRunning: Bool { platform.registers[.cntpsCTLEL1] == 1 }
  private var isFIQRouted: Bool { platform.registers[.scrEL3, default: 0] & 1 << 2 != 0 }
  private var period: UInt64 { platform.registers[.cntpsTVALEL1, default: 0] }

  private func addresses(_ source: Int) throws -> [UInt64] {
    let bytes = platform.bytes(region.block(source), 4096)
    return try ErrorStatusBlock.decode(bytes).entries.compactMap {
      if case .memory(let section) = $0.payload { section.physicalAddress } else { nil }
    }
  }

  private func acknowledge(_ source: Int) {
    platform.store32(PhysicalAddress(region.block(source)), 0)
    platform.store64(PhysicalAddress(region.acknowledgeLocation(source)), 1)
  }

  @Test func nothingRunsWhileNothingWaits() throws {
    var monitor = Monitor.forTests(platform)
    abort(&monitor, 0x5000_0000)
    abort(&monitor, 0x5000_1000)  // an event
    #expect(!isTimerRunning && !isFIQRouted)
    #expect(try addresses(0) == [0x5000_0000])
    #expect(try addresses(events) == [0x5000_1000])
  }

  @Test func anAcknowledgementLeadsToTheNextReportWithoutAnotherEntry() throws {
    var monitor = Monitor.forTests(platform)
    for index in 0..<4 as Range<UInt64> { abort(&monitor, 0x5000_0000 + index * 0x1000) }
    #expect(isTimerRunning && isFIQRouted)
    #expect(platform.registers[.iccIGRPEN0EL1] == 1)
    for index in 2..<4 as Range<UInt64> {
      acknowledge(events)
      timer(&monitor)
      #expect(try addresses(events) == [0x5000_0000 + index * 0x1000])
      #expect(platform.registers[.iccEOIR0EL1] == UInt64(Interrupt.secureTimer))
    }
    #expect(!isTimerRunning && !isFIQRouted)
    #expect(platform.registers[.iccIGRPEN0EL1] == 0)
  }

  @Test func whoDoesNotAcknowledgeIsAskedLessAndLessAndThenNoMore() {
    var monitor = Monitor.forTests(platform)
    for index in 0..<3 as Range<UInt64> { abort(&monitor, 0x5000_0000 + index * 0x1000) }
    var periods: [UInt64] = []
    while isTimerRunning, periods.count < 100 {
      periods.append(period)
      timer(&monitor)
    }
    #expect(periods == (0...13).map { (Clock.counterFrequency / 10_000) << UInt64($0) })
    #expect(!isFIQRouted)
    // A new report is asked for anew.
    abort(&monitor, 0x5000_8000)
    #expect(isTimerRunning && period == Clock.counterFrequency / 10_000)
  }

  @Test func oneCoreKeepsTheTimer() {
    var monitor = Monitor.forTests(platform)
    for index in 0..<3 as Range<UInt64> { abort(&monitor, 0x5000_0000 + index * 0x1000) }
    #expect(monitor.retry.core == 0)
    platform.registers[.cntpsCTLEL1] = 0  // the other core's own
    abort(&monitor, 0x5000_4000, core: 1)  // its block is free
    abort(&monitor, 0x5000_5000, core: 1)
    #expect(!isTimerRunning)
    #expect(monitor.retry.core == 0)
  }

  @Test func aParkedCoreKeepsLooking() throws {
    var monitor = Monitor.forTests(platform)
    for index in 0..<3 as Range<UInt64> { abort(&monitor, 0x5000_0000 + index * 0x1000) }
    platform.registers[.iccIGRPEN0EL1] = 1  // SecureGIC.enableWake
    _ = monitor.tendParked(0)
    #expect(isTimerRunning)
    platform.registers[.cntpsCTLEL1] = 0b101  // ISTATUS
    _ = monitor.tendParked(0)
    #expect(isTimerRunning)
    acknowledge(events)
    platform.registers[.cntpsCTLEL1] = 0b101
    _ = monitor.tendParked(0)
    #expect(try addresses(events) == [0x5000_2000])
    #expect(!isTimerRunning && !isFIQRouted)
    #expect(platform.registers[.iccIGRPEN0EL1] == 1)
  }

  @Test func anInterruptThatIsNotTheTimersIsDeactivatedAndForgotten() {
    var monitor = Monitor.forTests(platform)
    platform.registers[.iccIAR0EL1] = 15
    timer(&monitor)
    #expect(platform.registers[.iccEOIR0EL1] == 15)
    platform.registers[.iccIAR0EL1] = 1023
    timer(&monitor)
    #expect(platform.registers[.iccEOIR0EL1] == 15)
  }

  @Test func theSeventeenthReportThatWaitsIsLostAndTheNextSaysSo() throws {
    var monitor = Monitor.forTests(platform)
    for index in 0..<19 as Range<UInt64> { abort(&monitor, 0x5000_0000 + index * 0x1000) }
    #expect(monitor.errors.queue.waitingCount == 16)
    acknowledge(0)
    // Its own block is free: it goes there, whatever waits.
    abort(&monitor, 0x5010_0000)
    #expect(try addresses(0) == [0x5010_0000])
    #expect(monitor.errors.queue.waitingCount == 16)
    acknowledge(events)
    timer(&monitor)
    let bytes = platform.bytes(region.block(events), 4096)
    #expect(try ErrorStatusBlock.decode(bytes).entries.contains { $0.flags.contains(.overflow) })
  }
}
