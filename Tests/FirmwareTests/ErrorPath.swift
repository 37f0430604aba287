// From an abort to a record the operating system can read, and what happens while it does not read.

import APEI
import Arm
import Firmware
import Platform
import Testing

extension Monitor where P == FakePlatform {
  /// The region of a board of two cores in the tests.
  static var testRegion: ErrorRegion {
    ErrorRegion(base: 0x7fe8_0000, sources: ErrorSourceTable(coreCount: 2))
  }

  /// A monitor whose operating system has acknowledged everything.
  static func forTests(_ platform: FakePlatform) -> Monitor<FakePlatform> {
    for source in 0..<testRegion.sourceCount {
      platform.store64(PhysicalAddress(testRegion.acknowledgeLocation(source)), 1)
    }
    return Monitor(
      platform,
      power: PowerState(
        coreCount: 2, ram: 0x4000_0000..<0x8000_0000, reserved: 0x7fe0_0000..<0x7fe2_0000),
      errors: ErrorReporter(
        region: testRegion, clock: FirmwareClock(seconds: 1000, count: 0),
        reports: platform.reports),
      features: platform.features)
  }
}

@Suite struct ErrorPath {
  let platform = FakePlatform()
  let region = Monitor<FakePlatform>.testRegion

  init() {
    platform.records = [ErrorRecord(), ErrorRecord()]
    platform.registers[.vbarEL2] = 0x2000
    platform.registers[.vbarEL1] = 0x1000
    platform.registers[.hcrEL2] = 1 << 34 | 1 << 27 | 1 << 31  // a VHE host
  }

  /// The memory node records an error.
  func plant(
    _ state: ErrorState = .recoverable, address: UInt64? = 0x5000_0040, isSecure: Bool = false,
    record: Int = 1
  ) {
    var error = DetectedError(state: state, code: .externalMemoryData)
    error.address = address.map { ErrorAddress(PhysicalAddress($0), isSecure: isSecure) }
    error.hasInBandResponse = true
    platform.records[record].record(
      error, feature: ErrorFeature(rawValue: 0), version: .v1p1)
  }

  func abort() -> LowerContext {
    LowerContext(elr: 0x40_1000, spsr: 0, esr: 0x9200_0010, far: 0xffff_a000)
  }

  func block(_ source: Int = 0) throws -> ErrorStatusBlock {
    try ErrorStatusBlock.decode(platform.bytes(region.block(source), 4096))
  }

  func acknowledge(_ source: Int = 0) {
    platform.store32(PhysicalAddress(region.block(source)), 0)
    platform.store64(PhysicalAddress(region.acknowledgeLocation(source)), 1)
  }

  func memorySections(_ block: ErrorStatusBlock) -> [MemorySection] {
    block.entries.compactMap { if case .memory(let section) = $0.payload { section } else { nil } }
  }

  @Test func anAbortWithARecordIsPublishedClearedAndForged() throws {
    var monitor = Monitor.forTests(platform)
    plant()
    var context = abort()
    #expect(monitor.handle(slot: 8, core: 0, context: &context) == .resume)
    #expect(context.elr == 0x2400)
    #expect(platform.registers[.esrEL2] == 0x9200_0010)
    #expect(platform.registers[.farEL2] == 0xffff_a000)
    #expect(!platform.records[1].status.isSet(ErrorStatus.v))
    #expect(!platform.hasUsedStaleSelection)
    let block = try block()
    #expect(block.blockStatus & 0xf == 1)
    #expect(block.severity == .recoverable)
    #expect(block.statedEntryCount == block.entries.count)
    let sections = memorySections(block)
    #expect(sections.count == 1)
    #expect(sections.first?.physicalAddress == 0x5000_0040)
    guard case .processor(let processor)? = block.entries.first?.payload else {
      Issue.record("the processor section is not first")
      return
    }
    #expect(processor.section.mpidr == 0)
    #expect(processor.section.midr == 0x414f_d0c1)
    #expect(processor.information.first?.virtualAddress == 0xffff_a000)
    #expect(block.entries.allSatisfy { $0.timestamp?.year == 1970 })
    #expect(platform.load64(PhysicalAddress(region.acknowledgeLocation(0))) == 0)
  }

