// Writing ERR<n>STATUS: what a write clears, and when the hardware ignores it because the record
// has changed since software read it. RASSA, ERR<n>STATUS.

extension ErrorStatus {
  /// Fields that are cleared by writing ones to all of their bits.
  public static let writeOneToClear: [Field] = [
    av, v, ue, er, of, mv, ce, de, pn, uet, ci,
  ]

  /// The value whose write clears this record: ones in all bits of each field that is not zero.
  ///
  /// Software reads STATUS, writes this, reads again, and starts over if V is still set.
  public var clearingValue: UInt64 {
    var value: UInt64 = 0
    for field in ErrorStatus.writeOneToClear where isSet(field) { value |= field.mask }
    return value
  }

  /// The register after a write.
  ///
  /// - Parameters:
  ///   - value: What is written.
  ///   - version: Whose rules apply.
  /// - Returns: The register after it.
  public func written(_ value: UInt64, version: ErrorRecordVersion) -> ErrorStatus {
    switch version {
    case .v1p0: writtenV1p0(value)
    case .v1p1: writtenV1p1(value)
    }
  }

  private func clears(_ field: Field, _ value: UInt64) -> Bool { value & field.mask == field.mask }

  /// The whole write counts, or none of it: it must clear all that is set of {V, UE, OF, CE, DE}.
  private func writtenV1p1(_ value: UInt64) -> ErrorStatus {
    let guarding = [ErrorStatus.v, ErrorStatus.ue, ErrorStatus.of, ErrorStatus.ce, ErrorStatus.de]
    for field in guarding where isSet(field) && !clears(field, value) { return self }
    var result = self
    for field in ErrorStatus.writeOneToClear where clears(field, value) { result[field] = 0 }
    result[ErrorStatus.ierr] = (value & ErrorStatus.ierr.mask) &>> UInt64(ErrorStatus.ierr.low)
    result[ErrorStatus.serr] = value & ErrorStatus.serr.mask
    return result
  }

  /// Field by field: the state fields are guarded by OF, V by the state fields, and the syndrome
  /// by the highest-priority state.
  private func writtenV1p0(_ value: UInt64) -> ErrorStatus {
    var result = self
    let isOverflowCleared = clears(ErrorStatus.of, value)
    if isOverflowCleared { result[ErrorStatus.of] = 0 }
    if !isSet(ErrorStatus.of) || isOverflowCleared {
      for field in [ErrorStatus.ue, ErrorStatus.de, ErrorStatus.ce] where clears(field, value) {
        result[field] = 0
      }
    }
    let isStateLeft =
      result.isSet(ErrorStatus.ue) || result.isSet(ErrorStatus.de) || result.isSet(ErrorStatus.ce)
    let isHighestLeft: Bool
    switch highestState {
    case nil: isHighestLeft = false
    case .corrected: isHighestLeft = result.isSet(ErrorStatus.ce)
    case .deferred: isHighestLeft = result.isSet(ErrorStatus.de)
    default: isHighestLeft = result.isSet(ErrorStatus.ue)
    }
    if clears(ErrorStatus.v, value), !isStateLeft { result[ErrorStatus.v] = 0 }
    guard !isHighestLeft else { return result }
    let syndrome = [
      ErrorStatus.av, ErrorStatus.mv, ErrorStatus.er, ErrorStatus.pn, ErrorStatus.uet,
      ErrorStatus.ci,
    ]
    for field in syndrome where clears(field, value) { result[field] = 0 }
    result[ErrorStatus.ierr] = (value & ErrorStatus.ierr.mask) &>> UInt64(ErrorStatus.ierr.low)
    result[ErrorStatus.serr] = value & ErrorStatus.serr.mask
    return result
  }
}
