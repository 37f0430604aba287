// Scenarios whose VMM is not ours: Debian's QEMU under Debian's kernel, on the machine.

import Foundation
import Support
import Testing

/// Every scenario of Scenarios/qemu, whose inputs `make test` fetches and `make demo-qemu` too.
@Suite(.serialized) struct OtherVMMTests {
  static let files: [String] = {
    let names =
      (try? FileManager.default.contentsOfDirectory(atPath: Checkout.path("Scenarios/qemu"))) ?? []
    return names.filter { $0.hasSuffix(".yaml") }.sorted()
  }()

  @Test func thereAreScenarios() { #expect(Self.files.count >= 2) }

  @Test(arguments: Self.files)
  func everyExpectationHoldsUnderDebiansQEMU(file: String) throws {
    for input in [".build/images/host-qemu.cpio", ".cache/linux/6.12-cloud/vmlinuz"] {
      _ = try Checkout.required(input)
    }
    let outcome = try faultline("run", "Scenarios/qemu/" + file)
    #expect(outcome.status == 0, "\(outcome.output.suffix(3000))\n\(outcome.errors)")
  }
}
