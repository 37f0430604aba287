// A line of the console that says something of errors: who said it, and what it means. Each line is read
// once, here; the timeline and the judge have the meaning.

/// What somebody said of errors.
public struct ConsoleStatement: Equatable, Sendable {
  /// The guest on whose console it stands; nil for the host's, and a VMM without a name.
  public let guest: String?
  /// The whole line.
  public let text: String
  /// What it means.
  let meaning: Meaning
  /// What a kernel says in the rest of a process's line.
  let rest: KernelLine?

  /// What a line means.
  enum Meaning: Equatable, Sendable {
    /// A VMM says it.
    case vmm(VMMLine)
    /// The kernel, or a process, of the host or of a guest says it.
    case kernel(KernelLine)
  }

  /// The statement in a line; nil where there is none.
  public init?(_ line: String, vmm: VMMDescription = VMMDescription()) {
    let voice = ConsoleVoice(line, vmm: vmm)
    guest = voice.guest
    text = line
    if let said = VMMLine(voice.text) {
      meaning = .vmm(said)
      rest = nil
      return
    }
    let said = KernelLine.all(in: voice.text)
    guard let first = said.first else { return nil }
    meaning = .kernel(first)
    rest = said.count > 1 ? said[1] : nil
  }

  /// What a kernel, or a process, says in it.
  var kernelLines: [KernelLine] {
    guard case .kernel(let line) = meaning else { return [] }
    return [line] + (rest.map { [$0] } ?? [])
  }

  /// Who says it, and what the story calls it; nil for what the story leaves out.
  var telling: (actor: TimelineEvent.Actor, name: TimelineEvent.Name)? {
    switch meaning {
    case .vmm(let line): Self.telling(line)
    case .kernel(let line): guest == nil ? Self.telling(line) : Self.tellingOfGuest(line)
    }
  }

  private static func telling(
    _ line: VMMLine
  ) -> (actor: TimelineEvent.Actor, name: TimelineEvent.Name) {
    switch line {
    case .guestMemoryLost, .ownMemoryLost, .ownMemoryNoticed: (.vmm, .guestErrorFound)
    case .record: (.vmm, .guestRecordWritten)
    case .injected: (.vmm, .guestExceptionInjected)
    case .guestEnded: (.vmm, .guestPanic)
    case .other: (.vmm, .vmmLog)
    }
  }

  private static func telling(
    _ line: KernelLine
  ) -> (actor: TimelineEvent.Actor, name: TimelineEvent.Name)? {
    switch line {
    case .processSignalled, .sectionAddress, .lossRepaired, .recoveryAction, .recordAddress,
      .recordOf, .hardwareError, .oops:
      (.kernel, .kernelLog)
    case .softOffline, .memoryGivenUp: (.kernel, .softOffline)
    case .dumpOf, .restart: nil
    case .panic: (.kernel, .panic)
    case .panicEnd: nil
    case .busError, .busErrorOf: (.process, .processMessage)
    case .processEnded(_, let status):
      (.process, status < 128 ? .processMessage : .processKilled)
    case .firmware, .firmwareError: (.el3, .firmwareLog)
    case .programKilled: (.process, .processKilled)
    }
  }

  private static func tellingOfGuest(
    _ line: KernelLine
  ) -> (actor: TimelineEvent.Actor, name: TimelineEvent.Name)? {
    switch line {
    case .panic: (.guest, .guestPanic)
    case .panicEnd, .dumpOf, .restart: nil
    case .programKilled: (.guest, .guestProcessKilled)
    case .processEnded(_, let status): (.guest, status < 128 ? .guestLog : .guestProcessKilled)
    default: (.guest, .guestLog)
    }
  }
}

extension ConsoleLog.Line {
  /// Whether it is the last line of a panic of the machine's own kernel, which stays there.
  public var isEndOfPanic: Bool {
    guard let statement = ConsoleStatement(text), statement.guest == nil else { return false }
    return statement.meaning == .kernel(.panicEnd)
  }
}
