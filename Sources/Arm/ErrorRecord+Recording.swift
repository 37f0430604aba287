// RASSA 2.4.3.2 to 2.4.3.5: whether a new error overwrites the syndrome of the one before, what
// becomes of OF, and the corrected error counter.
//
// Where the manual leaves a choice, version 1.0 here behaves as version 1.1 does: K sets OF, W
// leaves OF alone, CK sets OF when the counter overflows or there is none.

/// An entry of the overwrite tables, without its leading C.
public enum RecordingRule: UInt8, Equatable, Sendable {
  /// W: overwrite; OF unchanged.
  case overwrite
  /// WO: overwrite, OF := 1.
  case overwriteAndOverflow
  /// O: keep, OF := 1.
  case overflow
  /// K: keep; OF := 1 by our choice.
  case keep
  /// CW: count and overwrite; OF := 1 if the counter overflows.
  case countAndOverwrite
  /// CO (v1.1) or CK (v1.0): count and keep; OF := 1 if it overflows or there is no counter.
  case countAndKeep
  /// CWO (v1.1) or CWK (v1.0): as FR.CEO says.
  case countAndChoose
}

extension ErrorRecordVersion {
  /// The entry of table 2-2 or 2-3: row `previous` (nil is "-"), column `new`.
  public func rule(previous: ErrorState?, new: ErrorState) -> RecordingRule {
    guard let previous else { return new == .corrected ? .countAndOverwrite : .overwrite }
    if new == .corrected { return previous == .corrected ? .countAndChoose : .countAndKeep }
    if new > previous {
      // Version 1.0 lets the first uncorrected error replace a corrected or deferred one without
      // a mark; version 1.1 marks every loss.
      return self == .v1p0 && !previous.isUncorrected ? .overwrite : .overwriteAndOverflow
    }
    // Not of higher priority: the first error's syndrome stays.
    return self == .v1p0 && new == .deferred && previous.isUncorrected ? .keep : .overflow
  }
}

extension ErrorRecord {
  /// Records an error by the rules of a version.
  ///
  /// - Parameters:
  ///   - error: The new error.
  ///   - feature: FR of the node's first record: the counter, CEO and TS.
  ///   - version: Whose tables to follow.
  /// - Returns: Whose syndrome the record has now.
  @discardableResult
  public mutating func record(
    _ error: DetectedError, feature: ErrorFeature, version: ErrorRecordVersion
  ) -> RecordingOutcome {
    let rule = version.rule(previous: status.highestState, new: error.state)
    let counter = CorrectedErrorCounters(feature)
    let hadOverflow = status.isSet(ErrorStatus.of)
    var hasCounterOverflowed = false
    if error.state == .corrected, let counter {
      hasCounterOverflowed = counter.increment(&misc0, isRepeated: isRepeated(error))
    }
    let outcome: RecordingOutcome
    let setsOverflow: Bool
    switch rule {
    case .overwrite: (outcome, setsOverflow) = (.overwritten, false)
    case .overwriteAndOverflow: (outcome, setsOverflow) = (.overwritten, true)
    case .overflow, .keep: (outcome, setsOverflow) = (.kept, true)
    case .countAndOverwrite: (outcome, setsOverflow) = (.overwritten, hasCounterOverflowed)
    case .countAndKeep: (outcome, setsOverflow) = (.kept, hasCounterOverflowed || counter == nil)
    case .countAndChoose:
      // v1.1 without a counter keeps whatever CEO says; v1.0 looks at CEO alone.
      let mayOverwrite =
        feature[ErrorFeature.ceo] == 0b01 && !hadOverflow && (counter != nil || version == .v1p0)
      outcome = mayOverwrite ? .overwritten : .kept
      setsOverflow = hasCounterOverflowed || counter == nil
    }
    if outcome == .overwritten {
      overwrite(error, feature: feature)
    } else {
      keep(error)
    }
    if setsOverflow { status[ErrorStatus.of] = 1 }
    if error.state == .corrected, counter != nil { status[ErrorStatus.mv] = 1 }
    if error.isCritical { status[ErrorStatus.ci] = 1 }
    return outcome
  }

  /// Whether a corrected error is the first, or at the place that the record names; where neither has a place,
  /// whether it is a corrected error as that which the record describes.
  private func isRepeated(_ error: DetectedError) -> Bool {
    guard status.isSet(ErrorStatus.v) else { return true }
    guard status.isSet(ErrorStatus.av) else {
      return error.address == nil && status.highestState == .corrected && status.code == error.code
    }
    return address == error.address
  }

  /// RASSA 2.4.3.4.
  private mutating func overwrite(_ error: DetectedError, feature: ErrorFeature) {
    status[ErrorStatus.v] = 1
    switch error.state {
    case .corrected:
      status[ErrorStatus.ce] = error.correctedKind.rawValue
      status[ErrorStatus.de] = 0
      status[ErrorStatus.ue] = 0
    case .deferred:
      status[ErrorStatus.de] = 1
      status[ErrorStatus.ue] = 0
    case .restartable, .recoverable, .unrecoverable, .uncontainable:
      status[ErrorStatus.ue] = 1
      status[ErrorStatus.uet] = error.state.uncorrectedType
    }
    status[ErrorStatus.er] = error.hasInBandResponse ? 1 : 0
    status[ErrorStatus.pn] = error.isPoison ? 1 : 0
    status[ErrorStatus.ierr] = UInt64(error.implementationDefinedCode)
    status[ErrorStatus.serr] = UInt64(error.code.rawValue)
    status[ErrorStatus.av] = error.address == nil ? 0 : 1
    address = error.address ?? ErrorAddress(rawValue: 0)
    if feature.isSet(ErrorFeature.ts) {
      misc3 = error.timestamp
      status[ErrorStatus.mv] = 1
    } else if CorrectedErrorCounters(feature) == nil {
      // Nothing of MISC belongs to this error. The counter belongs to none in particular: with
      // one, MV stays (2.4.3.4, "software can determine").
      status[ErrorStatus.mv] = 0
    }
  }

  /// RASSA 2.4.3.5.
  ///
  /// An earlier corrected error's kind stays when the new one is also corrected.
  private mutating func keep(_ error: DetectedError) {
    switch error.state {
    case .corrected:
      if !status.isSet(ErrorStatus.ce) { status[ErrorStatus.ce] = error.correctedKind.rawValue }
    case .deferred: status[ErrorStatus.de] = 1
    case .restartable, .recoverable, .unrecoverable, .uncontainable: status[ErrorStatus.ue] = 1
    }
  }
}
