// Physical SErrors: every level, control and mask that decides whether one is taken, and by whom; a
// run each, compared word for word with a reference written from the manual's tables (Arm ARM
// D20.4.4; D1.4.6 for masking and FEAT_DoubleFault).

import Arm
import Platform
import Testing

@testable import Machine

/// What the manual says becomes of a pending physical SError.
enum SErrorReference {
  typealias Setting = ExternalAbortWorld.Setting

  /// The level that takes it now; nil while it stays pending.
  static func target(_ setting: Setting) -> UInt64? {
    let isMasked = setting.isMasked
    if setting.ea == 1 {
      if setting.level < 3 { return 3 }
      return isMasked && setting.nmea == 0 ? nil : 3
    }
    if setting.level == 3 { return nil }
    let own: UInt64? = isMasked ? nil : 1
    guard setting.isNonSecure else { return own }
    switch (setting.level, setting.tge, setting.e2h, setting.amo) {
    case (2, 0, _, 0): return nil
    case (2, _, _, _): return isMasked ? nil : 2
    case (0, 1, 1, _): return isMasked ? nil : 2
    case (0, 1, 0, _), (_, _, _, 1): return 2
    default: return own
    }
  }

  /// ISS values of all kinds: each AET, with EA, uncategorized, IMPLEMENTATION DEFINED.
  static let syndromes: [UInt64] = [
    0x11, 0x411, 0x811, 0xC11, 0x1811, 0xE11, 0x0, 0x100_0000, 0x1AB_CDEF,
  ]

  /// Every setting of a level that matters.
  static func settings(_ level: UInt64) -> [Setting] {
    var result: [Setting] = []
    for bits in 0..<UInt64(1024) {
      func bit(_ n: UInt64) -> UInt64 { bits >> n & 1 }
      var setting = Setting()
      setting.level = level
      setting.spSel = bit(0)
      if level == 0, bit(0) == 0 { continue }
      setting.isNonSecure = bit(1) == 1
      (setting.ea, setting.ease, setting.nmea) = (bit(2), bit(3), bit(4))
      (setting.tge, setting.e2h, setting.amo) = (bit(5), bit(6), bit(7))
      setting.mode = bit(9) == 0 ? .flat : .stage1
      guard setting.isPossible else { continue }
      ExternalAbortRoutes.vary(&setting, bits)
      setting.flags = setting.flags & ~(1 << 8) | bit(8) << 8
      result.append(setting)
    }
    return result
  }
}

@Suite struct SErrorRoutes {
  typealias World = ExternalAbortWorld
  typealias Setting = ExternalAbortWorld.Setting

  static let nop: UInt32 = 0xD503_201F
  /// B to itself.
  static let loop: UInt32 = 0x1400_0000

  @Test(arguments: [0, 1, 2, 3] as [UInt64])
  func aPendingSErrorIsTakenWhereAndWhenTheManualSays(_ level: UInt64) throws {
    let world = try World()
    var (taken, kept, failures) = (0, 0, 0)
    for (number, setting) in SErrorReference.settings(level).enumerated() {
      let iss = SErrorReference.syndromes[number % SErrorReference.syndromes.count]
      world.prepare(setting, code: [Self.nop, Self.loop], x1: 0)
      let before = world.words
      world.core.raiseError(SystemError(iss: iss))
      let isAtRest = world.run()
      let found = world.words
      var expected: [UInt64]
      if let target = SErrorReference.target(setting) {
        expected = AbortReference.entry(
          after: before, setting, target: target, syndrome: 0x2F << 26 | 1 << 25 | iss,
          faultAddress: nil, slot: 0x180)
        taken += 1
      } else {
        expected = before
        expected[102] += 4
        expected[123] = 1 << 31 | iss
        kept += 1
      }
      expected[119] = found[119]
      let differences = World.differences(expected, found)
      if !differences.isEmpty || isAtRest != (SErrorReference.target(setting) != nil) {
        failures += 1
        if failures <= 8 {
          Issue.record("\(setting) \(World.hex(iss)): \(differences.joined(separator: "; "))")
        }
      }
    }
    #expect(failures == 0)
    #expect(taken > 30 && kept > 8, "the combinations were not enumerated")
  }

