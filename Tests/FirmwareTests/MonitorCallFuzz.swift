// Whatever a lower level puts into its registers and calls EL3 with (SMC), by every identifier that there can be: EL3
// answers, changes nothing else of the caller's, starts cores only where they may be started, and ends the run or the
// core only when that was asked for. The calls of delegated exceptions have a fuzzer of their own (DelegationFuzz).

import Arm
import Platform
import Support
import Testing

@testable import Firmware

@Suite struct MonitorCallFuzz {
  /// Identifiers at which something is decided.
  static let known: [UInt32] = [
    PSCI.version, PSCI.cpuSuspend32, PSCI.cpuSuspend64, PSCI.cpuOff, PSCI.cpuOn32, PSCI.cpuOn64,
    PSCI.affinityInfo32,
    PSCI.affinityInfo64, PSCI.migrateInfoType, PSCI.systemOff, PSCI.systemReset, PSCI.features,
    PSCI.systemReset2SMC32,
    PSCI.systemReset2SMC64, SMCCC.version, SMCCC.archFeatures, SMCCC.archWorkaround1, 0x8000_0002,
    0x8000_7fff,
    0x8400_0005, 0x8400_000e, 0xc400_000e, 0x8400_0050, 0xc400_0053, 0xbf00_ff01, 0x8200_0000,
    0xf200_0000, 0,
  ]

  static func number(_ random: inout SeededRandom) -> UInt64 {
    switch random.below(9) {
    case 0: random.below(4)
    case 1: 0x4020_0000 + random.below(0x100)
    case 2: 1 << random.below(64)
    case 3: .max - random.below(20)
    case 4: 0x7fe0_0000 + 4 * random.below(0x1_0000)
    case 5: 0x3fff_fff0 + random.below(32)
    case 6: UInt64(known[Int(random.below(UInt64(known.count)))])
    case 7: 1 << 16
    default: random.next()
    }
  }

  static func identifier(_ random: inout SeededRandom) -> UInt64 {
    let upper = random.below(4) == 0 ? random.next() << 32 : 0
    while true {
      let low: UInt64 =
        switch random.below(4) {
        case 0: random.next() & 0xffff_ffff
        case 1: 0x8400_0000 + random.below(0x40) + random.below(2) << 30
        default: UInt64(known[Int(random.below(UInt64(known.count)))])
        }
      if !SDEI.identifiers.contains(UInt32(truncatingIfNeeded: low)) { return low | upper }
    }
  }

  /// One call of a core; what is wrong with what came of it.
  static func call(_ board: inout DelegationBoard, _ random: inout SeededRandom) -> String? {
    let core = Int(random.below(2))
    board.monitor.power.states[core] = .on
    var context = LowerContext(
      elr: random.next() & ~3, spsr: random.below(2) == 0 ? 9 : 5,
      esr: Syndrome(.smc, iss: 0).rawValue,
      far: 0)
    for index in 0..<31 { context.x[index] = random.next() }
    context.x[0] = identifier(&random)
    for index in 1..<4 { context.x[index] = number(&random) }
    let before = context
    let other = board.monitor.power.states[1 - core]
    board.platform.events = []
    let action = board.monitor.handle(slot: 8, core: core, context: &context)
    let identifier = UInt32(truncatingIfNeeded: before.x[0])
    for index in 1..<31 where context.x[index] != before.x[index] { return "X\(index) changed" }
    if (context.elr, context.spsr) != (before.elr, before.spsr) { return "goes on elsewhere" }
    if let event = board.platform.events.first(where: { $0 != .barrier }) { return "\(event)" }
    let asked: MonitorAction =
      switch identifier {
      case PSCI.systemOff: .powerOff
      case PSCI.systemReset: .reset
      case PSCI.systemReset2SMC32, PSCI.systemReset2SMC64: .reset
      case PSCI.cpuOff: .park
      case PSCI.cpuSuspend32, PSCI.cpuSuspend64:
        before.x[1] & 0xffff_ffff == 0 ? .standby : .suspend
      default: .resume
      }
    if action != .resume, action != asked { return "\(action) for \(identifier)" }
    if action == .resume, known.prefix(17).contains(identifier) == false, context.x[0] != .max {
      return "an answer to \(identifier)"
    }
    for number in 0..<2 {
      let (entry, _) = board.monitor.power.resumption(number)
      if entry != 0,
        entry & 3 != 0 || !(0x4000_0000..<0x8000_0000).contains(entry)
          || (0x7fe0_0000..<0x7fe2_0000).contains(entry)
      {
        return "an entry at \(entry)"
      }
    }
    let now = board.monitor.power.states[1 - core]
    if now != other, identifier != PSCI.cpuOn32, identifier != PSCI.cpuOn64 {
      return "another core"
    }
    if random.below(4) == 0 { board.monitor.power.states[1 - core] = .off }
    return nil
  }

  static func board() -> DelegationBoard {
    let board = DelegationBoard()
    board.platform.isRecording = true
    return board
  }

  @Test func everyCallIsAnsweredAndNothingElseChanges() {
    let fuzzer = Fuzzer.calls
    var random = SeededRandom(seed: fuzzer.seed)
    var board = Self.board()
    for run in 1...max(1, fuzzer.runs) {
      if let complaint = Self.call(&board, &random) {
        Issue.record("run \(run), seed \(fuzzer.seed): \(complaint)")
        return
      }
      fuzzer.tell(run)
    }
  }

  /// A firmware that starts cores in its own memory would be found.
  @Test func canaryAnEntryThatIsNotCheckedIsFound() {
    var random = SeededRandom(seed: Fuzzer.calls.fixedSeed)
    var board = Self.board()
    board.monitor.power.reserved = 0..<0
    for _ in 0..<Fuzzer.calls.shortRuns where Self.call(&board, &random) != nil { return }
    Issue.record("not found")
  }
}
