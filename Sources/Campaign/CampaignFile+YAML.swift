// From the file to the campaign. Every key is read here and nowhere else.

import Scenario

extension CampaignFile {
  /// Reads a campaign. `file` is its name in complaints. Throws ScenarioError.
  public init(yaml text: String, file: String) throws {
    let root = try ScenarioNode.root(of: text, file: file).map([
      "title", "scenario", "host", "moments", "errors", "places", "liveness", "seed", "stop",
      "limits", "require",
    ])
    func required(_ key: String, _ accepted: String) throws -> ScenarioNode {
      guard let node = root[key] else {
        throw ScenarioError(file: file, line: 1, key: key, found: "nothing", accepted: accepted)
      }
      return node
    }
    title = try required("title", "a line of text").text("a line of text")
    scenario = try required("scenario", "a scenario's file").text("a scenario's file")
    host = try root["host"]?.choice(Scenario.Host.self)
    let moments = try required("moments", Moment.accepted)
    self.moments = try moments.list().map { try Moment($0) }
    guard let first = self.moments.first else { throw moments.mistake(Moment.accepted) }
    if case .every = first {
      throw moments.mistake("console or instructions for the first moment", found: "every")
    }
    let errors = try required("errors", WeightedError.accepted)
    self.errors = try errors.list().map { try WeightedError($0) }
    guard !self.errors.isEmpty else { throw errors.mistake(WeightedError.accepted) }
    let map = try root["places"]?.map(["all", "census", "pattern"])
    let places = try map?["all"].map(Self.places) ?? Place.allCases
    let census = Set(try map?["census"].map(Self.places) ?? [])
    if let node = map?["census"], let other = census.first(where: { !places.contains($0) }) {
      throw node.mistake("places that all has too", found: "'\(other.rawValue)'")
    }
    (self.places, self.census) = (places, census)
    pattern = try map?["pattern"].map { try FaultPattern.read($0) } ?? .line
    liveness = try root["liveness"].map { try Scenario.Liveness($0) }
    seed = try root["seed"]?.number(.count, in: 0...UInt64.max, "a number") ?? 1
    stop = try root["stop"].map { try Stop($0) } ?? Stop()
    limits = try root["limits"].map { try Limits($0) } ?? Limits()
    let demands = root["require"]?.list() ?? []
    gates = try demands.map { try Gate($0) }
    for (gate, node) in zip(gates, demands) {
      if let other = gate.places.first(where: { !places.contains($0) }) {
        throw node.mistake("a place that places.all has too", found: "'\(other.rawValue)'")
      }
    }
    if let node = root["stop"], !stop.halfWidths.isEmpty, places.allSatisfy(census.contains) {
      throw node.mistake(
        "half-width where a sample is drawn; a census of all places has no interval",
        found: "half-width")
    }
  }

  fileprivate static func places(_ node: ScenarioNode) throws -> [Place] {
    var places: Set<Place> = []
    for item in node.list() {
      guard let named = Place.named(try item.text(Place.accepted)) else {
        throw item.mistake(Place.accepted)
      }
      places.formUnion(named)
    }
    return Place.allCases.filter(places.contains)
  }
}

extension FaultPattern {
  /// Reads what is hit at once.
  fileprivate static func read(_ node: ScenarioNode) throws -> Self {
    let accepted = presets.map(\.name).joined(separator: ", ")
    let map = node.isMap ? try node.map(["preset", "lines"]) : ["preset": node]
    guard let preset = map["preset"] else {
      throw node.mistake("preset: one of " + accepted, found: "no preset")
    }
    guard let found = try presets.first(where: { try $0.name == preset.text(accepted) }) else {
      throw preset.mistake(accepted)
    }
    guard let lines = map["lines"] else { return found }
    guard found.name == "storm" else {
      throw lines.mistake("lines only with preset: storm", found: "lines")
    }
    return .storm(Int(try lines.number(.count, in: 2...1000, "2 to 1,000 lines at once")))
  }
}

extension CampaignFile.Moment {
  static let accepted =
    "a list of {console: PATTERN}, {instructions: N} and {every: N, count: N}, ascending"

  fileprivate init(_ node: ScenarioNode) throws {
    let map = try node.map(["console", "instructions", "every", "count"])
    let named = map.keys.filter { $0 != "count" }.sorted()
    guard named.count == 1 else {
      throw node.mistake(
        "one of console, instructions, every",
        found: named.isEmpty ? "none" : named.joined(separator: " and "))
    }
    if let value = map["every"] {
      let step = try value.number(.count, in: 1...UInt64.max, "instructions (5M)")
      let count = try map["count"]?.number(.count, in: 1...10_000, "1 to 10,000 moments") ?? 1
      self = .every(step, count: count)
      return
    }
    if let count = map["count"] { throw count.mistake("count only beside every", found: "count") }
    if let value = map["console"] {
      self = .console(try value.pattern())
    } else if let value = map["instructions"] {
      self = .instructions(try value.number(.count, in: 1...UInt64.max, "instructions (50M)"))
    } else {
      throw node.mistake(Self.accepted)
    }
  }
}

