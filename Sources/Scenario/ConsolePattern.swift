// A regular expression over one line of the console.
//
// Surprising: patterns see whole lines only, so that a capture is never half a number.

import _StringProcessing

/// A compiled pattern, with what the user wrote.
public struct ConsolePattern {
  /// The pattern as written.
  public let source: String
  private let regex: Regex<AnyRegexOutput>

  /// Compiles a pattern. Throws the compiler's complaint.
  public init(_ source: String) throws {
    self.source = source
    regex = try Regex(source)
  }

  /// What the first match in a line captured, by number and by name; nil without a match.
  public func match(_ line: String) -> [String: String]? {
    guard let match = try? regex.firstMatch(in: line) else { return nil }
    var captures: [String: String] = [:]
    for index in match.output.indices {
      guard let text = match.output[index].substring else { continue }
      captures[String(index)] = String(text)
      if let name = match.output[index].name { captures[name] = String(text) }
    }
    return captures
  }
}

/// The console's output cut into lines, each with the instruction count at its end.
public struct ConsoleLog: Sendable {
  /// One line, without its end.
  public struct Line: Equatable, Sendable {
    /// Instructions executed when the line was complete.
    public var instructions: UInt64
    /// The text, undecodable bytes replaced.
    public var text: String
  }

  /// The complete lines.
  public private(set) var lines: [Line] = []
  private var partial: [UInt8] = []

  /// An empty log.
  public init() {}

  /// The line that has no end yet.
  public var unfinished: String { String(decoding: partial, as: UTF8.self) }

  /// Takes in output; returns the lines it completed.
  public mutating func append(_ bytes: [UInt8], at instructions: UInt64) -> ArraySlice<Line> {
    let first = lines.count
    for byte in bytes {
      if byte == 0x0A {
        while partial.last == 0x0D { partial.removeLast() }
        lines.append(Line(instructions: instructions, text: unfinished))
        partial.removeAll(keepingCapacity: true)
      } else {
        partial.append(byte)
      }
    }
    return lines[first...]
  }
}
