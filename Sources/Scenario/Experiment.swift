// Running a scenario on a target: wait for triggers, inject, watch, and judge.
//
// Surprising: the machine runs in slices, because the console and guest memory are looked at
// between them. Slices do not change the machine: a run is the same whatever their size, only the
// moment at which a console trigger is seen moves with them, by at most `Experiment.slice`.

import Machine

/// One run of one scenario.
public final class Experiment {
  /// Instructions between two looks at the console.
  public static let slice: UInt64 = 10_000
  /// Instructions for a place to become translatable after its trigger.
  public static let patience: UInt64 = 200_000_000
  /// The same core consuming the same line at the same place so often makes no progress.
  public static let storm = 500
  /// Events of one kind and content that the timeline keeps.
  public static let repetitions = 8
  /// Instructions after which firmware that has not left its handler is stuck there.
  public static let firmwareTime: UInt64 = 10_000_000
  /// Instructions to go on after a panic began, so that its text is complete.
  public static let panicTail: UInt64 = 100_000_000
  /// Instructions of silence after which guests that all panicked are not waited for any more.
  public static let guestPanicTail: UInt64 = 1_000_000_000

  private let scenario: Scenario
  private let target: any Target
  private let sources: RecordWatcher
  private let observe: (TimelineEvent) -> Void
  private let observeConsole: ((ConsoleLog.Line) -> Void)?

  private var evidence = Evidence()
  private var log = ConsoleLog()
  private var captures: [String: String] = [:]
  private var progress: [Progress]
  private var injected = false
  /// Processes that were sent SIGBUS and of whose end nothing is known yet.
  private var signalled: [(name: String, pid: UInt64)] = []
  private var seen: [String: Int] = [:]
  private var suppressed: UInt64 = 0
  /// Cores that took an error to EL3 and have not left it, and when.
  private var enteredFirmware: [Int: UInt64] = [:]
  private var panicAt: UInt64?
  /// Guests that were heard, and whether the text of a panic of theirs is over.
  private var guestsOver: [String: Bool] = [:]
  private var lastLineAt: UInt64 = 0
  /// Whether a VMM went on after it was told of an error: it has survived its SIGBUS.
  private var vmmGoesOn = false
  private var sawUntil = false
  /// How often it was asked where a line is for a guest.
  private var guestSearches: [UInt64: Int] = [:]

  /// How far an injection's trigger is.
  private struct Progress {
    var step = 0
    /// What the target was asked to wait for, for the current step.
    var armed: TriggerHit.Cause?
    /// The core whose access or instruction was the trigger: the context in which a virtual place
    /// is meant. Nil when it was not one core's.
    var core: Int?
    var firedAt: UInt64?
    var isDone = false
  }

  /// A run of a scenario; `observe` sees each event of the timeline as it happens, `console` each
  /// line.
  public init(
    _ scenario: Scenario, on target: any Target,
    observe: @escaping (TimelineEvent) -> Void = { _ in },
    console: ((ConsoleLog.Line) -> Void)? = nil
  ) {
    self.scenario = scenario
    self.target = target
    self.observe = observe
    observeConsole = console
    sources = RecordWatcher(target)
    progress = scenario.injections.map { _ in Progress() }
  }

  /// Runs to the end. Throws ExperimentFailure when the experiment, not the target, failed.
  public func run() throws(ExperimentFailure) -> Report {
    evidence.end = try runToEnd()
    concludeSignalled()
    noteRepetitions()
    // An end that finds a core in the middle of its handling says nothing of firmware.
    let hasEnded = [.powerOff, .reset, .idle].contains(evidence.end)
    evidence.coresInFirmware = Set(
      enteredFirmware.filter { hasEnded || target.instructions - $0.value > Self.firmwareTime }.keys
    )
    for (index, item) in progress.enumerated() where !item.isDone {
      let injection = scenario.injections[index]
      guard item.firedAt != nil, let place = injection.place else {
        throw .triggerNeverFired(
          injection: injection.name, line: injection.line, step: item.step,
          instructions: target.instructions, console: log.lines.suffix(3).map(\.text))
      }
      throw .placeNotTranslated(
        injection: injection.name, line: injection.line, place: place.expression)
    }
    let verdict = evidence.verdict()
    return Report(
      title: scenario.title, verdict: verdict, timeline: evidence.timeline,
      console: log.lines, end: evidence.end, instructions: target.instructions,
      hash: target.hash(),
      failures: scenario.expectation.failures(
        verdict: verdict, timeline: evidence.timeline, console: log))
  }

