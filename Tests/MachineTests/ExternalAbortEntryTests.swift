// An external abort enters where and as the shared rules say, for every origin and control bit:
// the machine's half of "forged = hardware".

import Arm
import Testing

@testable import Machine

@Suite struct ExternalAbortEntryTests {
  @Test func anExternalAbortEntersAsTheSharedRulesSay() throws {
    let board = try Board(coreCount: 1, ramSize: 1 << 20)
    let core = board.cores[0]
    let state = core.state
    for level in ExceptionLevel.allCases {
      for bits: UInt64 in 0..<2048 {
        func bit(_ n: UInt64) -> UInt64 { bits >> n & 1 }
        let hcr = HypervisorConfiguration(
          rawValue: 1 << 31 | bit(0) << 37 | bit(1) << 27 | bit(2) << 34)
        // Bits 0 NS, 3 EA, 19 EASE.
        let scr = SecureConfiguration(rawValue: 0x430 | bit(3) | bit(4) << 3 | bit(5) << 19)
        // EL1 does not exist under TGE, nor Secure EL2.
        if level == .el1, bit(1) == 1, bit(3) == 1 { continue }
        if level == .el2, bit(3) == 0 { continue }
        core.resetState()
        state[.scrEL3] = scr.rawValue
        state[.hcrEL2] = hcr.rawValue
        let control = bit(6) << 23 | bit(7) << 44
        for register in [SystemRegister.sctlrEL1, .sctlrEL2, .sctlrEL3] {
          state[register] = control
        }
        state[.vbarEL1] = 0x1_0000
        state[.vbarEL2] = 0x2_0000
        state[.vbarEL3] = 0x3_0000
        var origin = ProcessState(level: level, usesOwnStack: bit(8) == 1)
        origin.rawValue = origin.rawValue & ~0x3C0 | 0xA000_0000 | bit(9) << 22
        state.el = UInt64(level.rawValue)
        state.spSel = origin.usesOwnStack ? 1 : 0
        state.daif = 0
        state.pan = bit(9)
        core.flags = 0xA000_0000
        state.pc = 0x4000
        core.takeException(
          GuestException(
            .externalAbort, syndrome: Syndrome.dataAbort(.externalAbort, isWrite: false).rawValue,
            faultAddress: 0x1234, isStage2: bit(10) == 1))

        let target = ExternalAbortRouting.synchronousTarget(
          from: level, scr: scr, hcr: hcr, isStage2: bit(10) == 1)
        let entry = VectorTable.externalAbortEntry(to: target, scr: scr)
        let expected = ExceptionEntry.processState(
          from: origin, to: target, sctlr: SystemControl(rawValue: control),
          hcr: bit(3) == 1 ? hcr : HypervisorConfiguration(rawValue: 0))
        let label = Comment(rawValue: "\(level) \(bits)")
        #expect(state.el == UInt64(target.rawValue), label)
        #expect(
          state.pc == UInt64(target.rawValue) << 16
            + VectorTable.offset(entry, from: origin, to: target), label)
        let (spsr, elr, esr, far): (UInt64, UInt64, UInt64, UInt64) =
          switch target {
          case .el3:
            (state[.spsrEL3], state[.elrEL3], state[.esrEL3], state[.farEL3])
          case .el2:
            (state[.spsrEL2], state[.elrEL2], state[.esrEL2], state[.farEL2])
          default:
            (state[.spsrEL1], state[.elrEL1], state[.esrEL1], state[.farEL1])
          }
        #expect(spsr == origin.rawValue, label)
        #expect(elr == 0x4000 && far == 0x1234, label)
        #expect(
          esr
            == Syndrome.dataAbort(.externalAbort, isWrite: false)
            .taken(fromSameLevel: target == level).rawValue, label)
        #expect(core.savedProgramStatus == expected.rawValue, label)
      }
    }
  }
}
