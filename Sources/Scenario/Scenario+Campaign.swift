// A scenario's machine with other errors than its own: what a campaign makes of it, again and again.

extension Scenario.Injection {
  /// An item of a campaign's errors, which waits for its moment and its line; `others` are the item's
  /// keys that the campaign reads itself.
  public init(campaignItem node: ScenarioNode, besides others: [String]) throws {
    name = "campaign"
    when = [.instructions(.max)]
    line = node.line
    try read(what: node, kind: "what", besides: others)
  }

  /// An error that never comes: its state and that of any other error of a campaign are of one form.
  fileprivate static var pending: Self { Self(name: "campaign", when: [.instructions(.max)]) }
}

extension Scenario {
  /// The same machine with the error that `injection` is, in its lines, at a physical address, after so many
  /// instructions. Nothing is expected.
  public func disturbed(
    by injection: Injection, at instructions: UInt64, physical: UInt64
  ) -> Scenario {
    var injection = injection
    injection.when = [.instructions(instructions)]
    injection.place = .physical(Expression(physical))
    var scenario = self
    scenario.injections = [injection]
    scenario.expectation = Expectation()
    return scenario
  }

  /// The same machine before any error, and without one.
  public func undisturbed() -> Scenario {
    var scenario = self
    scenario.injections = [.pending]
    scenario.expectation = Expectation()
    return scenario
  }

  /// The same machine, with nothing but a wait for lines.
  public func waiting(for lines: [ConsolePattern]) -> Scenario {
    var scenario = self
    scenario.injections = lines.map {
      Injection(name: "moment", when: [.console($0)], text: "")
    }
    scenario.expectation = Expectation()
    return scenario
  }
}

extension Experiment {
  /// Where firmware keeps ACPI tables and error status blocks, as far as a kernel could find out.
  public func firmwareMemory() -> [Range<UInt64>] {
    let tables = FirmwareTables(target)?.tables ?? []
    return tables.map { $0.address..<$0.address + UInt64($0.bytes.count) }
      + state.sources.blocks(target)
  }

  /// When each injection's trigger came, in instructions.
  public var firings: [UInt64?] { state.progress.map(\.firedAt) }
}
