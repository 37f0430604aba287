// `faultline run` on a small scenario, letter by letter.

import Foundation
import Support
import Testing

/// What `faultline run` prints and writes, to the last byte but for what another build of an image
/// changes: instruction counts, addresses in RAM and of code, and the hash.
@Suite struct RunGoldens {
  @Test func aSmallScenario() throws {
    for image in ["firmware.bin", "guest.bin"] {
      _ = try Checkout.required(".build/images/" + image)
    }
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("faultline-\(UUID().uuidString).json")
    defer { try? FileManager.default.removeItem(at: file) }
    let outcome = try faultline(
      "run", "Scenarios/small-program-reads-poison.yaml", "--console", "--json", file.path)
    try #require(outcome.status == 0, "\(outcome.output)\n\(outcome.errors)")
    #expect(
      Golden.difference(Self.masked(outcome.output), from: "small-program-reads-poison.txt") == nil)
    let json = String(decoding: try Data(contentsOf: file), as: UTF8.self)
    #expect(Golden.difference(Self.masked(json), from: "small-program-reads-poison.json") == nil)
  }

  /// The text without what depends on the length of a code path or the place of an instruction.
  static func masked(_ text: String) -> String {
    text.replacing(#/(?m)^ *[0-9,]+  (?=[a-zA-Z])/#, with: "#  ")
      .replacing(#/("(?:instructions|hash)": )"?[0-9a-fx]+"?/#) { $0.1 + "#" }
      .replacing(#/"[0-9a-f]{64}"/#, with: "#")
      .replacing(#/0x(?:80000000)?4[0-9a-f]{7}/#, with: "0x#")
      .replacing(#/((?:pc|elr|spsr|vector|digest|x[0-9]+)"?:? "?)(0x[0-9a-f]{4,}|[0-9a-f]{16})/#) {
        $0.1 + "#"
      }
  }
}
