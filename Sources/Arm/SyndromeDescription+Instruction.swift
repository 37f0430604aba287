// The ISS of exceptions caused by what an instruction is, in words. Arm ARM D24.2, ESR_EL1.

#if !hasFeature(Embedded)

extension SyndromeDescription {
  mutating func addCondition() {
    add(Syndrome.cv, set: "COND is valid", clear: "COND is not valid")
    let conditions = [
      "EQ", "NE", "CS", "CC", "MI", "PL", "VS", "VC", "HI", "LS", "GE", "LT", "GT", "LE", "AL",
      "NV",
    ]
    add(
      Syndrome.cond,
      syndrome.isSet(Syndrome.cv)
        ? conditions[Int(syndrome[Syndrome.cond])] : "not valid",
      isUnknown: !syndrome.isSet(Syndrome.cv) && syndrome.isSet(Syndrome.cond))
  }

  mutating func addWaitFor() {
    addCondition()
    let isRegisterValid = syndrome.rawValue & 1 << 2 != 0
    let number = Field("RN", 9, 5)
    add(
      number, isRegisterValid ? "register \(register(syndrome[number]))" : "not valid",
      isUnknown: !isRegisterValid && syndrome.isSet(number))
    add(Field("RV", 2), set: "RN is valid", clear: "RN is not valid")
    add(Syndrome.ti, ["WFI", "WFE", "WFIT", "WFET"][Int(syndrome[Syndrome.ti])])
  }

  mutating func addSystemRegister() {
    add(Syndrome.op0, "op0")
    add(Syndrome.op2, "op2")
    add(Syndrome.op1, "op1")
    add(Syndrome.crn, "CRn")
    add(Syndrome.rt, "transfer register \(register(syndrome[Syndrome.rt]))")
    let encoding = syndrome.systemRegisterEncoding
    add(
      Syndrome.crm,
      "CRm; with the others \(encoding.generic)"
        + (Self.name(of: encoding).map { ", \($0)" } ?? ", which has no name here"),
      isUnknown: Self.name(of: encoding) == nil)
    add(
      Syndrome.direction, set: "read (MRS, SYSL)", clear: "write (MSR, SYS)")
  }

  /// The name of a register or instruction; PSTATE fields have op0 0 and the immediate in CRm.
  private static func name(of encoding: SystemRegisterEncoding) -> String? {
    if let name = encoding.name { return name }
    guard encoding.op0 == 0, encoding.crn == 4 else { return nil }
    switch (encoding.op1, encoding.op2) {
    case (0, 3): return "MSR UAO"
    case (0, 4): return "MSR PAN"
    case (0, 5): return "MSR SPSel"
    case (1, 0): return "MSR ALLINT"
    case (3, 1): return "MSR SSBS"
    case (3, 2): return "MSR DIT"
    case (3, 3): return "SMSTART or SMSTOP"
    case (3, 4): return "MSR TCO"
    case (3, 6): return "MSR DAIFSet"
    case (3, 7): return "MSR DAIFClr"
    default: return nil
    }
  }

  mutating func addSystemRegister128() {
    add(Syndrome.op0, "op0")
    add(Syndrome.op2, "op2")
    add(Syndrome.op1, "op1")
    add(Syndrome.crn, "CRn")
    let pair = Field("Rt", 9, 6)
    let first = syndrome[pair] * 2
    add(pair, "transfer registers \(register(first)) and \(register(first + 1))")
    let encoding = syndrome.systemRegisterEncoding
    add(
      Syndrome.crm,
      "CRm; with the others \(encoding.generic)" + (encoding.name.map { ", \($0)" } ?? ""))
    add(Syndrome.direction, set: "read (MRRS)", clear: "write (MSRR, SYSP)")
  }

  mutating func addCoprocessorMove() {
    addCondition()
    add(Field("Opc2", 19, 17), "opc2")
    add(Field("Opc1", 16, 14), "opc1")
    add(Syndrome.crn, "CRn")
    add(Syndrome.rt, "transfer register \(register(syndrome[Syndrome.rt]))")
    add(Syndrome.crm, "CRm")
    add(Syndrome.direction, set: "read (MRC, VMRS)", clear: "write (MCR)")
  }

  mutating func addCoprocessorMovePair() {
    addCondition()
    add(Field("Opc1", 19, 16), "opc1")
    let second = Field("Rt2", 14, 10)
    add(second, "second transfer register \(register(syndrome[second]))")
    add(Syndrome.rt, "transfer register \(register(syndrome[Syndrome.rt]))")
    add(Syndrome.crm, "CRm")
    add(Syndrome.direction, set: "read (MRRC)", clear: "write (MCRR)")
  }

