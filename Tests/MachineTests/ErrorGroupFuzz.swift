// Whatever software reads and writes in the groups of the shared nodes, of any width and at any time: nothing traps, two
// machines agree, every bit that FR and PFGF do not promise stays 0, reading changes nothing, and each interrupt is what
// record, controls and IRQEN say.

import Arm
import Platform
import Support
import Testing

@testable import Machine

@Suite struct ErrorGroupFuzz {
  /// Two machines that are to agree, and what was read of each.
  private struct Twins {
    let boards: [Board]

    init() throws {
      boards = try (0..<2).map { _ in try Board(coreCount: 2, ramSize: 64 << 20) }
    }

    /// Makes one random access; what is wrong after it.
    func disturb(_ random: inout SeededRandom) throws -> String? {
      let record = ErrorNode.memory + random.below(3)
      guard let node = SharedErrorNode.node(of: record) else { return "no node" }
      let size = [1, 2, 4, 4, 8, 8][Int(random.below(6))]
      let registers: [UInt64] = [
        0, 8, 0x10, 0x18, 0x20, 0x28, 0x30, 0x38, 0x800, 0x808, 0x810, 0xE00, 0xE80, 0xE88, 0xE98,
        0xEA8, 0xEF8, 0xFC8,
      ]
      let any = random.below(0x1000)
      let chosen = registers[Int(random.below(UInt64(registers.count)))] + (random.next() & 7)
      let offset = (random.below(8) == 0 ? any : chosen) & ~UInt64(size - 1)
      let address = PhysicalAddress(node.base + offset)
      let value = random.next() ^ random.next() << 24
      let isWrite = random.below(3) > 0
      let runs = random.below(16) == 0
      var seen: [UInt64] = []
      for board in boards {
        if isWrite {
          try board.bus.write(address, size: size, value, secure)
        } else {
          let before = board.ras.state
          seen.append(try board.bus.read(address, size: size, secure))
          if board.ras.state != before { return "reading changed something" }
        }
        if runs { _ = board.run(instructions: 2000) }
      }
      if Set(seen).count > 1 { return "the twins differ" }
      if let value = seen.first, size < 8, value >> UInt64(8 * size) != 0 {
        return "more than \(size) bytes"
      }
      return complaint(record, node)
    }

    /// What is wrong with a node.
    func complaint(_ record: UInt64, _ node: SharedErrorNode) -> String? {
      let (ras, gic) = (boards[0].ras, boards[0].bus.gic)
      let row = ErrorNodeRow.machine[Int(record)]
      func read(_ register: ErrorRecordRegister) -> UInt64 {
        ras.read(register, record: record, core: 0)
      }
      let control = ErrorControl(rawValue: read(.control))
      if control.rawValue & ~row.feature.controls != 0 { return "CTLR \(control.rawValue)" }
      if read(.injectionControl) & ~row.injectionControls != 0 { return "PFGCTL" }
      if read(.injectionCountdown) >> 32 != 0 { return "PFGCDN" }
      if read(.feature) != row.feature.rawValue || read(.injectionFeature) != row.injection.rawValue
      {
        return "a read-only register"
      }
      if read(.misc1) != 0 || read(.misc2) != 0 { return "MISC1 or MISC2" }
      for (interrupt, number) in row.interrupts {
        let level = gic.live.shared[Int(number / 32) - 1].pending >> (number % 32) & 1 != 0
        let isEnabled = ras[record].enabledInterrupts & interrupt.bit != 0
        if level != (isEnabled && row.isAsserted(interrupt, control, ras[record].record)) {
          return "the level of \(interrupt)"
        }
      }
      return nil
    }
  }

  @Test func theGroupsBearAnyAccess() throws {
    let fuzzer = Fuzzer.errorGroups
    var random = SeededRandom(seed: fuzzer.seed)
    let twins = try Twins()
    for run in 1...max(1, fuzzer.runs) {
      if let complaint = try twins.disturb(&random) {
        Issue.record("run \(run), seed \(fuzzer.seed): \(complaint)")
        return
      }
      fuzzer.tell(run)
    }
    #expect(twins.boards[0].hash() == twins.boards[1].hash())
  }

  /// A register with a bit too many would be found.
  @Test func canaryABitThatNobodyPromisedIsFound() throws {
    var random = SeededRandom(seed: Fuzzer.errorGroups.fixedSeed)
    let twins = try Twins()
    for _ in 0..<Fuzzer.errorGroups.shortRuns {
      for board in twins.boards {
        board.ras[ErrorNode.interconnect].control.rawValue |= random.next() & ErrorControl.ue.mask
      }
      if try twins.disturb(&random) != nil { return }
    }
    Issue.record("not found")
  }
}