  private func runToEnd() throws(ExperimentFailure) -> ExperimentEnd {
    while true {
      try armAndInject()
      let limit = scenario.limits.instructions
      guard target.instructions < limit,
        target.virtualNanoseconds / 1_000_000_000 < scenario.limits.seconds
      else { return .limit }
      let stop = target.run(instructions: min(budget(), limit - target.instructions))
      takeEvents()
      try takeConsole()
      switch stop {
      case .budget, .event: break
      case .triggers(let hits): for hit in hits { triggerHit(hit) }
      case .idle: return .idle
      case .powerOff, .reset:
        concludeSignalled()
        noteRepetitions()
        note(
          .experiment, .powerOff,
          [.init("by", stop == .reset ? "reset" : "power off")])
        return stop == .reset ? .reset : .powerOff
      case .unmodelled(let message): throw .unmodelled(message)
      }
      if sawUntil { return .until }
      if isStorm { return .storm }
      if let panicAt, target.instructions > panicAt + Experiment.panicTail { return .panic }
      if !guestsOver.isEmpty, guestsOver.values.allSatisfy({ $0 }),
        target.instructions > lastLineAt + Experiment.guestPanicTail
      {
        return .guestPanic
      }
    }
  }

  /// Up to the next instruction trigger, or one slice.
  private func budget() -> UInt64 {
    var budget = Experiment.slice
    for (index, item) in progress.enumerated() where item.firedAt == nil {
      if case .instructions(let count) = scenario.injections[index].when[item.step] {
        budget = min(budget, count > target.instructions ? count - target.instructions : 1)
      }
    }
    return budget
  }

  // MARK: Triggers

  private func armAndInject() throws(ExperimentFailure) {
    for index in progress.indices where !progress[index].isDone {
      let injection = scenario.injections[index]
      if progress[index].firedAt == nil { try arm(index, injection.when[progress[index].step]) }
      guard let firedAt = progress[index].firedAt else { continue }
      guard let place = injection.place else {
        try raise(injection, at: nil, core: progress[index].core)
        progress[index].isDone = true
        continue
      }
      guard let physical = try physicalAddress(of: place, progress[index].core) else {
        if target.instructions > firedAt + Experiment.patience {
          throw .placeNotTranslated(
            injection: injection.name, line: injection.line, place: place.expression)
        }
        continue
      }
      if injection.meeting == .once {
        try raise(injection, at: physical, core: progress[index].core)
      } else {
        try plant(injection, at: physical)
      }
      progress[index].isDone = true
    }
  }

  private func arm(_ index: Int, _ trigger: Scenario.Trigger) throws(ExperimentFailure) {
    switch trigger {
    case .console: break
    case .instructions(let count):
      if target.instructions >= count { advance(index) }
    case .access(let place, let kind, let count, let length):
      guard progress[index].armed == nil,
        let physical = try physicalAddress(of: place, progress[index].core)
      else { return }
      guard
        let watch = target.watch(physical: physical, length: length, kind: kind, count: count)
      else {
        let injection = scenario.injections[index]
        throw .noMemory(injection: injection.name, line: injection.line, address: physical)
      }
      progress[index].armed = .watch(watch)
    case .programCounter(let expression, _):
      guard progress[index].armed == nil else { return }
      let address = try value(of: expression)
      target.setBreakpoint(virtual: address)
      progress[index].armed = .breakpoint(address)
    }
  }

  private func advance(_ index: Int, core: Int? = nil) {
    progress[index].armed = nil
    progress[index].core = core
    progress[index].step += 1
    if progress[index].step == scenario.injections[index].when.count {
      progress[index].step -= 1
      progress[index].firedAt = target.instructions
    }
  }

  /// Every item that waits for this is a step further: two may name the same instruction. The same
  /// address in another context is not what was waited for: the item waits on.
  private func triggerHit(_ hit: TriggerHit) {
    for index in progress.indices
    where progress[index].firedAt == nil && progress[index].armed == hit.cause {
      if case .programCounter(_, let context) = scenario.injections[index].when[
        progress[index].step],
        let core = hit.core
      {
        guard context == nil || target.context(core: core) == context else {
          progress[index].armed = nil
          continue
        }
        for register in TargetRegister.allCases {
          captures[register.rawValue] = target.read(register, core: core).hex()
        }
      }
      advance(index, core: hit.core)
    }
  }

  private func value(of expression: Expression) throws(ExperimentFailure) -> UInt64 {
    if case .symbol = expression.base { throw .symbolIsUnknown(expression.description) }
    guard let value = expression.value(captures) else {
      let name = expression.capture ?? ""
      throw .captureIsNoNumber(name: name, text: captures[name] ?? "")
    }
    return value
  }

