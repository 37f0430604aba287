// How an error reaches a core when not by a synchronous abort: as an SError, some time later.
//
// AET promises something of the preferred return address. From a recoverable or restartable error a
// core can resume there once the memory is repaired: an access that meets one is abandoned, and
// ELR_ELx is its own address. After any other error it has completed, with the bad data (a corrected
// one: with good data). With a delay, or while the SError is masked, all complete: ELR_ELx is
// wherever the core has come to, as with a real imprecise abort.

import Arm

/// An SError to come.
public struct AsynchronousError: Sendable, Equatable {
  /// What ESR_ELx will hold; its class is SError, and IESB is left to the core.
  public var syndrome: Syndrome
  /// Nanoseconds (instructions) until the SError becomes pending, unless an error synchronization
  /// event comes first; 0 for at once.
  public var delay: UInt64

  /// An SError with this ISS (IDS and 23:0).
  public init(iss: UInt64, delay: UInt64 = 0) {
    syndrome = Syndrome(.serror, iss: iss & ~Syndrome.iesb.mask)
    self.delay = delay
  }

  /// An SError of an architected type.
  public init(_ type: Syndrome.AsynchronousErrorType, delay: UInt64 = 0) {
    self.init(iss: Syndrome.serror(type).rawValue, delay: delay)
  }

  /// Whether the access that meets the error is to be executed again after the SError.
  var isRestarted: Bool {
    delay == 0
      && (syndrome.asynchronousErrorType == .recoverable
        || syndrome.asynchronousErrorType == .restartable)
  }
}
