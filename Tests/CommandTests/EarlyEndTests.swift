// What dies before it says anything: firmware that is none, files that are cut off, kernels that give up.

import Foundation
import Support
import Testing

@Suite struct EarlyEndTests {
  private func bytes(_ words: [UInt32]) -> [UInt8] {
    words.flatMap { word in (0..<4).map { UInt8(word >> ($0 * 8) & 0xFF) } }
  }

  @Test func firmwareThatIsNoneIsSaidToTakeItsOwnExceptionForEver() throws {
    try withTemporaryFile("firmware.bin", [UInt8](repeating: 0, count: 4096)) { path in
      let outcome = try faultline(
        "boot", "--firmware", path, "--kernel", "none", "--initrd", "none", "--stats")
      #expect(outcome.status == 1)
      #expect(
        outcome.errors
          == "faultline: the machine gets nowhere: PE 0 takes the same exception at its own vector "
          + "for ever: EL3 ESR 0x0000000002000000 ELR 0x0000000000000200 FAR 0x0000000000000000 "
          + "(Unknown reason)\n", "\(outcome.errors)")
      #expect(
        outcome.output.contains(
          "PE 0: EL3 ESR 0x0000000002000000 ELR 0x0000000000000200 FAR 0x0000000000000000"))
    }
  }

  @Test func firmwareThatGaveUpIsSaidToBranchToItself() throws {
    // nop; b .
    try withTemporaryFile("firmware.bin", bytes([0xD503_201F, 0x1400_0000])) { path in
      let outcome = try faultline(
        "boot", "--firmware", path, "--kernel", "none", "--initrd", "none", "--until", "x")
      #expect(outcome.status == 1)
      #expect(
        outcome.errors
          == "faultline: the machine gets nowhere before 'x' was seen: PE 0 branches to itself for "
          + "ever at EL3, with interrupts masked: pc 0x0000000000000004\n", "\(outcome.errors)")
    }
  }

  @Test func everyCoreThatIsStuckIsNamed() throws {
    try withTemporaryFile("firmware.bin", [UInt8](repeating: 0, count: 4096)) { path in
      let outcome = try faultline(
        "boot", "--firmware", path, "--kernel", "none", "--initrd", "none", "--cpus", "2",
        "--until",
        "x")
      #expect(outcome.status == 1)
      #expect(
        outcome.errors.contains("PE 0 takes the same exception")
          && outcome.errors.contains("; PE 1 takes the same exception"), "\(outcome.errors)")
    }
  }

  @Test func aScenarioWhoseFirmwareDiesEndsAndSaysSo() throws {
    try withTemporaryFile("firmware.bin", [UInt8](repeating: 0, count: 4096)) { firmware in
      let text = """
        title: dead
        boot: {firmware: \(firmware), kernel: none, initrd: none}
        inject:
          - {when: {console: never}, what: poison, where: {physical: 0x7000_0000}}
        """
      try withTemporaryFile("dead.yaml", text) { path in
        let outcome = try faultline("run", path)
        #expect(outcome.status == 2)
        #expect(
          outcome.errors.contains(
            "the machine got nowhere before the triggers came, after "), "\(outcome.errors)")
        #expect(outcome.errors.contains("PE 0 takes the same exception at its own vector"))
      }
    }
  }

  @Test func aKernelThatPanicsEndsTheBoot() throws {
    _ = try Checkout.required(".cache/linux/cloud/vmlinuz")
    let outcome = try faultline("boot", "--initrd", "none", "--until", "Run /init")
    #expect(outcome.status == 1)
    #expect(outcome.errors == "faultline: the kernel panicked before 'Run /init' was seen\n")
    #expect(outcome.output.contains("Kernel panic - not syncing: VFS: Unable to mount root fs"))
  }

  @Test func aKernelThatIsCutOffIsStatus65() throws {
    let kernel = try Checkout.required(".cache/linux/cloud/vmlinuz")
    let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: kernel)))
    try withTemporaryFile("firmware.bin", Array(whole.prefix(whole.count - 1_000_000))) { path in
      let outcome = try faultline("boot", "--kernel", path)
      #expect(outcome.status == 65)
      #expect(
        outcome.errors.hasPrefix("faultline: kernel '\(path)' is cut off: its section table says "),
        "\(outcome.errors)")
    }
  }

  @Test(arguments: [
    ([], "is empty; --initrd none boots without one"),
    (Array("no archive".utf8), "is neither a cpio archive, nor "),
    (Array("070701".utf8), "is cut off: the archive has no end in its 6 bytes"),
    (
      Array("070701".utf8) + [UInt8](repeating: 0x78, count: 200),
      "is damaged: at byte 0 there should be the header of an entry"
    ),
  ])
  func anInitrdThatIsNoneIsStatus65(bytes: [UInt8], mistake: String) throws {
    _ = try Checkout.required(".cache/linux/cloud/vmlinuz")
    try withTemporaryFile("firmware.bin", bytes) { path in
      let outcome = try faultline("boot", "--initrd", path)
      #expect(outcome.status == 65)
      #expect(
        outcome.errors.hasPrefix("faultline: initrd '\(path)' " + mistake), "\(outcome.errors)")
    }
  }
}
