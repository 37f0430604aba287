// How a node records an error that it has detected.

import Arm
import Platform

/// What a node made of an error.
public struct ErrorRecording: Sendable, Equatable {
  /// The node.
  public var node: ErrorNodeIdentifier
  /// The error's own state, whatever else the record holds.
  public var state: ErrorState
  /// What it did with its record, or nil if recording is disabled (ERR<n>CTLR.ED = 0).
  public var outcome: RecordingOutcome?
  /// The record's status afterwards.
  public var status: ErrorStatus
  /// The record's address register afterwards.
  public var address: ErrorAddress
}

extension RASNodes {
  /// The generic timer's count at a time in nanoseconds: 62.5 MHz.
  static func timestamp(_ now: UInt64) -> UInt64 { now / 16 }

  /// A node detects an error; it records it unless CTLR.ED is 0.
  ///
  /// - Parameters:
  ///   - error: The error.
  ///   - number: The record that it goes to, which exists.
  ///   - core: Whose node it is, if each has one.
  /// - Returns: What the record says now.
  func record(_ error: DetectedError, in number: UInt64, core: Int) -> ErrorRecording {
    let slot = slots[Int(number)]
    var node = self[number, core: core]
    var outcome: RecordingOutcome?
    if node.control.isSet(ErrorControl.ed) {
      let before = node.records[slot.record].misc0
      outcome = node.records[slot.record].record(
        error, feature: slot.row.feature, version: .v1p1)
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
    ofInterconnect errorState: ErrorState, cause: UInt8, address: ErrorAddress?, now: UInt64
  ) -> ErrorRecording {
    var error = DetectedError(state: errorState, code: .internalDataPath)
    error.implementationDefinedCode = cause
    error.address = address
    error.timestamp = RASNodes.timestamp(now)
    return record(error, in: ErrorNode.interconnect, core: 0)
  }
}
