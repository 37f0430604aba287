// The System register view of the records: ERRSELR_EL1 selects, ERX* access. Traps (SCR_EL3.TERR
// and FIEN, HCR_EL2.TERR and FIEN) are decided before an access comes here. Arm ARM D20.7.

import Arm

extension RASNodes {
  /// Reads ERRIDR_EL1, ERRSELR_EL1 or an ERX* register; 0 for any other register.
  ///
  /// Where ERRSELR_EL1 selects nothing (SEL >= NUM), ERX* are RAZ/WI; the architecture lets them be
  /// that.
  public func read(_ register: SystemRegister, core: Int) -> UInt64 {
    switch register {
    case .erridrEL1: return recordCount
    case .errselrEL1: return state.selections[core]
    default:
      guard let register = ErrorRecordRegister(register) else { return 0 }
      return read(register, record: state.selections[core], core: core)
    }
  }

  /// Writes ERRSELR_EL1 or an ERX* register; writes of read-only registers are ignored.
  public func write(_ register: SystemRegister, core: Int, _ value: UInt64) {
    if register == .errselrEL1 {
      state.selections[core] = value & 0xFFFF
    } else if let register = ErrorRecordRegister(register) {
      write(register, record: state.selections[core], core: core, value)
    }
  }
}

extension ErrorRecordRegister {
  /// What an ERX* register shows of the selected record; nil for any other register.
  init?(_ register: SystemRegister) {
    switch register {
    case .erxfrEL1: self = .feature
    case .erxctlrEL1: self = .control
    case .erxstatusEL1: self = .status
    case .erxaddrEL1: self = .address
    case .erxmisc0EL1: self = .misc0
    case .erxmisc1EL1: self = .misc1
    case .erxmisc2EL1: self = .misc2
    case .erxmisc3EL1: self = .misc3
    case .erxpfgfEL1: self = .injectionFeature
    case .erxpfgctlEL1: self = .injectionControl
    case .erxpfgcdnEL1: self = .injectionCountdown
    default: return nil
    }
  }
}
