// Triggers, injections and the story, without a machine.

import Arm
import Machine
import Scenario
import Testing

@testable import Scenario

/// The experiment, on a machine that plays a script.
@Suite struct ExperimentTests {
  static let yaml = """
    title: test
    inject:
      - name: line
        when: {console: 'reader at (?<pa>0x[0-9a-f]+)'}
        what: poison
        where: {physical: $pa}
    expect:
      outcome: process killed
      containedBy: host kernel
      radius: one process
      reported: {record: delivered, address: right, severity: recoverable}
      console: [SIGBUS to reader, bye]
      timeline: [poison planted, consumed, exception taken to EL3, CPER published,
        exception forged, kernel log, process killed, power off]
    limits: {instructions: 100M}
    """

  static let taken = TimelineEvent.Kind.taken(
    .abort, from: .el0, to: .el3, vector: 0x400, esr: 0x9200_0410, far: 0xFFFF_0000, elr: 0x400_000)
  static let forged = TimelineEvent.Kind.returned(
    to: .el2, pc: 0xFFFF_8000_0801_0400, esr: 0x9200_0410, far: 0xFFFF_0000, elr: 0x400_000)
  static let consumed = TimelineEvent.Kind.use(
    pc: 0x400_000, virtual: 0xFFFF_0000, physical: 0x4004_2000)

  static func written(
    _ node: ErrorNodeIdentifier = ErrorNodeIdentifier(.memory, core: 0), status: UInt64 = 1 << 30,
    address: UInt64 = 0x4004_2000
  ) -> TimelineEvent.Kind {
    .recordWritten(node: node, status: ErrorStatus(rawValue: status), address: address)
  }

  /// The whole story goes well, the record naming `physical`.
  static func play(recordNames physical: UInt64 = 0x4004_2000, severity: UInt64 = 0) -> FakeTarget {
    let target = FakeTarget([
      .init(at: 5000, console: "reader at 0x40042000\n")
    ])
    target.contents = FakeFirmware.tables
    target.reaction = [
      .init(
        at: 100_000,
        events: [
          consumed, written(), taken,
        ]),
      .init(
        at: 104_000, events: [forged],
        memory: [
          FakeFirmware.block: FakeFirmware.record(physical: physical, severity: severity)
        ]),
      .init(at: 110_000, memory: [FakeFirmware.block: [0, 0, 0, 0]]),
      .init(
        at: 200_000,
        console: "[1.0] {1}[Hardware Error]:   physical_address: 0x0000000040042000\r\n"
          + "Memory failure: 0x40042: Sending SIGBUS to reader:45 due to hardware memory corruption\r\n"
          + "Memory failure: 0x40042: recovery action for dirty LRU page: Recovered\r\n"),
      .init(at: 300_000, console: "bye\n", stop: .powerOff),
    ]
    return target
  }

  @Test func aRunThatIsSavedAndGoneOnWithEndsAsOneThatIsNot() throws {
    let whole = try run(Plays.everything())
    // Before the injection, in the middle of the error path, and after it.
    for moment in [4000, 109_000, 150_000, 400_000] as [UInt64] {
      let target = Plays.everything()
      let experiment = try Experiment(Scenario(yaml: Self.yaml, file: "s.yaml"), on: target)
      #expect(try experiment.advance(to: moment) == nil)
      let saved = try experiment.save()
      let first = try experiment.run()
      experiment.restore(saved)
      let second = try experiment.run()
      #expect(first.json == whole.json && second.json == whole.json)
    }
  }

  func run(_ target: FakeTarget, _ yaml: String = Self.yaml) throws -> Report {
    try Experiment(Scenario(yaml: yaml, file: "s.yaml"), on: target).run()
  }

