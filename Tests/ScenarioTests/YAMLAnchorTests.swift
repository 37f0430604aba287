// Anchors and aliases of YAML in scenario files.

import Testing

@testable import Scenario

/// Where an anchor or an alias of YAML is one.
@Suite struct YAMLAnchorTests {
  @Test(arguments: [
    ("a: &x 1", "&x", 1), ("a: 1\nb: *x", "*x", 2), ("? *x\n: 1", "*x", 1), ("- &x [1]", "&x", 1),
    ("a: [1, *x]", "*x", 1), ("a: {b: *x}", "*x", 1), ("a: |\n  text\nb: &x 1", "&x", 3),
    ("- a: |\n    text\n  b: &x 1", "&x", 3), ("a: 'b' # &y\nc: &x", "&x", 2),
    ("a: \"\\\" \"\nb: &x 1", "&x", 2),
  ])
  func itIsFound(text: String, token: String, line: Int) throws {
    let found = try #require(YAMLAnchors.first(in: text))
    #expect(found.token == token && found.line == line)
  }

  @Test(arguments: [
    "a: b & c", "a: run x &", "a: 'b: *x'", "a: \"&x\"", "# &x", "a: b # *x", "a: 2*x", "a: x&y",
    "script: |\n  run a &x\n  *y\nb: 1", "script: |-\n  *y", "- a: |\n    *y\n  b: 1",
    "a: '^(.*)*x'", "a: 'it''s *x'", "a: \"multi\n  *x\"", "when: {console: 'a\\| *b'}", "a: * b",
    "",
  ])
  func whatIsNoneIsNotTakenForOne(text: String) {
    #expect(YAMLAnchors.first(in: text) == nil)
  }

  @Test func aTreeOfAliasesIsRefusedBeforeItIsBuilt() {
    var text = "title: t\na0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
    for level in 1...9 {
      text +=
        "a\(level): &a\(level) ["
        + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ",") + "]\n"
    }
    let error = #expect(throws: ScenarioError.self) {
      _ = try Scenario(yaml: text + "? *a9\n: 1\n", file: "s.yaml")
    }
    #expect(
      error?.description == "s.yaml:2: found '&a0'; accepted: YAML without anchors and aliases")
  }
}