  /// nil while the address does not translate in what runs now: on one core, or else on any.
  private func physicalAddress(
    of place: Scenario.Place, _ core: Int?
  ) throws(ExperimentFailure) -> UInt64? {
    let cores = (core.map { $0..<$0 + 1 } ?? 0..<target.coreCount).filter {
      place.context == nil || target.context(core: $0) == place.context
    }
    let address = try value(of: place.expression)
    switch place {
    case .physical: return address
    case .virtual:
      for core in cores {
        if let physical = target.translate(core: core, virtual: address) { return physical }
      }
      return nil
    case .intermediate:
      for core in cores {
        if let physical = target.translate(core: core, intermediate: address) { return physical }
      }
      return nil
    case .stage2(_, let level):
      for core in cores {
        if let found = target.descriptor(core: core, intermediate: address, level: level) {
          return found
        }
      }
      return nil
    case .descriptor(_, let level, _):
      for core in cores where target.translate(core: core, virtual: address) != nil {
        if let found = target.descriptor(core: core, virtual: address, level: level) {
          return found
        }
      }
      return nil
    }
  }

  private func plant(
    _ injection: Scenario.Injection, at physical: UInt64
  ) throws(ExperimentFailure) {
    let (end, isTooFar) = physical.addingReportingOverflow(injection.length)
    guard !isTooFar else {
      throw .noMemory(injection: injection.name, line: injection.line, address: physical)
    }
    var line = physical & ~63
    while line < end {
      guard target.plantPoison(physical: line, injection.poison) else {
        throw .noMemory(injection: injection.name, line: injection.line, address: line)
      }
      evidence.planted.insert(line)
      noteGuestAddress(line)
      line += 64
    }
    injected = true
    takeEvents()
  }

  /// An error of a core's own; `physical` is what its record names, if it names anything.
  private func raise(
    _ injection: Scenario.Injection, at physical: UInt64?, core: Int?
  ) throws(ExperimentFailure) {
    let core = injection.core ?? core ?? 0
    guard core < target.coreCount else {
      throw .noCore(injection: injection.name, line: injection.line, core: core)
    }
    if let physical, injection.poison.isAddressValid {
      evidence.planted.insert(physical & ~63)
      noteGuestAddress(physical & ~63)
    }
    injected = true
    note(
      .experiment, .errorInjected,
      [.init("pe", String(core))] + (physical.map { [.init("pa", $0)] } ?? []))
    target.injectError(core: core, physical: physical, injection.poison)
    takeEvents()
  }

  /// What a guest must call a line that was hit. A guest whose memory it is may not run at the moment
  /// of injection, and its page may not be mapped yet; it does and is when the guest meets it.
  private func noteGuestAddress(_ line: UInt64) {
    guard evidence.planted.contains(line), guestSearches[line, default: 0] < 4 else { return }
    guestSearches[line, default: 0] += 1
    for core in 0..<target.coreCount {
      if let address = target.guestAddress(core: core, physical: line) {
        evidence.plantedInGuests.insert(address)
        guestSearches[line] = 4
      }
    }
  }

  // MARK: Observation

  private func takeEvents() {
    for event in target.takeEvents() {
      switch event.kind {
      case .consumed(_, _, _, let physical, _): noteGuestAddress(physical & ~63)
      case .taken(_, _, let level, _, _, _, _) where level == 3:
        enteredFirmware[event.core] = event.instructions
      case .forged, .returned:
        enteredFirmware[event.core] = nil
        publishRecords(at: event.instructions)
      default: break
      }
      if let told = event.timelineEvent { add(told) }
    }
    if injected { publishRecords(at: target.instructions) }
  }

  private func publishRecords(at instructions: UInt64) {
    guard injected else { return }
    let (new, taken) = sources.poll()
    for record in new {
      evidence.records.append(record)
      add(
        TimelineEvent(
          instructions: instructions, actor: .el3, name: .cperPublished,
          details: [
            .init("source", String(record.source)), .init("severity", record.severity.rawValue),
          ] + record.sections))
    }
    for source in taken {
      for index in evidence.records.indices where evidence.records[index].source == source {
        evidence.records[index].wasRead = true
      }
    }
  }

  private func takeConsole() throws(ExperimentFailure) {
    for line in log.append(target.takeConsole(), at: target.instructions) {
      observeConsole?(line)
      lastLineAt = line.instructions
      if let guest = ConsoleVoice(line.text).guest, guestsOver[guest] == nil {
        guestsOver[guest] = false
      }
      if injected {
        evidence.console.append(line)
        tell(line)
      }
      if let until = scenario.limits.until, until.match(line.text) != nil { sawUntil = true }
      for index in progress.indices where progress[index].firedAt == nil {
        if case .console(let pattern) = scenario.injections[index].when[progress[index].step],
          let found = pattern.match(line.text)
        {
          captures.merge(found) { $1 }
          advance(index)
        }
      }
      try armAndInject()
    }
  }

