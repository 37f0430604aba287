// What the firmware asks of AT: where an access went that no record names, and which stage of a walk
// was aborted.

import APEI
import Arm
import Firmware
import Testing

@Suite struct TranslationQueries {
  let path = ErrorPath()
  var platform: FakePlatform { path.platform }

  /// An abort of EL1, of a guest with stage 2, without TEA.
  func guestAbort(_ esr: UInt64) -> LowerContext {
    platform.registers[.hcrEL2] = 1 << 31 | 1
    return LowerContext(elr: 0x40_1000, spsr: 0x5, esr: esr, far: 0xffff_a048)
  }

  @Test(arguments: [(0x3c0 as UInt64, true), (0x3c9, true), (0x3c5, false), (0x3c4, false)])
  func anAccessThatNoRecordNamesIsReportedByItsTranslation(
    _ spsr: UInt64, _ isHostRegime: Bool
  ) throws {
    var monitor = Monitor.forTests(platform)
    let query: TranslationQuery = isHostRegime ? .stage1EL2 : .bothStagesEL1
    platform.translations[query] = 0xff00_0000_5000_0a80
    path.plant(address: 0x5000_1000)  // another core's
    var context = path.abort()
    context.spsr = spsr
    context.far = 0xffff_a048
    if !isHostRegime { platform.registers[.hcrEL2] = 1 << 31 }
    #expect(monitor.handle(slot: 8, core: 0, context: &context) == .resume)
    #expect(platform.queries == [query])
    let sections = path.memorySections(try path.block())
    #expect(sections.map(\.physicalAddress) == [0x5000_1000, 0x5000_0040])
    #expect(sections.map(\.kind) == [.multiBitECC, .unknown])
    #expect(ErrorStatusBlockChecker().check(platform.bytes(path.region.block(0), 4096)).isEmpty)
  }

  @Test func anAccessThatARecordNamesHasOneSection() throws {
    var monitor = Monitor.forTests(platform)
    platform.translations[.stage1EL2] = 0xff00_0000_5000_0a80
    path.plant(address: 0x5000_0040)
    var context = path.abort()
    context.far = 0xffff_a078
    _ = monitor.handle(slot: 8, core: 0, context: &context)
    let sections = path.memorySections(try path.block())
    #expect(sections.map(\.physicalAddress) == [0x5000_0040])
    #expect(sections.first?.kind == .multiBitECC)
  }

  @Test(arguments: [
    0xff00_0000_0900_0a80 as UInt64,  // a device
    0xff00_0000_5000_0a81,  // F: no translation
  ])
  func anAccessToAnythingButRAMIsNotReported(_ result: UInt64) throws {
    var monitor = Monitor.forTests(platform)
    platform.translations[.stage1EL2] = result
    var context = path.abort()
    _ = monitor.handle(slot: 8, core: 0, context: &context)
    #expect(try path.block().blockStatus == 0)
  }

  @Test func aWalkThatStage1AloneSurvivesWasAbortedInStage2() {
    var monitor = Monitor.forTests(platform)
    platform.translations[.stage1EL1] = 0xff00_0000_5000_0a80
    var context = guestAbort(0x9200_0015)
    _ = monitor.handle(slot: 8, core: 0, context: &context)
    #expect(platform.queries == [.stage1EL1])
    #expect(context.elr == 0x2400)
    #expect(platform.registers[.esrEL2] == 0x9200_0015)
  }

  @Test func aWalkThatIsAbortedAgainWasAbortedInStage1AndIsNotReportedTwice() throws {
    var monitor = Monitor.forTests(platform)
    path.plant()
    var context = guestAbort(0x9200_0015)
    // The second abort records what the first one did, once the first one's record is cleared.
    var hasRepeated = false
    platform.beforeTranslation = { _ in
      path.plant()
      hasRepeated = true
    }
    _ = monitor.handle(slot: 8, core: 0, context: &context)
    #expect(hasRepeated)
    #expect(context.elr == 0x1200)
    #expect(platform.registers[.esrEL1] == 0x9600_0015)
    #expect(!platform.records[1].status.isSet(ErrorStatus.v))
    #expect(path.memorySections(try path.block()).count == 1)
  }

  @Test func anErrorThatArrivesDuringTheQueryIsNotCleared() {
    var monitor = Monitor.forTests(platform)
    path.plant()
    var context = guestAbort(0x9200_0015)
    platform.beforeTranslation = { _ in path.plant(address: 0x5000_2000) }
    _ = monitor.handle(slot: 8, core: 0, context: &context)
    #expect(platform.records[1].status.isSet(ErrorStatus.v))
    #expect(platform.records[1].address[ErrorAddress.paddr] == 0x5000_2000)
  }

  @Test func nothingIsAskedWhenTheTargetIsCertain() {
    var monitor = Monitor.forTests(platform)
    for (esr, spsr, hcr) in [
      (0x9200_0015, 0x5, 1 << 37 | 1),  // TEA
      (0x9200_0095, 0x5, 1),  // S1PTW
      (0x9200_0015, 0x5, 0),  // no stage 2
      (0x9200_0015, 0x0, 1 << 27 | 1),  // TGE
      (0x9200_0015, 0x9, 1),  // EL2
    ] as [(UInt64, UInt64, UInt64)] {
      var context = guestAbort(esr)
      context.spsr = spsr
      platform.registers[.hcrEL2] = 1 << 31 | hcr
      _ = monitor.handle(slot: 8, core: 0, context: &context)
    }
    #expect(platform.queries == [])
  }
}
