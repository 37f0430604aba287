// What a user's file did wrong: always where, which key, what was found and what is accepted.

/// A mistake in a scenario file.
public struct ScenarioError: Error, Equatable, CustomStringConvertible {
  /// The file, as the user named it.
  public var file: String
  /// The line, from 1; 0 when the file as a whole is meant.
  public var line: Int
  /// The path to the key, `inject[0].when.console` say; empty for the file as a whole.
  public var key: String
  /// What was found there.
  public var found: String
  /// What is accepted there.
  public var accepted: String

  /// A mistake at a place.
  public init(file: String, line: Int, key: String, found: String, accepted: String) {
    self.file = file
    self.line = line
    self.key = key
    self.found = found
    self.accepted = accepted
  }

  /// `FILE:LINE: KEY: found X; accepted: Y`.
  public var description: String {
    var text = file
    if line > 0 { text += ":\(line)" }
    if !key.isEmpty { text += ": \(key)" }
    return text + ": found \(found); accepted: \(accepted)"
  }
}
