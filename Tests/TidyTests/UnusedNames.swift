// Names that are declared and never used. A scanner of words, not a compiler: a name counts as used
// when it stands anywhere more often than it is declared, so a dead method that shares its name with
// a live one is not found, and nothing that lives is.

import Testing
import _StringProcessing

/// The scanner.
struct UnusedNames {
  static let exceptionsPath = "Tests/TidyTests/UnusedNames.txt"
  static let folders = ["Sources/", "Images/Sources/", "Tests/", "Benchmarks/"]

  private var declarations: [String: [(file: String, line: Int)]] = [:]
  private var occurrences: [String: Int] = [:]

  /// Scans files: Swift for declarations, all for words.
  init(_ files: [TextFile]) {
    for file in files where Self.folders.contains(where: file.path.hasPrefix) {
      switch file.kind {
      case "swift": scan(file)
      case "S", "c", "h", "inc", "ld": count(SwiftText(file).code)
      default: break
      }
    }
  }

  /// The names that no word but a declaration is.
  var unused: [(name: String, file: String, line: Int)] {
    declarations.flatMap { name, places in
      occurrences[name, default: 0] > places.count ? [] : places.map { (name, $0.file, $0.line) }
    }.sorted { ($0.file, $0.line) < ($1.file, $1.line) }
  }

  private mutating func count(_ code: [String]) {
    for line in code {
      for word in Self.words(line) { occurrences[word, default: 0] += 1 }
    }
  }

  private static func words(_ line: String) -> [String] {
    line.utf8.split { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: false
      default: byte < 0x80
      }
    }.map { String(decoding: Array($0), as: UTF8.self) }
  }

  private mutating func scan(_ file: TextFile) {
    let code = SwiftText(file).code
    count(code)
    var enumerations: [(indent: Int, isOpen: Bool)] = []
    var isTest = false
    var isCaseList = false
    for (index, line) in code.enumerated() {
      let trimmed = line.drop { $0 == " " }
      let indent = line.count - trimmed.count
      if trimmed.hasPrefix("}") {
        while let last = enumerations.last, last.indent >= indent { enumerations.removeLast() }
      }
      // What a test runner, the linker or another program calls by its own means.
      if trimmed.hasPrefix("@Test") || trimmed.hasPrefix("@Suite") || trimmed.hasPrefix("@main")
        || trimmed.hasPrefix("@_cdecl") || trimmed.hasPrefix("@c(") || trimmed.hasPrefix("@_expose")
      {
        isTest = true
      }
      let words = Self.words(line)
      if let place = words.firstIndex(where: Self.keywords.contains), place + 1 < words.count,
        line.contains(words[place] + " " + words[place + 1])
          || line.contains(words[place] + " `" + words[place + 1])
      {
        let name = words[place + 1]
        if words[place] == "enum" {
          // Raw values come from outside, and `allCases` names none.
          enumerations.append((indent, !Self.open.isDisjoint(with: words[(place + 2)...])))
        }
        let isBound =
          ["var", "let"].contains(words[place])
          && !Self.binders.isDisjoint(with: words[..<place])
        if !isTest, !isBound, name != "_", !Self.isVocabulary(line, file) {
          declare(name, file, index)
        }
        isTest = false
      }
      guard let last = enumerations.last, last.indent + 2 == indent else {
        isCaseList = false
        continue
      }
      if trimmed.hasPrefix("case ") || trimmed.hasPrefix("indirect case ") || isCaseList {
        let names = Self.cases(String(trimmed))
        isCaseList = trimmed.hasSuffix(",")
        if !last.isOpen { for name in names { declare(name, file, index) } }
      }
    }
  }

  /// A word of a manual: tables of fields and numbers are complete, whether or not each is asked for.
  private static func isVocabulary(_ line: String, _ file: TextFile) -> Bool {
    let rooms = ["Sources/Arm/", "Sources/KVM/"]
    return line.contains("Field(")
      || line.contains("static let ") && rooms.contains(where: file.path.hasPrefix)
  }

  private static let keywords: Set<String> = [
    "func", "var", "let", "struct", "enum", "class", "typealias", "protocol", "actor",
  ]
  /// What makes a declaration one of a pattern, whose names the compiler watches.
  private static let binders: Set<String> = ["if", "guard", "while", "case", "for", "else"]
  private static let open: Set<String> = [
    "String", "Int", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64", "CaseIterable",
  ]

  private mutating func declare(_ name: String, _ file: TextFile, _ index: Int) {
    declarations[name, default: []].append((file.path, index + 1))
  }

  /// The names that a `case` of an enumeration declares; none for one of a switch.
  private static func cases(_ line: String) -> [String] {
    var depth = 0
    var text = ""
    for letter in line.replacing("indirect ", with: "").replacing("case ", with: "") {
      if letter == "(" { depth += 1 }
      if depth == 0 { text.append(letter) }
      if letter == ")" { depth -= 1 }
    }
    guard !text.contains(":") else { return [] }
    return text.split(separator: ",").compactMap { part in
      part.firstMatch(of: /^ *`?([A-Za-z_]\w*)`?/).map { String($0.1) }
    }
  }
}

@Suite struct UnusedNameTests {
  @Test func noNameIsDeclaredAndNeverUsed() throws {
    let list = try #require(Repository.file(UnusedNames.exceptionsPath))
    var exceptions: [String: Int] = [:]
    var used: Set<String> = []
    for (index, line) in list.lines.enumerated() where !line.isEmpty && !line.hasPrefix("#") {
      exceptions[line] = index + 1
    }
    var findings: [Finding] = []
    for (name, file, line) in UnusedNames(Repository.files).unused {
      if exceptions[name] == nil {
        findings.append(Finding(file, line, "'\(name)' is never used"))
      }
      used.insert(name)
    }
    for (name, line) in exceptions where !used.contains(name) {
      findings.append(Finding(list.path, line, "'\(name)' is used or gone: no exception any more"))
    }
    expectNone(findings)
  }

  @Test func aNameThatNobodyUsesIsFound() {
    let file = TextFile(
      "Sources/A/A.swift",
      #"""
      // A: dead in a comment, and unused.
      struct Used {
        enum State {
          case live, dead
        }
        enum Number: Int { case one = 1 }
        var shown = 1
        func unused() -> State {
          if let other = Optional(State.live) { return other }
          return .live
        }
        @Test func claims() {}
        func described() -> String { "dead unused \(shown)" }
      }
      let used = Used().described()
      print(used)
      """#)
    #expect(
      UnusedNames([file]).unused.map { "\($0.name) \($0.line)" }
        == ["dead 4", "Number 6", "unused 8"])
  }
}
