// What `make install` puts somewhere: a command that finds its images there, and is completed.

import Foundation
import Support
import Testing

@Suite struct InstallTests {
  @Test func anInstalledCommandFindsItsImagesFromAnywhere() throws {
    let tool = try Checkout.required(".build/release/faultline")
    let prefix = FileManager.default.temporaryDirectory
      .appendingPathComponent("faultline-install-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: prefix) }
    let images = prefix.appendingPathComponent("share/faultline/images")
    for folder in [prefix.appendingPathComponent("bin"), images] {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }
    let command = prefix.appendingPathComponent("bin/faultline").path
    try FileManager.default.copyItem(atPath: tool, toPath: command)
    for image in ["firmware.bin", "guest.bin", "hypervisor.bin", "host.cpio"] {
      try FileManager.default.copyItem(
        atPath: try Checkout.required(".build/images/" + image),
        toPath: images.appendingPathComponent(image).path)
    }
    let scenario = prefix.appendingPathComponent("s.yaml").path
    try FileManager.default.copyItem(
      atPath: Checkout.path("Scenarios/small-program-reads-poison.yaml"), toPath: scenario)
    let outcome = try execute(
      "/bin/bash",
      [
        "-c",
        "cd / && PATH='\(prefix.path)/bin':$PATH && faultline tables && faultline run '\(scenario)'",
      ])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("RSDP") && outcome.output.contains("every expectation holds"))
  }

  @Test(arguments: [("bash", "complete "), ("zsh", "#compdef faultline"), ("fish", "complete -c")])
  func aShellIsToldHowToCompleteIt(shell: String, word: String) throws {
    let outcome = try faultline("--generate-completion-script", shell)
    #expect(outcome.status == 0)
    #expect(outcome.output.contains(word))
    #expect(outcome.output.contains("instructions"), "an option of boot")
  }
}
