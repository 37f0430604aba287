// Data processing with registers. Arm ARM C4.1.

extension Decoder {
  static let dataProcessingRegisterRows: [Encoding] = [
    .init("UDIV", "z0011010110mmmmm000010nnnnnddddd", .two(.unsignedDivide64, .unsignedDivide32)),
    .init("SDIV", "z0011010110mmmmm000011nnnnnddddd", .two(.signedDivide64, .signedDivide32)),
    .init(
      "LSLV", "z0011010110mmmmm001000nnnnnddddd", .two(.shiftLeftVariable64, .shiftLeftVariable32)),
    .init(
      "LSRV", "z0011010110mmmmm001001nnnnnddddd", .two(.shiftRightVariable64, .shiftRightVariable32)
    ),
    .init(
      "ASRV", "z0011010110mmmmm001010nnnnnddddd",
      .two(.arithmeticShiftRightVariable64, .arithmeticShiftRightVariable32)),
    .init(
      "RORV", "z0011010110mmmmm001011nnnnnddddd",
      .two(.rotateRightVariable64, .rotateRightVariable32)),
    .init("CRC32B/H/W", "00011010110mmmmm0100zznnnnnddddd", .checksum(.crc32)),
    .init("CRC32X", "10011010110mmmmm010011nnnnnddddd", .checksum(.crc32)),
    .init("CRC32CB/H/W", "00011010110mmmmm0101zznnnnnddddd", .checksum(.crc32c)),
    .init("CRC32CX", "10011010110mmmmm010111nnnnnddddd", .checksum(.crc32c)),
    .init("RBIT", "z101101011000000000000nnnnnddddd", .two(.reverseBits64, .reverseBits32)),
    .init("REV16", "z101101011000000000001nnnnnddddd", .two(.reverseBytes1664, .reverseBytes1632)),
    .init(
      "REV (32-bit)", "0101101011000000000010nnnnnddddd", .two(.reverseBytesWord, .reverseBytesWord)
    ),
    .init("REV32", "1101101011000000000010nnnnnddddd", .two(.reverseBytes32, .reverseBytes32)),
    .init(
      "REV (64-bit)", "1101101011000000000011nnnnnddddd", .two(.reverseBytes64, .reverseBytes64)),
    .init(
      "CLZ", "z101101011000000000100nnnnnddddd", .two(.countLeadingZeros64, .countLeadingZeros32)),
    .init(
      "CLS", "z101101011000000000101nnnnnddddd", .two(.countLeadingSigns64, .countLeadingSigns32)),
    .init(
      "AND (shifted register)", "z0001010hh0mmmmmiiiiiinnnnnddddd",
      .shifted((.and64, .and32), (.andShifted64, .andShifted32))),
    .init(
      "BIC (shifted register)", "z0001010hh1mmmmmiiiiiinnnnnddddd",
      .shifted(nil, (.bicShifted64, .bicShifted32))),
    .init(
      "ORR (shifted register)", "z0101010hh0mmmmmiiiiiinnnnnddddd",
      .shifted((.orr64, .orr32), (.orrShifted64, .orrShifted32))),
    .init(
      "ORN (shifted register)", "z0101010hh1mmmmmiiiiiinnnnnddddd",
      .shifted(nil, (.ornShifted64, .ornShifted32))),
    .init(
      "EOR (shifted register)", "z1001010hh0mmmmmiiiiiinnnnnddddd",
      .shifted((.eor64, .eor32), (.eorShifted64, .eorShifted32))),
    .init(
      "EON (shifted register)", "z1001010hh1mmmmmiiiiiinnnnnddddd",
      .shifted(nil, (.eonShifted64, .eonShifted32))),
    .init(
      "ANDS (shifted register)", "z1101010hh0mmmmmiiiiiinnnnnddddd",
      .shifted((.ands64, .ands32), (.andsShifted64, .andsShifted32))),
    .init(
      "BICS (shifted register)", "z1101010hh1mmmmmiiiiiinnnnnddddd",
      .shifted(nil, (.bicsShifted64, .bicsShifted32))),
    .init(
      "ADD (shifted register)", "z0001011hh0mmmmmiiiiiinnnnnddddd",
      .arithmeticShifted((.add64, .add32), (.addShifted64, .addShifted32))),
    .init(
      "ADDS (shifted register)", "z0101011hh0mmmmmiiiiiinnnnnddddd",
      .arithmeticShifted((.adds64, .adds32), (.addsShifted64, .addsShifted32))),
    .init(
      "SUB (shifted register)", "z1001011hh0mmmmmiiiiiinnnnnddddd",
      .arithmeticShifted((.subtract64, .subtract32), (.subtractShifted64, .subtractShifted32))),
    .init(
      "SUBS (shifted register)", "z1101011hh0mmmmmiiiiiinnnnnddddd",
      .arithmeticShifted((.subtracts64, .subtracts32), (.subtractsShifted64, .subtractsShifted32))),
    .init(
      "ADD (extended register)", "z0001011001mmmmmoooiiinnnnnddddd",
      .extended(.addExtended64, .addExtended32, setsFlags: false)),
    .init(
      "ADDS (extended register)", "z0101011001mmmmmoooiiinnnnnddddd",
      .extended(.addsExtended64, .addsExtended32, setsFlags: true)),
    .init(
      "SUB (extended register)", "z1001011001mmmmmoooiiinnnnnddddd",
      .extended(.subtractExtended64, .subtractExtended32, setsFlags: false)),
    .init(
      "SUBS (extended register)", "z1101011001mmmmmoooiiinnnnnddddd",
      .extended(.subtractsExtended64, .subtractsExtended32, setsFlags: true)),
    .init("ADC", "z0011010000mmmmm000000nnnnnddddd", .two(.addWithCarry64, .addWithCarry32)),
    .init("ADCS", "z0111010000mmmmm000000nnnnnddddd", .two(.addsWithCarry64, .addsWithCarry32)),
    .init(
      "SBC", "z1011010000mmmmm000000nnnnnddddd", .two(.subtractWithCarry64, .subtractWithCarry32)),
    .init(
      "SBCS", "z1111010000mmmmm000000nnnnnddddd", .two(.subtractsWithCarry64, .subtractsWithCarry32)
    ),
    .init(
      "CCMN (register)", "z0111010010mmmmmcccc00nnnnn0ffff",
      .compare(.conditionalCompareNegative64, .conditionalCompareNegative32)),
    .init(
      "CCMP (register)", "z1111010010mmmmmcccc00nnnnn0ffff",
      .compare(.conditionalCompare64, .conditionalCompare32)),
    .init(
      "CCMN (immediate)", "z0111010010iiiiicccc10nnnnn0ffff",
      .compareImmediate(
        .conditionalCompareNegativeImmediate64, .conditionalCompareNegativeImmediate32)),
    .init(
      "CCMP (immediate)", "z1111010010iiiiicccc10nnnnn0ffff",
      .compareImmediate(.conditionalCompareImmediate64, .conditionalCompareImmediate32)),
    .init(
      "CSEL", "z0011010100mmmmmcccc00nnnnnddddd",
      .select(.conditionalSelect64, .conditionalSelect32)),
    .init(
      "CSINC", "z0011010100mmmmmcccc01nnnnnddddd",
      .select(.conditionalSelectIncrement64, .conditionalSelectIncrement32)),
    .init(
      "CSINV", "z1011010100mmmmmcccc00nnnnnddddd",
      .select(.conditionalSelectInvert64, .conditionalSelectInvert32)),
    .init(
      "CSNEG", "z1011010100mmmmmcccc01nnnnnddddd",
      .select(.conditionalSelectNegate64, .conditionalSelectNegate32)),
    .init("MADD", "z0011011000mmmmm0aaaaannnnnddddd", .three(.multiplyAdd64, .multiplyAdd32)),
    .init(
      "MSUB", "z0011011000mmmmm1aaaaannnnnddddd", .three(.multiplySubtract64, .multiplySubtract32)),
    .init(
      "SMADDL", "10011011001mmmmm0aaaaannnnnddddd", .three(.signedMultiplyAddLong, .unallocated)),
    .init(
      "SMSUBL", "10011011001mmmmm1aaaaannnnnddddd",
      .three(.signedMultiplySubtractLong, .unallocated)),
    .init("SMULH", "10011011010mmmmm0aaaaannnnnddddd", .three(.signedMultiplyHigh, .unallocated)),
    .init(
      "UMADDL", "10011011101mmmmm0aaaaannnnnddddd", .three(.unsignedMultiplyAddLong, .unallocated)),
    .init(
      "UMSUBL", "10011011101mmmmm1aaaaannnnnddddd",
      .three(.unsignedMultiplySubtractLong, .unallocated)),
    .init("UMULH", "10011011110mmmmm0aaaaannnnnddddd", .three(.unsignedMultiplyHigh, .unallocated)),
  ]

