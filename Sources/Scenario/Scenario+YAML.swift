// From the file to the experiment: the keys of the top, of machine, boot and vmm, and triggers and places. Those below
// `what`, `expect` and `limits` are in `Scenario+Errors`, `+Finding`, `+Expectation` and `+Limits`.

import Arm
import Machine

extension Scenario {
  /// Reads a scenario. `file` is its name in complaints. Throws ScenarioError.
  public init(yaml text: String, file: String) throws {
    let root = try ScenarioNode.root(of: text, file: file).map([
      "title", "description", "machine", "host", "boot", "vmm", "inject", "expect", "limits",
      "difference", "marks", "liveness", "resets",
    ])
    func missing(_ key: String, _ accepted: String) -> ScenarioError {
      ScenarioError(file: file, line: 1, key: key, found: "nothing", accepted: accepted)
    }
    guard let title = root["title"] else { throw missing("title", "a line of text") }
    self.title = try title.text("a line of text")
    description = try root["description"]?.text("text") ?? ""
    if let node = root["machine"] { machine = try MachineDescription(node) }
    if let node = root["host"] { hosts = try Self.hosts(node) }
    if let node = root["boot"] { boot = try BootDescription(node) }
    if let node = root["vmm"] { vmm = try VMMDescription(node) }
    let items = root["inject"]?.list() ?? []
    injections = try items.map { try Injection($0) }
    if let node = root["expect"] { expectation = try Expectation(node) }
    if let node = root["limits"] { limits = try Limits(node) }
    if let node = root["marks"] { marks = try Self.marks(node) }
    if let node = root["liveness"] { liveness = try Liveness(node) }
    if let node = root["resets"] { resets = try Resets(node) }
    difference = try root["difference"]?.text("why the hosts differ")
    try checkCaptures(items)
  }

  private static func hosts(_ node: ScenarioNode) throws -> [Host] {
    let hosts = try node.list().map { try $0.choice(Host.self) }
    guard !hosts.isEmpty, Set(hosts).count == hosts.count else {
      throw node.mistake(
        "faultline, linux, or a list of both",
        found: hosts.isEmpty ? "an empty list" : "the same host twice")
    }
    return hosts
  }

  /// A capture must be named by a console pattern of the same item or of one before it.
  private func checkCaptures(_ nodes: [ScenarioNode]) throws {
    var known: [ConsolePattern] = []
    for (injection, node) in zip(injections, nodes) {
      var needed: [Expression] = injection.place.map { [$0.expression] } ?? []
      if let destination = injection.copyDestination { needed.append(destination) }
      var hasRegisters = false
      for step in injection.when {
        switch step {
        case .console(let pattern), .prompt(let pattern): known.append(pattern)
        case .access(let place, _, _, _): needed.append(place.expression)
        case .programCounter(let expression, _):
          needed.append(expression)
          hasRegisters = true
        case .instructions, .after: break
        }
      }
      for expression in needed {
        guard let name = expression.capture else { continue }
        if hasRegisters, TargetRegister(rawValue: name) != nil { continue }
        guard known.contains(where: { $0.captures(name) }) else {
          throw node.mistake(
            Int(name) == nil
              ? "a name that a console pattern captures before it is needed, as (?<\(name)>...)"
              : "the number of a group in a console pattern before it is needed, as (...)",
            found: "$\(name), which nothing captures")
        }
      }
    }
  }
}

extension Scenario.MachineDescription {
  fileprivate init(_ node: ScenarioNode) throws {
    let map = try node.map(["memory", "cpus", "scrub"] + NodeParameters.names)
    if let value = map["memory"] { memory = try Self.memory(value) }
    if let value = map["scrub"] {
      scrubRate = try value.number(.size, in: 1 << 20...1 << 40, "1M to 1T bytes a second")
    }
    if let value = map["cpus"] { cores = Int(try value.number(.count, in: 1...8, "1 to 8")) }
    errorNodes = try NodeParameters.nodes { map[$0] }
  }

  /// What a machine accepts as its memory.
  public static let acceptedMemory = "128M to 64G, a multiple of 2M"

  /// Whether a machine can have that much memory.
  public static func accepts(memory: UInt64) -> Bool {
    memory >= 128 << 20 && memory <= 64 << 30 && memory % (2 << 20) == 0
  }

