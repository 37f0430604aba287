// Scenarios in which a program of others' keeps what Linux says of errors: Debian's rasdaemon.

import Foundation
import Support
import Testing

/// Every scenario of Scenarios/rasdaemon, on every kernel; `make test` fetches what they need.
@Suite(.serialized) struct RasdaemonTests {
  static let files: [String] = {
    let folder = Checkout.path("Scenarios/rasdaemon")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasSuffix(".yaml") }.sorted()
  }()

  @Test func thereAreScenarios() { #expect(!Self.files.isEmpty) }

  @Test(arguments: files, ["cloud", "6.12-cloud", "sid-cloud"])
  func rasdaemonKeepsWhatEachKernelTells(file: String, flavour: String) throws {
    let kernel = ".cache/linux/\(flavour)/vmlinuz"
    for input in [".build/images/initrd-rasdaemon.cpio", kernel] {
      _ = try Checkout.required(input)
    }
    let outcome = try faultline("run", "Scenarios/rasdaemon/" + file, "--kernel", kernel)
    #expect(outcome.status == 0, "\(outcome.output.suffix(3000))\n\(outcome.errors)")
  }
}
