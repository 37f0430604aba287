// What consumes poison and what does not, instruction by instruction; what is left in memory, in the
// registers and in the records. Also the errors that are not the ordinary recoverable one.

import Arm
import Platform
import Testing

@testable import Machine

@Suite struct ExternalAbortAccesses {
  typealias World = ExternalAbortWorld
  typealias Setting = ExternalAbortWorld.Setting

  /// An instruction that accesses what X1 points to.
  struct Instruction {
    var text: String
    var word: UInt32
    /// Added to X1 before the access.
    var offset: UInt64 = 0
    var isPrivileged = false
  }

  /// Registers: X1 address, X3 zero. Encodings from GNU as.
  static let loads: [Instruction] = [
    Instruction(text: "ldr x0, [x1]", word: 0xF940_0020),
    Instruction(text: "ldr w0, [x1]", word: 0xB940_0020),
    Instruction(text: "ldrh w0, [x1]", word: 0x7940_0020),
    Instruction(text: "ldrb w0, [x1]", word: 0x3940_0020),
    Instruction(text: "ldrsw x0, [x1]", word: 0xB980_0020),
    Instruction(text: "ldrsh x0, [x1]", word: 0x7980_0020),
    Instruction(text: "ldrsb w0, [x1]", word: 0x39C0_0020),
    Instruction(text: "ldr x0, [x1], #8", word: 0xF840_8420),
    Instruction(text: "ldr x0, [x1, #8]!", word: 0xF840_8C20, offset: 8),
    Instruction(text: "ldr x0, [x1, x3]", word: 0xF863_6820),
    Instruction(text: "ldr w0, [x1, w3, sxtw]", word: 0xB863_C820),
    Instruction(text: "ldur x0, [x1, #1]", word: 0xF840_1020, offset: 1),
    Instruction(text: "ldp x0, x2, [x1]", word: 0xA940_0820),
    Instruction(text: "ldp w0, w2, [x1]", word: 0x2940_0820),
    Instruction(text: "ldpsw x0, x2, [x1]", word: 0x6940_0820),
    Instruction(text: "ldp x0, x2, [x1], #16", word: 0xA8C1_0820),
    Instruction(text: "ldp x0, x2, [x1, #16]!", word: 0xA9C1_0820, offset: 16),
    Instruction(text: "ldnp x0, x2, [x1]", word: 0xA840_0820),
    Instruction(text: "ldtr x0, [x1]", word: 0xF840_0820),
    Instruction(text: "ldtrb w0, [x1]", word: 0x3840_0820),
    Instruction(text: "ldtrsw x0, [x1]", word: 0xB880_0820),
    Instruction(text: "ldar x0, [x1]", word: 0xC8DF_FC20),
    Instruction(text: "ldarb w0, [x1]", word: 0x08DF_FC20),
    Instruction(text: "ldlar x0, [x1]", word: 0xC8DF_7C20),
    Instruction(text: "ldapr x0, [x1]", word: 0xF8BF_C020),
    Instruction(text: "ldxr x0, [x1]", word: 0xC85F_7C20),
    Instruction(text: "ldaxr w0, [x1]", word: 0x885F_FC20),
    Instruction(text: "ldxp x0, x2, [x1]", word: 0xC87F_0820),
    Instruction(text: "ldaxp x0, x2, [x1]", word: 0xC87F_8820),
    Instruction(text: "cas x0, x2, [x1]", word: 0xC8A0_7C22),
    Instruction(text: "casab w0, w2, [x1]", word: 0x08E0_7C22),
    Instruction(text: "casp x4, x5, x6, x7, [x1]", word: 0x4824_7C26),
    Instruction(text: "ldadd x2, x0, [x1]", word: 0xF822_0020),
    Instruction(text: "ldclr w2, w0, [x1]", word: 0xB822_1020),
    Instruction(text: "ldeor x2, x0, [x1]", word: 0xF822_2020),
    Instruction(text: "ldset x2, x0, [x1]", word: 0xF822_3020),
    Instruction(text: "ldsmax x2, x0, [x1]", word: 0xF822_4020),
    Instruction(text: "ldsmin x2, x0, [x1]", word: 0xF822_5020),
    Instruction(text: "ldumax x2, x0, [x1]", word: 0xF822_6020),
    Instruction(text: "ldumin x2, x0, [x1]", word: 0xF822_7020),
    Instruction(text: "swp x2, x0, [x1]", word: 0xF822_8020),
    Instruction(text: "stadd x2, [x1]", word: 0xF822_003F),
    Instruction(text: "ldr b0, [x1]", word: 0x3D40_0020),
    Instruction(text: "ldr h0, [x1]", word: 0x7D40_0020),
    Instruction(text: "ldr s0, [x1]", word: 0xBD40_0020),
    Instruction(text: "ldr d0, [x1]", word: 0xFD40_0020),
    Instruction(text: "ldr q0, [x1]", word: 0x3DC0_0020),
    Instruction(text: "ldur q0, [x1, #1]", word: 0x3CC0_1020, offset: 1),
    Instruction(text: "ldr q0, [x1], #16", word: 0x3CC1_0420),
    Instruction(text: "ldr d0, [x1, x3]", word: 0xFC63_6820),
    Instruction(text: "ldp s0, s2, [x1]", word: 0x2D40_0820),
    Instruction(text: "ldp d0, d2, [x1]", word: 0x6D40_0820),
    Instruction(text: "ldp q0, q2, [x1]", word: 0xAD40_0820),
    Instruction(text: "ldnp q0, q2, [x1]", word: 0xAC40_0820),
    Instruction(text: "ld1 {v0.16b}, [x1]", word: 0x4C40_7020),
    Instruction(text: "ld1 {v0.16b-v3.16b}, [x1]", word: 0x4C40_2020),
    Instruction(text: "ld1 {v0.8b, v1.8b}, [x1], #16", word: 0x0CDF_A020),
    Instruction(text: "ld2 {v0.4s, v1.4s}, [x1]", word: 0x4C40_8820),
    Instruction(text: "ld3 {v0.2d-v2.2d}, [x1]", word: 0x4C40_4C20),
    Instruction(text: "ld4 {v0.8h-v3.8h}, [x1]", word: 0x4C40_0420),
    Instruction(text: "ld1r {v0.2d}, [x1]", word: 0x4D40_CC20),
    Instruction(text: "ld4r {v0.16b-v3.16b}, [x1]", word: 0x4D60_E020),
    Instruction(text: "ld1 {v0.s}[1], [x1]", word: 0x0D40_9020),
    Instruction(text: "ld3 {v0.b-v2.b}[3], [x1]", word: 0x0D40_2C20),
  ]

