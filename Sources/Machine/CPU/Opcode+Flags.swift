// What data processing does to registers and flags, said once: what the translator emits for it, and
// which flags somebody still wants, follow from this.

/// PSTATE.N, Z, C and V, or some of them.
struct ConditionFlags: OptionSet, Sendable {
  let rawValue: UInt8

  static let n = ConditionFlags(rawValue: 1)
  static let z = ConditionFlags(rawValue: 2)
  static let c = ConditionFlags(rawValue: 4)
  static let v = ConditionFlags(rawValue: 8)
  static let all: ConditionFlags = [.n, .z, .c, .v]

  /// What a condition looks at. Arm ARM C1.2.4.
  static func read(by condition: UInt16) -> ConditionFlags {
    switch condition >> 1 & 7 {
    case 0: .z
    case 1: .c
    case 2: .n
    case 3: .v
    case 4: [.c, .z]
    case 5: [.n, .v]
    case 6: [.n, .v, .z]
    default: []
    }
  }
}

/// Addition, subtraction or a logical operation of two operands.
struct DataProcessing: Equatable, Sendable {
  enum Kind: UInt8, Sendable { case add, subtract, and, or, exclusiveOr }
  /// Where the second operand comes from.
  enum Operand: UInt8, Sendable { case immediate, register, shifted, extended }

  var kind: Kind
  var operand: Operand
  var is64: Bool
  var setsFlags = false
  /// Whether the second operand is inverted.
  var isInverted = false
}

/// What an operation means for those who keep flags or leave with them.
enum FlagEffect: Equatable, Sendable {
  /// Neither reads nor sets any, and execution goes on behind it.
  case none
  /// Sets all four, reads these.
  case sets(reading: ConditionFlags)
  /// Reads these.
  case reads(ConditionFlags)
  /// Reads what its condition, in `extra`, looks at.
  case readsCondition
  /// Execution may leave here, for a branch, an exception or the interpreter: all must be there.
  case leaves
}

extension Opcode {
  /// What addition, subtraction and logic do; nil for all others. The compare of a fused branch counts.
  var dataProcessing: DataProcessing? { Opcode.dataProcessings[Int(rawValue)] }

  /// What it means for the flags.
  var flagEffect: FlagEffect { Opcode.flagEffects[Int(rawValue)] }

