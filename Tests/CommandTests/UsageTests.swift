import Foundation
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

  @Test func whatIsNoKernelIsStatus65() throws {
    let outcome = try faultline("boot", "--kernel", "README.md")
    #expect(outcome.status == 65)
    #expect(
      outcome.errors == "faultline: kernel 'README.md' is not an arm64 Linux Image\n")
  }

  @Test func aScenarioThatIsNoTextIsStatus65() throws {
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("faultline-\(UUID().uuidString).yaml")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data([0x74, 0x3A, 0xFF, 0xFE]).write(to: file)
    let outcome = try faultline("run", file.path)
    #expect(outcome.status == 65)
    #expect(outcome.errors == "faultline: scenario '\(file.path)' is not UTF-8 text\n")
  }

  @Test func aBadScenarioIsStatus65WithFileLineAndKey() throws {
    try withTemporaryFile("bad.yaml", "title: t\ninject:\n  - wenn: {}\n") { path in
      let outcome = try faultline("run", path)
      #expect(outcome.status == 65)
      #expect(
        outcome.errors
          == "faultline: \(path):3: inject[0].wenn: found an unknown key; accepted: name, when, what, where, length\n"
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
