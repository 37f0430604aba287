// The CPU interface: its system registers, ICC_*. GICv3 12.2. Those of the virtual interface, ICV_*,
// have the same layouts.

/// INTIDs that are not interrupts. GICv3 2.2.1.
public enum SpecialInterrupt {
  /// To EL3: a Secure Group 1 interrupt is pending.
  public static let secure: UInt64 = 1020
  /// To EL3: a Non-secure Group 1 interrupt is pending.
  public static let nonSecure: UInt64 = 1021
  /// Nothing is pending.
  public static let spurious: UInt64 = 1023
  /// The lowest INTID of an LPI.
  public static let firstLPI: UInt64 = 8192

  /// Whether an INTID is one of 1020...1023.
  @inlinable public static func contains(_ interrupt: UInt64) -> Bool {
    interrupt >= secure && interrupt <= spurious
  }
}

/// ICC_IAR<n>_EL1, ICC_EOIR<n>_EL1, ICC_HPPIR<n>_EL1 and ICC_DIR_EL1.
public struct InterruptIdentifier: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// The interrupt, or one of `SpecialInterrupt`.
  public static let intid = Field("INTID", 23, 0)
  /// All fields.
  public static let fields = [intid]
}

/// ICC_CTLR_EL1, and ICV_CTLR_EL1. GICv3 12.2.
public struct CPUInterfaceControl: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Group 0's binary point is Group 1's too.
  public static let cbpr = Field("CBPR", 0)
  /// Ending an interrupt does not deactivate it.
  public static let eoiMode = Field("EOImode", 1)
  /// The priority mask is a hint for 1 of N.
  public static let pmhe = Field("PMHE", 6)
  /// Priority bits, less one.
  public static let priBits = Field("PRIbits", 10, 8)
  /// Bits of an INTID: 0 sixteen, 1 twenty-four.
  public static let idBits = Field("IDbits", 13, 11)
  /// Errors of software may raise an SError.
  public static let seis = Field("SEIS", 14)
  /// Affinity level 3 may be other than zero.
  public static let a3v = Field("A3V", 15)
  /// Targets of SGIs may be 0 to 255.
  public static let rss = Field("RSS", 18)
  /// All fields.
  public static let fields = [cbpr, eoiMode, pmhe, priBits, idBits, seis, a3v, rss]
}

/// ICC_CTLR_EL3. GICv3 12.2.
public struct CPUInterfaceControlEL3: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Secure: Group 0's binary point is Group 1's too.
  public static let cbprEL1S = Field("CBPR_EL1S", 0)
  /// Non-secure: Group 0's binary point is Group 1's too.
  public static let cbprEL1NS = Field("CBPR_EL1NS", 1)
  /// Ending an interrupt at EL3 does not deactivate it.
  public static let eoiModeEL3 = Field("EOImode_EL3", 2)
  /// The same at Secure EL1.
  public static let eoiModeEL1S = Field("EOImode_EL1S", 3)
  /// The same at Non-secure EL1 and EL2.
  public static let eoiModeEL1NS = Field("EOImode_EL1NS", 4)
  /// The priority mask is a hint for 1 of N.
  public static let pmhe = Field("PMHE", 6)
  /// Priority bits, less one.
  public static let priBits = Field("PRIbits", 10, 8)
  /// Bits of an INTID: 0 sixteen, 1 twenty-four.
  public static let idBits = Field("IDbits", 13, 11)
  /// Errors of software may raise an SError.
  public static let seis = Field("SEIS", 14)
  /// Affinity level 3 may be other than zero.
  public static let a3v = Field("A3V", 15)
  /// There are always two Security states.
  public static let nDS = Field("nDS", 17)
  /// All fields.
  public static let fields = [
    cbprEL1S, cbprEL1NS, eoiModeEL3, eoiModeEL1S, eoiModeEL1NS, pmhe, priBits, idBits, seis,
    a3v, nDS,
  ]
}

/// ICC_SRE_EL1, ICC_SRE_EL2 and ICC_SRE_EL3. GICv3 12.2.
public struct SystemRegisterEnable: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// The interface is reached by system registers.
  public static let sre = Field("SRE", 0)
  /// No FIQ bypass.
  public static let dfb = Field("DFB", 1)
  /// No IRQ bypass.
  public static let dib = Field("DIB", 2)
  /// Lower levels may access ICC_SRE_EL1. Not of ICC_SRE_EL1.
  public static let enable = Field("Enable", 3)
  /// All fields.
  public static let fields = [sre, dfb, dib, enable]
  /// SRE, DFB and DIB: all there is to ICC_SRE_EL1.
  @inlinable public static var all: SystemRegisterEnable {
    SystemRegisterEnable(rawValue: sre.mask | dfb.mask | dib.mask)
  }
  /// The same with Enable.
  @inlinable public static var allBelow: SystemRegisterEnable { all.with(enable, 1) }
}

/// ICC_IGRPEN1_EL3. GICv3 12.2.
public struct GroupEnableEL3: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Non-secure Group 1.
  public static let enableGrp1NS = Field("EnableGrp1NS", 0)
  /// Secure Group 1.
  public static let enableGrp1S = Field("EnableGrp1S", 1)
  /// All fields.
  public static let fields = [enableGrp1NS, enableGrp1S]
}

/// ICC_SGI0R_EL1, ICC_SGI1R_EL1 and ICC_ASGI1R_EL1. GICv3 12.2.
public struct SoftwareGeneratedInterrupt: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// A bit for each value of Aff0, from 16 * RS on.
  public static let targetList = Field("TargetList", 15, 0)
  /// Affinity level 1 of the targets.
  public static let aff1 = Field("Aff1", 23, 16)
  /// The interrupt, 0 to 15.
  public static let intid = Field("INTID", 27, 24)
  /// Affinity level 2 of the targets.
  public static let aff2 = Field("Aff2", 39, 32)
  /// To all cores but the sender.
  public static let irm = Field("IRM", 40)
  /// Which sixteen values of Aff0.
  public static let rs = Field("RS", 47, 44)
  /// Affinity level 3 of the targets.
  public static let aff3 = Field("Aff3", 55, 48)
  /// All fields.
  public static let fields = [targetList, aff1, intid, aff2, irm, rs, aff3]

  /// Whether a core is among the targets, of a request without IRM.
  @inlinable public func targets(_ core: MultiprocessorAffinity) -> Bool {
    typealias Affinity = MultiprocessorAffinity
    typealias SGI = SoftwareGeneratedInterrupt
    let aff0 = core[Affinity.aff0]
    return self[SGI.aff3] == core[Affinity.aff3] && self[SGI.aff2] == core[Affinity.aff2]
      && self[SGI.aff1] == core[Affinity.aff1] && self[SGI.rs] == aff0 &>> 4
      && self[SGI.targetList] &>> (aff0 & 15) & 1 != 0
  }

  /// An interrupt for one core.
  @inlinable public init(_ interrupt: UInt64, to core: MultiprocessorAffinity) {
    typealias Affinity = MultiprocessorAffinity
    typealias SGI = SoftwareGeneratedInterrupt
    self.init(rawValue: 0)
    self[SGI.intid] = interrupt
    self[SGI.targetList] = 1 &<< (core[Affinity.aff0] & 15)
    self[SGI.rs] = core[Affinity.aff0] &>> 4
    self[SGI.aff1] = core[Affinity.aff1]
    self[SGI.aff2] = core[Affinity.aff2]
    self[SGI.aff3] = core[Affinity.aff3]
  }
}
