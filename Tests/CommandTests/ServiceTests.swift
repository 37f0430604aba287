// What the operating system asks of firmware, as a person asks for it at the console, and what is left of it on
// the host.

import Foundation
import Support
import Testing

/// EINJ at a shell, and ERST's records in a file.
@Suite(.serialized) struct ServiceTests {
  static let initrd = ".build/images/initrd-einj.cpio"

  private func requireInputs() throws {
    for file in [".build/images/firmware.bin", Self.initrd, ".cache/linux/cloud/vmlinuz"] {
      _ = try Checkout.required(file)
    }
  }

  /// Boots with a shell, and types.
  private func type(_ lines: [String], _ arguments: [String] = []) throws -> Outcome {
    let keys = lines.map { $0 + "\\n" }.joined().replacingOccurrences(of: "'", with: "'\\''")
    let tool = try Checkout.required(".build/release/faultline")
    return try execute(
      "/bin/sh",
      [
        "-c",
        "printf '\(keys)' | '\(tool)' boot --initrd \(Self.initrd) \(arguments.joined(separator: " "))",
      ])
  }

  @Test func anErrorIsInjectedAtAShell() throws {
    try requireInputs()
    let outcome = try type([
      "modprobe einj", "mount -t debugfs debugfs /sys/kernel/debug",
      "cd /sys/kernel/debug/apei/einj", "cat available_error_type", "echo 0x2 > error_type",
      "echo 1 > error_inject", "echo the injection ended with $?", "sleep 1", "rmmod einj",
      "poweroff -f",
    ])
    #expect(outcome.status == 0, "\(outcome.output.suffix(2000))\n\(outcome.errors)")
    for words in [
      "EINJ: Error INJection is initialized", "0x00000020\tMemory Uncorrectable fatal",
      "the injection ended with 0", "event severity: recoverable",
      "section_type: ARM processor error",
    ] {
      #expect(outcome.output.contains(words), "\(words): \(outcome.output.suffix(2000))")
    }
  }

  /// A panic's words are in the host's file when the machine is gone, and in another machine's pstore then.
  @Test func aPanicIsKeptInAFile() throws {
    try requireInputs()
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("faultline-\(UUID().uuidString).bin").path
    defer { try? FileManager.default.removeItem(atPath: file) }
    let records = ["--records", file, "--append", "'console=ttyAMA0 panic=-1'"]
    let first = try type(["echo c > /proc/sysrq-trigger"], records)
    #expect(first.output.contains("sysrq triggered crash"), "\(first.output.suffix(2000))")
    let size = try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int
    #expect((size ?? 0) >= 64 << 10)
    let second = try type(
      [
        "mount -t pstore pstore /sys/fs/pstore", "cd /sys/fs/pstore",
        "echo files: $(ls | grep -c dmesg-erst)", "cat * | grep -a 'sysrq triggered'",
        "rm -f *", "poweroff -f",
      ], records)
    #expect(second.status == 0, "\(second.errors)")
    let kept = second.output.components(separatedBy: "files: ").last ?? ""
    #expect(kept.first?.isNumber == true && kept.first != "0", "\(second.output.suffix(2000))")
    #expect(kept.contains("Kernel panic - not syncing: sysrq triggered crash"), "\(kept)")
    let third = try type(
      [
        "mount -t pstore pstore /sys/fs/pstore",
        "echo files: $(ls /sys/fs/pstore | grep -c dmesg-erst)", "poweroff -f",
      ], records)
    #expect(third.output.contains("files: 0"), "\(third.output.suffix(2000))")
  }
}