  @Test func blockStatusIsStoredLastBehindABarrier() {
    var monitor = Monitor.forTests(platform)
    plant()
    platform.isRecording = true
    var context = abort()
    _ = monitor.handle(slot: 8, core: 0, context: &context)
    let start = region.block(0)
    let isBody: (FakePlatform.Event) -> Bool = {
      if case .store(let address, _) = $0 {
        address > start && address < start + 4096
      } else {
        false
      }
    }
    let isStatus: (FakePlatform.Event) -> Bool = {
      if case .store(start, let value) = $0 { value != 0 } else { false }
    }
    let isAcknowledge: (FakePlatform.Event) -> Bool = {
      if case .store(let address, _) = $0 {
        address == region.acknowledgeLocation(0)
      } else {
        false
      }
    }
    guard let lastBody = platform.events.lastIndex(where: isBody),
      let status = platform.events.firstIndex(where: isStatus),
      let acknowledge = platform.events.firstIndex(where: isAcknowledge)
    else {
      Issue.record("nothing was published")
      return
    }
    #expect(acknowledge < status)
    #expect(lastBody < status)
    #expect(platform.events[lastBody..<status].contains(.barrier))
    #expect(platform.events.filter(isStatus).count == 1)
    #expect(platform.events[status...].contains(.barrier))
  }

  @Test func withoutARecordTheAbortIsForgedAndNothingPublished() throws {
    var monitor = Monitor.forTests(platform)
    var context = abort()
    #expect(monitor.handle(slot: 8, core: 0, context: &context) == .resume)
    #expect(context.elr == 0x2400)
    #expect(try block().blockStatus == 0)
    #expect(platform.load64(PhysicalAddress(region.acknowledgeLocation(0))) == 1)
  }

  @Test func anUnreadBlockIsNeverTouched() throws {
    var monitor = Monitor.forTests(platform)
    plant(address: 0x5000_0000)
    var context = abort()
    _ = monitor.handle(slot: 8, core: 0, context: &context)
    let before = platform.bytes(region.block(0), 4096)
    plant(address: 0x5000_1000)
    context = abort()
    _ = monitor.handle(slot: 8, core: 0, context: &context)
    #expect(platform.bytes(region.block(0), 4096) == before)
    // It is an event now.
    let events = region.sources.events
    #expect(memorySections(try block(events)).first?.physicalAddress == 0x5000_1000)
    plant(address: 0x5000_2000)
    context = abort()
    _ = monitor.handle(slot: 8, core: 0, context: &context)
    #expect(platform.bytes(region.block(0), 4096) == before)
    #expect(monitor.errors.queue.waitingCount == 1)
    // The kernel clears BlockStatus, but has not acknowledged yet.
    platform.store32(PhysicalAddress(region.block(events)), 0)
    smc(&monitor)
    #expect(try block(events).blockStatus == 0)
    acknowledge(events)
    smc(&monitor)
    #expect(memorySections(try block(events)).first?.physicalAddress == 0x5000_2000)
    #expect(monitor.errors.queue.waitingCount == 0)
  }

  func smc(_ monitor: inout Monitor<FakePlatform>) {
    var context = LowerContext(elr: 0, spsr: 0x3c9, esr: 0x5e00_0000, far: 0)
    context.x[0] = UInt64(PSCI.version)
    _ = monitor.handle(slot: 8, core: 1, context: &context)
    #expect(context.x[0] == 0x1_0001)
  }

  @Test func eachCoreHasABlockOfItsOwn() throws {
    var monitor = Monitor.forTests(platform)
    plant(address: 0x5000_0000)
    var context = abort()
    _ = monitor.handle(slot: 8, core: 0, context: &context)
    plant(address: 0x5000_1000)
    context = abort()
    _ = monitor.handle(slot: 8, core: 1, context: &context)
    #expect(memorySections(try block(0)).first?.physicalAddress == 0x5000_0000)
    #expect(memorySections(try block(1)).first?.physicalAddress == 0x5000_1000)
  }

  @Test func reportsComeInOrderAndOverflowIsMarked() throws {
    var monitor = Monitor.forTests(platform)
    let total = 2 + ErrorReports.capacity + 3
    for index in 0..<total {
      plant(address: 0x5000_0000 + UInt64(index) * 0x1000)
      var context = abort()
      #expect(monitor.handle(slot: 8, core: 0, context: &context) == .resume)
      #expect(!platform.records[1].status.isSet(ErrorStatus.v))
    }
    #expect(memorySections(try block()).first?.physicalAddress == 0x5000_0000)
    var addresses: [UInt64] = []
    var marked: [Bool] = []
    for _ in 0..<total {
      let block = try block(region.sources.events)
      guard block.blockStatus != 0 else { break }
      addresses.append(memorySections(block).first?.physicalAddress ?? 0)
      marked.append(block.entries.contains { $0.flags.contains(.overflow) })
      acknowledge(region.sources.events)
      smc(&monitor)
    }
    #expect(addresses == (0...ErrorReports.capacity).map { 0x5000_1000 + UInt64($0) * 0x1000 })
    #expect(marked.filter { $0 }.count == 1)
  }

