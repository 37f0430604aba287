// How a syndrome says in which state an error has left the PE: AET of an SError, SET of a
// synchronous External abort. The states are those of RASSA 2.2, which has the words of the
// component error states; this is the one place where they become bits and come back.

extension ErrorState {
  /// AET. Arm ARM D24.2, ESR_EL1, ISS encoding for an SError exception.
  ///
  /// A PE is never in a deferred state: a value that somebody else deferred is one that it can
  /// recover from.
  @inlinable public var asynchronousErrorType: UInt64 {
    switch self {
    case .uncontainable: 0b000
    case .unrecoverable: 0b001
    case .restartable: 0b010
    case .recoverable, .deferred: 0b011
    case .corrected: 0b110
    }
  }

  /// The state that AET (its low three bits) says, or nil for a reserved value.
  @inlinable public init?(asynchronousErrorType: UInt64) {
    switch asynchronousErrorType & 0b111 {
    case 0b000: self = .uncontainable
    case 0b001: self = .unrecoverable
    case 0b010: self = .restartable
    case 0b011: self = .recoverable
    case 0b110: self = .corrected
    default: return nil
    }
  }

  /// SET. Arm ARM D24.2, ESR_EL1, ISS encoding for a Data Abort; EncodeSyncErrorSyndrome in J1.
  ///
  /// "Unrecoverable" has no value of its own and is told as uncontainable: AArch64.PEErrorState is UC
  /// where the PE cannot recover.
  @inlinable public var synchronousErrorType: UInt64 {
    switch self {
    case .recoverable, .deferred, .corrected: 0b00
    case .unrecoverable, .uncontainable: 0b10
    case .restartable: 0b11
    }
  }

  /// The state that SET (its low two bits) says, or nil for the reserved value.
  @inlinable public init?(synchronousErrorType: UInt64) {
    switch synchronousErrorType & 0b11 {
    case 0b00: self = .recoverable
    case 0b10: self = .uncontainable
    case 0b11: self = .restartable
    default: return nil
    }
  }
}

extension Syndrome {
  /// AET, when this is an SError with an architected syndrome that has one.
  @inlinable public var asynchronousErrorType: ErrorState? {
    guard exceptionClass == .serror, !isSet(Syndrome.ids),
      self[Syndrome.dfsc] == Syndrome.asynchronousErrorStatus
    else { return nil }
    return ErrorState(asynchronousErrorType: self[Syndrome.aet])
  }

  /// SET, when this is a synchronous External abort that has one: not one on a table walk.
  @inlinable public var synchronousErrorType: ErrorState? {
    guard exceptionClass.isAbort, faultStatus == .externalAbort else { return nil }
    return ErrorState(synchronousErrorType: self[Syndrome.set])
  }
}
