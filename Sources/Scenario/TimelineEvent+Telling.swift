// How an event is told: who speaks, what it is called, its particulars in their order, as a line of
// text and as JSON.

import Arm
import Machine

extension TimelineEvent {
  /// One particular.
  public struct Detail: Equatable, Sendable {
    /// The key: `pa`, `esr`.
    public var key: String
    /// The value, as text prints it.
    public var value: String
    /// The value where it is a number of things: JSON has it as a number. Addresses and registers stay
    /// text, as many readers of JSON keep 53 bits only.
    public var number: UInt64?

    /// A particular.
    public init(_ key: String, _ value: String) {
      self.key = key
      self.value = value
    }

    /// A number of things, or of one among them.
    public init(_ key: String, counting number: UInt64) {
      self.init(key, String(number))
      self.number = number
    }

    /// An address or register.
    public init(_ key: String, _ value: UInt64) {
      self.init(key, value.hex())
    }
  }

  /// Who speaks, and what the story calls it; nil for what the story leaves out.
  private var telling: (actor: Actor, name: Name)? {
    switch kind {
    case .poisonPlanted: (.experiment, .poisonPlanted)
    case .poisonCured: (.node, .poisonCured)
    case .errorInjected, .interconnectFailed: (.experiment, .errorInjected)
    case .lineMadeBad: (.el3, .poisonPlanted)
    case .linesCopied: (.experiment, .linesCopied)
    case .poisonForwarded: (.node, .poisonForwarded)
    case .coreMadeBad: (.el3, .errorInjected)
    case .consumed: (.node, .consumed)
    case .recordWritten: (.node, .recordWritten)
    case .interruptAsserted(_, .faultHandling): (.node, .faultHandlingInterrupt)
    case .interruptAsserted(_, .errorRecovery): (.node, .errorRecoveryInterrupt)
    case .interruptAsserted(_, .criticalError): (.node, .criticalErrorInterrupt)
    case .counterOverflowed: (.node, .counterOverflow)
    case .correctedErrorsTold(_, let isOn): (.el3, isOn ? .stormOff : .stormOn)
    case .errorPending: (.node, .errorPending)
    case .errorDeferred: (.node, .errorDeferred)
    case .exceptionTaken(_, let taken):
      taken.target == .el3 ? (.el3, .takenToEL3) : (.kernel, .takenElsewhere)
    case .firmwareReturned(_, let entry) where entry.isForged: (.el3, .exceptionForged)
    case .delegated: (.el3, .delegatedEvent)
    case .delegationCompleted: (.kernel, .delegatedEventCompleted)
    case .recordRead(_, isPolled: true): (.kernel, .poll)
    case .nodesPolled: (.el3, .poll)
    case .firmwareReturned, .recordRead: nil
    case .recordPublished: (.el3, .cperPublished)
    case .said(let statement): statement.telling
    case .processKilled: (.process, .processKilled)
    case .notModelled: (.experiment, .notModelled)
    case .notInjected: (.experiment, .notInjected)
    case .repeated: (.experiment, .repeated)
    case .poweredOff: (.experiment, .powerOff)
    case .cameBack: (.experiment, .cameBack)
    }
  }

  /// Who speaks; nil for what the story leaves out.
  public var actor: Actor? { telling?.actor }

  /// What the story calls it; nil for what it leaves out.
  public var name: Name? { telling?.name }

  /// The particulars, in the order in which they are told; keys are JSON keys.
  public var details: [Detail] {
    switch kind {
    case .poisonPlanted(let physical): [Detail("pa", physical)]
    case .poisonCured(let core, let physical): [Detail.core(core), Detail("pa", physical)]
    case .lineMadeBad(let physical, let state):
      [Detail("pa", physical), Detail("state", "\(state.name)")]
    case .linesCopied(let from, let to, let count, let wanted):
      [Detail("from", from), Detail("to", to), Detail("lines", counting: count)]
        + (count < wanted ? [Detail("wanted", counting: wanted)] : [])
    case .poisonForwarded(let from, let physical, _):
      [Detail("from", from), Detail("pa", physical)]
    case .errorInjected(let core, _, let physical), .coreMadeBad(let core, _, let physical):
      [TimelineEvent.Detail.core(core)] + (physical.map { [Detail("pa", $0)] } ?? [])
    case .interconnectFailed(let state, let physical, let isCritical):
      [Detail("node", "interconnect"), Detail("state", "\(state.name)")]
        + (isCritical ? [Detail("critical", "true")] : [])
        + (physical.map { [Detail("pa", $0)] } ?? [])
    case .consumed(let use): use.details
    case .interruptAsserted(let node, _), .counterOverflowed(let node),
      .correctedErrorsTold(let node, _):
      [Detail("node", node.description)]
    case .recordWritten(let node, let status, let address, _):
      [
        Detail("node", node.description), Detail("status", status.rawValue),
        Detail("address", address),
      ]
    case .errorPending(let core, let iss): [Detail.core(core), Detail("iss", iss)]
    case .errorDeferred(let core, let register, let value):
      [Detail.core(core), Detail("register", register.rawValue), Detail("value", value)]
    case .exceptionTaken(let core, let taken): taken.details(core: core)
    case .firmwareReturned(let core, let entry): entry.details(core: core)
    case .delegated(let core, let entry): entry.details(core: core)
    case .delegationCompleted(let core, let isElsewhere):
      [Detail.core(core), Detail("by", isElsewhere ? "COMPLETE_AND_RESUME" : "COMPLETE")]
    case .recordPublished(let record):
      [
        Detail("source", counting: UInt64(record.source)),
        Detail("severity", record.severity.rawValue),
      ] + record.sections
    case .recordRead(let source, _): [Detail("source", counting: UInt64(source))]
    case .nodesPolled: []
    case .said(let statement): [Detail("text", statement.text)]
    case .processKilled(let name, let pid): [Detail("process", name), Detail("pid", counting: pid)]
    case .notModelled(let text): [Detail("text", text)]
    case .notInjected(let name): [Detail("name", name)]
    case .repeated(let count):
      [
        Detail("text", "\(count.grouped) further events like those above"),
        Detail("count", counting: count),
      ]
    case .poweredOff(let isReset): [Detail("by", isReset ? "reset" : "power off")]
    case .cameBack(let number, let kind):
      [Detail("by", kind.rawValue + " reset"), Detail("number", counting: UInt64(number))]
    }
  }

