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

  /// What the code means, or nil for a reserved code.
  public var name: StaticString? {
    switch rawValue {
    case 0x00: "no error"
    case 0x01: "IMPLEMENTATION DEFINED error"
    case 0x02: "data value from internal memory"
    case 0x03: "IMPLEMENTATION DEFINED pin"
    case 0x04: "assertion failure"
    case 0x05: "internal data path"
    case 0x06: "data value from associative memory"
    case 0x07: "address or control value from associative memory"
    case 0x08: "data value from a TLB"
    case 0x09: "address or control value from a TLB"
    case 0x0A: "data value from producer"
    case 0x0B: "address or control value from producer"
    case 0x0C: "data value from external memory"
    case 0x0D: "illegal address (software fault)"
    case 0x0E: "illegal access (software fault)"
    case 0x0F: "illegal state (software fault)"
    case 0x10: "internal data register"
    case 0x11: "internal control register"
    case 0x12: "error response from completer"
    case 0x13: "external timeout"
    case 0x14: "internal timeout"
    case 0x15: "deferred error from completer not supported at requester"
    case 0x16: "deferred error from requester not supported at completer"
    case 0x17: "deferred error from completer passed through"
    case 0x18: "deferred error from requester passed through"
    case 0x19: "error recorded by PCIe error logs"
    case 0x1A: "other internal error"
    default: nil
    }
  }
}