  /// What touches an address without reading its data: no error is consumed.
  static let hints: [Instruction] = [
    Instruction(text: "prfm pldl1keep, [x1]", word: 0xF980_0020),
    Instruction(text: "dc cvac, x1", word: 0xD50B_7A21),
    Instruction(text: "dc civac, x1", word: 0xD50B_7E21),
    Instruction(text: "dc cvau, x1", word: 0xD50B_7B21),
    Instruction(text: "dc ivac, x1", word: 0xD508_7621, isPrivileged: true),
    Instruction(text: "ic ivau, x1", word: 0xD50B_7521),
  ]

  /// Stores; none of them writes all of a 64-byte line but the one with its own test. X2 is stored.
  static let stores: [Instruction] = [
    Instruction(text: "str x2, [x1]", word: 0xF900_0022),
    Instruction(text: "str w2, [x1]", word: 0xB900_0022),
    Instruction(text: "strh w2, [x1]", word: 0x7900_0022),
    Instruction(text: "strb w2, [x1]", word: 0x3900_0022),
    Instruction(text: "str x2, [x1], #8", word: 0xF800_8422),
    Instruction(text: "str x2, [x1, #8]!", word: 0xF800_8C22, offset: 8),
    Instruction(text: "str x2, [x1, x3]", word: 0xF823_6822),
    Instruction(text: "stur x2, [x1, #1]", word: 0xF800_1022, offset: 1),
    Instruction(text: "stp x2, x4, [x1]", word: 0xA900_1022),
    Instruction(text: "stp w2, w4, [x1]", word: 0x2900_1022),
    Instruction(text: "stp x2, x4, [x1, #16]!", word: 0xA981_1022, offset: 16),
    Instruction(text: "stnp x2, x4, [x1]", word: 0xA800_1022),
    Instruction(text: "sttr x2, [x1]", word: 0xF800_0822),
    Instruction(text: "stlr x2, [x1]", word: 0xC89F_FC22),
    Instruction(text: "stllr x2, [x1]", word: 0xC89F_7C22),
    Instruction(text: "str b2, [x1]", word: 0x3D00_0022),
    Instruction(text: "str h2, [x1]", word: 0x7D00_0022),
    Instruction(text: "str s2, [x1]", word: 0xBD00_0022),
    Instruction(text: "str d2, [x1]", word: 0xFD00_0022),
    Instruction(text: "str q2, [x1]", word: 0x3D80_0022),
    Instruction(text: "stp q2, q4, [x1]", word: 0xAD00_1022),
    Instruction(text: "st2 {v0.4s, v1.4s}, [x1]", word: 0x4C00_8820),
    Instruction(text: "st3 {v0.2d-v2.2d}, [x1]", word: 0x4C00_4C20),
    Instruction(text: "st1 {v0.s}[1], [x1]", word: 0x0D00_9020),
  ]

