// Advanced SIMD on integers by the host's SSE, for whole registers and halves of them. The result is what
// the interpreter's body computes, since neither has flags or rounding. What has no case here calls that
// body.

import Arm

extension X86Translator {
  /// An FP or Advanced SIMD operation that does not access memory.
  func emitVector(_ k: Int, _ o: Operation) {
    guard let opcode = VectorOpcode(rawValue: o.extra) else { return step(k) }
    if emitInteger(k, o, opcode) || emitMove(k, o, opcode) || emitFloat(k, o, opcode) { return }
    callVector(k, o)
  }

  /// The jump for when FP and Advanced SIMD must be asked for first.
  private func guardAccess() -> Sites {
    Sites(guardZero(ContextWord.isFloatingPointTrapped))
  }

  /// Writes XMM0 to a register; the upper half is zero for a result of 64 bits.
  private func writeVector(_ o: Operation) {
    if o.vectorIsShort { x86.clearUpper(.xmm0) }
    x86.movups(.bx, Self.vector(o.rd), .xmm0)
  }

  /// Instructions on lanes. False for others.
  private func emitInteger(_ k: Int, _ o: Operation, _ opcode: VectorOpcode) -> Bool {
    let bytes = o.vectorLanes << o.vectorSize
    guard bytes == 8 || bytes == 16, !o.vectorIsIndexed else { return false }
    let body = PackedBody(opcode, size: o.vectorSize, amount: o.vectorAmount)
    guard let body else { return false }
    let spill = dirtyRegisters()
    let sites = guardAccess()
    x86.movups(.xmm0, .bx, Self.vector(o.rn))
    switch body {
    case .plain(let number): withSecond(o) { x86.packed(number, .xmm0, $0) }
    case .late(let number): withSecond(o) { x86.packed38(number, .xmm0, $0) }
    case .negated(let number):
      // ANDN and its kin invert their first operand.
      x86.movups(.xmm1, .bx, Self.vector(o.rm))
      invert(.xmm1)
      x86.packed(number, .xmm0, .xmm1)
    case .inverted(let number, let isSwapped):
      // A comparison is the inverse of another.
      x86.movups(.xmm1, .bx, Self.vector(o.rm))
      if isSwapped {
        x86.packed(number, .xmm1, .xmm0)
        x86.move(.xmm0, .xmm1)
      } else {
        x86.packed(number, .xmm0, .xmm1)
      }
      invert(.xmm0)
    case .select(let mask):
      emitBitSelect(o, mask)
    case .shift(let number, let digit, let amount):
      x86.packedShift(number, digit, .xmm0, amount)
    }
    writeVector(o)
    finish(k, sites, spill)
    return true
  }

  private func withSecond(_ o: Operation, _ body: (X86Vector) -> Void) {
    x86.movups(.xmm1, .bx, Self.vector(o.rm))
    body(.xmm1)
  }

  private func invert(_ d: X86Vector) {
    x86.packed(0x76, .xmm3, .xmm3)
    x86.pxor(d, .xmm3)
  }

  /// BSL, BIT and BIF: x ^ (x ^ y) & mask, as the interpreter has it. XMM0 is the first source.
  private func emitBitSelect(_ o: Operation, _ mask: PackedBody.Mask) {
    x86.movups(.xmm1, .bx, Self.vector(o.rm))
    x86.movups(.xmm2, .bx, Self.vector(o.rd))
    switch mask {
    case .destination:
      x86.pxor(.xmm0, .xmm1)
      x86.packed(0xDB, .xmm0, .xmm2)
      x86.pxor(.xmm0, .xmm1)
    case .second, .invertedSecond:
      if mask == .invertedSecond { invert(.xmm1) }
      x86.pxor(.xmm0, .xmm2)
      x86.packed(0xDB, .xmm0, .xmm1)
      x86.pxor(.xmm0, .xmm2)
    }
  }

  // MARK: Moves