  private static func memory(_ node: ScenarioNode) throws -> UInt64 {
    let bytes = try node.number(.size, in: 0...UInt64.max, acceptedMemory)
    guard accepts(memory: bytes) else { throw node.mistake(acceptedMemory) }
    return bytes
  }
}

extension Scenario.BootDescription {
  /// What firmware accepts as the watchdog's time, in seconds.
  public static let watchdogRange: ClosedRange<UInt64> = 0...3600
  /// The same in words.
  public static let acceptedWatchdog = "0 to 3600 seconds"

  fileprivate init(_ node: ScenarioNode) throws {
    let map = try node.map([
      "firmware", "kernel", "initrd", "append", "serror", "aborts", "events", "watchdog", "script",
      "symbols",
    ])
    firmware = try map["firmware"]?.text("a file")
    kernel = try map["kernel"]?.text("a file")
    initrd = try map["initrd"]?.text("a file")
    if let value = map["append"] { append = try value.text("a kernel command line") }
    serror = try map["serror"]?.choice(Scenario.SErrorNotification.self)
    if let value = map["aborts"] { aborts = try value.choice(Scenario.AbortRouting.self) }
    if let value = map["watchdog"] {
      watchdog = try value.number(.count, in: Self.watchdogRange, Self.acceptedWatchdog)
    }
    if let value = map["events"] { events = try value.choice(Scenario.EventNotification.self) }
    script = try map["script"]?.text("shell commands")
    symbols = try map["symbols"]?.dictionary("a map of programs to files with their symbols") ?? [:]
  }
}

extension Scenario.Injection {
  fileprivate init(_ node: ScenarioNode) throws {
    let map = try node.map([
      "name", "when", "what", "where", "length", "mask", "also", "type",
    ])
    func required(_ key: String, _ accepted: String) throws -> ScenarioNode {
      guard let value = map[key] else {
        throw ScenarioError(
          file: node.file, line: node.line, key: node.path + "." + key, found: "nothing",
          accepted: accepted)
      }
      return value
    }
    line = node.line
    let steps = try required("when", "a trigger, or a list of triggers in their order")
    when = try steps.list().map { try Scenario.Trigger($0) }
    guard !when.isEmpty else {
      throw steps.mistake("a trigger, or a list of triggers in their order", found: "an empty list")
    }
    if let value = map["type"] {
      for key in ["what", "where", "length", "mask", "also"] {
        if let other = map[key] { throw other.mistake("\(key) or type, not both", found: key) }
      }
      name = try map["name"]?.text("a few words") ?? "typing"
      text = try value.text("what is typed on the console, with \\r for Enter in double quotes")
      return
    }
    name = try map["name"]?.text("a few words") ?? "poison"
    let what = try required("what", "poison, SError, or a map with kind, severity and address")
    try read(what: what)
    if meeting == .once, map["where"] == nil {
      // Without a place there is no address to record.
      if what.has("address"), poison.address == .valid {
        _ = try required("where", Scenario.Place.accepted)
      }
      poison.address = .invalid
    } else {
      place = try Scenario.Place(required("where", Scenario.Place.accepted))
    }
    if let value = map["length"] {
      length = try value.number(.size, in: 1...(1 << 20), "1 to 1M bytes")
    }
    try readFurtherLines(map)
  }
}

extension VMMDescription {
  fileprivate init(_ node: ScenarioNode) throws {
    let map = try node.map(["process", "guest"])
    self.init()
    if let value = map["process"] { processName = try value.text("the name of a program") }
    if let value = map["guest"] {
      let pattern = try value.pattern()
      guard pattern.captures("guest") || pattern.captures("1") else {
        throw value.mistake(
          "a pattern of what a guest's line begins with, with the guest's name in a group, as in "
            + "'^(?<guest>\\w+): '")
      }
      mark = pattern
    }
  }
}

