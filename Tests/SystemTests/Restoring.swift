// Restore equals continue: a machine that is put back runs on as if nothing had happened since, and
// saving does not disturb the run that is saved. Also what reset does to it.

import Arm
import Machine
import Platform
import Testing

@Suite struct Restoring {
  @Test(arguments: [1, 4]) func restoreEqualsContinue(cores: Int) throws {
    let saved: UInt64 = 250_000_000
    let end: UInt64 = 330_000_000
    let boot = DebianBoot(cores: cores)

    var undisturbed = ConsoleRun(try boot.board())
    #expect(undisturbed.run(to: end) == .budget)
    let expected = undisturbed.board.hash()

    var run = ConsoleRun(try boot.board())
    let board = run.board
    #expect(run.run(to: saved) == .budget)
    let hash = board.hash()
    let snapshot = try board.snapshot()
    #expect(board.hash() == hash)
    #expect(run.run(to: end) == .budget)
    #expect(board.hash() == expected)
    #expect(run.console == undisturbed.console)

    func expectContinues(_ after: Comment) {
      board.restore(snapshot)
      #expect(board.hash() == hash, after)
      #expect(board.instructions == saved, after)
      var again = ConsoleRun(board)
      #expect(again.run(to: end, slices: [77_777]) == .budget, after)
      #expect(board.hash() == expected, after)
      #expect(undisturbed.console.suffix(again.console.count) == again.console[...], after)
    }
    expectContinues("after a run")

    // Poison under the kernel's code: the run takes the error path. Then the machine is put back.
    board.restore(snapshot)
    for line in stride(from: MemoryMap.ram + 0x20_0000, to: MemoryMap.ram + 0xC0_0000, by: 64) {
      board.bus.plantPoison(PhysicalAddress(line))
    }
    var poisoned = ConsoleRun(board)
    _ = poisoned.run(to: saved + 10_000_000)
    #expect(board.hash() != hash)
    expectContinues("after poison")

    board.reset()
    _ = board.run(instructions: 5_000_000)
    expectContinues("after a reset")
  }

  /// An engine is no part of a machine: what one has saved goes on in the other, and back.
  @Test func aSnapshotGoesOnInTheOtherEngine() throws {
    let boot = DebianBoot(cores: 2)
    var undisturbed = ConsoleRun(try boot.board(engine: .interpreter))
    var boards: [ExecutionEngine: Board] = [:]
    for engine in ExecutionEngine.allCases { boards[engine] = try boot.board(engine: engine) }
    var saved: Board.Snapshot?
    let turns: [(ExecutionEngine, UInt64)] = [
      (.jit, 120_000_000), (.interpreter, 180_000_000), (.auto, 240_000_000),
      (.interpreter, 260_000_000), (.jit, 300_000_000),
    ]
    for (engine, end) in turns {
      let board = try #require(boards[engine])
      if let saved { board.restore(saved) }
      var run = ConsoleRun(board)
      #expect(run.run(to: end) == .budget)
      #expect(undisturbed.run(to: end) == .budget)
      saved = try board.snapshot()
      #expect(board.hash() == undisturbed.board.hash(), "\(engine.rawValue) up to \(end)")
      #expect(undisturbed.console.suffix(run.console.count) == run.console[...])
      // The interpreter runs where it was asked for, or where the host has no translator.
      let statistics = board.engineStatistics
      #expect(statistics.engine == engine || statistics.refusal != nil)
      #expect(statistics.engine == .interpreter || statistics.blocks > 0)
    }
  }

  @Test func resetOfALinuxBootsItAgain() throws {
    var run = ConsoleRun(try DebianBoot(cores: 2, script: "reboot -f").board())
    #expect(run.run(to: 8_000_000_000) == .reset)
    let first = run.text
    #expect(first.contains("reboot: Restarting system"))
    run.board.reset()
    let end = run.run(until: "init: Linux", limit: run.board.instructions + 8_000_000_000)
    #expect(end == nil, "the second boot ended early")
    let second = run.text.dropFirst(first.count)
    #expect(second.contains("Booting Linux on physical CPU 0x0000000000"))
    #expect(second.contains("SMP: Total of 2 processors activated"))
    #expect(second.contains("Run /init as init process"))
  }

  @Test func aMachineCostsWhatItTouches() throws {
    let clock = ContinuousClock()
    let start = clock.now
    let large = DebianBoot(cores: 8, ram: 64 << 10)
    let board = try large.board()
    _ = board.run(instructions: 100_000)
    // 64 GiB; reading the kernel's file is most of it.
    #expect(clock.now - start < .seconds(5))
    #expect(board.bus.touchedBytes < 1 << 20)
  }
}
