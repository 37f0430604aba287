// The error records as instructions see them: who may touch them, and what a write clears.

import Arm
import Platform
import Testing

@testable import Machine

@Suite struct ExternalAbortRecords {
  typealias World = ExternalAbortWorld
  typealias Setting = ExternalAbortWorld.Setting

  /// A register behind ERRSELR_EL1: CRm, op2 (op0 3, op1 0, CRn 5). Arm ARM D20.7.
  struct Name {
    var text: String
    var crm: UInt32
    var op2: UInt32
    var isReadOnly = false
    var isInjection = false
  }

  static let names: [Name] = [
    Name(text: "ERRIDR_EL1", crm: 3, op2: 0, isReadOnly: true),
    Name(text: "ERRSELR_EL1", crm: 3, op2: 1),
    Name(text: "ERXFR_EL1", crm: 4, op2: 0, isReadOnly: true),
    Name(text: "ERXCTLR_EL1", crm: 4, op2: 1),
    Name(text: "ERXSTATUS_EL1", crm: 4, op2: 2),
    Name(text: "ERXADDR_EL1", crm: 4, op2: 3),
    Name(text: "ERXPFGF_EL1", crm: 4, op2: 4, isReadOnly: true, isInjection: true),
    Name(text: "ERXPFGCTL_EL1", crm: 4, op2: 5, isInjection: true),
    Name(text: "ERXPFGCDN_EL1", crm: 4, op2: 6, isInjection: true),
    Name(text: "ERXMISC0_EL1", crm: 5, op2: 0),
    Name(text: "ERXMISC1_EL1", crm: 5, op2: 1),
    Name(text: "ERXMISC2_EL1", crm: 5, op2: 2),
    Name(text: "ERXMISC3_EL1", crm: 5, op2: 3),
  ]

  /// MRS or MSR of a register and X`rt`.
  static func instruction(_ name: Name, isRead: Bool, rt: UInt32) -> UInt32 {
    (isRead ? 0xD538_0000 : 0xD518_0000) | 5 << 12 | name.crm << 8 | name.op2 << 5 | rt
  }

  /// Where an access ends: a level and its syndrome, or nil if it is done.
  static func outcome(
    _ name: Name, isRead: Bool, rt: UInt64, _ setting: Setting, scrTERR: Bool, hcrTERR: Bool,
    scrFIEN: Bool, hcrFIEN: Bool
  ) -> (level: UInt64, syndrome: UInt64)? {
    let undefined: UInt64 = 1 << 25
    if setting.level == 0 {
      return (setting.hasEL2 && setting.tge == 1 ? 2 : 1, undefined)
    }
    if name.isReadOnly, !isRead { return (setting.level, undefined) }
    // EC 0x18: Op0 21:20, Op2 19:17, Op1 16:14, CRn 13:10, Rt 9:5, CRm 4:1, direction 0.
    let trap: UInt64 =
      0x18 << 26 | 1 << 25 | 3 << 20 | UInt64(name.op2) << 17 | 5 << 10 | rt << 5
      | UInt64(name.crm) << 1 | (isRead ? 1 : 0)
    if setting.level == 1, setting.hasEL2 {
      if hcrTERR || (name.isInjection && !hcrFIEN) { return (2, trap) }
    }
    if setting.level < 3, scrTERR || (name.isInjection && !scrFIEN) { return (3, trap) }
    return nil
  }

