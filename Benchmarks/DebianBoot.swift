// Debian's kernel from reset to /init: how long it takes, with and without poison somewhere, and
// what saving and restoring the machine that got there costs.

import Arm
import Foundation
import Machine
import Platform

/// Boots, one core and 512 MiB.
struct DebianBoot {
  static let commandLine = "console=ttyAMA0"
  static let end = Array("Run /init".utf8)
  /// What a shell does with many short processes, after /init has begun.
  static let shellCommandLine =
    commandLine
    + #" script="i=0; while [ $i -lt 200 ]; do i=$((i+1)); ls /bin | sort | md5sum >/tmp/s; done""#
  static let shellEnd = Array("init: script ended".utf8)

  let firmware: [UInt8]
  let kernel: [UInt8]
  let initrd: [UInt8]

  init(_ files: Files) throws {
    firmware = try Files.read(files.firmware)
    kernel = try Files.read(files.kernel)
    initrd = try Files.read(files.initrd)
  }

  /// A machine that has reached /init.
  struct Result {
    var board: Board
    var cost: HostCost
    var hash: UInt64
  }

  /// The machine in reset.
  func board(
    cores: Int = 1, ramMiB: UInt64 = 512, engine: ExecutionEngine = .auto,
    commandLine: String = DebianBoot.commandLine
  ) throws -> Board {
    try Board(
      BoardConfiguration(
        coreCount: cores, ramSize: ramMiB << 20, firmware: firmware, kernel: kernel, initrd: initrd,
        commandLine: commandLine, engine: engine))
  }

  /// What it costs from `Run /init` until a script of busybox's shell has ended, and its instructions.
  func runShell() throws -> (cost: HostCost, instructions: UInt64) {
    let board = try board(commandLine: DebianBoot.shellCommandLine)
    _ = try advance(board, until: DebianBoot.end)
    let before = board.instructions
    let cost = try advance(board, until: DebianBoot.shellEnd)
    return (cost, board.instructions - before)
  }

  /// Boots until the console says `end`. `poison`: a line that nobody reads.
  func run(
    poison: UInt64? = nil, cores: Int = 1, engine: ExecutionEngine = .auto,
    until end: String = "Run /init"
  ) throws -> Result {
    let board = try board(cores: cores, engine: engine)
    if let poison, !board.bus.plantPoison(PhysicalAddress(poison)) {
      throw BenchmarkFailure("no poison at \(poison)")
    }
    let cost = try advance(board, until: Array(end.utf8))
    let isConsumed = board.takeEvents().contains {
      if case .consumed = $0.kind { true } else { false }
    }
    guard !isConsumed else { throw BenchmarkFailure("the poison was to be read by nobody") }
    return Result(board: board, cost: cost, hash: board.hash())
  }

  /// Runs a machine until its console says something; what that cost.
  private func advance(_ board: Board, until end: [UInt8]) throws -> HostCost {
    var tail: [UInt8] = []
    var reason = StopReason.budget
    var isThere = false
    let cost = HostCost.of {
      while !isThere, reason == .budget, board.instructions < 20_000_000_000 {
        reason = board.run(instructions: 250_000)
        tail += board.takeConsoleOutput()
        isThere = tail.firstRange(of: end) != nil
        tail = Array(tail.suffix(end.count))
      }
    }
    guard isThere else {
      throw BenchmarkFailure(
        "the kernel did not come to '\(String(decoding: end, as: UTF8.self))': \(reason)")
    }
    return cost
  }

  /// A page that the kernel does not use on its way to /init: pages that were never written are
  /// free memory.
  func untouchedLine(_ board: Board) throws -> UInt64 {
    for page in stride(from: MemoryMap.ram + 0x1000_0000, to: MemoryMap.ram + 0x1F00_0000, by: 4096)
    where board.bus.readBytes(PhysicalAddress(page), count: 4096)?.allSatisfy({ $0 == 0 }) == true {
      return page + 0x240
    }
    throw BenchmarkFailure("there is no untouched page")
  }

  /// Milliseconds to save the machine when it ran on for 50 million instructions since it was saved
  /// first, and to restore it after as many; the latter the best of five.
  static func savingAndRestoring(_ board: Board) throws -> (save: Double, restore: Double) {
    let clock = ContinuousClock()
    func milliseconds(_ work: () throws -> Void) rethrows -> Double {
      let start = clock.now
      try work()
      return (clock.now - start) / .milliseconds(1)
    }
    var saved = try board.snapshot()
    var restore = Double.infinity
    for _ in 0..<5 {
      _ = board.run(instructions: 50_000_000)
      restore = min(restore, milliseconds { board.restore(saved) })
    }
    _ = board.run(instructions: 50_000_000)
    let again = try milliseconds { saved = try board.snapshot() }
    return (again, restore)
  }
}
