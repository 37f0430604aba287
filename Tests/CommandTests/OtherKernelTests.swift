// What an operating system asks of firmware, and what it is told of errors, with other kernels than Debian 12's own: the
// same scenarios, unchanged, with the series that Debian 12 has besides, and with Debian's newest (`make test` fetches
// both).

import Foundation
import Support
import Testing

/// Scenarios on other kernels.
@Suite(.serialized) struct OtherKernelTests {
  static let asked = [
    "linux-bert-after-panic.yaml", "linux-corrected-once.yaml", "linux-corrected-threshold.yaml",
    "linux-deferred-found.yaml", "linux-einj-files.yaml", "linux-einj-memory-trigger-cpus.yaml",
    "linux-einj-processor-cpus.yaml", "linux-erst-panic.yaml", "linux-kernel-page.yaml",
    "linux-latent-scrubbed.yaml", "linux-page-table.yaml",
    "linux-sdei-corrected.yaml", "linux-sdei-fatal.yaml", "linux-sdei-latent.yaml",
    "linux-serror-in-kernel.yaml",
  ]

  static func kernel(_ flavour: String) -> String { ".cache/linux/\(flavour)/vmlinuz" }

  static let newer: [String] = {
    let folder = Checkout.path("Scenarios/newer")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasSuffix(".yaml") }.sorted()
  }()

  private func run(_ file: String, _ flavour: String) throws {
    _ = try Checkout.required(Self.kernel(flavour))
    let outcome = try faultline("run", file, "--kernel", Self.kernel(flavour))
    #expect(outcome.status == 0, "\(outcome.output.suffix(3000))\n\(outcome.errors)")
  }

  @Test(arguments: asked)
  func aKernelOfTheSeries612AsksForTheSame(file: String) throws {
    try run("Scenarios/" + file, "6.12-cloud")
  }

  @Test(arguments: asked)
  func theNewestKernelAsksForTheSame(file: String) throws {
    try run("Scenarios/" + file, "sid-cloud")
  }

  @Test(arguments: newer)
  func theNewestKernelAsksForMore(file: String) throws {
    try run("Scenarios/newer/" + file, "sid-cloud")
  }

  @Test func thereAreNewerScenarios() { #expect(!Self.newer.isEmpty) }
}
