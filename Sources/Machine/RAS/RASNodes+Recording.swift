// How a node records an error that it has detected.

import Arm
import Platform

/// What a node made of an error.
public struct ErrorRecording: Sendable, Equatable {
  /// The node.
  public var node: ErrorNodeIdentifier
  /// The error's own state, whatever else the record holds: "uncontainable" of a critical error that the node
  /// does not tell by CRI.
  public var state: ErrorState
  /// What it did with its record, or nil if recording is disabled (ERR<n>CTLR.ED = 0).
  public var outcome: RecordingOutcome?
  /// The record's status afterwards.
  public var status: ErrorStatus
  /// The record's address register afterwards.
  public var address: ErrorAddress
}

extension DetectedError {
  /// The error of a line that holds poison, as the memory node describes it at a time in nanoseconds: in a state,
  /// whoever finds it.
  init(_ poison: Poison, state: ErrorState, line: PhysicalAddress, isSecure: Bool, now: UInt64) {
    self.init(state: state, code: poison.code)
    correctedKind = poison.correctedKind
    isPoison = poison.isPoisonedBefore && state != .corrected
    isCritical = poison.isCritical
    address = poison.address.address(of: line, isSecure: isSecure)
    timestamp = RASNodes.timestamp(now)
  }
}

extension RASNodes {
  /// The generic timer's count at a time in nanoseconds: 62.5 MHz.
  static func timestamp(_ now: UInt64) -> UInt64 { now / 16 }

  /// The state of an error as a node takes it: one that it has; and a critical one is uncontained where the node has
  /// a CRI that does not tell, because CTLR.CI is 0. RASSA (IHI0100) 2.5.4.
  func state(_ error: ErrorState, isCritical: Bool, in number: UInt64, core: Int) -> ErrorState {
    guard has(number) else { return error }
    let row = slots[Int(number)].row
    let isUntold =
      isCritical && row.feature.isSet(ErrorFeature.ci)
      && !row.tellsCritical(self[number, core: core].control)
    return row.taken(isUntold ? .uncontainable : error)
  }

  /// A node detects an error; it records it unless CTLR.ED is 0, or there is no such node.
  ///
  /// - Parameters:
  ///   - error: The error.
  ///   - number: The record that it goes to.
  ///   - core: Whose node it is, if each has one.
  ///   - fake: What software has asked for, of an error that is not real.
  /// - Returns: What the record says now.
  func record(
    _ error: DetectedError, in number: UInt64, core: Int, fake: FaultInjection? = nil
  ) -> ErrorRecording {
    guard has(number) else { return unrecorded(error, by: number, core: core) }
    var error = error
    error.state = state(error.state, isCritical: error.isCritical, in: number, core: core)
    let slot = slots[Int(number)]
    error.correctedKind = slot.row.taken(error.correctedKind)
    if !slot.row.feature.isSet(ErrorFeature.ci) { error.isCritical = false }
    var node = self[number, core: core]
    var outcome: RecordingOutcome?
    if slot.row.isRecording(node.control), error.state != .corrected || slot.row.recordsCorrected {
      let old = node.records[slot.record]
      let before = old.misc0
      let result = node.records[slot.record].record(
        error, feature: slot.row.feature, version: .v1p1)
      fake?.leaveToSoftware(&node.records[slot.record], slot.row.offer, old, result)
      outcome = result
      self[number, core: core] = node
      if let counters = CorrectedErrorCounters(slot.row.feature), !counters.hasOverflowed(before),
        counters.hasOverflowed(node.records[slot.record].misc0)
      {
        pendingEvents.append(.counterOverflowed(ErrorNodeIdentifier(slot.row, core: core)))
      }
    }
    let record = node.records[slot.record]
    return ErrorRecording(
      node: ErrorNodeIdentifier(slot.row, core: core), state: error.state, outcome: outcome,
      status: record.status, address: record.address)
  }

  /// An error for which the machine has no node: it goes by the name that the board's would have.
  private func unrecorded(
    _ error: DetectedError, by number: UInt64, core: Int
  ) -> ErrorRecording {
    ErrorRecording(
      node: ErrorNodeIdentifier(ErrorNodeRow.machine[Int(number)], core: core),
      state: error.state, outcome: nil, status: ErrorStatus(rawValue: 0),
      address: ErrorAddress(rawValue: 0))
  }

  /// A PE finds an error in itself, in the data of its cache, at a Non-secure physical address or
  /// none, at a time in nanoseconds.
  func recordError(
    ofCore core: Int, _ errorState: ErrorState, address: PhysicalAddress?, now: UInt64
  ) -> ErrorRecording {
    var error = DetectedError(state: errorState, code: .associativeMemoryData)
    error.hasInBandResponse = errorState.isUncorrected
    error.address = address.map { ErrorAddress($0, isSecure: false) }
    error.timestamp = RASNodes.timestamp(now)
    return record(error, in: ErrorNode.processor, core: core)
  }

  /// The interconnect finds an error in itself, at a time in nanoseconds: `cause` is IERR, an
  /// `InterconnectErrorCause`. An uncorrected one is latent at most as far as it says itself: no access
  /// is answered.
  func recordError(
    ofInterconnect errorState: ErrorState, isCritical: Bool = false, cause: UInt8,
    address: ErrorAddress?, now: UInt64
  ) -> ErrorRecording {
    var error = DetectedError(state: errorState, code: .internalDataPath)
    error.isCritical = isCritical
    error.implementationDefinedCode = cause
    error.address = address
    error.timestamp = RASNodes.timestamp(now)
    return record(error, in: ErrorNode.interconnect, core: 0)
  }
}
