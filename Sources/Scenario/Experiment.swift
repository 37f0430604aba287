// Running a scenario on a target: wait for triggers, inject, watch, and judge.
//
// Surprising: the machine runs in slices, because the console and guest memory are looked at
// between them. Slices do not change the machine: a run is the same whatever their size. While
// somebody waits for a line, a slice ends with the line.

import Arm
import Machine

/// One run of one scenario.
public final class Experiment<Subject: Target> {
  let scenario: Scenario
  let target: Subject
  /// How far the run is.
  public internal(set) var state: ExperimentState
  private let observe: (TimelineEvent) -> Void
  let observeConsole: ((ConsoleLog.Line) -> Void)?
  private let observeProgress: ((UInt64, UInt64) -> Void)?
  private var progressAt: UInt64 = 0

  /// A run of a scenario; `observe` sees each event of the timeline as it happens, `console` each
  /// line, and `progress` now and then the instructions and the nanoseconds of virtual time.
  ///
  /// `state` is what a run of the same machine has come to, to be gone on with; nil begins at reset.
  public init(
    _ scenario: Scenario, on target: Subject, from state: ExperimentState? = nil,
    observe: @escaping (TimelineEvent) -> Void = { _ in },
    console: ((ConsoleLog.Line) -> Void)? = nil,
    progress: ((UInt64, UInt64) -> Void)? = nil
  ) {
    self.scenario = scenario
    self.target = target
    self.observe = observe
    observeConsole = console
    observeProgress = progress
    self.state = state ?? ExperimentState(scenario, cores: target.coreCount)
  }

  /// Runs to the end. Throws ExperimentFailure when the experiment, not the target, failed.
  public func run() throws(ExperimentFailure) -> Report {
    while true {
      if let end = try advance(to: .max) { return try report(end) }
    }
  }

  /// Runs until about so many instructions; how it ended, if it did before.
  public func advance(to instructions: UInt64) throws(ExperimentFailure) -> ExperimentEnd? {
    while target.instructions < instructions {
      if let end = try step() { return end }
    }
    return nil
  }

  /// The run and the machine at one time. Belongs to this experiment.
  public struct Snapshot {
    let state: ExperimentState
    let machine: Subject.Saved
  }

  /// Saves the run. Throws what the target's `save` does.
  public func save() throws -> Snapshot {
    takeEvents()
    return Snapshot(state: state, machine: try target.save())
  }

  /// Makes the run and its machine what they were.
  public func restore(_ snapshot: Snapshot) {
    // What was printed and not taken belongs to another run.
    _ = target.takeConsole()
    target.restore(snapshot.machine)
    state = snapshot.state
  }

  /// Judges a run that ended. Throws ExperimentFailure where an injection never happened.
  public func report(_ end: ExperimentEnd) throws(ExperimentFailure) -> Report {
    state.evidence.end = end
    concludeSignalled()
    noteRepetitions()
    // An end that finds a core in the middle of its handling says nothing of firmware.
    let hasEnded = [.powerOff, .reset, .idle].contains(end)
    state.evidence.coresInFirmware = Set(
      state.enteredFirmware.filter {
        hasEnded || target.instructions - $0.value > ExperimentPatience.firmware
      }.keys
    )
    state.evidence.hostLives = doesHostLive(end)
    state.evidence.guestsLive = doGuestsLive(end)
    for (index, item) in state.progress.enumerated() where !item.isDone {
      let injection = scenario.injections[index]
      // After an error that cost the host none can come: that one is judged.
      if state.injected, state.evidence.verdict().outcome == .hostDown {
        note(.notInjected(injection.name))
        continue
      }
      guard item.firedAt != nil, let place = injection.place else {
        throw .triggerNeverFired(
          injection: injection.name, line: injection.line, step: item.step,
          instructions: target.instructions, end: end, console: state.log.tail)
      }
      throw .placeNotTranslated(
        injection: injection.name, line: injection.line, place: place.expression)
    }
    let verdict = state.evidence.verdict()
    return Report(
      title: scenario.title, verdict: verdict, timeline: state.story.events,
      console: state.log.lines, end: end, instructions: target.instructions,
      hash: target.hash(),
      failures: scenario.expectation.failures(
        verdict: verdict, timeline: state.story.events, console: state.log, vmm: scenario.vmm),
      isExpecting: !scenario.expectation.isEmpty)
  }

  /// Whether the host still works: not one whose core meets the same error for ever, unless it is a
  /// guest's; else one whose cores were all idle, or ran processes or guests, a moment ago.
  private func doesHostLive(_ end: ExperimentEnd) -> Bool {
    if end == .storm, case .consumed(let use)? = state.story.storm(scenario.limits.storm)?.kind {
      return use.place.level == .el1 && state.evidence.guests.goingOn > 0
    }
    if let liveness = scenario.liveness, let aliveAt = state.aliveAt,
      target.virtualNanoseconds - aliveAt <= 2 * liveness.nanoseconds
    {
      return true
    }
    return wereRecent(state.usefulAt)
  }

