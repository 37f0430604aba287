// ESR_ELx.EC, all 64 of them: the ones that Armv8 and Armv9 name are cases, the others are
// reserved. Arm ARM D24.2, ESR_EL1.

/// An exception class, ESR_ELx.EC. Values without a name are reserved.
public struct ExceptionClass: RawRepresentable, Hashable, Sendable {
  /// The six bits.
  public let rawValue: UInt8

  /// The class with these bits; bits above bit 5 are dropped.
  @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue & 0x3F }

  /// Unknown reason: UNDEFINED instructions mostly.
  public static let unknown = ExceptionClass(rawValue: 0x00)
  /// WFI, WFE, WFIT, WFET trapped.
  public static let waitFor = ExceptionClass(rawValue: 0x01)
  /// MCR or MRC, coproc 15, trapped (AArch32).
  public static let mcrCP15 = ExceptionClass(rawValue: 0x03)
  /// MCRR or MRRC, coproc 15, trapped (AArch32).
  public static let mcrrCP15 = ExceptionClass(rawValue: 0x04)
  /// MCR or MRC, coproc 14, trapped (AArch32).
  public static let mcrCP14 = ExceptionClass(rawValue: 0x05)
  /// LDC or STC trapped (AArch32).
  public static let ldcCP14 = ExceptionClass(rawValue: 0x06)
  /// FP, Advanced SIMD, SVE or SME access trapped by CPACR_EL1.FPEN or CPTR_ELx.TFP.
  public static let floatingPointAccess = ExceptionClass(rawValue: 0x07)
  /// VMRS of an ID register trapped (AArch32, to EL2).
  public static let vmrs = ExceptionClass(rawValue: 0x08)
  /// Pointer authentication instruction trapped.
  public static let pointerAuthentication = ExceptionClass(rawValue: 0x09)
  /// An instruction without a class of its own trapped (LD64B, ST64B, ...).
  public static let otherInstruction = ExceptionClass(rawValue: 0x0A)
  /// MRRC, coproc 14, trapped (AArch32).
  public static let mrrcCP14 = ExceptionClass(rawValue: 0x0C)
  /// Branch Target exception.
  public static let branchTarget = ExceptionClass(rawValue: 0x0D)
  /// Illegal Execution state.
  public static let illegalState = ExceptionClass(rawValue: 0x0E)
  /// SVC in AArch32.
  public static let svc32 = ExceptionClass(rawValue: 0x11)
  /// HVC in AArch32.
  public static let hvc32 = ExceptionClass(rawValue: 0x12)
  /// SMC in AArch32.
  public static let smc32 = ExceptionClass(rawValue: 0x13)
  /// MSRR, MRRS or 128-bit system instruction trapped.
  public static let systemRegister128 = ExceptionClass(rawValue: 0x14)
  /// SVC.
  public static let svc = ExceptionClass(rawValue: 0x15)
  /// HVC.
  public static let hvc = ExceptionClass(rawValue: 0x16)
  /// SMC.
  public static let smc = ExceptionClass(rawValue: 0x17)
  /// MSR, MRS or system instruction trapped.
  public static let systemRegister = ExceptionClass(rawValue: 0x18)
  /// SVE access trapped.
  public static let sve = ExceptionClass(rawValue: 0x19)
  /// ERET trapped.
  public static let eret = ExceptionClass(rawValue: 0x1A)
  /// TSTART trapped.
  public static let tstart = ExceptionClass(rawValue: 0x1B)
  /// Pointer authentication failed.
  public static let pointerAuthenticationFailure = ExceptionClass(rawValue: 0x1C)
  /// SME access trapped.
  public static let sme = ExceptionClass(rawValue: 0x1D)
  /// Granule Protection Check exception.
  public static let granuleProtection = ExceptionClass(rawValue: 0x1E)
  /// IMPLEMENTATION DEFINED exception taken to EL3.
  public static let implementationDefined = ExceptionClass(rawValue: 0x1F)
  /// Instruction Abort from a lower exception level.
  public static let instructionAbortLower = ExceptionClass(rawValue: 0x20)
  /// Instruction Abort from the same exception level.
  public static let instructionAbortSame = ExceptionClass(rawValue: 0x21)
  /// PC alignment fault.
  public static let pcAlignment = ExceptionClass(rawValue: 0x22)
  /// Data Abort from a lower exception level.
  public static let dataAbortLower = ExceptionClass(rawValue: 0x24)
  /// Data Abort from the same exception level.
  public static let dataAbortSame = ExceptionClass(rawValue: 0x25)
  /// SP alignment fault.
  public static let spAlignment = ExceptionClass(rawValue: 0x26)
  /// Memory Copy or Memory Set exception.
  public static let memoryOperation = ExceptionClass(rawValue: 0x27)
  /// Trapped floating-point exception (AArch32).
  public static let floatingPoint32 = ExceptionClass(rawValue: 0x28)
  /// Trapped floating-point exception.
  public static let floatingPoint = ExceptionClass(rawValue: 0x2C)
  /// Guarded Control Stack exception.
  public static let guardedControlStack = ExceptionClass(rawValue: 0x2D)
  /// SError exception.
  public static let serror = ExceptionClass(rawValue: 0x2F)
  /// Breakpoint exception from a lower exception level.
  public static let breakpointLower = ExceptionClass(rawValue: 0x30)
  /// Breakpoint exception from the same exception level.
  public static let breakpointSame = ExceptionClass(rawValue: 0x31)
  /// Software Step exception from a lower exception level.
  public static let softwareStepLower = ExceptionClass(rawValue: 0x32)
  /// Software Step exception from the same exception level.
  public static let softwareStepSame = ExceptionClass(rawValue: 0x33)
  /// Watchpoint exception from a lower exception level.
  public static let watchpointLower = ExceptionClass(rawValue: 0x34)
  /// Watchpoint exception from the same exception level.
  public static let watchpointSame = ExceptionClass(rawValue: 0x35)
  /// BKPT (AArch32).
  public static let bkpt32 = ExceptionClass(rawValue: 0x38)
  /// Vector Catch (AArch32, to EL2).
  public static let vectorCatch32 = ExceptionClass(rawValue: 0x3A)
  /// BRK.
  public static let brk = ExceptionClass(rawValue: 0x3C)
  /// Profiling exception (FEAT_EBEP and relatives).
  public static let profiling = ExceptionClass(rawValue: 0x3D)

  /// Whether this is an Instruction Abort or a Data Abort.
  @inlinable public var isAbort: Bool { isInstructionAbort || isDataAbort }
  /// Whether this is an Instruction Abort, from whichever level.
  @inlinable public var isInstructionAbort: Bool { rawValue & ~1 == 0x20 }
  /// Whether this is a Data Abort, from whichever level.
  @inlinable public var isDataAbort: Bool { rawValue & ~1 == 0x24 }

  /// Whether bit 0 of the class says from where the exception came: 0 a lower exception level,
  /// 1 the level it is taken to (aborts, breakpoint, software step, watchpoint).
  @inlinable public var distinguishesOrigin: Bool {
    switch rawValue & ~1 {
    case 0x20, 0x24, 0x30, 0x32, 0x34: true
    default: false
    }
  }

  /// This class as it reads when taken from the same level (`true`) or from a lower one.
  @inlinable public func taken(fromSameLevel: Bool) -> ExceptionClass {
    guard distinguishesOrigin else { return self }
    return ExceptionClass(rawValue: (rawValue & ~1) | (fromSameLevel ? 1 : 0))
  }
}
