// Data processing with an immediate. Arm ARM C4.1.

extension Decoder {
  static let dataProcessingImmediateRows: [Encoding] = [
    .init("ADR", "0ii10000iiiiiiiiiiiiiiiiiiiddddd", .address(page: false)),
    .init("ADRP", "1ii10000iiiiiiiiiiiiiiiiiiiddddd", .address(page: true)),
    .init(
      "ADD (immediate)", "z00100010siiiiiiiiiiiinnnnnddddd",
      .addSubtractImmediate(.addImmediate64, .addImmediate32, setsFlags: false)),
    .init(
      "ADDS (immediate)", "z01100010siiiiiiiiiiiinnnnnddddd",
      .addSubtractImmediate(.addsImmediate64, .addsImmediate32, setsFlags: true)),
    .init(
      "SUB (immediate)", "z10100010siiiiiiiiiiiinnnnnddddd",
      .addSubtractImmediate(.subtractImmediate64, .subtractImmediate32, setsFlags: false)),
    .init(
      "SUBS (immediate)", "z11100010siiiiiiiiiiiinnnnnddddd",
      .addSubtractImmediate(.subtractsImmediate64, .subtractsImmediate32, setsFlags: true)),
    .init(
      "AND (immediate)", "z00100100Nrrrrrrssssssnnnnnddddd",
      .logicalImmediate(.andImmediate64, .andImmediate32, setsFlags: false)),
    .init(
      "ORR (immediate)", "z01100100Nrrrrrrssssssnnnnnddddd",
      .logicalImmediate(.orrImmediate64, .orrImmediate32, setsFlags: false)),
    .init(
      "EOR (immediate)", "z10100100Nrrrrrrssssssnnnnnddddd",
      .logicalImmediate(.eorImmediate64, .eorImmediate32, setsFlags: false)),
    .init(
      "ANDS (immediate)", "z11100100Nrrrrrrssssssnnnnnddddd",
      .logicalImmediate(.andsImmediate64, .andsImmediate32, setsFlags: true)),
    .init("MOVN", "z00100101wwiiiiiiiiiiiiiiiiddddd", .moveWide(inverted: true)),
    .init("MOVZ", "z10100101wwiiiiiiiiiiiiiiiiddddd", .moveWide(inverted: false)),
    .init("MOVK", "z11100101wwiiiiiiiiiiiiiiiiddddd", .moveKeep),
    .init("SBFM", "z00100110Nrrrrrrssssssnnnnnddddd", .signedBitfield),
    .init("BFM", "z01100110Nrrrrrrssssssnnnnnddddd", .bitfieldMove),
    .init("UBFM", "z10100110Nrrrrrrssssssnnnnnddddd", .unsignedBitfield),
    .init("EXTR", "z00100111N0mmmmmssssssnnnnnddddd", .extract),
  ]

  static func address(_ word: UInt32, page: Bool) -> Operation {
    var operation = Operation(page ? .addressPage : .address)
    operation.rd = word.destination(0)
    let offset = word.signed(23, 5) &<< 2 | UInt64(word.bits(30, 29))
    operation.immediate = page ? offset &<< 12 : offset
    return operation
  }

  static func addSubtractImmediate(
    _ word: UInt32, _ wide: Opcode, _ narrow: Opcode, setsFlags: Bool
  ) -> Operation {
    var operation = Operation(word.bit(31) ? wide : narrow)
    operation.rd = setsFlags ? word.destination(0) : word.register(0)
    operation.rn = word.register(5)
    operation.immediate = UInt64(word.bits(21, 10)) &<< (word.bit(22) ? 12 : 0)
    return operation
  }

  /// DecodeBitMasks. Arm ARM J1.3, aarch64/instrs/integer/bitmasks. Nil when reserved.
  static func bitMask(_ n: UInt32, _ imms: UInt32, _ immr: UInt32, is64: Bool) -> UInt64? {
    let combined = n << 6 | (~imms & 0x3F)
    guard combined > 1, is64 || n == 0 else { return nil }
    let length = 31 - UInt32(combined.leadingZeroBitCount)
    guard length >= 1 else { return nil }
    let levels = (1 as UInt32) << length - 1
    let s = imms & levels
    let r = immr & levels
    guard s != levels else { return nil }
    let size = (1 as UInt32) << length
    var element = (2 as UInt64) << UInt64(s) &- 1
    let elementMask = UInt64.max >> UInt64(64 - size)
    if r != 0 { element = (element >> UInt64(r) | element << UInt64(size - r)) & elementMask }
    var result = element
    var width = size
    while width < 64 {
      result |= result << UInt64(width)
      width *= 2
    }
    return is64 ? result : result & 0xFFFF_FFFF
  }

