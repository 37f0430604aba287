// No guest can bring the host down: whatever it executes, writes and pokes, at any exception level,
// the run ends with a StopReason. A trap of the host would end the test process, not just a test.
//
// And chaos is deterministic too: every seed runs twice, sliced differently and in another engine, to the
// same hash.

import Arm
import Machine
import Platform
import Support
import Testing

@Suite(.timeLimit(.minutes(60))) struct HostSurvives {
  /// The hash after `budget` instructions of random code, whatever stops them in between.
  static func chaos(
    seed: UInt64, level: UInt64, budget: UInt64, slices: [UInt64],
    engine: ExecutionEngine = .standard
  ) throws -> UInt64 {
    var guest = try HostileGuest(cores: 2, seed: seed, engine: engine)
    guest.fillMemory()
    for core in guest.board.cores {
      let pc = HostileGuest.code + guest.random.below(UInt64(HostileGuest.codeWords)) * 4
      guest.start(core, at: level, pc: pc)
    }
    var sizes = slices.makeIterator()
    var stops = 0
    while guest.board.instructions < budget, stops < 500 {
      let size = sizes.next() ?? slices.last ?? budget
      switch guest.board.run(instructions: min(size, budget - guest.board.instructions)) {
      case .budget: break
      case .idle: return guest.board.hash()
      case .reset:
        // As a board's reset line; nothing is in flash, so it goes nowhere.
        return guest.board.hash()
      default: stops += 1
      }
      _ = guest.board.takeEvents()
      _ = guest.board.takeConsoleOutput()
    }
    return guest.board.hash()
  }

  @Test(arguments: [0, 1, 2, 3] as [UInt64]) func randomCodeEndsWithAReason(level: UInt64) throws {
    let start = Fuzzer.chaos.seed + level * 1000
    for seed in start..<(start + UInt64(Fuzzer.chaos.runs)) {
      let first = try HostSurvives.chaos(
        seed: seed, level: level, budget: 15_000, slices: [15_000], engine: .interpreter)
      let second = try HostSurvives.chaos(
        seed: seed, level: level, budget: 15_000, slices: [1, 7, 100, 1234, 17], engine: .jit)
      #expect(first == second, "seed \(seed)")
      Fuzzer.chaos.tell(Int(seed - start) + 1, part: ", level \(level)")
    }
  }

  /// A machine that is not the same the second time, by one bit of memory that it never uses.
  @Test func canaryAMachineThatIsNotTheSameIsFound() throws {
    let seed = Fuzzer.chaos.fixedSeed
    let first = try HostSurvives.chaos(seed: seed, level: 1, budget: 2000, slices: [2000])
    var guest = try HostileGuest(cores: 2, seed: seed)
    guest.fillMemory()
    let before = guest.board.hash()
    let place = PhysicalAddress(MemoryMap.ram + 8)
    let byte = try #require(guest.board.bus.readBytes(place, count: 1))
    #expect(guest.board.bus.writeBytes(place, [byte[0] ^ 1]))
    #expect(guest.board.hash() != before && first != before)
  }

  /// Every word of the System instruction space (Arm ARM C4.1), read and write, at every level, in
  /// and out of host mode, with random operands.
  @Test(arguments: [0, 1, 2, 3] as [UInt64])
  func everySystemEncodingEndsWithAReason(level: UInt64) throws {
    var guest = try HostileGuest(cores: 1, seed: 77 + level)
    guest.fillMemory()
    let board = guest.board
    let core = board.cores[0]
    let words: [UInt32] = (0..<0x2_0000).map {
      // L, op0, op1, CRn, CRm, op2 above Rt.
      0xD500_0000 | UInt32($0) << 5 | UInt32(guest.random.below(32))
    }
    let pageCount = words.count / HostileGuest.codeWords
    for page in 0..<pageCount {
      let slice = words[page * HostileGuest.codeWords..<(page + 1) * HostileGuest.codeWords]
      guest.write(code: Array(slice))
      for index in 0..<HostileGuest.codeWords {
        guest.start(core, at: level, pc: HostileGuest.code + UInt64(index) * 4)
        // The code itself must be reachable.
        for register: SystemRegister in [.sctlrEL1, .sctlrEL2, .sctlrEL3] {
          core.state[register] &= ~1
        }
        core.state[.hcrEL2] &= ~1
        _ = board.run(instructions: 2)
        if index % 64 == 0 {
          _ = board.takeEvents()
          _ = board.takeConsoleOutput()
        }
      }
    }
    #expect(board.instructions > 0x1_F000)
  }

  /// Every device register and what lies between, in every size, from both security states.
  @Test func randomDeviceAccessesEndWithAReason() throws {
    var guest = try HostileGuest(cores: 4, seed: 4711)
    guest.fillMemory()
    let board = guest.board
    for round in 0..<400_000 {
      let size = 1 << Int(guest.random.below(4))
      let address = PhysicalAddress(guest.address() & 0xFF_FFFF_FFFF & ~UInt64(size - 1))
      let access = BusAccess(
        core: Int(guest.random.below(4)), isSecure: guest.random.below(2) == 0)
      if guest.random.below(2) == 0 {
        _ = try? board.bus.read(address, size: size, access)
      } else {
        try? board.bus.write(address, size: size, guest.random.next(), access)
      }
      if round % 1000 == 0 {
        _ = board.run(instructions: 50)
        _ = board.takeEvents()
        _ = board.takeConsoleOutput()
      }
    }
  }
}
