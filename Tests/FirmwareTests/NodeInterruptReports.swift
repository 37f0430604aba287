// Errors that nodes tell of by interrupt: what EL3 reports of them, pages with too many, storms, and what it
// leaves to who was told in-band.

import APEI
import Arm
import Firmware
import Platform
import Testing

@Suite struct NodeInterruptReports {
  let platform = FakePlatform()
  let region = Monitor<FakePlatform>.testRegion
  let events = Monitor<FakePlatform>.testRegion.sources.events

  init() {
    platform.records = [ErrorRecord(), ErrorRecord()]
    let controls = ErrorFeature(rawValue: 0).with(ErrorFeature.ed, 0b10)
      .with(ErrorFeature.ui, 0b10).with(ErrorFeature.fi, 0b10).with(ErrorFeature.cfi, 0b10)
      .with(ErrorFeature.rp, 1)
    platform.recordFeatures = [
      controls.with(ErrorFeature.cec, 0b010),
      controls.with(ErrorFeature.cec, 0b100).with(ErrorFeature.ced, 1)
        .with(ErrorFeature.dfi, 0b10).with(ErrorFeature.dui, 0b10),
    ]
    platform.recordControls = [ErrorControl(rawValue: 1), ErrorControl(rawValue: 1)]
    platform.registers[.vbarEL2] = 0x2000
    platform.registers[.hcrEL2] = 1 << 34 | 1 << 27 | 1 << 31
  }

  private func start() -> Monitor<FakePlatform> {
    var monitor = Monitor.forTests(platform)
    monitor.begin(0, isAfterReset: true)
    return monitor
  }

  private func record(
    _ state: ErrorState, _ address: UInt64? = 0x5000_0040, in record: Int = 1,
    isTold: Bool = false, count: Int = 1
  ) {
    var error = DetectedError(state: state, code: .externalMemoryData)
    error.address = address.map { ErrorAddress(PhysicalAddress($0), isSecure: false) }
    error.hasInBandResponse = isTold
    for _ in 0..<count {
      platform.records[record].record(
        error, feature: platform.recordFeatures[record], version: .v1p1)
    }
  }

  @discardableResult
  private func interrupt(
    _ monitor: inout Monitor<FakePlatform>, _ interrupt: UInt32, core: Int = 0
  ) -> MonitorAction {
    platform.registers[.iccIAR0EL1] = UInt64(interrupt)
    var context = LowerContext(elr: 0x40_1000, spsr: 0x3c5, esr: 0, far: 0)
    defer { #expect((context.elr, context.spsr) == (0x40_1000, 0x3c5), "nothing is forged") }
    let action = monitor.handle(slot: 10, core: core, context: &context)
    #expect(platform.registers[.iccEOIR0EL1] == UInt64(interrupt))
    return action
  }

  private var time: UInt64 {
    get { platform.registers[.cntpctEL0, default: 0] }
    nonmutating set { platform.registers[.cntpctEL0] = newValue }
  }

  /// What is published, which is then acknowledged.
  private func take(_ source: Int? = nil) throws -> ErrorStatusBlock? {
    let source = source ?? events
    let bytes = platform.bytes(region.block(source), 4096)
    guard bytes[0] != 0 else { return nil }
    #expect(ErrorStatusBlockChecker().check(bytes) == [])
    platform.store32(PhysicalAddress(region.block(source)), 0)
    platform.store64(PhysicalAddress(region.acknowledgeLocation(source)), 1)
    return try ErrorStatusBlock.decode(bytes)
  }

  private func isOn(_ field: Field, _ record: Int = 1) -> Bool {
    platform.recordControls[record].isSet(field)
  }

  @Test func atTheStartTheNodesAreLetTellAndTheirInterruptsAreEL3s() {
    let monitor = start()
    #expect(monitor.retry.core == nil)
    #expect(platform.registers[.scrEL3, default: 0] & 1 << 2 != 0, "FIQ comes to EL3")
    #expect(platform.registers[.iccIGRPEN0EL1] == 1)
    for record in 0..<2 {
      #expect(isOn(ErrorControl.ui, record) && isOn(ErrorControl.cfi, record))
      #expect(!isOn(ErrorControl.fi, record))
    }
    #expect(isOn(ErrorControl.ced) && isOn(ErrorControl.dfi) && !isOn(ErrorControl.dui))
    #expect(platform.records[0].misc0 == 0x7F << 32 | 0x7F << 40, "the next error overflows it")
    let distributor = MemoryMap.gicDistributor
    #expect(platform.devices[distributor + 0x104] == 1 << 11)
    #expect(platform.devices[distributor + 0x6000 + 8 * 42] == 0)
    let ppis = MemoryMap.gicRedistributors + 0x1_0100
    #expect(platform.devices[ppis] == 1 << 17 | 1 << 18)
  }

  @Test func withoutNodesThatTellNothingChanges() {
    platform.recordFeatures = []
    platform.recordControls = []
    let monitor = start()
    #expect(platform.registers[.scrEL3, default: 0] & 1 << 2 == 0)
    #expect(monitor.retry.core == nil)
  }

  @Test(arguments: [ErrorState.corrected, .deferred, .restartable, .recoverable, .unrecoverable])
  func anInterruptIsReportedOnceAndNothingIsForged(_ state: ErrorState) throws {
    var monitor = start()
    record(state)
    interrupt(&monitor, state < .restartable ? Interrupt.memoryFault : Interrupt.memoryRecovery)
    let block = try #require(try take())
    #expect(block.severity == ErrorSeverity(state))
    #expect(block.entries.count == 2)
    #expect(
      block.entries[0].flags.contains(.latent) == (state == .deferred || state == .restartable))
    #expect(!platform.records[1].status.isSet(ErrorStatus.v))
    interrupt(&monitor, 1023 - 1000 + 19)  // nothing is left: somebody else was faster
    #expect(try take() == nil)
  }

