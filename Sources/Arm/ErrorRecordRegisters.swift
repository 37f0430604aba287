// The registers of an error record, field by field. RASSA (IHI0100) chapter 3; the System register
// views ERX*_EL1 have the same layouts.

/// ERR<n>FR: what the node that owns record n implements.
public struct ErrorFeature: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// The register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Error detection: 0 not a node's first record, 1 always on, 2 controllable, 3 proxy.
  public static let ed = Field("ED", 1, 0)
  /// Error record type, of a record that is not its node's first: 1 continuation.
  public static let ert = Field("ERT", 3, 2)
  /// Error recovery interrupt on uncorrected errors: 0 none, 1 always, 2 controllable, 3 split.
  public static let ui = Field("UI", 5, 4)
  /// Fault handling interrupt on uncorrected errors, coded as `ui`.
  public static let fi = Field("FI", 7, 6)
  /// In-band response to uncorrected errors, coded as `ui`.
  public static let ue = Field("UE", 9, 8)
  /// Fault handling interrupt on corrected errors, coded as `ui`.
  public static let cfi = Field("CFI", 11, 10)
  /// Corrected error counter: 0 none, 2 eight bits, 4 sixteen bits.
  public static let cec = Field("CEC", 14, 12)
  /// Whether there is a second counter (repeat and other).
  public static let rp = Field("RP", 15)
  /// Error recovery interrupt on deferred errors, coded as `ui`.
  public static let dui = Field("DUI", 17, 16)
  /// A second corrected error: 0 keeps the first's syndrome, 1 overwrites it while OF is 0.
  public static let ceo = Field("CEO", 19, 18)
  /// Fault injection: 1 the common model.
  public static let inj = Field("INJ", 21, 20)
  /// Critical error interrupt, coded as `ui`.
  public static let ci = Field("CI", 23, 22)
  /// Timestamp in MISC3: 1 of the generic timer, 2 IMPLEMENTATION DEFINED.
  public static let ts = Field("TS", 25, 24)
  /// Fault handling interrupt on deferred errors, coded as `ui`.
  public static let dfi = Field("DFI", 27, 26)
  /// Reset valid.
  public static let rv = Field("RV", 28)
  /// Software-reset valid.
  public static let srv = Field("SRV", 29)
  /// Whether CTLR.CED is implemented.
  public static let ced = Field("CED", 30)
  /// Whether bits 55:48 are valid.
  public static let frx = Field("FRX", 31)
  /// Whether UC can occur (when FRX).
  public static let uc = Field("UC", 48)
  /// Whether UEU can occur (when FRX).
  public static let ueu = Field("UEU", 49)
  /// Whether UER can occur (when FRX).
  public static let uer = Field("UER", 50)
  /// Whether UEO can occur (when FRX).
  public static let ueo = Field("UEO", 51)
  /// Whether DE can occur (when FRX).
  public static let de = Field("DE", 52)
  /// Which CE can occur (when FRX): 0 none, 1 transient and persistent, 2 unspecified, 3 all.
  public static let ce = Field("CE", 54, 53)
  /// No CE is ever reported (when FRX).
  public static let nce = Field("NCE", 55)
  /// Every field, in the manual's order.
  public static let fields: [Field] = [
    nce, ce, de, ueo, uer, ueu, uc, frx, ced, srv, rv, dfi, ts, ci, inj, ceo, dui, rp, cec, cfi,
    ue, fi, ui, ert, ed,
  ]
}

/// ERR<n>CTLR: what the node does about errors.
///
/// A control that FR does not promise is RES0.
public struct ErrorControl: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// The register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Error reporting and recording enable.
  public static let ed = Field("ED", 0)
  /// Error recovery interrupt on uncorrected errors (on reads, when split).
  public static let ui = Field("UI", 2)
  /// Fault handling interrupt on uncorrected errors (on reads, when split).
  public static let fi = Field("FI", 3)
  /// In-band response to uncorrected errors (on reads, when split).
  public static let ue = Field("UE", 4)
  /// Error recovery interrupt on uncorrected errors on writes.
  public static let wui = Field("WUI", 5)
  /// Fault handling interrupt on uncorrected errors on writes.
  public static let wfi = Field("WFI", 6)
  /// In-band response to uncorrected errors on writes.
  public static let wue = Field("WUE", 7)
  /// Fault handling interrupt on corrected errors (on reads, when split).
  public static let cfi = Field("CFI", 8)
  /// Fault handling interrupt on corrected errors on writes.
  public static let wcfi = Field("WCFI", 9)
  /// Error recovery interrupt on deferred errors (on reads, when split).
  public static let dui = Field("DUI", 10)
  /// Error recovery interrupt on deferred errors on writes.
  public static let wdui = Field("WDUI", 11)
  /// Fault handling interrupt on each corrected error instead of on counter overflow.
  public static let ced = Field("CED", 12)
  /// Critical error interrupt.
  public static let ci = Field("CI", 13)
  /// Fault handling interrupt on deferred errors (on reads, when split).
  public static let dfi = Field("DFI", 14)
  /// Fault handling interrupt on deferred errors on writes.
  public static let wdfi = Field("WDFI", 15)
  /// Every field, in the manual's order.
  public static let fields: [Field] = [
    wdfi, dfi, ci, ced, wdui, dui, wcfi, cfi, wue, wfi, wui, ue, fi, ui, ed,
  ]
}

