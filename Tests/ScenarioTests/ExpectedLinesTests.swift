// Which lines an expectation of the console asks for, and in which order.

import Testing

@testable import Scenario

@Suite struct ExpectedLines {
  /// What is missing of `expected` in `lines`.
  private func missing(_ expected: [String], in lines: [String]) throws -> [String] {
    let scenario = try Scenario(
      yaml: "title: t\nexpect:\n  console:\n"
        + expected.map { "    - '\($0)'\n" }.joined(), file: "t.yaml")
    return scenario.expectation.missingLines(
      lines.map { ConsoleLog.Line(instructions: 0, text: $0) }, vmm: scenario.vmm)
  }

  @Test func aKernelThatPrintsLateIsNoFailure() throws {
    let lines = [
      "reader: SIGBUS", "[    0.71] Hardware Error", "init: ended", "[    0.72] Memory failure",
      "a| guest: ended", "a| [    0.5] Hardware Error of a guest",
    ]
    let wanted = [
      "Hardware Error$", "Memory failure", "reader: SIGBUS", "Hardware Error of a guest",
      "init: ended", "guest: ended",
    ]
    #expect(try missing(wanted, in: lines) == [])
  }

  @Test func theOrderWithinALogIsAskedFor() throws {
    let kernel = ["[    0.71] first", "[    0.72] second"]
    #expect(
      try missing(["second", "first"], in: kernel) == [
        "console: expected a line like 'first' after those before it; it came earlier"
      ])
    #expect(
      try missing(["second", "first"], in: ["first", "b| second"]) == [
        "console: expected a line like 'first' after those before it; it came earlier"
      ])
    #expect(
      try missing(["third"], in: kernel) == ["console: expected a line like 'third'; there is none"]
    )
    #expect(try missing(["f", "f"], in: ["f"]).count == 1)
  }

  private static let other = """
    title: t
    expect:
      outcome: hang
      console: [oops]
      never: [result]
      kernels:
        - {release: '^7', outcome: host down, console: [Kernel panic]}
        - {release: '^(7|6[.]12)', radius: host}
    """

  @Test(
    arguments: [
      ("Linux version 6.1.0-57-arm64 (debian) #1", "hang", "oops", false),
      ("Linux version 6.12.9-arm64 (debian) #1", "hang", "oops", true),
      ("%s version %s\0Linux version 7.2.13 (me@here)", "host down", "Kernel panic", false),
      ("Linux version %s Linux version 7.2.13\n", "host down", "Kernel panic", false),
      ("Linux version 16.7.0", "hang", "oops", false),
      ("LLinux version 7", "host down", "Kernel panic", false),
      ("Linux version ", "hang", "oops", false), ("a small kernel", "hang", "oops", false),
    ])
  func anotherKernelHasItsOwnExpectations(
    image: String, outcome: String, console: String, hasRadius: Bool
  ) throws {
    let scenario = try Scenario(yaml: Self.other, file: "t.yaml")
    let found = scenario.expectation.on(kernel: [0, 1, 2] + Array(image.utf8))
    #expect(found.outcome?.rawValue == outcome)
    #expect(found.console.map(\.source) == [console])
    #expect(found.never.map(\.source) == ["result"])
    #expect((found.radius == .host) == hasRadius)
  }

  /// Nothing is expected where only other kernels are spoken of.
  @Test func expectationsOfOtherKernelsAreNone() throws {
    let scenario = try Scenario(
      yaml: "title: t\nexpect: {kernels: [{release: '^7', outcome: hang}]}", file: "t.yaml")
    #expect(!scenario.expectation.on(kernel: Array("Linux version 7.1 ".utf8)).isEmpty)
    #expect(scenario.expectation.on(kernel: Array("Linux version 6.1 ".utf8)).isEmpty)
    #expect(scenario.expectation.on(kernel: nil).isEmpty)
  }

  @Test(
    arguments: [
      ("{release: '^7', outcom: hang}", "outcom", "an unknown key"),
      ("{outcome: hang}", "", "a map"),
      ("{release: '(', outcome: hang}", "release", "'(' ("),
      ("{release: '^7', kernels: []}", "kernels", "an unknown key"), ("7", "", "'7'"),
    ])
  func aMistakeOfAnotherKernelIsNamed(entry: String, key: String, found: String) {
    let error = #expect(throws: ScenarioError.self) {
      _ = try Scenario(
        yaml: "title: t\nexpect:\n  kernels:\n    - {release: '^6'}\n    - \(entry)", file: "t.yaml"
      )
    }
    #expect(error?.line == 5)
    #expect(error?.key == "expect.kernels[1]" + (key.isEmpty ? "" : ".\(key)"))
    #expect(error?.found.hasPrefix(found) == true, "\(error?.found ?? "")")
  }
}
