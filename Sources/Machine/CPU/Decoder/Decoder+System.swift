// System instructions: hints, barriers, PSTATE, SYS, MRS and MSR. Arm ARM C4.1.

extension Decoder {
  static let systemRows: [Encoding] = [
    .init("HINT", "11010101000000110010mmmmooo11111", .hint),
    .init("CLREX", "11010101000000110011mmmm01011111", .plain(.clearExclusive)),
    .init("DSB", "11010101000000110011mmmm10011111", .plain(.barrier)),
    .init("DMB", "11010101000000110011mmmm10111111", .plain(.barrier)),
    .init("ISB", "11010101000000110011mmmm11011111", .plain(.instructionBarrier)),
    .init("MSR (immediate)", "1101010100000ppp0100mmmmooo11111", .moveToPSTATE),
    .init("SYS", "1101010100001pppnnnnmmmmooottttt", .systemAccess(.systemInstruction)),
    .init("SYSL", "1101010100101pppnnnnmmmmooottttt", .systemAccess(.systemInstructionWithResult)),
    .init("MSR (register)", "110101010001opppnnnnmmmmooottttt", .systemAccess(.moveToSystem)),
    .init("MRS", "110101010011opppnnnnmmmmooottttt", .systemAccess(.moveFromSystem)),
  ]

  static func hint(_ word: UInt32) -> Operation {
    switch word.bits(11, 5) {
    case 1: return Operation(.yieldHint)
    case 2: return Operation(.waitForEvent)
    case 3: return Operation(.waitForInterrupt)
    case 4: return Operation(.sendEvent)
    case 5: return Operation(.sendEventLocal)
    case 16: return Operation(.errorSynchronizationBarrier)
    default: return Operation(.noOperation)
    }
  }

  static func moveToPSTATE(_ word: UInt32) -> Operation {
    var operation = Operation(.moveToPSTATE)
    operation.rn = UInt8(word.bits(18, 16))
    operation.rm = UInt8(word.bits(7, 5))
    operation.immediate = UInt64(word.bits(11, 8))
    return operation
  }

  /// `extra` packs op0, op1, CRn, CRm, op2 as bits [20:5] of the word; `ra` is Rt itself.
  static func systemAccess(_ word: UInt32, _ opcode: Opcode) -> Operation {
    var operation = Operation(opcode)
    operation.extra = UInt16(word.bits(20, 5))
    operation.rd = word.destination(0)
    operation.rn = word.source(0)
    operation.ra = word.register(0)
    return operation
  }
}
