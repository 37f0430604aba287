// Every external abort the machine can meet, at every level and under every control that routes it:
// one run each, compared word for word with the reference.

import Arm
import Platform
import Testing

@testable import Machine

@Suite struct ExternalAbortRoutes {
  typealias World = ExternalAbortWorld
  typealias Setting = ExternalAbortWorld.Setting

  /// One way to meet an abort in a setting.
  struct Meeting {
    var cause: AbortCause
    var words: [UInt32]
    /// What the instruction accesses, or where it is if it is a fetch.
    var address: UInt64
    /// The line to poison; nil where nothing is mapped.
    var poison: UInt64?
  }

  static let load: UInt32 = 0xF940_0020  // LDR X0, [X1]
  static let store: UInt32 = 0xF900_0022  // STR X2, [X1]

  /// AT for the level's own regime, X1; EL0 has none.
  static func addressTranslation(_ level: UInt64) -> UInt32? {
    switch level {
    case 0: nil
    case 1: 0xD508_7801  // AT S1E1R
    case 2: 0xD50C_7801  // AT S1E2R
    default: 0xD50E_7801  // AT S1E3R
    }
  }

  static func meetings(_ world: World, _ setting: Setting) -> [Meeting] {
    var result: [Meeting] = []
    func add(
      _ place: AbortCause.Place, _ access: AbortCause.Access, _ address: UInt64, poison: UInt64?
    ) {
      let word: UInt32
      switch access {
      case .read: word = load
      case .write: word = store
      case .fetch: word = 0xD503_201F
      case .addressTranslation:
        guard let instruction = addressTranslation(setting.level) else { return }
        word = instruction
      }
      result.append(
        Meeting(
          cause: AbortCause(place: place, access: access), words: [word], address: address,
          poison: poison))
    }
    guard setting.mode != .flat else {
      add(.access, .read, World.data, poison: World.data)
      add(.access, .fetch, World.data, poison: World.data)
      for access in [AbortCause.Access.read, .write, .fetch] {
        add(.access, access, World.nothing, poison: nil)
      }
      return result
    }
    let isPrivate = setting.level != 0 && (setting.regime == .el10 || setting.regime == .el20)
    let data = isPrivate ? World.privateVA : World.dataVA
    let nothing = isPrivate ? World.privateNothingVA : World.nothingVA
    add(.access, .read, data, poison: World.data)
    add(.access, .fetch, data, poison: World.data)
    for access in [AbortCause.Access.read, .write, .fetch] {
      add(.access, access, nothing, poison: nil)
      for level in 1...3 {
        add(
          .stage1(UInt64(level)), access, World.missingTableVA[level - 1], poison: nil)
      }
    }
    let places = setting.mode == .stage2 ? world.guestPlaces : world.plainPlaces
    for level in 0..<4 {
      for access in [AbortCause.Access.read, .write, .fetch, .addressTranslation] {
        add(.stage1(UInt64(level)), access, data, poison: places[level])
        guard setting.mode == .stage2 else { continue }
        for table in 1...3 {
          add(
            .stage2OfStage1(UInt64(level)), access, data,
            poison: world.stage2TablePlaces[table][level])
        }
        // AT S1E1R leaves the second stage of the address itself out.
        if access == .addressTranslation { continue }
        add(.stage2(UInt64(level)), access, data, poison: world.stage2Places[level])
      }
    }
    return result
  }

  /// Every setting of a level that exists.
  static func settings(_ level: UInt64) -> [Setting] {
    var result: [Setting] = []
    for bits in 0..<UInt64(128) {
      for mode in World.Mode.allCases {
        var setting = Setting()
        setting.level = level
        setting.spSel = bits & 1
        if level == 0, bits & 1 == 0 { continue }
        setting.isNonSecure = bits >> 1 & 1 == 1
        setting.ea = bits >> 2 & 1
        setting.ease = bits >> 3 & 1
        setting.tea = bits >> 4 & 1
        setting.tge = bits >> 5 & 1
        setting.e2h = bits >> 6 & 1
        setting.mode = mode
        if setting.isPossible { result.append(setting) }
      }
    }
    return result
  }

  /// PSTATE and SCTLR bits that vary from run to run; every pair of values of any two comes up.
  static func vary(_ setting: inout Setting, _ count: UInt64) {
    let mixed = (count &+ 1) &* 0x9E37_79B9_7F4A_7C15 >> 32
    setting.flags =
      (mixed & 0xF) << 28 | (mixed >> 4 & 0xF) << 6 | (mixed >> 8 & 3) << 22
      | (mixed >> 10 & 1) << 12
    setting.span = mixed >> 11 & 1
    setting.dssbs = mixed >> 12 & 1
  }

  @Test(arguments: [0, 1, 2, 3] as [UInt64])
  func abortsOfEveryKindReachTheRightLevelWithTheRightState(_ level: UInt64) throws {
    let world = try World()
    var count: UInt64 = 0
    var failures = 0
    for base in Self.settings(level) {
      for meeting in Self.meetings(world, base) {
        count += 1
        var setting = base
        Self.vary(&setting, count)
        let differences = Self.run(world, setting, meeting)
        if !differences.isEmpty {
          failures += 1
          if failures <= 8 {
            Issue.record("\(setting) \(meeting): \(differences.joined(separator: "; "))")
          }
        }
      }
    }
    #expect(failures == 0)
    #expect(count > 300, "the combinations were not enumerated")
  }

  /// Runs one meeting; what differs from the reference.
  static func run(_ world: World, _ setting: Setting, _ meeting: Meeting) -> [String] {
    world.prepare(setting, code: meeting.words, x1: meeting.address)
    if meeting.cause.access == .fetch { world.core.state.pc = meeting.address }
    if let line = meeting.poison { world.board.bus.plantPoison(PhysicalAddress(line)) }
    let before = world.words
    let isAtRest = world.run()
    var expected = AbortReference.state(
      after: before, setting, meeting.cause, faultAddress: meeting.address)
    let found = world.words
    expected[119] = found[119]  // instructions executed
    var differences = World.differences(expected, found)
    if !isAtRest { differences.append("no vector's WFI was reached") }

    let record = world.board.ras[ErrorNode.memory].record
    let status: UInt64
    var address: UInt64 = 0
    if let line = meeting.poison {
      status = AbortReference.memoryStatus(.recoverable, code: 0x0C)
      address = line & ~63 | (isNonSecureAccess(setting) ? 1 << 63 : 0)
    } else {
      status = 0
    }
    if record.status.rawValue != status {
      differences.append(
        "ERR1STATUS: expected \(World.hex(status)), found \(World.hex(record.status.rawValue))")
    }
    if record.address.rawValue != address {
      differences.append(
        "ERR1ADDR: expected \(World.hex(address)), found \(World.hex(record.address.rawValue))")
    }
    if world.board.ras[ErrorNode.processor, core: 0].record.status.rawValue != 0 {
      differences.append("ERR0STATUS is not empty")
    }
    return differences
  }

  /// EL3 and a Secure world access the Secure address space through these tables.
  static func isNonSecureAccess(_ setting: Setting) -> Bool {
    setting.level != 3 && setting.isNonSecure
  }
}
