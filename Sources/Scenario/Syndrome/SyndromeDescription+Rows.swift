// The ISS of each exception class, in the manual's order. Arm ARM D24.2.40.

import Arm

extension SyndromeDescription {
  /// The fields of a syndrome's ISS.
  static func rows(of syndrome: Syndrome) -> [Row] {
    switch syndrome[Syndrome.ec] {
    case 0x01: condition + waitFor
    case 0x03, 0x05, 0x08: condition + coprocessor
    case 0x04, 0x0C: condition + coprocessorPair
    case 0x06: condition + coprocessorMemory
    case 0x07, 0x19: condition
    case 0x0A: [Row(Syndrome.iss, loadStore64)]
    case 0x0D: [Row.number(Field("BTYPE", 1, 0), "PSTATE.BTYPE was")]
    case 0x11, 0x12, 0x15, 0x16, 0x17:
      [Row(Syndrome.imm16) { "immediate \($0)" }]
    case 0x13:
      condition + [Row(Field("CCKNOWNPASS", 19), "unconditional, or passed", "may have failed")]
    case 0x14, 0x18: systemRegister(syndrome)
    case 0x1A:
      [
        Row(Field("ERET", 1), "ERET", "ERETAA or ERETAB"),
        Row(Field("ERETA", 0), syndrome.rawValue & 2 == 0 ? "ERET" : "ERETAA", "ERETAB"),
      ]
    case 0x1B: [Row.register(Field("Rd", 9, 5), "destination")]
    case 0x1C:
      [
        Row(Field("IorD", 1), "Instruction key", "Data key"),
        Row(Field("AorB", 0), "A key", "B key"),
      ]
    case 0x1D: [Row(Field("SMTC", 2, 0), streamingReasons)]
    case 0x1E: granuleProtection
    case 0x1F: [Row(Syndrome.iss) { _ in "IMPLEMENTATION DEFINED" }]
    case 0x20, 0x21: instructionAbort(syndrome)
    case 0x24, 0x25: dataAbort(syndrome)
    case 0x27: memoryOperation
    case 0x28, 0x2C: floatingPoint(syndrome)
    case 0x2D: guardedControlStack
    case 0x2F: systemError(syndrome)
    case 0x30, 0x31, 0x3A: [debugStatus]
    case 0x32, 0x33: softwareStep(syndrome)
    case 0x34, 0x35: watchpoint(syndrome)
    case 0x38, 0x3C: [Row(Field("Comment", 15, 0)) { "immediate \($0)" }]
    case 0x3D: [Row(Field("SYNC", 0), "asynchronous", "synchronous")]
    default: []
    }
  }

  // MARK: Trapped instructions

  private static let condition = [
    Row(Syndrome.cv, "COND is not valid", "COND is valid"),
    Row(Syndrome.cond) { "condition \(conditions[Int($0)])" },
  ]

  private static let conditions = [
    "EQ", "NE", "CS", "CC", "MI", "PL", "VS", "VC", "HI", "LS", "GE", "LT", "GT", "LE", "AL",
    "AL (0b1111)",
  ]

  private static let waitFor = [
    Row.register(Field("RN", 9, 5), "timeout in"),
    Row(Field("RV", 2), "RN is not valid", "RN is valid"),
    Row(Syndrome.ti, [0: "WFI", 1: "WFE", 2: "WFIT", 3: "WFET"]),
  ]

  private static let coprocessor = [
    Row.number(Field("Opc2", 19, 17), "Opc2"), Row.number(Field("Opc1", 16, 14), "Opc1"),
    Row.number(Field("CRn", 13, 10), "CRn"), Row.register(Field("Rt", 9, 5)),
    Row.number(Field("CRm", 4, 1), "CRm"), direction,
  ]

  private static let coprocessorPair = [
    Row.number(Field("Opc1", 19, 16), "Opc1"),
    Row.register(Field("Rt2", 14, 10), "second register"),
    Row.register(Field("Rt", 9, 5), "first register"), Row.number(Field("CRm", 4, 1), "CRm"),
    direction,
  ]

  private static let coprocessorMemory = [
    Row.number(Field("imm8", 19, 12), "immediate"), Row.register(Field("Rn", 9, 5), "base"),
    Row(Field("Offset", 4), "subtract offset", "add offset"),
    Row(
      Field("AM", 3, 1),
      [
        0: "immediate unindexed", 1: "immediate post-indexed", 2: "immediate offset",
        3: "immediate pre-indexed", 4: "literal unindexed", 6: "literal offset",
      ]),
    Row(Syndrome.direction, "write to memory (STC)", "read from memory (LDC)"),
  ]

  private static let direction = Row(
    Syndrome.direction, "write to the register (MSR)", "read (MRS)")

  private static func loadStore64(_ value: UInt64) -> String {
    switch value {
    case 0: "ST64BV"
    case 1: "ST64BV0"
    case 2: "LD64B or ST64B"
    case 3: "system register access through the 128-bit registers' traps"
    case 4: "PACM"
    default: "reserved value"
    }
  }