  @Test func anErrorThatArrivesWhileARecordIsClearedIsReported() throws {
    var monitor = Monitor.forTests(platform)
    plant(address: 0x5000_0000)
    var arrivals = 1
    platform.beforeClearing = { platform in
      guard arrivals > 0 else { return }
      arrivals -= 1
      var error = DetectedError(state: .recoverable, code: .externalMemoryData)
      error.address = ErrorAddress(PhysicalAddress(0x5000_2000), isSecure: false)
      platform.records[1].record(error, feature: ErrorFeature(rawValue: 0), version: .v1p1)
    }
    var context = abort()
    _ = monitor.handle(slot: 8, core: 0, context: &context)
    #expect(!platform.records[1].status.isSet(ErrorStatus.v))
    let block = try block()
    #expect(block.entries.contains { $0.flags.contains(.overflow) })
  }

  @Test func aStormInOneRecordDoesNotHoldTheFirmware() {
    var monitor = Monitor.forTests(platform)
    plant()
    platform.beforeClearing = { platform in
      var status = platform.records[1].status
      status[ErrorStatus.of] ^= 1
      platform.records[1].status = status
    }
    var context = abort()
    #expect(monitor.handle(slot: 8, core: 0, context: &context) == .resume)
  }

  @Test func theHighestStateDecidesTheSeverity() throws {
    for (state, severity) in [
      (ErrorState.deferred, ErrorSeverity.recoverable), (.restartable, .recoverable),
      (.recoverable, .recoverable), (.unrecoverable, .fatal),
    ] {
      var monitor = Monitor.forTests(platform)
      plant(.corrected)
      plant(state)
      var context = abort()
      #expect(monitor.handle(slot: 8, core: 0, context: &context) == .resume)
      #expect(try block().severity == severity)
      acknowledge()
    }
  }

  @Test func anUncontainableErrorIsForgedForTheKernelToPanicWithItsRecord() throws {
    var monitor = Monitor.forTests(platform)
    plant(.uncontainable)
    var context = abort()
    #expect(monitor.handle(slot: 8, core: 0, context: &context) == .resume)
    #expect(context.elr == 0x2400)
    #expect(try block().severity == .fatal)
  }

  @Test func anUncontainableSyndromeIsFatalEvenWithoutARecord() throws {
    var monitor = Monitor.forTests(platform)
    var context = abort()
    context.esr = 0x9200_1010  // SET = UC
    #expect(monitor.handle(slot: 8, core: 0, context: &context) == .resume)
    #expect(platform.registers[.esrEL2] == 0x9200_1010)
    #expect(try block().severity == .fatal)
  }

  @Test func aFatalSErrorIsForgedWhereItCanBeTakenAndResetsWhereItIsMasked() throws {
    for (masked, action) in [(false, MonitorAction.resume), (true, .reset)] {
      var monitor = Monitor.forTests(platform)
      plant(.uncontainable)
      // From the host's kernel, EL2h.
      var context = LowerContext(
        elr: 0x500, spsr: masked ? 0x109 : 0x009, esr: 0xbe00_0011, far: 0)
      platform.registers[.hcrEL2] = 1 << 34 | 1 << 27 | 1 << 31
      #expect(monitor.handle(slot: 11, core: 0, context: &context) == action)
      #expect(context.elr == (masked ? 0x500 : 0x2380))
      #expect(try block(2).severity == .fatal)
      acknowledge(2)
    }
  }

  @Test func anErrorOfSecureMemoryIsEL3sOwnUnlessItIsCorrected() throws {
    for (state, action) in [
      (ErrorState.restartable, MonitorAction.reset), (.recoverable, .reset), (.corrected, .resume),
    ] {
      for slot in [8, 11] as [UInt64] {
        var monitor = Monitor.forTests(platform)
        plant(state, address: 0x0e00_1000, isSecure: true)
        var context =
          slot == 8 ? abort() : LowerContext(elr: 0x500, spsr: 0x009, esr: 0xbe00_0811, far: 0)
        #expect(monitor.handle(slot: slot, core: 0, context: &context) == action)
        for source in 0..<3 { acknowledge(source) }
      }
    }
  }

  /// EL2's own vector is what cannot be fetched: it would be told for ever.
  @Test func anAbortOfTheVectorThatItWouldGoToResets() {
    platform.registers[.hcrEL2] = 0
    platform.registers[.vbarEL2] = 0x8000
    for (elr, esr, action) in [
      (0x8200, 0x8600_0010, .reset), (0x8280, 0x8600_0010, .resume), (0x8200, 0x9600_0010, .resume),
    ] as [(UInt64, UInt64, MonitorAction)] {
      var monitor = Monitor.forTests(platform)
      var context = LowerContext(elr: elr, spsr: 0x3c9, esr: esr, far: elr)
      #expect(monitor.handle(slot: 8, core: 0, context: &context) == action)
      #expect(context.elr == 0x8200)
    }
  }

