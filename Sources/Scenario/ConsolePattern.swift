// A regular expression over one line of the console.
//
// Surprising: patterns see whole lines only, so that a capture is never half a number.

/// A compiled pattern, with what the user wrote.
public struct ConsolePattern: Sendable {
  /// The pattern as written.
  public let source: String
  private let expression: RegularExpression

  /// Compiles a pattern. Throws what is wrong with it.
  public init(_ source: String) throws {
    self.source = source
    expression = try RegularExpression(source)
  }

  /// Whether a name stands for a group of it: a group's name, or its number from 0.
  func captures(_ name: String) -> Bool {
    Int(name).map { expression.groups.indices.contains($0) } ?? expression.groups.contains(name)
  }

  /// What the first match in a line captured, by number and by name; nil without a match.
  public func match(_ line: String) -> [String: String]? {
    let scalars = line.unicodeScalars.map(\.value)
    guard let found = expression.firstMatch(in: scalars) else { return nil }
    var captures: [String: String] = [:]
    for (index, name) in expression.groups.enumerated() where found[2 * index + 1] >= 0 {
      let text = Self.text(scalars[found[2 * index]..<found[2 * index + 1]])
      captures[String(index)] = text
      if let name { captures[name] = text }
    }
    return captures
  }

  /// The name that a mark at the beginning of a line has in its group `guest`, or in its first one,
  /// and the rest of the line; nil where the line does not begin so.
  func prefix(of line: String) -> (name: String, rest: String)? {
    let scalars = line.unicodeScalars.map(\.value)
    guard let found = expression.firstMatch(in: scalars), found[0] == 0 else { return nil }
    let group = expression.groups.firstIndex(of: "guest") ?? 1
    guard expression.groups.indices.contains(group), found[2 * group + 1] > found[2 * group] else {
      return nil
    }
    return (
      Self.text(scalars[found[2 * group]..<found[2 * group + 1]]), Self.text(scalars[found[1]...])
    )
  }

  private static func text(_ scalars: ArraySlice<UInt32>) -> String {
    var text = String.UnicodeScalarView()
    text.append(contentsOf: scalars.compactMap(Unicode.Scalar.init))
    return String(text)
  }

  /// Whether the pattern is somewhere in a line.
  public func matches(_ line: String) -> Bool {
    expression.firstMatch(in: line.unicodeScalars.map(\.value)) != nil
  }
}
