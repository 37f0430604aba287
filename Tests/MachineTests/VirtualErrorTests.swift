// Virtual SErrors and ESB, for every combination of the bits that matter.

import Arm
import Testing

@testable import Machine

@Suite struct VirtualErrorTests {
  static let code: UInt64 = 0x4000_1000
  static let nop: UInt32 = 0xD503_201F
  static let esb: UInt32 = 0xD503_221F

  /// A core about to execute `word` at a level, with HCR_EL2 and PSTATE.A as given.
  func board(
    _ word: UInt32, _ level: ExceptionLevel, hcr: UInt64, isMasked: Bool, nonSecure: Bool = true,
    vsesr: UInt64 = 0x11
  ) throws -> Board {
    let board = try Board(coreCount: 1, ramSize: 1 << 20)
    let bytes = (0..<4).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) }
    try #require(board.bus.writeBytes(PhysicalAddress(Self.code), bytes))
    for vector: UInt64 in [0x4000_8380, 0x4000_8580] {
      let nop: [UInt8] = [0x1F, 0x20, 0x03, 0xD5]
      try #require(board.bus.writeBytes(PhysicalAddress(vector), nop))
    }
    let core = board.cores[0]
    let state = core.state
    state[.scrEL3] = 0x430 | (nonSecure ? 1 : 0)
    state[.hcrEL2] = 1 << 31 | hcr
    state[.vsesrEL2] = vsesr
    state[.vbarEL1] = 0x4000_8000
    state.el = UInt64(level.rawValue)
    state.spSel = level == .el0 ? 0 : 1
    state.daif = isMasked ? 1 << 8 : 0
    state.pc = Self.code
    core.pendingEffects = [.translation, .privilege, .interruptMask]
    return board
  }

  @Test func aVirtualSErrorIsTakenByAGuestThatDoesNotMaskIt() throws {
    let vse: UInt64 = 1 << 8
    let amo: UInt64 = 1 << 5
    let tge: UInt64 = 1 << 27
    for level in [ExceptionLevel.el0, .el1, .el2] {
      for bits: UInt64 in 0..<16 where !(level == .el1 && bits & 4 != 0) {
        for isMasked in [false, true] {
          let nonSecure = bits & 8 == 0
          if level == .el2, !nonSecure { continue }
          let hcr =
            (bits & 1 != 0 ? vse : 0) | (bits & 2 != 0 ? amo : 0) | (bits & 4 != 0 ? tge : 0)
          let board = try board(
            Self.nop, level, hcr: hcr, isMasked: isMasked, nonSecure: nonSecure,
            vsesr: 0x123_4567)
          _ = board.run(instructions: 1)
          let state = board.cores[0].state
          let isTaken = bits == 0b0011 && level != .el2 && !isMasked
          #expect((state[.esrEL1] == 0xBF23_4567) == isTaken, "\(level) \(bits) \(isMasked)")
          #expect(state[.hcrEL2] & vse == (isTaken ? 0 : hcr & vse))
          if isTaken {
            #expect(state[.elrEL1] == Self.code)
            #expect(state.el == 1)
            // The instruction at the vector has been executed.
            #expect(state.pc == (level == .el0 ? 0x4000_8584 : 0x4000_8384))
          } else {
            #expect(state.pc == Self.code + 4)
          }
        }
      }
    }
  }

  /// The first instruction of a handler may be a store: KVM's vectors begin so.
  @Test func theHandlerOfAnInterruptBeginsInItsOwnTranslationContext() throws {
    let board = try board(Self.nop, .el0, hcr: 1 << 8 | 1 << 5, isMasked: false)
    let core = board.cores[0]
    #expect(core.prepareToExecute())
    #expect(core.state.pc == 0x4000_8580)
    #expect(core.dataContext.level == .el1)
  }

  @Test func anESBDefersAMaskedVirtualSErrorIntoVDISR() throws {
    for (vsesr, disr) in [(0x0C11, 0x8000_0C11), (0x2C11, 0x8000_2C11), (0x1AB_CDEF, 0x81AB_CDEF)]
      as [(UInt64, UInt64)]
    {
      let board = try board(
        Self.esb, .el1, hcr: 1 << 8 | 1 << 5, isMasked: true, vsesr: vsesr)
      _ = board.run(instructions: 1)
      let state = board.cores[0].state
      #expect(state.pc == Self.code + 4)
      #expect(state[.vdisrEL2] == disr)
      #expect(state[.hcrEL2] & 1 << 8 == 0)
    }
  }

  @Test func anESBLeavesWhatIsNotForItAlone() throws {
    for (level, hcr) in [
      (ExceptionLevel.el2, 1 << 8 | 1 << 5), (.el1, 1 << 8), (.el0, 1 << 8 | 1 << 5 | 1 << 27),
      (.el1, 1 << 5),
    ] as [(ExceptionLevel, UInt64)] {
      let board = try board(Self.esb, level, hcr: hcr, isMasked: true)
      _ = board.run(instructions: 1)
      let state = board.cores[0].state
      #expect(state[.vdisrEL2] == 0)
      #expect(state[.hcrEL2] & 1 << 8 == hcr & 1 << 8)
    }
  }
}
