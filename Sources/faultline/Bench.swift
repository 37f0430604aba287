// `faultline bench`: speed and size, side by side with QEMU in the same run, because hosts differ
// and a number alone says little. Benchmarks/README.md says how each is measured.

import ArgumentParser
import Foundation
import Scenario

/// Measures.
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure speed and size, side by side with QEMU.",
    discussion: """
      EXAMPLES
        faultline bench
        faultline bench --json .build/bench.json

      EXIT STATUS
        0 every goal is met; 1 one is missed; others as `faultline --help` says.
      """)

  @Option(help: "Linux Image.")
  var kernel: String?
  @Option(help: "First root file system.")
  var initrd: String?
  @Option(help: "EL3 firmware.")
  var firmware: String?
  @Option(help: ArgumentHelp("The scenario whose EL3 path is counted.", valueName: "file"))
  var scenario = "Scenarios/linux-process-reads-poison.yaml"
  @Option(help: ArgumentHelp("Write the table as JSON.", valueName: "file"))
  var json: String?

  func run() throws {
    var table = BenchTable()
    let firmwareBytes = try HostFile.firmware(firmware)
    let kernelBytes = try HostFile.kernel(kernel)
    let initrdBytes = try HostFile.initrd(initrd)

    note("hot loop")
    let loop = try HotLoop.rate(poisoned: false)
    let besidePoison = try HotLoop.rate(poisoned: true)
    table.add("hot loop", loop, "MIPS", goal: .atLeast(500))
    table.add("hot loop beside a poisoned page", besidePoison, "MIPS", goal: .none)
    table.add(
      "cost of poison elsewhere", max(0, (loop / besidePoison - 1) * 100), "%", goal: .atMost(5))

    note("Debian to /init, on Faultline")
    let boot = try BootBench(firmwareBytes, kernelBytes, initrdBytes)
    note("Debian to /init, on QEMU -singlestep")
    let stepped = qemu(singlestep: true)
    note("Debian to /init, on QEMU")
    let translated = qemu(singlestep: false)
    table.add(
      "Debian kernel to /init", boot.seconds, "s", qemu: stepped,
      goal: stepped.map { .atMost($0) } ?? .none)
    table.add("the same, QEMU with translation", nil, "s", qemu: translated, goal: .none)
    table.add("instructions of it", Double(boot.instructions), "", goal: .none)
    table.add("rate of it", boot.rate, "MIPS", goal: .atLeast(120))
    table.add("resident memory after it", boot.resident, "MiB", goal: .none)
    table.add("save the booted machine", boot.saveMilliseconds, "ms", goal: .none)
    table.add("restore the booted machine", boot.restoreMilliseconds, "ms", goal: .atMost(20))
    table.add("firmware.bin", Double(firmwareBytes.count) / 1024, "KiB", goal: .atMost(128))

    note("EL3 error path")
    table.add(
      "EL3, from abort to forged entry", try errorPath(firmwareBytes, kernelBytes, initrdBytes),
      "instructions", goal: .none)

    print(table.text)
    if let json { try HostFile.write(json, Array((table.json.text() + "\n").utf8)) }
    if !table.missed.isEmpty {
      throw failure(.targetFailed, "missed: " + table.missed.joined(separator: ", "))
    }
  }

  private func note(_ what: String) {
    FileHandle.standardError.write(Data("bench: \(what)\n".utf8))
  }

  /// Seconds until the line appears, or nil without QEMU.
  private func qemu(singlestep: Bool) -> Double? {
    QEMUBoot(
      firmware: firmware ?? HostFile.find(".build/images/firmware.bin"),
      kernel: kernel ?? HostFile.find(".cache/linux/cloud/vmlinuz"),
      initrd: initrd ?? HostFile.find(".build/images/initrd.cpio"), singlestep: singlestep
    ).secondsToInit()
  }

  /// Instructions between the abort's arrival at EL3 and EL3's return.
  private func errorPath(
    _ firmware: [UInt8], _ kernel: [UInt8], _ initrd: [UInt8]
  ) throws -> Double? {
    let text = String(decoding: try HostFile.read(scenario, as: "scenario"), as: UTF8.self)
    let parsed = try Scenario(yaml: text, file: scenario)
    let target = try BoardTarget(
      cores: parsed.machine.cores, memory: parsed.machine.memory, firmware: firmware,
      kernel: kernel, initrd: Run.withScript(parsed.boot.script, initrd),
      commandLine: parsed.boot.append)
    let report = try Experiment(parsed, on: target).run()
    guard let taken = report.timeline.first(where: { $0.name == .takenToEL3 }),
      let forged = report.timeline.first(where: {
        $0.name == .exceptionForged && $0.instructions >= taken.instructions
      })
    else { return nil }
    return Double(forged.instructions - taken.instructions)
  }
}

