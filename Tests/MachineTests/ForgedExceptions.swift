// Forged = hardware. The same abort, once with SCR_EL3.EA = 0, where the machine delivers it, and once
// with EA = 1, where it goes to EL3 and the built firmware forges it: below EL3 nothing may tell the
// two apart.

import Arm
import Testing

@testable import Machine

@Suite struct ForgedExceptions {
  typealias World = ExternalAbortWorld
  typealias Setting = ExternalAbortWorld.Setting
  typealias Meeting = ExternalAbortRoutes.Meeting

  /// Words of state that may differ, and why. Everything else is compared.
  static let excluded: [(words: [Int], reason: String)] = [
    (
      [.esrEL3, .farEL3, .elrEL3, .spsrEL3].map(word),
      "EL3's own: the hardware wrote them when it took the abort to EL3"
    ),
    ([word(.scrEL3)], "EA is the difference between the runs"),
    ([119], "instructions executed: the firmware's are more"),
    (
      [115, 116, 117, 118],
      "an exception return clears the local exclusive monitor (Arm ARM B2.12), an entry need not"
    ),
    ([121], "an exception return sets the event register (Arm ARM D1.7.1)"),
  ]

  static func word(_ register: SystemRegister) -> Int {
    CoreState.systemRegisters + register.ordinal
  }

  static let ignored = Set(excluded.flatMap(\.words))

  /// The most instructions a run may take.
  static let budget: UInt64 = 200_000

  /// One run of a meeting.
  struct Outcome {
    var words: [UInt64]
    var isAtRest: Bool
    var instructions: UInt64
    var data: [UInt8]?
  }

  static func run(
    _ forged: ForgedWorld, _ setting: Setting, _ meeting: Meeting, poison: Poison = Poison()
  ) -> (before: [UInt64], after: Outcome) {
    let world = forged.world
    world.prepare(setting, code: meeting.words, x1: meeting.address)
    if meeting.cause.access == .fetch { world.core.state.pc = meeting.address }
    if let line = meeting.poison {
      world.board.bus.plantPoison(PhysicalAddress(line), poison)
    }
    let before = world.words
    let start = world.core.state.instructions
    let isAtRest = world.run(instructions: budget)
    return (
      before,
      Outcome(
        words: world.words, isAtRest: isAtRest,
        instructions: world.core.state.instructions - start,
        data: world.board.bus.readBytes(PhysicalAddress(World.data & ~0xFFF), count: 4096))
    )
  }

  /// What differs between hardware and firmware, and between hardware and the manual; the
  /// firmware's instructions.
  static func compare(
    _ forged: ForgedWorld, _ setting: Setting, _ meeting: Meeting, poison: Poison = Poison()
  ) -> (differences: [String], instructions: UInt64) {
    var direct = setting
    direct.ea = 0
    let (before, hardware) = run(forged, direct, meeting, poison: poison)
    direct.ea = 1
    let (_, firmware) = run(forged, direct, meeting, poison: poison)
    direct.ea = 0
    var differences = World.differences(hardware.words, firmware.words, ignoring: ignored)
    if !hardware.isAtRest { differences.append("hardware: no WFI of a vector was reached") }
    if !firmware.isAtRest { differences.append("firmware: no WFI of a vector was reached") }
    if hardware.data != firmware.data { differences.append("memory differs") }
    let expected = AbortReference.state(
      after: before, direct, meeting.cause, faultAddress: meeting.address)
    differences += World.differences(expected, hardware.words, ignoring: ignored)
      .map { "the manual: " + $0 }
    return (differences, firmware.instructions &- hardware.instructions)
  }

  /// Counts and shows failures, the first few in full.
  struct Tally {
    var count = 0
    var failures = 0
    var fewest = UInt64.max
    var most: UInt64 = 0

    mutating func add(
      _ result: (differences: [String], instructions: UInt64), _ what: @autoclosure () -> String
    ) {
      count += 1
      fewest = min(fewest, result.instructions)
      most = max(most, result.instructions)
      guard !result.differences.isEmpty else { return }
      failures += 1
      if failures <= 10 {
        Issue.record("\(what()): \(result.differences.joined(separator: "; "))")
      }
    }

    func finish(_ name: String, atLeast: Int) {
      #expect(failures == 0)
      #expect(count >= atLeast, "the combinations were not enumerated")
      print("\(name): \(count) aborts, EL3 took \(fewest) to \(most) instructions")
    }
  }

  /// Settings of a level in which hardware and firmware can differ: routing, vector, translation.
  static func settings(_ level: UInt64) -> [Setting] {
    ExternalAbortRoutes.settings(level).filter {
      $0.isNonSecure && $0.ea == 0 && $0.ease == 0
    }
  }

