// The same machine runs the same way: twice, and however its host slices the run.

import Machine
import Support
import Testing

@Suite struct Determinism {
  /// The hash of the machine at each stop, and its console.
  struct Trace: Equatable {
    var hashes: [UInt64] = []
    var console: [UInt8] = []
  }

  static func trace(
    _ boot: DebianBoot, stops: [UInt64], slices: [UInt64]
  ) throws -> Trace {
    var run = ConsoleRun(try boot.board())
    var trace = Trace()
    for stop in stops {
      #expect(run.run(to: stop, slices: slices) == .budget)
      #expect(run.board.instructions == stop)
      trace.hashes.append(run.board.hash())
    }
    trace.console = run.console
    return trace
  }

  /// 2000 sizes from 1 to 40,000, from a fixed seed; then 12,345.
  static let irregular: [UInt64] = {
    var random = SeededRandom(seed: 5)
    return (0..<2000).map { _ in random.below(40_000) + 1 } + [12_345]
  }()

  @Test(arguments: [1, 4]) func slicesOfTheHostLoopMakeNoDifference(cores: Int) throws {
    let boot = DebianBoot(cores: cores)
    // In the firmware, in the kernel's first instructions, and when all cores run.
    let stops: [UInt64] = [100_000, 30_000_000, 400_000_000]
    let first = try Determinism.trace(boot, stops: stops, slices: [1_000_000])
    let second = try Determinism.trace(boot, stops: stops, slices: Determinism.irregular)
    #expect(first == second)
    #expect(Set(first.hashes).count == stops.count)
    #expect(!first.console.isEmpty)
  }

  @Test func whatTheGuestIsGivenChangesTheHash() throws {
    let stops: [UInt64] = [20_000_000]
    let first = try Determinism.trace(DebianBoot(), stops: stops, slices: [1_000_000])
    var other = DebianBoot()
    other.commandLine += " quiet"
    #expect(first != (try Determinism.trace(other, stops: stops, slices: [1_000_000])))
  }
}