  @Test(arguments: [0, 1, 2, 3] as [UInt64])
  func everyAccessToTheRecordsIsTrappedWhereTheControlsSay(_ level: UInt64) throws {
    let world = try World()
    var count = 0
    for bits in 0..<UInt64(128) {
      var setting = Setting()
      setting.level = level
      setting.isNonSecure = bits & 1 == 1
      setting.tge = bits >> 1 & 1
      setting.e2h = bits >> 2 & 1
      guard setting.isPossible else { continue }
      func bit(_ n: UInt64) -> UInt64 { bits >> n & 1 }
      for name in Self.names {
        for isRead in [false, true] {
          count += 1
          let rt: UInt64 = bits & 1 == 1 ? 2 : 30
          let word = Self.instruction(name, isRead: isRead, rt: UInt32(rt))
          world.prepare(setting, code: [word, 0xD503_207F], x1: 0)
          let state = world.core.state
          state[.scrEL3] |= bit(3) << 15 | bit(4) << 21
          state[.hcrEL2] |= bit(5) << 36 | bit(6) << 47
          world.core.pendingEffects = [.translation, .privilege, .interruptMask]
          let isAtRest = world.run()
          let expected = Self.outcome(
            name, isRead: isRead, rt: rt, setting, scrTERR: bit(3) == 1, hcrTERR: bit(5) == 1,
            scrFIEN: bit(4) == 1, hcrFIEN: bit(6) == 1)
          let syndrome: UInt64 =
            switch state.el {
            case 1: state[.esrEL1]
            case 2: state[.esrEL2]
            default: state[.esrEL3]
            }
          let link: UInt64 =
            switch state.el {
            case 1: state[.elrEL1]
            case 2: state[.elrEL2]
            default: state[.elrEL3]
            }
          let isGood: Bool
          if let expected {
            isGood =
              state.el == expected.level && syndrome == expected.syndrome && link == World.code
          } else {
            isGood = state.el == level && state.pc == World.code + 8
          }
          #expect(
            isGood && isAtRest,
            "\(name.text) \(isRead) \(setting) \(bits): \(World.hex(syndrome)) at EL\(state.el)")
        }
      }
    }
    #expect(count > 400)
  }

  /// MSR ERRSELR_EL1, X0; ISB; MSR ERXSTATUS_EL1, X2; ISB; MRS X3, ERXSTATUS_EL1; WFI.
  static let clearing: [UInt32] = [
    0xD518_5320, 0xD503_3FDF, 0xD518_5442, 0xD503_3FDF, 0xD538_5443, 0xD503_207F,
  ]

  /// RASSA 2.4.4, version 1.1: a write is ignored unless it clears all of V, UE, OF, CE and DE that
  /// are set; otherwise each field that is written with ones becomes zero.
  static func afterWrite(_ value: UInt64, to status: UInt64) -> UInt64 {
    let deciding: [UInt64] = [1 << 30, 1 << 29, 1 << 27, 3 << 24, 1 << 23]
    for field in deciding where status & field != 0 && value & field != field { return status }
    // AV, V, UE, ER, OF, MV, CE, DE, PN, UET, CI.
    let clearable: [UInt64] = [
      1 << 31, 1 << 30, 1 << 29, 1 << 28, 1 << 27, 1 << 26, 3 << 24, 1 << 23, 1 << 22, 3 << 20,
      1 << 19,
    ]
    var result = status & ~0xFFFF
    for field in clearable where value & field == field { result &= ~field }
    return result | value & 0xFFFF  // IERR and SERR are read/write
  }

  @Test func aWriteToTheStatusClearsAllThatIsSetOrNothing() throws {
    let world = try World()
    var setting = Setting()
    setting.level = 3
    let fields: [UInt64] = [1 << 30, 1 << 29, 1 << 27, 2 << 24, 1 << 23]
    let ones: [UInt64] = [1 << 30, 1 << 29, 1 << 27, 3 << 24, 1 << 23]
    func choose(_ from: [UInt64], _ bits: Int) -> UInt64 {
      from.indices.reduce(0) { $0 | (bits >> $1 & 1 == 1 ? from[$1] : 0) }
    }
    for node in [ErrorNode.processor, ErrorNode.memory] {
      for present in 0..<32 {
        // Syndrome fields come and go with the others.
        let status =
          choose(fields, present) | (present & 1 == 1 ? 1 << 31 | 1 << 28 | 3 << 20 : 0) | 0x0C
        for cleared in 0..<32 {
          let value = choose(ones, cleared) | (cleared & 2 == 2 ? 1 << 31 | 3 << 20 : 0) | 0x12
          world.prepare(setting, code: Self.clearing, x1: 0)
          if node == ErrorNode.memory {
            world.board.ras[ErrorNode.memory].record.status.rawValue = status
          } else {
            world.board.ras[ErrorNode.processor, core: 0].record.status.rawValue = status
          }
          world.core.state[x: 0] = node
          world.core.state[x: 2] = value
          #expect(world.run())
          let found = world.core.state[x: 3]
          let expected = Self.afterWrite(value, to: status)
          #expect(
            found == expected,
            "\(World.hex(value)) to \(World.hex(status)): \(World.hex(found))")
        }
      }
    }
  }

  @Test func aReadErrorIsFoundAndClearedThroughTheRegisters() throws {
    let world = try World()
    var setting = Setting()
    setting.level = 3
    world.prepare(setting, code: [ExternalAbortRoutes.load], x1: World.data)
    world.board.bus.plantPoison(PhysicalAddress(World.data))
    #expect(world.run())
    let status = AbortReference.memoryStatus(.recoverable, code: 0x0C)
    #expect(world.board.ras[ErrorNode.memory].record.status.rawValue == status)
    // MRS X3, ERXSTATUS; MRS X4, ERXADDR; MRS X5, ERXMISC3, then the clearing write of all ones.
    world.prepare(
      setting,
      code: [
        0xD518_5320, 0xD503_3FDF, 0xD538_5443, 0xD538_5464, 0xD538_5565, 0xD518_5442,
        0xD538_5446, 0xD503_207F,
      ], x1: 0, isContinued: true)
    let state = world.core.state
    state[x: 0] = ErrorNode.memory
    state[x: 2] = 0xFFF8_0000
    #expect(world.run())
    #expect(state[x: 3] == status)
    #expect(state[x: 4] == World.data)  // EL3 reads the Secure address space: NS is 0
    #expect(state[x: 5] <= world.board.now / 16)
    #expect(state[x: 6] & 0xFFF8_0000 == 0)
    // The line is still poisoned: the next read is a new error.
    world.prepare(
      setting, code: [ExternalAbortRoutes.load], x1: World.data, isContinued: true)
    #expect(world.run())
    #expect(world.board.ras[ErrorNode.memory].record.status.rawValue == status)
    // And the one after it an overflow.
    world.prepare(
      setting, code: [ExternalAbortRoutes.load], x1: World.data, isContinued: true)
    #expect(world.run())
    #expect(world.board.ras[ErrorNode.memory].record.status.rawValue == status | 1 << 27)
  }
}
