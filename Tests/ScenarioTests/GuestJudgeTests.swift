// Verdicts over guests and over two hosts.

import Arm
import Testing

@testable import Scenario

/// The judge on errors that came to guests, and the comparison of two hosts; on made-up evidence.
@Suite struct GuestJudgeTests {
  /// Poison met, taken to EL3, told to the host and by it to the VMM of guest `a`; `console` follows.
  private func evidence(
    _ console: [String], told: [String] = Self.told, end: ExperimentEnd = .powerOff,
    hostLives: Bool = false
  ) -> Evidence {
    Evidence(
      [.planted, .used, .toEL3, .published(.recoverable)], told + console, end: end,
      hostLives: hostLives)
  }

  static let told = [
    "[    1.5] Memory failure: 0x40042: Sending SIGBUS to vmm:45 due to hardware memory corruption",
    "[    1.5] Memory failure: 0x40042: recovery action for dirty LRU page: Recovered",
    "a| vmm: SIGBUS BUS_MCEERR_AR HVA 0xffff9fe0d000 GPA 0x4040d000 lsb 12",
    "a| vmm: record for GPA 0x4040d000 written to error source 0",
    "a| vmm: SEA into vCPU 0 ESR_EL1 0x92000010 FAR_EL1 0x10000640 ELR_EL1 0x201684",
  ]
  static let toldToTheHost = told.filter { !$0.hasPrefix("a|") }
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

  /// Linux 7.2 sends one page's signal to the VMM's process and then to its thread, two numbers, and prints the
  /// second after the VMM has answered both.
  @Test func oneVMMThatIsToldOfAPageTwiceIsOne() {
    let told = [
      Self.told[0], Self.told[1],
      "a| vmm: SIGBUS BUS_MCEERR_AO HVA 0xffff9fe0d000 GPA 0x4040d000 lsb 12",
      Self.told[2], Self.told[3], Self.told[4],
      "[    1.6] Memory failure: 0x40042: Sending SIGBUS to vmm:46 due to hardware memory corruption",
      "[    1.6] Memory failure: 0x40042: recovery action for already poisoned page: Failed",
    ]
    let rest = ["a| guest: program killed on core 0", Self.survived]
    #expect(evidence(rest, told: told).verdict().outcome == .guestProcessKilled)
    // Another page is another VMM's, of which nothing was heard since.
    let other = told.map { $0.hasPrefix("[    1.6]") ? $0.replacing("40042", with: "40043") : $0 }
    #expect(evidence(rest, told: other).verdict().outcome == .guestDown)
  }

  /// Four die at once while their kernel prints: each is counted.
  @Test func processesAreCountedThroughTheKernelsOwnLines() {
    let deaths = (103...106).map { pid in
      "a| reader: SIGBUS si_code 4 (BUS_MCEERR_AR) si_addr 0x0000ffff8fb36240 si_addr_lsb 12 pid \(pid)"
        + (pid < 106 ? "[    0.9] {1}[Hardware Error]:   physical_address: 0x000000004040d000" : "")
    }
    let verdict = evidence(deaths + [Self.survived]).verdict()
    #expect(
      verdict.line
        == "guest process killed, contained by guest kernel, 4 guest processes, reported as recoverable with the right address"
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
    (
      "vmm: waiting record for GPA 0x40400000 written to error source 1",
      "wrong"
    ),
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
    let line = "[    1.5] {1}[Hardware Error]:   physical_address: 0x000040042000"
    for (told, report) in [
      (Self.told, Verdict.AddressReport.right), (Self.toldToTheHost, .none),
    ] {
      var evidence = evidence([line], told: told)
      evidence.plantedInGuests = [0x4040_D640]
      #expect(evidence.verdict().guestAddress == report)
    }
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
    ("a| vmm: SIGBUS BUS_MCEERR_AR HVA 0x7fff0000, not guest memory lsb 12", .vmm),
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
    let told = Self.told.filter { !$0.hasPrefix("a| vmm: SIGBUS BUS_MCEERR_AR") }
    #expect(evidence([line, Self.survived], told: told).verdict().outcome == .recovered)
  }

