// The story of an experiment: what happened, when (in instructions) and to whom.

/// One event of the story.
public struct TimelineEvent: Equatable, Sendable {
  /// Who speaks.
  public enum Actor: String, Sendable {
    /// The memory node or a core.
    case node
    /// Firmware at EL3.
    case el3 = "EL3"
    /// The kernel at EL2 or EL1.
    case kernel
    /// User space.
    case process
    /// The program that runs a guest.
    case vmm = "VMM"
    /// A guest's kernel or one of its processes.
    case guest
    /// Faultline, planting and stopping.
    case experiment
  }

  /// What happened.
  public enum Name: String, CaseIterable, Sendable {
    /// An error was injected.
    case poisonPlanted = "poison planted"
    /// A core met an error of its own.
    case errorInjected = "error injected"
    /// A full-line write or the like cured a line.
    case poisonCured = "poison cured"
    /// A core used the bad data.
    case consumed
    /// A node wrote its error record.
    case recordWritten = "record written"
    /// An SError became pending on a core.
    case errorPending = "SError pending"
    /// An ESB put a masked SError into DISR_EL1 or VDISR_EL2.
    case errorDeferred = "SError deferred"
    /// The abort or SError arrived at EL3.
    case takenToEL3 = "exception taken to EL3"
    /// The abort or SError arrived elsewhere: hardware delivered it.
    case takenElsewhere = "exception taken"
    /// Firmware filled an error status block.
    case cperPublished = "CPER published"
    /// EL3 returned into a vector of a lower EL.
    case exceptionForged = "exception forged"
    /// Firmware's words about it.
    case firmwareLog = "firmware log"
    /// The kernel's words about it.
    case kernelLog = "kernel log"
    /// A process got SIGBUS.
    case processKilled = "process killed"
    /// What user space says about it.
    case processMessage = "process message"
    /// The kernel gave up.
    case panic = "kernel panic"
    /// The VMM was told of an error in its guest's memory.
    case guestErrorFound = "guest error found"
    /// The VMM wrote an error status block of the guest.
    case guestRecordWritten = "guest record written"
    /// The VMM put an abort or a virtual SError into a guest.
    case guestExceptionInjected = "guest exception injected"
    /// The VMM's other words.
    case vmmLog = "VMM log"
    /// A guest's words about it.
    case guestLog = "guest log"
    /// A process of a guest was killed.
    case guestProcessKilled = "guest process killed"
    /// A guest's kernel gave up.
    case guestPanic = "guest panic"
    /// Further events that differ from earlier ones in nothing but their time.
    case repeated = "repeated"
    /// The machine was switched off, or reset.
    case powerOff = "power off"
    /// Software used a part of a device that the machine has not.
    case notModelled = "not modelled"
  }

  /// Instructions executed until then.
  public var instructions: UInt64
  /// Who.
  public var actor: Actor
  /// What.
  public var name: Name
  /// The particulars, in the order in which they are told; keys are JSON keys.
  public var details: [Detail]

  /// One particular.
  public struct Detail: Equatable, Sendable {
    /// The key: `pa`, `esr`.
    public var key: String
    /// The value, as text prints it.
    public var value: String

    /// A particular.
    public init(_ key: String, _ value: String) {
      self.key = key
      self.value = value
    }

    /// An address or register.
    public init(_ key: String, _ value: UInt64) {
      self.init(key, value.hex())
    }
  }

  /// An event.
  public init(
    instructions: UInt64, actor: Actor, name: Name, details: [Detail]
  ) {
    self.instructions = instructions
    self.actor = actor
    self.name = name
    self.details = details
  }

  /// A particular's value, or nil.
  public subscript(key: String) -> String? { details.first { $0.key == key }?.value }

  /// A particular's value as a number, or nil.
  public func number(_ key: String) -> UInt64? {
    self[key].flatMap { Quantity.parse($0, .count) }
  }

  /// The event as the JSON report has it.
  public var json: JSONValue {
    .object(
      [
        ("instructions", .number(instructions)), ("actor", .string(actor.rawValue)),
        ("event", .string(name.rawValue)),
      ] + details.map { ($0.key, .string($0.value)) })
  }

  /// The event as one line of text, `width` being that of the widest instruction count.
  public func text(width: Int) -> String {
    let count = instructions.grouped
    var line = String(repeating: " ", count: max(0, width - count.count)) + count + "  "
    line += actor.rawValue + String(repeating: " ", count: max(0, 10 - actor.rawValue.count)) + "  "
    line += name.rawValue
    if let text = self["text"] {
      return line + ": " + text
    }
    for detail in details {
      let value = detail.value.contains(" ") ? "(\(detail.value))" : detail.value
      line += "  " + detail.key + " " + value
    }
    return line
  }
}
