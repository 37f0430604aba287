// The end of a wait: a core in WFI goes on when a timer comes due, at whatever point of a round that is.

import Arm
import Platform
import Support
import Testing

@testable import Machine

@Suite struct WaitTests {
  /// A core at EL3 that waits again and again, and counts in X0; its physical timer is a Group 0 interrupt.
  private func bench(coreCount: Int, due count: UInt64) throws -> InterpreterBench {
    let bench = try InterpreterBench(coreCount: coreCount)
    let bus = bench.board.bus
    let access = BusAccess(core: 0, isSecure: true)
    let frame = MemoryMap.gicRedistributors + 0x1_0000
    // GICD_CTLR: all groups, affinity routing.
    try bus.write(PhysicalAddress(MemoryMap.gicDistributor), size: 4, 0x37, access)
    // GICR_WAKER: the core is awake.
    try bus.write(PhysicalAddress(MemoryMap.gicRedistributors + 0x14), size: 4, 0, access)
    // GICR_IGROUPR0, GICR_ISENABLER0.
    try bus.write(PhysicalAddress(frame + 0x80), size: 4, 0, access)
    try bus.write(PhysicalAddress(frame + 0x100), size: 4, 1 << 30, access)
    let timers = bench.board.timers
    timers.write(.cntpCVALEL0, core: 0, now: 0, count)
    timers.write(.cntpCTLEL0, core: 0, now: 0, 1)
    let write = A64.Row("MSR (register)")
    bench.place([
      // ICC_PMR_EL1 and ICC_IGRPEN0_EL1.
      write.word(["o": 8, "n": 4, "m": 6, "t": 1]),
      write.word(["o": 14, "n": 12, "m": 12, "t": 2]),
      A64.Row("HINT").word(["o": 3]), A64.addImmediate(0, 0, 1), A64.b(-8),
    ])
    bench.state[x: 1] = 0xFF
    bench.state[x: 2] = 1
    for core in bench.board.cores.dropFirst() { core.state.waiting = 1 }
    return bench
  }

  /// Around the end of a round, and at it: the timer's deadline is over then, and no core has looked.
  @Test(arguments: [1, 2], [1, 511, 512, 513, 1024, 5000] as [UInt64])
  func aTimerEndsItWheneverItComesDue(coreCount: Int, count: UInt64) throws {
    let bench = try bench(coreCount: coreCount, due: count)
    #expect(bench.board.run(instructions: 3) == .budget)
    #expect(bench.state.waiting == 1)
    #expect(bench.board.run(instructions: 3) == .budget)
    #expect(bench.state[x: 0] > 0)
    #expect(bench.board.now >= count * 16 && bench.board.now < count * 16 + 100)
  }

  @Test func withoutATimerItHasNoEnd() throws {
    let bench = try bench(coreCount: 1, due: .max)
    #expect(bench.board.run(instructions: 100) == .idle)
  }
}
