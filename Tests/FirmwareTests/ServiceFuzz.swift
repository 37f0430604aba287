// Whatever an operating system writes into the registers of EINJ and ERST, and whichever bells it rings: EL3
// touches nothing but what is the services', makes nothing bad but the operating system's memory, and stills
// the bells.

import APEI
import Arm
import Firmware
import Platform
import Support
import Testing

@Suite struct ServiceFuzz {
  /// A generator of numbers.
  struct Random {
    private var random: SeededRandom
    init(state: UInt64) { random = SeededRandom(seed: state) }
    mutating func next() -> UInt64 { random.next() }
    mutating func below(_ bound: UInt64) -> UInt64 { random.below(bound) }
    /// A number that is often one at which something changes.
    mutating func number() -> UInt64 {
      switch below(8) {
      case 0: return below(8)
      case 1: return .max - below(4)
      case 2: return ServiceBoard.ram.lowerBound &+ below(0x4000_0000)
      case 3: return ServiceBoard.reserved.lowerBound &- 0x2000 &+ below(0x4000)
      case 4: return 1 << below(64)
      case 5: return below(0x4100)
      case 6: return MemoryMap.secureRAM &+ below(0x0200_0000)
      default: return next()
      }
    }
  }

  /// One input: what is written where, and the bells.
  static func disturb(_ board: ServiceBoard, _ random: inout Random) -> UInt32 {
    for _ in 0..<random.below(6) {
      let page =
        random.below(2) == 0 ? board.region.injection : board.region.serialization
      board.setWord(page + random.below(48) * 8, random.number())
    }
    switch random.below(5) {
    case 0:
      let vendor = random.below(3) == 0 ? UInt64(InjectionType.vendor) : 0
      board.setWord(board.region.injection, vendor | 1 << random.below(7))
      board.setWord(board.region.injection + 8, random.below(4) | random.below(3) << 32)
      board.setWord(board.region.injection + 16, random.number())
      board.setWord(board.region.injection + 24, .max << random.below(32))
    case 4:
      board.setWord(board.region.injection, 1 + random.below(3))
      board.setWord(board.region.injection + 8, 8 | random.below(4))
      board.setWord(board.region.injection + 16, random.number())
      board.setWord(board.region.injection + 24, .max << random.below(32))
      for index in 0..<random.below(18) {
        board.setWord(
          board.region.injection + 40 + index * 8,
          random.below(8) == 0 ? random.number() : random.below(5) << 32 | random.below(5) << 16)
      }
    case 1, 2:
      let words = board.region.serialization
      let offset = random.below(4) == 0 ? random.number() : 8 * random.below(8)
      board.setWord(words, 1 + random.below(4))
      board.setWord(words + SerializationRegister.offset, offset)
      board.setWord(words + SerializationRegister.identifier, random.below(20))
      if offset < 0x1000, random.below(3) > 0 {
        board.setBytes(
          board.region.exchange + offset,
          ServiceBoard.record(random.below(20), byteCount: 128 + Int(random.below(300))))
      }
    default: break
    }
    if random.below(16) == 0 {
      let area = [board.region.injection, board.region.serialization, MemoryMap.recordStore]
      board.lostLines.insert((area[Int(random.below(3))] + random.below(0x1000)) & ~63)
    }
    return UInt32(random.below(16)) | (random.below(8) == 0 ? 0xffff_fff0 : 0)
  }

  /// What is wrong after a bell was answered.
  static func complaint(_ board: ServiceBoard, _ bells: UInt32) -> String? {
    if let violation = board.violations.first { return violation }
    if board.ringing != 0 { return "bells ring: \(board.ringing)" }
    for injection in board.injections where injection.command == ErrorInjectorRegister.memory {
      let isAllowed =
        ServiceBoard.ram.contains(injection.address)
        && !ServiceBoard.reserved.contains(injection.address)
      if !isAllowed, injection.address != board.region.victim {
        return "made bad: \(injection.address)"
      }
    }
    for injection in board.injections where injection.command == ErrorInjectorRegister.processor {
      let core = injection.core & ~ErrorInjectorRegister.coreHasAddress
      // The second is never on.
      if core != 0 { return "an error of core \(core)" }
      if injection.address != 0, !ServiceBoard.ram.contains(injection.address) {
        return "an error of a core at \(injection.address)"
      }
    }
    for line in board.readLines where ServiceBoard.reserved.contains(line) {
      if line != board.region.victim { return "read: \(line)" }
    }
    // The register is the operating system's until firmware has answered.
    guard bells & ServiceBell.serialization != 0 else { return nil }
    let count = board.word(board.region.serialization + SerializationRegister.count)
    return count > 15 ? "\(count) records" : nil
  }

  @Test func nothingButTheServicesMemoryIsTouched() {
    let fuzzer = Fuzzer.services
    var random = Random(state: fuzzer.seed)
    let board = ServiceBoard()
    var monitor = board.monitor()
    for run in 1...max(1, fuzzer.runs) {
      board.injections = []
      board.readLines = []
      let bells = Self.disturb(board, &random)
      board.ring(bells, &monitor)
      if let complaint = Self.complaint(board, bells) {
        Issue.record("run \(run), seed \(fuzzer.seed): \(complaint)")
        return
      }
      fuzzer.tell(run)
    }
  }

  /// A firmware that takes every address would be found.
  @Test func canaryAnAddressThatIsNotCheckedIsFound() {
    var random = Random(state: Fuzzer.services.fixedSeed)
    var found = false
    for _ in 0..<Fuzzer.services.shortRuns where !found {
      let board = ServiceBoard()
      _ = Self.disturb(board, &random)
      board.injections = [
        (
          ErrorInjectorRegister.memory, board.word(board.region.injection + 16) & ~63, 0, 0
        )
      ]
      found = Self.complaint(board, 0) != nil
    }
    #expect(found)
  }
}
