// The ISS of aborts, SErrors and debug exceptions in words. Arm ARM D24.2, ESR_EL1.

#if !hasFeature(Embedded)

extension SyndromeDescription {
  mutating func addInstructionAbort() {
    let status = syndrome.faultStatus
    if syndrome.rawValue & 1 << 14 != 0 { addPFV() }
    addErrorType(status)
    addFnV(status)
    addExternalType()
    addS1PTW()
    add(Field("IFSC", 5, 0), status.rawValue == 0x11 ? nil : status.meaning)
  }

  mutating func addDataAbort() {
    let status = syndrome.faultStatus
    let isValid = syndrome.isSet(Syndrome.isv)
    add(Syndrome.isv, set: "bits 23:14 describe the access", clear: "no valid access syndrome")
    if isValid {
      add(Syndrome.sas, ["byte", "halfword", "word", "doubleword"][Int(syndrome[Syndrome.sas])])
      add(Syndrome.sse, set: "sign-extended", clear: "not sign-extended")
      add(Syndrome.srt, "transfer register \(register(syndrome[Syndrome.srt]))")
      add(Syndrome.sf, set: "64-bit transfer register", clear: "32-bit transfer register")
      add(Syndrome.ar, set: "acquire or release semantics", clear: "no acquire or release")
    } else if syndrome.rawValue & 1 << 14 != 0 {
      addPFV()
    }
    add(Syndrome.vncr, set: "access through VNCR_EL2", clear: "not through VNCR_EL2")
    if status.rawValue == 0x35 {
      add(
        Field("LST", 12, 11),
        ["not specified", "ST64BV", "LD64B or ST64B", "ST64BV0"][Int(syndrome[Syndrome.set])])
    } else {
      addErrorType(status)
    }
    addFnV(status)
    addExternalType()
    add(
      Syndrome.cm, set: "cache maintenance or address translation instruction",
      clear: "not a cache maintenance or address translation instruction")
    addS1PTW()
    addWnR()
    add(Field("DFSC", 5, 0), status.meaning)
  }

  mutating func addGranuleProtection() {
    add(
      Field("S2PTW", 21), set: "on the stage 2 walk", clear: "not on the stage 2 walk")
    add(Field("InD", 20), set: "instruction access", clear: "data access")
    let codes: [UInt64: String] = [
      0x00: "GPT address size fault, level 0", 0x04: "GPT walk fault, level 0",
      0x05: "GPT walk fault, level 1", 0x0C: "Granule protection fault, level 0",
      0x0D: "Granule protection fault, level 1",
      0x14: "Synchronous External abort on a GPT fetch, level 0",
      0x15: "Synchronous External abort on a GPT fetch, level 1",
    ]
    let code = Field("GPCSC", 19, 14)
    add(code, codes[syndrome[code]])
    add(Syndrome.vncr, set: "access through VNCR_EL2", clear: "not through VNCR_EL2")
    add(Syndrome.cm, set: "cache maintenance instruction", clear: "not cache maintenance")
    addS1PTW()
    addWnR()
    add(Syndrome.fsc, syndrome.faultStatus.meaning)
  }

  mutating func addSError() {
    add(
      Syndrome.ids, set: "the rest is IMPLEMENTATION DEFINED",
      clear: "the rest is architecturally defined")
    if syndrome.isSet(Syndrome.ids) {
      add(Field("ISS", 23, 0), "IMPLEMENTATION DEFINED", isUnknown: true)
      return
    }
    let isAsynchronous = syndrome[Syndrome.dfsc] == Syndrome.asynchronousErrorStatus
    let wu = Field("WU", 17, 16)
    if syndrome.isSet(wu) {
      add(
        wu,
        ["", nil, "the location may have been updated", "the location was updated"][
          Int(syndrome[wu])])
    }
    add(
      Syndrome.iesb, set: "taken at an implicit error synchronization",
      clear: "not taken at an implicit error synchronization")
    if isAsynchronous {
      add(
        Syndrome.aet,
        ErrorState(asynchronousErrorType: syndrome[Syndrome.aet])?.processorStateTitle)
    } else {
      add(Syndrome.aet, "not valid with this DFSC", isUnknown: syndrome.isSet(Syndrome.aet))
    }
    addExternalType()
    if syndrome.rawValue & 1 << 7 != 0 {
      add(Field("WnRV", 7), "WnR is valid")
      addWnR()
    }
    let meaning: String? =
      switch syndrome[Syndrome.dfsc] {
      case 0x00: "Uncategorized error"
      case Syndrome.asynchronousErrorStatus: "Asynchronous SError exception"
      default: nil
      }
    add(Syndrome.dfsc, meaning)
  }

