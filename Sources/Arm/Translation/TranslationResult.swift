// What an address translation instruction answers, and where a stage 2 fault says its address is.

/// PAR_EL1. Arm ARM D24.2.
///
/// With F clear the fields of a success hold, with F set those of a fault.
public struct TranslationResult: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Whether the translation failed.
  public static let f = Field("F", 0)

  // Of a success.
  /// Shareability, as a descriptor has it.
  public static let sh = Field("SH", 8, 7)
  /// Whether the output address is Non-secure; of the EL1&0 and EL3 regimes.
  public static let ns = Field("NS", 9)
  /// The output address; bits from 48 on are zero without FEAT_LPA.
  public static let pa = Field("PA", 51, 12)
  /// The memory type, as a byte of MAIR_ELx.
  public static let attr = Field("ATTR", 63, 56)

  // Of a fault.
  /// The fault status code.
  public static let fst = Field("FST", 6, 1)
  /// Whether stage 2 failed for a stage 1 descriptor.
  public static let ptw = Field("PTW", 8)
  /// Whether stage 2 failed.
  public static let s = Field("S", 9)
  /// The fields of a success.
  public static let successFields = [f, sh, ns, pa, attr]
  /// The fields of a fault.
  public static let faultFields = [f, fst, ptw, s]
  /// RES1: bit 11.
  public static let reservedOnes: UInt64 = 1 << 11

  /// The output address of a success, of the byte that was asked for.
  @inlinable public func address(of virtual: UInt64) -> PhysicalAddress? {
    isSet(TranslationResult.f)
      ? nil : PhysicalAddress(rawValue & TranslationResult.pa.mask | virtual & 0xFFF)
  }
}

/// HPFAR_EL2: the intermediate physical address of a stage 2 fault. Arm ARM D24.2.
public struct HypervisorFaultAddress: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Bits 51:12 of the address; those from bit 48 on are zero without FEAT_LPA.
  public static let fipa = Field("FIPA", 43, 4)
  /// All fields.
  public static let fields = [fipa]

  /// The page of an address.
  @inlinable public init(_ address: IntermediatePhysicalAddress) {
    rawValue = address.rawValue &>> 8 & HypervisorFaultAddress.fipa.mask
  }

  /// The page that could not be reached.
  @inlinable public var page: IntermediatePhysicalAddress {
    IntermediatePhysicalAddress((rawValue & HypervisorFaultAddress.fipa.mask) &<< 8)
  }
}
