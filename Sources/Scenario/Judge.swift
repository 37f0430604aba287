// From the evidence to the verdict: rules in an order, of which the first that applies judges. What is
// worst comes first, so that of several errors the one that went furthest decides.
//
// The rule for Linux: a record that it claims and a page that it gives up contain the error in the
// host kernel; an oops without a panic costs the process that ran; a panic costs the host. A process
// that was sent SIGBUS counts as killed, unless our /init reports that it ended otherwise. Guests are
// judged by the same lines on their own consoles; a VMM that survives its SIGBUS costs its guest
// nothing, unless it ends with a status of failure then.

/// What a rule says of the evidence.
struct Judgement: Equatable, Sendable {
  var outcome: Verdict.Outcome
  var containedBy: Verdict.Container
  var radius: Verdict.Radius

  init(_ outcome: Verdict.Outcome, by containedBy: Verdict.Container, _ radius: Verdict.Radius) {
    self.outcome = outcome
    self.containedBy = containedBy
    self.radius = radius
  }
}

/// One row of the judge's table.
struct JudgeRule: Sendable {
  /// What happened, in a few words.
  let name: String
  /// Whether it did.
  let applies: @Sendable (Evidence) -> Bool
  /// What follows.
  let judgement: @Sendable (Evidence) -> Judgement

  init(
    _ name: String, when applies: @escaping @Sendable (Evidence) -> Bool,
    _ judgement: @escaping @Sendable (Evidence) -> Judgement
  ) {
    self.name = name
    self.applies = applies
    self.judgement = judgement
  }

  init(
    _ name: String, when applies: @escaping @Sendable (Evidence) -> Bool,
    _ outcome: Verdict.Outcome, by containedBy: Verdict.Container, _ radius: Verdict.Radius
  ) {
    self.init(name, when: applies) { _ in Judgement(outcome, by: containedBy, radius) }
  }
}

extension JudgeRule {
  /// The table. The rules before a row do not apply where it does.
  static let all: [JudgeRule] = [
    // Nobody met an error: whatever else happened is not its doing.
    JudgeRule(
      "there was no error", when: { !$0.isFelt && $0.errors.isEmpty },
      .noError, by: .nobody, .noProcess),
    JudgeRule(
      "a write replaced the bad data before anybody used it",
      when: { !$0.isFelt && $0.errors.areCured },
      .corrected, by: .hardware, .noProcess),
    JudgeRule(
      "nobody touched the bad data", when: { !$0.isFelt },
      .latent, by: .nobody, .noProcess),

    // Without the host there is nothing else to judge.
    JudgeRule(
      "the host's kernel gave up", when: { $0.hostPanicked },
      .hostDown, by: .hostKernel, .host),
    JudgeRule(
      "firmware gave the machine up",
      when: {
        $0.firmwareGaveUp
          || !$0.coresInFirmware.isEmpty && ($0.end == .reset || $0.end == .powerOff)
      },
      .hostDown, by: .firmware, .host),
    JudgeRule(
      "the machine was reset and its kernel had not said why",
      when: { $0.wasResetUnsaid || $0.end == .reset && !$0.host.restarts && $0.isSignalled },
      .hostDown, by: .nobody, .host),
    JudgeRule(
      "firmware never came back from it", when: { !$0.coresInFirmware.isEmpty },
      .hostDown, by: .nobody, .host),

    // Nobody was told.
    JudgeRule(
      "bad data was used and nobody was told", when: { $0.errors.isSilent },
      .silentCorruption, by: .nobody, .host),
    JudgeRule(
      "hardware corrected what was used",
      when: { $0.errors.areUsedCorrected && !$0.isSignalled },
      .corrected, by: .hardware, .noProcess),

    // Nothing goes on.
    JudgeRule(
      "the machine makes no progress",
      when: {
        $0.isStuck && $0.guests.lost == 0
          && (!$0.hostLives || $0.end == .idle && $0.guests.goingOn == 0)
      },
      .hang, by: .nobody, .host),
    JudgeRule(
      "a guest that was told makes no progress",
      when: {
        $0.isStuck && $0.guests.lost == 0 && $0.guests.goingOn > 0 && $0.killedVMMs == 0
          && $0.failedVMMs == 0 && !($0.guestsLive && $0.guests.killed > 0)
      },
      .hang, by: .hostKernel, .guest),

    // A guest was lost.
    JudgeRule("a VMM lost memory of its own", when: { $0.guests.withoutVMM > 0 }) {
      Judgement(.guestDown, by: .vmm, .guests($0.lostGuests))
    },
    JudgeRule("a VMM was killed", when: { $0.killedVMMs > 0 }) {
      Judgement(.guestDown, by: .hostKernel, .guests($0.lostGuests))
    },
    JudgeRule("a guest's kernel gave up", when: { $0.guests.down > 0 }) {
      Judgement(.guestDown, by: .guestKernel, .guests($0.lostGuests))
    },
    JudgeRule("a VMM ended its guest", when: { $0.guests.ended > 0 || $0.failedVMMs > 0 }) {
      Judgement(.guestDown, by: .vmm, .guests($0.lostGuests))
    },

    // Processes were lost.
    JudgeRule("processes of the host were killed", when: { $0.killedProcesses > 0 }) {
      Judgement(.processKilled, by: .hostKernel, .processes($0.killedProcesses))
    },
    JudgeRule("processes of guests were killed", when: { $0.guests.killed > 0 }) {
      Judgement(.guestProcessKilled, by: .guestKernel, .guestProcesses($0.guests.killed))
    },

    // Memory was lost, and no more.
    JudgeRule(
      "firmware told of corrected errors alone", when: { $0.areRecordsCorrected },
      .corrected, by: .hardware, .noProcess),
    JudgeRule(
      "a guest made up for its loss", when: { $0.guests.isReached && $0.guests.recovered },
      .recovered, by: .guestKernel, .noProcess),
    JudgeRule(
      "the host's kernel gave memory up",
      when: { $0.host.gaveUpPage || $0.host.signalledSomebody },
      .recovered, by: .hostKernel, .noProcess),
    JudgeRule(
      "hardware corrected what was told", when: { $0.errors.areUsedCorrected },
      .corrected, by: .hardware, .noProcess),

    // Taken, survived, and nobody said anything: somebody went on as if nothing had been.
    JudgeRule(
      "firmware took it and said nothing", when: { $0.isTakenToEL3 },
      .recovered, by: .firmware, .noProcess),
    JudgeRule(
      "the host's kernel took it and said nothing", when: { $0.isTakenElsewhere },
      .recovered, by: .hostKernel, .noProcess),
    JudgeRule(
      "there is a record of what nobody took", when: { _ in true },
      .recovered, by: .nobody, .noProcess),
  ]
}

extension Evidence {
  /// The rule that judges this evidence. The last applies to all.
  var rule: JudgeRule {
    JudgeRule.all.first { $0.applies(self) } ?? JudgeRule.all[JudgeRule.all.endIndex - 1]
  }

  /// The verdict over this evidence.
  public func verdict() -> Verdict {
    let judgement = rule.judgement(self)
    return Verdict(
      outcome: judgement.outcome, containedBy: judgement.containedBy, radius: judgement.radius,
      record: recordReport, address: addressReport, severity: severityReport,
      guestAddress: guests.addressReport(plantedInGuests),
      hang: judgement.outcome == .hang ? Verdict.Hang(end) : nil, comebacks: comebacks,
      counts: counts)
  }
}
