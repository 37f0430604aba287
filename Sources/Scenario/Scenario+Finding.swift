// From the file to how an error is found, other than by its use: at once, by traffic that is not modelled, and
// whether it is found again.

import Arm
import Machine

extension Scenario.Injection {
  /// Reads `persistence`, `found`, `rate` and `count`.
  mutating func readFinding(_ map: [String: ScenarioNode], isAsynchronous: Bool) throws {
    for key in ["persistence", "rate", "count"] {
      guard let value = map[key] else { continue }
      guard poison.state == .corrected, !isAsynchronous else {
        throw value.mistake("\(key) only with kind: poison, severity: corrected", found: key)
      }
    }
    if let value = map["persistence"] {
      poison.isTransient = try value.choice(Scenario.Persistence.self) == .transient
    }
    if let value = map["found"] {
      guard !isAsynchronous else {
        throw value.mistake("found only with kind: poison", found: "found")
      }
      finding = try value.choice(Scenario.Meeting.self)
    }
    if let value = map["rate"] {
      let rate = try value.number(.count, in: 1...10_000_000, "1 to 10M reads a second")
      let count = try map["count"]?.number(.count, in: 1...UInt64.max, "1 or more reads")
      guard !poison.isTransient else {
        throw value.mistake("rate of a persistent error: one that is gone is not read again")
      }
      traffic = Scenario.Traffic(rate: rate, count: count)
    } else if let value = map["count"] {
      throw value.mistake("count only with rate", found: "count")
    }
  }

  /// Reads an error of the interconnect's own.
  mutating func readInterconnect(_ map: [String: ScenarioNode]) throws {
    meeting = .once
    interconnect = try map["cause"]?.choice(Scenario.InterconnectCause.self) ?? .data
    poison.state = try map["severity"]?.errorState() ?? .recoverable
    poison.address =
      try map["address"]?.choice(Scenario.AddressValidity.self) == .invalid ? .invalid : .valid
    for (key, value) in map.sorted(by: { $0.key < $1.key })
    where [
      "faultAddress", "persistence", "found", "rate", "count", "met", "syndrome", "delay", "core",
    ]
    .contains(key) {
      throw value.mistake(
        "severity, address, cause and critical with kind: interconnect", found: key)
    }
  }
}
