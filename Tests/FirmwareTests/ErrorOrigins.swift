// Reports that no core took an exception for, and what an origin alone says.

import APEI
import Arm
import Firmware
import Platform
import Testing

@Suite struct ErrorOrigins {
  let platform = FakePlatform()
  let region = Monitor<FakePlatform>.testRegion

  init() { platform.records = [ErrorRecord(), ErrorRecord()] }

  private func record(
    _ state: ErrorState, address: UInt64? = 0x5000_0040, isSecure: Bool = false, in record: Int = 1
  ) {
    var error = DetectedError(state: state, code: .externalMemoryData)
    error.address = address.map { ErrorAddress(PhysicalAddress($0), isSecure: isSecure) }
    platform.records[record].record(error, feature: ErrorFeature(rawValue: 0), version: .v1p1)
  }

  private func report(_ origin: ErrorOrigin) -> (ErrorReporter.Outcome, ErrorReporter) {
    var monitor = Monitor.forTests(platform)
    let outcome = monitor.errors.report(
      platform, origin, line: nil, core: 1, features: platform.features)
    monitor.errors.publishWaiting(platform, platform.features)
    return (outcome, monitor.errors)
  }

  private func block(_ source: Int) throws -> ErrorStatusBlock {
    let bytes = platform.bytes(region.block(source), 4096)
    #expect(ErrorStatusBlockChecker().check(bytes) == [])
    return try ErrorStatusBlock.decode(bytes)
  }

  @Test(arguments: [ErrorState.corrected, .deferred, .restartable, .recoverable, .unrecoverable])
  func anInterruptIsReportedToTheEventsWithoutAConsumer(_ state: ErrorState) throws {
    record(state)
    #expect(report(.interrupt(17)).0 == .reported)
    let block = try block(region.sources.events)
    #expect(block.entries.count == 2)
    #expect(block.severity == ErrorSeverity(state))
    guard case .memory(let section)? = block.entries.first?.payload else {
      Issue.record("no memory section")
      return
    }
    #expect(section.physicalAddress == 0x5000_0040)
    #expect(section.requestor == nil)
    let pending = MemoryMap.gicDistributor + 0x200 + UInt64(Interrupt.errorEvent / 32) * 4
    #expect(platform.devices[pending] == 1 << UInt64(Interrupt.errorEvent % 32))
    // A cleared record: the interrupt's line falls.
    #expect(!platform.records[1].status.isSet(ErrorStatus.v))
  }

  @Test func anInterruptOfTheCoresOwnNodeIsAProcessorSection() throws {
    record(.corrected, in: 0)
    #expect(report(.interrupt(17)).0 == .reported)
    let entries = try block(region.sources.events).entries
    guard case .processor(let section)? = entries.first?.payload else {
      Issue.record("no processor section")
      return
    }
    #expect(section.information.first?.virtualAddress == nil)
    #expect(section.information.first?.detail.map { $0 >> 16 & 0b11_1111 } == 0b10)
    #expect(entries.first?.severity == .corrected)
  }

  @Test func aRecordThatNamesNoMemoryIsReportedWithoutAnAddress() throws {
    for (address, isSecure) in [(nil, false), (0x0e00_1000, true)] as [(UInt64?, Bool)] {
      record(.recoverable, address: address, isSecure: isSecure)
      #expect(report(.interrupt(17)).0 == (isSecure ? .firmwareLost : .reported))
      let entries = try block(region.sources.events).entries
      guard case .memory(let section)? = entries.first?.payload else {
        Issue.record("no memory section")
        return
      }
      #expect(entries.count == 2)
      #expect(section.physicalAddress == nil && section.physicalAddressMask == nil)
    }
  }

  @Test func anInterruptWithoutARecordIsNothing() {
    #expect(report(.interrupt(17)).0 == .notRecorded)
  }

  @Test func whatARunBeforeHasLeftStopsNobodyAndHasNoPreciseTime() throws {
    record(.uncontainable)
    #expect(report(.leftOver).0 == .reported)
    let block = try block(region.sources.events)
    #expect(block.severity == .recoverable)
    #expect(block.entries.allSatisfy { $0.timestamp?.isPrecise == false })
    record(.uncontainable)
    #expect(report(.interrupt(17)).0 == .fatal)
  }

  @Test func aLossIsToldByTheFirstSection() throws {
    platform.records = [ErrorRecord](repeating: ErrorRecord(), count: 6)
    for index in 1..<6 { record(.deferred, address: 0x5000_0000 + UInt64(index) * 64, in: index) }
    #expect(report(.interrupt(17)).0 == .reported)
    let entries = try block(region.sources.events).entries
    #expect(entries.count == 7)
    #expect(entries.indices.allSatisfy { entries[$0].flags.contains(.overflow) == ($0 == 0) })
  }

  @Test func theSyndromeSaysWhatStateTheCoreIsIn() {
    let states: [(UInt64, ErrorState?)] = [
      (0x9200_0010, .recoverable), (0x9200_1010, .uncontainable), (0x9200_1810, .restartable),
      (0x8200_1010, .uncontainable), (0x9200_0810, nil),
      // SET is not valid on a walk.
      (0x9200_1016, nil), (0xbe00_0011, .uncontainable), (0xbe00_0411, .unrecoverable),
      (0xbe00_0811, .restartable), (0xbe00_0c11, .recoverable), (0xbe00_1811, .corrected),
      (0xbe00_0000, nil), (0xbf00_0c11, nil), (0x5e00_0000, nil),
    ]
    for (syndrome, state) in states {
      let isLost = state == .uncontainable || state == .unrecoverable
      let value = Syndrome(rawValue: syndrome)
      #expect(ErrorOrigin.abort(value, faultAddress: 0).isCoreLost == isLost)
      #expect(ErrorOrigin.systemError(value, isMasked: true).isCoreLost == isLost)
    }
    #expect(!ErrorOrigin.interrupt(17).isCoreLost && !ErrorOrigin.leftOver.isCoreLost)
  }
}