  static func two(_ word: UInt32, _ wide: Opcode, _ narrow: Opcode) -> Operation {
    var operation = Operation(word.bit(31) ? wide : narrow)
    operation.rd = word.destination(0)
    operation.rn = word.source(5)
    operation.rm = word.source(16)
    return operation
  }

  static func checksum(_ word: UInt32, _ opcode: Opcode) -> Operation {
    guard word.bit(31) == (word.bits(11, 10) == 3) else { return Operation(.unallocated) }
    var operation = two(word, opcode, opcode)
    operation.extra = UInt16(word.bits(11, 10))
    return operation
  }

  /// `plain` are the opcodes for an unshifted operand; `extra` is shift type << 8 | amount.
  static func shifted(
    _ word: UInt32, _ plain: (Opcode, Opcode)?, _ general: (Opcode, Opcode)
  ) -> Operation {
    let is64 = word.bit(31)
    guard is64 || !word.bit(15) else { return Operation(.unallocated) }
    let amount = word.bits(15, 10)
    if let plain, amount == 0 {
      var operation = two(word, plain.0, plain.1)
      let isMove = plain.0 == .orr64 && operation.rn == CoreState.zeroRegister
      if isMove { operation.opcode = is64 ? .moveRegister64 : .moveRegister32 }
      return operation
    }
    var operation = two(word, general.0, general.1)
    operation.extra = UInt16(word.bits(23, 22) << 8 | amount)
    return operation
  }

