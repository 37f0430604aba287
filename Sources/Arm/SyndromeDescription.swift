// An ESR_ELx value field by field, in words: what `faultline decode esr` prints. Nothing is left
// out: a value without a meaning is said to have none, and set bits that belong to no field of
// the format get a line of their own.

#if !hasFeature(Embedded)

/// A syndrome, explained.
public struct SyndromeDescription: Sendable {
  /// One field of the syndrome.
  public struct Line: Equatable, Sendable {
    /// The field's name in the manual, or `-` for bits outside all fields.
    public var name: String
    /// The highest bit.
    public var high: UInt8
    /// The lowest bit.
    public var low: UInt8
    /// The value, right-aligned.
    public var value: UInt64
    /// What the value means.
    public var meaning: String
    /// Whether the value, the field or the class is reserved: `meaning` says so.
    public var isUnknown: Bool

    /// A line.
    public init(
      name: String, high: UInt8, low: UInt8, value: UInt64, meaning: String, isUnknown: Bool
    ) {
      self.name = name
      self.high = high
      self.low = low
      self.value = value
      self.meaning = meaning
      self.isUnknown = isUnknown
    }

    /// The field's bits as the manual writes them: `31:26`, or `24` for one bit.
    public var bits: String { high == low ? "\(high)" : "\(high):\(low)" }
  }

  /// What is explained.
  public let syndrome: Syndrome
  /// The fields, highest bit first.
  public private(set) var lines: [Line] = []

  /// The exception class in words.
  public var title: String {
    syndrome.exceptionClass.title ?? "Reserved exception class"
  }

  /// Explains a syndrome.
  public init(_ syndrome: Syndrome) {
    self.syndrome = syndrome
    let upper = syndrome.rawValue >> 56
    if upper != 0 {
      lines.append(
        Line(
          name: "-", high: 63, low: 56, value: upper, meaning: "reserved bits that are set",
          isUnknown: true))
    }
    if syndrome[Syndrome.iss2] != 0 {
      add(Syndrome.iss2, "second part of the ISS; its fields are not explained", isUnknown: true)
    }
    add(
      Syndrome.ec, syndrome.exceptionClass.title ?? "reserved exception class",
      isUnknown: syndrome.exceptionClass.title == nil)
    add(
      Syndrome.il,
      syndrome.isSet(Syndrome.il)
        ? "32-bit instruction, or an exception without an instruction length"
        : "16-bit instruction")
    addInstructionSpecificSyndrome()
    addRemainingBits()
  }

  // MARK: For the files that know the formats

  /// Adds a line for a field.
  mutating func add(_ field: Field, _ meaning: String?, isUnknown: Bool = false) {
    lines.append(
      Line(
        name: field.name.description, high: field.high, low: field.low,
        value: syndrome[field], meaning: meaning ?? "reserved value",
        isUnknown: isUnknown || meaning == nil))
  }

  /// Adds a line for a one-bit field.
  mutating func add(_ field: Field, set: String, clear: String) {
    add(field, syndrome.isSet(field) ? set : clear)
  }

  private mutating func addInstructionSpecificSyndrome() {
    switch syndrome.exceptionClass {
    case .instructionAbortLower, .instructionAbortSame: addInstructionAbort()
    case .dataAbortLower, .dataAbortSame: addDataAbort()
    case .granuleProtection: addGranuleProtection()
    case .watchpointLower, .watchpointSame: addWatchpoint()
    case .serror: addSError()
    case .waitFor: addWaitFor()
    case .mcrCP15, .mcrCP14, .vmrs: addCoprocessorMove()
    case .mcrrCP15, .mrrcCP14: addCoprocessorMovePair()
    case .ldcCP14: addCoprocessorLoad()
    case .floatingPointAccess: addCondition()
    case .smc32: addSMC32()
    case .systemRegister: addSystemRegister()
    case .systemRegister128: addSystemRegister128()
    case .otherInstruction: addOtherInstruction()
    case .branchTarget: add(Field("BTYPE", 1, 0), "PSTATE.BTYPE that caused the exception")
    case .svc32, .hvc32, .svc, .hvc, .smc: add(Syndrome.imm16, "immediate of the instruction")
    case .bkpt32, .brk: add(Field("Comment", 15, 0), "immediate of the instruction")
    case .eret: addERET()
    case .tstart: add(Field("Rd", 9, 5), "destination register")
    case .pointerAuthenticationFailure: addPointerAuthenticationFailure()
    case .sme: addSME()
    case .memoryOperation: addMemoryOperation()
    case .floatingPoint32, .floatingPoint: addFloatingPoint()
    case .guardedControlStack: addGuardedControlStack()
    case .softwareStepLower, .softwareStepSame: addSoftwareStep()
    case .breakpointLower, .breakpointSame, .vectorCatch32: addDebugStatus("IFSC")
    case .profiling:
      add(Field("SYNC", 0), set: "synchronous profiling exception", clear: "asynchronous")
    case .implementationDefined:
      add(Syndrome.iss, "IMPLEMENTATION DEFINED", isUnknown: true)
    case .unknown, .illegalState, .pcAlignment, .spAlignment, .sve, .pointerAuthentication: break
    default: add(Syndrome.iss, "no format is defined for this class", isUnknown: true)
    }
  }

  /// Set bits of the ISS that no line covers: the manual says they are RES0.
  private mutating func addRemainingBits() {
    var covered: UInt64 = 0
    for line in lines { covered |= Field("", line.high, line.low).mask }
    let rest = syndrome[Syndrome.iss] & ~covered
    guard rest != 0 else { return }
    for bit: UInt8 in (0...24).reversed() where rest >> bit & 1 != 0 {
      lines.append(
        Line(
          name: "-", high: bit, low: bit, value: 1, meaning: "RES0 bit that is set",
          isUnknown: true))
    }
    lines.sort { ($0.high, $0.low) > ($1.high, $1.low) }
  }
}

#endif
