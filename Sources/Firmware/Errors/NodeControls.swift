// What EL3 lets the error nodes tell by interrupt: ERR<n>CTLR, as far as FR promises a control. No arrays: this
// is on the error path, where there is no heap.
//
//     corrected    FHI: each one, or the next overflow of a counter that is kept full
//     deferred     FHI
//     uncorrected  ERI
//     critical     CRI, and whatever its state is told by
//
// An error that got an in-band response (STATUS.ER) is told by an abort or an SError as well, and who
// takes that should report it: it knows who was hit. Until then the node's ERI is off (`hold`). A critical
// error is not left to anybody.
// All that a node tells is in one record: who comes first reads and clears it, and the other levels fall.

import Arm
import Platform

extension ErrorRecords {
  /// Whether a node can tell of anything by interrupt.
  var haveInterrupts: Bool {
    var result = false
    forEachNode { result = result || $1.hasFaultInterrupt || $1.hasRecoveryInterrupt }
    return result
  }

  /// Gives each record with its FR, where that is a node's first.
  func forEachNode(_ body: (UInt16, ErrorFeature) -> Void) {
    for index in 0..<count {
      select(index)
      let feature = ErrorFeature(rawValue: platform.read(.erxfrEL1))
      if feature.isSet(ErrorFeature.ed) { body(index, feature) }
    }
  }

  /// Lets the core's own node tell, and where `isFirst` all others; what was counted before is
  /// forgotten.
  func enableInterrupts(isFirst: Bool) {
    for index in 0..<count where isFirst || UInt64(index) == ErrorNode.processor {
      select(index)
      let feature = ErrorFeature(rawValue: platform.read(.erxfrEL1))
      guard feature.isSet(ErrorFeature.ed) else { continue }
      resetCounters(feature)
      set(ErrorControl.ui, ErrorFeature.ui, feature, true)
      set(ErrorControl.ci, ErrorFeature.ci, feature, true)
      set(ErrorControl.cfi, ErrorFeature.cfi, feature, true)
      set(ErrorControl.dfi, ErrorFeature.dfi, feature, true)
      // Uncorrected errors are the ERI's; FHI is not to tell of them again.
      set(ErrorControl.fi, ErrorFeature.fi, feature, false)
      if feature.isSet(ErrorFeature.ced) {
        let control = ErrorControl(rawValue: platform.read(.erxctlrEL1))
        platform.write(.erxctlrEL1, control.with(ErrorControl.ced, 1).rawValue)
      }
    }
    platform.synchronizeContext()
  }

  /// Lets the selected node count from the start; where only an overflow tells, the next error is one.
  func resetCounters(_ feature: ErrorFeature) {
    guard let counters = CorrectedErrorCounters(feature) else { return }
    platform.write(.erxmisc0EL1, feature.isSet(ErrorFeature.ced) ? 0 : counters.full)
  }

  /// Lets nodes, a bit for each record, tell of corrected errors, or be silent: then somebody has to look.
  func setCorrectedInterrupts(_ isOn: Bool, of nodes: UInt64) {
    for index in 0..<count where index < 64 && nodes >> UInt64(index) & 1 != 0 {
      change(ErrorControl.cfi, ErrorFeature.cfi, from: index, to: index + 1, isOn)
    }
  }

  /// The nodes of which one `NodeInterrupts.Hold` tells: the core's own, or all that the cores share.
  private func nodes(_ isOwn: Bool) -> Range<UInt16> {
    let shared = UInt16(ErrorNode.memory)
    return isOwn ? 0..<min(shared, count) : min(shared, count)..<count
  }

  /// Switches off the ERI of nodes whose error is somebody's to report who comes by himself; whether there are any. CRI
  /// stays on: without CTLR.CI a critical error would be recorded as another, and it is nobody's to wait for.
  func hold(isOwn: Bool) -> Bool {
    var isHolding = false
    for index in nodes(isOwn) {
      select(index)
      guard ErrorStatus(rawValue: platform.read(.erxstatusEL1)).isToldInBand else { continue }
      isHolding = true
      change(ErrorControl.ui, ErrorFeature.ui, from: index, to: index + 1, false)
    }
    return isHolding
  }

  /// Switches it on again, unless an error is left to somebody still; whether it did.
  func release(isOwn: Bool) -> Bool {
    let nodes = nodes(isOwn)
    for index in nodes {
      select(index)
      if ErrorStatus(rawValue: platform.read(.erxstatusEL1)).isToldInBand { return false }
    }
    change(ErrorControl.ui, ErrorFeature.ui, from: nodes.lowerBound, to: nodes.upperBound, true)
    return true
  }

  private func change(
    _ control: Field, _ feature: Field, from first: UInt16, to end: UInt16, _ isOn: Bool
  ) {
    var index = first
    while index < end, index < count {
      select(index)
      set(control, feature, ErrorFeature(rawValue: platform.read(.erxfrEL1)), isOn)
      index += 1
    }
    platform.synchronizeContext()
  }

  /// Switches a control of the selected node, if its FR says that there is one.
  private func set(_ control: Field, _ field: Field, _ feature: ErrorFeature, _ isOn: Bool) {
    guard feature[field] & 0b10 != 0 else { return }
    let value = ErrorControl(rawValue: platform.read(.erxctlrEL1))
    platform.write(.erxctlrEL1, value.with(control, isOn ? 1 : 0).rawValue)
  }
}

extension ErrorStatus {
  /// Whether somebody was told of an uncorrected error by the response to an access, and may be left to report
  /// it. A critical error waits for nobody.
  var isToldInBand: Bool {
    isSet(ErrorStatus.v) && isSet(ErrorStatus.ue) && isSet(ErrorStatus.er)
      && !isSet(ErrorStatus.ci)
  }
}
