// Watching: what the hardware notes, what firmware publishes, what the console says.

import Arm
import Machine

extension Experiment {
  /// Takes what the hardware noted.
  func takeEvents() {
    for event in target.takeEvents() {
      switch event.kind {
      case .consumed(let use):
        let line = CacheLine.start(of: use.physical)
        noteGuestAddress(line)
        state.errorNoted = true
        state.readByFirmware[use.core] = use.place.level == .el3 ? line : nil
      case .exceptionTaken(let core, let taken):
        state.errorNoted = true
        if taken.target == .el3 { state.enteredFirmware[core] = event.instructions }
      case .firmwareReturned(let core, _): firmwareLeft(core, at: event.instructions)
      case .recordWritten: state.errorNoted = true
      // Firmware sets the nodes up when it starts.
      case .correctedErrorsTold where !state.errorNoted: continue
      case .correctedErrorsTold(let node, isOn: true): state.silentNodes.remove(node)
      case .correctedErrorsTold(let node, isOn: false): state.silentNodes.insert(node)
      // What software has asked for is an injection too.
      case .lineMadeBad, .coreMadeBad: state.injected = true
      default: break
      }
      add(event)
    }
    publishRecords(at: target.instructions)
  }

  private func firmwareLeft(_ core: Int, at instructions: UInt64) {
    state.enteredFirmware[core] = nil
    publishRecords(at: instructions)
  }

  private func publishRecords(at instructions: UInt64) {
    guard state.injected, state.errorNoted, !isFirmwareStarting() else { return }
    for change in state.sources.poll(target) {
      switch change {
      case .published(let record):
        for (core, line) in state.readByFirmware
        where record.physicalAddress.map({ CacheLine.start(of: $0) }) == line {
          state.enteredFirmware[core] = nil
        }
        if !state.silentNodes.isEmpty, record.severity == .corrected {
          add(TimelineEvent(instructions: instructions, .nodesPolled))
        }
        add(TimelineEvent(instructions: instructions, .recordPublished(record)))
      case .taken(let source, let isPolled):
        add(
          TimelineEvent(
            instructions: instructions, .recordRead(source: source, isPolled: isPolled)))
      }
    }
  }

  /// Takes what the console printed.
  func takeConsole() throws(ExperimentFailure) {
    let output = target.takeConsole()
    if output.isEmpty {
      promptTriggers()
      return
    }
    state.outputAt = target.instructions
    for line in state.log.append(output, at: target.instructions) {
      observeConsole?(line)
      state.lastLineAt = line.instructions
      // A flood of one line is not read again and again.
      if !line.text.isEmpty, line.text != state.silentLine { read(line) }
      if let liveness = scenario.liveness, liveness.line.matches(line.text) {
        state.aliveAt = target.virtualNanoseconds
      }
      if let until = scenario.limits.until, until.matches(line.text) { state.sawUntil = true }
      if consoleTriggers(line) { try armAndInject() }
    }
  }

  /// Takes in a line: who speaks, and what it means.
  private func read(_ line: ConsoleLog.Line) {
    if let guest = ConsoleVoice(line.text, vmm: scenario.vmm).guest,
      state.guestsOver[guest] == nil
    {
      state.guestsOver[guest] = false
    }
    if let statement = ConsoleStatement(line.text, vmm: scenario.vmm) {
      take(statement, at: line.instructions)
    } else {
      state.silentLine = line.text
    }
  }

  /// Takes in what somebody says. A kernel that gives up before anything was injected ends the run as
  /// well.
  private func take(_ statement: ConsoleStatement, at instructions: UInt64) {
    for line in statement.kernelLines {
      switch (line, statement.guest) {
      case (.panicEnd, let guest?): state.guestsOver[guest] = true
      case (.panic, nil): state.panicAt = state.panicAt ?? instructions
      case (.panicEnd, nil): state.panicAt = 0
      default: break
      }
    }
    guard state.injected else { return }
    switch (statement.meaning, statement.guest) {
    case (.kernel(.processSignalled(let name, let pid, _)), nil):
      let process = ExperimentState.SignalledProcess(name: name, pid: pid)
      if !state.signalled.contains(process) { state.signalled.append(process) }
    case (.kernel(.processEnded(let name, _)), nil):
      // Which of several of one name ended is not said: the first that was signalled.
      let name = KernelEvidence.kept(name)
      if let index = state.signalled.firstIndex(where: { $0.name == name }) {
        state.signalled.remove(at: index)
      }
    default: break
    }
    add(TimelineEvent(instructions: instructions, .said(statement)))
  }

  /// Who was sent SIGBUS and never heard of again was killed by it; VMMs are heard of when they or
  /// their guests go on.
  func concludeSignalled() {
    let vmms = scenario.vmm.names.map(KernelEvidence.kept)
    var goingOn = state.evidence.guests.goingOn
    for process in state.signalled {
      if vmms.contains(process.name), goingOn > 0 {
        goingOn -= 1
        continue
      }
      note(.processKilled(name: process.name, pid: process.pid))
    }
    state.signalled = []
  }
}
