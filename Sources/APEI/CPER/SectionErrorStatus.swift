// What kind of error a section tells of, and on which way it was met.

import Arm

/// The Error Status field of memory and other sections. UEFI 2.10, N.2.12.
public struct SectionErrorStatus: Register {
  /// The bits.
  public var rawValue: UInt64
  /// A status of these bits.
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Overflow: other errors were lost.
  public static let overflow = Field("OVERFLOW", 22)
  /// The first of a series.
  public static let first = Field("FIRST", 21)
  /// Detected by the requester.
  public static let requester = Field("REQUESTER", 20)
  /// Detected by the responder.
  public static let responder = Field("RESPONDER", 19)
  /// On the data part of the transaction.
  public static let data = Field("DATA", 18)
  /// On the control part.
  public static let control = Field("CONTROL", 17)
  /// On the address part.
  public static let address = Field("ADDRESS", 16)
  /// What kind of error.
  public static let type = Field("TYPE", 15, 8)

  /// TYPE.
  public enum Kind: UInt64, CaseIterable, Sendable {
    /// Internal error.
    case internalError = 1
    /// Storage error in memory.
    case memory = 4
    /// Storage error in a TLB.
    case tlb = 5
    /// Storage error in a cache.
    case cache = 6
    /// Error in a functional unit.
    case function = 7
    /// Self test.
    case selfTest = 8
    /// Overflow or underflow of internal queues.
    case flow = 9
    /// On a bus.
    case bus = 16
    /// Virtual address not found.
    case map = 17
    /// Improper access.
    case improper = 18
    /// Access to an address nobody implements.
    case unimplemented = 19
    /// Loss of lockstep.
    case lockstep = 20
    /// Response not associated with a request.
    case response = 21
    /// Parity.
    case parity = 22
    /// Protocol.
    case `protocol` = 23
    /// Path.
    case path = 24
    /// Timeout.
    case timeout = 25
    /// Poisoned data was read.
    case poisoned = 26
  }

  /// TYPE, or nil for a value without a name.
  public var kind: Kind? { Kind(rawValue: self[Self.type]) }

  /// A status of a kind, with the part of the transaction and who saw it left open.
  public init(_ kind: Kind) { self.init(rawValue: kind.rawValue << 8) }
}

/// What kind of component an error record's SERR code speaks of, and with it which section to
/// write.
///
/// Codes: Arm RAS System Architecture (IHI 0100), ERR<n>STATUS.SERR. The mapping is ours.
public enum ErrorComponent: UInt8, CaseIterable, Sendable {
  /// SERR 0: no error.
  case none
  /// A cache.
  case cache
  /// A TLB.
  case tlb
  /// An interconnect, or a response from one.
  case bus
  /// External memory.
  case memory
  /// Anything inside a processor.
  case microArchitecture
  /// A fault of software: not to be reported as a failure of hardware.
  case software
  /// Recorded by PCI Express, with its own logs.
  case pcie
  /// A code that is reserved.
  case unknown

  /// The component of ERR<n>STATUS.SERR.
  public init(_ code: ErrorCode) {
    switch code.rawValue {
    case 0x00: self = .none
    case 0x02, 0x06, 0x07: self = .cache
    case 0x08, 0x09: self = .tlb
    case 0x0a, 0x0b, 0x12, 0x13, 0x15, 0x16, 0x17, 0x18: self = .bus
    case 0x0c: self = .memory
    case 0x01, 0x03, 0x04, 0x05, 0x10, 0x11, 0x14, 0x1a: self = .microArchitecture
    case 0x0d, 0x0e, 0x0f: self = .software
    case 0x19: self = .pcie
    default: self = .unknown
    }
  }

  /// The type bit of an Arm processor error that fits best.
  public var processorErrorType: ProcessorErrorType {
    switch self {
    case .cache: .cache
    case .tlb: .tlb
    case .bus, .memory, .pcie: .bus
    case .none, .microArchitecture, .software, .unknown: .microArchitecture
    }
  }
}