  @Test func anUncontainedErrorIsToldAsFatalAndTheKernelDecides() throws {
    var monitor = start()
    record(.uncontainable)
    #expect(interrupt(&monitor, Interrupt.memoryRecovery) == .resume)
    #expect(try #require(try take()).severity == .fatal)
  }

  @Test func aPageWithTooManyErrorsIsSaidToBeOneOnceInAWindow() throws {
    var monitor = start()
    var flags: [Bool] = []
    for index in 0..<20 as Range<UInt64> {
      time += Clock.counterFrequency / 2
      record(.corrected, 0x5000_0000 + index % 3 * 64)
      interrupt(&monitor, Interrupt.memoryFault)
      // Another page does not count for it.
      let block = try #require(try take())
      flags.append(block.entries[0].flags.contains(.thresholdExceeded))
      record(.corrected, 0x6000_0000 + index * 0x1000)
      interrupt(&monitor, Interrupt.memoryFault)
      #expect(try #require(try take()).entries[0].flags.isDisjoint(with: .thresholdExceeded))
    }
    #expect(flags.firstIndex(of: true) == Int(CorrectedErrors.threshold) - 1)
    #expect(flags.filter { $0 }.count == 1)
  }

  @Test func whatTheCounterSaysCounts() throws {
    var monitor = start()
    record(.corrected, count: Int(CorrectedErrors.threshold))
    record(.corrected, 0x5100_0000, count: 2)
    interrupt(&monitor, Interrupt.memoryFault)
    let entry = try #require(try take()).entries[0]
    #expect(entry.flags.contains(.thresholdExceeded))
    #expect(entry.flags.contains(.overflow), "of two nobody knows where they were")
    #expect(platform.records[1].misc0 == 0)
  }

  @Test func anErrorOfTheCoresOwnFillsItsCounterAgain() throws {
    var monitor = start()
    record(.corrected, nil, in: 0)
    interrupt(&monitor, Interrupt.processorFault)
    #expect(try #require(try take()).entries.count == 2)
    #expect(platform.records[0].misc0 == 0x7F << 32 | 0x7F << 40)
  }

  @Test func aStormIsPolledAndItsEndIsSeen() throws {
    var monitor = start()
    var told = 0
    while isOn(ErrorControl.cfi), told < 100 {
      time += 1000
      record(.corrected)
      interrupt(&monitor, Interrupt.memoryFault)
      _ = try take()
      told += 1
    }
    #expect(told == Int(CorrectedErrors.mostInterrupts) + 1)
    #expect(platform.registers[.cntpsCTLEL1] == 1)
    // While it goes on, one report each look.
    for _ in 0..<3 {
      record(.corrected, count: 1000)
      time += Clock.counterFrequency / 10
      interrupt(&monitor, Interrupt.secureTimer)
      #expect(try #require(try take()).severity == .corrected)
      #expect(!isOn(ErrorControl.cfi))
      #expect(platform.registers[.cntpsCTLEL1] == 1)
    }
    // Few are no storm; what was found is reported all the same.
    record(.corrected, count: Int(CorrectedErrors.fewErrors) - 1)
    time += Clock.counterFrequency / 10
    interrupt(&monitor, Interrupt.secureTimer)
    #expect(try take() != nil)
    #expect(isOn(ErrorControl.cfi))
    #expect(platform.registers[.cntpsCTLEL1] == 0)
    #expect(monitor.retry.core == nil)
  }

  @Test func errorsAtALowRateAreNoStorm() throws {
    var monitor = start()
    for _ in 0..<100 {
      time += Clock.counterFrequency / 100
      record(.corrected)
      interrupt(&monitor, Interrupt.memoryFault)
      _ = try take()
    }
    #expect(isOn(ErrorControl.cfi))
  }