  mutating func addWatchpoint() {
    let number = Field("WPT", 23, 18)
    let isValid = syndrome.rawValue & 1 << 17 != 0
    add(
      number, isValid ? "number of the watchpoint" : "not valid",
      isUnknown: !isValid && syndrome.isSet(number))
    add(Field("WPTV", 17), set: "WPT is valid", clear: "WPT is not valid")
    add(
      Field("WPF", 16), set: "the watchpoint may be a false match",
      clear: "the watchpoint matched the access")
    add(Field("FnP", 15), set: "FAR is not precise", clear: "FAR is precise")
    add(Syndrome.vncr, set: "access through VNCR_EL2", clear: "not through VNCR_EL2")
    add(Syndrome.fnv, set: "FAR is not valid", clear: "FAR is valid")
    add(
      Syndrome.cm, set: "cache maintenance instruction",
      clear: "not a cache maintenance instruction")
    addWnR()
    addDebugStatus("DFSC")
  }

  mutating func addSoftwareStep() {
    let isValid = syndrome.isSet(Syndrome.isv)
    add(Syndrome.isv, set: "EX is valid", clear: "EX is not valid")
    let exclusive = Field("EX", 6)
    if isValid {
      add(
        exclusive, set: "a Load-Exclusive was stepped",
        clear: "an instruction other than a Load-Exclusive was stepped")
    } else {
      add(exclusive, "not valid", isUnknown: syndrome.isSet(exclusive))
    }
    addDebugStatus("IFSC")
  }

  mutating func addDebugStatus(_ name: StaticString) {
    add(Field(name, 5, 0), syndrome[Syndrome.fsc] == 0x22 ? "Debug exception" : nil)
  }

  // MARK: Fields that several formats share

  /// A general register's name, 31 being the zero register.
  func register(_ number: UInt64) -> String { number == 31 ? "XZR" : "X\(number)" }

  private mutating func addErrorType(_ status: FaultStatus) {
    guard status == .externalAbort else {
      add(Syndrome.set, "not valid with this status", isUnknown: syndrome.isSet(Syndrome.set))
      return
    }
    add(
      Syndrome.set, ErrorState(synchronousErrorType: syndrome[Syndrome.set])?.processorStateTitle)
  }

  private mutating func addFnV(_ status: FaultStatus) {
    if status == .externalAbort {
      add(Syndrome.fnv, set: "FAR is not valid", clear: "FAR is valid")
    } else {
      add(Syndrome.fnv, "FAR is valid", isUnknown: syndrome.isSet(Syndrome.fnv))
    }
  }

  private mutating func addPFV() { add(Field("PFV", 14), "PFAR is valid") }

  private mutating func addExternalType() {
    add(Syndrome.ea, "External abort type, IMPLEMENTATION DEFINED")
  }

  private mutating func addS1PTW() {
    add(
      Syndrome.s1ptw, set: "stage 2 fault on a stage 1 translation table walk",
      clear: "not a stage 2 fault on a stage 1 translation table walk")
  }

  private mutating func addWnR() { add(Syndrome.wnr, set: "write", clear: "read") }
}

#endif

extension ErrorState {
  /// The state of a PE in the manual's words, as AET and SET have them.
  fileprivate var processorStateTitle: String {
    let title =
      switch self {
      case .corrected: "Corrected"
      case .deferred: "Deferred"
      case .restartable: "Restartable state"
      case .recoverable: "Recoverable state"
      case .unrecoverable: "Unrecoverable state"
      case .uncontainable: "Uncontainable"
      }
    return "\(title) (\(mnemonic))"
  }
}
