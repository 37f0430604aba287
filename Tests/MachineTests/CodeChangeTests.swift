// Code that changes under the core that runs it: the predecoded operations must never be older than
// the memory they came from.

import Arm
import Testing

@testable import Machine

@Suite struct CodeChangeTests {
  /// A loop that writes "MOVZ X0, #n; RET", calls it and adds what it returned, for n = 0...9.
  static let loop: [UInt32] = [
    0xB900_0022, 0xB900_0423,  // STR W2, [X1]; STR W3, [X1, #4]
    0xD50B_7B21, 0xD50B_7521, 0xD503_3B9F, 0xD503_3FDF,  // DC CVAU; IC IVAU; DSB ISH; ISB
    0xD63F_0020, 0x8B00_00A5,  // BLR X1; ADD X5, X5, X0
    0x1100_8042, 0xF100_04C6,  // ADD W2, W2, #0x20; SUBS X6, X6, #1
    0x54FF_FEC1, 0xD503_207F,  // B.NE; WFI
  ]

  @Test(arguments: ExternalAbortWorld.Mode.allCases)
  func codeThatIsRewrittenAgainAndAgainIsExecutedAsWritten(
    _ mode: ExternalAbortWorld.Mode
  ) throws {
    let world = try ExternalAbortWorld()
    var setting = ExternalAbortWorld.Setting()
    setting.mode = mode
    world.prepare(
      setting, code: Self.loop,
      x1: mode == .flat ? ExternalAbortWorld.data : ExternalAbortWorld.privateVA)
    let state = world.core.state
    state[x: 2] = 0xD280_0000
    state[x: 3] = 0xD65F_03C0
    state[x: 5] = 0
    state[x: 6] = 10
    #expect(world.board.run(instructions: 400) == .idle)
    #expect(state[x: 5] == 45)
  }

  @Test func storesToTheirOwnPageOfCodeCompleteAsAnyOther() throws {
    let world = try ExternalAbortWorld()
    var setting = ExternalAbortWorld.Setting()
    setting.mode = .flat
    let target = ExternalAbortWorld.code + 0x800
    world.prepare(
      setting,
      code: [
        0x3C81_0420,  // STR Q0, [X1], #16
        0xB800_4422, 0xB800_4C22,  // STR W2, [X1], #4; STR W2, [X1, #4]!
        0xA881_0C22, 0xA981_0C22,  // STP X2, X3, [X1], #16; STP X2, X3, [X1, #16]!
        0xD503_207F,  // WFI
      ], x1: target)
    let state = world.core.state
    state[x: 2] = 0x1122_3344_5566_7788
    state[x: 3] = 0x99AA_BBCC_DDEE_FF00
    state[v: 0, 0] = 0x0102_0304_0506_0708
    #expect(world.board.run(instructions: 20) == .idle)
    #expect(state[x: 1] == target + 16 + 4 + 4 + 16 + 16)
    let stored = try #require(world.board.bus.readBytes(PhysicalAddress(target), count: 80))
    func word(_ offset: Int) -> UInt64 {
      (0..<8).reduce(0) { $0 | UInt64(stored[offset + $1]) << UInt64($1 * 8) }
    }
    #expect(word(0) == state[v: 0, 0])
    #expect(word(16) == 0x5566_7788)
    #expect([24, 32, 56].map(word) == [state[x: 2], state[x: 3], state[x: 2]])
  }

  @Test func codeThatTheLoaderChangesIsExecutedAsWritten() throws {
    let world = try ExternalAbortWorld()
    var setting = ExternalAbortWorld.Setting()
    setting.mode = .stage1
    world.prepare(setting, code: [], x1: 0)
    let state = world.core.state
    for value in 0..<5 as Range<UInt64> {
      ExternalAbortWorld.put(
        world.board, ExternalAbortWorld.code, [0xD280_0000 | UInt32(value) << 5, 0xD503_207F])
      state.waiting = 0
      state.pc = ExternalAbortWorld.codeVA
      #expect(world.board.run(instructions: 10) == .idle)
      #expect(state[x: 0] == value)
    }
  }
}