  private func tell(_ line: ConsoleLog.Line) {
    func tell(
      _ actor: TimelineEvent.Actor, _ name: TimelineEvent.Name, _ more: [TimelineEvent.Detail] = []
    ) {
      add(
        TimelineEvent(
          instructions: line.instructions, actor: actor, name: name,
          details: [.init("text", line.text)] + more))
    }
    let voice = ConsoleVoice(line.text)
    if let said = VMMLine(voice.text) {
      switch said {
      case .guestMemoryLost, .ownMemoryLost: tell(.vmm, .guestErrorFound)
      case .ownMemoryNoticed:
        vmmGoesOn = true
        tell(.vmm, .guestErrorFound)
      case .record:
        vmmGoesOn = true
        tell(.vmm, .guestRecordWritten)
      case .injected:
        vmmGoesOn = true
        tell(.vmm, .guestExceptionInjected)
      case .guestEnded: tell(.vmm, .guestPanic)
      case .other: tell(.vmm, .vmmLog)
      }
      return
    }
    if let guest = voice.guest {
      switch KernelLine(voice.text) {
      case .panic: tell(.guest, .guestPanic)
      case .programKilled: tell(.guest, .guestProcessKilled)
      case .processEnded(_, let status):
        tell(.guest, status < 128 ? .guestLog : .guestProcessKilled)
      case .panicEnd: guestsOver[guest] = true
      case nil: break
      default: tell(.guest, .guestLog)
      }
      return
    }
    switch KernelLine(line.text) {
    case .processSignalled(let name, let pid):
      tell(.kernel, .kernelLog)
      if !signalled.contains(where: { $0 == (name, pid) }) { signalled.append((name, pid)) }
    case .panic:
      panicAt = panicAt ?? line.instructions
      tell(.kernel, .panic)
    case .panicEnd:
      panicAt = 0
    case .busError: tell(.process, .processMessage)
    case .processEnded(let name, let status):
      signalled.removeAll { $0.name == name.prefix(15) }
      tell(.process, status < 128 ? .processMessage : .processKilled)
    case .firmware: tell(.el3, .firmwareLog)
    case .programKilled: tell(.process, .processKilled)
    case .sectionAddress, .lossRepaired, .recoveryAction, .recordAddress, .hardwareError, .oops:
      tell(.kernel, .kernelLog)
    case nil: break
    }
  }

  /// Who was sent SIGBUS and never heard of again was killed by it; a VMM is heard of when it tells
  /// its guest.
  private func concludeSignalled() {
    for (name, pid) in signalled where !(vmmGoesOn && name == "vmm") {
      note(.process, .processKilled, [.init("process", name), .init("pid", String(pid))])
    }
    signalled = []
  }

  private func note(
    _ actor: TimelineEvent.Actor, _ name: TimelineEvent.Name, _ details: [TimelineEvent.Detail]
  ) {
    add(
      TimelineEvent(
        instructions: target.instructions, actor: actor, name: name, details: details))
  }

  private func noteRepetitions() {
    guard suppressed > 0 else { return }
    let text = "\(suppressed.grouped) further events like those above"
    suppressed = 0
    note(.experiment, .repeated, [.init("text", text)])
  }

  private var isStorm: Bool {
    seen.contains { content, count in
      count > Experiment.storm
        && [.consumed, TimelineEvent.Name.guestExceptionInjected].contains {
          content.hasPrefix($0.rawValue)
        }
    }
  }

  private func add(_ event: TimelineEvent) {
    let count = (seen[event.content] ?? 0) + 1
    seen[event.content] = count
    guard count <= Experiment.repetitions else {
      suppressed += 1
      return
    }
    evidence.timeline.append(event)
    observe(event)
  }
}

extension TimelineEvent {
  /// What makes two events alike: all but times, running counts and register values that carry them.
  fileprivate var content: String {
    var content = name.rawValue
    for detail in details {
      // "[    1.234567] {12}[Hardware Error]..." without its time and count.
      var value = detail.value[...]
      for (open, close) in [("[", "] "), ("{", "}")] as [(Character, String)] {
        if value.first == open, let end = value.firstRange(of: close) {
          value = value[end.upperBound...]
        }
      }
      content += "|" + detail.key + value
    }
    return content
  }
}
