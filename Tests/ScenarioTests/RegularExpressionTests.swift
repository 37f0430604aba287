// Our regular expressions, beside Swift's.

import Testing

@testable import Scenario

/// The matcher of scenarios, beside Swift's own, and on what makes others slow.
@Suite struct RegularExpressionTests {
  private func groups(_ pattern: String, _ line: String) throws -> [String?]? {
    let expression = try RegularExpression(pattern)
    let scalars = line.unicodeScalars.map(\.value)
    guard let found = expression.firstMatch(in: scalars) else { return nil }
    return expression.groups.indices.map { group in
      guard found[2 * group + 1] >= 0 else { return nil }
      var text = String.UnicodeScalarView()
      for value in scalars[found[2 * group]..<found[2 * group + 1]] {
        if let scalar = Unicode.Scalar(value) { text.append(scalar) }
      }
      return String(text)
    }
  }

  static let patterns = [
    "a", "abc", "^abc$", "a|b", "(a)|(b)", "a*", "a+?", "(a+)(a*)", "(a+?)(a*)", "(a|ab)(c|bcd)",
    "x{2}", "x{1,2}y", "x{2,}", "x{0}y", "(?:ab)+c", "[a-c]+", "[^a-c]+", #"\d+"#, #"\w+ \w+"#,
    #"\s"#, #"\bfoo\b"#, #"\Bo"#, "(?<name>a.c)", #"0x[0-9a-f]+"#, #"a\.b"#, #"\x41"#,
    #"[\d_]+"#, #"[a\-z]+"#, "(a|b)*c", "((a)|b)+", "", "$", "^", "a{,2}", "é+",
    #"pid (?<pid>\d+) maps (?<va>0x[0-9a-f]+)"#, "(?i)aBc", "[^\\D5]",
  ]
  static let lines = [
    "", "a", "b", "abc", "aabcabcd", "xxy", "xxxy", "ababc", "foo bar", "food foo", "0x1f zz",
    "a.b",
    "A]", "12_3", "a-z", "aaaa", "bbac", "bab", "éé", "reader: pid 45 maps 0xffff0000", "ABC",
    "a{,2}", "4567",
  ]

  @Test(arguments: patterns)
  func itFindsWhatSwiftsOwnFinds(pattern: String) throws {
    let reference = try Regex(pattern)
    for line in Self.lines {
      let found = try reference.firstMatch(in: line).map { match in
        match.output.indices.map { match.output[$0].substring.map(String.init) }
      }
      #expect(try groups(pattern, line) == found, "\(line)")
    }
  }

  @Test(arguments: [
    ("(a", "a ( without its ) at character 1"), ("a)", "a ) without its ( at character 2"),
    ("[a", "a [ without its ] at character 1"), ("*a", "a repetition of nothing at character 1"),
    ("a{2,1}", "a repetition of more than 1000, or of a range that is empty, at character 7"),
    (
      "(?=a)",
      "a group of a kind that is not supported (lookahead, lookbehind and the like) at character 3"
    ),
    (#"(a)\1"#, #"\1, which is not supported, at character 4"#),
    ("a\\", "a \\ at the end at character 2"),
    ("(?<a>x)(?<a>y)", "a second group of the name a at character 13"),
    ("(((a{1000}){1000}){1000})", "the pattern is too large at character 1"),
    ("a++", "a possessive repetition, which is not supported, at character 3"),
  ])
  func aMistakeIsNamed(pattern: String, message: String) {
    let mistake = #expect(throws: RegularExpression.Mistake.self) {
      _ = try RegularExpression(pattern)
    }
    #expect(mistake?.description == message)
  }

  /// Each takes others a time that doubles with every character.
  @Test(arguments: ["(.*)*(.*)*(.*)*Z$", "(a+)+$", "(a|aa)+$", "(a|a?)+b$", "(x+x+)+y"])
  func noPatternIsSlow(pattern: String) throws {
    let line = String(repeating: "ax", count: 20) + String(repeating: "a", count: 2000) + "!"
    let clock = ContinuousClock()
    let time = try clock.measure { _ = try groups(pattern, line) }
    #expect(time < .seconds(2))
    #expect(try groups(pattern, line) == nil)
  }
}