extension Scenario.Trigger {
  fileprivate init(_ node: ScenarioNode) throws {
    let map = try node.map([
      "console", "prompt", "instructions", "after", "access", "pc", "in",
    ])
    let named = map.keys.filter { $0 != "in" }.sorted()
    guard named.count == 1 else {
      throw node.mistake(
        "exactly one of console, prompt, instructions, after, access, pc (a list makes a sequence)",
        found: named.isEmpty ? "no trigger" : named.joined(separator: " and "))
    }
    if let context = map["in"], map["pc"] == nil {
      throw context.mistake("in only beside pc", found: "in")
    }
    if let value = map["console"] {
      self = .console(try value.pattern())
    } else if let value = map["prompt"] {
      self = .prompt(try value.pattern())
    } else if let value = map["after"] {
      self = .after(
        try value.number(
          .count, in: 1...UInt64.max, "a number of instructions after the step before (250M)"))
    } else if let value = map["instructions"] {
      self = .instructions(
        try value.number(.count, in: 1...UInt64.max, "a number of instructions (250M)"))
    } else if let value = map["pc"] {
      self = .programCounter(
        try value.expression(), in: try map["in"]?.choice(Scenario.Context.self))
    } else if let value = map["access"] {
      let access = try value.map([
        "physical", "intermediate", "virtual", "descriptor", "stage2", "level", "in", "kind",
        "count", "length",
      ])
      var kind = Scenario.AccessKind.any
      var count: UInt64 = 1
      var length: UInt64 = 1
      if let value = access["kind"] { kind = try value.choice(Scenario.AccessKind.self) }
      if let value = access["count"] {
        count = try value.number(.count, in: 1...UInt64.max, "1 or more")
      }
      if let value = access["length"] {
        length = try value.number(.size, in: 1...4096, "1 to 4096 bytes")
      }
      self = .access(
        try Scenario.Place(value, among: access), kind: kind, count: count, length: length)
    } else {
      throw node.mistake("a trigger")
    }
  }
}

extension Scenario.Place {
  /// What a scenario accepts as a place.
  static let accepted =
    "one of physical: ADDRESS, intermediate: ADDRESS, virtual: ADDRESS, "
    + "descriptor: ADDRESS with level: 0 to 3, stage2: ADDRESS with level: 0 to 3; "
    + "in: CONTEXT beside virtual or descriptor"
  private static let names = ["physical", "intermediate", "virtual", "descriptor", "stage2"]

  fileprivate init(_ node: ScenarioNode) throws {
    try self.init(node, among: node.map(Self.names + ["level", "in"]))
  }

  fileprivate init(_ node: ScenarioNode, among map: [String: ScenarioNode]) throws {
    let named = Self.names.filter { map[$0] != nil }
    guard named.count == 1 else {
      throw node.mistake(
        Scenario.Place.accepted,
        found: named.isEmpty ? "no place" : named.joined(separator: " and "))
    }
    if let level = map["level"], map["descriptor"] == nil, map["stage2"] == nil {
      throw level.mistake("level only beside descriptor or stage2", found: "level")
    }
    if let context = map["in"], map["virtual"] == nil, map["descriptor"] == nil {
      throw context.mistake("in only beside virtual or descriptor", found: "in")
    }
    let context = try map["in"]?.choice(Scenario.Context.self)
    func level() throws -> Int {
      guard let level = map["level"] else { throw node.mistake("level: 0 to 3", found: "no level") }
      return Int(try level.number(.count, in: 0...3, "0 to 3"))
    }
    if let value = map["physical"] {
      self = .physical(try value.expression())
    } else if let value = map["virtual"] {
      self = .virtual(try value.expression(), in: context)
    } else if let value = map["descriptor"] {
      self = .descriptor(try value.expression(), level: try level(), in: context)
    } else if let value = map["stage2"] {
      self = .stage2(try value.expression(), level: try level())
    } else if let value = map["intermediate"] {
      self = .intermediate(try value.expression())
    } else {
      throw node.mistake(Scenario.Place.accepted)
    }
  }

  /// The address it starts from.
  public var expression: Expression {
    get {
      switch self {
      case .physical(let expression), .intermediate(let expression), .virtual(let expression, _):
        expression
      case .descriptor(let expression, _, _), .stage2(let expression, _): expression
      }
    }
    set {
      switch self {
      case .physical: self = .physical(newValue)
      case .intermediate: self = .intermediate(newValue)
      case .virtual(_, let context): self = .virtual(newValue, in: context)
      case .descriptor(_, let level, let context):
        self = .descriptor(newValue, level: level, in: context)
      case .stage2(_, let level): self = .stage2(newValue, level: level)
      }
    }
  }

  /// The kind of context that its address is meant in; nil for whatever runs.
  var context: Scenario.Context? {
    switch self {
    case .virtual(_, let context), .descriptor(_, _, let context): context
    case .physical, .intermediate, .stage2: nil
    }
  }
}
