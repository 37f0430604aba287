import Testing

@testable import Scenario

/// The judge on errors that came to guests, and the comparison of two hosts; on made-up evidence.
@Suite struct GuestJudgeTests {
  /// Poison met, taken to EL3, told to the host and by it to the VMM of guest `a`; `console` follows.
  private func evidence(_ console: [String]) -> Evidence {
    var evidence = Evidence()
    evidence.timeline = [.poisonPlanted, .consumed, .takenToEL3].map {
      TimelineEvent(instructions: 1, actor: .node, name: $0, details: [])
    }
    evidence.console = (Self.told + console).map { .init(instructions: 1, text: $0) }
    evidence.planted = [0x4004_2000]
    evidence.end = .powerOff
    evidence.records = [
      PublishedRecord(
        source: 0, severity: .recoverable, physicalAddress: 0x4004_2010, sections: [], wasRead: true
      )
    ]
    return evidence
  }

  static let told = [
    "[    1.5] Memory failure: 0x40042: Sending SIGBUS to vmm:45 due to hardware memory corruption",
    "[    1.5] Memory failure: 0x40042: recovery action for dirty LRU page: Recovered",
    "a| vmm: SIGBUS BUS_MCEERR_AR HVA 0xffff9fe0d000 GPA 0x4040d000 lsb 12",
    "a| vmm: record for GPA 0x4040d000 written to error source 0",
    "a| vmm: SEA into vCPU 0 ESR_EL1 0x92000010 FAR_EL1 0x10000640 ELR_EL1 0x201684",
  ]
  static let survived = "init: vmm ended with status 0"

