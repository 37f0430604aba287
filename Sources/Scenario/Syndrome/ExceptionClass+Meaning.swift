// The 64 exception classes in words. Arm ARM D24.2.40.

import Arm

extension ExceptionClass {
  /// What a value of ESR_ELx.EC means; values without a meaning are said to be reserved.
  public static func meaning(_ value: UInt64) -> String {
    names[value] ?? "reserved exception class"
  }

  private static let names: [UInt64: String] = [
    0x00: "unknown reason",
    0x01: "trapped WFI, WFE, WFIT or WFET",
    0x03: "trapped MCR or MRC, coproc 15 (AArch32)",
    0x04: "trapped MCRR or MRRC, coproc 15 (AArch32)",
    0x05: "trapped MCR or MRC, coproc 14 (AArch32)",
    0x06: "trapped LDC or STC (AArch32)",
    0x07: "trapped access to SVE, Advanced SIMD or floating-point",
    0x08: "trapped VMRS of an ID register (AArch32)",
    0x09: "trapped pointer authentication instruction",
    0x0A: "trapped instruction without a class of its own",
    0x0C: "trapped MRRC, coproc 14 (AArch32)",
    0x0D: "Branch Target exception",
    0x0E: "Illegal Execution state",
    0x11: "SVC (AArch32)",
    0x12: "HVC (AArch32)",
    0x13: "SMC (AArch32)",
    0x14: "trapped MSRR, MRRS or 128-bit System instruction (AArch64)",
    0x15: "SVC (AArch64)",
    0x16: "HVC (AArch64)",
    0x17: "SMC (AArch64)",
    0x18: "trapped MSR, MRS or System instruction (AArch64)",
    0x19: "trapped access to SVE",
    0x1A: "trapped ERET, ERETAA or ERETAB",
    0x1B: "trapped TSTART",
    0x1C: "pointer authentication failure",
    0x1D: "trapped access to SME",
    0x1E: "Granule Protection Check exception",
    0x1F: "IMPLEMENTATION DEFINED exception to EL3",
    0x20: "Instruction Abort from a lower exception level",
    0x21: "Instruction Abort from the same exception level",
    0x22: "PC alignment fault",
    0x24: "Data Abort from a lower exception level",
    0x25: "Data Abort from the same exception level",
    0x26: "SP alignment fault",
    0x27: "Memory Copy or Memory Set exception",
    0x28: "trapped floating-point exception (AArch32)",
    0x2C: "trapped floating-point exception (AArch64)",
    0x2D: "Guarded Control Stack exception",
    0x2F: "SError",
    0x30: "Breakpoint from a lower exception level",
    0x31: "Breakpoint from the same exception level",
    0x32: "Software Step from a lower exception level",
    0x33: "Software Step from the same exception level",
    0x34: "Watchpoint from a lower exception level",
    0x35: "Watchpoint from the same exception level",
    0x38: "BKPT (AArch32)",
    0x3A: "Vector Catch (AArch32)",
    0x3C: "BRK (AArch64)",
    0x3D: "Profiling exception",
  ]
}
