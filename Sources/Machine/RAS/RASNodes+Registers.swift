// The registers of the records by number and name: what every view of them reads and writes. The
// System register view is in `RASNodes+SystemRegisters.swift`.

import Arm

extension RASNodes {
  /// Reads a register of a record as a core sees it; 0 where there is none.
  public func read(_ register: ErrorRecordRegister, record number: UInt64, core: Int) -> UInt64 {
    guard number < recordCount else { return 0 }
    let slot = slots[Int(number)]
    let node = state.nodes[slot.node(core)]
    let record = node.records[slot.record]
    return switch register {
    // Of a record that is not its node's first, FR.ED is 0, which says so, and CTLR is RES0.
    case .feature: slot.record == 0 ? slot.row.feature.rawValue : 0
    case .control: slot.record == 0 ? node.control.rawValue : 0
    case .status: record.status.rawValue
    case .address: record.address.rawValue
    case .misc0: record.misc0
    case .misc1: record.misc1
    case .misc2: record.misc2
    case .misc3: record.misc3
    case .injectionFeature: slot.record == 0 ? slot.row.offer.rawValue : 0
    case .injectionControl: slot.record == 0 ? node.injection.control.rawValue : 0
    case .injectionCountdown: slot.record == 0 ? node.injection.countdown : 0
    }
  }

  /// Lets the node of a record assert an interrupt, or not.
  func enable(_ interrupt: NodeInterrupt, of record: UInt64, _ isEnabled: Bool) {
    if isEnabled {
      self[record].enabledInterrupts |= interrupt.bit
    } else {
      self[record].enabledInterrupts &= ~interrupt.bit
    }
  }

  /// Writes a register of a record as a core sees it; writes of read-only registers, and of what is
  /// not there, are ignored.
  ///
  /// ADDR ignores writes while STATUS.AV is set, so that a new error's address is not lost. Of the
  /// MISC registers only the counters and the timestamp exist: the counters are always writable (a rate
  /// is measured by presetting it); the timestamp is, where PFGF.MV says that a pseudo-fault leaves it to
  /// software, as long as STATUS.MV is 0, and otherwise read-only.
  public func write(
    _ register: ErrorRecordRegister, record number: UInt64, core: Int, _ value: UInt64
  ) {
    guard number < recordCount else { return }
    let slot = slots[Int(number)]
    let feature = slot.row.feature
    var node = self[number, core: core]
    let status = node.records[slot.record].status
    switch register {
    case .control:
      if slot.record == 0 {
        let old = node.control
        node.control.rawValue = value & feature.controls
        noteCorrectedControl(slot.row, core: core, old, node.control)
      }
    case .status: node.records[slot.record].status = status.written(value, version: .v1p1)
    case .address:
      let fields = [ErrorAddress.paddr, ErrorAddress.ns, ErrorAddress.si, ErrorAddress.ai]
      if !status.isSet(ErrorStatus.av) {
        node.records[slot.record].address.rawValue =
          value & fields.reduce(0) { $0 | $1.mask }
      }
    case .misc0:
      if let counters = CorrectedErrorCounters(feature) {
        node.records[slot.record].misc0 = value & counters.mask
      }
    case .injectionControl:
      if slot.record == 0 { RASNodes.control(&node.injection, slot.row, value) }
    case .injectionCountdown:
      if slot.record == 0, slot.row.offer.rawValue != 0 {
        node.injection.countdown = value & 0xFFFF_FFFF
      }
    case .misc3:
      guard slot.row.offer.isSet(ErrorInjectionFeature.mv), !status.isSet(ErrorStatus.mv) else {
        return
      }
      node.records[slot.record].misc3 = value
    case .feature, .misc1, .misc2, .injectionFeature: return
    }
    self[number, core: core] = node
  }
}