  @Test(arguments: [
    ["a| guest: program killed on core 0"],
    [
      "a| [    1.5] Memory failure: 0x1: Sending SIGBUS to reader:9 due to hardware memory corruption",
      "a| reader: SIGBUS si_code 4 (BUS_MCEERR_AR)", "a| init: reader ended with status 135",
    ],
  ])
  func aProcessOfTheGuestIsKilled(console: [String]) {
    let verdict = evidence(console + [Self.survived]).verdict()
    #expect(
      verdict.line
        == "guest process killed, contained by guest kernel, one guest process, reported as recoverable with the right address"
    )
  }

  /// What the guest's line is told, with where it really is, and the verdict of it.
  @Test(arguments: [
    ("guest: section platform memory severity recoverable address 0x4040d000 mask 0xfff", "right"),
    ("guest: section platform memory severity recoverable address 0x4040e000 mask 0xfff", "wrong"),
    ("[    1.5] {1}[Hardware Error]:   physical_address: 0x000000004040d000", "right"),
    ("[    1.5] {1}[Hardware Error]:   physical_address: 0x000000004040c000", "wrong"),
    ("vmm: record for GPA 0x40400000 written to error source 0", "wrong"),
    ("vmm: record for GPA unknown written to error source 0", "right"),
    ("vmm: record for GPA 0x40400000 waits: the guest has not acknowledged the last one", "right"),
    ("vmm: waiting record for GPA 0x40400000 written to error source 1", "wrong"),
  ])
  func whatAGuestIsToldIsComparedWithWhatWasHit(line: String, report: String) {
    var evidence = evidence(["a| " + line, "a| guest: program killed on core 0", Self.survived])
    #expect(evidence.verdict().guestAddress == .none)
    evidence.plantedInGuests = [0x4040_D640]
    let verdict = evidence.verdict()
    #expect(verdict.guestAddress.rawValue == report)
    #expect(verdict.address == .right && verdict.outcome == .guestProcessKilled)
    #expect(
      verdict.line.hasSuffix(
        "with the right address, to the guest with \(report == "right" ? "the right" : "a wrong") address"
      ))
  }

  @Test func allOfALargePageThatTheHostGaveUpIsRight() {
    func verdict(_ bit: Int) -> Verdict {
      var evidence = evidence([
        "a| vmm: SIGBUS BUS_MCEERR_AR HVA 0xffff9fe00000 GPA 0x40400000 lsb \(bit)",
        "a| guest: section platform memory severity recoverable address 0x40401000 mask 0xfff",
      ])
      evidence.plantedInGuests = [0x4040_D640]
      return evidence.verdict()
    }
    #expect(verdict(21).guestAddress == .right && verdict(12).guestAddress == .wrong)
  }

  @Test func whatTheHostSaysToItselfIsNoGuests() {
    var evidence = evidence(["[    1.5] {1}[Hardware Error]:   physical_address: 0x000040042000"])
    evidence.plantedInGuests = [0x4040_D640]
    #expect(evidence.verdict().guestAddress == .right)
    evidence.console.removeAll { $0.text.hasPrefix("a|") }
    #expect(evidence.verdict().guestAddress == .none)
  }

  @Test func processesOfSeveralGuestsAreCounted() {
    let verdict = evidence([
      "a| guest: program killed on core 0", "b| guest: program killed on core 0", Self.survived,
    ]).verdict()
    #expect(verdict.radius == .guestProcesses(2))
  }

  @Test(arguments: [
    ("a| guest: down kernel data lost", Verdict.Container.guestKernel),
    ("a| [    2.0] Kernel panic - not syncing: Fatal hardware error!", .guestKernel),
    ("a| vmm: SIGBUS BUS_MCEERR_AR HVA 0x7fff0000, not guest memory", .vmm),
    ("a| vmm: the guest crashed", .vmm),
    ("init: vmm ended with status 135", .hostKernel),
  ])
  func aGuestGoesDown(line: String, by container: Verdict.Container) {
    let verdict = evidence([line] + (line.hasPrefix("init") ? [] : [Self.survived])).verdict()
    #expect(verdict.outcome == .guestDown && verdict.radius == .guest)
    #expect(verdict.containedBy == container)
  }

  @Test(arguments: [
    "a| vmm: SIGBUS BUS_MCEERR_AO HVA 0x7fff0000, not guest memory lsb 12",
    "a| vmm: SIGBUS without an address while the guest ran",
  ])
  func aVMMThatGoesOnCostsItsGuestNothing(line: String) {
    var evidence = evidence([line, Self.survived])
    evidence.console.removeAll { $0.text.hasPrefix("a| vmm: SIGBUS BUS_MCEERR_AR") }
    #expect(evidence.verdict().outcome == .recovered)
  }

  /// A panic of a guest is a loop in it, which the host knows nothing of: the run ends at a limit.
  @Test(arguments: [ExperimentEnd.limit, .idle, .guestPanic])
  func aGuestThatPanickedIsDownHoweverTheRunEnds(end: ExperimentEnd) {
    var evidence = evidence([
      "a| [    2.0] Kernel panic - not syncing: Asynchronous SError Interrupt"
    ])
    evidence.end = end
    let verdict = evidence.verdict()
    #expect(verdict.outcome == .guestDown && verdict.radius == .guest)
    #expect(verdict.containedBy == .guestKernel)
  }

  @Test func aGuestWithoutProgressIsNoHostWithoutProgress() {
    var evidence = evidence([
      "a| [    1.6] Internal error: synchronous external abort: 96000010 [#1]"
    ])
    evidence.end = .limit
    #expect(evidence.verdict().outcome == .hang && evidence.verdict().radius == .guest)
    #expect(evidence.verdict().containedBy == .hostKernel)
    // Nobody told a guest: who knows where it hangs.
    evidence.console.removeAll { $0.text.hasPrefix("a|") }
    #expect(evidence.verdict().outcome == .hang && evidence.verdict().radius == .host)
  }

  /// The run is over before the VMM is.
  @Test func aVMMThatToldItsGuestIsNotLost() {
    var evidence = evidence(["a| guest: program killed on core 0"])
    evidence.end = .until
    #expect(evidence.verdict().outcome == .guestProcessKilled)
    evidence.console.removeAll { $0.text.hasPrefix("a|") }
    #expect(evidence.verdict().outcome == .guestDown)
    #expect(evidence.verdict().containedBy == .hostKernel)
  }

  @Test func aGuestThatMakesUpForItsLossRecovers() {
    let verdict = evidence(["a| guest: page replaced at va 0x10000000", Self.survived]).verdict()
    #expect(verdict.outcome == .recovered && verdict.containedBy == .guestKernel)
  }

  @Test func anEndOfTheHostOutweighsThatOfAGuest() {
    let verdict = evidence(["a| guest: down x", "Kernel panic - not syncing: x"]).verdict()
    #expect(verdict.outcome == .hostDown && verdict.radius == .host)
  }

  @Test(arguments: [
    "no process", "one process", "3 processes", "one guest process",
    "2 guest processes", "guest", "host",
  ])
  func aRadiusIsReadAsItIsWritten(text: String) { #expect(Verdict.Radius(text)?.text == text) }

  @Test(arguments: ["", "0 processes", "1 guest processes", "two processes", "2 hosts"])
  func whatIsNoRadiusIsNone(text: String) { #expect(Verdict.Radius(text) == nil) }

  // MARK: Two hosts

  private func report(_ console: [String], _ outcome: Verdict.Outcome = .recovered) -> Report {
    Report(
      title: "t",
      verdict: Verdict(
        outcome: outcome, containedBy: .guestKernel, radius: .noProcess, record: .none,
        address: .none, severity: .none),
      timeline: [], console: console.map { .init(instructions: 1, text: $0) }, end: .powerOff,
      instructions: 1, hash: 1, failures: [])
  }

  private func differences(_ ours: [String], _ theirs: [String]) -> [String] {
    HostComparison(report(ours), on: .faultline, report(theirs), on: .linux).differences
  }

  @Test func whatHostsAndVMMsSayNeedNotAgree() {
    #expect(differences(["a| x", "[ 1.0] host", "a| vmm: 1"], ["a| vmm: 2", "a| x"]).isEmpty)
  }

  @Test func aWordThatASmallGuestSaysOtherwiseIsNamed() {
    #expect(
      differences(["a| guest: esr 0x1"], ["a| guest: esr 0x2"])
        == ["guest a: 'guest: esr 0x1' on faultline, 'guest: esr 0x2' on linux"])
    #expect(
      differences(["a| one", "a| two"], ["a| one"]) == ["guest a: 'two' on faultline only"])
  }

  @Test func aLinuxGuestIsComparedWithoutTimesAndRandomNumbers() {
    let ours = [
      "a| [    1.0] boot", "a| [    1.1] {1}[Hardware Error]: x 0x12", "a| reader: pid 12",
    ]
    let theirs = [
      "a| [    3.0] boots otherwise", "a| [    3.1] {7}[Hardware Error]: x 0x34",
      "a| reader: pid 5",
    ]
    #expect(differences(ours, theirs).isEmpty)
    #expect(!differences(ours, Array(theirs.dropLast())).isEmpty)
  }

  @Test func aGuestWithoutANameIsNotTakenForOneThatAgrees() {
    #expect(
      differences(["vmm: SEA into vCPU 0", "guest: esr 0x1"], ["guest: esr 0x2"]) == [
        "guest: a VMM runs without --name, so that what its guest says cannot be compared"
      ])
    #expect(
      differences(["vmm: SIGBUS HVA 0x1: hardware error in memory of the VMM's own"], []) == [])
  }

  @Test func aReportIsThatOfAllHostsIfTheyAreJudgedTogether() throws {
    let text = report([]).json(adding: [], failures: ["on linux: x"]).text()
    #expect(text.contains(#""hold": false"#) && text.contains("on linux: x"))
  }

  @Test func verdictsAreCompared() {
    let found = HostComparison(
      report([], .guestDown), on: .faultline, report([]), on: .linux
    ).differences
    #expect(found == ["outcome: guest down on faultline, recovered on linux"])
  }
}
