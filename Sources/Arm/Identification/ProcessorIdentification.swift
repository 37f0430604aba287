// Which PE this is, and what its caches are. Arm ARM D24.2.

/// MIDR_EL1. Arm ARM D24.2.
public struct MainIdentification: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Who made it; 0x41 is Arm.
  public static let implementer = Field("Implementer", 31, 24)
  /// Major revision.
  public static let variant = Field("Variant", 23, 20)
  /// 0xF: the ID registers say.
  public static let architecture = Field("Architecture", 19, 16)
  /// Which product; 0xD0C is Neoverse N1.
  public static let partNum = Field("PartNum", 15, 4)
  /// Minor revision.
  public static let revision = Field("Revision", 3, 0)
  /// All fields.
  public static let fields = [implementer, variant, architecture, partNum, revision]
}

/// MPIDR_EL1: where in the system. Arm ARM D24.2.
public struct MultiprocessorAffinity: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Level 0: a core, or a thread where MT is set.
  public static let aff0 = Field("Aff0", 7, 0)
  /// Level 1.
  public static let aff1 = Field("Aff1", 15, 8)
  /// Level 2.
  public static let aff2 = Field("Aff2", 23, 16)
  /// Whether level 0 is made of threads.
  public static let mt = Field("MT", 24)
  /// A single-core system.
  public static let u = Field("U", 30)
  /// Level 3.
  public static let aff3 = Field("Aff3", 39, 32)
  /// All fields.
  public static let fields = [aff0, aff1, aff2, mt, u, aff3]
  /// RES1: bit 31.
  public static let reservedOnes: UInt64 = 1 << 31
  /// The bits of levels 0 to 2, which are together.
  public static let lowerAffinityMask = aff0.mask | aff1.mask | aff2.mask
  /// The bits of all four levels: how PSCI, GICD_IROUTER<n> and the MADT name a core.
  public static let affinityMask = aff0.mask | aff1.mask | aff2.mask | aff3.mask

  /// The four levels in 32 bits, as GICR_TYPER has them.
  @inlinable public var packedAffinity: UInt64 {
    rawValue & MultiprocessorAffinity.lowerAffinityMask
      | self[MultiprocessorAffinity.aff3] &<< 24
  }

  /// The four levels alone.
  @inlinable public var affinity: UInt64 { rawValue & MultiprocessorAffinity.affinityMask }
}

/// CTR_EL0. Arm ARM D24.2.
public struct CacheType: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Log2 of the words of the smallest line of all instruction caches.
  public static let iMinLine = Field("IminLine", 3, 0)
  /// 3: the L1 instruction cache is physically indexed and tagged.
  public static let l1Ip = Field("L1Ip", 15, 14)
  /// Log2 of the words of the smallest line of all data caches.
  public static let dMinLine = Field("DminLine", 19, 16)
  /// Log2 of the words that the exclusive monitor marks at most.
  public static let erg = Field("ERG", 23, 20)
  /// Log2 of the words that an eviction writes at most.
  public static let cwg = Field("CWG", 27, 24)
  /// Instruction fetches need no data cache cleaning.
  public static let idc = Field("IDC", 28)
  /// Instruction fetches need no instruction cache invalidation.
  public static let dic = Field("DIC", 29)
  /// All fields.
  public static let fields = [iMinLine, l1Ip, dMinLine, erg, cwg, idc, dic]
  /// RES1: bit 31.
  public static let reservedOnes: UInt64 = 1 << 31
}

/// DCZID_EL0. Arm ARM D24.2.
public struct ZeroBlockIdentification: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Log2 of the words that DC ZVA zeroes.
  public static let bs = Field("BS", 3, 0)
  /// DC ZVA is prohibited.
  public static let dzp = Field("DZP", 4)
  /// All fields.
  public static let fields = [bs, dzp]
}

/// CLIDR_EL1. Arm ARM D24.2.
public struct CacheLevels: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// The caches of level 1: 3 separate, 4 unified.
  public static let ctype1 = Field("Ctype1", 2, 0)
  /// The caches of level 2.
  public static let ctype2 = Field("Ctype2", 5, 3)
  /// Level of unification, Inner Shareable.
  public static let louis = Field("LoUIS", 23, 21)
  /// Level of coherency.
  public static let loc = Field("LoC", 26, 24)
  /// Level of unification, of one PE.
  public static let louu = Field("LoUU", 29, 27)
  /// The highest level that is Inner Cacheable.
  public static let icb = Field("ICB", 32, 30)
  /// All fields.
  public static let fields = [ctype1, ctype2, louis, loc, louu, icb]
}
