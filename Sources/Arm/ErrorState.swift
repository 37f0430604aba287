// The component error states of the RAS System Architecture, in their order of priority, and the
// two versions of the architecture whose rules differ.

/// A component error state.
///
/// RASSA (IHI0100) 2.4.2. Greater is of higher priority (2.4.3.1).
public enum ErrorState: UInt8, Comparable, CaseIterable, Sendable {
  /// Corrected (CE).
  case corrected = 1
  /// Deferred (DE).
  case deferred = 2
  /// Uncorrected: latent (a producer) or restartable (a consumer) (UEO).
  case restartable = 3
  /// Uncorrected: signaled (a producer) or recoverable (a consumer) (UER).
  case recoverable = 4
  /// Uncorrected: unrecoverable (UEU).
  case unrecoverable = 5
  /// Uncorrected: uncontainable (UC).
  case uncontainable = 6

  /// Orders by priority.
  @inlinable public static func < (a: ErrorState, b: ErrorState) -> Bool {
    a.rawValue < b.rawValue
  }

  /// Whether the state is one of the four uncorrected ones.
  @inlinable public var isUncorrected: Bool { self >= .restartable }

  /// The state as a consumer has it, in one word of the manual's.
  public var name: StaticString {
    switch self {
    case .corrected: "corrected"
    case .deferred: "deferred"
    case .restartable: "restartable"
    case .recoverable: "recoverable"
    case .unrecoverable: "unrecoverable"
    case .uncontainable: "uncontainable"
    }
  }

  /// The manual's mnemonic.
  public var mnemonic: StaticString {
    switch self {
    case .corrected: "CE"
    case .deferred: "DE"
    case .restartable: "UEO"
    case .recoverable: "UER"
    case .unrecoverable: "UEU"
    case .uncontainable: "UC"
    }
  }

  /// ERR<n>STATUS.UET for an uncorrected state, 0 for the others.
  public var uncorrectedType: UInt64 {
    switch self {
    case .corrected, .deferred, .uncontainable: 0b00
    case .unrecoverable: 0b01
    case .restartable: 0b10
    case .recoverable: 0b11
    }
  }

  /// The uncorrected state that a UET value (its low two bits) stands for.
  public init(uncorrectedType: UInt64) {
    switch uncorrectedType & 3 {
    case 0b00: self = .uncontainable
    case 0b01: self = .unrecoverable
    case 0b10: self = .restartable
    default: self = .recoverable
    }
  }
}

/// ERR<n>STATUS.CE: what is known of a corrected error.
public enum CorrectedErrorKind: UInt64, CaseIterable, Sendable {
  /// The node has determined that the error is transient.
  case transient = 0b01
  /// The node cannot tell.
  case unspecified = 0b10
  /// The node has determined that the error is persistent.
  case persistent = 0b11
}

/// A version of the RAS System Architecture whose recording and clearing rules differ.
public enum ErrorRecordVersion: UInt8, CaseIterable, Sendable {
  /// FEAT_RASSAv1.
  case v1p0
  /// FEAT_RASSAv1p1.
  case v1p1
}
