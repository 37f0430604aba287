// From the file to an error: what stands below `what`.

import Arm
import Machine

extension Scenario.Injection {
  /// Reads what is injected, and when it is met.
  ///
  /// `kindKey` is what the kind stands under, `others` are keys that somebody else reads.
  public mutating func read(
    what node: ScenarioNode, kind kindKey: String = "kind", besides others: [String] = []
  ) throws {
    guard node.isMap else {
      switch try node.choice(Scenario.ErrorKind.self) {
      case .poison: break
      case .serror: poison.signal = .serror(SystemError(poison.state))
      case .interconnect: (interconnect, meeting) = (.data, .once)
      case .copy: throw node.mistake("a map with kind: copy and to", found: "copy")
      }
      return
    }
    let map = try node.map(
      [
        kindKey, "severity", "address", "faultAddress", "persistence", "found", "rate", "count",
        "met", "syndrome", "delay", "core", "cause", "critical", "to",
      ] + others)
    guard let kind = map[kindKey] else {
      throw node.mistake(
        "\(kindKey): poison, SError, interconnect or copy", found: "no \(kindKey)")
    }
    if try kind.choice(Scenario.ErrorKind.self) == .copy {
      return try readCopy(map, besides: [kindKey] + others)
    }
    if let value = map["to"] { throw value.mistake("to only with kind: copy", found: "to") }
    if let value = map["critical"] {
      poison.isCritical = try value.choice(Scenario.Truth.self) == .yes
    }
    let isAsynchronous: Bool
    switch try kind.choice(Scenario.ErrorKind.self) {
    case .poison: isAsynchronous = false
    case .serror: isAsynchronous = true
    case .interconnect: return try readInterconnect(map)
    case .copy: return
    }
    if let value = map["cause"] {
      throw value.mistake("cause only with kind: interconnect", found: "cause")
    }
    poison.state = try map["severity"]?.errorState() ?? .recoverable
    poison.address = try map["address"]?.choice(RecordedAddress.self) ?? .valid
    if let value = map["faultAddress"] {
      guard !isAsynchronous else {
        throw value.mistake("faultAddress only with kind: poison", found: "faultAddress")
      }
      poison.hasFaultAddress = try value.choice(Scenario.AddressValidity.self) != .invalid
    }
    try readFinding(map, isAsynchronous: isAsynchronous)
    guard isAsynchronous else {
      for key in ["met", "syndrome", "delay", "core"] {
        if let value = map[key] { throw value.mistake("\(key) only with kind: SError", found: key) }
      }
      return
    }
    meeting = try map["met"]?.choice(Scenario.Meeting.self) ?? .use
    if meeting == .once, let value = map["address"] {
      _ = try value.choice(Scenario.AddressValidity.self)
    }
    if meeting == .once, poison.isCritical, let value = map["critical"] {
      throw value.mistake(
        "critical only of an error of memory or of the interconnect: a core's node has no CRI")
    }
    let syndrome = try map["syndrome"]?.number(
      .count, in: 0...Syndrome.iss.mask,
      "an ISS without IESB (0x1000000: IMPLEMENTATION DEFINED)")
    let delay = try map["delay"]?.number(.count, in: 0...1_000_000, "0 to 1M instructions") ?? 0
    poison.signal = .serror(
      syndrome.map { SystemError(iss: $0, delay: delay) }
        ?? SystemError(poison.state, delay: delay))
    if let value = map["core"] {
      guard meeting == .once else { throw value.mistake("core only with met: at once") }
      core = Int(try value.number(.count, in: 0...7, "the number of a core, from 0"))
    }
    if meeting == .once, poison.state == .deferred, let value = map["severity"] {
      throw value.mistake(
        "corrected, restartable, recoverable, unrecoverable or uncontainable of an error at once: "
          + "what a core defers is somebody else's")
    }
  }
}

extension Scenario.Injection {
  /// Reads what a whole-line engine copies.
  private mutating func readCopy(
    _ map: [String: ScenarioNode], besides others: [String]
  ) throws {
    for (key, value) in map where key != "to" && !others.contains(key) {
      throw value.mistake("to beside kind: copy, and nothing else", found: key)
    }
    guard let to = map["to"] else {
      throw ScenarioError(
        file: map.values.first?.file ?? "", line: line, key: "to", found: "nothing",
        accepted: "the physical address to copy to: \(Expression.accepted)")
    }
    copyDestination = try to.expression()
  }
}

extension ScenarioNode {
  /// A component error state by its name.
  func errorState() throws -> ErrorState {
    let accepted = ErrorState.allCases.map { "\($0.name)" }.joined(separator: ", ")
    let name = try text(accepted)
    guard let state = ErrorState.allCases.first(where: { "\($0.name)" == name }) else {
      throw mistake(accepted)
    }
    return state
  }
}
