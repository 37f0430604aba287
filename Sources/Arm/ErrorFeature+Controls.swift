// Which controls a node has: what FR promises as controllable, CTLR has a bit for. RASSA, ERR<n>FR
// and ERR<n>CTLR.

extension ErrorFeature {
  /// Whether the node has a fault handling interrupt.
  public var hasFaultInterrupt: Bool {
    only(ErrorFeature.fi | ErrorFeature.cfi | ErrorFeature.dfi).rawValue != 0
  }

  /// Whether the node has an error recovery interrupt.
  public var hasRecoveryInterrupt: Bool { only(ErrorFeature.ui | ErrorFeature.dui).rawValue != 0 }

  /// The bits of ERR<n>CTLR that exist; all others are RES0.
  ///
  /// A feature of 0b10 has one control, one of 0b11 a second one for writes.
  public var controls: UInt64 {
    let features: [(feature: Field, control: Field, onWrites: Field?)] = [
      (ErrorFeature.ed, ErrorControl.ed, nil),
      (ErrorFeature.ui, ErrorControl.ui, ErrorControl.wui),
      (ErrorFeature.fi, ErrorControl.fi, ErrorControl.wfi),
      (ErrorFeature.ue, ErrorControl.ue, ErrorControl.wue),
      (ErrorFeature.cfi, ErrorControl.cfi, ErrorControl.wcfi),
      (ErrorFeature.dui, ErrorControl.dui, ErrorControl.wdui),
      (ErrorFeature.dfi, ErrorControl.dfi, ErrorControl.wdfi),
      (ErrorFeature.ci, ErrorControl.ci, nil),
    ]
    var mask = isSet(ErrorFeature.ced) ? ErrorControl.ced.mask : 0
    for row in features {
      switch (self[row.feature], row.onWrites) {
      case (0b10, _): mask |= row.control.mask
      case (0b11, let onWrites?): mask |= row.control.mask | onWrites.mask
      default: break
      }
    }
    return mask
  }
}
