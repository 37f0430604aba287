// ERR<n>STATUS.SERR: the architecturally defined primary error code.

/// An error code, ERR<n>STATUS.SERR.
///
/// RASSA (IHI0100), ERR<n>STATUS. A struct, since software meets codes that no revision it knows
/// has defined.
public struct ErrorCode: Equatable, Hashable, Sendable {
  /// The eight bits of SERR.
  public var rawValue: UInt8
  /// The code with these bits.
  @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// No error.
  public static let none = ErrorCode(rawValue: 0x00)
  /// An IMPLEMENTATION DEFINED error.
  public static let implementationDefined = ErrorCode(rawValue: 0x01)
  /// Data value from internal memory, for example a cache's data RAM.
  public static let internalMemoryData = ErrorCode(rawValue: 0x02)
  /// Error detected on an internal data path, for example an interconnect's.
  public static let internalDataPath = ErrorCode(rawValue: 0x05)
  /// Data value from associative memory, for example a cache.
  public static let associativeMemoryData = ErrorCode(rawValue: 0x06)
  /// Data value from external memory, for example the ECC of an SDRAM.
  public static let externalMemoryData = ErrorCode(rawValue: 0x0C)
  /// Error response from the completer of an access.
  public static let completerErrorResponse = ErrorCode(rawValue: 0x12)
  /// A deferred error from the completer that the requester does not support deferring again.
  public static let completerDeferredNotSupported = ErrorCode(rawValue: 0x15)
  /// A deferred error from the completer, passed through by the requester.
  public static let completerDeferredPassedThrough = ErrorCode(rawValue: 0x17)
  /// The highest code that is defined.
  public static let highestDefined = ErrorCode(rawValue: 0x1A)

  /// What the code means, in the manual's words; nil for a reserved code.
  public var name: StaticString? {
    switch rawValue {
    case 0x00: "No error"
    case 0x01: "IMPLEMENTATION DEFINED error"
    case 0x02: "Data value from (non-associative) internal memory"
    case 0x03: "IMPLEMENTATION DEFINED pin"
    case 0x04: "Assertion failure"
    case 0x05: "Error detected on internal data path"
    case 0x06: "Data value from associative memory"
    case 0x07: "Address/control value from associative memory"
    case 0x08: "Data value from a TLB"
    case 0x09: "Address/control value from a TLB"
    case 0x0A: "Data value from producer"
    case 0x0B: "Address/control value from producer"
    case 0x0C: "Data value from (non-associative) external memory"
    case 0x0D: "Illegal address (software fault)"
    case 0x0E: "Illegal access (software fault)"
    case 0x0F: "Illegal state (software fault)"
    case 0x10: "Internal data register"
    case 0x11: "Internal control register"
    case 0x12: "Error response from Completer of access"
    case 0x13: "External timeout"
    case 0x14: "Internal timeout"
    case 0x15: "Deferred error from Completer not supported at Requester"
    case 0x16: "Deferred error from Requester not supported at Completer"
    case 0x17: "Deferred error from Completer passed through"
    case 0x18: "Deferred error from Requester passed through"
    case 0x19: "Error recorded by PCIe error logs"
    case 0x1A: "Other internal error"
    default: nil
    }
  }
}
