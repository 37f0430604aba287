// Errors on two cores. The cores share the memory node and its one record: what each of them is told
// must hold for every overlap of their ways through EL3.

import APEI
import Arm
import Platform
import Testing

@testable import Machine

@Suite struct ForgedCores {
  typealias World = ExternalAbortWorld

  /// Boots, and starts the second core with PSCI's CPU_ON: both in WFI at EL2.
  static func start() throws -> (ForgedWorld, Board.Snapshot) {
    let forged = try ForgedWorld()
    var setting = ForgedReports.guest
    setting.level = 2
    setting.mode = .flat
    // SMC #0; WFI.
    forged.world.prepare(setting, code: [0xD400_0003, 0xD503_207F], x1: 1)
    World.put(forged.board, World.data + 0x800, [0xD503_207F])
    let state = forged.world.core.state
    state[x: 0] = 0xC400_0003
    state[x: 2] = World.data + 0x800
    state[x: 3] = 0
    #expect(forged.board.run(instructions: 1_000_000) == .idle)
    #expect(state[x: 0] == 0, "CPU_ON")
    #expect(forged.board.cores[1].state.el == 2)
    return (forged, try forged.board.snapshot())
  }

  /// A loop of X5 turns, then a load from X1.
  static let delayedLoad: [UInt32] = [0xF100_04A5, 0x54FF_FFE1, 0xF940_0020]

  @Test func errorsOnTwoCoresAreBothForgedAndBothReportedWhateverTheirOverlap() throws {
    let (forged, both) = try Self.start()
    let firmware = forged.board.cores[1].state[.scrEL3]
    var overlaps = 0
    // A core's slice is 8192 instructions, the way through EL3 most of that.
    for delay in stride(from: 1 as UInt64, to: 9000, by: 250) {
      for second in [1, 2000, 4000, 4090] as [UInt64] {
        forged.board.restore(both)
        World.put(forged.board, World.code, Self.delayedLoad)
        for (index, core) in forged.board.cores.enumerated() {
          forged.world.prepare(
            core, ForgedReports.guest, x1: ForgedReports.address(index + 1))
          core.state[.scrEL3] = firmware
          core.state[x: 5] = index == 0 ? delay : second
          forged.board.bus.plantPoison(PhysicalAddress(ForgedReports.line(index + 1)))
        }
        let reason = forged.board.run(instructions: 400_000)
        let text = "delays \(delay) and \(second)"
        #expect(reason == .idle, "\(text)")
        var isOverlap = false
        for (index, core) in forged.board.cores.enumerated() {
          let state = core.state
          #expect(
            state.el == 1 && state[.esrEL1] == 0x25 << 26 | 1 << 25 | 0x10
              && state[.farEL1] == ForgedReports.address(index + 1),
            "core \(index) was not told: \(text)")
          let record = forged.record(index)
          #expect(
            record?.findings.isEmpty == true && record?.severity == .recoverable,
            "core \(index): \(String(describing: record)): \(text)")
          #expect(
            record?.addresses.contains(ForgedReports.line(index + 1)) == true,
            "core \(index): \(record?.addresses ?? []): \(text)")
          if record?.hasOverflowed == true { isOverlap = true }
        }
        if isOverlap { overlaps += 1 }
        let nodes = forged.board.ras
        #expect(nodes[ErrorNode.memory].record.status.rawValue == 0, "\(text)")
      }
    }
    print("errors on two cores: \(overlaps) overlaps")
  }
}
