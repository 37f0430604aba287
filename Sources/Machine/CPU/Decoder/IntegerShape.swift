// What the words of a row have in common: which operand is in which field, and which opcode it is for
// 64 and for 32 bits. A row of the table names one; `Decoder.operation` reads a word by it.

/// The operand layout of an integer encoding, with its opcodes: `wide` for X registers, `narrow` for W.
enum IntegerShape: Sendable {
  /// An opcode without operands.
  case plain(Opcode)

  // Data processing with an immediate.
  case address(page: Bool)
  case addSubtractImmediate(_ wide: Opcode, _ narrow: Opcode, setsFlags: Bool)
  case logicalImmediate(_ wide: Opcode, _ narrow: Opcode, setsFlags: Bool)
  case moveWide(inverted: Bool)
  case moveKeep
  case signedBitfield
  case bitfieldMove
  case unsignedBitfield
  case extract

  // Data processing with registers.
  case two(_ wide: Opcode, _ narrow: Opcode)
  case three(_ wide: Opcode, _ narrow: Opcode)
  case checksum(Opcode)
  /// `plain` are the opcodes for an operand that is not shifted.
  case shifted(_ plain: (Opcode, Opcode)?, _ general: (Opcode, Opcode))
  case arithmeticShifted(_ plain: (Opcode, Opcode), _ general: (Opcode, Opcode))
  case extended(_ wide: Opcode, _ narrow: Opcode, setsFlags: Bool)
  case compare(_ wide: Opcode, _ narrow: Opcode)
  case compareImmediate(_ wide: Opcode, _ narrow: Opcode)
  case select(_ wide: Opcode, _ narrow: Opcode)

  // Branches, exceptions and system instructions.
  case conditionalBranch
  case branch(Opcode)
  case branchRegister(Opcode)
  case compareBranch(_ wide: Opcode, _ narrow: Opcode)
  case testBranch(Opcode)
  case exception(Opcode)
  case hint
  case moveToPSTATE
  case systemAccess(Opcode)

  // Loads and stores: size, sign and direction are in the word.
  case literal(Opcode)
  case vectorLiteral
  case prefetch
  case pair(Decoder.AddressingMode)
  case vectorPair(Decoder.AddressingMode)
  case single(Decoder.AddressingMode)
  case unprivileged
  case registerOffset
  case unsignedOffset
  case vectorSingle(Decoder.AddressingMode)
  case vectorRegisterOffset
  case vectorUnsignedOffset

  // Exclusives and atomics.
  case exclusive(Opcode)
  case exclusivePairSwap
  case atomic(Opcode)
}

extension Decoder {
  /// The operation of a word of a row with this shape; `.unallocated` when it is reserved.
  static func operation(_ word: UInt32, _ shape: IntegerShape) -> Operation {
    switch shape {
    case .plain(let opcode): Operation(opcode)
    case .address(let page): address(word, page: page)
    case .addSubtractImmediate(let wide, let narrow, let setsFlags):
      addSubtractImmediate(word, wide, narrow, setsFlags: setsFlags)
    case .logicalImmediate(let wide, let narrow, let setsFlags):
      logicalImmediate(word, wide, narrow, setsFlags: setsFlags)
    case .moveWide(let inverted): moveWide(word, inverted: inverted)
    case .moveKeep: moveKeep(word)
    case .signedBitfield: signedBitfield(word)
    case .bitfieldMove: bitfieldMove(word)
    case .unsignedBitfield: unsignedBitfield(word)
    case .extract: extract(word)
    case .two(let wide, let narrow): two(word, wide, narrow)
    case .three(let wide, let narrow): three(word, wide, narrow)
    case .checksum(let opcode): checksum(word, opcode)
    case .shifted(let plain, let general): shifted(word, plain, general)
    case .arithmeticShifted(let plain, let general): arithmeticShifted(word, plain, general)
    case .extended(let wide, let narrow, let setsFlags):
      extended(word, wide, narrow, setsFlags: setsFlags)
    case .compare(let wide, let narrow): compare(word, wide, narrow)
    case .compareImmediate(let wide, let narrow): compareImmediate(word, wide, narrow)
    case .select(let wide, let narrow): select(word, wide, narrow)
    case .conditionalBranch: conditionalBranch(word)
    case .branch(let opcode): branch(word, opcode)
    case .branchRegister(let opcode): branchRegister(word, opcode)
    case .compareBranch(let wide, let narrow): compareBranch(word, wide, narrow)
    case .testBranch(let opcode): testBranch(word, opcode)
    case .exception(let opcode): exception(word, opcode)
    case .hint: hint(word)
    case .moveToPSTATE: moveToPSTATE(word)
    case .systemAccess(let opcode): systemAccess(word, opcode)
    case .literal(let opcode): literal(word, opcode)
    case .vectorLiteral: vectorLiteral(word)
    case .prefetch: prefetch(word)
    case .pair(let mode): pair(word, mode)
    case .vectorPair(let mode): vectorPair(word, mode)
    case .single(let mode): single(word, mode)
    case .unprivileged: unprivileged(word)
    case .registerOffset: registerOffset(word)
    case .unsignedOffset: unsignedOffset(word)
    case .vectorSingle(let mode): vectorSingle(word, mode)
    case .vectorRegisterOffset: vectorRegisterOffset(word)
    case .vectorUnsignedOffset: vectorUnsignedOffset(word)
    case .exclusive(let opcode): exclusive(word, opcode)
    case .exclusivePairSwap: exclusivePairSwap(word)
    case .atomic(let opcode): atomic(word, opcode)
    }
  }
}
