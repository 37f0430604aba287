// What an SError means for whoever ran: the one place where an SError's syndrome is judged. Arm ARM
// D24.2, ESR_EL1 (IDS, DFSC, AET), RASSA 2.2; the classes are those between which Linux decides
// (arch/arm64/include/asm/traps.h).

/// What an SError says of the state of the PE, and so of what ran on it.
public enum SystemErrorClass: Equatable, Sendable {
  /// Corrected, or restartable: nothing was lost.
  case harmless
  /// Recoverable or unrecoverable: contained in what ran.
  case contained
  /// Uncontainable: it may be anywhere.
  case uncontained
  /// Not categorized, or by an encoding that is not defined: nobody knows.
  case uncategorized
  /// IMPLEMENTATION DEFINED (IDS), or of a PE without FEAT_RAS, which never says more than that
  /// something asynchronous happened.
  case implementationDefined

  /// Of an SError's syndrome on a PE with (or without) FEAT_RAS.
  public init(_ syndrome: Syndrome, hasRAS: Bool = true) {
    guard hasRAS, !syndrome.isSet(Syndrome.ids) else {
      self = .implementationDefined
      return
    }
    switch syndrome.asynchronousErrorType {
    case .corrected, .restartable: self = .harmless
    case .unrecoverable, .recoverable: self = .contained
    case .uncontainable: self = .uncontained
    // AET has no deferred state.
    case .deferred, nil: self = .uncategorized
    }
  }
}
