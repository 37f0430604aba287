// `faultline tables`: the ACPI tables that the firmware leaves for a kernel, read out of the machine's
// memory after the firmware has run.

import ArgumentParser
import Decode
import Scenario

/// Shows the firmware's tables.
struct Tables: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show the ACPI tables that the firmware leaves for a kernel.",
    discussion: """
      Boots the machine until the firmware has entered a kernel (one that only waits), and reads the
      tables as an operating system finds them: RSDP, XSDT, and what they lead to. With --out each table
      becomes a file named after its signature: .aml, which iasl disassembles.

      EXAMPLES
        faultline tables
        faultline tables --out acpi && iasl -d acpi/*.aml
        faultline tables --cpus 4 --serror sei --out acpi && faultline decode hest acpi/hest.aml
        faultline tables --aborts direct --out acpi && faultline decode aest acpi/aest.aml

      EXIT STATUS
        0   the tables are there
        1   the firmware has left none
        others as `faultline --help` says
      """)

  @Option(help: ArgumentHelp("Write the tables into a folder.", valueName: "folder"))
  var out: String?
  @Option(help: "Memory: \(Scenario.MachineDescription.acceptedMemory).")
  var memory = Size(1 << 30)
  @Option(help: "Cores: 1 to 8.")
  var cpus = 1
  @Option(help: "EL3 firmware (default: that of `make images`).")
  var firmware: String?
  @Option(help: "How the firmware tells of SErrors: event, or sei.")
  var serror = Scenario.SErrorNotification.event
  @Option(help: "Where aborts and SErrors go: el3 (there is a HEST), or direct (an AEST).")
  var aborts = Scenario.AbortRouting.el3
  @Option(
    help: "How the firmware tells of errors that no core took: gpio, gsiv, polled or sdei.")
  var events = Scenario.EventNotification.gpio

  /// How many instructions the firmware gets: ours needs a few millions.
  static let limit: UInt64 = 2_000_000_000

  func validate() throws { try MachineOptions.check(memory: memory.bytes, cores: cpus) }

  func run() throws {
    let loader = try HostFile.firmware(firmware)
    let target = try MachineOptions.machine {
      try BoardTarget(
        cores: cpus, memory: memory.bytes, firmware: loader,
        kernel: FirmwareTables.waitingKernel, initrd: nil, commandLine: "", serror: serror,
        aborts: aborts, events: events)
    }
    guard let tables = Tables.boot(target)?.tables else {
      throw failure(
        .targetFailed,
        "the firmware has left no ACPI tables after \(target.instructions) instructions")
    }
    if let out { try HostFile.makeFolder(out) }
    var seen: [String: Int] = [:]
    var text = ""
    for table in tables {
      let count = seen[table.signature, default: 0]
      seen[table.signature] = count + 1
      let name =
        table.signature.lowercased() + (count > 0 ? "\(count + 1)" : "")
        + (table.signature == "RSDP" ? ".dat" : ".aml")
      text +=
        "\(table.signature)  \(table.address.hex(10))  "
        + "\(table.bytes.count) bytes" + (out == nil ? "\n" : "  \(name)\n")
      if let out { try HostFile.write(out + "/" + name, table.bytes) }
    }
    try StandardOutput.write(Array(text.utf8))
  }

  /// Runs until the firmware has entered the kernel, and reads what it left.
  static func boot(_ target: BoardTarget) -> FirmwareTables? {
    while target.instructions < limit {
      let stop = target.run(instructions: 1_000_000)
      _ = target.takeEvents()
      if target.context(core: 0) != nil { return FirmwareTables(target) }
      switch stop {
      case .powerOff, .reset, .idle, .unmodelled: return FirmwareTables(target)
      case .budget, .event, .triggers, .waiting: continue
      }
    }
    return FirmwareTables(target)
  }
}
