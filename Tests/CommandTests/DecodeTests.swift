// `faultline decode` and `faultline tables`, called as people call them.

import Foundation
import Support
import Testing

/// `faultline decode` and `faultline tables` as people call them.
@Suite struct DecodeCommandTests {
  @Test func digitsOfALogAreASyndrome() throws {
    let outcome = try faultline("decode", "esr", "96000210", "bf40c000")
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("ESR 0x0000000096000210: Data Abort"))
    #expect(outcome.output.contains("ESR 0x00000000bf40c000: SError"))
  }

  @Test func standardInputIsReadWhereADashStands() throws {
    let tool = try Checkout.required(".build/release/faultline")
    let outcome = try execute(
      "/bin/sh", ["-c", "printf '96000210\\nbf40c000\\n' | '\(tool)' decode esr - --json"])
    #expect(outcome.status == 0)
    #expect(outcome.lines.filter { $0.contains("\"kind\":\"esr\"") }.count == 2)
  }

  @Test func everyPastedFileIsGuessed() throws {
    let folder = "Tests/DecodeTests/Inputs/"
    for (file, words, status) in [
      ("hest-ampere-altra.iasl-raw.txt", "HEST table, 500 bytes (iasl raw data; both guessed)", 0),
      ("cper-arm-truncated.hex", "the section has 323 bytes, 100 are there", 65),
      ("errstatus-orin-aci.txt", "Assertion failure", 0),
      ("hest-polled-ghes.base64", "(base64; both guessed)", 0),
    ] as [(String, String, Int32)] {
      let outcome = try faultline("decode", "auto", folder + file)
      #expect(outcome.status == status, "\(file)")
      #expect(outcome.output.contains(words), "\(file)")
    }
  }

  @Test(
    arguments: [
      (["decode", "hest", "absent"], 66, "does not exist; accepted are files"),
      (["decode", "hest", "README.md"], 65, "README.md: found '# Faultline'; accepted are"),
      (
        ["decode", "hest", "Tests/DecodeTests/Inputs/bert-qcom.hex"], 65,
        "found a BERT table, not what hest is"
      ),
      (["decode", "esr", "twelve"], 64, "found 'twelve'; accepted are numbers"),
      (["decode", "what", "1"], 64, "what"),
      (["decode", "cper", "README.md", "--section", "x"], 64, "accepted are arm, memory"),
      (["decode", "esr"], 64, "name files or values"),
    ] as [([String], Int32, String)])
  func whatIsWrongIsNamed(arguments: [String], status: Int32, words: String) throws {
    let outcome = try faultline(arguments)
    #expect(outcome.status == status, "\(outcome.errors)")
    #expect(outcome.errors.contains(words), "\(outcome.errors)")
  }

  @Test func aFullDiskIsStatus73AndAClosedPipeIsSilent() throws {
    let tool = try Checkout.required(".build/release/faultline")
    let input = "Tests/DecodeTests/Inputs/hest-ampere-altra.iasl-raw.txt"
    let full = try execute("/bin/sh", ["-c", "'\(tool)' decode auto \(input) >/dev/full"])
    #expect(full.status == 73)
    #expect(full.errors == "faultline: cannot write to standard output: No space left on device\n")
    let closed = try execute("/bin/sh", ["-c", "'\(tool)' decode auto \(input) | true"])
    #expect(closed.errors == "")
  }

  @Test func theFirmwaresTablesDisassemble() throws {
    _ = try Checkout.required(".build/images/firmware.bin")
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("faultline-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let outcome = try faultline("tables", "--out", folder, "--cpus", "2")
    #expect(outcome.status == 0, "\(outcome.errors)")
    for name in [
      "xsdt", "facp", "apic", "gtdt", "spcr", "pptt", "hest", "dsdt", "bert", "einj", "erst",
    ] {
      #expect(FileManager.default.fileExists(atPath: "\(folder)/\(name).aml"), "\(name)")
    }
    #expect(!FileManager.default.fileExists(atPath: "\(folder)/aest.aml"))
    let listed = try execute("/bin/sh", ["-c", "iasl -d '\(folder)'/*.aml"])
    #expect(listed.status == 0, "\(listed.output)")
    let listing = try String(contentsOfFile: folder + "/hest.dsl", encoding: .utf8)
    #expect(listing.contains("Generic Hardware Error Source V2"))
    let decoded = try faultline("decode", "hest", folder + "/hest.aml")
    #expect(decoded.status == 0, "\(decoded.output)")
    #expect(!decoded.output.contains("Not consistent"), "\(decoded.output)")
  }

  /// Where the records are the operating system's, an AEST says so and no HEST does.
  @Test func theTablesOfARoutingByHardwareDisassemble() throws {
    _ = try Checkout.required(".build/images/firmware.bin")
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("faultline-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let outcome = try faultline("tables", "--out", folder, "--cpus", "2", "--aborts", "direct")
    #expect(outcome.status == 0, "\(outcome.errors)")
    for name in ["aest", "einj", "erst", "bert"] {
      #expect(FileManager.default.fileExists(atPath: "\(folder)/\(name).aml"), "\(name)")
    }
    #expect(!FileManager.default.fileExists(atPath: "\(folder)/hest.aml"))
    let listed = try execute("/bin/sh", ["-c", "iasl -d '\(folder)'/*.aml"])
    #expect(listed.status == 0, "\(listed.output)")
    let decoded = try faultline("decode", "aest", folder + "/aest.aml")
    #expect(decoded.status == 0, "\(decoded.output)")
    #expect(!decoded.output.contains("Not consistent"), "\(decoded.output)")
    for words in ["node 2: memory", "fault handling", "GSIV 43", "system registers"] {
      #expect(decoded.output.contains(words), "\(words): \(decoded.output)")
    }
  }
}
