// `faultline initrd`: the first root file system of a guest, out of files of the host.

import ArgumentParser
import Scenario

/// Builds an initrd.
struct Initrd: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Build an initrd (a cpio archive) from files.",
    discussion: """
      Each entry is GUEST=HOST, a file under its path in the guest; folders are made
      as needed. The same files always give the same archive.

      EXAMPLES
        faultline initrd --output initrd.cpio init=my-init bin/busybox=busybox \\
          --link bin/sh=busybox --folder proc --folder sys
      """)

  @Option(name: .shortAndLong, help: "The archive to write.")
  var output: String
  @Option(help: ArgumentHelp("A symbolic link.", valueName: "GUEST=TARGET"))
  var link: [String] = []
  @Option(help: ArgumentHelp("An empty folder.", valueName: "GUEST"))
  var folder: [String] = []
  @Argument(help: ArgumentHelp("Files, each executable.", valueName: "GUEST=HOST"))
  var files: [String] = []

  func run() throws {
    var archive = CpioArchive()
    for path in folder { archive.add(folder: path) }
    // The kernel opens it before /init can make it (linux/init/main.c, console_on_rootfs).
    archive.add(characterDevice: "dev/console", major: 5, minor: 1)
    for entry in files {
      let (guest, host) = try split(entry, "GUEST=HOST")
      archive.add(file: guest, try HostFile.read(host, as: "file"))
    }
    for entry in link {
      let (guest, target) = try split(entry, "GUEST=TARGET")
      archive.add(link: guest, to: target)
    }
    try HostFile.write(output, archive.bytes)
  }

  private func split(_ entry: String, _ form: String) throws -> (String, String) {
    let parts = entry.split(separator: "=", maxSplits: 1).map(String.init)
    guard parts.count == 2 else { throw ValidationError("'\(entry)' is not \(form).") }
    let guest = parts[0].hasPrefix("/") ? String(parts[0].dropFirst()) : parts[0]
    return (guest, parts[1])
  }
}
