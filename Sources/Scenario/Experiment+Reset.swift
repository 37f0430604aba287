// An experiment goes on across a reset: memory, poison and error records are what the kind of reset leaves,
// and the injections that have not come yet wait on.
//
// Surprising: what the run before published still lies in memory when the machine comes back, and is no
// news. Its blocks are looked for again once a kernel runs: by then firmware has written them anew.

import Machine

extension Experiment {
  /// Resets the machine, which software asked for, and goes on.
  func comeBack() {
    concludeSignalled()
    noteRepetitions()
    let kind = scenario.resets.kind
    target.reset(kind)
    state.evidence.comeBack(firmwareHeld: !state.enteredFirmware.isEmpty, kind)
    note(.cameBack(number: state.evidence.comebacks, kind))
    state.enteredFirmware = [:]
    state.sources = RecordWatcher()
    state.isStarting = true
    state.panicAt = nil
    state.deadEnds = DeadEndWatch()
    state.guestsOver = [:]
    for index in state.progress.indices where state.progress[index].firedAt == nil {
      // A watch or a breakpoint waits on; the core that a step before named is another now.
      state.progress[index].core = nil
    }
  }

  /// Whether firmware still starts the machine.
  func isFirmwareStarting() -> Bool {
    guard state.isStarting else { return false }
    state.isStarting = (0..<target.coreCount).allSatisfy { target.context(core: $0) == nil }
    return state.isStarting
  }
}
