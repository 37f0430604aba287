// Every line of EL3 (code and constants in flash, variables, the stacks of two cores, the heap) and of the
// memory that it shares with the operating system may be the one that fails, at the moment at which EL3
// handles an error: as poison, and as an SError of each AET. Whatever comes of it is one of a few named
// ends; nothing hangs, ends in silence, or leaves what the machine models.
//
// A seeded sample by default; FAULTLINE_EVERY_LINE=1 in the environment tries them all, which takes minutes.

import Arm
import Machine
import Scenario
import Support
import Testing

@Suite(.timeLimit(.minutes(120)))
struct FirmwareLines {
  /// How it may end.
  enum Outcome: String, CaseIterable {
    /// The guest's error is handled, and the guest switches the machine off.
    case goesOn = "handled, the guest goes on"
    /// The guest was told of an error that it cannot live with.
    case guestDown = "the guest goes down"
    /// EL3 says that it has met an error, and resets.
    case words = "last words of EL3, reset"
    /// EL3 says that it has met an error as it switches the machine off, which was asked for.
    case wordsAtEnd = "last words of EL3, off as asked"
    /// EL3 met one error inside of another: the last line of code.
    case lastResort = "reset at once"
    /// The tables that lead to EL3's vectors are lost: the core takes the same exception for ever.
    case dead = "no vectors any more"
  }

  /// Memory to be swept.
  struct Area: CustomTestStringConvertible, Sendable {
    let name: String
    let start: UInt64
    let size: UInt64
    var coreCount = 1
    var testDescription: String { name }
  }

  static let ramSize: UInt64 = 256 << 20

  /// The sections are those of Images/Linker/FirmwareImage.ld.
  static func areas() throws -> [Area] {
    let symbols = try SymbolTable(BuiltFiles.read(Checkout.path(".build/images/firmware.elf")))
    let variables: UInt64 = 0x0E00_0000
    let size = (try #require(symbols["__bss_end"]) - variables + 63) & ~63
    let image = UInt64(try BuiltFiles.read(BuiltFiles.firmware).count)
    return [
      Area(name: "flash", start: 0, size: (image + 63) & ~63),
      Area(name: "variables", start: variables, size: size),
      Area(name: "stacks", start: 0x0E04_0000, size: 32 << 10),
      Area(name: "heap", start: 0x0E08_0000, size: 64 << 10),
      Area(name: "error region", start: 0x4FFF_0000, size: 16 << 10),
      // With another core, which is off: what it does in EL3, and what the cores share.
      Area(name: "variables, 2 cores", start: variables, size: size, coreCount: 2),
      Area(name: "stacks of core 1", start: 0x0E04_8000, size: 32 << 10, coreCount: 2),
    ]
  }

  /// The small guest alone on a machine, just before its program reads the line that goes bad.
  final class World {
    let board: Board
    let snapshot: Board.Snapshot
    let victim: UInt64
    /// How the console ended, and the run, of the last line.
    private(set) var last = ""

    init(coreCount: Int = 1) throws {
      board = try Board(
        BoardConfiguration(
          coreCount: coreCount, ramSize: FirmwareLines.ramSize,
          firmware: try BuiltFiles.read(BuiltFiles.firmware),
          kernel: try BuiltFiles.read(Checkout.path(".build/images/guest.bin")),
          commandLine: "test=el0-read"))
      var run = ConsoleRun(board)
      let end = run.run(until: "guest: victim at ipa 0x", limit: 100_000_000)
      try #require(end == nil, "\(run.text.suffix(500))")
      // The rest of the line.
      while !run.text.contains(" va 0x") { _ = run.run(to: board.instructions + 1000) }
      let words = run.text.split(separator: "ipa 0x").last?.prefix { $0.isHexDigit } ?? ""
      victim = try #require(UInt64(words, radix: 16))
      snapshot = try board.snapshot()
    }

    /// How the run ends; nil for what nobody has a name for.
    func outcome(_ line: UInt64, _ harm: LineHarm) -> Outcome? {
      board.restore(snapshot)
      board.bus.plantPoison(PhysicalAddress(victim))
      board.bus.plantPoison(PhysicalAddress(line), harm.poison)
      var run = ConsoleRun(board)
      // What is told of a line that is corrected at every use would fill the memory.
      let limit = board.instructions + 20_000_000
      var end = StopReason.budget
      while end == .budget, board.instructions < limit {
        end = run.run(to: min(board.instructions + 100_000, limit))
        _ = board.takeEvents()
      }
      let text = run.text
      last = "\(end): \(text.suffix(400))"
      switch end {
      case .powerOff where text.contains("firmware: hardware error in the firmware"):
        return .wordsAtEnd
      case .powerOff where text.contains("firmware: "): return nil
      case .powerOff:
        return text.contains("guest: down")
          ? .guestDown : text.contains("guest: done") ? .goesOn : nil
      case .reset: return text.contains("firmware: ") ? .words : .lastResort
      case .budget:
        guard case .exception(let last)? = board.cores[0].deadEnd, last.level == .el3 else {
          return nil
        }
        return .dead
      default: return nil
      }
    }
  }

  @Test func noLineOfTheFirmwareEndsInAHangOrInSilence() throws {
    let worlds = [1: try World(), 2: try World(coreCount: 2)]
    for area in try Self.areas() {
      let world = try #require(worlds[area.coreCount])
      var table: [LineHarm: [Outcome: Int]] = [:]
      for number in EveryLine.lines(of: area.size / 64, sample: 48) {
        let line = area.start + number * 64
        for harm in LineHarm.allCases {
          let outcome = world.outcome(line, harm)
          #expect(
            outcome != nil,
            """
            \(harm.rawValue) at 0x\(String(line, radix: 16)) ends in nothing known, as \(world.last)
            """)
          if let outcome { table[harm, default: [:]][outcome, default: 0] += 1 }
        }
      }
      for harm in LineHarm.allCases {
        let row = Outcome.allCases.map { "\($0.rawValue) \(table[harm]?[$0] ?? 0)" }
        print("\(area.name), \(harm.rawValue): \(row.joined(separator: ", "))")
      }
    }
  }

  /// The memory that EL3 shares with the levels below is written anew where it is bad: no line of it stops
  /// EL3 as poison.
  @Test func noPoisonInTheSharedMemoryStopsTheFirmware() throws {
    let world = try World()
    // The words, and the lines that a record needs, of two sources' blocks.
    for line in [0, 0x1000, 0x1040, 0x1080, 0x10c0, 0x1100, 0x2000] as [UInt64] {
      #expect(world.outcome(0x4FFF_0000 + line, .poison) == .goesOn, "\(line)")
    }
  }

  /// The record of EL3's own error survives the reset, and the next run's operating system reads of it.
  @Test func whatAResetLeftIsReadByTheNextRun() throws {
    let world = try World()
    let line = (0..<64 as Range<UInt64>).map { 0x0E00_0000 + $0 * 64 }
      .first { world.outcome($0, .poison) == .words }
    try #require(line != nil, "no variable that EL3 needs for an error")
    world.board.reset()
    var run = ConsoleRun(world.board)
    _ = run.run(until: "guest: victim at", limit: world.board.instructions + 100_000_000)
    #expect(run.text.contains("firmware: errors from before the reset"))
    #expect(run.text.contains("guest: record source 1 severity recoverable"), "\(run.text)")
  }
}
