// The form of what `faultline run` prints and writes.

import Foundation
import Support
import Testing

/// `faultline run` with several scenarios, and its reports for machines.
@Suite struct RunFormTests {
  private static let small = "Scenarios/small-program-reads-poison.yaml"
  private static let untouched = """
    title: untouched
    boot: {kernel: KERNEL, initrd: none}
    inject:
      - when: {instructions: 10k}
        what: poison
        where: {physical: 0x7fff_f000}
    limits: {instructions: 300k}
    """

  private func requireImages() throws {
    for image in ["firmware.bin", "guest.bin"] {
      _ = try Checkout.required(".build/images/" + image)
    }
  }

  private func json(_ text: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  private func scenario(_ text: String) -> String {
    text.replacing("KERNEL", with: Checkout.path(".build/images/guest.bin"))
  }

  @Test func severalScenariosAreOneLineEachAndCounted() throws {
    try requireImages()
    let failing = scenario(Self.untouched) + "\nexpect: {outcome: hang}"
    try withTemporaryFile("failing.yaml", failing) { path in
      let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
      let junit = folder.appendingPathComponent("out.xml").path
      let report = folder.appendingPathComponent("out.json").path
      let outcome = try faultline([
        "run", Self.small, path, "absent.yaml", "--jobs", "2", "--junit", junit, "--json", report,
      ])
      #expect(outcome.status == 66, "\(outcome.output)\(outcome.errors)")
      let lines = outcome.lines.filter { !$0.isEmpty }
      #expect(lines[0].hasPrefix("holds   \(Self.small)  "))
      #expect(lines[1].hasPrefix("FAILS   \(path)  "))
      #expect(
        lines[2] == "        expectation failed: outcome: expected hang; found latent")
      #expect(lines[3].hasPrefix("NO RUN  absent.yaml  "))
      #expect(lines.last == "3 scenarios: 1 hold, 1 fail, 1 did not run")
      let xml = try String(contentsOfFile: junit, encoding: .utf8)
      #expect(xml.contains("tests=\"3\" failures=\"1\" errors=\"1\""))
      #expect(
        try execute(
          "/usr/bin/python3",
          ["-c", "import sys, xml.dom.minidom as m; m.parse(sys.argv[1])", junit]
        ).status == 0)
      let whole = try json(try String(contentsOfFile: report, encoding: .utf8))
      #expect(whole["schema"] as? Int == 2)
      let each = try #require(whole["scenarios"] as? [[String: Any]])
      #expect(each.map { $0["exitStatus"] as? Int } == [0, 1, 66])
    }
  }

  @Test func aReportOnStandardOutputIsAloneThere() throws {
    try requireImages()
    let outcome = try faultline("run", Self.small, "--json", "-")
    #expect(outcome.status == 0)
    #expect(outcome.errors.contains("verdict: process killed"))
    let report = try json(outcome.output)
    #expect(report["schema"] as? Int == 2 && report["exitStatus"] as? Int == 0)
    #expect(report["scenario"] as? String == Self.small)
    let images = try #require(report["images"] as? [String: String])
    for (name, file) in [("firmware", "firmware.bin"), ("kernel", "guest.bin")] {
      let sum = try execute("/usr/bin/sha256sum", [Checkout.path(".build/images/" + file)])
      #expect(images[name] == String(sum.output.prefix(64)))
    }
    #expect(images["initrd"] == nil)
    let timeline = try #require(report["timeline"] as? [[String: Any]])
    let consumed = try #require(timeline.first { $0["event"] as? String == "consumed" })
    #expect(consumed["pe"] as? Int == 0 && consumed["el"] as? String == "EL0")
  }

  @Test func aTriggerThatNeverFiresLeavesAReport() throws {
    try requireImages()
    let text = scenario(Self.untouched).replacing("{instructions: 10k}", with: "{console: never}")
    try withTemporaryFile("never.yaml", text) { path in
      let outcome = try faultline("run", path, "--json", "-")
      #expect(outcome.status == 2)
      let report = try json(outcome.output)
      #expect(report["exitStatus"] as? Int == 2 && report["verdict"] == nil)
      let failure = try #require(report["failure"] as? String)
      #expect(failure.contains("never happened") && failure.contains("when the limit was reached"))
    }
  }

  @Test func withoutExpectationsNoneIsSaidToHold() throws {
    try requireImages()
    try withTemporaryFile("untouched.yaml", scenario(Self.untouched)) { path in
      let outcome = try faultline("run", path)
      #expect(outcome.status == 0)
      #expect(outcome.output.contains("the scenario expects nothing\nverdict: latent"))
    }
  }

  @Test func aFileOfAScenarioIsBesideIt() throws {
    try requireImages()
    let text = Self.untouched.replacing("KERNEL", with: "kernel.img")
    try withTemporaryFile("s.yaml", text) { path in
      let missing = try faultline("run", path)
      #expect(missing.status == 66 && missing.errors.contains("kernel 'kernel.img' does not exist"))
      try FileManager.default.copyItem(
        atPath: Checkout.path(".build/images/guest.bin"),
        toPath: URL(fileURLWithPath: path).deletingLastPathComponent().path + "/kernel.img")
      #expect(try faultline("run", path).status == 0)
    }
  }

  @Test func aHostForAScenarioWithoutHostsIsRefused() throws {
    let outcome = try faultline("run", Self.small, "--host", "linux")
    #expect(outcome.status == 64)
    #expect(outcome.errors.contains("--host: '\(Self.small)' has no hosts"))
  }
}
