// What the console printed, line by line. A guest may print for ever: what is kept has a limit.

/// The console's output cut into lines, each with the instruction count at its end.
public struct ConsoleLog: Equatable, Sendable {
  /// One line, without its end.
  public struct Line: Equatable, Sendable {
    /// Instructions executed when the line was complete.
    public var instructions: UInt64
    /// The text, undecodable bytes replaced.
    public var text: String
  }

  /// The most lines that are kept; further ones are counted.
  public static let mostLines = 1_000_000
  /// The most bytes of a line: there it is cut in two.
  public static let mostBytes = 65_536

  /// The complete lines.
  public private(set) var lines: [Line] = []
  /// How many lines came that were not kept.
  public private(set) var dropped = 0
  private var partial: [UInt8] = []

  /// An empty log.
  public init() {}

  /// The line that has no end yet.
  public var unfinished: String { String(decoding: partial, as: UTF8.self) }

  /// The last lines, for a message.
  var tail: [String] {
    lines.suffix(3).map(\.text) + (partial.isEmpty ? [] : [String(unfinished.prefix(200))])
  }

  /// Takes in output; returns the lines it completed.
  public mutating func append(_ bytes: [UInt8], at instructions: UInt64) -> [Line] {
    var complete: [Line] = []
    var start = 0
    while start < bytes.count {
      let limit = min(bytes.count, start + Self.mostBytes - partial.count)
      var end = start
      while end < limit, bytes[end] != 0x0A { end += 1 }
      if end > start { partial += bytes[start..<end] }
      let isEnded = end < limit
      start = isEnded ? end + 1 : end
      guard isEnded || partial.count == Self.mostBytes else { break }
      while partial.last == 0x0D { partial.removeLast() }
      complete.append(Line(instructions: instructions, text: partial.isEmpty ? "" : unfinished))
      if !partial.isEmpty { partial.removeAll(keepingCapacity: true) }
    }
    let kept = complete.prefix(Self.mostLines - lines.count)
    lines += kept
    dropped += complete.count - kept.count
    return complete
  }
}
