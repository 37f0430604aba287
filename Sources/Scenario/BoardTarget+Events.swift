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
          node: recording.node, status: recording.status, address: recording.address.rawValue,
          state: recording.state))
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
          TimelineEvent.Use(
            core: core, place: place, physical: consumption.address.rawValue,
            access: BoardTarget.access(consumption.access))))
      addRecording(consumption.recording)
    case .nodeRecorded(let recording): addRecording(recording)
    case .nodeInterrupt(let interrupt, let node): add(.interruptAsserted(node: node, interrupt))
    case .counterOverflowed(let node): add(.counterOverflowed(node: node))
    case .correctedInterruptSwitched(let node, let isOn):
      // Each core's own node is let tell whenever the core is turned on.
      if node.core == nil { add(.correctedErrorsTold(node: node, isOn: isOn)) }
    case .errorPending(let syndrome, _):
      add(.errorPending(core: core, iss: syndrome[Syndrome.iss]))
    case .errorDeferred(let value, let isVirtual):
      add(
        .errorDeferred(core: core, register: isVirtual ? .vdisr : .disr, value: value.rawValue))
    case .exceptionTaken(let taken): add(.exceptionTaken(core: core, taken))
    case .firmwareReturned(let entry): add(.firmwareReturned(core: core, entry))
    case .delegationEntered(let entry): add(.delegated(core: core, entry))
    case .delegationCompleted(let next, let isElsewhere):
      add(.delegationCompleted(core: core, isElsewhere: isElsewhere))
      if let next { add(.delegated(core: core, next)) }
    case .watchHit(let hit): hits.append(hit)
    case .unmodelled(let access): add(.notModelled(access.description))
    case .consoleLine, .power: break
    }
  }

  private static func access(_ access: BusAccess) -> TimelineEvent.Use.Access {
    switch access.purpose {
    case .instructionFetch: .fetch
    case .tableWalk: .tableWalk
    case .data, .debug: access.core == nil ? .dma : .data
    }
  }
}
