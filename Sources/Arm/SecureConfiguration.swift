// SCR_EL3: the security state below EL3, and what traps to it.

/// SCR_EL3. Arm ARM D24.2, SCR_EL3.
public struct SecureConfiguration: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Levels below EL3 are Non-secure.
  public static let ns = Field("NS", 0)
  /// IRQ to EL3.
  public static let irq = Field("IRQ", 1)
  /// FIQ to EL3.
  public static let fiq = Field("FIQ", 2)
  /// External aborts and SErrors to EL3.
  public static let ea = Field("EA", 3)
  /// SMC disable.
  public static let smd = Field("SMD", 7)
  /// HVC enable.
  public static let hce = Field("HCE", 8)
  /// Secure instruction fetch from Non-secure memory faults.
  public static let sif = Field("SIF", 9)
  /// The next lower level is AArch64.
  public static let rw = Field("RW", 10)
  /// Secure EL1 may use the Counter-timer Physical Secure timer.
  public static let st = Field("ST", 11)
  /// Trap WFI.
  public static let twi = Field("TWI", 12)
  /// Trap WFE.
  public static let twe = Field("TWE", 13)
  /// Trap LORegion registers (FEAT_LOR).
  public static let tlor = Field("TLOR", 14)
  /// Trap error record registers (FEAT_RAS).
  public static let terr = Field("TERR", 15)
  /// Pointer authentication keys do not trap (FEAT_PAuth).
  public static let apk = Field("APK", 16)
  /// Pointer authentication instructions do not trap (FEAT_PAuth).
  public static let api = Field("API", 17)
  /// Synchronous external aborts to EL3 use the SError vector (FEAT_DoubleFault).
  public static let ease = Field("EASE", 19)
  /// SErrors are not maskable at EL3 (FEAT_DoubleFault).
  public static let nmea = Field("NMEA", 20)
  /// Fault injection enable: ERXPFG* do not trap (FEAT_RASv1p1).
  public static let fien = Field("FIEN", 21)
  /// Allocation tags can be accessed (FEAT_MTE2).
  public static let ata = Field("ATA", 26)
  /// Fine-grained trap registers do not trap (FEAT_FGT).
  public static let fgtEn = Field("FGTEn", 27)
  /// CNTPOFF_EL2 is in force (FEAT_ECV).
  public static let ecvEn = Field("ECVEn", 28)
  /// HCRX_EL2 does not trap (FEAT_HCX).
  public static let hxEn = Field("HXEn", 38)
  /// TPIDR2_EL0 does not trap (FEAT_SME).
  public static let enTP2 = Field("EnTP2", 41)
  /// All fields.
  public static let fields = [
    ns, irq, fiq, ea, smd, hce, sif, rw, st, twi, twe, tlor, terr, apk, api, ease, nmea, fien, ata,
    fgtEn, ecvEn, hxEn, enTP2,
  ]
  /// RES1: bits 5 and 4.
  public static let reservedOnes: UInt64 = 0x30
}
