// How many instructions EL3 spends on an error, from the abort's arrival to the forged exception's
// first instruction, counted in a scenario's timeline.

import Foundation
import Scenario

/// The error path of the firmware.
enum ErrorPath {
  /// Instructions of the first error of a scenario; the count stops at the target's first
  /// instruction.
  static func instructions(scenario path: String, _ boot: DebianBoot) throws -> Double? {
    let text = String(decoding: try Files.read(path), as: UTF8.self)
    let scenario = try Scenario(yaml: text, file: path)
    var initrd = boot.initrd
    if let script = scenario.boot.script {
      var archive = CpioArchive()
      archive.add(file: "script", Array(script.utf8))
      initrd = CpioArchive.joined(initrd, archive.bytes)
    }
    // One core: the others would be counted too.
    let target = try BoardTarget(
      cores: 1, memory: scenario.machine.memory, firmware: boot.firmware, kernel: boot.kernel,
      initrd: initrd, commandLine: scenario.boot.append)
    let report = try Experiment(scenario, on: target).run()
    guard let taken = report.timeline.first(where: { $0.name == .takenToEL3 }),
      let forged = report.timeline.first(where: {
        $0.name == .exceptionForged && $0.instructions >= taken.instructions
      })
    else { return nil }
    return Double(forged.instructions - taken.instructions)
  }
}
