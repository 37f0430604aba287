// What a scenario expects, from its file: the keys below `expect`.

extension Scenario.Expectation {
  private static let keys = [
    "outcome", "containedBy", "radius", "hang", "reported", "counts", "comebacks", "console",
    "never", "timeline",
  ]

  init(_ node: ScenarioNode) throws {
    let map = try node.map(Self.keys + ["kernels"])
    try self.init(map)
    kernels =
      try map["kernels"]?.list().map { entry in
        var other = try entry.map(Self.keys + ["release"])
        guard let release = other.removeValue(forKey: "release") else {
          throw entry.mistake("a map with release, and what is expected of such a kernel")
        }
        return Kernel(
          release: try release.pattern(),
          expectation: try Self(map.merging(other) { _, other in other }))
      } ?? []
  }

  private init(_ map: [String: ScenarioNode]) throws {
    outcome = try map["outcome"]?.choice(Verdict.Outcome.self)
    containedBy = try map["containedBy"]?.choice(Verdict.Container.self)
    if let value = map["radius"] {
      let accepted = Verdict.Radius.accepted
      guard let parsed = Verdict.Radius(try value.text(accepted)) else {
        throw value.mistake(accepted)
      }
      radius = parsed
    }
    hang = try map["hang"]?.choice(Verdict.Hang.self)
    if let value = map["reported"] {
      let reported = try value.map(["record", "address", "severity", "guestAddress"])
      record = try reported["record"]?.choice(Verdict.RecordReport.self)
      address = try reported["address"]?.choice(Verdict.AddressReport.self)
      severity = try reported["severity"]?.choice(Verdict.Severity.self)
      guestAddress = try reported["guestAddress"]?.choice(Verdict.AddressReport.self)
    }
    if let value = map["counts"] {
      let counts = try value.map(["corrected", "deferred", "offlinedPages"])
      func count(_ key: String) throws -> UInt64? {
        try counts[key]?.number(.count, in: 0...1_000_000_000, "0 to 1G")
      }
      corrected = try count("corrected")
      deferred = try count("deferred")
      offlinedPages = try count("offlinedPages")
    }
    comebacks = try map["comebacks"].map { Int(try $0.number(.count, in: 0...1000, "0 to 1000")) }
    console = try map["console"]?.list().map { try $0.pattern() } ?? []
    never = try map["never"]?.list().map { try $0.pattern() } ?? []
    timeline = try map["timeline"]?.list().map { try $0.choice(TimelineEvent.Name.self) } ?? []
  }
}
