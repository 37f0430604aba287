// The ISS of exceptions that an instruction caused by being what it is: trapped system register
// accesses, FP, WFx, SVC and its relatives. Arm ARM D24.2, ESR_EL1.

extension Syndrome {
  // MSR, MRS and system instructions (EC 0x18).
  /// Op0 of the trapped encoding.
  public static let op0 = Field("Op0", 21, 20)
  /// Op2 of the trapped encoding.
  public static let op2 = Field("Op2", 19, 17)
  /// Op1 of the trapped encoding.
  public static let op1 = Field("Op1", 16, 14)
  /// CRn of the trapped encoding.
  public static let crn = Field("CRn", 13, 10)
  /// Number of the transfer register.
  public static let rt = Field("Rt", 9, 5)
  /// CRm of the trapped encoding.
  public static let crm = Field("CRm", 4, 1)
  /// 1 for a read (MRS, SYSL), 0 for a write (MSR, SYS).
  public static let direction = Field("Direction", 0)

  // FP, Advanced SIMD and SVE (EC 0x07), WFx (EC 0x01).
  /// Whether COND is valid; always 1 for AArch64.
  public static let cv = Field("CV", 24)
  /// Condition; 0b1110 for AArch64.
  public static let cond = Field("COND", 23, 20)
  /// Which of the WFx instructions: 0 WFI, 1 WFE, 2 WFIT, 3 WFET.
  public static let ti = Field("TI", 1, 0)

  // Software step (EC 0x32); ISV is as for aborts.
  /// Whether a load exclusive was stepped.
  public static let ex = Field("EX", 6)

  // SVC, HVC, SMC (EC 0x15...0x17), BRK (EC 0x3C).
  /// The instruction's immediate; the comment of a BRK.
  public static let imm16 = Field("imm16", 15, 0)

  /// A trapped MRS (`isRead`), MSR or system instruction. EC 0x18.
  @inlinable public static func systemRegister(
    _ encoding: SystemRegisterEncoding, rt number: UInt8, isRead: Bool
  ) -> Syndrome {
    var result = Syndrome(.systemRegister, iss: isRead ? 1 : 0)
    result[op0] = UInt64(encoding.op0)
    result[op1] = UInt64(encoding.op1)
    result[op2] = UInt64(encoding.op2)
    result[crn] = UInt64(encoding.crn)
    result[crm] = UInt64(encoding.crm)
    result[rt] = UInt64(number)
    return result
  }

  /// The encoding that was trapped, for EC 0x18.
  @inlinable public var systemRegisterEncoding: SystemRegisterEncoding {
    SystemRegisterEncoding(
      UInt8(self[Syndrome.op0]), UInt8(self[Syndrome.op1]), UInt8(self[Syndrome.crn]),
      UInt8(self[Syndrome.crm]), UInt8(self[Syndrome.op2]))
  }

  /// A trapped FP or Advanced SIMD instruction in AArch64. EC 0x07, CV 1, COND 0b1110.
  public static let floatingPointAccess = Syndrome(.floatingPointAccess, iss: 0x1E0_0000)

  /// A trapped WFI (`ti` 0) or WFE (1) in AArch64. EC 0x01.
  @inlinable public static func waitFor(ti: UInt8) -> Syndrome {
    Syndrome(.waitFor, iss: 0x1E0_0000 | UInt64(ti & 3))
  }

  /// A breakpoint, watchpoint or software step exception from a lower level. DFSC and IFSC say
  /// debug exception.
  @inlinable public static func debugException(_ exceptionClass: ExceptionClass) -> Syndrome {
    Syndrome(exceptionClass, iss: UInt64(FaultStatus.debugException.rawValue))
  }

  /// SVC, HVC, SMC or BRK with this immediate.
  @inlinable public static func call(
    _ exceptionClass: ExceptionClass, immediate: UInt16
  )
    -> Syndrome
  {
    Syndrome(exceptionClass, iss: UInt64(immediate))
  }
}