  /// DC ZVA, which writes a whole line.
  static let zero = Instruction(text: "dc zva, x1", word: 0xD50B_7421)

  /// Settings in which instructions are tried: both EL0s, EL1 with and without stage 2, EL2, EL3.
  static let settings: [Setting] = {
    var result: [Setting] = []
    for (level, tge, e2h, mode) in [
      (0, 0, 0, .stage1), (0, 1, 1, .stage1), (0, 0, 1, .stage2), (1, 0, 0, .stage1),
      (1, 0, 0, .stage2), (2, 0, 0, .stage1), (2, 1, 1, .stage1), (3, 0, 0, .stage1),
    ] as [(UInt64, UInt64, UInt64, World.Mode)] {
      var setting = Setting()
      (setting.level, setting.tge, setting.e2h, setting.mode) = (level, tge, e2h, mode)
      result.append(setting)
    }
    return result
  }()

  static let nop: UInt32 = 0xD503_201F
  static let wfi: UInt32 = 0xD503_207F

  private func prepare(
    _ world: World, _ setting: Setting, _ instruction: Instruction, x1: UInt64,
    then: [UInt32] = [nop]
  ) {
    world.prepare(setting, code: [instruction.word] + then, x1: x1)
    world.core.state[x: 3] = 0
    world.core.state[x: 0] = 0
  }

  /// The page of the setting that the instruction may access.
  private func page(_ setting: Setting) -> UInt64 { World.dataVA & ~0xFFF }

  private func nothing(_ setting: Setting) -> UInt64 { World.nothingVA }