  @Test func theWholeStoryIsToldAndJudged() throws {
    let report = try run(Self.play())
    #expect(report.failures == [])
    #expect(
      report.verdict.line
        == "process killed, contained by host kernel, one process, reported as recoverable with the right address"
    )
    let published = try #require(report.timeline.first { $0.name == .cperPublished })
    guard case .recordPublished(let record) = published.kind else { return }
    #expect(record.source == 3)
    #expect(record.physicalAddress == 0x4004_2000)
    #expect(published.details.contains(.init("type", "multi-bit ECC")))
    #expect(report.end == .powerOff)
  }

  @Test(arguments: [("0x4040d000", Verdict.AddressReport.right), ("0x4040e000", .wrong)])
  func aGuestThatIsToldAnotherAddressIsAnotherVerdict(
    told: String, report: Verdict.AddressReport
  ) throws {
    let target = Self.play()
    target.guestAddresses = [0x4004_2000: 0x4040_D000]
    target.reaction[3].console +=
      "a| vmm: record for GPA \(told) written to error source 0\r\n"
    let found = try run(
      target, Self.yaml.replacing("severity: rec", with: "guestAddress: right, severity: rec"))
    #expect(found.verdict.guestAddress == report)
    #expect(
      found.failures.contains("reported.guestAddress: expected right; found wrong")
        == (report == .wrong))
  }

  @Test func anErrorAtOnceIsRaisedOnItsCoreAndJudgedByItsAddress() throws {
    let yaml = Self.yaml.replacing(
      "what: poison", with: "what: {kind: SError, met: at once}"
    )
    .replacing("timeline: [poison planted, consumed", with: "timeline: [error injected")
    for (what, core) in [("at once}", 0), ("at once, core: 1}", 1)] {
      let target = Self.play()
      target.coreCount = 2
      target.reaction[1].events += [
        .taken(core: core, .serror, from: .el0, to: .el3, vector: 0x580, esr: 0xBE00_0011),
        .returned(core: core, to: .el0, pc: 0),
      ]
      let report = try run(target, yaml.replacing("at once}", with: what))
      #expect(target.raised.map(\.core) == [core])
      #expect(target.raised.map(\.physical) == [0x4004_2000])
      #expect(target.planted.isEmpty)
      #expect(report.failures == [])
      #expect(
        report.timeline.first { $0.name == .errorInjected }?.kind
          == .errorInjected(core: core, state: .recoverable, physical: 0x4004_2000))
    }
    let error = #expect(throws: ExperimentFailure.self) {
      _ = try run(Self.play(), yaml.replacing("at once}", with: "at once, core: 1}"))
    }
    #expect(error?.description == "line 3: injection 'line': there is no core 1")
  }

  @Test func aWrongAddressInTheRecordIsNoticed() throws {
    let report = try run(Self.play(recordNames: 0x4004_3000))
    #expect(report.verdict.address == .wrong)
    #expect(report.failures == ["reported.address: expected right; found wrong"])
  }

  @Test func aWrongSeverityIsNoticed() throws {
    let report = try run(Self.play(severity: 2))
    #expect(report.failures.contains("reported.severity: expected recoverable; found corrected"))
  }

  @Test func aTriggerThatNeverFiresIsNoVerdict() throws {
    let target = FakeTarget([.init(at: 10, console: "something else\nand more\n", stop: .powerOff)])
    let error = #expect(throws: ExperimentFailure.self) { _ = try run(target) }
    #expect(
      error?.description
        == "line 3: injection 'line' never happened: step 1 of its trigger did not come in 10 instructions, when the machine was switched off; last on the console:\n  | something else\n  | and more"
    )
  }

  @Test func aKernelThatPanicsBeforeTheTriggerEndsTheRunAndIsNamed() throws {
    let target = FakeTarget([
      .init(
        at: 10,
        console: "Kernel panic - not syncing: No working init found.\n"
          + "---[ end Kernel panic - not syncing: No working init found. ]---\n")
    ])
    let error = #expect(throws: ExperimentFailure.self) { _ = try run(target) }
    #expect(error?.description.contains("when the kernel had panicked") == true)
    #expect(target.instructions < 200_000_000)
  }

  @Test func aRunEndsWithTheLineWhileSomebodyWaitsForOne() throws {
    let yaml = Self.yaml.replacing(
      "{console: 'reader at (?<pa>0x[0-9a-f]+)'}",
      with: "[{console: 'reader at (?<pa>0x[0-9a-f]+)'}, {pc: 0x400000}]")
    let target = Self.play()
    // The instruction is executed before the slice would have ended.
    target.acts = [
      .init(at: 5000, console: "reader at 0x40042000\n"),
      .init(at: 5010, stop: .triggers([.init(.breakpoint(VirtualAddress(0x400000)), core: 0)])),
    ]
    let report = try run(target, yaml)
    #expect(target.planted == [0x4004_2000])
    #expect(report.timeline.first?.instructions == 5010)
    #expect(!target.stopsAtLines)
  }

  @Test func aTriggerMayComeSoManyInstructionsAfterTheOneBefore() throws {
    let yaml = Self.yaml.replacing(
      "{console: 'reader at (?<pa>0x[0-9a-f]+)'}",
      with: "[{console: 'reader at (?<pa>0x[0-9a-f]+)'}, {after: 12345}]")
    let report = try run(Self.play(), yaml)
    #expect(report.timeline.first?.instructions == 5000 + 12345)
  }

  @Test func aScenarioTypesAtAPrompt() throws {
    let yaml = """
      title: typing
      inject:
        - when: {prompt: '/ # $'}
          type: "reader\\r"
      limits: {instructions: 2M}
      """
    let target = FakeTarget([.init(at: 5000, console: "hello\n/ # ")])
    target.isUseful = true
    let report = try run(target, yaml)
    #expect(target.typed == ["reader\r"])
    #expect(report.verdict.line == "no error, contained by nobody, no process, reported not at all")
    #expect(report.timeline.isEmpty)
  }

  @Test func aScenarioMayInjectNothing() throws {
    let target = FakeTarget([.init(at: 5000, console: "hello\n", stop: .powerOff)])
    let report = try run(target, "title: x\nexpect: {outcome: no error, console: [hello]}")
    #expect(report.failures == [])
    #expect(report.end == .powerOff)
  }

  @Test(arguments: [false, true]) func aStuckTaskOfALivingHostIsNoHang(_ isSeen: Bool) throws {
    let target = Self.play()
    (target.isUseful, target.hasWaited) = (isSeen, !isSeen)
    target.reaction[3].console +=
      "Internal error: synchronous external abort: 96000010 [#1]\n"
      + "CPU: 0 PID: 89 Comm: writer Not tainted 6.12\n"
    target.reaction.removeLast()
    let report = try run(target)
    #expect(report.end == .limit)
    #expect(report.verdict.outcome == .processKilled)
  }

  @Test func anErrorAtOnceNeedsNoPlace() throws {
    let yaml = """
      title: x
      inject: [{when: {instructions: 100}, what: {kind: SError, met: at once}}]
      limits: {instructions: 1M}
      """
    let target = FakeTarget([])
    _ = try run(target, yaml)
    #expect(target.raised.map(\.physical) == [nil])
  }

  @Test func theTimelineHasALimitWhateverItsEventsHold() throws {
    let target = Self.play()
    target.reaction = (1...3000).map {
      .init(at: UInt64($0) * 20_000, events: [.poisonCured(core: 0, physical: UInt64($0) << 6)])
    }
    let report = try run(target)
    #expect(report.timeline.count < 1100)
    #expect(report.timeline.last?.name == .repeated)
  }

  @Test func halfALineDoesNotFireATrigger() throws {
    let target = Self.play()
    target.acts = [
      .init(at: 5000, console: "reader at 0x4004"), .init(at: 15000, console: "2000\n"),
    ]
    let report = try run(target)
    #expect(target.planted == [0x4004_2000])
    #expect(report.failures == [])
  }

  @Test func anUnmodelledStopIsTheToolsFailure() throws {
    let target = FakeTarget([.init(at: 10, stop: .unmodelled("a device register"))])
    let error = #expect(throws: ExperimentFailure.self) { _ = try run(target) }
    #expect(error == .unmodelled("a device register"))
  }

  @Test func aVirtualPlaceWaitsForItsContext() throws {
    let yaml = Self.yaml.replacing("{physical: $pa}", with: "{virtual: $pa}")
    let target = Self.play()
    target.translations = [0x4004_2000: 0x4004_2000]
    #expect(try run(target, yaml).failures == [])
    let absent = FakeTarget([.init(at: 5000, console: "reader at 0x40042000\n")])
    let error = #expect(throws: ExperimentFailure.self) { _ = try run(absent, yaml) }
    #expect(error?.description.contains("the address $pa means nothing") == true)
  }

  @Test func aPlaceInAContextWaitsForACoreThatIsInIt() throws {
    let yaml = Self.yaml.replacing("{physical: $pa}", with: "{virtual: $pa, in: host process}")
    for (contexts, isFound) in [
      ([0: Scenario.Context.guestProcess, 1: .hostProcess], true),
      ([0: .hostKernel, 1: .guestProcess], false), ([:], false),
    ] {
      let target = Self.play()
      (target.coreCount, target.contexts) = (2, contexts)
      target.translations = [0x4004_2000: 0x4004_2000]
      if isFound {
        #expect(try run(target, yaml).failures == [])
      } else {
        target.acts = [.init(at: 5000, console: "reader at 0x40042000\n")]
        #expect(throws: ExperimentFailure.self) { _ = try run(target, yaml) }
      }
    }
  }

  @Test func anInstructionInAnotherContextIsNotTheTriggerAndRegistersAreCaptured() throws {
    let yaml = Self.yaml.replacing(
      "{console: 'reader at (?<pa>0x[0-9a-f]+)'}",
      with: "{pc: 0x1000, in: host process}"
    ).replacing("$pa", with: "$x1+0x40")
    let target = Self.play()
    target.registers = [.x1: 0x4004_1FC0]
    target.acts = [
      .init(at: 5000, stop: .triggers([.init(.breakpoint(VirtualAddress(0x1000)), core: 0)])),
      .init(at: 6000, stop: .triggers([.init(.breakpoint(VirtualAddress(0x1000)), core: 0)])),
    ]
    target.contexts = [0: .guestProcess]
    target.contextChanges = [6000: [0: .hostProcess]]
    #expect(try run(target, yaml).failures == [])
    #expect(target.planted == [0x4004_2000])
    #expect(target.breakpoints == [0x1000, 0x1000])
  }

  @Test func aSymbolThatNobodyLookedUpIsTheToolsFailure() throws {
    let error = #expect(throws: ExperimentFailure.self) {
      _ = try run(Self.play(), Self.yaml.replacing("$pa}", with: "kernel:data}"))
    }
    #expect(error == .symbolIsUnknown("kernel:data"))
  }

  @Test func aPlaceWithoutMemoryIsNamed() throws {
    let target = FakeTarget([.init(at: 5000, console: "reader at 0x10\n")])
    let error = #expect(throws: ExperimentFailure.self) { _ = try run(target) }
    #expect(error?.description == "line 3: injection 'line': there is no memory at 0x0")
  }

  @Test func everyLineOfALengthIsHit() throws {
    let yaml = Self.yaml.replacing(
      "where: {physical: $pa}", with: "where: {physical: $pa+0x30}\n    length: 0x60")
    let target = Self.play()
    _ = try run(target, yaml)
    #expect(target.planted == [0x4004_2000, 0x4004_2040, 0x4004_2080])
  }

  @Test func stepsOfATriggerFollowEachOther() throws {
    let yaml = Self.yaml.replacing(
      "when: {console: 'reader at (?<pa>0x[0-9a-f]+)'}",
      with: "when: [{console: 'reader at (?<pa>0x[0-9a-f]+)'}, {access: {physical: $pa, count: 2}}]"
    )
    let target = Self.play()
    target.acts.append(.init(at: 50_000, stop: .triggers([.init(.watch(1), core: 0)])))
    let report = try run(target, yaml)
    #expect(target.watches == [0x4004_2000])
    #expect(report.timeline.first?.instructions == 50_000)
    #expect(report.failures == [])
  }

  @Test func thePlaceOfTheWatchMayBeAnotherThanThatOfThePoison() throws {
    let yaml = Self.yaml.replacing(
      "when: {console: 'reader at (?<pa>0x[0-9a-f]+)'}",
      with: "when: [{console: 'reader at (?<pa>0x[0-9a-f]+)'}, {pc: 0x400000}]")
    let target = Self.play()
    target.acts.append(
      .init(at: 50_000, stop: .triggers([.init(.breakpoint(VirtualAddress(0x400000)), core: 0)])))
    _ = try run(target, yaml)
    #expect(target.breakpoints == [0x400000])
  }

  @Test func aHitMovesTheItemThatWaitedForItAndNoOther() throws {
    let yaml = Self.yaml.replacing(
      "inject:\n",
      with: "inject:\n  - when: {access: {physical: 0x40041000}}\n    what: poison\n"
        + "    where: {physical: 0x40050000}\n"
        + "  - when: [{pc: 0x1000}]\n    what: poison\n    where: {physical: 0x40051000}\n")
    let target = Self.play()
    target.acts += [
      .init(at: 40_000, stop: .triggers([.init(.breakpoint(VirtualAddress(0x1000)), core: 0)])),
      .init(at: 80_000, stop: .triggers([.init(.watch(1), core: 0)])),
    ]
    _ = try run(target, yaml)
    #expect(target.planted == [0x4004_2000, 0x4005_1000, 0x4005_0000])
  }

  @Test func aPlaceAtTheEndOfTheAddressSpaceIsNoMemory() {
    let yaml = Self.yaml.replacing(
      "where: {physical: $pa}", with: "where: {physical: 0xfffffffffffffff0}\n    length: 64")
    #expect(throws: ExperimentFailure.self) { _ = try run(Self.play(), yaml) }
  }

  @Test func firmwareThatNeverComesBackBringsTheHostDown() throws {
    for (stop, container) in [
      (.powerOff, .firmware), (.idle, .nobody), (nil, .nobody),
    ] as [(TargetStop?, Verdict.Container)] {
      let target = Self.play()
      target.reaction = [
        .init(at: 100_000, events: [Self.consumed, Self.taken]), .init(at: 200_000, stop: stop),
      ]
      let verdict = try run(target).verdict
      #expect(verdict.outcome == .hostDown)
      #expect(verdict.containedBy == container)
    }
  }

  @Test func timeEndsAnExperimentInWhichNothingExecutes() throws {
    let yaml = Self.yaml.replacing(
      "limits: {instructions: 100M}", with: "limits: {instructions: 20G, seconds: 3}")
    let target = Self.play()
    target.reaction.removeLast()
    let report = try run(target, yaml)
    #expect(report.end == .limit)
    #expect(report.instructions < 3_100_000_000)
  }

  @Test func guestsThatAllPanickedAreNotWaitedForLongAndTheirVMMIsNotKilled() throws {
    let yaml = Self.yaml.replacing(
      "limits: {instructions: 100M}", with: "limits: {instructions: 2G}")
    func play(_ last: String) -> FakeTarget {
      let target = Self.play()
      target.reaction.removeLast(2)
      target.reaction.append(
        .init(
          at: 200_000,
          console: "Memory failure: 0x40042: Sending SIGBUS to vmm:45 due to hardware corruption\n"
            + "a| vmm: record for GPA 0x40042000 written to error source 0\n"
            + "a| [ 2.0] Kernel panic - not syncing: x\n" + last))
      return target
    }
    let report = try run(play("a| [ 2.0] ---[ end Kernel panic - not syncing: x ]---\n"), yaml)
    #expect(report.end == .guestPanic)
    #expect(report.verdict.outcome == .guestDown)
    #expect(report.instructions < 1_100_000_000)
    #expect(!report.timeline.contains { $0.name == .processKilled })
    // Another guest may have work to do, and a panic's text may go on with a countdown.
    for line in ["a| [ 2.0] ---[ end Kernel panic - not syncing: x ]---\nb| hello\n", ""] {
      let report = try run(play(line), yaml)
      #expect(report.end == .limit)
      #expect(report.verdict.outcome == .guestDown)
    }
  }

  @Test func anErrorThatTheNodeCorrectedIsNoSilentCorruption() throws {
    let target = Self.play()
    target.reaction = [
      .init(
        at: 100_000,
        events: [
          // STATUS with V, AV and CE = 0b10.
          Self.consumed,
          Self.written(status: 0xC200_0006),
        ]),
      .init(at: 200_000, stop: .powerOff),
    ]
    let verdict = try run(target).verdict
    #expect(verdict.outcome == .corrected)
    #expect(verdict.containedBy == .hardware)
  }
}
