// How the rows of loads and stores become operations: opcode by size, sign and addressing mode.

extension Decoder {
  /// How a load or store forms its address and writes its base back.
  enum AddressingMode: UInt16 {
    case offset = 0
    case preIndex = 1
    case postIndex = 2
  }

  /// The opcodes of one kind of access in the order offset, register, pre-index, post-index.
  private static func forms(size: UInt32, opc: UInt32) -> [Opcode] {
    switch (size, opc) {
    case (0, 0): [.store8, .store8Register, .store8PreIndex, .store8PostIndex]
    case (1, 0): [.store16, .store16Register, .store16PreIndex, .store16PostIndex]
    case (2, 0): [.store32, .store32Register, .store32PreIndex, .store32PostIndex]
    case (3, 0): [.store64, .store64Register, .store64PreIndex, .store64PostIndex]
    case (0, 1): [.load8, .load8Register, .load8PreIndex, .load8PostIndex]
    case (1, 1): [.load16, .load16Register, .load16PreIndex, .load16PostIndex]
    case (2, 1): [.load32, .load32Register, .load32PreIndex, .load32PostIndex]
    case (3, 1): [.load64, .load64Register, .load64PreIndex, .load64PostIndex]
    case (0, 2):
      [.loadS8To64, .loadS8To64Register, .loadS8To64PreIndex, .loadS8To64PostIndex]
    case (0, 3):
      [.loadS8To32, .loadS8To32Register, .loadS8To32PreIndex, .loadS8To32PostIndex]
    case (1, 2):
      [.loadS16To64, .loadS16To64Register, .loadS16To64PreIndex, .loadS16To64PostIndex]
    case (1, 3):
      [.loadS16To32, .loadS16To32Register, .loadS16To32PreIndex, .loadS16To32PostIndex]
    case (2, 2):
      [.loadS32To64, .loadS32To64Register, .loadS32To64PreIndex, .loadS32To64PostIndex]
    default: [.unallocated, .unallocated, .unallocated, .unallocated]
    }
  }

  private static func base(_ word: UInt32, form: Int) -> Operation {
    let opc = word.bits(23, 22)
    var operation = Operation(forms(size: word.bits(31, 30), opc: opc)[form])
    operation.rn = word.register(5)
    operation.rd = opc == 0 ? word.source(0) : word.destination(0)
    return operation
  }

  static func single(_ word: UInt32, _ mode: AddressingMode) -> Operation {
    var operation = base(word, form: mode == .offset ? 0 : mode == .preIndex ? 2 : 3)
    operation.immediate = word.signed(20, 12)
    return operation
  }

  static func unsignedOffset(_ word: UInt32) -> Operation {
    var operation = base(word, form: 0)
    operation.immediate = UInt64(word.bits(21, 10)) &<< UInt64(word.bits(31, 30))
    return operation
  }

  /// `extra` is option << 8 | shift.
  static func registerOffset(_ word: UInt32) -> Operation {
    guard word.bit(14) else { return Operation(.unallocated) }
    var operation = base(word, form: 1)
    operation.rm = word.source(16)
    operation.extra = UInt16(word.bits(15, 13) << 8 | (word.bit(12) ? word.bits(31, 30) : 0))
    return operation
  }

  /// `ra` is size << 2 | opc.
  static func unprivileged(_ word: UInt32) -> Operation {
    let opc = word.bits(23, 22)
    var operation = Operation(opc == 0 ? .storeUnprivileged : .loadUnprivileged)
    operation.rn = word.register(5)
    operation.rd = opc == 0 ? word.source(0) : word.destination(0)
    operation.ra = UInt8(word.bits(31, 30) << 2 | opc)
    operation.immediate = word.signed(20, 12)
    return operation
  }

  static func literal(_ word: UInt32, _ opcode: Opcode) -> Operation {
    var operation = Operation(opcode)
    operation.rd = word.destination(0)
    operation.immediate = word.signed(23, 5) &<< 2
    return operation
  }

  static func vectorLiteral(_ word: UInt32) -> Operation {
    var operation = Operation(.loadLiteralVector)
    operation.rd = word.register(0)
    operation.ra = UInt8(word.bits(31, 30) + 2)
    operation.immediate = word.signed(23, 5) &<< 2
    return operation
  }

  static func prefetch(_ word: UInt32) -> Operation {
    let isRegister = word.bits(29, 24) == 0b111000 && word.bit(21)
    return Operation(isRegister && !word.bit(14) ? .unallocated : .noOperation)
  }

  static func pair(_ word: UInt32, _ mode: AddressingMode) -> Operation {
    let isLoad = word.bit(22)
    let opcodes: [Opcode] =
      switch (word.bits(31, 30), isLoad) {
      case (0, true): [.loadPair32, .loadPair32PreIndex, .loadPair32PostIndex]
      case (1, true): [.loadPairS32, .loadPairS32PreIndex, .loadPairS32PostIndex]
      case (2, true): [.loadPair64, .loadPair64PreIndex, .loadPair64PostIndex]
      case (0, false): [.storePair32, .storePair32PreIndex, .storePair32PostIndex]
      default: [.storePair64, .storePair64PreIndex, .storePair64PostIndex]
      }
    var operation = Operation(opcodes[Int(mode.rawValue)])
    operation.rn = word.register(5)
    operation.rd = isLoad ? word.destination(0) : word.source(0)
    operation.ra = isLoad ? word.destination(10) : word.source(10)
    operation.immediate = word.signed(21, 15) &<< (word.bit(31) ? 3 : 2)
    return operation
  }

  static func vectorPair(_ word: UInt32, _ mode: AddressingMode) -> Operation {
    let log2 = word.bits(31, 30) + 2
    var operation = Operation(word.bit(22) ? .loadVectorPair : .storeVectorPair)
    operation.rn = word.register(5)
    operation.rd = word.register(0)
    operation.rm = word.register(10)
    operation.ra = UInt8(log2)
    operation.extra = mode.rawValue
    operation.immediate = word.signed(21, 15) &<< UInt64(log2)
    return operation
  }

  /// log2 of the size of a SIMD&FP access: size, or 4 when opc<1> is set.
  private static func vectorBase(_ word: UInt32, _ load: Opcode, _ store: Opcode) -> Operation {
    var operation = Operation(word.bit(22) ? load : store)
    operation.rn = word.register(5)
    operation.rd = word.register(0)
    operation.ra = UInt8(word.bit(23) ? 4 : word.bits(31, 30))
    return operation
  }

  static func vectorSingle(_ word: UInt32, _ mode: AddressingMode) -> Operation {
    var operation = vectorBase(word, .loadVector, .storeVector)
    operation.extra = mode.rawValue
    operation.immediate = word.signed(20, 12)
    return operation
  }

  static func vectorUnsignedOffset(_ word: UInt32) -> Operation {
    var operation = vectorBase(word, .loadVector, .storeVector)
    operation.immediate = UInt64(word.bits(21, 10)) &<< UInt64(operation.ra)
    return operation
  }

  static func vectorRegisterOffset(_ word: UInt32) -> Operation {
    var operation = vectorBase(word, .loadVectorRegister, .storeVectorRegister)
    operation.rm = word.source(16)
    operation.extra = UInt16(
      word.bits(15, 13) << 8 | (word.bit(12) ? UInt32(operation.ra) : 0))
    return operation
  }
}
