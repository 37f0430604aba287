// Whatever a client passes to the calls of the software delegated exception interface, on whichever core and
// from whichever state: EL3 returns to no level but those below, enters no handler that cannot be returned to,
// keeps its own interrupts, and writes to no memory.

import Arm
import Platform
import Support
import Testing

@testable import Firmware

@Suite struct DelegationFuzz {
  /// A generator of calls.
  struct Random {
    private var random: SeededRandom
    init(state: UInt64) { random = SeededRandom(seed: state) }
    mutating func next() -> UInt64 { random.next() }
    mutating func below(_ bound: UInt64) -> UInt64 { random.below(bound) }

    /// An event, mostly one that is there.
    mutating func event() -> UInt64 {
      let events: [UInt64] = [0, 800, 801, 1000, 1001, 1002, 2000, 2001, 2002]
      return switch below(12) {
      case 0: next()
      case 1: events[Int(below(9))] | next() << 32
      case 2: below(3000)
      default: events[Int(below(9))]
      }
    }

    /// A number that is often one at which something changes.
    mutating func number() -> UInt64 {
      switch below(7) {
      case 0: below(3)
      case 1: below(160)
      case 2: .max - below(20)
      case 3: 1 << below(64)
      case 4: 0xffff_8000_0001_0000 + below(64)
      case 5: 4 * below(0x1000)
      default: next()
      }
    }

    /// PSTATE of a level below EL3.
    mutating func state() -> UInt64 {
      let mode: [UInt64] = [9, 9, 9, 9, 9, 9, 8, 5, 4, 0, 0x10, 0x1a]
      return mode[Int(below(12))] | next() & 0xf000_03c0
    }
  }

  /// The interrupts that stay EL3's, whatever a client does.
  static let own: [UInt64] = [14, 15, 17, 18, 29, 42, 43, 45, 46, 80, 81, 82, 83, 84]

  /// A board on which EL3 has interrupts of its own.
  static func board() -> DelegationBoard {
    var board = DelegationBoard()
    for core in 0..<2 as Range<UInt64> {
      board.platform.devices[DelegationBoard.redistributor(core, 0x80)] =
        0xffff_ffff & ~(1 << 14 | 1 << 15 | 1 << 17 | 1 << 18 | 1 << 29)
    }
    board.platform.devices[MemoryMap.gicDistributor + 0x84] = 0xffff_ffff & ~(0b11011 << 10)
    board.platform.devices[MemoryMap.gicDistributor + 0x88] = 0xffff_ffff & ~(0b11111 << 16)
    board.monitor.power.states[1] = .on
    board.platform.isRecording = true
    return board
  }

  /// One input: a call, an interrupt, or a core's end.
  static func disturb(_ board: inout DelegationBoard, _ random: inout Random) {
    let core = Int(random.below(2))
    if random.below(2) == 0 { board.context.spsr = DelegationBoard.interrupted }
    if random.below(4) == 0 {
      board.context.elr = random.number() & ~3
      board.context.spsr = random.state()
    }
    switch random.below(20) {
    case 0:
      let numbers: [UInt64] = [14, 1023, 20, 21, 78, 79, 40]
      return board.interrupt(numbers[Int(random.below(7))], core: core)
    case 1:
      board.monitor.delegation.raise(random.below(2) == 0 ? .errors : .criticalErrors, core: core)
      return board.interrupt(1023, core: core)
    case 2 where random.below(4) == 0:
      _ = board.call(identifier: UInt64(PSCI.cpuOff), [], core: core)
      board.monitor.power.states[core] = .on
      return
    default: break
    }
    let functions = SDEI.Function.allCases
    var identifier = UInt64(functions[Int(random.below(UInt64(functions.count)))].rawValue)
    if random.below(32) == 0 { identifier = 0xc400_0020 + random.below(32) | random.next() << 32 }
    // Masked again, or reset, less often than the rest: handlers are to run.
    let isEnd =
      identifier == UInt64(SDEI.Function.peMask.rawValue)
      || identifier >= UInt64(SDEI.Function.privateReset.rawValue)
    if isEnd, random.below(4) > 0 { identifier = UInt64(SDEI.Function.peUnmask.rawValue) }
    let isOfNumber =
      identifier == UInt64(SDEI.Function.eventContext.rawValue)
      || identifier == UInt64(SDEI.Function.interruptBind.rawValue)
    let first = isOfNumber ? random.below(140) : random.event()
    let second = random.below(3) == 0 ? random.number() : 4 * random.below(0x1_0000)
    let arguments = [
      random.below(8) == 0 ? random.number() : first, second, random.number(),
      random.below(4) == 0 ? random.below(4) : 0,
      random.below(3) == 0 ? random.number() : random.below(2),
    ]
    _ = board.call(identifier: identifier, arguments, core: core)
  }

  /// What is wrong after an input.
  static func complaint(_ board: DelegationBoard) -> String? {
    let state = ProcessState(rawValue: board.context.spsr)
    if !state.isAArch32, state.exceptionLevel == .el3 { return "EL3 returns to EL3" }
    if board.context.elr & 3 != 0 { return "goes on at \(board.context.elr)" }
    if let event = board.platform.events.first(where: { $0 != .barrier }) { return "\(event)" }
    for number in own {
      let words =
        number < 32
        ? [DelegationBoard.redistributor(0, 0x80), DelegationBoard.redistributor(1, 0x80)]
        : [MemoryMap.gicDistributor + 0x80 + number / 32 * 4]
      for word in words where board.platform.devices[word, default: 0] >> (number % 32) & 1 != 0 {
        return "interrupt \(number) is given away"
      }
    }
    let memory = board.state
    for index in 0..<37 {
      let registration = memory.registrations[index]
      guard [0, 1, 3, 4, 5, 7].contains(registration.handler.status.rawValue) else {
        return "state \(registration.handler.status.rawValue)"
      }
      let handler = registration.handler
      if handler.status.isSet(SDEI.Status.registered), handler.entry & 3 != 0 {
        return "a handler at \(handler.entry)"
      }
    }
    for core in 0..<2 {
      let target = memory.targets[core]
      guard (0...2).contains(target.depth) else { return "nested \(target.depth)" }
      if target.depth == 2, target.contexts[1].row != DelegatedEvent.criticalErrors.row {
        return "a normal handler inside another"
      }
    }
    return nil
  }

  @Test func nothingButTheInterfaceChanges() {
    let fuzzer = Fuzzer.delegation
    var random = Random(state: fuzzer.seed)
    var board = Self.board()
    var entered = 0
    for run in 1...max(1, fuzzer.runs) {
      board.platform.events = []
      Self.disturb(&board, &random)
      if let complaint = Self.complaint(board) {
        Issue.record("run \(run), seed \(fuzzer.seed): \(complaint)")
        return
      }
      if board.innermost != nil { entered += 1 }
      fuzzer.tell(run)
    }
    #expect(entered > fuzzer.runs / 200, "handlers run: \(entered)")
  }

  /// A firmware that takes every entry would be found.
  @Test func canaryAnEntryThatIsNotCheckedIsFound() {
    var random = Random(state: Fuzzer.delegation.fixedSeed)
    var board = Self.board()
    for _ in 0..<Fuzzer.delegation.shortRuns {
      Self.disturb(&board, &random)
      var state = board.state
      for index in 0..<37 where state.registrations[index].handler.status.rawValue == 1 {
        state.registrations[index].handler.entry |= random.below(4)
      }
      board.state = state
      if Self.complaint(board) != nil { return }
    }
    Issue.record("not found")
  }
}