  /// MOVI, and moves between vector and general registers. False for others.
  private func emitMove(_ k: Int, _ o: Operation, _ opcode: VectorOpcode) -> Bool {
    switch opcode {
    case .movi:
      let spill = dirtyRegisters()
      let sites = guardAccess()
      x86.mov(.cx, imm: o.immediate)
      x86.store(.cx, .bx, Self.vector(o.rd))
      if o.ra > 8 {
        x86.store(.cx, .bx, Self.vector(o.rd) + 8)
      } else {
        x86.store(imm: 0, .bx, Self.vector(o.rd) + 8)
      }
      finish(k, sites, spill)
    case .fmov where o.vectorLanes == 1 && o.vectorSize >= 2:
      let spill = dirtyRegisters()
      let sites = guardAccess()
      x86.loadScalar(.xmm0, .bx, Self.vector(o.rn), size: o.vectorSize)
      x86.storeLow(.bx, Self.vector(o.rd), .xmm0)
      x86.store(imm: 0, .bx, Self.vector(o.rd) + 8)
      finish(k, sites, spill)
    case .fmovFromGeneral where o.vectorSize >= 2, .dupGeneral where o.vectorSize == 3:
      let x = use(o.rn)
      let spill = dirtyRegisters()
      let sites = guardAccess()
      // Asking may not have changed DX.
      x86.mov(.cx, x, w: o.vectorSize == 3)
      x86.store(.cx, .bx, Self.vector(o.rd))
      if opcode == .dupGeneral {
        x86.store(.cx, .bx, Self.vector(o.rd) + 8)
      } else {
        x86.store(imm: 0, .bx, Self.vector(o.rd) + 8)
      }
      finish(k, sites, spill)
    case .fmovToGeneral where o.vectorSize >= 2, .umov where o.vectorSize >= 2:
      let d = define(o.rd)
      let spill = dirtyRegisters()
      let sites = guardAccess()
      let offset = opcode == .umov ? Int32(o.vectorAmount << o.vectorSize) : 0
      x86.load(d, .bx, Self.vector(o.rn) + offset, w: o.vectorSize == 3)
      commit(o.rd)
      finish(k, sites, spill)
    default: return false
    }
    return true
  }
}

/// The host's instructions for an operation on lanes.
enum PackedBody {
  /// What BSL and its kin select by.
  enum Mask { case destination, second, invertedSecond }

  /// An SSE2 opcode on both sources.
  case plain(UInt8)
  /// An SSE4.1 opcode.
  case late(UInt8)
  /// An SSE2 opcode on the first source and the inverse of the second.
  case negated(UInt8)
  /// The inverse of an SSE2 comparison, of the sources or of them swapped.
  case inverted(UInt8, isSwapped: Bool)
  case select(Mask)
  case shift(UInt8, UInt8, UInt8)

  /// Nil where there is none. `size` is log2 of a lane's bytes.
  init?(_ opcode: VectorOpcode, size: Int, amount: Int) {
    // Opcodes by size; 0 for none.
    func by(_ opcodes: [UInt8]) -> UInt8? {
      opcodes[size] == 0 ? nil : opcodes[size]
    }
    switch opcode {
    case .andVector: self = .plain(0xDB)
    case .orrVector: self = .plain(0xEB)
    case .eorVector: self = .plain(0xEF)
    case .bicVector: self = .negated(0xDB)
    case .ornVector: self = .negated(0xEB)
    case .bslVector: self = .select(.destination)
    case .bitVector: self = .select(.second)
    case .bifVector: self = .select(.invertedSecond)
    case .add: self = .plain([0xFC, 0xFD, 0xFE, 0xD4][size])
    case .sub: self = .plain([0xF8, 0xF9, 0xFA, 0xFB][size])
    case .cmeq: self = size == 3 ? .late(0x29) : .plain(0x74 + UInt8(size))
    case .cmgt:
      guard size < 3 else { return nil }
      self = .plain(0x64 + UInt8(size))
    case .cmge:
      guard size < 3 else { return nil }
      self = .inverted(0x64 + UInt8(size), isSwapped: true)
    case .mul:
      guard size == 1 || size == 2 else { return nil }
      self = size == 1 ? .plain(0xD5) : .late(0x40)
    case .smax:
      guard let number = by([0x3C, 0xEE, 0x3D, 0]) else { return nil }
      self = size == 1 ? .plain(number) : .late(number)
    case .smin:
      guard let number = by([0x38, 0xEA, 0x39, 0]) else { return nil }
      self = size == 1 ? .plain(number) : .late(number)
    case .umax:
      guard let number = by([0xDE, 0x3E, 0x3F, 0]) else { return nil }
      self = size == 0 ? .plain(number) : .late(number)
    case .umin:
      guard let number = by([0xDA, 0x3A, 0x3B, 0]) else { return nil }
      self = size == 0 ? .plain(number) : .late(number)
    case .shl where size > 0: self = .shift(0x70 + UInt8(size), 6, UInt8(amount))
    case .ushr where size > 0: self = .shift(0x70 + UInt8(size), 2, UInt8(amount))
    case .sshr where size == 1 || size == 2: self = .shift(0x70 + UInt8(size), 4, UInt8(amount))
    default: return nil
    }
  }
}
