// ARM Processor Error Information Structure, 32 bytes. UEFI 2.10, N.2.4.4.1.
//
// The Type byte has three encodings in the wild: UEFI up to 2.9 left it open and everybody counted
// 0 to 3; 2.9A and 2.10 made it a bitmap in bits 1 to 4, which Linux, QEMU and TF-A use; 2.10A and
// 2.11 moved the bitmap to bits 0 to 3. Nothing in a record says which it is, so both sides here
// are told; the default is what Linux acts upon.

import Arm
import Bytes

/// What part of a processor failed; several may be set.
public struct ProcessorErrorType: OptionSet, Sendable {
  /// The bits: 0 cache, 1 TLB, 2 bus, 3 micro-architecture.
  public let rawValue: UInt8
  /// These types.
  public init(rawValue: UInt8) { self.rawValue = rawValue & 0xf }

  /// A cache.
  public static let cache = ProcessorErrorType(rawValue: 1)
  /// A TLB.
  public static let tlb = ProcessorErrorType(rawValue: 2)
  /// A bus.
  public static let bus = ProcessorErrorType(rawValue: 4)
  /// Anything else inside.
  public static let microArchitecture = ProcessorErrorType(rawValue: 8)
}

/// How the Type byte is encoded.
public enum ProcessorErrorTypeEncoding: UInt8, CaseIterable, Sendable {
  /// UEFI 2.9 and before: 0 cache, 1 TLB, 2 bus, 3 micro-architecture, one of them.
  case enumeration
  /// UEFI 2.9A and 2.10: a bitmap in bits 1 to 4. What Linux reads.
  case bitmapFromBit1
  /// UEFI 2.10A and 2.11: a bitmap in bits 0 to 3.
  case bitmapFromBit0

  /// The byte for a set of types; an enumeration keeps the first.
  public func byte(for type: ProcessorErrorType) -> UInt8 {
    switch self {
    case .enumeration:
      type.contains(.cache) ? 0 : type.contains(.tlb) ? 1 : type.contains(.bus) ? 2 : 3
    case .bitmapFromBit1: type.rawValue << 1
    case .bitmapFromBit0: type.rawValue
    }
  }

  /// The types a byte stands for, or nil if the byte is not of this encoding.
  public func type(of byte: UInt8) -> ProcessorErrorType? {
    switch self {
    case .enumeration: byte < 4 ? ProcessorErrorType(rawValue: 1 << byte) : nil
    case .bitmapFromBit1:
      byte != 0 && byte & ~0x1e == 0 ? ProcessorErrorType(rawValue: byte >> 1) : nil
    case .bitmapFromBit0:
      byte != 0 && byte & ~0xf == 0 ? ProcessorErrorType(rawValue: byte) : nil
    }
  }
}

/// Error Information of a cache, TLB or bus error. UEFI 2.10, tables N.18 to N.20.
///
/// Bits [15:0] say which of the fields above are valid.
public struct ProcessorErrorDetail: Register {
  /// The bits.
  public var rawValue: UInt64
  /// A detail of these bits.
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Bus: access mode, 0 secure, 1 normal.
  public static let accessMode = Field("Access Mode", 43)
  /// Bus: memory attributes.
  public static let memoryAttributes = Field("Memory Attributes", 42, 34)
  /// Bus: address space, 0 external memory, 1 internal, 3 device.
  public static let addressSpace = Field("Address Space", 33, 32)
  /// Bus: timeout.
  public static let timeout = Field("Timeout", 31)
  /// Bus: participation, 0 originated, 1 responded, 2 observed, 3 generic.
  public static let participation = Field("Participation Type", 30, 29)
  /// Software may restart from the PC in the context.
  public static let restartablePC = Field("Restartable PC", 28)
  /// The PC in the context is that of the instruction that met the error.
  public static let precisePC = Field("Precise PC", 27)
  /// The error was corrected.
  public static let corrected = Field("Corrected", 26)
  /// The processor's context is corrupt.
  public static let contextCorrupt = Field("Processor Context Corrupt", 25)
  /// Level of the cache or TLB, or affinity level of the bus.
  public static let level = Field("Level", 24, 22)
  /// 0 generic, 1 read, 2 write, 3 data read, 4 data write, 5 instruction fetch, 6 prefetch.
  public static let operation = Field("Operation", 21, 18)
  /// 0 instruction, 1 data, 2 generic.
  public static let transaction = Field("Transaction Type", 17, 16)
  /// Valid bits, in the order transaction, operation, level, context corrupt, corrected, precise
  /// PC, restartable PC, participation, timeout, address space, attributes, access mode.
  public static let valid = Field("Validation Bits", 15, 0)

  /// The fields that have a valid bit, by its number.
  public static let validated = [
    transaction, operation, level, contextCorrupt, corrected, precisePC, restartablePC,
    participation, timeout, addressSpace, memoryAttributes, accessMode,
  ]

  /// This detail with a field set and, if it has a valid bit, marked valid; `bit` is its place in
  /// `validated`.
  private func setting(_ field: Field, _ bit: UInt64, _ value: UInt64) -> Self {
    with(field, value).with(Self.valid, self[Self.valid] | 1 << bit)
  }

