// Where output goes wrong: a full disk is a message and status 73, a closed pipe a silent end.

import Foundation
import Support
import Testing

@Suite struct OutputTests {
  /// Firmware that prints a line, again and again for about a second, and switches off.
  static func talker() throws -> String {
    // mov x0, #0x09000000; mov w2, #0x4000; 1: mov w1, #'a'; str w1, [x0]; mov w1, #'\n';
    // str w1, [x0]; subs w2, w2, #1; b.ne 1b; mov x6, #0x090b0000; mov w7, #1; str w7, [x6, #0x400];
    // str w7, [x6, #4]; wfi; b .-4
    let words: [UInt32] = [
      0xD2A1_2000, 0x5288_0002, 0x5280_0C21, 0xB900_0001, 0x5280_0141, 0xB900_0001, 0x7100_0442,
      0x54FF_FF61, 0xD2A1_2166, 0x5280_0027, 0xB904_00C7, 0xB900_04C7, 0xD503_207F, 0x17FF_FFFF,
    ]
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("faultline-\(UUID().uuidString).bin")
    try Data(words.flatMap { word in (0..<4).map { UInt8(word >> ($0 * 8) & 0xFF) } })
      .write(to: file)
    return file.path
  }

  static let small = "run Scenarios/small-program-reads-poison.yaml"

  @Test(arguments: [
    "boot --firmware TALKER --kernel none --initrd none > /dev/full", "--help > /dev/full",
    "--version > /dev/full", "decode esr 0x96000210 > /dev/full",
    "decode esr --json 0x96000210 > /dev/full", "\(small) > /dev/full",
    "\(small) --json - > /dev/full", "\(small) --json /dev/full", "\(small) --junit /dev/full",
    "\(small) \(small.dropFirst(4)) > /dev/full", "tables > /dev/full",
    "initrd --output /dev/full x=README.md",
    "boot --firmware TALKER --kernel none --initrd none --stats 2>&1 > /dev/full",
  ])
  func aFullDiskIsStatus73AndAMessage(command: String) throws {
    _ = try Checkout.required(".build/images/guest.bin")
    let talker = try Self.talker()
    defer { try? FileManager.default.removeItem(atPath: talker) }
    let tool = try Checkout.required(".build/release/faultline")
    let outcome = try execute(
      "/bin/bash", ["-c", "'\(tool)' " + command.replacing("TALKER", with: talker)])
    #expect(outcome.status == 73, "\(outcome.errors)")
    let said = outcome.errors + outcome.output
    #expect(said.contains("faultline: cannot write "), "\(said)")
    #expect(said.contains("No space left on device"), "\(said)")
  }

  @Test func aFullDiskForMessagesIsNoReasonToStop() throws {
    let tool = try Checkout.required(".build/release/faultline")
    let outcome = try execute("/bin/bash", ["-c", "'\(tool)' run absent.yaml 2> /dev/full"])
    #expect(outcome.status == 66)
  }

  @Test(arguments: [
    "boot --firmware TALKER --kernel none --initrd none", "--help", "decode esr 0x96000210", small,
    "\(small) --json -",
  ])
  func aClosedPipeIsASilentEnd(command: String) throws {
    _ = try Checkout.required(".build/images/guest.bin")
    let talker = try Self.talker()
    defer { try? FileManager.default.removeItem(atPath: talker) }
    let tool = try Checkout.required(".build/release/faultline")
    // Standard output is a pipe that nobody reads.
    let outcome = try execute(
      "/bin/bash",
      [
        "-c",
        "'\(tool)' \(command.replacing("TALKER", with: talker)) > >(exec 0<&-; exit); echo \"status $?\" >&2",
      ])
    #expect(outcome.errors.contains("status 0\n"), "\(outcome.errors)")
    #expect(!outcome.errors.contains("faultline: "), "\(outcome.errors)")
  }

  @Test func theFirstLineOfALongRunIsEnough() throws {
    let talker = try Self.talker()
    defer { try? FileManager.default.removeItem(atPath: talker) }
    let tool = try Checkout.required(".build/release/faultline")
    let outcome = try execute(
      "/bin/bash",
      ["-c", "'\(tool)' boot --firmware \(talker) --kernel none --initrd none | head -1"])
    #expect(outcome.output == "a\n" && outcome.errors.isEmpty)
  }
}