  @Test func everyLoadAndAtomicConsumesPoisonAndChangesNoRegister() throws {
    let world = try World()
    for setting in Self.settings {
      for instruction in Self.loads {
        let address = page(setting) + 0x400
        prepare(world, setting, instruction, x1: address &- instruction.offset)
        world.board.bus.plantPoison(PhysicalAddress(World.data))
        let memory = world.board.bus.readBytes(PhysicalAddress(World.data), count: 64)
        let before = world.words
        let isAtRest = world.run()
        var expected = AbortReference.state(
          after: before, setting, AbortCause(), faultAddress: address)
        let found = world.words
        expected[119] = found[119]
        let differences = World.differences(expected, found)
        #expect(
          differences.isEmpty && isAtRest, "\(instruction.text) \(setting) \(differences)")
        let record = world.board.ras[ErrorNode.memory].record
        #expect(
          record.status.rawValue == AbortReference.memoryStatus(.recoverable, code: 0x0C),
          "\(instruction.text) \(setting)")
        // Read once: a second consumption would have set OF.
        #expect(world.board.bus.poison(at: PhysicalAddress(World.data)) != nil)
        #expect(world.board.bus.readBytes(PhysicalAddress(World.data), count: 64) == memory)
      }
    }
  }

  @Test func everyLoadAndStoreToNothingIsAnAbortWithoutARecord() throws {
    let world = try World()
    for setting in Self.settings {
      for (isWrite, instructions) in [(false, Self.loads), (true, Self.stores + [Self.zero])] {
        for instruction in instructions {
          let address = nothing(setting)
          prepare(world, setting, instruction, x1: address &- instruction.offset)
          let before = world.words
          let isAtRest = world.run()
          var expected = AbortReference.state(
            after: before, setting, AbortCause(access: isWrite ? .write : .read),
            faultAddress: address)
          let found = world.words
          expected[119] = found[119]
          let differences = World.differences(expected, found)
          #expect(
            differences.isEmpty && isAtRest, "\(instruction.text) \(setting) \(differences)")
          #expect(world.board.ras[ErrorNode.memory].record.status.rawValue == 0)
        }
      }
    }
  }

  /// An access of several parts that begins before the poison reports the part that met it.
  @Test func accessesThatRunIntoPoisonReportAnAddressInsideIt() throws {
    let world = try World()
    var setting = Setting()
    setting.mode = .stage1
    for instruction in Self.loads {
      let address = World.dataVA - 4
      // Accesses of up to four bytes end before the line, and ordered ones must be aligned.
      let wide = ["ldp x0", "ldpsw", "ldnp", "ldr x0, [x1", "ldur", "q0", "d0", "ld1 {v0.16b"]
      guard wide.contains(where: { instruction.text.contains($0) }) else { continue }
      prepare(world, setting, instruction, x1: address &- instruction.offset)
      world.board.bus.plantPoison(PhysicalAddress(World.data))
      let before = world.words
      #expect(world.run(), "\(instruction.text)")
      let state = world.core.state
      #expect(state[.esrEL1] == 0x25 << 26 | 1 << 25 | 0x10, "\(instruction.text)")
      let fault = state[.farEL1]
      #expect(
        fault >= World.dataVA && fault < World.dataVA + 64, "\(instruction.text)")
      for register in 0..<98 where register != 31 {
        #expect(world.words[register] == before[register], "\(instruction.text) \(register)")
      }
    }
  }

  @Test func prefetchesAndCacheMaintenanceDoNotConsumePoison() throws {
    let world = try World()
    for setting in Self.settings {
      for instruction in Self.hints where !(instruction.isPrivileged && setting.level == 0) {
        let address = page(setting) + 0x400
        // From EL0 a WFI could trap: an SVC ends the run there.
        prepare(
          world, setting, instruction, x1: address,
          then: setting.level == 0 ? [0xD400_0001] : [Self.wfi])
        world.board.bus.plantPoison(PhysicalAddress(World.data))
        #expect(world.run(), "\(instruction.text) \(setting)")
        #expect(
          world.board.ras[ErrorNode.memory].record.status.rawValue == 0, "\(instruction.text)")
        #expect(world.board.bus.poison(at: PhysicalAddress(World.data)) != nil)
        let syndrome = world.core.state[
          setting.isHost || setting.level == 2 ? .esrEL2 : .esrEL1]
        #expect(setting.level != 0 || syndrome >> 26 == 0x15, "\(instruction.text)")
      }
    }
  }

  @Test func aStoreToPartOfALineConsumesNothingAndKeepsThePoison() throws {
    let world = try World()
    for setting in Self.settings {
      for instruction in Self.stores {
        let address = page(setting) + 0x400
        prepare(
          world, setting, instruction, x1: address &- instruction.offset,
          then: setting.level == 0 ? [0xD400_0001] : [Self.wfi])
        world.core.state[x: 2] = 0x0102_0304_0506_0708
        world.board.bus.plantPoison(PhysicalAddress(World.data))
        #expect(world.run(), "\(instruction.text) \(setting)")
        #expect(
          world.board.ras[ErrorNode.memory].record.status.rawValue == 0, "\(instruction.text)")
        #expect(
          world.board.bus.poison(at: PhysicalAddress(World.data)) != nil, "\(instruction.text)")
        let bytes = world.board.bus.readBytes(PhysicalAddress(World.data), count: 64) ?? []
        #expect(bytes.contains { $0 != 0 }, "\(instruction.text) stored nothing")
        // The merged bytes are in a line that is still bad.
        Self.readBack(world, setting)
        #expect(
          world.board.ras[ErrorNode.memory].record.status.rawValue
            == AbortReference.memoryStatus(.recoverable, code: 0x0C), "\(instruction.text)")
      }
    }
  }

  @Test func zeroingTheBlockCuresIt() throws {
    let world = try World()
    for setting in Self.settings {
      for offset in [0, 1, 63] as [UInt64] {
        let address = page(setting) + 0x400 + offset
        prepare(
          world, setting, Self.zero, x1: address,
          then: setting.level == 0 ? [0xD400_0001] : [Self.wfi])
        world.board.bus.writeBytes(
          PhysicalAddress(World.data - 64), [UInt8](repeating: 0xA5, count: 192))
        for line in [World.data - 64, World.data, World.data + 64] {
          world.board.bus.plantPoison(PhysicalAddress(line))
        }
        #expect(world.run(), "\(setting)")
        #expect(world.board.bus.poison(at: PhysicalAddress(World.data)) == nil)
        #expect(
          world.board.bus.poisonedLines.map(\.rawValue) == [World.data - 64, World.data + 64])
        #expect(
          world.board.bus.readBytes(PhysicalAddress(World.data - 64), count: 192)
            == [UInt8](repeating: 0xA5, count: 64) + [UInt8](repeating: 0, count: 64)
            + [UInt8](repeating: 0xA5, count: 64))
        #expect(world.board.ras[ErrorNode.memory].record.status.rawValue == 0)
        // And it can be read again.
        Self.readBack(world, setting)
        #expect(world.board.ras[ErrorNode.memory].record.status.rawValue == 0)
      }
    }
  }

  /// Loads from the data's line with the machine as it is.
  private static func readBack(_ world: World, _ setting: Setting) {
    World.put(world.board, World.code, [ExternalAbortRoutes.load, 0xD400_0001])
    let state = world.core.state
    world.core.setLevel(
      ExceptionLevel(rawValue: UInt8(setting.level)) ?? .el0,
      spSel: setting.level == 0 ? 0 : setting.spSel)
    state.waiting = 0
    state[x: 1] = World.dataVA
    state.pan = 0
    state.pc = setting.mode == .flat ? World.code : World.codeVA
    world.core.pendingEffects = [.translation, .privilege, .interruptMask, .floatingPoint]
    _ = world.run()
  }

  /// Every error state by every access: SET, both nodes' records.
  @Test func theStateOfTheErrorIsInTheSyndromeAndInTheRecords() throws {
    let world = try World()
    for state in ErrorState.allCases {
      for isBefore in [false, true] {
        for access in [AbortCause.Access.read, .fetch] {
          for place in [AbortCause.Place.access, .stage1(2)] {
            var setting = Setting()
            setting.mode = .stage1
            world.prepare(
              setting, code: [ExternalAbortRoutes.load, Self.wfi], x1: World.privateVA)
            if access == .fetch { world.core.state.pc = World.privateVA }
            if access == .fetch {
              World.put(world.board, World.data, [Self.wfi])
            }
            let line = place == .access ? World.data : world.plainPlaces[2]
            world.board.bus.plantPoison(
              PhysicalAddress(line),
              Poison(state: state, code: .externalMemoryData, isPoisonedBefore: isBefore))
            let before = world.words
            #expect(world.run())
            let nodes = world.board.ras
            let text = "\(state) \(isBefore) \(access) \(place)"
            #expect(
              nodes[ErrorNode.memory].record.status.rawValue
                == AbortReference.memoryStatus(
                  state, code: 0x0C, isPoison: isBefore && state != .corrected), "\(text)")
            #expect(
              nodes[ErrorNode.memory].record.address.rawValue == line & ~63 | 1 << 63, "\(text)")
            // A value the memory deferred is detected again by the PE that needs it.
            #expect(
              nodes[ErrorNode.processor, core: 0].record.status.rawValue
                == (state == .deferred
                  ? AbortReference.memoryStatus(.recoverable, code: 0x15, isPoison: true) : 0),
              "\(text)")
            if state == .corrected {
              #expect(
                world.core.state[.esrEL1] == before[128 + SystemRegister.esrEL1.ordinal])
              continue
            }
            var cause = AbortCause(place: place, access: access)
            if place == .access { cause.errorType = AbortReference.errorType(state) }
            var expected = AbortReference.state(
              after: before, setting, cause, faultAddress: World.privateVA)
            let found = world.words
            expected[119] = found[119]
            #expect(World.differences(expected, found) == [], "\(text)")
          }
        }
      }
    }
  }

  @Test func anErrorWithoutAnAddressIsRecordedWithoutOne() throws {
    let world = try World()
    var setting = Setting()
    setting.mode = .stage1
    world.prepare(setting, code: [ExternalAbortRoutes.load], x1: World.dataVA)
    world.board.bus.plantPoison(
      PhysicalAddress(World.data), Poison(code: ErrorCode(rawValue: 0x07), address: .invalid))
    #expect(world.run())
    let record = world.board.ras[ErrorNode.memory].record
    #expect(
      record.status.rawValue
        == AbortReference.memoryStatus(.recoverable, code: 0x07) & ~(1 << 31))
    #expect(record.address.rawValue == 0)
    #expect(world.core.state[.farEL1] == World.dataVA)
  }
}
