// What a record says of memory: above all, where.

import Bytes

/// Platform memory error section, 80 bytes. UEFI 2.10, N.2.5.
///
/// A field that is nil is written as zero and marked invalid.
public struct MemorySection: Equatable, Sendable {
  /// Size of the section in bytes.
  public static let size = MemorySectionLayout.size

  /// Error Type.
  public enum Kind: UInt8, CaseIterable, Sendable {
    /// Unknown.
    case unknown = 0
    /// No error.
    case none = 1
    /// Single-bit ECC.
    case singleBitECC = 2
    /// Multi-bit ECC.
    case multiBitECC = 3
    /// Single-symbol chipkill ECC.
    case singleSymbolChipkill = 4
    /// Multi-symbol chipkill ECC.
    case multiSymbolChipkill = 5
    /// Master abort.
    case masterAbort = 6
    /// Target abort.
    case targetAbort = 7
    /// Parity error.
    case parity = 8
    /// Watchdog timeout.
    case watchdog = 9
    /// Invalid address.
    case invalidAddress = 10
    /// Mirror broken.
    case mirrorBroken = 11
    /// Memory sparing.
    case sparing = 12
    /// Scrub, corrected.
    case scrubCorrected = 13
    /// Scrub, uncorrected.
    case scrubUncorrected = 14
    /// Physical memory map-out.
    case mapOut = 15
  }

  /// Error Status.
  public var status: SectionErrorStatus?
  /// Physical address of the error.
  public var physicalAddress: UInt64?
  /// Which bits of the address are known: all ones but those inside the granule.
  public var physicalAddressMask: UInt64?
  /// Node.
  public var node: UInt16?
  /// Card.
  public var card: UInt16?
  /// Module.
  public var module: UInt16?
  /// Bank.
  public var bank: UInt16?
  /// Device.
  public var device: UInt16?
  /// Row, 16 bits.
  public var row: UInt16?
  /// Column.
  public var column: UInt16?
  /// Bit position.
  public var bitPosition: UInt16?
  /// Requestor.
  public var requestor: UInt64?
  /// Responder.
  public var responder: UInt64?
  /// Target.
  public var target: UInt64?
  /// Error Type, as a byte.
  public var errorType: UInt8?
  /// Rank.
  public var rank: UInt16?
  /// SMBIOS handle of the card.
  public var cardHandle: UInt16?
  /// SMBIOS handle of the module.
  public var moduleHandle: UInt16?
  /// Valid bits of the fields this type does not model: 18 to 21.
  public var otherValidBits: UInt64 = 0
  /// The byte those fields are in.
  public var extended: UInt8 = 0

  /// An error at an address; `granule` is a power of two in bytes.
  public init(
    physicalAddress: UInt64? = nil, granule: UInt64? = nil, kind: Kind? = nil,
    status: SectionErrorStatus? = nil
  ) {
    self.physicalAddress = physicalAddress
    if let granule { physicalAddressMask = ~(granule &- 1) }
    errorType = kind?.rawValue
    self.status = status
  }

  /// Error Type, or nil if it is missing or has no name.
  public var kind: Kind? { errorType.flatMap { Kind(rawValue: $0) } }

  /// The section at an offset; sections of UEFI 2.2 end after the error type.
  public init(_ source: some ByteSource, at offset: Int = 0) throws(ByteError) {
    let valid = try source.u64(at: offset + MemorySectionLayout.validation.offset)
    func has(_ bit: UInt64) -> Bool { valid >> bit & 1 != 0 }
    try source.require(MemorySectionLayout.oldSize, at: offset)
    status =
      has(0)
      ? SectionErrorStatus(
        rawValue: try source.u64(at: offset + MemorySectionLayout.errorStatus.offset)) : nil
    physicalAddress =
      has(1) ? try source.u64(at: offset + MemorySectionLayout.physicalAddress.offset) : nil
    physicalAddressMask =
      has(2) ? try source.u64(at: offset + MemorySectionLayout.mask.offset) : nil
    node = has(3) ? try source.u16(at: offset + MemorySectionLayout.node.offset) : nil
    card = has(4) ? try source.u16(at: offset + MemorySectionLayout.card.offset) : nil
    module = has(5) ? try source.u16(at: offset + MemorySectionLayout.module.offset) : nil
    bank = has(6) ? try source.u16(at: offset + MemorySectionLayout.bank.offset) : nil
    device = has(7) ? try source.u16(at: offset + MemorySectionLayout.device.offset) : nil
    row = has(8) ? try source.u16(at: offset + MemorySectionLayout.row.offset) : nil
    column = has(9) ? try source.u16(at: offset + MemorySectionLayout.column.offset) : nil
    bitPosition =
      has(10) ? try source.u16(at: offset + MemorySectionLayout.bitPosition.offset) : nil
    requestor = has(11) ? try source.u64(at: offset + MemorySectionLayout.requestor.offset) : nil
    responder = has(12) ? try source.u64(at: offset + MemorySectionLayout.responder.offset) : nil
    target = has(13) ? try source.u64(at: offset + MemorySectionLayout.target.offset) : nil
    errorType = has(14) ? try source.u8(at: offset + MemorySectionLayout.errorType.offset) : nil
    otherValidBits = valid & ~0x3_ffff
    if source.byteCount - offset >= Self.size {
      extended = try source.u8(at: offset + MemorySectionLayout.extended.offset)
      rank = has(15) ? try source.u16(at: offset + MemorySectionLayout.rank.offset) : nil
      cardHandle =
        has(16) ? try source.u16(at: offset + MemorySectionLayout.cardHandle.offset) : nil
      moduleHandle =
        has(17) ? try source.u16(at: offset + MemorySectionLayout.moduleHandle.offset) : nil
    }
  }

  /// Validation Bits.
  public var validationBits: UInt64 {
    var bits = otherValidBits & ~0x3_ffff
    func mark(_ present: Bool, _ bit: UInt64) { if present { bits |= 1 << bit } }
    mark(status != nil, 0)
    mark(physicalAddress != nil, 1)
    mark(physicalAddressMask != nil, 2)
    mark(node != nil, 3)
    mark(card != nil, 4)
    mark(module != nil, 5)
    mark(bank != nil, 6)
    mark(device != nil, 7)
    mark(row != nil, 8)
    mark(column != nil, 9)
    mark(bitPosition != nil, 10)
    mark(requestor != nil, 11)
    mark(responder != nil, 12)
    mark(target != nil, 13)
    mark(errorType != nil, 14)
    mark(rank != nil, 15)
    mark(cardHandle != nil, 16)
    mark(moduleHandle != nil, 17)
    return bits
  }
}

extension ByteWriter {
  /// Writes a memory section.
  public mutating func memorySection(_ value: borrowing MemorySection) throws(ByteError) {
    try u64(value.validationBits)
    try u64(value.status?.rawValue ?? 0)
    try u64(value.physicalAddress ?? 0)
    try u64(value.physicalAddressMask ?? 0)
    try u16(value.node ?? 0)
    try u16(value.card ?? 0)
    try u16(value.module ?? 0)
    try u16(value.bank ?? 0)
    try u16(value.device ?? 0)
    try u16(value.row ?? 0)
    try u16(value.column ?? 0)
    try u16(value.bitPosition ?? 0)
    try u64(value.requestor ?? 0)
    try u64(value.responder ?? 0)
    try u64(value.target ?? 0)
    try u8(value.errorType ?? 0)
    try u8(value.extended)
    try u16(value.rank ?? 0)
    try u16(value.cardHandle ?? 0)
    try u16(value.moduleHandle ?? 0)
  }
}
