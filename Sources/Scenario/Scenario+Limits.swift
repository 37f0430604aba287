// From the file to when a run ends, goes on across a reset, is saved or still lives.

import Machine

extension Scenario.Limits {
  /// Reads the limits.
  init(_ node: ScenarioNode) throws {
    let map = try node.map(["instructions", "seconds", "until", "panic", "storm"])
    if let value = map["instructions"] {
      instructions = try value.number(
        .count, in: 1...UInt64.max, "a number of instructions (5G)")
    }
    if let value = map["seconds"] {
      seconds = try value.number(.count, in: 1...1_000_000, "1 to 1M seconds of virtual time")
    }
    until = try map["until"]?.pattern()
    if let value = map["panic"] {
      panic = try value.number(
        .count, in: 0...1_000_000_000_000, "0 to 1T instructions to go on after a panic")
    }
    if let value = map["storm"] {
      storm = Int(try value.number(.count, in: 1...1_000_000, "1 to 1M errors"))
    }
  }
}

extension Scenario.Liveness {
  /// Reads what a machine that lives says.
  public init(_ node: ScenarioNode) throws {
    let map = try node.map(["every", "line"])
    guard let every = map["every"], let line = map["line"] else {
      throw node.mistake("every: a time (1s, 200ms) and line: a regular expression", found: "less")
    }
    self.init(nanoseconds: try every.nanoseconds(), line: try line.pattern())
  }
}

extension Scenario.Resets {
  /// The most resets that an experiment goes on across.
  public static let most = 1000

  /// Reads how often a machine comes back: a number, or a map that says after what kind of reset.
  init(_ node: ScenarioNode) throws {
    func count(_ node: ScenarioNode) throws -> Int {
      let most = UInt64(Self.most)
      return Int(try node.number(.count, in: 0...most, "0 to \(most) resets"))
    }
    guard node.isMap else {
      self.init(count: try count(node))
      return
    }
    let map = try node.map(["count", "kind"])
    guard let number = map["count"] else {
      throw node.mistake("count: a number of resets", found: "no count")
    }
    self.init(
      count: try count(number), kind: try map["kind"]?.choice(ResetKind.self) ?? .warm)
  }
}

extension Scenario {
  /// Reads the marks.
  static func marks(_ node: ScenarioNode) throws -> [UInt64] {
    let accepted = "numbers of instructions, ascending"
    let marks = try node.list().map { try $0.number(.count, in: 1...(UInt64.max - 1), accepted) }
    guard zip(marks, marks.dropFirst()).allSatisfy({ $0 < $1 }) else {
      throw node.mistake(accepted, found: "a list that is not ascending")
    }
    return marks
  }
}

extension ScenarioNode {
  /// A time: a whole number with us, ms or s.
  public func nanoseconds() throws -> UInt64 {
    let accepted = "a time above 0: a number with us, ms or s"
    let text = try text(accepted)
    let units: [(String, UInt64)] = [("us", 1000), ("ms", 1_000_000), ("s", 1_000_000_000)]
    for (unit, factor) in units where text.hasSuffix(unit) {
      guard let number = UInt64(text.dropLast(unit.count)), number > 0, number <= 1_000_000 else {
        break
      }
      return number * factor
    }
    throw mistake(accepted)
  }
}