/// A loop of ten instructions, run at EL3 from flash without any other software.
enum HotLoop {
  /// Turns the MMU on with the tables below, then loads, computes and stores in RAM for ever.
  static let code: [UInt32] = [
    0xD282_0000,  // mov x0, #4096
    0xD51E_2000,  // msr TTBR0_EL3, x0
    0xD280_1FE0,  // mov x0, #255
    0xD51E_A200,  // msr MAIR_EL3, x0
    0xD286_A400,  // mov x0, #13600
    0xF2B0_1040,  // movk x0, #32898, lsl #16
    0xD51E_2040,  // msr TCR_EL3, x0
    0xD503_3FDF,  // isb
    0xD53E_1000,  // mrs x0, SCTLR_EL3
    0xB240_0000,  // orr x0, x0, #0x1
    0xB27E_0000,  // orr x0, x0, #0x4
    0xB274_0000,  // orr x0, x0, #0x1000
    0xD51E_1000,  // msr SCTLR_EL3, x0
    0xD503_3FDF,  // isb
    0xD2A8_0200,  // mov x0, #1074790400
    0xD280_0001,  // mov x1, #0
    0xF940_0002,  // ldr x2, [x0]
    0x8B01_0042,  // add x2, x2, x1
    0xCA02_0063,  // eor x3, x3, x2
    0xF900_0402,  // str x2, [x0, #8]
    0x9100_0421,  // add x1, x1, #1
    0xD343_FC64,  // lsr x4, x3, #3
    0x8A04_0045,  // and x5, x2, x4
    0xAA05_0063,  // orr x3, x3, x5
    0xF100_003F,  // cmp x1, #0
    0x54FF_FEE1,  // b.ne, back to the load
  ]
  /// Level 1 of 4 KiB pages, T0SZ 32: flash and devices, and RAM, flat, Normal and writable. At 0x1000.
  static let table: [UInt64] = [0x701, 0x4000_0701, 0, 0]

  /// The flash's contents.
  static var image: [UInt8] {
    func bytes<Word: FixedWidthInteger>(_ words: [Word]) -> [UInt8] {
      words.flatMap { word in
        (0..<Word.bitWidth / 8).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) }
      }
    }
    let start = bytes(code)
    return start + [UInt8](repeating: 0, count: 0x1000 - start.count) + bytes(table)
  }

  /// Millions of instructions per second, the best of three runs.
  static func rate(poisoned: Bool) throws -> Double {
    var best = 0.0
    for _ in 0..<3 {
      let target = try BoardTarget(
        cores: 1, memory: 128 << 20, firmware: image, kernel: nil, initrd: nil, commandLine: "")
      if poisoned { _ = target.plantPoison(physical: 0x4020_0000, .init()) }
      let count: UInt64 = 300_000_000
      _ = target.run(instructions: 10_000_000)
      let clock = ContinuousClock()
      let start = clock.now
      guard target.run(instructions: count) == .budget, target.takeEvents().allSatisfy(\.isPlanting)
      else { throw failure(.unmodelled, "the hot loop did not run as it should") }
      best = max(best, Double(count) / ((clock.now - start) / .seconds(1)) / 1e6)
    }
    return best
  }
}

extension TargetEvent {
  /// Whether nothing but the experiment itself is told.
  fileprivate var isPlanting: Bool {
    if case .poisonPlanted = kind { return true }
    return false
  }
}

/// Debian's kernel from reset to /init, and saving and restoring what is there then.
struct BootBench {
  var seconds = 0.0
  var instructions: UInt64 = 0
  var resident = 0.0
  var saveMilliseconds = 0.0
  var restoreMilliseconds = 0.0
  var rate: Double { Double(instructions) / seconds / 1e6 }

  init(_ firmware: [UInt8], _ kernel: [UInt8], _ initrd: [UInt8]) throws {
    let target = try BoardTarget(
      cores: 1, memory: 512 << 20, firmware: firmware, kernel: kernel, initrd: initrd,
      commandLine: QEMUBoot.commandLine)
    let clock = ContinuousClock()
    var start = clock.now
    var log = ConsoleLog()
    let limit: UInt64 = 20_000_000_000
    search: while target.instructions < limit {
      let stop = target.run(instructions: 1_000_000)
      for line in log.append(target.takeConsole(), at: target.instructions)
      where line.text.contains("Run /init") { break search }
      if stop != .budget && stop != .event {
        throw failure(.targetFailed, "the kernel did not reach /init: \(stop)")
      }
    }
    seconds = (clock.now - start) / .seconds(1)
    instructions = target.instructions
    resident = Double(HostMemoryUse.peakKibibytes) / 1024
    start = clock.now
    let saved = try target.save()
    saveMilliseconds = (clock.now - start) / .milliseconds(1)
    restoreMilliseconds = .infinity
    for _ in 0..<3 {
      _ = target.run(instructions: 50_000_000)
      start = clock.now
      target.restore(saved)
      restoreMilliseconds = min(restoreMilliseconds, (clock.now - start) / .milliseconds(1))
    }
  }
}