/// ERR<n>STATUS: what was recorded.
public struct ErrorStatus: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// The register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Architecturally defined primary error code.
  public static let serr = Field("SERR", 7, 0)
  /// IMPLEMENTATION DEFINED error code.
  public static let ierr = Field("IERR", 15, 8)
  /// Reset valid, second.
  public static let rv2 = Field("RV2", 17)
  /// Reset valid.
  public static let rv = Field("RV", 18)
  /// Critical error condition.
  public static let ci = Field("CI", 19)
  /// Uncorrected error type: 0 UC, 1 UEU, 2 UEO, 3 UER.
  public static let uet = Field("UET", 21, 20)
  /// Poison: the value was deferred before it came to this node.
  public static let pn = Field("PN", 22)
  /// At least one deferred error.
  public static let de = Field("DE", 23)
  /// At least one corrected error: 0 none, 1 transient, 2 unspecified, 3 persistent.
  public static let ce = Field("CE", 25, 24)
  /// Miscellaneous registers valid.
  public static let mv = Field("MV", 26)
  /// Overflow.
  public static let of = Field("OF", 27)
  /// An in-band error response was given.
  public static let er = Field("ER", 28)
  /// At least one uncorrected error.
  public static let ue = Field("UE", 29)
  /// Record valid.
  public static let v = Field("V", 30)
  /// Address valid.
  public static let av = Field("AV", 31)
  /// Every field, in the manual's order.
  public static let fields: [Field] = [
    av, v, ue, er, of, mv, ce, de, pn, uet, ci, rv, rv2, ierr, serr,
  ]

  /// The error code.
  @inlinable public var code: ErrorCode {
    ErrorCode(rawValue: UInt8(truncatingIfNeeded: self[ErrorStatus.serr]))
  }
}

/// ERR<n>ADDR: where.
public struct ErrorAddress: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// The register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Physical address.
  public static let paddr = Field("PADDR", 55, 0)
  /// With NS, the physical address space (FEAT_RME).
  public static let nse = Field("NSE", 59)
  /// The address is a virtual one.
  public static let va = Field("VA", 60)
  /// The address might be incorrect.
  public static let ai = Field("AI", 61)
  /// NS and NSE might be incorrect.
  public static let si = Field("SI", 62)
  /// Non-secure physical address space.
  public static let ns = Field("NS", 63)
  /// Every field, in the manual's order.
  public static let fields: [Field] = [ns, si, ai, va, nse, paddr]

  /// A physical address in the Secure or the Non-secure space, both known to be right.
  @inlinable public init(_ address: PhysicalAddress, isSecure: Bool) {
    rawValue = (address.rawValue & ErrorAddress.paddr.mask) | (isSecure ? 0 : ErrorAddress.ns.mask)
  }
}

/// ERR<n>PFGF: the pseudo-faults that can be injected.
public struct ErrorInjectionFeature: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// The register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Overflow can be set.
  public static let of = Field("OF", 0)
  /// UC can be injected.
  public static let uc = Field("UC", 1)
  /// UEU can be injected.
  public static let ueu = Field("UEU", 2)
  /// UER can be injected.
  public static let uer = Field("UER", 3)
  /// UEO can be injected.
  public static let ueo = Field("UEO", 4)
  /// DE can be injected.
  public static let de = Field("DE", 5)
  /// CE that can be injected: 1 unspecified, 3 transient and persistent.
  public static let ce = Field("CE", 7, 6)
  /// A critical error can be injected.
  public static let ci = Field("CI", 8)
  /// STATUS.ER is as PFGCTL.ER says.
  public static let er = Field("ER", 9)
  /// STATUS.PN is as PFGCTL.PN says.
  public static let pn = Field("PN", 10)
  /// STATUS.AV is as PFGCTL.AV says.
  public static let av = Field("AV", 11)
  /// STATUS.MV is as PFGCTL.MV says.
  public static let mv = Field("MV", 12)
  /// The fault happens when the counter reaches zero, without an access.
  public static let na = Field("NA", 28)
  /// The injection does not change the syndrome registers.
  public static let syn = Field("SYN", 29)
  /// The countdown restarts.
  public static let r = Field("R", 30)
  /// Every field, in the manual's order.
  public static let fields: [Field] = [
    r, syn, na, mv, av, pn, er, ci, ce, de, ueo, uer, ueu, uc, of,
  ]
}

/// ERR<n>PFGCTL: the pseudo-fault to inject; fields as in `ErrorInjectionFeature` and these.
public struct ErrorInjectionControl: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// The register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Corrected error to inject: 1 unspecified, 2 transient, 3 persistent.
  public static let ce = Field("CE", 7, 6)
  /// The countdown restarts when it reached zero.
  public static let r = Field("R", 30)
  /// Countdown enable.
  public static let cdnen = Field("CDNEN", 31)

  /// The corrected error that CE asks for, if PFGF.CE offers it; STATUS.CE has other numbers for the same.
  public func correctedKind(_ feature: ErrorInjectionFeature) -> CorrectedErrorKind? {
    switch (feature[ErrorInjectionFeature.ce], self[ErrorInjectionControl.ce]) {
    case (0b01, 0b01): .unspecified
    case (0b11, 0b10): .transient
    case (0b11, 0b11): .persistent
    default: nil
    }
  }
}
