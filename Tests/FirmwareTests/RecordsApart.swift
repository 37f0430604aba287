// What tells two records apart, and what names the same unit in all of them.

import APEI
import Arm
import Firmware
import Testing

extension ErrorPath {
  /// By the time that the node has kept, or, where nobody has recorded anything, by a number of the report's.
  @Test(arguments: [true, false])
  func noTwoRecordsAreAlike(isRecorded: Bool) throws {
    let feature = ErrorFeature(rawValue: 0).with(ErrorFeature.ts, 1)
    platform.recordFeatures = [feature, feature]
    var monitor = Monitor.forTests(platform)
    var seen: Set<[UInt8]> = []
    var units: Set<String> = []
    for time in 0..<20 as Range<UInt64> {
      if isRecorded {
        var error = DetectedError(state: .recoverable, code: .externalMemoryData)
        error.address = ErrorAddress(PhysicalAddress(0x5000_0000), isSecure: false)
        error.timestamp = time
        platform.records[1].record(error, feature: feature, version: .v1p1)
      }
      var context = LowerContext(elr: 0x40_1000, spsr: 0, esr: 0x9200_0010, far: 0xffff_a000)
      platform.translations = [.stage1EL2: 0x5000_0000, .bothStagesEL1: 0x5000_0000]
      _ = monitor.handle(slot: 8, core: 0, context: &context)
      #expect(seen.insert(platform.bytes(region.block(0), 4096)).inserted)
      units.formUnion(try block().entries.compactMap(\.fruID).map { "\($0)" })
      acknowledge()
    }
    #expect(units.count == (isRecorded ? 2 : 20), "the core's and the memory's: \(units)")
  }
}
