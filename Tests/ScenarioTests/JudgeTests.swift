// Verdicts over hosts.

import Arm
import Testing

@testable import Scenario

/// The judge, on made-up evidence: one claim per kind of end.
@Suite struct JudgeTests {
  /// Poison met, taken to EL3, recorded at 0x40042000; `console` followed.
  private func evidence(
    _ console: [String], end: ExperimentEnd = .powerOff,
    events: [TimelineEvent.Kind] = [.planted, .used, .toEL3],
    record: TimelineEvent.Kind? = .published(.recoverable)
  ) -> Evidence {
    Evidence(events + (record.map { [$0] } ?? []), console, end: end)
  }

  @Test(arguments: [
    "[    1.5] Memory failure: 0x40042: Sending SIGBUS to reader:45 due to hardware memory corruption",
    "Memory failure: 0x40042: forcibly killing reader:45 because of failure to unmap corrupted page",
    "GHES: reader:45: synchronous unrecoverable error (SIGBUS)",
    "0x40042000: Sending SIGBUS to reader:45 due to hardware memory corruption",
    "Bus error",
    "guest: program killed on core 0",
    "Internal error: synchronous external abort: 0000000096000410 [#1] SMP",
  ])
  func aProcessIsKilled(line: String) {
    #expect(
      evidence([line]).verdict().line
        == "process killed, contained by host kernel, one process, reported as recoverable with the right address"
    )
  }

  @Test func everyProcessCountsOnce() {
    let verdict = evidence([
      "Memory failure: 0x1: Sending SIGBUS to a:1 due to hardware memory corruption",
      "Memory failure: 0x1: Sending SIGBUS to a:2 due to hardware memory corruption",
      "Memory failure: 0x1: Sending SIGBUS to a:2 due to hardware memory corruption",
    ]).verdict()
    #expect(verdict.radius == .processes(2))
  }

  /// SCR_EL3.EA = 0: no firmware, no records.
  @Test func whatGoesPastFirmwareIsNotContainedByIt() {
    var evidence = evidence([], events: [.used, .toEL2], record: nil)
    #expect(
      evidence.verdict().line
        == "recovered, contained by host kernel, no process, reported not at all")
    evidence.add(.correctedInNode)
    #expect(evidence.verdict().outcome == .corrected)
    #expect(evidence.verdict().containedBy == .hardware)
  }

  /// Two errors at one place, of which one is corrected: the other is not forgotten, whichever came first.
  @Test(arguments: [[ErrorState.restartable, .corrected], [.corrected, .restartable]])
  func aCorrectedErrorHidesNoOther(_ states: [ErrorState]) {
    let errors = states.flatMap { state -> [TimelineEvent.Kind] in
      [.coreMadeBad(core: 0, state: state, physical: nil), .toEL2]
    }
    #expect(evidence([], events: errors, record: nil).verdict().outcome == .recovered)
    let lines = states.flatMap { state -> [TimelineEvent.Kind] in
      [.lineMadeBad(physical: 0x4004_2000, state: state), .used, .toEL2]
    }
    #expect(evidence([], events: lines, record: nil).verdict().outcome == .recovered)
  }

  @Test(arguments: ["guest: page replaced at va 0x10000000", "guest: tables built anew"])
  func whatOurKernelRepairsIsARecovery(line: String) {
    let verdict = evidence([line]).verdict()
    #expect(verdict.outcome == .recovered && verdict.containedBy == .hostKernel)
  }

  @Test func ourKernelSaysWhenItIsDown() {
    let verdict = evidence(["guest: down hardware error in the kernel"]).verdict()
    #expect(verdict.outcome == .hostDown && verdict.radius == .host)
  }

  @Test func aSignalThatTheProcessSurvivesIsARecovery() {
    let signal =
      "Memory failure: 0x40042: Sending SIGBUS to reader:45 due to hardware memory corruption"
    #expect(
      evidence([signal, "init: reader ended with status 0"]).verdict().line
        == "recovered, contained by host kernel, no process, reported as recoverable with the right address"
    )
    #expect(
      evidence([signal, "init: reader ended with status 135"]).verdict().outcome == .processKilled)
    #expect(
      evidence(["reader: SIGBUS si_code 4", "init: reader ended with status 0"]).verdict().outcome
        == .recovered)
  }

  @Test func aPageGivenUpWithoutASignalIsRecovered() {
    let verdict = evidence([
      "Memory failure: 0x40042: recovery action for clean LRU page: Recovered"
    ]).verdict()
    #expect(verdict.outcome == .recovered && verdict.radius == .noProcess)
  }

  @Test func aPanicCostsTheHost() {
    let verdict = evidence(
      ["Kernel panic - not syncing: GHES: Fatal hardware error"], end: .panic,
      record: .published(.fatal)
    ).verdict()
    #expect(
      verdict.line
        == "host down, contained by host kernel, host, reported as fatal with the right address")
  }

  @Test func consumptionThatNobodySignalsIsSilentCorruption() {
    let verdict = evidence([], events: [.planted, .used], record: nil).verdict()
    #expect(
      verdict.line == "silent corruption, contained by nobody, host, reported not at all")
  }

  @Test func poisonThatNobodyTouchesIsLatent() {
    let verdict = evidence([], events: [.planted], record: nil).verdict()
    #expect(verdict.line == "latent, contained by nobody, no process, reported not at all")
  }

  @Test func poisonThatIsOverwrittenIsCorrected() {
    let verdict = evidence([], events: [.planted, .cured], record: nil).verdict()
    #expect(verdict.outcome == .corrected && verdict.containedBy == .hardware)
  }

  @Test func noProgressAfterConsumptionIsAHang() {
    #expect(evidence([], end: .limit).verdict().outcome == .hang)
  }

  @Test func aResetInTheMiddleOfFirmwaresHandlingIsTheFirmwares() {
    var evidence = evidence(["reboot: Restarting system"], end: .reset)
    // A kernel that restarts after all is over, and says so, is not down.
    #expect(evidence.verdict().outcome == .recovered)
    evidence.coresInFirmware = [0]
    let verdict = evidence.verdict()
    #expect(verdict.outcome == .hostDown && verdict.containedBy == .firmware)
  }

  @Test func firmwareThatHangsHasContainedNothing() {
    var evidence = evidence([], end: .limit)
    evidence.coresInFirmware = [0]
    let verdict = evidence.verdict()
    #expect(verdict.outcome == .hostDown && verdict.containedBy == .nobody)
  }

  @Test func aPanicOfSomethingElseIsNotTheErrors() {
    let panic = "[    1.8] Kernel panic - not syncing: sysrq triggered crash"
    let verdict = evidence([panic], end: .reset, events: [.planted], record: nil).verdict()
    #expect(verdict.line == "latent, contained by nobody, no process, reported not at all")
  }

  @Test func anErrorThatWasToldDoesNotHideOneThatWasNot() {
    let other = TimelineEvent.Kind.use(core: 1, physical: 0x4005_0000)
    let verdict = evidence(
      ["guest: program killed on core 0"], events: [.planted, .used, .toEL3, other]
    ).verdict()
    #expect(verdict.outcome == .silentCorruption && verdict.radius == .host)
    // A second use of a line of which the first was told.
    let again = evidence([], events: [.planted, .used, .toEL3, .used]).verdict()
    #expect(again.outcome == .silentCorruption)
  }

  /// What a device used, a record tells of that the kernel reads and that names the line.
  @Test(
    arguments: [
      (0x4004_2080, true, false), (0x4004_2080, false, true), (0x4004_20C0, true, true),
    ] as [(UInt64, Bool, Bool)])
  func aDevicesUseIsToldByARecordThatIsRead(address: UInt64, wasRead: Bool, isSilent: Bool) {
    let use = TimelineEvent.Kind.use(physical: address, access: .dma)
    let verdict = evidence(
      [], events: [.planted, use],
      record: .published(.recoverable, physical: 0x4004_2080, wasRead: wasRead)
    ).verdict()
    #expect((verdict.outcome == .silentCorruption) == isSilent)
    // A record that was read before tells of nothing that comes after it.
    let later = Evidence([.planted, .published(.recoverable, physical: 0x4004_2080), use])
    #expect(later.verdict().outcome == .silentCorruption)
  }

  @Test func ofTwoProcessesOfOneNameOneMaySurvive() {
    func signal(_ pid: Int) -> String {
      "Memory failure: 0x1: Sending SIGBUS to reader:\(pid) due to hardware memory corruption"
    }
    for (ends, killed) in [
      ([0, 135], 1), ([135, 0], 1), ([0, 0], 0), ([135, 135], 2), ([0], 1), ([], 2),
    ] {
      let verdict = evidence(
        [signal(45), signal(50)] + ends.map { "init: reader ended with status \($0)" }
      ).verdict()
      #expect(verdict.radius == (killed == 0 ? .noProcess : .processes(killed)), "\(ends)")
    }
  }

  @Test func anOopsCostsTheProcessThatRan() {
    let lines = [
      "Internal error: synchronous external abort: 0000000096000010 [#1] SMP",
      "CPU: 0 PID: 89 Comm: reader Tainted: G   M    6.1.0", "init: neighbour ended with status 0",
    ]
    let verdict = evidence(lines, end: .limit).verdict()
    #expect(verdict.outcome == .hang)
    var living = evidence(lines, end: .limit)
    living.hostLives = true
    #expect(living.verdict().outcome == .processKilled && living.verdict().radius == .processes(1))
  }

  @Test func anAbortWithoutAnErrorOfOursIsToldAsItIs() {
    // An address where nothing answers: no poison was used.
    let verdict = evidence(
      ["Bus error", "init: devmem ended with status 135", "init: devmem ended with status 135"],
      events: [.planted, .toEL3], record: nil
    ).verdict()
    #expect(verdict.outcome == .processKilled && verdict.radius == .processes(2))
  }

  @Test func aRecordThatTheKernelNeverReadIsSaidToBeUnread() {
    let unread = evidence(["Bus error"], record: .published(.recoverable, wasRead: false))
    #expect(
      unread.verdict().line
        == "process killed, contained by host kernel, one process, reported as recoverable with the right address, unread"
    )
  }

  @Test func aRecordIsDeliveredOnlyIfItWasRead() {
    let unread = TimelineEvent.Kind.published(.recoverable, wasRead: false)
    var evidence = evidence(["Bus error"], events: [.planted, .used, .toEL3, unread])
    #expect(evidence.verdict().record == .unread)
    // Another source's record that is printed says nothing of this one.
    evidence.hear("{1}[Hardware Error]: Hardware error from APEI Generic Hardware Error Source: 1")
    #expect(evidence.verdict().record == .unread)
    evidence.hear("{1}[Hardware Error]: Hardware error from APEI Generic Hardware Error Source: 0")
    #expect(evidence.verdict().record == .delivered)
  }

  @Test func aRecordWithoutAnAddressIsSaidToBeSo() {
    let vague = evidence(["Bus error"], record: .published(.recoverable, physical: nil))
    #expect(vague.verdict().address == .none)
  }
}