  @Test func anErrorThatACoreWasToldOfIsLeftToThatCore() throws {
    var monitor = start()
    record(.recoverable, isTold: true)
    interrupt(&monitor, Interrupt.memoryRecovery)
    #expect(try take() == nil)
    #expect(!isOn(ErrorControl.ui), "or it would come again at once")
    #expect(platform.registers[.cntpsCTLEL1] == 1)
    // The core comes.
    var context = LowerContext(elr: 0x40_1000, spsr: 0, esr: 0x9200_0010, far: 0xffff_a000)
    #expect(monitor.handle(slot: 8, core: 1, context: &context) == .resume)
    #expect(try take() == nil)
    let block = try #require(try take(1))
    #expect(block.severity == .recoverable)
    #expect(isOn(ErrorControl.ui))
    #expect(monitor.retry.core == 0, "the timer of another core cannot be stopped from here")
    time += Clock.counterFrequency / 500
    interrupt(&monitor, Interrupt.secureTimer)
    #expect(monitor.retry.core == nil)
    #expect(try take() == nil)
  }

  @Test func anErrorThatOnlyADeviceWasToldOfIsReportedAfterAWhile() throws {
    var monitor = start()
    record(.recoverable, isTold: true)
    interrupt(&monitor, Interrupt.memoryRecovery)
    time += Clock.counterFrequency / 500
    interrupt(&monitor, Interrupt.secureTimer)
    #expect(try #require(try take()).severity == .recoverable)
    #expect(isOn(ErrorControl.ui))
    #expect(monitor.retry.core == nil)
  }

  @Test func aLineThatIsUsedBeforeItWasAnnouncedIsToldOnce() throws {
    var monitor = start()
    // The block of events is taken.
    record(.corrected, 0x5100_0000)
    interrupt(&monitor, Interrupt.memoryFault)
    record(.restartable)
    interrupt(&monitor, Interrupt.memoryRecovery)
    record(.restartable, 0x5200_0000)
    interrupt(&monitor, Interrupt.memoryRecovery)
    #expect(monitor.errors.queue.waitingCount == 2)
    record(.recoverable, isTold: true)
    platform.translations[.stage1EL2] = 0x5000_0000
    var context = LowerContext(elr: 0x40_1000, spsr: 9, esr: 0x9600_0010, far: 0x40)
    #expect(monitor.handle(slot: 8, core: 0, context: &context) == .resume)
    #expect(try take(0) != nil)
    #expect(monitor.errors.queue.waitingCount == 1)
  }

  @Test func aCoreThatIsOffHandlesWhatWakesIt() throws {
    var monitor = start()
    record(.deferred)
    #expect(monitor.tendParked(0) == .resume)
    #expect(try #require(try take()).severity == .recoverable)
    record(.recoverable, isTold: true)
    #expect(monitor.tendParked(0) == .resume)
    #expect(try take() == nil)
    #expect(!isOn(ErrorControl.ui))
    time += Clock.counterFrequency / 500
    #expect(monitor.tendParked(0) == .resume)
    #expect(try take() != nil)
    #expect(isOn(ErrorControl.ui))
  }

  /// It has been told in-band, if at all, and takes nothing.
  @Test func aCoreThatIsOffLeavesItsOwnRecordToNobody() throws {
    var monitor = start()
    record(.restartable, in: 0, isTold: true)
    #expect(monitor.tendParked(0) == .resume)
    #expect(try #require(try take()).severity == .recoverable)
    #expect(isOn(ErrorControl.ui, 0))
    #expect(monitor.retry.core == nil)
  }

  @Test func aCoreThatIsOffAndHasLostEL3sMemoryGoesNoFurther() throws {
    var monitor = start()
    var error = DetectedError(state: .recoverable, code: .externalMemoryData)
    error.address = ErrorAddress(PhysicalAddress(MemoryMap.secureRAM), isSecure: true)
    platform.records[1].record(error, feature: platform.recordFeatures[1], version: .v1p1)
    #expect(monitor.tendParked(0) == .reset)
  }

  /// Each core sees a node of its own: none speaks for another's.
  @Test func aCoreWithoutErrorsDoesNotForgetAnothers() throws {
    var monitor = start()
    record(.recoverable, in: 0, isTold: true)
    interrupt(&monitor, Interrupt.processorRecovery, core: 1)
    #expect(!isOn(ErrorControl.ui, 0))
    let (record, control) = (platform.records[0], platform.recordControls[0])
    platform.records[0] = ErrorRecord()
    time += Clock.counterFrequency / 500
    interrupt(&monitor, Interrupt.secureTimer, core: 0)
    #expect(try take() == nil)
    (platform.records[0], platform.recordControls[0]) = (record, control)
    interrupt(&monitor, Interrupt.secureTimer, core: 1)
    #expect(try take() != nil)
    #expect(isOn(ErrorControl.ui, 0))
  }
}
