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
}
