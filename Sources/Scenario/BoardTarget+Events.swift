// What the board notes, as the story has it.

import Arm
import Machine

extension BoardTarget {
  /// Takes in an event of the board.
  func note(_ event: MachineEvent) {
    let core = event.core ?? 0
    func add(_ kind: TimelineEvent.Kind) {
      events.append(TimelineEvent(instructions: event.instruction, kind))
    }
    func addRecording(_ recording: ErrorRecording) {
      guard recording.outcome != nil else { return }
      add(
        .recordWritten(
          node: TimelineEvent.Node(recording.node.name, core: recording.node.core),
          status: recording.status, address: recording.address.rawValue,
          state: recording.state))
    }
    func node(_ node: ErrorNodeIdentifier) -> TimelineEvent.Node {
      TimelineEvent.Node(node.name, core: node.core)
    }
    switch event.kind {
    case .poisonPlanted(let line, _): add(.poisonPlanted(physical: line.rawValue))
    case .lineMadeBad(let line, let poison):
      add(.lineMadeBad(physical: line.rawValue, state: poison.state))
    case .coreMadeBad(let target, _, let recording):
      let address = recording.status.isSet(ErrorStatus.av) ? recording.address : nil
      add(
        .coreMadeBad(
          core: target, state: recording.status.highestState ?? .corrected,
          physical: address?[ErrorAddress.paddr]))
      addRecording(recording)
    case .poisonForwarded(let source, let line, let poison):
      add(
        .poisonForwarded(
          from: source.rawValue, physical: line.rawValue, state: poison.state))
    case .poisonCured(let line): add(.poisonCured(core: core, physical: line.rawValue))
    case .consumed(let consumption):
      guard let place = consumption.place else { break }
      add(
        .consumed(
          TimelineEvent.Consumption(
            core: core, level: place.level, pc: place.pc.rawValue,
            virtual: place.virtual?.rawValue, physical: consumption.address.rawValue,
            access: BoardTarget.access(consumption.access))))
      addRecording(consumption.recording)
    case .nodeRecorded(let recording): addRecording(recording)
    case .nodeInterrupt(let interrupt, let which):
      add(.interruptAsserted(node: node(which), interrupt))
    case .counterOverflowed(let which): add(.counterOverflowed(node: node(which)))
    case .correctedInterruptSwitched(let which, let isOn):
      // Each core's own node is let tell whenever the core is turned on.
      if which.core == nil { add(.correctedErrorsTold(node: node(which), isOn: isOn)) }
    case .errorPending(let syndrome, _):
      add(.errorPending(core: core, iss: syndrome[Syndrome.iss]))
    case .errorDeferred(let value, let isVirtual):
      add(
        .errorDeferred(core: core, register: isVirtual ? .vdisr : .disr, value: value.rawValue))
    case .exceptionTaken(let taken):
      let cause: TimelineEvent.TakenException.Cause =
        switch taken.cause {
        case .abort: .abort
        case .serror: .serror
        case .virtualSError: .virtualSError
        }
      add(
        .exceptionTaken(
          TimelineEvent.TakenException(
            core: core, cause: cause, from: taken.source, to: taken.target,
            vector: taken.vector.rawValue, syndrome: taken.syndrome,
            far: taken.faultAddress?.rawValue, elr: taken.returnAddress.rawValue)))
    case .firmwareReturned(let entry):
      let hasAddress = entry.syndrome.exceptionClass != .serror
      add(
        entry.isForged
          ? .exceptionForged(
            TimelineEvent.ForgedException(
              core: core, to: entry.target, vector: entry.pc.rawValue, syndrome: entry.syndrome,
              far: hasAddress ? entry.faultAddress.rawValue : nil,
              elr: entry.returnAddress.rawValue))
          : .firmwareReturned(core: core, to: entry.target, pc: entry.pc.rawValue))
    case .delegationEntered(let entry): add(.delegated(core: core, BoardTarget.entry(entry)))
    case .delegationCompleted(let next, let isElsewhere):
      add(.delegationCompleted(core: core, isElsewhere: isElsewhere))
      if let next { add(.delegated(core: core, BoardTarget.entry(next))) }
    case .watchHit(let hit): hits.append(hit)
    case .unmodelled(let access): add(.notModelled(access.description))
    case .consoleLine, .power: break
    }
  }

  private static func entry(_ entry: DelegatedEntry) -> TimelineEvent.DelegatedEntry {
    TimelineEvent.DelegatedEntry(
      event: entry.event, to: entry.target, pc: entry.pc.rawValue,
      interrupted: entry.interrupted.rawValue)
  }

  private static func access(_ access: BusAccess) -> TimelineEvent.Consumption.Access {
    switch access.purpose {
    case .instructionFetch: .fetch
    case .tableWalk: .tableWalk
    case .data, .debug: access.core == nil ? .dma : .data
    }
  }
}
