// How an error reaches the PE that meets it: by a synchronous External abort, by an SError, or not
// at all.
//
// An SError promises something of its preferred return address. After a recoverable or restartable
// error the PE can resume there once the memory is repaired: an access that meets one is abandoned,
// and ELR_ELx is its own address. After any other error it has completed, with the bad data (a
// corrected one: with good data). With a delay, or while the SError is masked, all complete:
// ELR_ELx is wherever the PE has come to, as with a real imprecise abort. Arm ARM D20.4; RASSA 2.2.

/// How an error reaches the PE that meets it.
public enum ErrorSignal: Equatable, Sendable {
  /// By a synchronous External abort of the access that meets it.
  case abort
  /// By an SError.
  case serror(SystemError)
  /// Not at all: the access completes with what it read, and only a record tells of the error.
  case silent
}

/// An SError to come.
public struct SystemError: Equatable, Sendable {
  /// What ESR_ELx will hold, but for IESB, which is the PE's to say.
  public let syndrome: Syndrome
  /// Nanoseconds (instructions) until the SError becomes pending, unless an error synchronization
  /// event comes first; 0 for at once.
  public let delay: UInt64

  /// An SError with this ISS (IDS and 23:0).
  public init(iss: UInt64, delay: UInt64 = 0) {
    syndrome = Syndrome(.serror, iss: iss & ~Syndrome.iesb.mask)
    self.delay = delay
  }

  /// An SError of an architected type: what the error leaves of the PE.
  public init(_ state: ErrorState, delay: UInt64 = 0) {
    self.init(iss: Syndrome.serror(state).rawValue, delay: delay)
  }

  /// Whether the access that meets the error is to be executed again after the SError.
  public var isRestarted: Bool {
    delay == 0
      && (syndrome.asynchronousErrorType == .recoverable
        || syndrome.asynchronousErrorType == .restartable)
  }
}