  mutating func addCoprocessorLoad() {
    addCondition()
    add(Field("imm8", 19, 12), "immediate of the instruction")
    let base = Field("Rn", 9, 5)
    add(base, "base register \(register(syndrome[base]))")
    add(Field("Offset", 4), set: "offset added", clear: "offset subtracted")
    let modes: [UInt64: String] = [
      0: "immediate unindexed", 1: "immediate post-indexed", 2: "immediate offset",
      3: "immediate pre-indexed", 4: "literal unindexed", 6: "literal offset",
    ]
    let mode = Field("AM", 3, 1)
    add(mode, modes[syndrome[mode]])
    add(Syndrome.direction, set: "read (STC)", clear: "write (LDC)")
  }

  mutating func addSMC32() {
    addCondition()
    add(
      Field("CCKNOWNPASS", 19), set: "the condition may have failed",
      clear: "the instruction was unconditional, or passed its condition")
  }

  mutating func addOtherInstruction() {
    let meanings: [UInt64: String] = [
      0: "ST64BV trapped", 1: "ST64BV0 trapped", 2: "LD64B or ST64B trapped",
    ]
    add(Syndrome.iss, meanings[syndrome[Syndrome.iss]])
  }

  mutating func addERET() {
    let authenticated = syndrome.rawValue & 2 != 0
    add(Field("ERET", 1), set: "ERETAA or ERETAB", clear: "ERET")
    add(
      Field("ERETA", 0),
      authenticated ? (syndrome.rawValue & 1 != 0 ? "ERETAB" : "ERETAA") : "ERET",
      isUnknown: !authenticated && syndrome.rawValue & 1 != 0)
  }

  mutating func addPointerAuthenticationFailure() {
    add(Field("IorD", 1), set: "Data key", clear: "Instruction key")
    add(Field("AorB", 0), set: "B key", clear: "A key")
  }

  mutating func addSME() {
    let code = Field("SMTC", 2, 0)
    let meanings = [
      "access trapped by CPACR_EL1.SMEN or CPTR_ELx", "illegal in Streaming SVE mode",
      "illegal outside Streaming SVE mode", "ZA is not enabled", "access to ZT0 trapped",
    ]
    let value = Int(syndrome[code])
    add(code, meanings.indices.contains(value) ? meanings[value] : nil)
  }

  mutating func addMemoryOperation() {
    add(Field("MemInst", 24), set: "Memory Set", clear: "Memory Copy")
    add(Field("isSETG", 23), set: "SETG* instruction", clear: "not a SETG* instruction")
    add(Field("Options", 22, 19), "options of the instruction")
    add(Field("FromEpilogue", 18), set: "from an Epilogue", clear: "from a Main instruction")
    add(Field("WrongOption", 17), set: "wrong option", clear: "not the wrong option")
    add(Field("OptionA", 16), set: "Option A", clear: "Option B")
    let names: [(Field, String)] = [
      (Field("destreg", 14, 10), "destination"), (Field("srcreg", 9, 5), "source"),
      (Field("sizereg", 4, 0), "size"),
    ]
    for (field, name) in names { add(field, "\(name) register \(register(syndrome[field]))") }
  }

  mutating func addFloatingPoint() {
    let isValid = syndrome.rawValue & 1 << 23 != 0
    add(Field("TFV", 23), set: "the flags below are valid", clear: "the flags below are UNKNOWN")
    add(Field("VECITR", 10, 8), "number of vector iterations in AArch32, else RES1")
    let flags: [(Field, String)] = [
      (Field("IDF", 7), "Input Denormal"), (Field("IXF", 4), "Inexact"),
      (Field("UFF", 3), "Underflow"), (Field("OFF", 2), "Overflow"),
      (Field("DZF", 1), "Divide by Zero"), (Field("IOF", 0), "Invalid Operation"),
    ]
    for (field, name) in flags {
      add(field, isValid ? (syndrome.isSet(field) ? name : "no \(name)") : "UNKNOWN")
    }
  }

  mutating func addGuardedControlStack() {
    let kind = Field("ExType", 23, 20)
    let kinds = ["GCS data check", "EXLOCK", "trapped GCS instruction"]
    let value = Int(syndrome[kind])
    add(kind, kinds.indices.contains(value) ? kinds[value] : nil)
    add(Field("Raddr", 14, 10), "address register, or ADDR")
    add(Field("Rvalue", 9, 5), "value register")
    add(Field("IT", 4, 0), "instruction type")
  }
}

#endif
