// The System register view of the records: ERRSELR_EL1 selects, ERX* access. Traps (SCR_EL3.TERR
// and FIEN, HCR_EL2.TERR and FIEN) are decided before an access comes here. Arm ARM D19.5.

import Arm
import Platform

extension RASNodes {
  /// What ERRSELR_EL1 selects: a node, or nothing (SEL >= NUM, where ERX* are RAZ/WI; the
  /// architecture lets it be that).
  private enum Selection {
    case processor
    case memory
    case none
  }

  private func selection(_ core: Int) -> Selection {
    switch state.selections[core] {
    case ErrorNode.processor: .processor
    case ErrorNode.memory: .memory
    default: .none
    }
  }

  /// Reads ERRIDR_EL1, ERRSELR_EL1 or an ERX* register; 0 for any other register.
  public func read(_ register: SystemRegister, core: Int) -> UInt64 {
    switch register {
    case .erridrEL1: return ErrorNode.recordCount
    case .errselrEL1: return state.selections[core]
    default: break
    }
    let node: Node
    let feature: ErrorFeature
    switch selection(core) {
    case .processor: (node, feature) = (state.processors[core], RASNodes.processorFeature)
    case .memory: (node, feature) = (state.memory, RASNodes.memoryFeature)
    case .none: return 0
    }
    return switch register {
    case .erxfrEL1: feature.rawValue
    case .erxctlrEL1: node.control.rawValue
    case .erxstatusEL1: node.record.status.rawValue
    case .erxaddrEL1: node.record.address.rawValue
    case .erxmisc0EL1: node.record.misc0
    case .erxmisc1EL1: node.record.misc1
    case .erxmisc2EL1: node.record.misc2
    case .erxmisc3EL1: node.record.misc3
    // FR.INJ is 0: the fault injection registers are RES0.
    default: 0
    }
  }

  /// Writes ERRSELR_EL1 or an ERX* register; writes of read-only registers are ignored.
  public func write(_ register: SystemRegister, core: Int, _ value: UInt64) {
    if register == .errselrEL1 {
      state.selections[core] = value & 0xFFFF
      return
    }
    switch selection(core) {
    case .processor:
      RASNodes.write(
        register, value, &state.processors[core], controls: RASNodes.processorControlMask,
        counter: CorrectedErrorCounter(RASNodes.processorFeature))
    case .memory:
      RASNodes.write(
        register, value, &state.memory, controls: RASNodes.memoryControlMask,
        counter: CorrectedErrorCounter(RASNodes.memoryFeature))
    case .none: break
    }
  }

  /// ADDR ignores writes while STATUS.AV is set, so that a new error's address is not lost.
  ///
  /// Of the MISC registers only the counter and the timestamp exist: the counter is always writable
  /// (a rate is measured by presetting it), the timestamp is read-only.
  private static func write(
    _ register: SystemRegister, _ value: UInt64, _ node: inout Node, controls: UInt64,
    counter: CorrectedErrorCounter?
  ) {
    switch register {
    case .erxctlrEL1: node.control.rawValue = value & controls
    case .erxstatusEL1:
      node.record.status = node.record.status.written(value, version: .v1p1)
    case .erxaddrEL1:
      guard !node.record.status.isSet(ErrorStatus.av) else { return }
      node.record.address.rawValue =
        value
        & (ErrorAddress.paddr.mask | ErrorAddress.ns.mask | ErrorAddress.si.mask
          | ErrorAddress.ai.mask)
    case .erxmisc0EL1:
      guard let counter else { return }
      node.record.misc0 = value & (counter.count.mask | counter.overflow.mask)
    default: break
    }
  }
}
