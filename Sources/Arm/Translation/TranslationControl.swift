// What a translation regime's tables look like: TCR_ELx and VTCR_EL2, and the registers that say
// where the first table is.
//
// TCR_ELx has two layouts. Regimes with two ranges (EL1&0, and EL2&0 with HCR_EL2.E2H = 1) have the
// one of TCR_EL1; TCR_EL3, and TCR_EL2 without E2H, have the one of `SingleRangeTranslationControl`.

/// TCR_EL1, and TCR_EL2 with HCR_EL2.E2H = 1. Arm ARM D24.2, TCR_EL1.
public struct TranslationControl: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Size of the lower range: it has 2^(64 - T0SZ) addresses.
  public static let t0sz = Field("T0SZ", 5, 0)
  /// No walks for the lower range.
  public static let epd0 = Field("EPD0", 7)
  /// Inner cacheability of walks of the lower range.
  public static let irgn0 = Field("IRGN0", 9, 8)
  /// Outer cacheability of walks of the lower range.
  public static let orgn0 = Field("ORGN0", 11, 10)
  /// Shareability of walks of the lower range.
  public static let sh0 = Field("SH0", 13, 12)
  /// Granule of the lower range, `TranslationGranule.tg0`.
  public static let tg0 = Field("TG0", 15, 14)
  /// Size of the upper range.
  public static let t1sz = Field("T1SZ", 21, 16)
  /// Whether the ASID is TTBR1's.
  public static let a1 = Field("A1", 22)
  /// No walks for the upper range.
  public static let epd1 = Field("EPD1", 23)
  /// Inner cacheability of walks of the upper range.
  public static let irgn1 = Field("IRGN1", 25, 24)
  /// Outer cacheability of walks of the upper range.
  public static let orgn1 = Field("ORGN1", 27, 26)
  /// Shareability of walks of the upper range.
  public static let sh1 = Field("SH1", 29, 28)
  /// Granule of the upper range, `TranslationGranule.tg1`.
  public static let tg1 = Field("TG1", 31, 30)
  /// Size of output addresses, `OutputAddressSize`.
  public static let ips = Field("IPS", 34, 32)
  /// Whether ASIDs have 16 bits rather than 8.
  public static let `as` = Field("AS", 36)
  /// Whether the top byte of addresses of the lower range is ignored.
  public static let tbi0 = Field("TBI0", 37)
  /// Whether the top byte of addresses of the upper range is ignored.
  public static let tbi1 = Field("TBI1", 38)
  /// Hardware sets the Access flag (FEAT_HAFDBS).
  public static let ha = Field("HA", 39)
  /// Hardware manages dirty state, with HA (FEAT_HAFDBS).
  public static let hd = Field("HD", 40)
  /// The attributes of tables are ignored in the lower range (FEAT_HPDS).
  public static let hpd0 = Field("HPD0", 41)
  /// The attributes of tables are ignored in the upper range (FEAT_HPDS).
  public static let hpd1 = Field("HPD1", 42)
  /// Which of descriptor bits 62:59 hardware may use in the lower range (FEAT_HPDS2).
  public static let hwu0 = Field("HWU059...HWU062", 46, 43)
  /// Which of descriptor bits 62:59 hardware may use in the upper range (FEAT_HPDS2).
  public static let hwu1 = Field("HWU159...HWU162", 50, 47)
  /// All fields of Armv8.2.
  public static let fields = [
    t0sz, epd0, irgn0, orgn0, sh0, tg0, t1sz, a1, epd1, irgn1, orgn1, sh1, tg1, ips, `as`, tbi0,
    tbi1, ha, hd, hpd0, hpd1, hwu0, hwu1,
  ]
}

/// TCR_EL3, and TCR_EL2 with HCR_EL2.E2H = 0. Arm ARM D24.2, TCR_EL2 and TCR_EL3.
public struct SingleRangeTranslationControl: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Size of the range: it has 2^(64 - T0SZ) addresses.
  public static let t0sz = Field("T0SZ", 5, 0)
  /// Inner cacheability of walks.
  public static let irgn0 = Field("IRGN0", 9, 8)
  /// Outer cacheability of walks.
  public static let orgn0 = Field("ORGN0", 11, 10)
  /// Shareability of walks.
  public static let sh0 = Field("SH0", 13, 12)
  /// Granule, `TranslationGranule.tg0`.
  public static let tg0 = Field("TG0", 15, 14)
  /// Size of output addresses, `OutputAddressSize`.
  public static let ps = Field("PS", 18, 16)
  /// Whether the top byte of addresses is ignored.
  public static let tbi = Field("TBI", 20)
  /// Hardware sets the Access flag (FEAT_HAFDBS).
  public static let ha = Field("HA", 21)
  /// Hardware manages dirty state, with HA (FEAT_HAFDBS).
  public static let hd = Field("HD", 22)
  /// The attributes of tables are ignored (FEAT_HPDS).
  public static let hpd = Field("HPD", 24)
  /// Which of descriptor bits 62:59 hardware may use (FEAT_HPDS2).
  public static let hwu = Field("HWU59...HWU62", 28, 25)
  /// All fields of Armv8.2.
  public static let fields = [t0sz, irgn0, orgn0, sh0, tg0, ps, tbi, ha, hd, hpd, hwu]
  /// RES1: bits 31 and 23.
  public static let reservedOnes: UInt64 = 1 << 31 | 1 << 23
}