extension CampaignFile.WeightedError {
  static let accepted =
    "a list of {what: poison or SError, weight: N}, with severity, address, faultAddress, syndrome "
    + "and delay as in a scenario"

  fileprivate init(_ node: ScenarioNode) throws {
    injection = try Scenario.Injection(campaignItem: node, besides: ["weight"])
    weight = 1
    guard node.isMap else {
      words = [("what", try node.text(Self.accepted))]
      return
    }
    words = try node.entries(Self.accepted).map { ($0.key, try $0.value.text("a word")) }
    for (key, value) in try node.entries(Self.accepted) where key == "weight" {
      guard let number = Double(try value.text("a number above 0")), number > 0, number <= 1e9
      else {
        throw value.mistake("a number above 0")
      }
      weight = number
    }
    guard injection.meeting == .use else {
      throw node.mistake(
        "an error that is met with the first use of its line; one at once has no line to choose",
        found: "met: at once")
    }
    guard injection.finding == .use, injection.traffic == nil else {
      throw node.mistake(
        "an error that is met with the first use of its line", found: "one that is found otherwise")
    }
  }
}

extension CampaignFile.Stop {
  fileprivate init(_ node: ScenarioNode) throws {
    self.init()
    let map = try node.map(["confidence", "half-width", "looks", "at-most"])
    if let value = map["confidence"] {
      confidence = try value.share("50 % to 99.99 %", in: 0.5...0.9999)
    }
    if let value = map["half-width"] {
      halfWidths = try value.entries("a map of outcomes to shares").map { key, item in
        guard let finding = CampaignFile.Finding(key) else {
          throw item.mistake(CampaignFile.Finding.accepted, found: "'\(key)'")
        }
        return (finding, try item.share("a share above 0 (0.5%)", in: 1e-9...0.5))
      }
    }
    if let value = map["looks"] {
      guard !halfWidths.isEmpty else {
        throw value.mistake("looks only beside half-width, which they look at", found: "looks")
      }
      looks = Int(try value.number(.count, in: 1...1000, "1 to 1,000 looks"))
    }
    if let value = map["at-most"] {
      let most = try value.map(["injections", "hours"])
      if let number = most["injections"] {
        injections = try number.number(.count, in: 1...1_000_000_000, "1 to 1G injections")
        injectionsKey = number
      }
      if let number = most["hours"] {
        guard let found = Double(try number.text("hours above 0")), found > 0 else {
          throw number.mistake("hours above 0")
        }
        hours = found
      }
    }
  }
}

extension CampaignFile.Limits {
  fileprivate init(_ node: ScenarioNode) throws {
    self.init()
    let map = try node.map(["after", "panic", "storm"])
    if let value = map["after"] {
      let text = try value.text("1x to 1000x")
      guard text.hasSuffix("x"), let number = Double(text.dropLast()), (1...1000).contains(number)
      else { throw value.mistake("1x to 1000x: lengths of the undisturbed run") }
      after = number
    }
    if let value = map["panic"] {
      panic = try value.number(.count, in: 0...1_000_000_000_000, "0 to 1T instructions")
    }
    if let value = map["storm"] {
      storm = Int(try value.number(.count, in: 1...1_000_000, "1 to 1M errors"))
    }
  }
}

extension CampaignFile.Gate {
  fileprivate init(_ node: ScenarioNode) throws {
    let map = try node.map(["place", "outcome", "reported", "containedBy", "at-most", "at-least"])
    line = node.line
    places = try map["place"].map(CampaignFile.places) ?? []
    let named = ["outcome", "reported", "containedBy"].filter { map[$0] != nil }
    guard named.count == 1 else {
      throw node.mistake(
        "one of outcome, containedBy, reported",
        found: named.isEmpty ? "none" : named.joined(separator: " and "))
    }
    if let value = map["outcome"] {
      finding = .outcome(try value.choice(Verdict.Outcome.self))
    } else if let value = map["containedBy"] {
      finding = .containedBy(try value.choice(Verdict.Container.self))
    } else {
      guard let value = map["reported"], try value.text("wrong address") == "wrong address" else {
        throw node.mistake("reported: wrong address")
      }
      finding = .wrongAddress
    }
    switch (map["at-most"], map["at-least"]) {
    case (let value?, nil):
      if let count = Int(try value.text("a share (0.1%) or a number of rows")), count >= 0 {
        bound = .count(count)
      } else {
        bound = .atMost(try value.share("a share (0.1%) or a number of rows", in: 0...1))
      }
    case (nil, let value?): bound = .atLeast(try value.share("a share (99%)", in: 0...1))
    default: throw node.mistake("at-most or at-least", found: "both or none")
    }
  }
}

extension ScenarioNode {
  /// A share, written with a percent sign.
  fileprivate func share(_ accepted: String, in range: ClosedRange<Double>) throws -> Double {
    let text = try text(accepted)
    guard text.hasSuffix("%"),
      let number = Double(text.dropLast().filter { $0 != " " }), range.contains(number / 100)
    else { throw mistake(accepted) }
    return number / 100
  }
}