  /// An uncorrected access: what it was and whether the context can be relied on.
  ///
  /// - `transaction`: 0 instruction, 1 data, 2 generic.
  /// - `operation`: see `operation`.
  /// - `state`: UEO makes the PC restartable, UER precise; UEU and UC corrupt the context.
  public init(transaction: UInt64, operation: UInt64, level: UInt64?, state: ErrorState) {
    var detail = ProcessorErrorDetail(rawValue: 0)
      .setting(Self.transaction, 0, transaction).setting(Self.operation, 1, operation)
    if let level { detail = detail.setting(Self.level, 2, level) }
    let corrupt = state == .unrecoverable || state == .uncontainable
    detail = detail.setting(Self.contextCorrupt, 3, corrupt ? 1 : 0)
      .setting(Self.corrected, 4, state == .corrected ? 1 : 0)
      .setting(Self.precisePC, 5, state == .recoverable || state == .restartable ? 1 : 0)
      .setting(Self.restartablePC, 6, state == .restartable || state == .corrected ? 1 : 0)
    self = detail
  }
}

/// One error of a processor.
public struct ProcessorErrorInformation: Equatable, Sendable {
  /// Size of the structure in bytes.
  public static let size = ProcessorErrorInformationLayout.size

  /// Flags of the structure.
  public struct Flags: OptionSet, Sendable {
    /// The bits.
    public let rawValue: UInt8
    /// These flags.
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// First error captured.
    public static let first = Flags(rawValue: 1)
    /// Last error captured.
    public static let last = Flags(rawValue: 2)
    /// Propagated from elsewhere.
    public static let propagated = Flags(rawValue: 4)
    /// Others were lost.
    public static let overflow = Flags(rawValue: 8)
  }

  /// Structure version: 0.
  public var version: UInt8 = 0
  /// Length byte: 32.
  public var length: UInt8 = 32
  /// The Type byte, in whatever encoding.
  public var type: UInt8
  /// 0 one error, 1 several, else how many.
  public var multipleError: UInt16?
  /// First, last, propagated, overflow.
  public var flags: Flags?
  /// Details, for cache, TLB and bus errors in the layout of `ProcessorErrorDetail`.
  public var detail: UInt64?
  /// The virtual address, for example FAR_ELx.
  public var virtualAddress: UInt64?
  /// The physical address.
  public var physicalAddress: UInt64?
  /// Valid bits beyond the five defined.
  public var otherValidBits: UInt16 = 0

  /// An error of a type, in an encoding.
  public init(
    _ type: ProcessorErrorType, encoding: ProcessorErrorTypeEncoding = .bitmapFromBit1,
    detail: ProcessorErrorDetail? = nil, virtualAddress: UInt64? = nil,
    physicalAddress: UInt64? = nil, flags: Flags? = nil, multipleError: UInt16? = nil
  ) {
    self.type = encoding.byte(for: type)
    self.detail = detail?.rawValue
    self.virtualAddress = virtualAddress
    self.physicalAddress = physicalAddress
    self.flags = flags
    self.multipleError = multipleError
  }

  /// The structure at an offset.
  public init(_ source: some ByteSource, at offset: Int) throws(ByteError) {
    try source.require(Self.size, at: offset)
    version = try source.u8(at: offset + ProcessorErrorInformationLayout.version.offset)
    length = try source.u8(at: offset + ProcessorErrorInformationLayout.length.offset)
    let valid = try source.u16(at: offset + ProcessorErrorInformationLayout.validation.offset)
    type = try source.u8(at: offset + ProcessorErrorInformationLayout.type.offset)
    multipleError =
      valid & 1 != 0
      ? try source.u16(at: offset + ProcessorErrorInformationLayout.multiple.offset) : nil
    flags =
      valid & 2 != 0
      ? Flags(rawValue: try source.u8(at: offset + ProcessorErrorInformationLayout.flags.offset))
      : nil
    detail =
      valid & 4 != 0
      ? try source.u64(at: offset + ProcessorErrorInformationLayout.detail.offset) : nil
    virtualAddress =
      valid & 8 != 0
      ? try source.u64(at: offset + ProcessorErrorInformationLayout.virtualAddress.offset) : nil
    physicalAddress =
      valid & 16 != 0
      ? try source.u64(at: offset + ProcessorErrorInformationLayout.physicalAddress.offset) : nil
    otherValidBits = valid & ~0x1f
  }

  /// Validation Bits.
  public var validationBits: UInt16 {
    var bits = otherValidBits & ~0x1f
    if multipleError != nil { bits |= 1 }
    if flags != nil { bits |= 2 }
    if detail != nil { bits |= 4 }
    if virtualAddress != nil { bits |= 8 }
    if physicalAddress != nil { bits |= 16 }
    return bits
  }
}

extension ByteWriter {
  /// Writes an error information structure.
  public mutating func processorErrorInformation(
    _ value: borrowing ProcessorErrorInformation
  ) throws(ByteError) {
    try u8(value.version)
    try u8(value.length)
    try u16(value.validationBits)
    try u8(value.type)
    try u16(value.multipleError ?? 0)
    try u8(value.flags?.rawValue ?? 0)
    try u64(value.detail ?? 0)
    try u64(value.virtualAddress ?? 0)
    try u64(value.physicalAddress ?? 0)
  }
}
