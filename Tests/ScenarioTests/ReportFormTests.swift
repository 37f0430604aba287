// The form of reports.

import Foundation
import Testing

@testable import Scenario

/// The forms in which results are written.
@Suite struct ReportFormTests {
  /// FIPS 180-4's examples, and lengths around the block.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      String(repeating: "a", count: 1_000_000),
      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    ),
  ])
  func aDigestIsThatOfTheStandard(text: String, digest: String) {
    #expect(SHA256(Array(text.utf8)).text == digest)
  }

  @Test func junitIsXMLWhateverAScenarioPrints() throws {
    let report = JUnitReport(cases: [
      .init(
        file: "a.yaml", title: "one & <two>", seconds: 1.25, outcome: .holds, output: "x\u{1}y"),
      .init(
        file: "b.yaml", title: "\"b\"", seconds: 0.001, outcome: .fails("expected 1\nfound 2"),
        output: ""),
      .init(file: "c.yaml", title: "c", seconds: 0, outcome: .didNotRun("no file"), output: "é"),
    ])
    #expect(report.text.contains("tests=\"3\" failures=\"1\" errors=\"1\" time=\"1.251\""))
    #expect(report.text.contains("name=\"one &amp; &lt;two&gt;\" time=\"1.250\""))
    #expect(report.text.contains("<failure message=\"expected 1&#10;found 2\"/>"))
    #expect(report.text.contains("<system-out>x\u{FFFD}y</system-out>"))
  }

  @Test func aLineHasALimitAndSoHasTheConsole() {
    var log = ConsoleLog()
    let flood = [UInt8](repeating: 0x61, count: ConsoleLog.mostBytes + 10)
    #expect(log.append(flood, at: 1).map(\.text.count) == [ConsoleLog.mostBytes])
    #expect(log.unfinished.count == 10)
    #expect(log.append([0x0A], at: 2).map(\.text.count) == [10])
    let lines = [UInt8](repeating: 0x0A, count: ConsoleLog.mostLines)
    #expect(log.append(lines, at: 3).count == ConsoleLog.mostLines)
    #expect(log.lines.count == ConsoleLog.mostLines && log.dropped == 2)
  }

  @Test func aReportInAnotherIsJSONAsItIs() {
    let inner = JSONValue.object([("a", .array([.number(1), .string("x\ny")]))])
    let outer = JSONValue.object([("all", .array([.verbatim(inner.text() + "\n")]))])
    #expect(outer.text() == JSONValue.object([("all", .array([inner]))]).text())
  }
}
