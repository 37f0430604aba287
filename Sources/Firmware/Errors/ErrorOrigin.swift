// What made EL3 look at the error records, and what that alone says of the error: of the core that
// met it, if one has, and of where the report goes. What the records say is the report's.

import APEI
import Arm
import Platform

/// Why error records are read.
public enum ErrorOrigin: Equatable, Sendable {
  /// A core took a synchronous External abort to EL3: ESR_EL3, FAR_EL3.
  case abort(Syndrome, faultAddress: UInt64)
  /// A core took an SError to EL3: ESR_EL3. Masked, the operating system does not get to see it.
  case systemError(Syndrome, isMasked: Bool)
  /// A node raised its fault handling, error recovery or critical error interrupt, of this INTID, or was looked at in its
  /// place: nobody has taken an exception for the error.
  case interrupt(UInt32)
  /// The same on a core that is off: nobody there can be told in-band, and none will come for its own record.
  case parked
  /// A record was there for a while whose error somebody was told of in-band, and nobody came for it: in the
  /// core's own node, or in one that the cores share.
  case abandoned(isOwn: Bool)
  /// A record was there when the firmware started: an error of the run before.
  case leftOver

  /// ESR_EL3, where a core took an exception.
  var syndrome: Syndrome? {
    switch self {
    case .abort(let syndrome, _), .systemError(let syndrome, _): syndrome
    case .interrupt, .parked, .abandoned, .leftOver: nil
    }
  }

  /// The virtual address of the access, where the exception told it: FAR_EL3 is UNKNOWN after an
  /// SError.
  var accessedAddress: UInt64? {
    guard case .abort(let syndrome, let address) = self, syndrome.hasFaultAddress else {
      return nil
    }
    return address
  }

  /// The state of the core that took the exception; nil when none has. Where the syndrome does not
  /// say (an abort on a walk, an SError of unknown type) it has been delivered, and what the records
  /// say counts.
  var coreState: ErrorState? {
    syndrome.map { $0.asynchronousErrorType ?? $0.synchronousErrorType ?? .recoverable }
  }

  /// Whether the core's own state is lost, whatever the records say: "uncontainable", or an SError
  /// that is "unrecoverable" (Neoverse N1 erratum 1349291 makes the two alike).
  public var isCoreLost: Bool {
    switch coreState {
    case .uncontainable, .unrecoverable: true
    case .restartable, .recoverable, .deferred, .corrected, nil: false
    }
  }

  /// Whether a node's record of an error that somebody was told of in-band is not read: he comes by himself.
  func isLeftToOthers(_ node: UInt16) -> Bool {
    switch self {
    case .interrupt: true
    case .parked: UInt64(node) != ErrorNode.processor
    case .abandoned(let isOwn): isOwn != (UInt64(node) == ErrorNode.processor)
    case .abort, .systemError, .leftOver: false
    }
  }

  /// The kind of error source that the report belongs to.
  var sourceKind: ErrorSourceKind {
    switch self {
    case .abort: .synchronousAbort
    case .systemError(_, let isMasked): isMasked ? .event : .systemError
    case .interrupt, .parked, .abandoned, .leftOver: .event
    }
  }
}