  static func logicalImmediate(
    _ word: UInt32, _ wide: Opcode, _ narrow: Opcode, setsFlags: Bool
  ) -> Operation {
    let is64 = word.bit(31)
    guard
      let mask = bitMask(word.bits(22, 22), word.bits(15, 10), word.bits(21, 16), is64: is64)
    else { return Operation(.unallocated) }
    var operation = Operation(is64 ? wide : narrow)
    operation.rd = setsFlags ? word.destination(0) : word.register(0)
    operation.rn = word.source(5)
    operation.immediate = mask
    return operation
  }

  static func moveWide(_ word: UInt32, inverted: Bool) -> Operation {
    let is64 = word.bit(31)
    guard is64 || !word.bit(22) else { return Operation(.unallocated) }
    var operation = Operation(.moveImmediate)
    operation.rd = word.destination(0)
    let value = UInt64(word.bits(20, 5)) &<< UInt64(word.bits(22, 21) * 16)
    operation.immediate = inverted ? (is64 ? ~value : ~value & 0xFFFF_FFFF) : value
    return operation
  }

  static func moveKeep(_ word: UInt32) -> Operation {
    let is64 = word.bit(31)
    guard is64 || !word.bit(22) else { return Operation(.unallocated) }
    var operation = Operation(is64 ? .moveKeep64 : .moveKeep32)
    operation.rd = word.destination(0)
    operation.rn = word.source(0)
    operation.extra = UInt16(word.bits(22, 21) * 16)
    operation.immediate = UInt64(word.bits(20, 5)) &<< UInt64(operation.extra)
    return operation
  }

  /// immr and imms of a bitfield instruction, or nil when reserved.
  private static func bitfield(_ word: UInt32) -> (is64: Bool, r: UInt16, s: UInt16)? {
    let is64 = word.bit(31)
    guard word.bit(22) == is64 else { return nil }
    let r = UInt16(word.bits(21, 16))
    let s = UInt16(word.bits(15, 10))
    guard is64 || (r < 32 && s < 32) else { return nil }
    return (is64, r, s)
  }

  private static func ones(_ count: UInt16) -> UInt64 { UInt64.max >> UInt64(64 - count) }

  static func unsignedBitfield(_ word: UInt32) -> Operation {
    guard let (is64, r, s) = bitfield(word) else { return Operation(.unallocated) }
    var operation = Operation(s >= r ? .unsignedExtract : .unsignedInsertZeros)
    operation.rd = word.destination(0)
    operation.rn = word.source(5)
    if s >= r {
      operation.extra = r
      operation.immediate = ones(s - r + 1)
    } else {
      operation.extra = (is64 ? 64 : 32) - r
      operation.immediate = ones(s + 1)
    }
    return operation
  }

  static func signedBitfield(_ word: UInt32) -> Operation {
    guard let (is64, r, s) = bitfield(word) else { return Operation(.unallocated) }
    var operation = Operation(.unallocated)
    operation.rd = word.destination(0)
    operation.rn = word.source(5)
    if s >= r {
      // Shift the field's top bit to bit 63, then arithmetically back down.
      operation.opcode = is64 ? .signedExtract64 : .signedExtract32
      operation.extra = 63 - s
      operation.immediate = UInt64(63 - s + r)
    } else {
      operation.opcode = is64 ? .signedInsertZeros64 : .signedInsertZeros32
      operation.extra = 63 - s
      operation.immediate = UInt64(63 - s - ((is64 ? 64 : 32) - r))
    }
    return operation
  }

  static func bitfieldMove(_ word: UInt32) -> Operation {
    guard let (is64, r, s) = bitfield(word) else { return Operation(.unallocated) }
    var operation = Operation(.unallocated)
    operation.rd = word.destination(0)
    operation.rn = word.source(5)
    operation.ra = word.source(0)
    if s >= r {
      operation.opcode = is64 ? .bitfieldExtractInsertLow64 : .bitfieldExtractInsertLow32
      operation.extra = r
      operation.immediate = ones(s - r + 1)
    } else {
      operation.opcode = is64 ? .bitfieldInsert64 : .bitfieldInsert32
      operation.extra = (is64 ? 64 : 32) - r
      operation.immediate = ones(s + 1) << UInt64(operation.extra)
    }
    return operation
  }

  static func extract(_ word: UInt32) -> Operation {
    let is64 = word.bit(31)
    guard word.bit(22) == is64, is64 || !word.bit(15) else { return Operation(.unallocated) }
    var operation = Operation(is64 ? .extract64 : .extract32)
    operation.rd = word.destination(0)
    operation.rn = word.source(5)
    operation.rm = word.source(16)
    operation.extra = UInt16(word.bits(15, 10))
    return operation
  }
}
