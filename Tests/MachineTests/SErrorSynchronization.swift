// Error synchronization events: ESB and DISR_EL1, and the implicit ones at exception entry and return
// (SCTLR_ELx.IESB; SCR_EL3.{EA,NMEA} at EL3). Arm ARM D20.5; the pseudocode AArch64.ESBOperation,
// TakeUnmaskedPhysicalSErrorInterrupts.

import Arm
import Testing

@testable import Machine

@Suite struct SErrorSynchronization {
  typealias World = ExternalAbortWorld
  typealias Setting = ExternalAbortWorld.Setting

  static let esb: UInt32 = 0xD503_221F
  static let eret: UInt32 = 0xD69F_03E0
  static let supervisorCall: UInt32 = 0xD400_0001

  static func register(_ level: UInt64, _ registers: [SystemRegister]) -> SystemRegister {
    registers[Int(level) - 1]
  }
  static func syndrome(_ world: World, _ level: UInt64) -> UInt64 {
    world.core.state[register(level, [.esrEL1, .esrEL2, .esrEL3])]
  }
  static func link(_ world: World, _ level: UInt64) -> UInt64 {
    world.core.state[register(level, [.elrEL1, .elrEL2, .elrEL3])]
  }

  @Test(arguments: [0, 1, 2, 3] as [UInt64])
  func anESBTakesOrDefersWhatIsInFlight(_ level: UInt64) throws {
    let world = try World()
    var (taken, deferred) = (0, 0)
    for (number, setting) in SErrorReference.settings(level).enumerated() {
      let iss = SErrorReference.syndromes[number % SErrorReference.syndromes.count]
      world.prepare(setting, code: [Self.esb, SErrorRoutes.loop], x1: 0)
      let before = world.words
      // Masked and pending already, or still in flight: an ESB makes no difference.
      world.core.raiseError(SystemError(iss: iss, delay: number % 2 == 0 ? 1000 : 0))
      let isImmediate = number % 2 == 1
      _ = world.run(instructions: 10)
      let state = world.core.state
      if let target = SErrorReference.target(setting) {
        taken += 1
        #expect(state.el == target, "\(setting)")
        #expect(Self.syndrome(world, target) == 0x2F << 26 | 1 << 25 | iss, "\(setting)")
        #expect(Self.link(world, target) == before[102] + (isImmediate ? 0 : 4), "\(setting)")
        #expect(state[.disrEL1] == 0)
      } else {
        deferred += 1
        let isDefined = iss & 1 << 24 != 0
        #expect(
          state[.disrEL1] == 1 << 31 | (isDefined ? iss : iss & 0x1E3F), "\(setting)")
        #expect(state.el == level && state.pc == before[102] + 4, "\(setting)")
      }
      #expect(state.pendingError | state.errorInFlight == 0, "\(setting)")
    }
    #expect(taken > 30 && deferred > 8)
  }

  @Test func anESBLeavesAVirtualErrorToVDISRBesideThePhysicalOne() throws {
    let world = try World()
    // EL1 of Secure state masks the physical SError; only a Non-secure guest has a virtual one.
    var setting = Setting()
    setting.flags = 1 << 8
    setting.amo = 1
    world.prepare(setting, code: [Self.esb, SErrorRoutes.loop], x1: 0)
    let state = world.core.state
    state[.hcrEL2] |= 1 << 8
    state[.vsesrEL2] = 0x811
    world.core.raiseError(SystemError(.recoverable, delay: 100))
    _ = world.run(instructions: 10)
    // The physical one goes to EL2, which no mask of the guest's keeps it from.
    #expect(state.el == 2)
    #expect(state[.esrEL2] == 0xBE00_0C11)
    #expect(state[.vdisrEL2] == 0x8000_0811)
    #expect(state[.hcrEL2] & 1 << 8 == 0)
    #expect(state[.disrEL1] == 0)
  }

  @Test(arguments: [0, 1, 2, 3] as [UInt64])
  func anExceptionSynchronizesErrorsWhereItsTargetAsksForIt(_ level: UInt64) throws {
    let world = try World()
    var counts: [String: Int] = [:]
    for base in SErrorReference.settings(level) {
      for iesb in [0, 1] as [UInt64] {
        var setting = base
        setting.iesb = iesb
        world.prepare(setting, code: [Self.supervisorCall, SErrorRoutes.nop], x1: 0)
        world.core.raiseError(SystemError(.restartable, delay: 1000))
        let state = world.core.state
        _ = world.board.run(instructions: 1)
        // SVC is taken to EL1, to EL2 of a host or with TGE, or to where it is.
        let entered = level == 0 ? (setting.hasEL2 && setting.tge == 1 ? 2 : 1) : level
        let isAtEL3 = entered == 3 && setting.ea == 1 && setting.nmea == 1
        guard iesb == 1 || isAtEL3 else {
          counts["in flight", default: 0] += 1
          #expect(state.errorInFlight == 1 << 31 | 0x811, "\(setting)")
          #expect(state.el == entered && state.pendingError == 0)
          continue
        }
        var handler = setting
        handler.level = entered
        handler.flags |= 1 << 8
        guard let target = SErrorReference.target(handler) else {
          counts["pending", default: 0] += 1
          #expect(state.pendingError == 1 << 31 | 0x811, "\(setting)")
          #expect(state.el == entered && state.errorInFlight == 0)
          continue
        }
        counts["taken", default: 0] += 1
        #expect(state.el == target && state.pendingError | state.errorInFlight == 0, "\(setting)")
        // IESB says what took it; it came before the handler's first instruction.
        #expect(Self.syndrome(world, target) == 0xBE00_2811, "\(setting)")
        let base = state[Self.register(entered, [.vbarEL1, .vbarEL2, .vbarEL3])]
        let group: UInt64 = entered > level ? 0x400 : setting.spSel == 1 ? 0x200 : 0
        #expect(Self.link(world, target) == base + group, "\(setting)")
        #expect(state.pc & 0x7FF == (target > entered ? 0x400 : 0x200) + 0x180, "\(setting)")
      }
    }
    #expect(counts["in flight", default: 0] > 8 && counts["taken", default: 0] > 8)
    #expect(counts["pending", default: 0] > 8, "\(counts)")
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func anExceptionReturnSynchronizesErrorsWhereItsLevelAsksForIt(_ level: UInt64) throws {
    let world = try World()
    var counts: [String: Int] = [:]
    for base in SErrorReference.settings(level) {
      for iesb in [0, 1] as [UInt64] {
        var setting = base
        setting.iesb = iesb
        world.prepare(setting, code: [Self.eret, SErrorRoutes.nop, SErrorRoutes.loop], x1: 0)
        let state = world.core.state
        let start = state.pc
        state[Self.register(level, [.elrEL1, .elrEL2, .elrEL3])] = start + 8
        // Back to the same level, masked.
        state[Self.register(level, [.spsrEL1, .spsrEL2, .spsrEL3])] =
          0x3C0 | level << 2 | setting.spSel
        world.core.raiseError(SystemError(.recoverable, delay: 1000))
        _ = world.board.run(instructions: 1)
        let isSynchronized =
          iesb == 1 || level == 3 && setting.ea == 1 && setting.nmea == 1
        guard isSynchronized, let target = SErrorReference.target(setting) else {
          counts["returned", default: 0] += 1
          #expect(state.pc == start + 8 && state.el == level, "\(setting)")
          #expect(
            isSynchronized
              ? state.pendingError == 1 << 31 | 0xC11 : state.errorInFlight == 1 << 31 | 0xC11,
            "\(setting)")
          continue
        }
        counts["taken", default: 0] += 1
        #expect(state.el == target && state.pendingError | state.errorInFlight == 0, "\(setting)")
        #expect(Self.syndrome(world, target) == 0xBE00_2C11, "\(setting)")
        #expect(Self.link(world, target) == start, "the ERET has not been executed: \(setting)")
      }
    }
    #expect(counts["returned", default: 0] > 8 && counts["taken", default: 0] > 8)
  }

  @Test func theDeferredErrorIsReadAndClearedWhereTheManualSays() throws {
    let world = try World()
    for level in [1, 2, 3] as [UInt64] {
      for setting in SErrorReference.settings(level) {
        // MRS X3, DISR_EL1; MSR DISR_EL1, XZR; loop.
        world.prepare(setting, code: [0xD538_C123, 0xD518_C13F, SErrorRoutes.loop], x1: 0)
        let state = world.core.state
        state[.disrEL1] = 0x8000_0C11
        state[.vdisrEL2] = 0x8000_0811
        _ = world.board.run(instructions: 2)
        let isVirtual = level == 1 && setting.hasEL2 && setting.amo == 1
        let isHidden = !isVirtual && level < 3 && setting.ea == 1
        #expect(
          state[x: 3] == (isVirtual ? 0x8000_0811 : isHidden ? 0 : 0x8000_0C11), "\(setting)")
        #expect(state[.vdisrEL2] == (isVirtual ? 0 : 0x8000_0811), "\(setting)")
        #expect(state[.disrEL1] == (isVirtual || isHidden ? 0x8000_0C11 : 0), "\(setting)")
      }
    }
  }
}