  @Test(arguments: [0, 1, 2] as [UInt64])
  func everyAbortLooksTheSameWhetherDeliveredOrForged(_ level: UInt64) throws {
    let forged = try ForgedWorld()
    var tally = Tally()
    for base in Self.settings(level) {
      for meeting in ExternalAbortRoutes.meetings(forged.world, base) {
        var setting = base
        ExternalAbortRoutes.vary(&setting, UInt64(tally.count))
        tally.add(
          Self.compare(forged, setting, meeting), "\(setting) \(meeting)")
      }
    }
    tally.finish("from EL\(level)", atLeast: 100)
  }

  /// Every PSTATE and control bit that exception entry looks at, for one abort from each origin to
  /// each target.
  @Test(arguments: [0, 1, 2] as [UInt64])
  func everyProcessStateLooksTheSameWhetherDeliveredOrForged(_ level: UInt64) throws {
    let forged = try ForgedWorld()
    var tally = Tally()
    for base in Self.settings(level) where base.mode == .stage1 {
      // TEA is nothing to an abort of EL2 itself.
      if level == 2, base.tea == 1 { continue }
      let meetings = ExternalAbortRoutes.meetings(forged.world, base)
      let meeting = meetings[0]
      for bits in 0..<UInt64(32) {
        for daif in 0..<UInt64(16) where (bits ^ bits >> 1 ^ daif) & 1 == 0 {
          var setting = base
          // NZCV takes each of its values with each of the others' over the loop.
          let flags = (bits &* 7 &+ daif &* 5) & 0xF
          setting.flags =
            flags << 28 | daif << 6 | (bits & 3) << 22 | (bits >> 2 & 1) << 12
          setting.span = bits >> 3 & 1
          setting.dssbs = bits >> 4 & 1
          tally.add(Self.compare(forged, setting, meeting), "\(setting)")
        }
      }
    }
    tally.finish("PSTATE from EL\(level)", atLeast: 1000)
  }

  /// Every instruction that loads, by poison and by nothing there; stores to nothing.
  @Test func everyInstructionLooksTheSameWhetherDeliveredOrForged() throws {
    let forged = try ForgedWorld()
    var tally = Tally()
    for setting in ExternalAbortAccesses.settings where setting.level < 3 {
      for (isWrite, instructions) in [
        (false, ExternalAbortAccesses.loads), (true, ExternalAbortAccesses.stores),
      ] {
        for instruction in instructions {
          for poison in isWrite ? [false] : [false, true] {
            // X3, an index register, is what `prepare` puts there: the address is corrected for it.
            let address = poison ? World.dataVA : World.nothingVA
            let meeting = Meeting(
              cause: AbortCause(access: isWrite ? .write : .read),
              words: [0xD280_0003, 0xD280_0000, instruction.word], address: address,
              poison: poison ? World.data : nil)
            tally.add(
              Self.compareInstruction(forged, setting, meeting, offset: instruction.offset),
              "\(instruction.text) \(setting)")
          }
        }
      }
    }
    tally.finish("instructions", atLeast: 500)
  }

  /// As `compare`, for an instruction that is not the first and may add to its base.
  private static func compareInstruction(
    _ forged: ForgedWorld, _ setting: Setting, _ meeting: Meeting, offset: UInt64
  ) -> (differences: [String], instructions: UInt64) {
    var setting = setting
    var meeting = meeting
    meeting.address &-= offset
    setting.ea = 0
    let hardware = run(forged, setting, meeting).after
    setting.ea = 1
    let firmware = run(forged, setting, meeting).after
    var differences = World.differences(hardware.words, firmware.words, ignoring: ignored)
    if !hardware.isAtRest || !firmware.isAtRest {
      differences.append("no WFI of a vector was reached")
    }
    if hardware.data != firmware.data { differences.append("memory differs") }
    return (differences, firmware.instructions &- hardware.instructions)
  }

  /// The states that firmware does not end the run for.
  @Test(arguments: [ErrorState.deferred, .restartable, .recoverable], [0, 1, 2] as [UInt64])
  func everySurvivableErrorLooksTheSameWhetherDeliveredOrForged(
    _ state: ErrorState, _ level: UInt64
  ) throws {
    let forged = try ForgedWorld()
    var tally = Tally()
    for base in Self.settings(level) where base.mode != .flat {
      for var meeting in ExternalAbortRoutes.meetings(forged.world, base) {
        guard meeting.poison != nil, meeting.cause.place == .access else { continue }
        meeting.cause.errorType = AbortReference.errorType(state)
        tally.add(
          Self.compare(forged, base, meeting, poison: Poison(state: state)),
          "\(state) \(base) \(meeting)")
      }
    }
    tally.finish("\(state) from EL\(level)", atLeast: 4)
  }
}