  private static func systemRegister(_ syndrome: Syndrome) -> [Row] {
    let is128 = syndrome[Syndrome.ec] == 0x14
    let encoding = syndrome.systemRegisterEncoding
    let name = encoding.name ?? "not named in the manual's lists"
    return [
      Row(Syndrome.op0) { "op0 \($0): \(name) (\(encoding.generic))" },
      Row.number(Syndrome.op2, "op2"), Row.number(Syndrome.op1, "op1"),
      Row.number(Syndrome.crn, "CRn"),
      is128
        ? Row(Field("Rt", 9, 6)) { "registers X\($0 * 2) and X\($0 * 2 + 1)" }
        : Row.register(Syndrome.rt),
      Row.number(Syndrome.crm, "CRm"), direction,
    ]
  }

  private static let streamingReasons: [UInt64: String] = [
    0: "SME is disabled by a trap", 1: "instruction is illegal in Streaming SVE mode",
    2: "instruction needs Streaming SVE mode", 3: "ZA is not enabled", 4: "ZT0 is not accessible",
  ]

  // MARK: Others

  private static let granuleProtection = [
    Row(Field("S2PTW", 21), "not on a stage 2 walk", "on a stage 2 walk"),
    Row(Field("InD", 20), "data access", "instruction access"),
    Row(
      Field("GPCSC", 19, 14),
      [
        0x00: "GPT address size fault, level 0", 0x04: "GPT walk fault, level 0",
        0x05: "GPT walk fault, level 1", 0x0C: "Granule Protection Fault, level 0",
        0x0D: "Granule Protection Fault, level 1",
        0x14: "synchronous external abort on a GPT fetch, level 0",
        0x15: "synchronous external abort on a GPT fetch, level 1",
      ]),
    vncr, cacheMaintenance, walk, direction2,
    Row(Syndrome.fsc) { FaultStatus(rawValue: UInt8($0)).meaning },
  ]

  private static let memoryOperation = [
    Row(Field("MemInst", 24), "CPYF* or CPY*", "SET*"),
    Row(Field("isSETG", 23), "not SETG*", "SETG*"),
    Row.number(Field("Options", 22, 19), "options"),
    Row(Field("FromEpilogue", 18), "not from the epilogue", "from the epilogue"),
    Row(Field("WrongOption", 17), "right option", "wrong option"),
    Row(Field("OptionA", 16), "option B", "option A"),
    Row.register(Field("destreg", 14, 10), "destination"),
    Row.register(Field("srcreg", 9, 5), "source"), Row.register(Field("sizereg", 4, 0), "size"),
  ]

  private static func floatingPoint(_ syndrome: Syndrome) -> [Row] {
    func flag(_ field: Field, _ what: String) -> Row { Row(field, "no \(what)", what) }
    return [
      Row(Field("TFV", 23), "the flags below are UNKNOWN", "the flags below are valid"),
      Row.number(Field("VECITR", 10, 8), "VECITR"), flag(Field("IDF", 7), "Input Denormal"),
      flag(Field("IXF", 4), "Inexact"), flag(Field("UFF", 3), "Underflow"),
      flag(Field("OFF", 2), "Overflow"), flag(Field("DZF", 1), "Divide by Zero"),
      flag(Field("IOF", 0), "Invalid Operation"),
    ]
  }

  private static let guardedControlStack = [
    Row(
      Field("ExType", 23, 20),
      [0: "data check", 1: "EXLOCK", 2: "trapped GCSSTR or GCSSTTR"]),
    Row.register(Field("Raddr", 14, 10), "address"), Row.register(Field("Rn", 9, 5), "base"),
    Row.number(Field("Rvalue", 4, 0), "register or instruction type"),
  ]

  // MARK: Debug

  private static let debugStatus = Row(Syndrome.fsc) {
    $0 == 0x22 ? "debug exception" : "reserved fault status code"
  }

  private static func softwareStep(_ syndrome: Syndrome) -> [Row] {
    [
      Row(Syndrome.isv, "EX is not valid", "EX is valid"),
      Row(Field("EX", 6), "no Load-Exclusive was stepped", "a Load-Exclusive was stepped"),
      debugStatus,
    ]
  }

  private static func watchpoint(_ syndrome: Syndrome) -> [Row] {
    [
      Row.number(Field("WPT", 23, 18), "watchpoint"),
      Row(Field("WPTV", 17), "WPT is not valid", "WPT is valid"),
      Row(Field("WPF", 16), "the watchpoint matched", "may be a false match"),
      Row(Field("FnP", 15), "FAR is precise", "FAR is not precise"), vncr,
      Row(Syndrome.fnv, "FAR is valid", "FAR is not valid"), cacheMaintenance, direction2,
      debugStatus,
    ]
  }
}
