// What a reset has left in the error records is told once, as an error of which nobody knows the time.

import APEI
import Arm
import Firmware
import Platform
import Testing

@Suite struct LeftOverErrors {
  let platform = FakePlatform()
  let region = Monitor<FakePlatform>.testRegion
  let events = Monitor<FakePlatform>.testRegion.sources.events

  init() { platform.records = [ErrorRecord(), ErrorRecord()] }

  private func plant(_ address: UInt64, _ state: ErrorState = .recoverable, in record: Int = 1) {
    var error = DetectedError(state: state, code: .externalMemoryData)
    error.address = ErrorAddress(PhysicalAddress(address), isSecure: false)
    platform.records[record].record(error, feature: ErrorFeature(rawValue: 0), version: .v1p1)
  }

  private func addresses(_ block: ErrorStatusBlock) -> [UInt64] {
    block.entries.compactMap {
      if case .memory(let section) = $0.payload { section.physicalAddress } else { nil }
    }
  }

  @Test func whatAResetLeftIsAnEventThatStopsNobody() throws {
    for state in ErrorState.allCases {
      var monitor = Monitor.forTests(platform)
      platform.records = [ErrorRecord(), ErrorRecord()]
      plant(0x5000_0040, state)
      plant(0x5000_0040, state, in: 0)
      monitor.begin(0, isAfterReset: true)
      #expect(platform.records.allSatisfy { !$0.status.isSet(ErrorStatus.v) })
      let block = try ErrorStatusBlock.decode(platform.bytes(region.block(events), 4096))
      #expect(block.severity == (state == .corrected ? .corrected : .recoverable))
      #expect(block.entries.allSatisfy { $0.timestamp?.isPrecise == false })
      #expect(addresses(block) == [0x5000_0040])
    }
  }

  @Test func aCoreThatIsTurnedOnAsksItsOwnRecordAlone() {
    var monitor = Monitor.forTests(platform)
    plant(0x5000_0040)
    monitor.begin(1, isAfterReset: false)
    #expect(platform.records[1].status.isSet(ErrorStatus.v))
    plant(0x5000_0040, in: 0)
    monitor.begin(1, isAfterReset: false)
    #expect(platform.records.allSatisfy { !$0.status.isSet(ErrorStatus.v) })
  }

  @Test func whereErrorsAreLeftBelowNobodyIsTold() throws {
    var monitor = Monitor.forTests(platform)
    monitor.leavesErrorsBelow = true
    plant(0x5000_0040, .uncontainable)
    monitor.begin(0, isAfterReset: true)
    #expect(!platform.records[1].status.isSet(ErrorStatus.v))
    #expect(platform.load32(PhysicalAddress(region.block(events))) == 0)
  }
}
