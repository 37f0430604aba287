// The registers of the distributor and of the redistributors: where they are and what is in them.
// GICv3 12.9 and 12.11.

/// Offsets in the distributor's frame.
public enum GICD {
  /// GICD_CTLR, `DistributorControl`.
  public static let ctlr: UInt64 = 0x0000
  /// GICD_TYPER, `DistributorType`.
  public static let typer: UInt64 = 0x0004
  /// GICD_IIDR, `InterruptControllerImplementer`.
  public static let iidr: UInt64 = 0x0008
  /// GICD_IROUTER<n>, 8 bytes for each interrupt; the first that exists is that of INTID 32.
  public static let irouter: UInt64 = 0x6000
  /// The end of GICD_IROUTER<n>.
  public static let irouterEnd: UInt64 = 0x8000
  /// The identification registers, of the redistributors' frames too.
  public static let identification: ClosedRange<UInt64> = 0xFFD0...0xFFFC
  /// GICD_PIDR2, whose ArchRev says which GIC it is; of the redistributors' frames too.
  public static let pidr2: UInt64 = 0xFFE8
  /// Bytes of the frame.
  public static let size: UInt64 = 0x1_0000

  /// Where GICD_IROUTER<n> is.
  @inlinable public static func irouter(_ interrupt: UInt64) -> UInt64 {
    irouter &+ interrupt &* 8
  }
}

/// Offsets in the frames of a redistributor: RD_base, then SGI_base 64 KiB on.
public enum GICR {
  /// GICR_CTLR, `RedistributorControl`.
  public static let ctlr: UInt64 = 0x0000
  /// GICR_IIDR.
  public static let iidr: UInt64 = 0x0004
  /// GICR_TYPER, `RedistributorType`: 64 bits.
  public static let typer: UInt64 = 0x0008
  /// GICR_WAKER, `RedistributorWaker`.
  public static let waker: UInt64 = 0x0014
  /// SGI_base: the registers of `InterruptRegister` for SGIs and PPIs.
  public static let sgiBase: UInt64 = 0x1_0000
  /// Bytes of the frames of a redistributor without virtual LPIs.
  public static let size: UInt64 = 0x2_0000
}

/// The registers that have a field for each interrupt, by the offset of the first: in the
/// distributor's frame for SPIs, in SGI_base for SGIs and PPIs.
public enum InterruptRegister: UInt64, CaseIterable, Sendable {
  /// IGROUPR<n>: Non-secure Group 1.
  case group = 0x080
  /// ISENABLER<n>.
  case setEnable = 0x100
  /// ICENABLER<n>.
  case clearEnable = 0x180
  /// ISPENDR<n>.
  case setPending = 0x200
  /// ICPENDR<n>.
  case clearPending = 0x280
  /// ISACTIVER<n>.
  case setActive = 0x300
  /// ICACTIVER<n>.
  case clearActive = 0x380
  /// IPRIORITYR<n>: a byte for each interrupt.
  case priority = 0x400
  /// ICFGR<n>: two bits for each interrupt, of which the upper one says edge-triggered.
  case configuration = 0xC00
  /// IGRPMODR<n>: where `group` is clear, Secure Group 1 instead of Group 0.
  case groupModifier = 0xD00
  /// NSACR<n>: two bits for each interrupt.
  case nonSecureAccess = 0xE00

  /// How many bits an interrupt has.
  @inlinable public var bits: UInt64 {
    switch self {
    case .priority: 8
    case .configuration, .nonSecureAccess: 2
    default: 1
    }
  }

  /// How many interrupts share a register of 32 bits.
  @inlinable public var interruptsPerWord: UInt64 { 32 / bits }

  /// Where the word is that holds the field of an interrupt.
  @inlinable public func word(of interrupt: UInt64) -> UInt64 {
    rawValue &+ interrupt / interruptsPerWord &* 4
  }

  /// Where the byte of an interrupt's priority is.
  @inlinable public static func priorityByte(of interrupt: UInt64) -> UInt64 {
    InterruptRegister.priority.rawValue &+ interrupt
  }

  /// Where in its word the field of an interrupt is.
  @inlinable public func shift(of interrupt: UInt64) -> UInt64 {
    interrupt % interruptsPerWord &* bits
  }

  /// The register at an offset, and the interrupt whose field it begins with or, for a byte of
  /// `priority`, is.
  @inlinable public static func at(_ offset: UInt64) -> (InterruptRegister, first: UInt64)? {
    let register: InterruptRegister
    switch offset {
    case 0x080..<0x400: return one(offset)
    case 0x400..<0x800: return (.priority, offset &- 0x400)
    case 0xC00..<0xD00: register = .configuration
    case 0xD00..<0xD80: register = .groupModifier
    case 0xE00..<0xF00: register = .nonSecureAccess
    default: return nil
    }
    return (register, (offset &- register.rawValue) / 4 &* register.interruptsPerWord)
  }