  private static let dataProcessings: [DataProcessing?] = {
    var table = [DataProcessing?](repeating: nil, count: allCases.count)
    func set(
      _ kind: DataProcessing.Kind, _ operand: DataProcessing.Operand, _ wide: [Opcode],
      _ narrow: [Opcode], setsFlags: Bool = false, isInverted: Bool = false
    ) {
      for (opcodes, is64) in [(wide, true), (narrow, false)] {
        for opcode in opcodes {
          table[Int(opcode.rawValue)] = DataProcessing(
            kind: kind, operand: operand, is64: is64, setsFlags: setsFlags, isInverted: isInverted)
        }
      }
    }
    set(.add, .immediate, [.addImmediate64], [.addImmediate32])
    set(.add, .immediate, [.addsImmediate64], [.addsImmediate32], setsFlags: true)
    set(.subtract, .immediate, [.subtractImmediate64], [.subtractImmediate32])
    set(
      .subtract, .immediate,
      [.subtractsImmediate64, .subtractsImmediate64BranchNE, .subtractsImmediate64BranchEQ],
      [.subtractsImmediate32, .subtractsImmediate32BranchNE, .subtractsImmediate32BranchEQ],
      setsFlags: true)
    set(.and, .immediate, [.andImmediate64], [.andImmediate32])
    set(.or, .immediate, [.orrImmediate64], [.orrImmediate32])
    set(.exclusiveOr, .immediate, [.eorImmediate64], [.eorImmediate32])
    set(.and, .immediate, [.andsImmediate64], [.andsImmediate32], setsFlags: true)

    set(.add, .register, [.add64], [.add32])
    set(.subtract, .register, [.subtract64], [.subtract32])
    set(.and, .register, [.and64], [.and32])
    set(.or, .register, [.orr64], [.orr32])
    set(.exclusiveOr, .register, [.eor64], [.eor32])
    set(.add, .register, [.adds64], [.adds32], setsFlags: true)
    set(.subtract, .register, [.subtracts64], [.subtracts32], setsFlags: true)
    set(.and, .register, [.ands64], [.ands32], setsFlags: true)

    set(.add, .shifted, [.addShifted64], [.addShifted32])
    set(.subtract, .shifted, [.subtractShifted64], [.subtractShifted32])
    set(.and, .shifted, [.andShifted64], [.andShifted32])
    set(.or, .shifted, [.orrShifted64], [.orrShifted32])
    set(.exclusiveOr, .shifted, [.eorShifted64], [.eorShifted32])
    set(.and, .shifted, [.bicShifted64], [.bicShifted32], isInverted: true)
    set(.or, .shifted, [.ornShifted64], [.ornShifted32], isInverted: true)
    set(.exclusiveOr, .shifted, [.eonShifted64], [.eonShifted32], isInverted: true)
    set(.add, .shifted, [.addsShifted64], [.addsShifted32], setsFlags: true)
    set(.subtract, .shifted, [.subtractsShifted64], [.subtractsShifted32], setsFlags: true)
    set(.and, .shifted, [.andsShifted64], [.andsShifted32], setsFlags: true)
    set(.and, .shifted, [.bicsShifted64], [.bicsShifted32], setsFlags: true, isInverted: true)

    set(.add, .extended, [.addExtended64], [.addExtended32])
    set(.subtract, .extended, [.subtractExtended64], [.subtractExtended32])
    set(.add, .extended, [.addsExtended64], [.addsExtended32], setsFlags: true)
    set(.subtract, .extended, [.subtractsExtended64], [.subtractsExtended32], setsFlags: true)
    return table
  }()

  private static let flagEffects: [FlagEffect] = allCases.map { opcode in
    if let processing = opcode.dataProcessing {
      return processing.setsFlags ? .sets(reading: []) : .none
    }
    switch opcode {
    case .addsWithCarry64, .addsWithCarry32, .subtractsWithCarry64, .subtractsWithCarry32:
      return .sets(reading: .c)
    case .addWithCarry64, .addWithCarry32, .subtractWithCarry64, .subtractWithCarry32:
      return .reads(.c)
    case .conditionalSelect64, .conditionalSelect32, .conditionalSelectIncrement64,
      .conditionalSelectIncrement32, .conditionalSelectInvert64, .conditionalSelectInvert32,
      .conditionalSelectNegate64, .conditionalSelectNegate32:
      return .readsCondition
    case .address, .addressPage, .moveImmediate, .moveKeep64, .moveKeep32, .unsignedExtract,
      .unsignedInsertZeros, .signedExtract64, .signedExtract32, .signedInsertZeros64,
      .signedInsertZeros32, .bitfieldInsert64, .bitfieldInsert32, .bitfieldExtractInsertLow64,
      .bitfieldExtractInsertLow32, .extract64, .extract32, .noOperation, .barrier, .yieldHint,
      .instructionBarrier, .moveRegister64, .moveRegister32, .unsignedDivide64, .unsignedDivide32,
      .signedDivide64, .signedDivide32, .shiftLeftVariable64, .shiftLeftVariable32,
      .shiftRightVariable64, .shiftRightVariable32, .arithmeticShiftRightVariable64,
      .arithmeticShiftRightVariable32, .rotateRightVariable64, .rotateRightVariable32,
      .reverseBits64, .reverseBits32, .reverseBytes1664, .reverseBytes1632, .reverseBytes32,
      .countLeadingZeros64, .countLeadingZeros32, .multiplyAdd64, .multiplyAdd32,
      .multiplySubtract64, .multiplySubtract32, .reverseBytes64, .reverseBytesWord,
      .signedMultiplyAddLong, .unsignedMultiplyAddLong, .signedMultiplySubtractLong,
      .unsignedMultiplySubtractLong, .signedMultiplyHigh, .unsignedMultiplyHigh:
      return .none
    default: return .leaves
    }
  }
}
