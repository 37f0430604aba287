// The registers of self-hosted debug. Arm ARM D2 and D24.3.

/// MDSCR_EL1. Arm ARM D24.3.
public struct MonitorDebugSystemControl: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Software step enable.
  public static let ss = Field("SS", 0)
  /// EDSCR.ERR; software's only while the OS lock is locked, as all that follow but KDE and MDE.
  public static let err = Field("ERR", 6)
  /// Trap EL0's access to the debug communication channel; always software's.
  public static let tdcc = Field("TDCC", 12)
  /// Debug exceptions from the level that takes them.
  public static let kde = Field("KDE", 13)
  /// EDSCR.HDE.
  public static let hde = Field("HDE", 14)
  /// Breakpoints and watchpoints enable.
  public static let mde = Field("MDE", 15)
  /// EDSCR.SC2.
  public static let sc2 = Field("SC2", 19)
  /// EDSCR.TDA.
  public static let tda = Field("TDA", 21)
  /// EDSCR.INTdis.
  public static let intdis = Field("INTdis", 23, 22)
  /// EDSCR.TXU.
  public static let txu = Field("TXU", 26)
  /// EDSCR.RXO.
  public static let rxo = Field("RXO", 27)
  /// EDSCR.TXfull.
  public static let txfull = Field("TXfull", 29)
  /// EDSCR.RXfull.
  public static let rxfull = Field("RXfull", 30)
  /// All fields.
  public static let fields = [
    ss, err, tdcc, kde, hde, mde, sc2, tda, intdis, txu, rxo, txfull, rxfull,
  ]
}

/// MDCCINT_EL1: interrupts of the debug communication channel. Arm ARM D24.3.
public struct MonitorDCCInterruptEnable: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// While DTRTX is empty.
  public static let tx = Field("TX", 29)
  /// While DTRRX is full.
  public static let rx = Field("RX", 30)
  /// All fields.
  public static let fields = [tx, rx]
}

/// MDCR_EL2 and MDCR_EL3: what of debug traps. Arm ARM D24.3.
public struct MonitorDebugConfiguration: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// How many event counters EL1 has. MDCR_EL2.
  public static let hpmn = Field("HPMN", 4, 0)
  /// Trap PMCR_EL0. MDCR_EL2.
  public static let tpmcr = Field("TPMCR", 5)
  /// Trap performance monitors. MDCR_EL2.
  public static let tpm = Field("TPM", 6)
  /// Enable the event counters from HPMN on. MDCR_EL2.
  public static let hpme = Field("HPME", 7)
  /// The other event counters do not count at EL2. MDCR_EL2.
  public static let hpmd = Field("HPMD", 17)
  /// Counters count in Secure state. MDCR_EL3.
  public static let spme = Field("SPME", 17)
  /// Debug exceptions to EL2; the debug registers trap. MDCR_EL2.
  public static let tde = Field("TDE", 8)
  /// Trap the debug registers but those of TDOSA and TDRA. Of both.
  public static let tda = Field("TDA", 9)
  /// Trap the registers of the OS lock. Of both.
  public static let tdosa = Field("TDOSA", 10)
  /// Trap the debug ROM address registers. MDCR_EL2.
  public static let tdra = Field("TDRA", 11)
  /// 0b10: no debug exceptions in AArch32 Secure state. MDCR_EL3.
  public static let spd32 = Field("SPD32", 15, 14)
  /// No debug exceptions in Secure state. MDCR_EL3.
  public static let sdd = Field("SDD", 16)
  /// No external access to breakpoints and watchpoints. MDCR_EL3.
  public static let edad = Field("EDAD", 20)
  /// All fields.
  public static let fields = [
    hpmn, tpmcr, tpm, hpme, hpmd, tde, tda, tdosa, tdra, spd32, sdd, edad,
  ]
}

/// DBGBCR<n>_EL1. Arm ARM D24.3.
public struct BreakpointControl: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Enable.
  public static let e = Field("E", 0)
  /// Privilege: bit 0 EL1, bit 1 EL0.
  public static let pmc = Field("PMC", 2, 1)
  /// Which halfwords of the word; RES1 without AArch32.
  public static let bas = Field("BAS", 8, 5)
  /// Matches at EL2 and EL3.
  public static let hmc = Field("HMC", 13)
  /// Security state: 1 Non-secure only, 2 Secure only.
  public static let ssc = Field("SSC", 15, 14)
  /// The context breakpoint that this one is linked to.
  public static let lbn = Field("LBN", 19, 16)
  /// Type: bit 0 says linked; 0 an address, others a context.
  public static let bt = Field("BT", 23, 20)
  /// All fields.
  public static let fields = [e, pmc, bas, hmc, ssc, lbn, bt]
}

/// DBGWCR<n>_EL1. Arm ARM D24.3.
public struct WatchpointControl: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Enable.
  public static let e = Field("E", 0)
  /// Privilege: bit 0 EL1, bit 1 EL0.
  public static let pac = Field("PAC", 2, 1)
  /// Bit 0 loads, bit 1 stores.
  public static let lsc = Field("LSC", 4, 3)
  /// Which bytes of the doubleword.
  public static let bas = Field("BAS", 12, 5)
  /// Matches at EL2 and EL3.
  public static let hmc = Field("HMC", 13)
  /// Security state: 1 Non-secure only, 2 Secure only.
  public static let ssc = Field("SSC", 15, 14)
  /// The context breakpoint that this one is linked to.
  public static let lbn = Field("LBN", 19, 16)
  /// Whether it is linked.
  public static let wt = Field("WT", 20)
  /// Bits of the address that do not count; from 3 on instead of BAS.
  public static let mask = Field("MASK", 28, 24)
  /// All fields.
  public static let fields = [e, pac, lsc, bas, hmc, ssc, lbn, wt, mask]
}

/// OSLSR_EL1. Arm ARM D24.3.
public struct OSLockStatus: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Reads as zero.
  public static let osl = Field("OSLM[0]", 0)
  /// Whether the OS lock is locked.
  public static let oslk = Field("OSLK", 1)
  /// Whether there is an OS lock.
  public static let oslm = Field("OSLM[1]", 3)
  /// All fields.
  public static let fields = [osl, oslk, oslm]
}
