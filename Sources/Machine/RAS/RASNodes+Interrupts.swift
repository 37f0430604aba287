// The interrupts of the nodes: FHI, ERI and CRI. Each is a level, a function of the node's records and of its
// controls. RASSA (IHI0100), ERR<n>CTLR; 2.4.4.
//
//     in a record | FHI                                  | ERI | CRI
//     CE          | CFI, with CED or without a counter   |     |
//     an overflow | CFI, without CED                     |     |
//     DE          | DFI other than FI, or FI without DFI | DUI |
//     UEO ... UC  | FI                                   | UI  |
//     CI          |                                      |     | CI
//
// Where FR says that FI cannot be switched (0b01), FHI tells of everything.
//
// A node that the cores share asserts what its group's interrupt configuration lets it (ERRFHICR2.IRQEN and the
// like), which is nothing after a cold reset.
//
// A level stays until software clears the record, whoever reads it. What is recorded while the level is
// high makes no new edge: who handles one looks again after clearing.

import Arm
import Platform

/// An interrupt of a node.
public enum NodeInterrupt: Sendable, Equatable {
  /// FHI.
  case faultHandling
  /// ERI.
  case errorRecovery
  /// CRI.
  case criticalError

  /// A bit for it.
  var bit: UInt64 {
    switch self {
    case .faultHandling: 1
    case .errorRecovery: 2
    case .criticalError: 4
    }
  }
}

extension ErrorNodeRow {
  /// Whether the node's interrupt is asserted, with these controls, by a record.
  func isAsserted(
    _ interrupt: NodeInterrupt, _ control: ErrorControl, _ record: ErrorRecord
  ) -> Bool {
    let status = record.status
    guard status.isSet(ErrorStatus.v), isRecording(control) else { return false }
    let isUncorrected = status.isSet(ErrorStatus.ue)
    let isDeferred = status.isSet(ErrorStatus.de)
    switch interrupt {
    case .criticalError:
      return status.isSet(ErrorStatus.ci) && tellsCritical(control)
    case .errorRecovery:
      return isUncorrected && isOn(ErrorFeature.ui, ErrorControl.ui, control)
        || isDeferred && control.isSet(ErrorControl.dui)
    case .faultHandling:
      let tells = faultsTold(control)
      return isUncorrected && tells.uncorrected || isDeferred && tells.deferred
        || hasCorrectedEvent(control, record) && tells.corrected
    }
  }

  /// Whether the node tells of a critical error by CRI.
  func tellsCritical(_ control: ErrorControl) -> Bool {
    isOn(ErrorFeature.ci, ErrorControl.ci, control)
  }

  /// What FHI tells of. RASSA 2.5.2.
  private func faultsTold(
    _ control: ErrorControl
  ) -> (corrected: Bool, deferred: Bool, uncorrected: Bool) {
    switch feature[ErrorFeature.fi] {
    case 0: return (false, false, false)
    case 0b01: return (true, true, true)
    default: break
    }
    let uncorrected = control.isSet(ErrorControl.fi)
    let deferred =
      feature.isSet(ErrorFeature.dfi)
      ? control.isSet(ErrorControl.dfi) != uncorrected : uncorrected
    let corrected =
      feature.isSet(ErrorFeature.cfi) ? control.isSet(ErrorControl.cfi) : deferred
    return (corrected, deferred, uncorrected)
  }

  /// Whether a valid record holds a corrected error event: a corrected error, or, where those are counted, that a
  /// counter has overflowed.
  private func hasCorrectedEvent(_ control: ErrorControl, _ record: ErrorRecord) -> Bool {
    guard let counters = CorrectedErrorCounters(feature), !control.isSet(ErrorControl.ced) else {
      return record.status.isSet(ErrorStatus.ce)
    }
    return counters.hasOverflowed(record.misc0)
  }

  /// The node's interrupts, those that it has.
  var interrupts: [(interrupt: NodeInterrupt, number: UInt32)] {
    var list: [(NodeInterrupt, UInt32)] = []
    if let faultInterrupt { list.append((.faultHandling, faultInterrupt)) }
    if let recoveryInterrupt { list.append((.errorRecovery, recoveryInterrupt)) }
    if let criticalInterrupt { list.append((.criticalError, criticalInterrupt)) }
    return list
  }
}

extension RASNodes {
  /// Notes that software switched the interrupt of corrected errors on or off.
  func noteCorrectedControl(
    _ row: ErrorNodeRow, core: Int, _ old: ErrorControl, _ new: ErrorControl
  ) {
    guard old.isSet(ErrorControl.cfi) != new.isSet(ErrorControl.cfi) else { return }
    pendingEvents.append(
      .correctedInterruptSwitched(
        ErrorNodeIdentifier(row, core: core), isOn: new.isSet(ErrorControl.cfi)))
  }

  /// Puts the levels on the interrupt controller, and notes what has risen.
  func drive(_ gic: GIC) {
    hasChanged = false
    for slot in slots where slot.record == 0 {
      let count = slot.stride == 0 ? 1 : state.selections.count
      for core in 0..<count {
        let node = state.nodes[slot.node(core)]
        for (interrupt, number) in slot.row.interrupts {
          let isEnabled = slot.stride > 0 || node.enabledInterrupts & interrupt.bit != 0
          let level =
            isEnabled
            && node.records.contains { slot.row.isAsserted(interrupt, node.control, $0) }
          let hasChanged =
            slot.stride == 0
            ? gic.setLine(number, level) : gic.setPrivateLine(number, core: core, level)
          guard hasChanged, level else { continue }
          pendingEvents.append(
            .nodeInterrupt(interrupt, ErrorNodeIdentifier(slot.row, core: core)))
        }
      }
    }
  }
}

extension Bus {
  /// Takes note of what may have changed in the nodes: their interrupts, and what is to be told.
  func settleNodes() {
    guard ras.hasChanged else { return }
    ras.startInjections(now: now)
    settle(devices.memoryController)
    ras.drive(gic)
    guard !ras.pendingEvents.isEmpty else { return }
    pendingEvents += ras.pendingEvents
    ras.pendingEvents = []
  }
}
