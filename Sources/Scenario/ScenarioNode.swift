// A place in a scenario file: the value there, its line, and the path of keys that leads to it, so
// that every complaint can name all three.

import Yams

/// A value in the file.
public struct ScenarioNode {
  /// The file, as the user named it.
  public let file: String
  /// The path of keys.
  public let path: String
  let node: Node
  /// Of the value, or of its key where the value has no line of its own.
  public let line: Int

  init(file: String, path: String, node: Node, fallbackLine: Int = 0) {
    self.file = file
    self.path = path
    self.node = node
    line = node.mark?.line ?? fallbackLine
  }

  /// The root of a text. Throws a ScenarioError for text that is not YAML.
  public static func root(of text: String, file: String) throws -> ScenarioNode {
    do {
      // Editors of other systems put a byte order mark first.
      let text = text.hasPrefix("\u{FEFF}") ? String(text.dropFirst()) : text
      if let (line, token) = YAMLAnchors.first(in: text) {
        throw ScenarioError(
          file: file, line: line, key: "", found: "'\(token)'",
          accepted: "YAML without anchors and aliases")
      }
      guard let node = try Yams.compose(yaml: text) else {
        throw ScenarioError(
          file: file, line: 0, key: "", found: "an empty file", accepted: "a scenario")
      }
      return ScenarioNode(file: file, path: "", node: node)
    } catch let error as YamlError {
      throw ScenarioNode.translate(error, file: file)
    }
  }

  private static func translate(_ error: YamlError, file: String) -> ScenarioError {
    let accepted = "YAML"
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      return ScenarioError(
        file: file, line: mark.line, key: "",
        found: "a mistake at column \(mark.column): \(problem)",
        accepted: accepted)
    case .duplicatedKeysInMapping(let duplicates, let context):
      return ScenarioError(
        file: file, line: context.mark.line, key: "",
        found: "\(duplicates.map { "\($0)" }.sorted().joined(separator: ", ")) more than once",
        accepted: "each key once")
    case .reader(let problem, let offset, _, _):
      let place = offset.map { " at byte \($0)" } ?? ""
      return ScenarioError(
        file: file, line: 0, key: "", found: "no text\(place): \(problem)", accepted: accepted)
    default:
      return ScenarioError(
        file: file, line: 0, key: "", found: "\(error)", accepted: accepted)
    }
  }

  /// What is wrong here.
  public func mistake(_ accepted: String, found: String? = nil) -> ScenarioError {
    ScenarioError(
      file: file, line: line, key: path, found: found ?? what, accepted: accepted)
  }

  /// What is here, in a few words.
  var what: String {
    switch node {
    case .scalar(let scalar): scalar.string.isEmpty ? "nothing" : "'\(scalar.string)'"
    case .mapping: "a map"
    case .sequence: "a list"
    case .alias: "an alias"
    }
  }

  /// Whether it is a map.
  public var isMap: Bool { node.mapping != nil }

  /// Whether a map has this key.
  func has(_ key: String) -> Bool {
    node.mapping?.contains { $0.key.scalar?.string == key } ?? false
  }

  /// Whether it is a list.
  public var isList: Bool { node.sequence != nil }

  func child(_ key: String, _ node: Node, keyLine: Int = 0) -> ScenarioNode {
    ScenarioNode(
      file: file, path: path.isEmpty ? key : path + "." + key, node: node,
      fallbackLine: keyLine == 0 ? line : keyLine)
  }

  /// The pairs of a map of any words, in the order of the file.
  public func entries(_ accepted: String) throws -> [(key: String, value: ScenarioNode)] {
    guard let mapping = node.mapping else { throw mistake(accepted) }
    return try mapping.map { key, value in
      guard let name = key.scalar?.string else { throw mistake(accepted, found: "no word") }
      return (name, child(name, value, keyLine: key.mark?.line ?? line))
    }
  }

  /// The map here, with these keys and no others.
  public func map(_ keys: [String]) throws -> [String: ScenarioNode] {
    let accepted = "a map with " + keys.joined(separator: ", ")
    guard let mapping = node.mapping else { throw mistake(accepted) }
    var result: [String: ScenarioNode] = [:]
    for (key, value) in mapping {
      let keyLine = key.mark?.line ?? line
      guard let name = key.scalar?.string else {
        throw ScenarioError(
          file: file, line: keyLine, key: path, found: "a key that is not a word",
          accepted: keys.joined(separator: ", "))
      }
      guard keys.contains(name) else {
        throw ScenarioError(
          file: file, line: keyLine, key: path.isEmpty ? name : path + "." + name,
          found: "an unknown key", accepted: keys.joined(separator: ", "))
      }
      result[name] = child(name, value, keyLine: keyLine)
    }
    return result
  }

  /// The list here; a single value stands for a list of one.
  public func list() -> [ScenarioNode] {
    guard let sequence = node.sequence else { return [self] }
    return sequence.enumerated().map {
      ScenarioNode(file: file, path: "\(path)[\($0.offset)]", node: $0.element, fallbackLine: line)
    }
  }

  /// The text here.
  public func text(_ accepted: String) throws -> String {
    guard let scalar = node.scalar, !scalar.string.isEmpty else { throw mistake(accepted) }
    return scalar.string
  }

  /// Any words, each with a text.
  func dictionary(_ accepted: String) throws -> [String: String] {
    guard let mapping = node.mapping else { throw mistake(accepted) }
    var result: [String: String] = [:]
    for (key, value) in mapping {
      guard let name = key.scalar?.string else { throw mistake(accepted) }
      result[name] = try child(name, value).text("a file")
    }
    return result
  }

  /// The number here.
  public func number(
    _ base: Quantity.Base, in range: ClosedRange<UInt64>, _ accepted: String
  ) throws -> UInt64 {
    guard let number = Quantity.parse(try text(accepted), base), range.contains(number) else {
      throw mistake(accepted)
    }
    return number
  }

  func expression() throws -> Expression {
    guard let expression = Expression(try text(Expression.accepted)) else {
      throw mistake(Expression.accepted)
    }
    return expression
  }

  /// The pattern here.
  public func pattern() throws -> ConsolePattern {
    let source = try text("a regular expression")
    do { return try ConsolePattern(source) } catch {
      throw mistake("a regular expression", found: "'\(source)' (\(error))")
    }
  }

  /// One of the words of a type.
  public func choice<Choice: RawRepresentable & CaseIterable>(_: Choice.Type) throws -> Choice
  where Choice.RawValue == String {
    let accepted = Choice.allCases.map(\.rawValue).joined(separator: ", ")
    guard let choice = Choice(rawValue: try text(accepted)) else { throw mistake(accepted) }
    return choice
  }
}
