// Guests on our hypervisor and on Debian's KVM, the same VMM and machine: what an exit costs, what an
// error costs, and Debian as a guest. Instructions, on one core.

import Arm
import Foundation
import Machine
import Scenario

/// One host, and what is measured on it.
struct GuestHost {
  static let cores = 1
  /// Exits that are averaged over.
  static let exits = 10_000
  /// How finely a console line is found: an error of less than a hundredth.
  private static let slice: UInt64 = 20_000

  let firmware: [UInt8]
  let kernel: [UInt8]

  /// Our hypervisor, or Linux.
  init(_ files: Files, isOurs: Bool) throws {
    firmware = try Files.read(files.firmware)
    kernel = try Files.read(isOurs ? ".build/images/hypervisor.bin" : files.kernel)
  }

  private func initrd(_ path: String, script: String) throws -> [UInt8] {
    var archive = CpioArchive()
    archive.add(file: "script", Array(script.utf8))
    return CpioArchive.joined(try Files.read(path), archive.bytes)
  }

  /// The instructions after which each of some texts was on the console, in that order.
  private func instructions(
    until texts: [String], initrd: [UInt8], ramMiB: UInt64 = 1024
  ) throws -> [UInt64] {
    let board = try Board(
      BoardConfiguration(
        coreCount: GuestHost.cores, ramSize: ramMiB << 20, firmware: firmware, kernel: kernel,
        initrd: initrd, commandLine: "console=ttyAMA0 quiet"))
    var tail: [UInt8] = []
    var found: [UInt64] = []
    var reason = StopReason.budget
    while found.count < texts.count, reason == .budget, board.instructions < 20_000_000_000 {
      reason = board.run(instructions: GuestHost.slice)
      tail += board.takeConsoleOutput()
      while found.count < texts.count,
        let range = tail.firstRange(of: Array(texts[found.count].utf8))
      {
        found.append(board.instructions)
        tail.removeSubrange(..<range.upperBound)
      }
      tail = Array(tail.suffix(256))
    }
    guard found.count == texts.count else {
      throw BenchmarkFailure("a host did not say '\(texts[found.count])': \(reason)")
    }
    return found
  }

  /// A hypercall of a guest and back; a load from a device of the VMM and back.
  func exits() throws -> (call: Double, device: Double) {
    let script =
      "run vmm --kernel /guest.bin --memory 64M --append \"test=calls times=\(GuestHost.exits)\""
    let times = try instructions(
      until: ["calls begin", "calls end", "reads begin", "reads end"],
      initrd: try initrd(".build/images/host.cpio", script: script))
    let count = Double(GuestHost.exits)
    return (Double(times[1] - times[0]) / count, Double(times[3] - times[2]) / count)
  }

  /// From the vector at EL2 to the VMM's word that it has a SIGBUS, and that the guest has its abort.
  func errorPath() throws -> (signal: Double, guest: Double)? {
    let path = "Scenarios/guest-process-reads-poison.yaml"
    let scenario = try Scenario(
      yaml: String(decoding: try Files.read(path), as: UTF8.self), file: path)
    let target = try BoardTarget(
      cores: GuestHost.cores, memory: scenario.machine.memory, firmware: firmware, kernel: kernel,
      initrd: try initrd(".build/images/host.cpio", script: scenario.boot.script ?? ""),
      commandLine: scenario.boot.append)
    let report = try Experiment(scenario, on: target).run()
    func first(_ name: TimelineEvent.Name) -> UInt64? {
      report.timeline.first { $0.name == name }?.instructions
    }
    guard let forged = first(.exceptionForged), let found = first(.guestErrorFound),
      let injected = first(.guestExceptionInjected)
    else { return nil }
    return (Double(found - forged), Double(injected - forged))
  }

  /// Debian as a guest, from reset of the machine to its /init.
  func debianGuest() throws -> Double {
    let script = """
      run vmm --name a --kernel /guest/vmlinuz --initrd /guest/initrd.cpio --memory 512M --append quiet
      """
    let times = try instructions(
      until: ["a| init: Linux"],
      initrd: try initrd(".build/images/host-debian.cpio", script: script), ramMiB: 2048)
    return Double(times[0])
  }

  /// Adds the rows of both hosts.
  static func measure(
    _ files: Files, _ table: inout MeasurementTable, note: (String) -> Void
  ) throws {
    let ours = try GuestHost(files, isOurs: true)
    let linux = try GuestHost(files, isOurs: false)
    func rows(_ name: String, _ mine: Double?, _ theirs: Double?, share: Double) {
      table.add(
        name, "instructions", mine, goal: theirs.map { .atMost($0 * share) } ?? .none)
      table.add("  on Linux/KVM", "instructions", theirs)
    }
    note("exits of guests, on both hosts")
    let (mine, theirs) = (try ours.exits(), try linux.exits())
    rows("guest: hypercall and back", mine.call, theirs.call, share: 1)
    rows("guest: device load, by the VMM", mine.device, theirs.device, share: 1)
    note("an error of a guest, on both hosts")
    let (ourPath, theirPath) = (try ours.errorPath(), try linux.errorPath())
    rows("guest: abort at EL2 to SIGBUS", ourPath?.signal, theirPath?.signal, share: 0.5)
    rows("guest: abort at EL2 to its own", ourPath?.guest, theirPath?.guest, share: 0.5)
    note("Debian as a guest, on both hosts")
    rows(
      "Debian as a guest, reset to /init", try ours.debianGuest(), try linux.debianGuest(), share: 1
    )
    table.add(
      "hypervisor.bin", "KiB", Double(ours.kernel.count) / 1024, goal: .atMost(256))
    table.add(
      "vmm", "KiB", Double(try Files.read(".build/images/vmm").count) / 1024, goal: .atMost(256))
  }
}
