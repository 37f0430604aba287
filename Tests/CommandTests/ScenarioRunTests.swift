// `faultline run`, on every scenario of the repository.

import Foundation
import Support
import Testing

/// Every scenario of the repository, on the real machine, firmware and kernel.
@Suite(.serialized) struct ScenarioRunTests {
  static let files: [String] = {
    let folder = Checkout.path("Scenarios")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasSuffix(".yaml") }.sorted()
  }()

  private func requireInputs() throws {
    for file in [
      ".build/images/firmware.bin", ".build/images/initrd.cpio", ".cache/linux/cloud/vmlinuz",
    ] {
      _ = try Checkout.required(file)
    }
  }

  @Test func thereAreScenarios() { #expect(Self.files.count >= 8) }

  @Test(arguments: Self.files)
  func everyExpectationOfAScenarioHolds(file: String) throws {
    try requireInputs()
    let outcome = try faultline("run", "Scenarios/" + file)
    #expect(outcome.status == 0, "\(outcome.output.suffix(3000))\n\(outcome.errors)")
  }

  @Test func theDemonstrationTellsTheWholeStory() throws {
    try requireInputs()
    let report = FileManager.default.temporaryDirectory
      .appendingPathComponent("faultline-\(UUID().uuidString).json")
    defer { try? FileManager.default.removeItem(at: report) }
    let outcome = try faultline(
      "run", "Scenarios/linux-process-reads-poison.yaml", "--json", report.path)
    try #require(outcome.status == 0, "\(outcome.output)\n\(outcome.errors)")
    let last = try #require(outcome.lines.last { !$0.isEmpty })
    #expect(
      last
        == "verdict: process killed, contained by host kernel, one process, reported as recoverable with the right address"
    )
    let json = try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: report)) as? [String: Any])
    let timeline = try #require(json["timeline"] as? [[String: Any]])
    func event(_ name: String) throws -> [String: Any] {
      try #require(timeline.first { $0["event"] as? String == name }, "\(name)")
    }
    let planted = try #require(try event("poison planted")["pa"] as? String)
    let consumed = try event("consumed")
    // The line, the access within it, the record and the kernel agree.
    #expect(consumed["el"] as? String == "EL0")
    #expect((consumed["pa"] as? String)?.dropLast(2) == planted.dropLast(2))
    #expect((try event("CPER published")["pa"] as? String)?.dropLast(2) == planted.dropLast(2))
    let forged = try event("exception forged")
    #expect(forged["target"] as? String == "EL2")
    #expect(forged["offset"] as? String == "0x400")
    #expect(forged["far"] as? String == consumed["va"] as? String)
    #expect(forged["elr"] as? String == consumed["pc"] as? String)
    // EC 0x24, DFSC 0x10.
    let syndrome = try #require(forged["esr"] as? String)
    let value = try #require(UInt64(syndrome.dropFirst(2), radix: 16))
    #expect(value >> 26 == 0x24 && value & 0x3F == 0x10)
    #expect((json["instructions"] as? UInt64 ?? 0) > 100_000_000)
    #expect((json["hash"] as? String)?.hasPrefix("0x") == true)
    let verdict = try #require(json["verdict"] as? [String: Any])
    #expect(verdict["outcome"] as? String == "process killed")
    #expect(
      verdict["reported"] as? [String: String]
        == [
          "record": "delivered", "address": "right", "severity": "recoverable",
          "guestAddress": "none",
        ])
  }

  @Test func aTriggerThatNeverFiresIsStatus2() throws {
    try requireInputs()
    let text = """
      title: never
      inject:
        - when: {console: 'no such line'}
          what: poison
          where: {physical: 0x4100_0000}
      limits: {instructions: 20M}
      """
    try withTemporaryFile("never.yaml", text) { path in
      let outcome = try faultline("run", path)
      #expect(outcome.status == 2)
      #expect(outcome.errors.contains("line 3: injection 'poison' never happened"))
    }
  }

  @Test func aFailedExpectationIsStatus1() throws {
    try requireInputs()
    let text = """
      title: hope
      inject:
        - when: {instructions: 1M}
          what: poison
          where: {physical: 0x7fff_f000}
      expect: {outcome: process killed}
      limits: {instructions: 20M}
      """
    try withTemporaryFile("hope.yaml", text) { path in
      let outcome = try faultline("run", path)
      #expect(outcome.status == 1, "\(outcome.errors)")
      #expect(
        outcome.output.contains("expectation failed: outcome: expected process killed; found "))
    }
  }
}
