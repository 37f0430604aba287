// How an experiment itself can fail. None of these says anything about the target.

/// A failure of the experiment, not of the target.
public enum ExperimentFailure: Error, Equatable, CustomStringConvertible {
  /// A trigger did not come before the run ended.
  case triggerNeverFired(
    injection: String, line: Int, step: Int, instructions: UInt64, end: ExperimentEnd,
    console: [String])
  /// Before a trigger came, every core that did not wait did the same thing for ever.
  case deadEnd(String, instructions: UInt64, console: [String])
  /// A virtual address meant nothing in any context that ran after the trigger.
  case placeNotTranslated(injection: String, line: Int, place: Expression)
  /// A capture that stands for an address is not a number.
  case captureIsNoNumber(name: String, text: String)
  /// A symbol was not looked up.
  case symbolIsUnknown(String)
  /// There is no memory at the place.
  case noMemory(injection: String, line: Int, address: UInt64)
  /// The machine has no such core.
  case noCore(injection: String, line: Int, core: Int)
  /// The machine met something that nobody models.
  case unmodelled(String)

  /// One message, without the scenario's file name.
  public var description: String {
    switch self {
    case .triggerNeverFired(
      let injection, let line, let step, let instructions, let end, let console):
      "line \(line): injection '\(injection)' never happened: step \(step + 1) of its trigger did "
        + "not come in \(instructions.grouped) instructions, when \(end.sentence); "
        + Self.last(console)
    case .deadEnd(let sentence, let instructions, let console):
      "the machine got nowhere before the triggers came, after \(instructions.grouped) instructions: "
        + "\(sentence); " + Self.last(console)
    case .placeNotTranslated(let injection, let line, let place):
      "line \(line): injection '\(injection)': the address \(place) means nothing in what ran "
        + "after the trigger"
    case .captureIsNoNumber(let name, let text):
      "the capture $\(name) is '\(text)', which is not a number"
    case .symbolIsUnknown(let name): "nobody knows the address of \(name)"
    case .noMemory(let injection, let line, let address):
      "line \(line): injection '\(injection)': there is no memory at \(address.hex())"
    case .noCore(let injection, let line, let core):
      "line \(line): injection '\(injection)': there is no core \(core)"
    case .unmodelled(let message): "the machine cannot go on: \(message)"
    }
  }

  private static func last(_ console: [String]) -> String {
    "last on the console:"
      + (console.isEmpty ? " nothing" : console.map { "\n  | " + $0 }.joined())
  }
}
