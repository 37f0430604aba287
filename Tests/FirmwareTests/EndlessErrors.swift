// A line of EL3's own entry or exit that is corrected at every use makes an SError that comes back before an
// instruction below is executed.

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

  /// A corrected SError that EL1 masks, so many ticks after the last.
  private func take(_ monitor: inout Monitor<FakePlatform>, after ticks: UInt64) -> MonitorAction {
    platform.registers[.cntpctEL0, default: 0] += ticks
    var error = DetectedError(state: .corrected, code: .externalMemoryData)
    error.address = ErrorAddress(PhysicalAddress(0x1080), isSecure: true)
    platform.records[1].record(error, feature: ErrorFeature(rawValue: 0), version: .v1p1)
    var context = LowerContext(elr: 0x40_1000, spsr: 0x1c5, esr: 0xbe00_1811, far: 0)
    return monitor.handle(slot: 11, core: 0, context: &context)
  }

  @Test func whatComesBackBeforeAnInstructionIsExecutedEndsTheRun() {
    var monitor = Monitor.forTests(platform)
    for _ in 0..<100 { #expect(take(&monitor, after: 700) == .resume) }
    for _ in 0..<15 { #expect(take(&monitor, after: 4) == .resume) }
    #expect(take(&monitor, after: 4) == .reset)
  }
}
