// How bad an error is and what is known of it, as records say it.

import Arm

/// How bad an error is, in error status blocks, entries and records. ACPI 6.5, table 18.11; UEFI
/// 2.10, N.2.1.
public enum ErrorSeverity: UInt32, CaseIterable, Sendable {
  /// The system goes on if software acts.
  case recoverable = 0
  /// The system cannot go on: Linux panics.
  case fatal = 1
  /// Nothing was lost.
  case corrected = 2
  /// None, or informational.
  case none = 3

  /// The name: UEFI's, who calls informational what ACPI calls none.
  public var name: StaticString {
    switch self {
    case .recoverable: "recoverable"
    case .fatal: "fatal"
    case .corrected: "corrected"
    case .none: "informational"
    }
  }

  /// Orders by how bad it is; the numbers do not.
  public var rank: Int {
    switch self {
    case .none: 0
    case .corrected: 1
    case .recoverable: 2
    case .fatal: 3
    }
  }

  /// The worse of two.
  public func worse(_ other: ErrorSeverity) -> ErrorSeverity {
    rank >= other.rank ? self : other
  }
}

extension ErrorSeverity {
  /// The severity of an error state, nil being no error at all.
  ///
  /// An unrecoverable state (UEU) is fatal: no system software here can park a processor.
  public init(_ state: ErrorState?) {
    self =
      switch state {
      case nil: .none
      case .corrected: .corrected
      case .deferred, .restartable, .recoverable: .recoverable
      case .unrecoverable, .uncontainable: .fatal
      }
  }

  /// The severity of what an error record holds: that of its highest-priority state, to which
  /// alone the syndrome belongs (RASSA 2.4.3.5), never that of a lesser state recorded as well. A critical
  /// error (STATUS.CI) is fatal whatever its state is: the component may not work any more.
  public init(_ status: ErrorStatus) {
    let isCritical = status.isSet(ErrorStatus.v) && status.isSet(ErrorStatus.ci)
    self = isCritical ? .fatal : ErrorSeverity(status.highestState)
  }
}

/// Flags of a section, as far as they fit a data entry. UEFI 2.10, N.2.2.
public struct SectionFlags: OptionSet, Sendable {
  /// The bits.
  public let rawValue: UInt8
  /// These flags.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// The section to look at first.
  public static let primary = SectionFlags(rawValue: 1 << 0)
  /// The error was not contained.
  public static let containmentWarning = SectionFlags(rawValue: 1 << 1)
  /// The component was reset.
  public static let reset = SectionFlags(rawValue: 1 << 2)
  /// A threshold was exceeded: the operating system may stop using the resource.
  public static let thresholdExceeded = SectionFlags(rawValue: 1 << 3)
  /// The error has not been consumed yet.
  public static let latent = SectionFlags(rawValue: 1 << 5)
  /// The error did not originate here.
  public static let propagated = SectionFlags(rawValue: 1 << 6)
  /// Other errors were lost.
  public static let overflow = SectionFlags(rawValue: 1 << 7)

  /// The flags that follow from an error record. `isConsumed` says that an access has met the error:
  /// then it is not latent, whatever the node that detected it says of itself.
  public init(_ status: ErrorStatus, isConsumed: Bool = false) {
    var flags: SectionFlags = []
    switch status.highestState {
    case .deferred, .restartable: if !isConsumed { flags.insert(.latent) }
    case .uncontainable: flags.insert(.containmentWarning)
    case nil, .corrected, .recoverable, .unrecoverable: break
    }
    if status.isSet(ErrorStatus.pn) { flags.insert(.propagated) }
    if status.isSet(ErrorStatus.of) { flags.insert(.overflow) }
    self = flags
  }
}