  /// Whether guests still work: every core was idle, or in a guest's process, a moment ago.
  private func doGuestsLive(_ end: ExperimentEnd) -> Bool {
    end == .limit && wereRecent(state.outsideKernelsAt)
  }

  private func wereRecent(_ times: [UInt64?]) -> Bool {
    let now = target.virtualNanoseconds
    return times.allSatisfy { $0.map { now - $0 < ExperimentPatience.useful } ?? false }
  }

  /// Does what belongs to the next mark, and is past it.
  public func passMark() {
    target.mark()
    state.sources.find(target)
    state.marks += 1
  }

  /// Runs one slice.
  private func step() throws(ExperimentFailure) -> ExperimentEnd? {
    if let observeProgress, target.instructions >= progressAt {
      observeProgress(target.instructions, target.virtualNanoseconds)
      progressAt = target.instructions + ExperimentPatience.progress
    }
    while scenario.marks.indices.contains(state.marks),
      target.instructions >= scenario.marks[state.marks]
    { passMark() }
    try armAndInject()
    let limit = scenario.limits.instructions
    guard target.instructions < limit,
      target.virtualNanoseconds / 1_000_000_000 < scenario.limits.seconds
    else { return .limit }
    target.stopsAtLines = isWaitingForLine
    let stop = target.run(instructions: min(budget(), limit - target.instructions))
    noteActivity()
    takeEvents()
    try takeConsole()
    switch stop {
    case .budget, .event, .waiting: break
    case .triggers(let hits): for hit in hits { triggerHit(hit) }
    case .idle: return .idle
    case .reset where state.evidence.comebacks < scenario.resets.count: comeBack()
    case .powerOff, .reset:
      concludeSignalled()
      noteRepetitions()
      note(.poweredOff(isReset: stop == .reset))
      return stop == .reset ? .reset : .powerOff
    case .unmodelled(let message): throw .unmodelled(message)
    }
    if state.progress.contains(where: { $0.firedAt == nil }),
      let sentence = state.deadEnds.look(at: target)
    {
      throw .deadEnd(sentence, instructions: target.instructions, console: state.log.tail)
    }
    if state.sawUntil { return .until }
    if state.story.storm(scenario.limits.storm) != nil { return .storm }
    if hasPanicked { return .panic }
    if !state.guestsOver.isEmpty, state.guestsOver.values.allSatisfy({ $0 }),
      target.instructions > state.lastLineAt + ExperimentPatience.guestPanicTail
    {
      return .guestPanic
    }
    return nil
  }

  /// Whether the kernel has panicked and will stay so: its text is over, or time for that. One that may
  /// come back is waited for as long as it takes to reset the machine.
  private var hasPanicked: Bool {
    guard let panicAt = state.panicAt else { return false }
    let mayComeBack = state.evidence.comebacks < scenario.resets.count
    if panicAt == 0 { return !(mayComeBack && scenario.boot.watchdog > 0) }
    return state.evidence.comebacks == scenario.resets.count
      && target.instructions >= panicAt + scenario.limits.panic
  }

  /// Up to the next instruction trigger, or one slice.
  private func budget() -> UInt64 {
    var budget = ExperimentPatience.slice
    // While firmware handles an error, a record may be published by one core and read by another.
    if state.enteredFirmware.values.contains(where: {
      target.instructions < $0 + ExperimentPatience.handling
    }) {
      budget = ExperimentPatience.handlingSlice
    }
    if scenario.marks.indices.contains(state.marks) {
      let mark = scenario.marks[state.marks]
      budget = min(budget, mark > target.instructions ? mark - target.instructions : 1)
    }
    for (index, item) in state.progress.enumerated() where item.firedAt == nil {
      let due: UInt64
      switch scenario.injections[index].when[item.step] {
      case .instructions(let count): due = count
      case .after(let count): due = item.stepAt &+ count
      case .console, .prompt, .access, .programCounter: continue
      }
      budget = min(budget, due > target.instructions ? due - target.instructions : 1)
    }
    return budget
  }

  /// Which cores do something useful.
  private func noteActivity() {
    let now = target.virtualNanoseconds
    for core in state.usefulAt.indices {
      let hasWaited = target.takeWait(core: core)
      if hasWaited || target.isUseful(core: core) { state.usefulAt[core] = now }
      if hasWaited || target.context(core: core) == .guestProcess {
        state.outsideKernelsAt[core] = now
      }
    }
  }

  /// An event of now.
  func note(_ kind: TimelineEvent.Kind) {
    add(TimelineEvent(instructions: target.instructions, kind))
  }

  /// Takes an event as evidence, and tells it.
  func add(_ event: TimelineEvent) {
    state.evidence.add(event)
    var isHarmless = false
    if case .consumed(let use) = event.kind {
      isHarmless = state.evidence.isCorrected(line: CacheLine.start(of: use.physical))
    }
    if state.story.add(event, isHarmless: isHarmless) { observe(event) }
  }

  /// Tells how many events were not told.
  func noteRepetitions() {
    if let count = state.story.takeSuppressed() { note(.repeated(count)) }
  }
}