/// VTCR_EL2: stage 2 of EL1&0. Arm ARM D24.2, VTCR_EL2.
public struct VirtualizationTranslationControl: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Size of the intermediate physical address space: it has 2^(64 - T0SZ) addresses.
  public static let t0sz = Field("T0SZ", 5, 0)
  /// Level of the first table, counted from `TableWalk`'s rule for SL0.
  public static let sl0 = Field("SL0", 7, 6)
  /// Inner cacheability of walks.
  public static let irgn0 = Field("IRGN0", 9, 8)
  /// Outer cacheability of walks.
  public static let orgn0 = Field("ORGN0", 11, 10)
  /// Shareability of walks.
  public static let sh0 = Field("SH0", 13, 12)
  /// Granule, `TranslationGranule.tg0`.
  public static let tg0 = Field("TG0", 15, 14)
  /// Size of output addresses, `OutputAddressSize`.
  public static let ps = Field("PS", 18, 16)
  /// Whether VMIDs have 16 bits rather than 8 (FEAT_VMID16).
  public static let vs = Field("VS", 19)
  /// Hardware sets the Access flag (FEAT_HAFDBS).
  public static let ha = Field("HA", 21)
  /// Hardware manages dirty state, with HA (FEAT_HAFDBS).
  public static let hd = Field("HD", 22)
  /// Which of descriptor bits 62:59 hardware may use (FEAT_HPDS2).
  public static let hwu = Field("HWU59...HWU62", 28, 25)
  /// All fields of Armv8.2.
  public static let fields = [t0sz, sl0, irgn0, orgn0, sh0, tg0, ps, vs, ha, hd, hwu]
  /// RES1: bit 31.
  public static let reservedOnes: UInt64 = 1 << 31
}

/// TTBR0_ELx, TTBR1_ELx and VTTBR_EL2: the first table, and whose translations these are.
/// Arm ARM D24.2, TTBR0_EL1 and VTTBR_EL2.
public struct TableBase: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Common not private (FEAT_TTCNP).
  public static let cnp = Field("CnP", 0)
  /// Physical address of the first table; the bits below its size are RES0.
  public static let baddr = Field("BADDR", 47, 1)
  /// Address space of stage 1.
  public static let asid = Field("ASID", 63, 48)
  /// Virtual machine, of VTTBR_EL2.
  public static let vmid = Field("VMID", 63, 48)
  /// The fields of TTBR<n>_ELx.
  public static let fields = [cnp, baddr, asid]

  /// The address of the first table, before its low bits are cleared.
  @inlinable public var address: UInt64 { rawValue & TableBase.baddr.mask }
}

/// The register of a TLBI by address or by ASID. Arm ARM C5.5.
public struct InvalidationOperand: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// An operand with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Bits 55:12 of a virtual address, or 47:12 of an intermediate physical one.
  public static let page = Field("VA[55:12]", 43, 0)
  /// Address space.
  public static let asid = Field("ASID", 63, 48)
  /// The fields of Armv8.2.
  public static let fields = [page, asid]
}

/// What TCR_ELx.{I}PS and VTCR_EL2.PS say, and ID_AA64MMFR0_EL1.PARange: bits of physical address.
/// Arm ARM D8.1.6.
public enum OutputAddressSize {
  /// Bits, of a field's value; what is larger than 48 bits needs FEAT_LPA and counts as 48 here.
  @inlinable public static func bits(_ field: UInt64) -> UInt64 {
    switch field {
    case 0: 32
    case 1: 36
    case 2: 40
    case 3: 42
    case 4: 44
    default: 48
    }
  }
}

/// A size of page and table: log2 of its bytes. Arm ARM D8.1.7.
public enum TranslationGranule: UInt64, CaseIterable, Sendable {
  /// 4 KiB.
  case kib4 = 12
  /// 16 KiB.
  case kib16 = 14
  /// 64 KiB.
  case kib64 = 16

  /// From TG0 of TCR_ELx and VTCR_EL2. The reserved value is taken for 4 KiB, which the manual
  /// leaves to the implementation.
  @inlinable public init(tg0: UInt64) {
    self = tg0 == 1 ? .kib64 : tg0 == 2 ? .kib16 : .kib4
  }

  /// From TG1, whose values are others; the reserved one is taken for 4 KiB.
  @inlinable public init(tg1: UInt64) {
    self = tg1 == 3 ? .kib64 : tg1 == 1 ? .kib16 : .kib4
  }

  /// TG0 of TCR_ELx and VTCR_EL2.
  @inlinable public var tg0: UInt64 { self == .kib4 ? 0 : self == .kib64 ? 1 : 2 }
  /// TG1 of TCR_ELx.
  @inlinable public var tg1: UInt64 { self == .kib4 ? 2 : self == .kib64 ? 3 : 1 }
  /// Bits of address that a level resolves: a table has 2^stride descriptors.
  @inlinable public var stride: UInt64 { rawValue &- 3 }
}
