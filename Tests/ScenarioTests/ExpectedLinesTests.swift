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
      ("[    0.000000] Linux version 6.1.0-57-arm64 (debian) #1", "hang", "oops", false),
      ("[    0.000000] Linux version 6.12.9-arm64 (debian) #1", "hang", "oops", true),
      ("Linux version 7.2.13 (me@here)", "host down", "Kernel panic", false),
      ("[    0.000000] Linux version 16.7.0", "hang", "oops", false),
      ("a| [    0.000000] Linux version 7.2.13", "hang", "oops", false),
      ("reader: Linux version 7.2.13", "hang", "oops", false),
      ("[    0.000000] Booting Linux", "hang", "oops", false),
    ])
  func anotherKernelHasItsOwnExpectations(
    first: String, outcome: String, console: String, hasRadius: Bool
  ) throws {
    let scenario = try Scenario(yaml: Self.other, file: "t.yaml")
    let lines = [first, "[    1.0] Linux version 9 says nothing any more"].map {
      ConsoleLog.Line(instructions: 0, text: $0)
    }
    let found = scenario.expectation.onKernel(lines, vmm: scenario.vmm)
    #expect(found.outcome?.rawValue == outcome)
    #expect(found.console.map(\.source) == [console])
    #expect(found.never.map(\.source) == ["result"])
    #expect((found.radius == .host) == hasRadius)
  }
}
