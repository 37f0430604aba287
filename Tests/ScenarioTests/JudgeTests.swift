import Testing

@testable import Scenario

/// The judge, on made-up evidence: one claim per kind of end.
@Suite struct JudgeTests {
  private func event(_ name: TimelineEvent.Name) -> TimelineEvent {
    TimelineEvent(instructions: 1, actor: .node, name: name, details: [])
  }

  /// Poison met, taken to EL3, recorded at 0x40042000; `console` followed.
  private func evidence(
    _ console: [String], end: ExperimentEnd = .powerOff,
    events: [TimelineEvent.Name] = [.poisonPlanted, .consumed, .takenToEL3],
    record: Verdict.Severity? = .recoverable
  ) -> Evidence {
    var evidence = Evidence()
    evidence.timeline = events.map(event)
    evidence.console = console.map { .init(instructions: 1, text: $0) }
    evidence.planted = [0x4004_2000]
    evidence.end = end
    if let record {
      evidence.records = [
        PublishedRecord(
          source: 0, severity: record, physicalAddress: 0x4004_2010, sections: [], wasRead: true)
      ]
    }
    return evidence
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
    var evidence = evidence([], events: [.consumed, .takenElsewhere], record: nil)
    #expect(
      evidence.verdict().line
        == "recovered, contained by host kernel, no process, reported not at all")
    // CE 24:25.
    evidence.timeline.append(
      TimelineEvent(
        instructions: 1, actor: .node, name: .recordWritten,
        details: [.init("status", 1 << 30 | 0b10 << 24 as UInt64)]))
    #expect(evidence.verdict().outcome == .corrected)
    #expect(evidence.verdict().containedBy == .hardware)
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
      ["Kernel panic - not syncing: GHES: Fatal hardware error"], end: .panic, record: .fatal
    ).verdict()
    #expect(
      verdict.line
        == "host down, contained by host kernel, host, reported as fatal with the right address")
  }

  @Test func consumptionThatNobodySignalsIsSilentCorruption() {
    let verdict = evidence([], events: [.poisonPlanted, .consumed], record: nil).verdict()
    #expect(
      verdict.line == "silent corruption, contained by nobody, host, reported not at all")
  }

  @Test func poisonThatNobodyTouchesIsLatent() {
    let verdict = evidence([], events: [.poisonPlanted], record: nil).verdict()
    #expect(verdict.line == "latent, contained by hardware, no process, reported not at all")
  }

  @Test func poisonThatIsOverwrittenIsCorrected() {
    let verdict = evidence([], events: [.poisonPlanted, .poisonCured], record: nil).verdict()
    #expect(verdict.outcome == .corrected && verdict.containedBy == .hardware)
  }

  @Test func noProgressAfterConsumptionIsAHang() {
    #expect(evidence([], end: .limit).verdict().outcome == .hang)
  }

  @Test func aResetWithoutAPanicIsTheFirmwares() {
    let verdict = evidence([], end: .reset).verdict()
    #expect(verdict.outcome == .hostDown && verdict.containedBy == .firmware)
  }

  @Test func aRecordThatTheKernelNeverReadIsSaidToBeUnread() {
    var unread = evidence(["Bus error"])
    unread.records[0].wasRead = false
    #expect(
      unread.verdict().line
        == "process killed, contained by host kernel, one process, reported as recoverable with the right address, unread"
    )
  }

  @Test func aRecordWithoutAnAddressIsSaidToBeSo() {
    var vague = evidence(["Bus error"])
    vague.records[0].physicalAddress = nil
    #expect(vague.verdict().address == .none)
  }
}
