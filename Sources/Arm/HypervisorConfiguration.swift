// HCR_EL2: what traps to EL2, and the shape of the machine that EL1 sees.

/// HCR_EL2. Arm ARM D24.2, HCR_EL2.
public struct HypervisorConfiguration: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Stage 2 translation enable.
  public static let vm = Field("VM", 0)
  /// Set/way invalidation override.
  public static let swio = Field("SWIO", 1)
  /// Protected table walk: a stage 1 walk to Device memory faults.
  public static let ptw = Field("PTW", 2)
  /// Physical FIQ to EL2, virtual FIQ enable.
  public static let fmo = Field("FMO", 3)
  /// Physical IRQ to EL2, virtual IRQ enable.
  public static let imo = Field("IMO", 4)
  /// Physical SError to EL2, virtual SError enable.
  public static let amo = Field("AMO", 5)
  /// Virtual FIQ pending.
  public static let vf = Field("VF", 6)
  /// Virtual IRQ pending.
  public static let vi = Field("VI", 7)
  /// Virtual SError pending; cleared when it is taken or deferred.
  public static let vse = Field("VSE", 8)
  /// Force broadcast of TLB and cache maintenance.
  public static let fb = Field("FB", 9)
  /// Barrier shareability upgrade.
  public static let bsu = Field("BSU", 11, 10)
  /// Default cacheability: EL1&0 stage 1 off means Normal Write-Back.
  public static let dc = Field("DC", 12)
  /// Trap WFI.
  public static let twi = Field("TWI", 13)
  /// Trap WFE.
  public static let twe = Field("TWE", 14)
  /// Trap ID group 0 (AArch32 only).
  public static let tid0 = Field("TID0", 15)
  /// Trap ID group 1 (REVIDR_EL1, AIDR_EL1).
  public static let tid1 = Field("TID1", 16)
  /// Trap ID group 2 (cache identification).
  public static let tid2 = Field("TID2", 17)
  /// Trap ID group 3 (feature identification).
  public static let tid3 = Field("TID3", 18)
  /// Trap SMC.
  public static let tsc = Field("TSC", 19)
  /// Trap IMPLEMENTATION DEFINED functionality.
  public static let tidcp = Field("TIDCP", 20)
  /// Trap ACTLR_EL1.
  public static let tacr = Field("TACR", 21)
  /// Trap cache maintenance by set/way.
  public static let tsw = Field("TSW", 22)
  /// Trap cache maintenance to the point of coherency or persistence.
  public static let tpcp = Field("TPCP", 23)
  /// Trap cache maintenance to the point of unification.
  public static let tpu = Field("TPU", 24)
  /// Trap TLB maintenance.
  public static let ttlb = Field("TTLB", 25)
  /// Trap writes of virtual memory controls.
  public static let tvm = Field("TVM", 26)
  /// Trap general exceptions: EL0 is run for EL2.
  public static let tge = Field("TGE", 27)
  /// Trap DC ZVA.
  public static let tdz = Field("TDZ", 28)
  /// HVC disable.
  public static let hcd = Field("HCD", 29)
  /// Trap reads of virtual memory controls.
  public static let trvm = Field("TRVM", 30)
  /// EL1 is AArch64.
  public static let rw = Field("RW", 31)
  /// Stage 2 data cacheability disable.
  public static let cd = Field("CD", 32)
  /// Stage 2 instruction cacheability disable.
  public static let id = Field("ID", 33)
  /// EL2 host (FEAT_VHE).
  public static let e2h = Field("E2H", 34)
  /// Trap LORegion registers (FEAT_LOR).
  public static let tlor = Field("TLOR", 35)
  /// Trap error record registers (FEAT_RAS).
  public static let terr = Field("TERR", 36)
  /// Synchronous external aborts to EL2 (FEAT_RAS).
  public static let tea = Field("TEA", 37)
  /// Mismatched inner/outer cacheable non-coherency enable.
  public static let miocnce = Field("MIOCNCE", 38)
  /// Fault injection enable: ERXPFG* do not trap (FEAT_RASv1p1).
  public static let fien = Field("FIEN", 47)
  /// All fields.
  public static let fields = [
    vm, swio, ptw, fmo, imo, amo, vf, vi, vse, fb, bsu, dc, twi, twe, tid0, tid1, tid2, tid3, tsc,
    tidcp, tacr, tsw, tpcp, tpu, ttlb, tvm, tge, tdz, hcd, trvm, rw, cd, id, e2h, tlor, terr, tea,
    miocnce, fien,
  ]

  /// E2H and TGE: EL0 is an application of a host at EL2, and there is no EL1.
  @inlinable public var isHost: Bool { rawValue & (1 &<< 34 | 1 &<< 27) == 1 &<< 34 | 1 &<< 27 }
}
