// Injecting: planting poison, and raising errors of a core's own.

import Arm
import Machine

extension Experiment {
  /// Injects, unless the place means nothing yet; whether it is done.
  func inject(
    _ injection: Scenario.Injection, firedAt: UInt64, core: Int?
  ) throws(ExperimentFailure) -> Bool {
    if let text = injection.text {
      target.type(Array(text.utf8))
      return true
    }
    guard let place = injection.place else {
      try raise(injection, at: nil, core: core)
      return true
    }
    guard let physical = try physicalAddress(of: place, core) else {
      if target.instructions > firedAt + ExperimentPatience.place {
        throw .placeNotTranslated(
          injection: injection.name, line: injection.line, place: place.expression)
      }
      return false
    }
    if let destination = injection.copyDestination {
      try copy(injection, from: physical, to: PhysicalAddress(try value(of: destination)))
    } else if injection.meeting == .once {
      try raise(injection, at: physical, core: core)
    } else {
      try plant(injection, at: physical)
    }
    return true
  }

  private func copy(
    _ injection: Scenario.Injection, from source: PhysicalAddress, to destination: PhysicalAddress
  ) throws(ExperimentFailure) {
    let (first, other) = (source.line.rawValue, destination.line.rawValue)
    let last = source.rawValue &+ (injection.length &- 1)
    let wanted = (CacheLine.start(of: last) &- first) / CacheLine.size &+ 1
    guard last >= source.rawValue,
      let count = target.copyLines(from: source, to: destination, count: Int(wanted))
    else {
      throw .noMemory(injection: injection.name, line: injection.line, address: source.rawValue)
    }
    takeEvents()
    note(
      .linesCopied(
        from: first, to: other, count: UInt64(count), wanted: wanted))
  }

  private func plant(
    _ injection: Scenario.Injection, at place: PhysicalAddress
  ) throws(ExperimentFailure) {
    let physical = place.rawValue
    if let mask = injection.mask {
      let lines = LinePattern(agreeingWith: physical, in: mask)
      guard target.plantPoison(lines, injection.poison) else {
        throw .noMemory(injection: injection.name, line: injection.line, address: physical)
      }
      state.evidence.plant(lines, injection.poison.state)
      if let traffic = injection.traffic {
        target.addTraffic(lines, rate: traffic.rate, count: traffic.count)
      }
    } else {
      let (end, isTooFar) = physical.addingReportingOverflow(injection.length)
      guard !isTooFar else {
        throw .noMemory(injection: injection.name, line: injection.line, address: physical)
      }
      for line in stride(from: place.line.rawValue, to: end, by: Int(CacheLine.size)) {
        try plant(injection, line)
      }
    }
    for address in injection.also { try plant(injection, CacheLine.start(of: address)) }
    state.injected = true
    takeEvents()
  }

  private func plant(
    _ injection: Scenario.Injection, _ line: UInt64
  ) throws(ExperimentFailure) {
    guard target.plantPoison(PhysicalAddress(line), injection.poison) else {
      throw .noMemory(injection: injection.name, line: injection.line, address: line)
    }
    state.evidence.plant(line, injection.poison.state)
    noteGuestAddress(line)
    if injection.finding == .once { target.announcePoison(PhysicalAddress(line)) }
    if let traffic = injection.traffic {
      target.addTraffic(LinePattern(line: line), rate: traffic.rate, count: traffic.count)
    }
  }

  /// An error of a core's own; `physical` is what its record names, if it names anything.
  private func raise(
    _ injection: Scenario.Injection, at place: PhysicalAddress?, core: Int?
  ) throws(ExperimentFailure) {
    let physical = place?.rawValue
    if let cause = injection.interconnect {
      state.injected = true
      let address = injection.poison.address == .valid ? physical : nil
      let (state, isCritical) = (injection.poison.state, injection.poison.isCritical)
      note(.interconnectFailed(state: state, physical: address, isCritical: isCritical))
      target.injectInterconnectError(
        state, isCritical: isCritical, cause: cause, address.map { PhysicalAddress($0) })
      return takeEvents()
    }
    let core = injection.core ?? core ?? 0
    guard core < target.coreCount else {
      throw .noCore(injection: injection.name, line: injection.line, core: core)
    }
    if let physical, injection.poison.address == .valid {
      let line = CacheLine.start(of: physical)
      state.evidence.mayName(line)
      noteGuestAddress(line)
    }
    state.injected = true
    note(
      .errorInjected(core: core, state: injection.poison.state, physical: physical))
    target.injectError(core: core, place, injection.poison)
    takeEvents()
  }

  /// What a guest must call a line that was hit. A guest whose memory it is may not run at the moment
  /// of injection, and its page may not be mapped yet; it does and is when the guest meets it.
  func noteGuestAddress(_ line: UInt64) {
    guard state.evidence.holds(line), state.guestSearches[line, default: 0] < 4 else {
      return
    }
    state.guestSearches[line, default: 0] += 1
    for core in 0..<target.coreCount {
      if let address = target.guestAddress(core: core, PhysicalAddress(line)) {
        state.evidence.plantedInGuests.insert(address.rawValue)
        state.guestSearches[line] = 4
      }
    }
  }
}