  /// The event as the JSON report has it.
  public var json: JSONValue {
    .object(
      [
        ("instructions", .number(instructions)), ("actor", .string(actor?.rawValue ?? "")),
        ("event", .string(name?.rawValue ?? "")),
      ] + details.map { ($0.key, $0.number.map(JSONValue.number) ?? .string($0.value)) })
  }

  /// The event as one line of text, `width` being that of the widest instruction count.
  public func text(width: Int) -> String {
    let count = instructions.grouped
    let actor = actor?.rawValue ?? ""
    var line = String(repeating: " ", count: max(0, width - count.count)) + count + "  "
    line += actor + String(repeating: " ", count: max(0, 10 - actor.count)) + "  "
    line += name?.rawValue ?? ""
    let details = details
    if let text = details.first(where: { $0.key == "text" })?.value { return line + ": " + text }
    for detail in details {
      let value = detail.value.contains(" ") ? "(\(detail.value))" : detail.value
      line += "  " + detail.key + " " + value
    }
    return line
  }

  /// What makes two events alike: all but times, running counts and register values that carry them.
  var content: String {
    var content = name?.rawValue ?? ""
    for detail in details {
      // "[    1.234567] {12}[Hardware Error]..." without its time and count.
      var scanner = LineScanner(detail.value)
      for (open, close) in [("[", "] "), ("{", "}")] {
        var behind = scanner
        if behind.take(open), behind.skip(behind: close) { scanner = behind }
      }
      content += "|" + detail.key + scanner.text
    }
    return content
  }
}

extension TimelineEvent.Detail {
  fileprivate static func core(_ core: Int) -> Self { Self("pe", counting: UInt64(core)) }
  /// A virtual address, if there is one.
  fileprivate static func address(_ key: String, _ address: VirtualAddress?) -> [Self] {
    address.map { [Self(key, $0.rawValue)] } ?? []
  }
}

extension ExceptionLevel {
  fileprivate var text: String { "EL\(rawValue)" }
}

extension TimelineEvent.Use {
  fileprivate var details: [TimelineEvent.Detail] {
    [
      TimelineEvent.Detail.core(core), .init("el", place.level.text),
      .init("pc", place.pc.rawValue),
    ] + TimelineEvent.Detail.address("va", place.virtual)
      + [.init("pa", physical), .init("access", access.rawValue)]
  }
}

extension DelegatedEntry {
  fileprivate func details(core: Int) -> [TimelineEvent.Detail] {
    [
      TimelineEvent.Detail.core(core), .init("event", counting: UInt64(event)),
      .init("target", target.text), .init("pc", pc.rawValue),
      .init("interrupted", interrupted.rawValue),
    ]
  }
}

extension TakenException {
  fileprivate func details(core: Int) -> [TimelineEvent.Detail] {
    [
      TimelineEvent.Detail.core(core), .init("cause", causeText), .init("from", source.text),
      .init("to", target.text),
      .init("vector", vector.rawValue), .init("esr", syndrome.rawValue),
    ] + TimelineEvent.Detail.address("far", faultAddress)
      + [.init("elr", returnAddress.rawValue)]
  }

  private var causeText: String {
    switch cause {
    case .abort: syndrome.exceptionClass.title ?? "reserved"
    case .serror: "SError"
    case .virtualSError: "virtual SError"
    }
  }
}

extension FirmwareReturn {
  fileprivate func details(core: Int) -> [TimelineEvent.Detail] {
    guard isForged else {
      return [TimelineEvent.Detail.core(core), .init("to", target.text), .init("pc", pc.rawValue)]
    }
    // FAR_ELx is not an SError's.
    let far = syndrome.exceptionClass == .serror ? nil : faultAddress
    return [
      TimelineEvent.Detail.core(core), .init("target", target.text), .init("vector", pc.rawValue),
      .init("offset", pc.rawValue & 0x7FF), .init("esr", syndrome.rawValue),
    ] + TimelineEvent.Detail.address("far", far) + [.init("elr", returnAddress.rawValue)]
  }
}
