// What corrected errors cost: the instructions of EL3 for one, those of a delegated exception that tells of
// it, and what a storm of them leaves to Linux.

import APEI
import Arm
import Foundation
import Machine
import Scenario

/// Corrected errors under Debian's kernel, on one core.
struct CorrectedErrors {
  let target: BoardTarget
  /// A line in a page of a process that waits.
  let line: UInt64

  /// Boots until a process waits.
  init(_ boot: DebianBoot, events: Scenario.EventNotification = .gpio) throws {
    var archive = CpioArchive()
    archive.add(file: "script", Array("run reader --handle --wait 900000\n".utf8))
    target = try BoardTarget(
      cores: 1, memory: 1 << 30, firmware: boot.firmware, kernel: boot.kernel,
      initrd: CpioArchive.joined(boot.initrd, archive.bytes), commandLine: "console=ttyAMA0",
      events: events)
    var text = ""
    var found: UInt64?
    while found == nil, target.instructions < 5_000_000_000 {
      _ = target.run(instructions: 100_000)
      text += String(decoding: target.takeConsole(), as: UTF8.self)
      // CR and LF are one character to a regular expression.
      if let match = text.firstMatch(of: /reader: .* physical 0x([0-9a-f]+)\s/) {
        found = UInt64(match.1, radix: 16)
      }
    }
    guard let found else { throw CocoaError(.featureUnsupported) }
    line = found + 0x80
  }

  /// The memory node finds a line that it corrects, once.
  private func announce() -> Bool {
    _ = target.takeEvents()
    var poison = Poison(state: .corrected)
    poison.isTransient = true
    guard target.plantPoison(PhysicalAddress(line), poison) else { return false }
    target.announcePoison(PhysicalAddress(line))
    return true
  }

  /// Instructions until the core is at EL3, or is not.
  private func instructions(untilAtEL3 isThere: Bool) -> UInt64? {
    let start = target.instructions
    while target.instructions < start + 1_000_000 {
      if (target.board.cores[0].exceptionLevel == .el3) == isThere {
        return target.instructions - start
      }
      _ = target.run(instructions: 1)
    }
    return nil
  }

  /// Instructions from the interrupt of a corrected error to its published record: to the moment at which the
  /// status of a block is not 0 any more.
  func instructionsToRecord() -> Double? {
    guard let table = FirmwareTables(target)?.tables.first(where: { $0.signature == "HEST" }),
      let errors = try? HEST(table.bytes)
    else { return nil }
    let reader = ErrorSourceReader(TargetMemory(target: target))
    let sources = errors.genericSources.filter { reader.block(of: $0) != nil }
    guard !sources.isEmpty, announce() else { return nil }
    let start = target.instructions
    while target.instructions < start + 1_000_000 {
      let isPublished = sources.contains { source in
        if case .record = reader.contents(of: source) { true } else { false }
      }
      if isPublished {
        let count = target.instructions - start
        // Linux reads it before the next one comes.
        _ = target.run(instructions: 50_000_000)
        return Double(count)
      }
      _ = target.run(instructions: 1)
    }
    return nil
  }

  /// Instructions from the interrupt of a corrected error to the return from EL3, with its record
  /// published.
  func instructionsOfOne() -> Double? {
    guard announce(), instructions(untilAtEL3: true) != nil else { return nil }
    return instructions(untilAtEL3: false).map { Double($0) }
  }

  /// Instructions from the interrupt of a corrected error to the handler of its delegated exception,
  /// with its record published, and from there to the handler's completion.
  func instructionsOfDelegation() -> (firmware: Double, handler: Double)? {
    guard announce() else { return nil }
    let start = target.instructions
    var entered: UInt64?
    while target.instructions < start + 5_000_000 {
      _ = target.run(instructions: 1000)
      for event in target.takeEvents() {
        switch event.kind {
        case .delegated: entered = event.instructions
        case .delegationCompleted:
          guard let entered else { return nil }
          return (Double(entered - start), Double(event.instructions - entered))
        default: break
        }
      }
    }
    return nil
  }

  /// The part of all instructions that EL3 leaves while a line is read at the highest rate that a
  /// scenario can ask for.
  func shareLeftByStorm() -> Double? {
    guard target.plantPoison(PhysicalAddress(line), Poison(state: .corrected)) else { return nil }
    target.addTraffic(LinePattern(line: line), rate: 10_000_000, count: nil)
    var (samples, left) = (0.0, 0.0)
    let end = target.instructions + 300_000_000
    while target.instructions < end {
      // A number of instructions that no loop of the kernel's has.
      _ = target.run(instructions: 997)
      _ = target.takeEvents()
      samples += 1
      if target.board.cores[0].exceptionLevel != .el3 { left += 1 }
    }
    return left / samples
  }
}
