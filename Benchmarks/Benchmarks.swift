// `make bench`: speed and size, side by side with QEMU in the same run, because hosts differ and a
// number alone says little. README.md says how each is measured.

import ArgumentParser
import Foundation
import Machine
import Scenario

/// Measures.
@main struct Benchmarks: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "Benchmarks",
    abstract: "Measure speed and size, side by side with QEMU.",
    discussion: "A goal that is missed is said to be; the exit status is 0 all the same.")

  @Option(help: "Write the table as JSON.")
  var json: String?
  @Option(help: "A Linux Image other than Debian's cloud kernel.")
  var kernel: String?
  @Option(help: "The scenario whose EL3 path is counted.")
  var scenario = "Scenarios/linux-process-reads-poison.yaml"

  @Flag(help: "Measure only guests, on our hypervisor and on Linux/KVM.")
  var guests = false

  @Flag(help: "Measure only campaigns.")
  var campaigns = false

  @Flag(help: "Measure only the decoders.")
  var records = false

  @Flag(help: "Measure only the engines: Debian's boot and the hot loops.")
  var engines = false

  @Flag(help: "Measure only what corrected errors cost.")
  var errors = false

  func run() throws {
    if campaigns { return print(try measureCampaigns().text) }
    if records { return print(try measureRecords().text) }
    var files = Files()
    if let kernel { files.kernel = kernel }
    let boot = try DebianBoot(files)
    if guests { return print(try measureGuests(boot).text) }
    if errors {
      var table = MeasurementTable.besideQEMU
      try measureErrors(boot, &table)
      return print(table.text)
    }
    let qemu = QEMURun.version
    if qemu == nil { note("no qemu-system-aarch64 here: its columns stay empty") }
    var table = MeasurementTable.besideQEMU
    try measureBoot(boot, files, hasQEMU: qemu != nil, &table)
    try measureOtherBoots(files, hasQEMU: qemu != nil, &table)
    try measureShell(files, hasQEMU: qemu != nil, &table)
    try measureMemory(files, &table)
    try measureLoops(hasQEMU: qemu != nil, &table)
    if engines { return print(table.text) }
    note("EL3's error path")
    table.add(
      "EL3, from abort to forged entry", "instructions",
      try ErrorPath.instructions(scenario: scenario, boot))
    try measureErrors(boot, &table)
    table.add("firmware.bin", "KiB", Double(boot.firmware.count) / 1024, goal: .atMost(192))
    let guestTable = try measureGuests(boot)
    let recordTable = try measureRecords()
    let campaignTable = try measureCampaigns()
    print(table.text)
    print()
    print(guestTable.text)
    print()
    print(recordTable.text)
    print()
    print(campaignTable.text)
    if let json {
      let report = JSONValue.object([
        ("host", .string("\(ProcessInfo.processInfo.activeProcessorCount) processors")),
        ("qemu", qemu.map(JSONValue.string) ?? .null), ("measurements", table.json),
        ("guests", guestTable.json), ("records", recordTable.json),
        ("campaigns", campaignTable.json),
      ])
      try Files.write(json, Array((report.text() + "\n").utf8))
    }
  }

  /// What corrected errors cost, by either notification.
  private func measureErrors(_ boot: DebianBoot, _ table: inout MeasurementTable) throws {
    note("a storm of corrected errors")
    let corrected = try CorrectedErrors(boot)
    table.add(
      "EL3, from FHI to published record", "instructions", corrected.instructionsToRecord())
    table.add("EL3, from FHI to return", "instructions", corrected.instructionsOfOne())
    table.add(
      "left by EL3 in a storm, 10 M/s", "%", corrected.shareLeftByStorm().map { $0 * 100 },
      goal: .atLeast(90))
    note("the same by SDEI")
    let delegated = try CorrectedErrors(boot, events: .sdei)
    let cost = delegated.instructionsOfDelegation()
    table.add("EL3, from FHI to SDEI handler", "instructions", cost?.firmware)
    table.add("SDEI handler, to COMPLETE", "instructions", cost?.handler)
    table.add(
      "left by EL3 in a storm by SDEI, 10 M/s", "%", delegated.shareLeftByStorm().map { $0 * 100 },
      goal: .atLeast(90))
  }

  /// Injections a second into the guest chain.
  private func measureCampaigns() throws -> MeasurementTable {
    note("a campaign on the guest chain")
    var table = MeasurementTable.besideQEMULoop
    let campaign = try CampaignRate()
    let unpruned = try campaign.unprunedRate(seconds: 10)
    note("the same on QEMU")
    let qemu = QEMURun.version == nil ? nil : try campaign.qemu().rate(seconds: 10)
    note("with one worker and with two")
    let one = try campaign.rate(workers: 1, seconds: 20)
    let two = try campaign.rate(workers: 2, seconds: 20)
    let answered = one * campaign.pruning
    table.add("injections into any line", "1/s", unpruned, beside: [qemu])
    table.add(
      "over QEMU's", "ratio", qemu.map { unpruned / $0 }, beside: [nil], goal: .atLeast(10))
    table.add("injections into lines that are met", "1/s", one, beside: [nil])
    table.add("lines of memory answered", "1/s", answered, beside: [qemu])
    table.add(
      "over QEMU's", "ratio", qemu.map { answered / $0 }, beside: [nil], goal: .atLeast(1000))
    table.add("two workers over one", "ratio", two / one, beside: [nil], goal: .atLeast(1.8))
    return table
  }

  /// CPER records to JSON.
  private func measureRecords() throws -> MeasurementTable {
    note("CPER records; \(RecordDecoding.published)")
    var table = MeasurementTable.alone
    for (name, file) in RecordDecoding.samples {
      table.add(
        "CPER records to JSON: \(name)", "records/s", try RecordDecoding.rate(file), beside: [],
        goal: .atLeast(100_000))
    }
    return table
  }

  func note(_ what: String) {
    FileHandle.standardError.write(Data("bench: \(what)\n".utf8))
  }

  private func measureBoot(
    _ boot: DebianBoot, _ files: Files, hasQEMU: Bool, _ table: inout MeasurementTable
  ) throws {
    note("a machine of 4 GiB starts")
    let start = try HostCost.of {
      _ = try boot.board(cores: 4, ramMiB: 4096).run(instructions: 1000)
    }
    note("Debian to /init")
    var interpreted = try boot.run(engine: .interpreter)
    var clean = try boot.run()
    if clean.hash != interpreted.hash { throw BenchmarkFailure("two engines differ") }
    let line = try boot.untouchedLine(clean.board)
    var poisoned = try boot.run(poison: line)
    // Taking turns: the host's mood changes.
    for _ in 0..<2 {
      let again = try boot.run()
      if again.hash != clean.hash { throw BenchmarkFailure("two equal runs differ") }
      if again.cost.processor < clean.cost.processor { clean = again }
      let slow = try boot.run(engine: .interpreter)
      if slow.hash != clean.hash { throw BenchmarkFailure("two engines differ") }
      if slow.cost.processor < interpreted.cost.processor { interpreted = slow }
      let other = try boot.run(poison: line)
      if other.cost.processor < poisoned.cost.processor { poisoned = other }
    }
    if poisoned.board.instructions != clean.board.instructions {
      throw BenchmarkFailure("poison that nobody reads changed the run")
    }
    var stepped: HostCost?
    var translated: HostCost?
    if hasQEMU {
      let arguments = [
        "-bios", files.firmware, "-kernel", files.kernel, "-initrd", files.initrd, "-append",
        DebianBoot.commandLine,
      ]
      note("Debian to /init, on QEMU -singlestep")
      stepped = QEMURun(isStepped: true, arguments: arguments).cost(until: "Run /init")
      note("Debian to /init, on QEMU")
      translated = QEMURun(isStepped: false, arguments: arguments).cost(until: "Run /init")
    }
    let instructions = Double(clean.board.instructions)
    func rate(_ seconds: Double?) -> Double? { seconds.map { instructions / $0 / 1e6 } }
    table.add(
      "Debian to /init, wall time", "s", clean.cost.wall, stepped: stepped?.wall,
      translated: translated?.wall, goal: stepped.map { .atMost($0.wall) } ?? .none)
    table.add(
      "Debian to /init, processor time", "s", clean.cost.processor, stepped: stepped?.processor,
      translated: translated?.processor)
    table.add(
      "the same by the interpreter", "s", interpreted.cost.processor)
    table.add(
      "the translator's over QEMU's", "ratio",
      translated.map { clean.cost.processor / $0.processor }, goal: .atMost(0.6))
    table.add(
      "QEMU's wall time over ours", "", nil, stepped: stepped.map { $0.wall / clean.cost.wall },
      translated: translated.map { $0.wall / clean.cost.wall })
    table.add("instructions of it", "", instructions)
    table.add(
      "rate of it", "MIPS", rate(clean.cost.processor), stepped: rate(stepped?.processor),
      translated: rate(translated?.processor), goal: .atLeast(120))
    table.add(
      "the same with poison that nobody reads", "ratio",
      poisoned.cost.processor / clean.cost.processor, goal: .atMost(1.05))
    table.add("start of a machine of 4 GiB", "ms", start.wall * 1000)
    note("saving and restoring")
    let times = try DebianBoot.savingAndRestoring(clean.board)
    table.add("save, 50 M instructions after a save", "ms", times.save)
    table.add(
      "restore, 50 M instructions after the save", "ms", times.restore, goal: .atMost(20))
  }

  /// Guests on our hypervisor and on Linux/KVM, in instructions of the same machine.
  private func measureGuests(_ boot: DebianBoot) throws -> MeasurementTable {
    var table = MeasurementTable.besideLinux
    let ours = try GuestHost(.faultline, boot)
    let linux = try GuestHost(.linux, boot)
    note("guest exits")
    let (exits, theirExits) = (try ours.exits(), try linux.exits())
    table.add(
      "a call of the hypervisor and back", "instructions", exits.call, beside: [theirExits.call],
      goal: .atMost(theirExits.call))
    table.add(
      "a load from a device of the VMM and back", "instructions", exits.load,
      beside: [theirExits.load], goal: .atMost(theirExits.load))
    note("a guest's error")
    let (path, theirPath) = (try ours.errorPath(), try linux.errorPath())
    table.add(
      "SEA, from the abort to SIGBUS", "instructions", path.signal, beside: [theirPath.signal],
      goal: .atMost(theirPath.signal / 2))
    table.add(
      "SEA, from the abort to the guest's vector", "instructions", path.vector,
      beside: [theirPath.vector], goal: .atMost(theirPath.vector / 2))
    note("a Debian guest to /init")
    let (start, theirStart) = (try ours.debianToInit(), try linux.debianToInit())
    table.add(
      "Debian guest to /init", "instructions", start, beside: [theirStart])
    for (name, limit) in [("hypervisor.bin", 256.0), ("vmm", 256)] {
      table.add(
        name, "KiB", Double(try Files.read(".build/images/" + name).count) / 1024, beside: [nil],
        goal: .atMost(limit))
    }
    return table
  }

  private func measureLoops(hasQEMU: Bool, _ table: inout MeasurementTable) throws {
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("faultline-\(UUID().uuidString).bin").path
    defer { try? FileManager.default.removeItem(atPath: file) }
    for (index, loop) in HotLoop.all.enumerated() {
      note("hot loop: \(loop.name)")
      table.add(
        "hot loop: \(loop.name)", "MIPS", try loop.rate(.auto),
        stepped: hasQEMU ? try loop.rateOnQEMU(isStepped: true, file: file) : nil,
        translated: hasQEMU ? try loop.rateOnQEMU(isStepped: false, file: file) : nil,
        goal: index == 0 ? .atLeast(500) : .none)
      table.add("the same by the interpreter", "MIPS", try loop.rate(.interpreter))
    }
  }
}
