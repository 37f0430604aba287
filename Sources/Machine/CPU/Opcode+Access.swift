// What a load or store of general registers does, said once: the interpreter's syndrome of a Data Abort,
// the decoder's look at write-back to SP, and the translator ask here.

/// How a load or store of general registers accesses memory.
struct MemoryAccess: Equatable, Sendable {
  /// Where the address comes from, and what becomes of the base.
  enum Mode: UInt8, Sendable {
    /// Base plus immediate.
    case offset
    /// Base plus extended register.
    case register
    /// Base plus immediate, which becomes the base.
    case preIndex
    /// Base, which becomes base plus immediate.
    case postIndex
    /// The instruction's own address plus immediate.
    case literal
  }

  /// Where the address comes from.
  var mode: Mode
  /// log2 of the bytes of a register.
  var size: UInt8
  /// Whether memory is written.
  var isStore = false
  /// Whether what is loaded is sign-extended.
  var isSigned = false
  /// Whether it is extended to 64 bits.
  var to64 = false
  /// Whether two registers are transferred.
  var isPair = false

  /// Whether the base is written.
  var writesBase: Bool { mode == .preIndex || mode == .postIndex }
}

extension Opcode {
  /// The access of a load or store of general registers with a form of its own; nil for all others.
  var access: MemoryAccess? { Opcode.accesses[Int(rawValue)] }

  private static let accesses: [MemoryAccess?] = {
    var accesses = [MemoryAccess?](repeating: nil, count: allCases.count)
    for (mode, loads, stores) in single {
      for (opcode, shape) in zip(loads, shapes) {
        var access = shape
        access.mode = mode
        accesses[Int(opcode.rawValue)] = access
      }
      for (size, opcode) in stores.enumerated() {
        accesses[Int(opcode.rawValue)] = MemoryAccess(
          mode: mode, size: UInt8(3 - size), isStore: true)
      }
    }
    for (opcode, access) in pairs { accesses[Int(opcode.rawValue)] = access }
    accesses[Int(loadLiteral64.rawValue)] = MemoryAccess(mode: .literal, size: 3)
    accesses[Int(loadLiteral32.rawValue)] = MemoryAccess(mode: .literal, size: 2)
    accesses[Int(loadLiteralS32.rawValue)] = MemoryAccess(
      mode: .literal, size: 2, isSigned: true, to64: true)
    return accesses
  }()

  /// The loads of a mode, in this order.
  private static let shapes: [MemoryAccess] = [
    MemoryAccess(mode: .offset, size: 3), MemoryAccess(mode: .offset, size: 2),
    MemoryAccess(mode: .offset, size: 1), MemoryAccess(mode: .offset, size: 0),
    MemoryAccess(mode: .offset, size: 2, isSigned: true, to64: true),
    MemoryAccess(mode: .offset, size: 1, isSigned: true, to64: true),
    MemoryAccess(mode: .offset, size: 1, isSigned: true),
    MemoryAccess(mode: .offset, size: 0, isSigned: true, to64: true),
    MemoryAccess(mode: .offset, size: 0, isSigned: true),
  ]

  private static let single: [(mode: MemoryAccess.Mode, loads: [Opcode], stores: [Opcode])] = [
    (
      .offset,
      [
        .load64, .load32, .load16, .load8, .loadS32To64, .loadS16To64, .loadS16To32, .loadS8To64,
        .loadS8To32,
      ], [.store64, .store32, .store16, .store8]
    ),
    (
      .register,
      [
        .load64Register, .load32Register, .load16Register, .load8Register, .loadS32To64Register,
        .loadS16To64Register, .loadS16To32Register, .loadS8To64Register, .loadS8To32Register,
      ], [.store64Register, .store32Register, .store16Register, .store8Register]
    ),
    (
      .preIndex,
      [
        .load64PreIndex, .load32PreIndex, .load16PreIndex, .load8PreIndex, .loadS32To64PreIndex,
        .loadS16To64PreIndex, .loadS16To32PreIndex, .loadS8To64PreIndex, .loadS8To32PreIndex,
      ], [.store64PreIndex, .store32PreIndex, .store16PreIndex, .store8PreIndex]
    ),
    (
      .postIndex,
      [
        .load64PostIndex, .load32PostIndex, .load16PostIndex, .load8PostIndex,
        .loadS32To64PostIndex, .loadS16To64PostIndex, .loadS16To32PostIndex, .loadS8To64PostIndex,
        .loadS8To32PostIndex,
      ], [.store64PostIndex, .store32PostIndex, .store16PostIndex, .store8PostIndex]
    ),
  ]

  private static let pairs: [(Opcode, MemoryAccess)] = {
    let loads: [(MemoryAccess.Mode, Opcode, Opcode, Opcode, Opcode, Opcode)] = [
      (.offset, .loadPair64, .loadPair32, .loadPairS32, .storePair64, .storePair32),
      (
        .preIndex, .loadPair64PreIndex, .loadPair32PreIndex, .loadPairS32PreIndex,
        .storePair64PreIndex, .storePair32PreIndex
      ),
      (
        .postIndex, .loadPair64PostIndex, .loadPair32PostIndex, .loadPairS32PostIndex,
        .storePair64PostIndex, .storePair32PostIndex
      ),
    ]
    return loads.flatMap { mode, load64, load32, loadS32, store64, store32 in
      [
        (load64, MemoryAccess(mode: mode, size: 3, isPair: true)),
        (load32, MemoryAccess(mode: mode, size: 2, isPair: true)),
        (loadS32, MemoryAccess(mode: mode, size: 2, isSigned: true, to64: true, isPair: true)),
        (store64, MemoryAccess(mode: mode, size: 3, isStore: true, isPair: true)),
        (store32, MemoryAccess(mode: mode, size: 2, isStore: true, isPair: true)),
      ]
    }
  }()
}

extension Operation {
  /// How a load or store of SIMD&FP registers accesses memory, by its opcode and `extra`.
  var vectorAccess: (mode: MemoryAccess.Mode, isLoad: Bool, isPair: Bool) {
    let indexed: MemoryAccess.Mode = extra == 0 ? .offset : extra == 2 ? .postIndex : .preIndex
    return switch opcode {
    case .loadVectorRegister: (.register, true, false)
    case .storeVectorRegister: (.register, false, false)
    case .loadLiteralVector: (.literal, true, false)
    case .loadVectorPair: (indexed, true, true)
    case .storeVectorPair: (indexed, false, true)
    case .loadVector: (indexed, true, false)
    default: (indexed, false, false)
    }
  }
}
