// The command's messages and exit statuses.

import Foundation
import Support
import Testing

/// Wrong use, wrong files: each its own message and status.
@Suite struct UsageTests {
  @Test func helpListsTheSubcommandsAndTheExitStatuses() throws {
    let help = try faultline("--help")
    #expect(help.status == 0)
    for word in ["boot", "run", "decode", "initrd", "EXIT STATUS", "EXAMPLES"] {
      #expect(help.output.contains(word), "\(word)")
    }
    for command in [["boot"], ["run"], ["decode", "esr"], ["initrd"]] {
      let help = try faultline(command + ["--help"])
      #expect(help.status == 0)
      #expect(help.output.contains("EXAMPLES"), "\(command)")
    }
  }

  @Test func theVersionIsPrinted() throws {
    #expect(try faultline("--version").output.hasPrefix("0."))
  }

  @Test(arguments: [
    ["boot", "--frobnicate"], ["boot", "--memory", "7"], ["boot", "--memory", "1 G"],
    ["boot", "--cpus", "9"], ["boot", "--cpus", "0"], ["boot", "--until", "(a"],
    ["boot", "--instructions", "many"], ["run"], ["decode", "esr"], ["decode", "esr", "twelve"],
    ["run", "x.yaml", "--host", "linux", "--host", "linux"], ["run", "x.yaml", "--host", "xen"],
    ["initrd", "x=y"], ["fly"],
  ])
  func aWrongCommandLineIsStatus64(arguments: [String]) throws {
    let outcome = try faultline(arguments)
    #expect(outcome.status == 64)
    #expect(outcome.errors.contains("Usage:") || outcome.errors.contains("--help"))
  }

  @Test(arguments: [
    (["run", "absent.yaml"], "faultline: scenario 'absent.yaml' does not exist\n"),
    (["boot", "--kernel", "absent"], "faultline: kernel 'absent' does not exist; "),
    (["boot", "--initrd", "absent"], "faultline: initrd 'absent' does not exist; "),
    (["boot", "--firmware", "absent"], "faultline: firmware 'absent' does not exist; "),
    (["boot", "--kernel", "Sources"], "faultline: kernel 'Sources' cannot be read\n"),
  ])
  func aMissingFileIsStatus66(arguments: [String], message: String) throws {
    _ = try Checkout.required(".build/images/firmware.bin")
    let outcome = try faultline(arguments)
    #expect(outcome.status == 66)
    #expect(outcome.errors.hasPrefix(message), "\(outcome.errors)")
  }

