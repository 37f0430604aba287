// What an MRS reads, as far as a back end can do it without the interpreter: said once for all of them.

import Arm

/// What an MRS reads.
enum SystemRead {
  /// A word of state, at a level and above; `isBanked`: only while PSTATE.SP is 1.
  case word(Int, level: UInt8, isBanked: Bool)
  /// The virtual or the physical counter.
  case counter(isVirtual: Bool)
}

extension Operation {
  /// What an MRS reads; nil for what its body reads.
  var systemRead: SystemRead? {
    switch SystemRegister(SystemRegisterEncoding(rawValue: extra)) {
    // The current stack pointer is X31: SP_EL0's word has it only while another one is current.
    case .spEL0: return .word(StateWord.bankedSP0, level: 1, isBanked: true)
    case .daif: return .word(StateWord.daif, level: 1, isBanked: false)
    case .cntvctEL0: return .counter(isVirtual: true)
    case .cntpctEL0: return .counter(isVirtual: false)
    default:
      return SystemRegisterTable.shared.plainWord(extra).map {
        .word($0.word, level: $0.level, isBanked: false)
      }
    }
  }
}
