// A boot from reset to its end: the machine runs in slices, and between them somebody looks at the
// console, types, and asks whether it still gets anywhere.

import Foundation
import Machine
import Scenario

/// One boot.
struct BootSession {
  /// Why it ended.
  enum End: Equatable {
    /// The pattern was seen.
    case seen
    /// Software switched the machine off, or reset it.
    case off
    /// The instructions are used up.
    case limit
    /// The person at the terminal left.
    case left
    /// Every core waits for ever.
    case idle
    /// The kernel panicked and stays so.
    case panic
    /// Every core that does not wait does the same thing for ever.
    case stuck(String)
    /// The machine met something that nobody models.
    case unmodelled(String)

    /// Whether it says nothing of cores that got stuck.
    var isForeign: Bool {
      switch self {
      case .limit, .off, .left, .panic: true
      case .seen, .idle, .stuck, .unmodelled: false
      }
    }
  }

  private let target: BoardTarget
  private let wanted: ConsolePattern?
  private let limit: UInt64
  private var resets: Scenario.Resets
  private let terminal: Terminal?
  private let input: PipedInput?
  private var pace = Pace()
  private var log = ConsoleLog()
  private var deadEnds = DeadEndWatch()
  private var outputAt: UInt64 = 0
  private let clock = ContinuousClock()

  /// A boot of a machine, to the pattern or the limit, across so many resets; with a terminal, somebody
  /// sits there.
  init(
    _ target: BoardTarget, wanted: ConsolePattern?, limit: UInt64, resets: Scenario.Resets,
    terminal: Terminal?
  ) {
    self.target = target
    self.wanted = wanted
    self.limit = limit
    self.resets = resets
    self.terminal = terminal
    input = terminal == nil ? PipedInput() : nil
  }

  /// What the cores do that got stuck, one sentence each.
  var stuckCores: [String] { deadEnds.stuck }

  /// Runs to the end.
  mutating func run() throws -> End {
    let slice: UInt64 = wanted == nil ? 1_000_000 : 100_000
    while target.instructions < limit {
      if terminal != nil {
        target.waitLimit = pace.waitLimit(at: target.virtualNanoseconds, clock.now)
      }
      let stop = target.run(instructions: min(slice, limit - target.instructions))
      tellEvents()
      if let end = try takeConsole() { return end }
      var patience: Int32 = 0
      switch stop {
      case .reset where resets.count > 0:
        resets.count -= 1
        target.reset(resets.kind)
        deadEnds = DeadEndWatch()
      case .powerOff, .reset: return .off
      case .unmodelled(let message): return .unmodelled(message)
      case .idle:
        if terminal == nil {
          guard let bytes = input?.wait(), !bytes.isEmpty else { return .idle }
          type(bytes)
        }
        patience = 1000
      case .waiting(let end):
        patience = pace.waits(until: end, at: target.virtualNanoseconds, clock.now)
      case .budget, .event, .triggers: pace.computes()
      }
      if let terminal {
        guard let keys = terminal.keys(waitingFor: patience) else { return .left }
        if !keys.isEmpty { type(keys) }
      } else {
        feed()
      }
      if let sentence = deadEnds.look(at: target), terminal == nil { return .stuck(sentence) }
    }
    return .limit
  }

  private func tellEvents() {
    for event in target.takeEvents() {
      if case .notModelled(let text) = event.kind { StandardError.write("faultline: \(text)\n") }
    }
  }

  private mutating func type(_ bytes: [UInt8]) {
    target.type(bytes)
    outputAt = target.instructions
  }

  /// Types what standard input has, if software listens: it asked for interrupts, or it has written a
  /// prompt.
  private mutating func feed() {
    guard let input, input.isOpen else { return }
    let isPrompt =
      !log.unfinished.isEmpty
      && target.instructions >= outputAt + ExperimentPatience.prompt
    guard target.isListening || isPrompt else { return }
    let bytes = input.take()
    if !bytes.isEmpty { type(bytes) }
  }

  /// Prints what the console printed. How the run ends, if that ends it.
  private mutating func takeConsole() throws -> End? {
    let output = target.takeConsole()
    guard !output.isEmpty else {
      // A prompt: a line that stays without an end.
      if let wanted, !log.unfinished.isEmpty, wanted.match(log.unfinished) != nil { return .seen }
      return nil
    }
    outputAt = target.instructions
    try StandardOutput.write(output)
    let lines = log.append(output, at: target.instructions)
    if let wanted, lines.contains(where: { wanted.match($0.text) != nil }) { return .seen }
    if terminal == nil, lines.contains(where: { $0.isEndOfPanic }) { return .panic }
    return nil
  }
}