  /// A panic of a guest is a loop in it, which the host knows nothing of: the run ends at a limit.
  @Test(arguments: [ExperimentEnd.limit, .idle, .guestPanic])
  func aGuestThatPanickedIsDownHoweverTheRunEnds(end: ExperimentEnd) {
    let verdict = evidence(
      ["a| [    2.0] Kernel panic - not syncing: Asynchronous SError Interrupt"], end: end
    ).verdict()
    #expect(verdict.outcome == .guestDown && verdict.radius == .guest)
    #expect(verdict.containedBy == .guestKernel)
  }

  @Test func aGuestWithoutProgressIsNoHostWithoutProgress() {
    let line = "a| [    1.6] Internal error: synchronous external abort: 96000010 [#1]"
    let verdict = evidence([line], end: .limit, hostLives: true).verdict()
    #expect(verdict.outcome == .hang && verdict.radius == .guest)
    #expect(verdict.containedBy == .hostKernel)
    // A host that does nothing useful any more has contained nothing.
    #expect(evidence([line], end: .limit).verdict().radius == .host)
    // Nobody told a guest: who knows where it hangs.
    let host = evidence([], told: Self.toldToTheHost, end: .idle, hostLives: true).verdict()
    #expect(host.outcome == .hang && host.radius == .host && host.hang == .idle)
  }

  /// Linux 6.1 in a guest: the process that stumbles in its own end stays for ever, and whoever waits for it.
  @Test func aTaskThatIsStuckInALivingGuestIsAProcessThatWasKilled() {
    let lines =
      Self.told + [
        "a| [    1.6] Internal error: synchronous external abort: 96000010 [#1]",
        "a| [    1.7] CPU: 0 PID: 82 Comm: reader Tainted: G   M   6.1.0",
        "a| [    1.8] Fixing recursive fault but reboot is needed!",
      ]
    let kinds: [TimelineEvent.Kind] = [.planted, .used, .toEL3, .published(.recoverable)]
    let living = Evidence(kinds, lines, end: .limit, hostLives: true, guestsLive: true).verdict()
    #expect(living.outcome == .guestProcessKilled && living.radius == .guestProcesses(1))
    #expect(living.containedBy == .guestKernel)
    let spinning = Evidence(kinds, lines, end: .limit, hostLives: true).verdict()
    #expect(spinning.outcome == .hang && spinning.radius == .guest)
    // It lives, and nothing of it is known to be lost: it gets nowhere all the same.
    let silent = Evidence(kinds, Self.told, end: .limit, hostLives: true, guestsLive: true)
      .verdict()
    #expect(silent.outcome == .hang && silent.radius == .guest)
  }

  @Test func processesThatSayWhoTheyAreAreCounted() {
    func says(_ pid: Int) -> String {
      "a| reader: SIGBUS si_code 4 (BUS_MCEERR_AR) si_addr 0x1 si_addr_lsb 12 pid \(pid)"
    }
    let verdict = evidence([says(102), says(103), says(103), Self.survived]).verdict()
    #expect(verdict.outcome == .guestProcessKilled && verdict.radius == .guestProcesses(2))
    // One survives its two errors.
    let one = evidence([says(9), says(9), "a| init: reader ended with status 0", Self.survived])
    #expect(one.verdict().outcome == .recovered)
  }

  /// The run is over before the VMM is.
  @Test func aVMMThatToldItsGuestIsNotLost() {
    let line = "a| guest: program killed on core 0"
    #expect(evidence([line], end: .until).verdict().outcome == .guestProcessKilled)
    let lost = evidence([], told: Self.toldToTheHost, end: .until).verdict()
    #expect(lost.outcome == .guestDown)
    #expect(lost.containedBy == .hostKernel)
  }

  @Test func whatTheHostGivesUpBeforeAnybodyUsesItIsJudgedByWhatTheGuestDoes() {
    // MADV_HWPOISON: no hardware meets an error.
    let lines = [
      "a| vmm: SIGBUS BUS_MCEERR_AO HVA 0xffff85d92000 GPA 0x41592000 lsb 12",
      "a| vmm: record for GPA 0x41592000 written to error source 1",
      "a| init: reader ended with status 135", Self.survived,
    ]
    let verdict = Evidence([.planted], lines).verdict()
    #expect(verdict.outcome == .guestProcessKilled && verdict.radius == .guestProcesses(1))
  }