  @inlinable static func one(_ offset: UInt64) -> (InterruptRegister, first: UInt64)? {
    guard let register = InterruptRegister(rawValue: offset & ~0x7F) else { return nil }
    return (register, (offset & 0x7C) &* 8)
  }
}

/// GICD_CTLR as Secure software sees it. GICv3 12.9.4.
///
/// Where there is one Security state, and for Non-secure software, EnableGrp1 and EnableGrp1A are
/// at bit 1 and ARE and ARE_NS at bit 4.
public struct DistributorControl: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Group 0 is forwarded.
  public static let enableGrp0 = Field("EnableGrp0", 0)
  /// Non-secure Group 1 is forwarded.
  public static let enableGrp1NS = Field("EnableGrp1NS", 1)
  /// Secure Group 1 is forwarded.
  public static let enableGrp1S = Field("EnableGrp1S", 2)
  /// Affinity routing, Secure.
  public static let areS = Field("ARE_S", 4)
  /// Affinity routing, Non-secure.
  public static let areNS = Field("ARE_NS", 5)
  /// There is one Security state.
  public static let ds = Field("DS", 6)
  /// A write has yet to take effect.
  public static let rwp = Field("RWP", 31)
  /// All fields.
  public static let fields = [
    enableGrp0, enableGrp1NS, enableGrp1S, areS, areNS, ds, rwp,
  ]

  /// EnableGrp1 or EnableGrp1A: Group 1 is forwarded, to software that sees one Security state.
  public static let enableGrp1 = enableGrp1NS
  /// ARE or ARE_NS, to software that sees one Security state.
  public static let are = areS
}

/// GICD_TYPER. GICv3 12.9.
public struct DistributorType: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// There are 32 * (N + 1) interrupts.
  public static let itLinesNumber = Field("ITLinesNumber", 4, 0)
  /// There are two Security states.
  public static let securityExtn = Field("SecurityExtn", 10)
  /// Bits of an INTID, less one.
  public static let idBits = Field("IDbits", 23, 19)
  /// Affinity level 3 may be other than zero.
  public static let a3v = Field("A3V", 24)
  /// No interrupt can be for any one of the cores.
  public static let no1N = Field("No1N", 25)
  /// All fields.
  public static let fields = [itLinesNumber, securityExtn, idBits, a3v, no1N]
}

/// GICR_CTLR. GICv3 12.11.
public struct RedistributorControl: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// LPIs are supported by this redistributor.
  public static let enableLPIs = Field("EnableLPIs", 0)
  /// A write has yet to take effect.
  public static let rwp = Field("RWP", 3)
  /// All fields.
  public static let fields = [enableLPIs, rwp]
}

/// GICR_TYPER. GICv3 12.11.
public struct RedistributorType: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// There are physical LPIs.
  public static let plpis = Field("PLPIS", 0)
  /// There are virtual LPIs, and two frames more.
  public static let vlpis = Field("VLPIS", 1)
  /// It is the last in a row of redistributors.
  public static let last = Field("Last", 4)
  /// A number of the core.
  public static let processorNumber = Field("Processor_Number", 23, 8)
  /// Which cores share LPI tables.
  public static let commonLPIAff = Field("CommonLPIAff", 25, 24)
  /// The affinity of the core: Aff3, Aff2, Aff1, Aff0.
  public static let affinityValue = Field("Affinity_Value", 63, 32)
  /// All fields.
  public static let fields = [
    plpis, vlpis, last, processorNumber, commonLPIAff, affinityValue,
  ]
}

extension RedistributorType {
  /// Bytes of its frames.
  @inlinable public var size: UInt64 {
    isSet(RedistributorType.vlpis) ? 2 &* GICR.size : GICR.size
  }
}

/// GICR_WAKER. GICv3 12.11.
public struct RedistributorWaker: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// The core is to be left alone.
  public static let processorSleep = Field("ProcessorSleep", 1)
  /// The core is left alone.
  public static let childrenAsleep = Field("ChildrenAsleep", 2)
  /// All fields.
  public static let fields = [processorSleep, childrenAsleep]
}

/// GICD_IROUTER<n>. GICv3 12.9.
public struct InterruptRoute: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Affinity level 0.
  public static let aff0 = Field("Aff0", 7, 0)
  /// Affinity level 1.
  public static let aff1 = Field("Aff1", 15, 8)
  /// Affinity level 2.
  public static let aff2 = Field("Aff2", 23, 16)
  /// Any one of the cores.
  public static let irm = Field("Interrupt_Routing_Mode", 31)
  /// Affinity level 3.
  public static let aff3 = Field("Aff3", 39, 32)
  /// All fields.
  public static let fields = [aff0, aff1, aff2, irm, aff3]

  /// The affinity, as MPIDR_EL1 has it.
  @inlinable public var affinity: UInt64 { rawValue & MultiprocessorAffinity.affinityMask }
}