  static func arithmeticShifted(
    _ word: UInt32, _ plain: (Opcode, Opcode), _ general: (Opcode, Opcode)
  ) -> Operation {
    guard word.bits(23, 22) != 3 else { return Operation(.unallocated) }
    return shifted(word, plain, general)
  }

  /// `extra` is option << 8 | shift. Rn is SP when 31, and Rd too unless flags are set.
  static func extended(
    _ word: UInt32, _ wide: Opcode, _ narrow: Opcode, setsFlags: Bool
  ) -> Operation {
    guard word.bits(12, 10) <= 4 else { return Operation(.unallocated) }
    var operation = Operation(word.bit(31) ? wide : narrow)
    operation.rd = setsFlags ? word.destination(0) : word.register(0)
    operation.rn = word.register(5)
    operation.rm = word.source(16)
    operation.extra = UInt16(word.bits(15, 13) << 8 | word.bits(12, 10))
    return operation
  }

  /// `extra` is the condition, `ra` the flags when it does not hold.
  static func compare(_ word: UInt32, _ wide: Opcode, _ narrow: Opcode) -> Operation {
    var operation = Operation(word.bit(31) ? wide : narrow)
    operation.rn = word.source(5)
    operation.rm = word.source(16)
    operation.extra = UInt16(word.bits(15, 12))
    operation.ra = UInt8(word.bits(3, 0))
    return operation
  }

  static func compareImmediate(
    _ word: UInt32, _ wide: Opcode, _ narrow: Opcode
  ) -> Operation {
    var operation = compare(word, wide, narrow)
    operation.immediate = UInt64(word.bits(20, 16))
    return operation
  }

  static func select(_ word: UInt32, _ wide: Opcode, _ narrow: Opcode) -> Operation {
    var operation = two(word, wide, narrow)
    operation.extra = UInt16(word.bits(15, 12))
    return operation
  }

  static func three(_ word: UInt32, _ wide: Opcode, _ narrow: Opcode) -> Operation {
    var operation = two(word, wide, narrow)
    operation.ra = word.source(10)
    return operation
  }
}