  @Test func aSecureAddressIsNotDisclosed() throws {
    var monitor = Monitor.forTests(platform)
    plant(.corrected, address: 0x0e00_1000, isSecure: true)
    plant(.corrected, address: 0x0e00_1000, isSecure: true, record: 0)
    var context = abort()
    _ = monitor.handle(slot: 8, core: 0, context: &context)
    let block = try block()
    #expect(memorySections(block).isEmpty)
    guard case .processor(let processor)? = block.entries.first?.payload else {
      Issue.record("no processor section")
      return
    }
    #expect(processor.information.first?.physicalAddress == nil)
  }

  @Test func oneAddressInTwoRecordsIsOneMemorySection() throws {
    var monitor = Monitor.forTests(platform)
    plant(record: 0)
    plant(record: 1)
    var context = abort()
    _ = monitor.handle(slot: 8, core: 0, context: &context)
    #expect(memorySections(try block()).count == 1)
  }

  @Test func anSErrorIsReportedThroughTheEventDeviceAndForged() throws {
    var monitor = Monitor.forTests(platform)
    plant()
    var context = abort()
    context.esr = 0xbe00_0c11  // AET = UER
    #expect(monitor.handle(slot: 11, core: 0, context: &context) == .resume)
    #expect(context.elr == 0x2580)
    #expect(memorySections(try block(2)).first?.physicalAddress == 0x5000_0040)
    let pending = MemoryMap.gicDistributor + 0x200 + UInt64(Interrupt.errorEvent / 32) * 4
    #expect(platform.devices[pending] == 1 << UInt64(Interrupt.errorEvent % 32))
  }

  @Test func aMaskedSErrorThatHarmedNothingIsOnlyReported() throws {
    platform.registers[.hcrEL2] = 1 << 31
    var monitor = Monitor.forTests(platform)
    plant(.corrected)
    var context = abort()
    context.esr = 0xbe00_1811  // AET = CE
    context.spsr = 0x1c5  // EL1h, A set
    let before = (context.elr, context.spsr)
    #expect(monitor.handle(slot: 11, core: 0, context: &context) == .resume)
    #expect((context.elr, context.spsr) == before)
    #expect(try block(2).severity != nil)
  }

  @Test func anSErrorIsInTheSourceOfItsCoreUnlessItIsMasked() throws {
    for (isMasked, core, source) in [(false, 0, 2), (false, 1, 3), (true, 1, 4)] {
      var sources = ErrorSourceTable(coreCount: 2)
      sources.insert(.systemError)
      let region = ErrorRegion(base: 0x7fe8_0000, sources: sources)
      for source in 0..<region.sourceCount {
        platform.store64(PhysicalAddress(region.acknowledgeLocation(source)), 1)
        platform.store32(PhysicalAddress(region.block(source)), 0)
      }
      platform.registers[.hcrEL2] = 1 << 31
      var monitor = Monitor.forTests(platform)
      monitor.errors = ErrorReporter(
        region: region, clock: FirmwareClock(seconds: 1000, count: 0), reports: platform.reports)
      plant(.restartable)
      var context = abort()
      context.esr = 0xbe00_0811
      context.spsr = isMasked ? 0x1c5 : 0xc5
      #expect(monitor.handle(slot: 11, core: core, context: &context) == .resume)
      #expect((context.elr == 0x40_1000) == isMasked)
      for candidate in 0..<region.sourceCount {
        let status = platform.load32(PhysicalAddress(region.block(candidate)))
        #expect((status != 0) == (candidate == source))
      }
    }
  }

  @Test func aSynchronousAbortThatComesAsAnSErrorIsForgedAsWhatItIs() {
    var monitor = Monitor.forTests(platform)
    plant()
    var context = abort()
    #expect(monitor.handle(slot: 11, core: 0, context: &context) == .resume)
    #expect(context.elr == 0x2400)
  }

  @Test func theBlockPassesTheStructuralRules() throws {
    var monitor = Monitor.forTests(platform)
    plant(record: 0)
    plant(address: 0x6000_0000)
    var context = abort()
    _ = monitor.handle(slot: 8, core: 0, context: &context)
    let block = try block()
    let size = 20 + Int(block.dataLength)
    #expect(block.entries.count == 5)
    #expect(platform.bytes(region.block(0), 4096)[size...].allSatisfy { $0 == 0 })
  }
}
