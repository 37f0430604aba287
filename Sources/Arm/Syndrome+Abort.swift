// The ISS of Instruction and Data Aborts. Arm ARM D24.2, ESR_EL1, "ISS encoding for an exception from a
// Data Abort" and "... an Instruction Abort".

extension Syndrome {
  /// Whether bits [23:14] are valid (never for an external abort). Data Aborts only.
  public static let isv = Field("ISV", 24)
  /// Access size: 0 byte, 1 halfword, 2 word, 3 doubleword. Data Aborts with ISV.
  public static let sas = Field("SAS", 23, 22)
  /// Whether the loaded item is sign-extended. Data Aborts with ISV.
  public static let sse = Field("SSE", 21)
  /// Number of the transfer register. Data Aborts with ISV.
  public static let srt = Field("SRT", 20, 16)
  /// Whether the transfer register is 64 bits wide. Data Aborts with ISV.
  public static let sf = Field("SF", 15)
  /// Whether the access had acquire or release semantics. Data Aborts with ISV.
  public static let ar = Field("AR", 14)
  /// Whether the fault came from use of VNCR_EL2. Data Aborts.
  public static let vncr = Field("VNCR", 13)
  /// Synchronous error type, an `ErrorState`; valid only when the status code is 0x10 (FEAT_RAS).
  public static let set = Field("SET", 12, 11)
  /// Whether FAR is *not* valid; valid only when the status code is 0x10.
  public static let fnv = Field("FnV", 10)
  /// External abort type, IMPLEMENTATION DEFINED.
  public static let ea = Field("EA", 9)
  /// Whether a cache maintenance or address translation instruction faulted. Data Aborts.
  public static let cm = Field("CM", 8)
  /// Whether the fault was on the stage 2 translation of a stage 1 walk.
  public static let s1ptw = Field("S1PTW", 7)
  /// Whether the access was a write. Data Aborts.
  public static let wnr = Field("WnR", 6)
  /// Fault status code: DFSC of Data Aborts, IFSC of Instruction Aborts.
  public static let fsc = Field("xFSC", 5, 0)

  /// An abort's fault status code.
  @inlinable public var faultStatus: FaultStatus {
    FaultStatus(rawValue: UInt8(self[Syndrome.fsc]))
  }

  /// Whether this is an Instruction or Data Abort caused by a synchronous external abort.
  @inlinable public var isSynchronousExternalAbort: Bool {
    exceptionClass.isAbort && faultStatus.isExternalAbort
  }

  /// Whether this is an Instruction or Data Abort by which hardware says that memory failed: an
  /// External abort, or parity and ECC, as PEs without FEAT_RAS call it.
  @inlinable public var isMemoryError: Bool {
    exceptionClass.isAbort && (faultStatus.isExternalAbort || faultStatus.isParityError)
  }

  /// A Data Abort from a lower level with ISV = 0; IL is 1 then.
  @inlinable public static func dataAbort(
    _ status: FaultStatus, isWrite: Bool, isCacheMaintenance: Bool = false,
    isStage1Walk: Bool = false, state: ErrorState = .recoverable
  ) -> Syndrome {
    var result = Syndrome(.dataAbortLower, iss: UInt64(status.rawValue))
    result[wnr] = isWrite ? 1 : 0
    result[cm] = isCacheMaintenance ? 1 : 0
    result[s1ptw] = isStage1Walk ? 1 : 0
    result[set] = state.synchronousErrorType
    return result
  }

  /// An Instruction Abort from a lower level.
  @inlinable public static func instructionAbort(
    _ status: FaultStatus, isStage1Walk: Bool = false, state: ErrorState = .recoverable
  ) -> Syndrome {
    var result = Syndrome(.instructionAbortLower, iss: UInt64(status.rawValue))
    result[s1ptw] = isStage1Walk ? 1 : 0
    result[set] = state.synchronousErrorType
    return result
  }
}

/// A fault status code: DFSC, IFSC, and PAR_EL1.FST. Arm ARM D24.2, ESR_EL1.
public struct FaultStatus: RawRepresentable, Hashable, Sendable {
  /// The six bits.
  public let rawValue: UInt8
  /// The code with these bits; bits above bit 5 are dropped.
  @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue & 0x3F }

  /// Address size fault at a level of the walk, 0...3.
  @inlinable public static func addressSize(level: UInt8) -> FaultStatus {
    FaultStatus(rawValue: level & 3)
  }
  /// Translation fault at a level, 0...3.
  @inlinable public static func translation(level: UInt8) -> FaultStatus {
    FaultStatus(rawValue: 0x04 | level & 3)
  }
  /// Access flag fault at a level, 0...3.
  @inlinable public static func accessFlag(level: UInt8) -> FaultStatus {
    FaultStatus(rawValue: 0x08 | level & 3)
  }
  /// Permission fault at a level, 0...3.
  @inlinable public static func permission(level: UInt8) -> FaultStatus {
    FaultStatus(rawValue: 0x0C | level & 3)
  }
  /// Synchronous external abort, not on a table walk.
  public static let externalAbort = FaultStatus(rawValue: 0x10)
  /// Synchronous external abort on a table walk, at a level, 0...3.
  @inlinable public static func externalAbortOnWalk(level: UInt8) -> FaultStatus {
    FaultStatus(rawValue: 0x14 | level & 3)
  }
  /// Alignment fault.
  public static let alignment = FaultStatus(rawValue: 0x21)
  /// Debug exception.
  public static let debugException = FaultStatus(rawValue: 0x22)
  /// TLB conflict abort.
  public static let tlbConflict = FaultStatus(rawValue: 0x30)
  /// Unsupported atomic hardware update fault.
  public static let unsupportedAtomicUpdate = FaultStatus(rawValue: 0x31)
  /// IMPLEMENTATION DEFINED: unsupported exclusive or atomic access (Lockdown has 0x34).
  public static let unsupportedExclusive = FaultStatus(rawValue: 0x35)

  /// Whether this is a synchronous external abort, on a walk or not (parity and ECC codes, which
  /// a PE with FEAT_RAS does not use, are not).
  @inlinable public var isExternalAbort: Bool {
    rawValue == 0x10 || (0x12...0x17).contains(rawValue)
  }
  /// The parity and ECC codes of PEs without FEAT_RAS: 0x18, 0x1B to 0x1F.
  @inlinable public var isParityError: Bool {
    rawValue == 0x18 || (0x1B...0x1F).contains(rawValue)
  }
  /// Whether this is a synchronous external abort on a table walk.
  @inlinable public var isExternalAbortOnWalk: Bool { (0x12...0x17).contains(rawValue) }
}