  @Test func guestsAreCounted() {
    let lines = ["a| guest: down x", "b| guest: down y", "c| guest: program killed on core 0"]
    let verdict = evidence(lines + [Self.survived]).verdict()
    #expect(verdict.outcome == .guestDown && verdict.radius == .guests(2))
  }

  @Test func anotherVMMIsKnownByItsNameAndItsGuestsByTheirMark() throws {
    let signal =
      "Memory failure: 0x40042: Sending SIGBUS to qemu-system-aar:45 due to hardware memory corruption"
    func judge(_ lines: [String], _ name: String? = "qemu-system-aarch64") throws -> Verdict {
      let vmm = VMMDescription(
        processName: name, mark: try ConsolePattern(#"^<(?<guest>\w+)> "#))
      var evidence = Evidence(vmm: vmm)
      evidence.plant(0x4004_2000, .recoverable)
      for kind in [.planted, .used, .toEL3] as [TimelineEvent.Kind] { evidence.add(kind) }
      for line in [signal] + lines {
        if let statement = ConsoleStatement(line, vmm: vmm) {
          evidence.add(TimelineEvent(instructions: 1, .said(statement)))
        }
      }
      evidence.end = .powerOff
      return evidence.verdict()
    }
    let told = "<one> [ 1.2] {1}[Hardware Error]:   physical_address: 0x000000004040d000"
    let died = try judge([told, "<one> init: reader ended with status 135"])
    #expect(died.outcome == .guestProcessKilled && died.containedBy == .guestKernel)
    // It is one of those that are known, but not somebody else.
    #expect(try judge([told, "<one> init: reader ended with status 135"], nil) == died)
    let unknown = try judge([told, "<one> init: reader ended with status 135"], "crosvm")
    #expect(unknown.outcome == .processKilled)
    // It handled its SIGBUS and ends well.
    let well = try judge([told, "init: qemu-system-aarch64 ended with status 0"])
    #expect(well.outcome == .recovered && well.containedBy == .guestKernel)
    // It has no handler.
    let killed = try judge(["init: qemu-system-aarch64 ended with status 135"])
    #expect(killed.outcome == .guestDown && killed.containedBy == .hostKernel)
    #expect(try judge([]).outcome == .guestDown)
    // It has a handler, which does not know how to tell the guest, and ends it: QEMU without ras=on.
    let gaveUp = try judge([
      "<one> qemu-system-aarch64: Hardware memory error!",
      "init: qemu-system-aarch64 ended with status 1",
    ])
    #expect(gaveUp.outcome == .guestDown && gaveUp.radius == .guest && gaveUp.containedBy == .vmm)
    // What ends badly without having been told of an error is no error's doing.
    let other = try judge([told, "init: other ended with status 1"])
    #expect(other.outcome == .recovered)
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
    "2 guest processes", "guest", "2 guests", "host",
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

  @Test func whatAKernelPrintsIntoALineOfItsGuestIsALine() {
    let apart = [
      "a| [    1.0] boot", "a| reader: SIGBUS pid 7",
      "a| [    1.1] Memory failure: 0x419e4: recovery action for dirty LRU page: Recovered",
    ]
    let together = [
      "a| [    1.0] boot",
      "a| reader: SIGBUS pid 9[    1.100000] Memory failure: 0x5: recovery action for dirty LRU page: Recovered",
      "a| ",
    ]
    #expect(differences(apart, together).isEmpty && differences(together, apart).isEmpty)
    // Neither the guest's line nor the host's may be lost.
    #expect(
      differences(apart, Array(apart.dropLast())) == [
        "guest a: 'Memory failure: #: recovery action for dirty LRU page: Recovered' on faultline only"
      ])
    #expect(!differences(together, [together[0], "a| "]).isEmpty)
  }

  @Test func aGuestWithoutANameIsNotTakenForOneThatAgrees() {
    #expect(
      differences(
        ["vmm: SEA into vCPU 0 ESR_EL1 0x1 FAR_EL1 0x2 ELR_EL1 0x3", "guest: esr 0x1"],
        ["guest: esr 0x2"]) == [
          "guest: a VMM runs without --name, so that what its guest says cannot be compared"
        ])
    #expect(
      differences(
        ["vmm: SIGBUS HVA 0x1: hardware error in memory of the VMM's own, it cannot go on"], [])
        == [])
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
