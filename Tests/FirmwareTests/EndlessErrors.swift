// Corrected errors that come with every instruction. A line of EL3's own entry or exit makes an SError that comes
// back before an instruction below is executed; a line of the levels below may leave them no time but for
// SErrors.

import Arm
import Firmware
import Platform
import Testing

@Suite struct EndlessErrors {
  let platform = FakePlatform()

  init() {
    platform.records = [ErrorRecord(), ErrorRecord()]
    platform.registers[.hcrEL2] = 1 << 31
  }

  /// A corrected SError that EL1 masks, or does not, so many ticks after the last.
  private func take(
    _ monitor: inout Monitor<FakePlatform>, after ticks: UInt64, isSecure: Bool = true,
    hasAddress: Bool = true, isRecorded: Bool = true, record: Int = 1, spsr: UInt64 = 0x1c5,
    x9: UInt64 = 0
  ) -> (action: MonitorAction, isForged: Bool) {
    platform.registers[.cntpctEL0, default: 0] += ticks
    var error = DetectedError(state: .corrected, code: .externalMemoryData)
    if hasAddress {
      error.address = ErrorAddress(PhysicalAddress(0x4000_1080), isSecure: isSecure)
    }
    if isRecorded {
      platform.records[record].record(error, feature: ErrorFeature(rawValue: 0), version: .v1p1)
    }
    var context = LowerContext(elr: 0x40_1000, spsr: spsr, esr: 0xbe00_1811, far: 0)
    context.x[9] = x9
    let action = monitor.handle(slot: 11, core: 0, context: &context)
    return (action, context.elr != 0x40_1000)
  }

  @Test func whatComesBackBeforeAnInstructionIsExecutedEndsTheRun() {
    var monitor = Monitor.forTests(platform)
    for _ in 0..<100 { #expect(take(&monitor, after: 700).action == .resume) }
    for _ in 0..<15 { #expect(take(&monitor, after: 4).action == .resume) }
    #expect(take(&monitor, after: 4).action == .reset)
  }

  /// A loop of a few instructions, in a line of its own, comes back to the same place as soon. Meanwhile EL3's
  /// own line is still found.
  @Test func aShortLoopBelowIsNotEL3sError() {
    var monitor = Monitor.forTests(platform)
    let most = Int(CorrectedErrors.mostInterrupts) + 1
    for number in 0..<100 {
      let (action, isForged) = take(&monitor, after: 4, isSecure: false, spsr: 0x5)
      #expect(action == .resume)
      #expect(isForged == (number < most))
    }
    let resets = (0..<40).map { _ in take(&monitor, after: 4, spsr: 0x5).action == .reset }
    #expect(resets.contains(true))
  }

  /// A loop that reads line after line of which the records say no address: it gets on, as its registers show.
  @Test(arguments: [0x5, 0x1c5] as [UInt64])
  func aLoopThatGetsOnIsNotEL3sError(spsr: UInt64) {
    var monitor = Monitor.forTests(platform)
    for number in 0..<100_000 as Range<UInt64> {
      let action = take(&monitor, after: 4, hasAddress: false, spsr: spsr, x9: number).action
      guard action == .resume else {
        Issue.record("\(action) at \(number)")
        return
      }
    }
  }

  /// Without an address and without a register that changes it may be one of theirs that waits, but not for long.
  @Test func whereNobodyKnowsTheLineItTakesLonger() {
    var monitor = Monitor.forTests(platform)
    let first = (0..<100_000).first { _ in
      take(&monitor, after: 4, hasAddress: false).action == .reset
    }
    #expect(first == 1 << 16)
  }

  /// Another core has read and cleared the record that both share.
  @Test func withoutARecordNothingIsKnown() {
    var monitor = Monitor.forTests(platform)
    for _ in 0..<100_000 {
      #expect(take(&monitor, after: 4, isRecorded: false).action == .resume)
    }
  }

  /// The seventeenth within 0.1 s is the last that is told: those that follow stay in the record, for EL3's
  /// timer.
  @Test func manyCorrectedErrorsAreOnlyCounted() {
    var monitor = Monitor.forTests(platform)
    let most = Int(CorrectedErrors.mostInterrupts) + 1
    for number in 0..<100 {
      // EL1, which masks nothing.
      let (action, isForged) = take(&monitor, after: 1000, isSecure: false, spsr: 0x5)
      #expect(action == .resume)
      #expect(isForged == (number < most))
      #expect(platform.records[1].status.isSet(ErrorStatus.v) == !isForged)
    }
    #expect(monitor.errors.corrected.pollTime != nil)
    // What the core's own node says is no part of that.
    #expect(take(&monitor, after: 1000, isSecure: false, record: 0, spsr: 0x5).isForged)
    // Nor is any other SError.
    var context = LowerContext(elr: 0x40_1000, spsr: 0x5, esr: 0xbe00_0c11, far: 0)
    #expect(monitor.handle(slot: 11, core: 0, context: &context) == .resume)
    #expect(context.elr != 0x40_1000)
  }
}
