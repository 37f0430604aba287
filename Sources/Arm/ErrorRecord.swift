// One error record, and how a node writes a new error into it.
//
// Surprising: after several errors STATUS can have UE, DE and CE set together; the syndrome, the
// address and UET then belong to the error that the tables below kept, and the record's severity
// is its highest state. Arm's two versions of the tables agree on whose syndrome survives and
// differ in what they do to OF.

/// The registers of an error record that recording changes.
public struct ErrorRecord: Equatable, Sendable {
  /// ERR<n>STATUS.
  public var status: ErrorStatus
  /// ERR<n>ADDR.
  public var address: ErrorAddress
  /// ERR<n>MISC0: the corrected error counter, when there is one.
  public var misc0: UInt64
  /// ERR<n>MISC1.
  public var misc1: UInt64
  /// ERR<n>MISC2.
  public var misc2: UInt64
  /// ERR<n>MISC3: the timestamp, when FR.TS is not zero.
  public var misc3: UInt64

  /// A record that holds no error.
  @inlinable public init() {
    status = ErrorStatus(rawValue: 0)
    address = ErrorAddress(rawValue: 0)
    misc0 = 0
    misc1 = 0
    misc2 = 0
    misc3 = 0
  }
}

/// An error as the node that detected it describes it.
public struct DetectedError: Equatable, Sendable {
  /// The component error state.
  public var state: ErrorState
  /// STATUS.SERR.
  public var code: ErrorCode
  /// STATUS.IERR.
  public var implementationDefinedCode: UInt8 = 0
  /// What is known of a corrected error; ignored for the other states.
  public var correctedKind: CorrectedErrorKind = .unspecified
  /// STATUS.ER: whether the access that detected the error got an in-band error response.
  public var hasInBandResponse: Bool = false
  /// STATUS.PN: whether the value had been deferred (poisoned) before.
  public var isPoison: Bool = false
  /// STATUS.CI: whether the error is a critical condition of the component.
  public var isCritical: Bool = false
  /// ADDR, if there is an address syndrome.
  public var address: ErrorAddress?
  /// The generic timer's count; recorded when FR.TS is 1.
  public var timestamp: UInt64 = 0

  /// An error with no address, no response and no poison.
  @inlinable public init(state: ErrorState, code: ErrorCode) {
    self.state = state
    self.code = code
    address = nil
  }
}

/// What happened to the record's syndrome.
public enum RecordingOutcome: UInt8, Equatable, Sendable {
  /// The record now describes the new error.
  case overwritten
  /// The record still describes an earlier error.
  case kept
}

extension ErrorStatus {
  /// The highest-priority state recorded, or nil.
  ///
  /// RASSA table 2-1.
  @inlinable public var highestState: ErrorState? {
    guard isSet(ErrorStatus.v) else { return nil }
    if isSet(ErrorStatus.ue) { return ErrorState(uncorrectedType: self[ErrorStatus.uet]) }
    if isSet(ErrorStatus.de) { return .deferred }
    if isSet(ErrorStatus.ce) { return .corrected }
    return nil
  }
}
