// Waiting for triggers: each injection waits for its steps, one after the other.

import Arm

extension Experiment {
  /// Asks the target to wait for what the injections wait for, and injects what need not wait.
  func armAndInject() throws(ExperimentFailure) {
    for index in state.progress.indices where !state.progress[index].isDone {
      let injection = scenario.injections[index]
      if state.progress[index].firedAt == nil {
        try arm(index, injection.when[state.progress[index].step])
      }
      guard let firedAt = state.progress[index].firedAt else { continue }
      state.progress[index].isDone = try inject(
        injection, firedAt: firedAt, core: state.progress[index].core)
    }
  }

  private func arm(_ index: Int, _ trigger: Scenario.Trigger) throws(ExperimentFailure) {
    switch trigger {
    case .console, .prompt: break
    case .instructions(let count):
      if target.instructions >= count { advance(index) }
    case .after(let count):
      if target.instructions >= state.progress[index].stepAt &+ count { advance(index) }
    case .access(let place, let kind, let count, let length):
      guard state.progress[index].armed == nil,
        let physical = try physicalAddress(of: place, state.progress[index].core)
      else { return }
      guard
        let watch = target.watch(physical, length: length, kind: kind, count: count)
      else {
        let injection = scenario.injections[index]
        throw .noMemory(injection: injection.name, line: injection.line, address: physical.rawValue)
      }
      state.progress[index].armed = .watch(watch)
    case .programCounter(let expression, _):
      guard state.progress[index].armed == nil else { return }
      let address = VirtualAddress(try value(of: expression))
      target.setBreakpoint(address)
      state.progress[index].armed = .breakpoint(address)
    }
  }

  private func advance(_ index: Int, core: Int? = nil) {
    state.progress[index].armed = nil
    state.progress[index].core = core
    state.progress[index].stepAt = target.instructions
    state.progress[index].step += 1
    if state.progress[index].step == scenario.injections[index].when.count {
      state.progress[index].step -= 1
      state.progress[index].firedAt = target.instructions
    }
  }

  /// Every item that waits for this is a step further: two may name the same instruction. The same
  /// address in another context is not what was waited for: the item waits on.
  func triggerHit(_ hit: TriggerHit) {
    for index in state.progress.indices
    where state.progress[index].firedAt == nil && state.progress[index].armed == hit.cause {
      if case .programCounter(_, let context) = scenario.injections[index].when[
        state.progress[index].step],
        let core = hit.core
      {
        guard context == nil || target.context(core: core) == context else {
          state.progress[index].armed = nil
          continue
        }
        for register in TargetRegister.allCases {
          state.captures[register.rawValue] = target.read(register, core: core).hex()
        }
      }
      advance(index, core: hit.core)
    }
  }

  /// Whether an injection waits for a line.
  var isWaitingForLine: Bool {
    for (index, item) in state.progress.enumerated() where item.firedAt == nil {
      if case .console = scenario.injections[index].when[item.step] { return true }
    }
    return false
  }

  /// A line that stays without an end may be a prompt that injections wait for.
  func promptTriggers() {
    guard target.instructions >= state.outputAt + ExperimentPatience.prompt else { return }
    for index in state.progress.indices where state.progress[index].firedAt == nil {
      if case .prompt(let pattern) = scenario.injections[index].when[state.progress[index].step],
        let found = pattern.match(state.log.unfinished)
      {
        state.captures.merge(found) { $1 }
        advance(index)
      }
    }
  }

  /// A line may be what injections wait for.
  ///
  /// - Returns: Whether an item waited for it.
  func consoleTriggers(_ line: ConsoleLog.Line) -> Bool {
    var isWaitedFor = false
    for index in state.progress.indices where state.progress[index].firedAt == nil {
      if case .console(let pattern) = scenario.injections[index].when[state.progress[index].step],
        let found = pattern.match(line.text)
      {
        state.captures.merge(found) { $1 }
        advance(index)
        isWaitedFor = true
      }
    }
    return isWaitedFor
  }

  func value(of expression: Expression) throws(ExperimentFailure) -> UInt64 {
    if case .symbol = expression.base { throw .symbolIsUnknown(expression.description) }
    guard let value = expression.value(state.captures) else {
      let name = expression.capture ?? ""
      throw .captureIsNoNumber(name: name, text: state.captures[name] ?? "")
    }
    return value
  }

  /// nil while the address does not translate in what runs now: on one core, or else on any.
  func physicalAddress(
    of place: Scenario.Place, _ core: Int?
  ) throws(ExperimentFailure) -> PhysicalAddress? {
    let cores = (core.map { $0..<$0 + 1 } ?? 0..<target.coreCount).filter {
      place.context == nil || target.context(core: $0) == place.context
    }
    let address = try value(of: place.expression)
    switch place {
    case .physical: return PhysicalAddress(address)
    case .virtual:
      for core in cores {
        if let physical = target.translate(core: core, VirtualAddress(address)) { return physical }
      }
      return nil
    case .intermediate:
      for core in cores {
        if let physical = target.translate(core: core, IntermediatePhysicalAddress(address)) {
          return physical
        }
      }
      return nil
    case .stage2(_, let level):
      for core in cores {
        if let found = target.descriptor(
          core: core, IntermediatePhysicalAddress(address), level: level)
        {
          return found
        }
      }
      return nil
    case .descriptor(_, let level, _):
      for core in cores where target.translate(core: core, VirtualAddress(address)) != nil {
        if let found = target.descriptor(core: core, VirtualAddress(address), level: level) {
          return found
        }
      }
      return nil
    }
  }
}