  @Test func aPendingSErrorIsSeenInISRAsTheManualSays() throws {
    let world = try World()
    // MRS X3, ISR_EL1; then a loop.
    for level in [1, 2, 3] as [UInt64] {
      for var setting in SErrorReference.settings(level) {
        setting.flags |= 1 << 8
        guard SErrorReference.target(setting) == nil else { continue }
        for isPending in [false, true] {
          for vse in [0, 1] as [UInt64] {
            world.prepare(setting, code: [0xD538_C103, Self.loop], x1: 0)
            world.core.state[.hcrEL2] |= vse << 8
            if isPending { world.core.raiseError(SystemError(.recoverable)) }
            _ = world.run()
            let isVirtual = level == 1 && setting.hasEL2 && setting.amo == 1
            #expect(
              world.core.state[x: 3] >> 8 == (isVirtual ? vse : isPending ? 1 : 0), "\(setting)")
          }
        }
      }
    }
  }

  @Test func ofTwoSErrorsTheWorseIsTaken() throws {
    let world = try World()
    // Best to worst: CE, UEO, UER, UEU, UC, IMPLEMENTATION DEFINED.
    let order: [UInt64] = [0x1811, 0x811, 0xC11, 0x411, 0x11, 0x100_0000]
    for (first, a) in order.enumerated() {
      for (second, b) in order.enumerated() {
        for delay in [0, 5] as [UInt64] {
          world.prepare(Setting(), code: [UInt32](repeating: Self.nop, count: 16), x1: 0)
          world.core.raiseError(SystemError(iss: a, delay: delay))
          world.core.raiseError(SystemError(iss: b, delay: delay))
          #expect(world.run())
          #expect(world.core.state[.esrEL1] & 0x1FF_FFFF == order[max(first, second)])
        }
      }
    }
  }

  @Test func anSErrorIsTakenBeforeInterruptsAndAMaskedOneHoldsThemNotUp() throws {
    let world = try World()
    for isMasked in [false, true] {
      var setting = Setting()
      setting.flags = isMasked ? 1 << 8 : 0
      setting.amo = 0
      world.prepare(setting, code: [Self.nop, Self.loop], x1: 0)
      let core = world.core
      // A virtual IRQ that HCR_EL2.VI makes pending is the simplest interrupt there is.
      core.state[.hcrEL2] |= 1 << 4 | 1 << 7
      core.raiseError(SystemError(.restartable))
      _ = world.board.run(instructions: 1)
      let slot = core.state.pc & 0x780
      #expect(slot == (isMasked ? 0x280 : 0x380))
      #expect((core.state.pendingError != 0) == isMasked)
    }
  }

  @Test func aPendingSErrorEndsAWaitEvenIfMasked() throws {
    let world = try World()
    var setting = Setting()
    setting.flags = 1 << 8
    // WFI; MOV X5, #1; loop. Pending before, and arriving while the core waits.
    for delay in [0, 1000] as [UInt64] {
      world.prepare(setting, code: [0xD503_207F, 0xD280_0025, Self.loop], x1: 0)
      world.core.raiseError(SystemError(.recoverable, delay: delay))
      let start = world.board.now
      #expect(world.board.run(instructions: 10) == .budget)
      #expect(world.core.state[x: 5] == 1)
      #expect(world.board.now >= start + delay)
    }
  }

  @Test func anErrorInFlightArrivesAfterItsDelayHoweverTheRunIsCut() throws {
    for delay in [1, 7, 100, 8191, 8192, 20_000] as [UInt64] {
      var hashes: Set<UInt64> = []
      for slice in [1, 3, 1000, 100_000] as [UInt64] {
        if slice < 1000, delay > 1000 { continue }
        let world = try World()
        world.prepare(Setting(), code: [Self.nop, Self.loop], x1: 0)
        world.core.raiseError(SystemError(.recoverable, delay: delay))
        var left = delay
        while left > 0 {
          let count = min(slice, left)
          #expect(world.board.run(instructions: count) == .budget)
          left -= count
        }
        #expect(world.core.state[.esrEL1] >> 26 != 0x2F, "early: \(delay)")
        _ = world.board.run(instructions: 1)
        #expect(world.core.state[.esrEL1] == 0xBE00_0C11, "late: \(delay) in \(slice)s")
        hashes.insert(world.board.hash())
      }
      #expect(hashes.count == 1)
    }
  }

  @Test func pendingAndInFlightErrorsAreSavedRestoredAndHashed() throws {
    let world = try World()
    var setting = Setting()
    setting.flags = 1 << 8
    world.prepare(setting, code: [Self.nop, Self.loop], x1: 0)
    let clean = world.board.hash()
    world.core.raiseError(SystemError(.recoverable))
    world.core.raiseError(SystemError(.corrected, delay: 50))
    world.board.bus.plantPoison(
      PhysicalAddress(World.data), Poison(signal: .serror(SystemError(.restartable, delay: 3))))
    let dirty = world.board.hash()
    #expect(dirty != clean)
    let saved = try world.board.snapshot()
    _ = world.board.run(instructions: 100)
    let end = world.board.hash()
    world.board.bus.zeroForTest(World.data)
    world.core.state.pendingError = 0
    world.board.restore(saved)
    #expect(world.board.hash() == dirty)
    _ = world.board.run(instructions: 100)
    #expect(world.board.hash() == end)
    #expect(world.core.state.pendingError == 1 << 31 | 0xC11)
    world.board.reset()
    #expect(world.core.state.pendingError | world.core.state.errorInFlight == 0)
  }

  /// Every instruction that reads. After an error that a core can resume from it is executed again,
  /// after any other it has completed, with the bad data.
  @Test func aUseAnsweredBySErrorIsAbandonedOrCompletesAsItsTypePromises() throws {
    let world = try World()
    let states: [ErrorState] = [
      .corrected, .restartable, .recoverable, .unrecoverable, .uncontainable,
    ]
    for setting in ExternalAbortAccesses.settings {
      for (number, instruction) in ExternalAbortAccesses.loads.enumerated() {
        let state = states[number % states.count]
        let isMasked = number % 2 == 0
        var open = setting
        open.flags = open.flags & ~(1 << 8) | (isMasked ? 1 << 8 : 0)
        open.ea = setting.level == 3 ? 1 : 0
        let isTaken = SErrorReference.target(open)
        let isRestarted = isTaken != nil && (state == .restartable || state == .recoverable)
        let address = (World.dataVA & ~0xFFF) + 0x400
        func run(poisoned: Bool) -> (before: [UInt64], after: [UInt64]) {
          world.prepare(
            open, code: [instruction.word, Self.nop, Self.loop], x1: address &- instruction.offset)
          world.core.state[x: 3] = 0
          if poisoned {
            world.board.bus.plantPoison(
              PhysicalAddress(World.data),
              Poison(state: state, signal: .serror(SystemError(state))))
          }
          let before = world.words
          _ = world.board.run(instructions: 1)
          return (before, world.words)
        }
        var (before, clean) = run(poisoned: false)
        let dirty = run(poisoned: true).after
        if isRestarted {
          clean = before
          clean[119] += 1
        }
        clean[123] = 1 << 31 | Syndrome.serror(state)[Syndrome.iss]
        #expect(
          World.differences(clean, dirty).isEmpty,
          "\(instruction.text) \(open): \(World.differences(clean, dirty))")
        #expect(
          world.board.ras[ErrorNode.memory].record.status.rawValue
            & ~(1 << 27) == AbortReference.memoryStatus(state, code: 0x0C), "\(instruction.text)")
        guard let target = isTaken else { continue }
        #expect(world.run(), "\(instruction.text)")
        let registers: [(SystemRegister, SystemRegister)] = [
          (.esrEL1, .elrEL1), (.esrEL2, .elrEL2), (.esrEL3, .elrEL3),
        ]
        let (syndrome, link) = registers[Int(target) - 1]
        #expect(world.core.state.el == target)
        #expect(world.core.state[link] == clean[102], "\(instruction.text)")
        #expect(world.core.state[syndrome] == Syndrome.serror(state).rawValue)
      }
    }
  }

  /// Fetches and walks of both stages: the instruction is executed again after the SError.
  @Test func fetchesAndWalksAnsweredBySErrorAreAbandoned() throws {
    let world = try World()
    var count = 0
    for level in 0...2 as ClosedRange<UInt64> {
      for setting in ExternalAbortRoutes.settings(level)
      where setting.ea == 1 && setting.ease == 0 && setting.tea == 0 {
        for meeting in ExternalAbortRoutes.meetings(world, setting) {
          guard let line = meeting.poison else { continue }
          count += 1
          world.prepare(setting, code: meeting.words, x1: meeting.address)
          if meeting.cause.access == .fetch { world.core.state.pc = meeting.address }
          world.board.bus.plantPoison(
            PhysicalAddress(line), Poison(signal: .serror(SystemError(.recoverable))))
          let before = world.words
          #expect(world.run(), "\(setting) \(meeting)")
          var expected = AbortReference.entry(
            after: before, setting, target: 3, syndrome: 0xBE00_0C11, faultAddress: nil,
            slot: 0x180)
          let found = world.words
          expected[119] = found[119]
          let differences = World.differences(expected, found)
          #expect(differences.isEmpty, "\(setting) \(meeting): \(differences)")
        }
      }
    }
    #expect(count > 100)
  }

  /// A restartable error says that nothing was consumed yet: whoever comes back to it does.
  @Test func whoReturnsToARestartableErrorMeetsItSynchronously() throws {
    let world = try World()
    world.prepare(Setting(), code: [ExternalAbortRoutes.load], x1: World.data)
    world.board.bus.plantPoison(
      PhysicalAddress(World.data),
      Poison(state: .restartable, signal: .serror(SystemError(.restartable))))
    #expect(world.run())
    #expect(world.core.state[.esrEL1] == 0xBE00_0811)
    world.prepare(
      Setting(), code: [ExternalAbortRoutes.load], x1: World.data, isContinued: true)
    #expect(world.run())
    #expect(world.core.state[.esrEL1] == 0x9600_1810)
  }
}

extension Bus {
  /// Writes a whole line.
  fileprivate func zeroForTest(_ address: UInt64) {
    try? zeroBlock(PhysicalAddress(address), BusAccess(core: 0, isSecure: false))
  }
}
