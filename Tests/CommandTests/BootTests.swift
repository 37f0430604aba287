// `faultline boot`, on Debian's kernel.

import Foundation
import Support
import Testing

/// The machine with a console.
@Suite(.serialized) struct BootTests {
  private func requireInputs() throws {
    for file in [
      ".build/images/firmware.bin", ".build/images/initrd.cpio", ".cache/linux/cloud/vmlinuz",
    ] {
      _ = try Checkout.required(file)
    }
  }

  @Test(arguments: [
    ("512M", "1", 512), ("1G", "2", 1024), ("4G", "4", 4096), ("16G", "1", 16384),
  ])
  func debianReachesInit(memory: String, cpus: String, mebibytes: Int) throws {
    try requireInputs()
    let outcome = try faultline(
      "boot", "--memory", memory, "--cpus", cpus, "--until", "Run /init", "--instructions", "10G",
      "--stats")
    #expect(outcome.status == 0, "\(outcome.output.suffix(2000))\n\(outcome.errors)")
    #expect(outcome.output.contains("Booting Linux on physical CPU"))
    #expect(outcome.output.contains("K/\(mebibytes << 10)K available"), "all of the memory")
    for word in ["instructions: ", "MIPS: ", "RSS: "] {
      #expect(outcome.output.contains(word), "\(word)")
    }
  }

  @Test func theLimitIsStatus1() throws {
    try requireInputs()
    let outcome = try faultline("boot", "--until", "Run /init", "--instructions", "1M")
    #expect(outcome.status == 1)
    #expect(outcome.errors == "faultline: the limit ended the run before 'Run /init' was seen\n")
  }

  @Test(arguments: ["1", "3"])
  func theSameBootTwiceEndsInTheSameState(cpus: String) throws {
    try requireInputs()
    let arguments = ["boot", "--cpus", cpus, "--instructions", "150M", "--hash"]
    let first = try faultline(arguments)
    let second = try faultline(arguments)
    #expect(first.output == second.output)
    #expect(first.output.contains("hash: 0x"))
  }
}
