// What each exception class is called. Arm ARM D24.2, ESR_EL1.

#if !hasFeature(Embedded)

extension ExceptionClass {
  /// What the manual calls the class, or `nil` when it is reserved.
  public var title: String? {
    switch self {
    case .unknown: "Unknown reason"
    case .waitFor: "Trapped WFI, WFE, WFIT or WFET"
    case .mcrCP15: "Trapped MCR or MRC access, coproc 0b1111 (AArch32)"
    case .mcrrCP15: "Trapped MCRR or MRRC access, coproc 0b1111 (AArch32)"
    case .mcrCP14: "Trapped MCR or MRC access, coproc 0b1110 (AArch32)"
    case .ldcCP14: "Trapped LDC or STC access (AArch32)"
    case .floatingPointAccess: "Trapped access to SME, SVE, Advanced SIMD or floating-point"
    case .vmrs: "Trapped VMRS access (AArch32)"
    case .pointerAuthentication: "Trapped use of a Pointer authentication instruction"
    case .otherInstruction: "Trapped instruction of another kind"
    case .mrrcCP14: "Trapped MRRC access, coproc 0b1110 (AArch32)"
    case .branchTarget: "Branch Target Exception"
    case .illegalState: "Illegal Execution state"
    case .svc32: "SVC instruction (AArch32)"
    case .hvc32: "HVC instruction (AArch32)"
    case .smc32: "SMC instruction (AArch32)"
    case .systemRegister128: "Trapped MSRR, MRRS or System instruction"
    case .svc: "SVC instruction"
    case .hvc: "HVC instruction"
    case .smc: "SMC instruction"
    case .systemRegister: "Trapped MSR, MRS or System instruction"
    case .sve: "Trapped access to SVE"
    case .eret: "Trapped ERET, ERETAA or ERETAB"
    case .tstart: "TSTART instruction"
    case .pointerAuthenticationFailure: "Pointer Authentication instruction failure"
    case .sme: "Trapped access to SME"
    case .granuleProtection: "Granule Protection Check exception"
    case .implementationDefined: "IMPLEMENTATION DEFINED exception to EL3"
    case .instructionAbortLower: "Instruction Abort from a lower Exception level"
    case .instructionAbortSame: "Instruction Abort without a change in Exception level"
    case .pcAlignment: "PC alignment fault"
    case .dataAbortLower: "Data Abort from a lower Exception level"
    case .dataAbortSame: "Data Abort without a change in Exception level"
    case .spAlignment: "SP alignment fault"
    case .memoryOperation: "Memory Operation Exception"
    case .floatingPoint32: "Trapped floating-point exception (AArch32)"
    case .floatingPoint: "Trapped floating-point exception"
    case .guardedControlStack: "GCS exception"
    case .serror: "SError exception"
    case .breakpointLower: "Breakpoint exception from a lower Exception level"
    case .breakpointSame: "Breakpoint exception without a change in Exception level"
    case .softwareStepLower: "Software Step exception from a lower Exception level"
    case .softwareStepSame: "Software Step exception without a change in Exception level"
    case .watchpointLower: "Watchpoint exception from a lower Exception level"
    case .watchpointSame: "Watchpoint exception without a change in Exception level"
    case .bkpt32: "BKPT instruction (AArch32)"
    case .vectorCatch32: "Vector Catch exception (AArch32)"
    case .brk: "BRK instruction"
    case .profiling: "Profiling exception"
    default: nil
    }
  }
}

#endif
