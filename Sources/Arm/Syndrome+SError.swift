// The ISS of an SError exception, and the registers that carry the same bits: DISR_EL1, VDISR_EL2
// and VSESR_EL2. Arm ARM D24.2, ESR_EL1; D24.9.

extension Syndrome {
  /// Whether the rest of the ISS is IMPLEMENTATION DEFINED.
  public static let ids = Field("IDS", 24)
  /// Whether the SError was synchronized by, and taken at, an implicit error synchronization.
  public static let iesb = Field("IESB", 13)
  /// Asynchronous error type, an `ErrorState`; valid only when DFSC is 0x11.
  public static let aet = Field("AET", 12, 10)
  /// Status of an architected SError: 0x00 uncategorized, 0x11 asynchronous SError interrupt.
  public static let dfsc = Field("DFSC", 5, 0)
  /// DFSC of an SError whose AET is valid.
  public static let asynchronousErrorStatus: UInt64 = 0x11

  /// An SError with an architected syndrome.
  @inlinable public static func serror(
    _ state: ErrorState, externalType: Bool = false, isImplicitBarrier: Bool = false
  ) -> Syndrome {
    var result = Syndrome(.serror, iss: asynchronousErrorStatus)
    result[aet] = state.asynchronousErrorType
    result[ea] = externalType ? 1 : 0
    result[iesb] = isImplicitBarrier ? 1 : 0
    return result
  }

  /// The SError that a virtual SError with VSESR_EL2 = `vsesr` is taken as.
  @inlinable public static func virtualSError(vsesr: UInt64) -> Syndrome {
    Syndrome(.serror, iss: vsesr)
  }
}

/// DISR_EL1 and VDISR_EL2: an SError that an ESB deferred.
public struct DeferredError: Register {
  /// The 64 bits.
  public var rawValue: UInt64
  /// A register with these bits.
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Whether an ESB deferred an SError.
  public static let a = Field("A", 31)
  /// As ESR_ELx.
  public static let ids = Field("IDS", 24)
  /// As ESR_ELx; valid with IDS = 0.
  public static let aet = Field("AET", 12, 10)
  /// As ESR_ELx; valid with IDS = 0.
  public static let ea = Field("EA", 9)
  /// As ESR_ELx; valid with IDS = 0.
  public static let dfsc = Field("DFSC", 5, 0)
  /// All fields.
  public static let fields = [a, ids, aet, ea, dfsc]

  /// What an ESB writes for an SError with this syndrome: with IDS the whole ISS, without only
  /// AET, EA and DFSC.
  @inlinable public init(deferring syndrome: Syndrome) {
    let iss = syndrome[Syndrome.iss]
    rawValue = 1 &<< 31 | (syndrome.isSet(Syndrome.ids) ? iss : iss & 0x1E3F)
  }

  /// What an ESB writes to VDISR_EL2 for a virtual SError with VSESR_EL2 = `vsesr`: all of IDS and ISS, as
  /// they are (Arm ARM D24.9, VDISR_EL2).
  @inlinable public init(deferringVirtual vsesr: UInt64) {
    rawValue = 1 &<< 31 | vsesr & Syndrome.iss.mask
  }
}