  @Test(arguments: [
    ([0x1F, 0x8B, 8, 0], "it is compressed with gzip; gunzip it first\n"),
    (
      Array("\u{7F}ELF".utf8),
      "it is an ELF file; give the Image made from it (objcopy -O binary)\n"
    ),
    ([UInt8](repeating: 0, count: 4096), "it has no header at byte 0 "),
    ([], "it has no header at byte 0 "),
  ])
  func whatIsNoKernelIsStatus65AndTheMessageSaysWhatWouldDo(
    bytes: [UInt8], remedy: String
  ) throws {
    try withTemporaryFile("kernel.bin", bytes) { path in
      let outcome = try faultline("boot", "--kernel", path)
      #expect(outcome.status == 65)
      #expect(
        outcome.errors.hasPrefix(
          "faultline: kernel '\(path)' is not an arm64 Linux Image: \(remedy)"),
        "\(outcome.errors)")
    }
  }

  /// Firmware that asks fw_cfg for the size of the kernel, stores it at the base of the secure RAM and
  /// switches off; given by hand, so that it is no program of ours.
  @Test(arguments: [(["--kernel", "none"], 0), (["--kernel", "README.md"], 1)])
  func otherFirmwareFindsTheKernelThatWasGivenOrNone(arguments: [String], hasKernel: Int) throws {
    // mov x1, #0x09020000; mov w2, #0x0800 (key 8, big-endian); strh w2, [x1, #8]; ldr w3, [x1];
    // mov x0, #0x09000000; mov w4, #'0'; cmp w3, #0; cinc w4, w4, ne; str w4, [x0];
    // mov w5, #'\n'; str w5, [x0]; mov x6, #0x090b0000; mov w7, #1; str w7, [x6, #0x400];
    // str w7, [x6, #4]; wfi; b .-4
    let words: [UInt32] = [
      0xD2A1_2041, 0x5281_0002, 0x7900_1022, 0xB940_0023, 0xD2A1_2000, 0x5280_0604, 0x7100_007F,
      0x1A84_0484, 0xB900_0004, 0x5280_0145, 0xB900_0005, 0xD2A1_2166, 0x5280_0027, 0xB904_00C7,
      0xB900_04C7, 0xD503_207F, 0x17FF_FFFF,
    ]
    let bytes = words.flatMap { word in (0..<4).map { UInt8(word >> ($0 * 8) & 0xFF) } }
    let outcome = try withTemporaryFile("firmware.bin", bytes) { path in
      try faultline(
        ["boot", "--firmware", path, "--initrd", "none", "--instructions", "1M"] + arguments)
    }
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output == "\(hasKernel)\n")
  }

  @Test(arguments: [false, true])
  func aRegisterThatNoDeviceHasEndsTheRunOnlyIfAsked(isStrict: Bool) throws {
    // mov x1, #0x09000000; str w0, [x1, #0x80]; mov x2, #0; str w0, [x2]; then off, as above:
    // mov x6, #0x090b0000; mov w7, #1; str w7, [x6, #0x400]; str w7, [x6, #4]; wfi; b .-4
    let words: [UInt32] = [
      0xD2A1_2001, 0xB900_8020, 0xD280_0002, 0xB900_0040, 0xD2A1_2166, 0x5280_0027, 0xB904_00C7,
      0xB900_04C7, 0xD503_207F, 0x17FF_FFFF,
    ]
    let bytes = words.flatMap { word in (0..<4).map { UInt8(word >> ($0 * 8) & 0xFF) } }
    let outcome = try withTemporaryFile("firmware.bin", bytes) { path in
      try faultline(
        [
          "boot", "--firmware", path, "--kernel", "none", "--initrd", "none", "--instructions",
          "1M",
        ]
          + (isStrict ? ["--strict"] : []))
    }
    let register =
      "PL011 (console): 4-byte write of 0x0 at 0x9000080 by core 0 is not modelled: no such register\n"
    if isStrict {
      #expect(outcome.status == 70)
      #expect(outcome.errors == "faultline: the machine cannot go on: " + register)
    } else {
      #expect(outcome.status == 0)
      #expect(outcome.errors.hasPrefix("faultline: " + register + "faultline: flash: "))
    }
  }

  @Test func noMemoryForTheMachineIsStatus71() throws {
    _ = try Checkout.required(".build/images/firmware.bin")
    let tool = try Checkout.required(".build/release/faultline")
    let outcome = try execute(
      "/bin/bash", ["-c", "ulimit -v 8000000; exec '\(tool)' boot --memory 16G"])
    #expect(outcome.status == 71)
    #expect(
      outcome.errors
        == "faultline: the host refused to reserve 17179869184 bytes for the machine's memory; "
        + "ask for less with --memory, or lift the limit (ulimit -v)\n")
  }

  @Test func aScenarioThatIsNoTextIsStatus65() throws {
    try withTemporaryFile("scenario.yaml", [0x74, 0x3A, 0xFF, 0xFE]) { path in
      let outcome = try faultline("run", path)
      #expect(outcome.status == 65)
      #expect(outcome.errors == "faultline: scenario '\(path)' is not UTF-8 text\n")
    }
  }

  @Test func aBadScenarioIsStatus65WithFileLineAndKey() throws {
    try withTemporaryFile("bad.yaml", "title: t\ninject:\n  - wenn: {}\n") { path in
      let outcome = try faultline("run", path)
      #expect(outcome.status == 65)
      #expect(
        outcome.errors
          == "faultline: \(path):3: inject[0].wenn: found an unknown key; accepted: name, when, what, where, length, mask, also, type\n"
      )
    }
  }

  @Test func anInitrdIsWhatCpioReads() throws {
    let folder = FileManager.default.temporaryDirectory.path
    let archive = folder + "/faultline-\(UUID().uuidString).cpio"
    defer { try? FileManager.default.removeItem(atPath: archive) }
    let built = try faultline(
      "initrd", "--output", archive, "init=README.md", "bin/x=LICENSE", "--link", "bin/y=x",
      "--folder", "proc")
    #expect(built.status == 0)
    let listed = try execute("/bin/sh", ["-c", "cpio -t --quiet < '\(archive)'"])
    #expect(listed.output == "proc\ndev\ndev/console\ninit\nbin\nbin/x\nbin/y\n")
    let missing = try faultline("initrd", "--output", archive, "init=absent")
    #expect(missing.status == 66)
    let unwritable = try faultline("initrd", "--output", "/nowhere/x", "init=README.md")
    #expect(unwritable.status == 73)
  }
}
