// The encoder's SSE instructions, up to SSE4.1. None of them needs aligned memory.

/// A vector register of the host; generated code uses four, and keeps nothing in them.
enum X86Vector: UInt8 { case xmm0, xmm1, xmm2, xmm3 }

extension X86Assembler {
  /// MOVUPS from [base + offset].
  mutating func movups(_ d: X86Vector, _ base: X86Register, _ offset: Int32) {
    rex(false, d.rawValue, 0, base.rawValue)
    byte(0x0F)
    byte(0x10)
    memory(d.rawValue, base, offset)
  }
  /// MOVUPS to [base + offset].
  mutating func movups(_ base: X86Register, _ offset: Int32, _ s: X86Vector) {
    rex(false, s.rawValue, 0, base.rawValue)
    byte(0x0F)
    byte(0x11)
    memory(s.rawValue, base, offset)
  }
  /// MOVUPS from [base + index + offset].
  mutating func movups(
    _ d: X86Vector, _ base: X86Register, _ index: X86Register, _ offset: Int32
  ) {
    rex(false, d.rawValue, index.rawValue, base.rawValue)
    byte(0x0F)
    byte(0x10)
    memory(d.rawValue, base, index, 0, offset)
  }
  /// MOVUPS to [base + index + offset].
  mutating func movups(
    _ base: X86Register, _ index: X86Register, _ offset: Int32, _ s: X86Vector
  ) {
    rex(false, s.rawValue, index.rawValue, base.rawValue)
    byte(0x0F)
    byte(0x11)
    memory(s.rawValue, base, index, 0, offset)
  }
  /// An SSE2 instruction of two registers by its opcode after 0x66 0x0F.
  mutating func packed(_ opcode: UInt8, _ d: X86Vector, _ s: X86Vector) {
    byte(0x66)
    byte(0x0F)
    byte(opcode)
    direct(d.rawValue, s.rawValue)
  }
  mutating func pxor(_ d: X86Vector, _ s: X86Vector) { packed(0xEF, d, s) }
}

// The rest of what FP and Advanced SIMD need.
extension X86Assembler {
  /// MOVQ (3) or MOVD (2) from [base + offset]; the rest of the register becomes zero.
  mutating func loadScalar(_ d: X86Vector, _ base: X86Register, _ offset: Int32, size: Int) {
    byte(size == 3 ? 0xF3 : 0x66)
    rex(false, d.rawValue, 0, base.rawValue)
    byte(0x0F)
    byte(size == 3 ? 0x7E : 0x6E)
    memory(d.rawValue, base, offset)
  }
  /// MOVQ to [base + offset].
  mutating func storeLow(_ base: X86Register, _ offset: Int32, _ s: X86Vector) {
    byte(0x66)
    rex(false, s.rawValue, 0, base.rawValue)
    byte(0x0F)
    byte(0xD6)
    memory(s.rawValue, base, offset)
  }
  /// MOVQ of a register to itself: the upper half becomes zero.
  mutating func clearUpper(_ d: X86Vector) {
    byte(0xF3)
    byte(0x0F)
    byte(0x7E)
    direct(d.rawValue, d.rawValue)
  }
  /// MOVAPS.
  mutating func move(_ d: X86Vector, _ s: X86Vector) {
    byte(0x0F)
    byte(0x28)
    direct(d.rawValue, s.rawValue)
  }
  /// MOVQ or MOVD to a general register.
  mutating func move(_ d: X86Register, _ s: X86Vector, w: Bool) {
    byte(0x66)
    rex(w, s.rawValue, 0, d.rawValue)
    byte(0x0F)
    byte(0x7E)
    direct(s.rawValue, d.rawValue)
  }
  /// An SSE4.1 instruction of two registers by its opcode after 0x66 0x0F 0x38.
  mutating func packed38(_ opcode: UInt8, _ d: X86Vector, _ s: X86Vector) {
    for prefix: UInt8 in [0x66, 0x0F, 0x38] { byte(prefix) }
    byte(opcode)
    direct(d.rawValue, s.rawValue)
  }
  /// A shift of lanes by an immediate: the opcode, 0x71 to 0x73 by lane size, and the digit, 2 logical to
  /// the right, 4 arithmetic, 6 to the left.
  mutating func packedShift(_ opcode: UInt8, _ digit: UInt8, _ d: X86Vector, _ amount: UInt8) {
    byte(0x66)
    byte(0x0F)
    byte(opcode)
    direct(digit, d.rawValue)
    byte(amount)
  }
  /// A scalar or packed FP instruction by its opcode after 0x0F: ADD 0x58, MUL 0x59, SUB 0x5C, MIN 0x5D,
  /// DIV 0x5E, MAX 0x5F.
  mutating func float(
    _ opcode: UInt8, _ d: X86Vector, _ s: X86Vector, isDouble: Bool, isPacked: Bool
  ) {
    if !isPacked { byte(isDouble ? 0xF2 : 0xF3) } else if isDouble { byte(0x66) }
    byte(0x0F)
    byte(opcode)
    direct(d.rawValue, s.rawValue)
  }
  /// UCOMISD, UCOMISS.
  mutating func compare(_ a: X86Vector, _ b: X86Vector, isDouble: Bool) {
    if isDouble { byte(0x66) }
    byte(0x0F)
    byte(0x2E)
    direct(a.rawValue, b.rawValue)
  }
  /// CVTSI2SD, CVTSI2SS of 64 bits.
  mutating func convert(_ d: X86Vector, _ s: X86Register, isDouble: Bool) {
    byte(isDouble ? 0xF2 : 0xF3)
    rex(true, d.rawValue, 0, s.rawValue)
    byte(0x0F)
    byte(0x2A)
    direct(d.rawValue, s.rawValue)
  }
  /// MOVMSKPS, MOVMSKPD: the signs of the lanes.
  mutating func signs(_ d: X86Register, _ s: X86Vector, isDouble: Bool) {
    if isDouble { byte(0x66) }
    rex(false, d.rawValue, 0, 0)
    byte(0x0F)
    byte(0x50)
    direct(d.rawValue, s.rawValue)
  }
  /// VFMADD231, VFNMADD231 and their kin: d = ±(a × b) ± d, rounded once. The opcode is that of the packed
  /// form: 0xB8 adds, 0xBA subtracts d, 0xBC negates the product, 0xBE both.
  mutating func fused(
    _ opcode: UInt8, _ d: X86Vector, _ a: X86Vector, _ b: X86Vector, isDouble: Bool,
    isPacked: Bool
  ) {
    byte(0xC4)
    byte(0xE2)
    byte((isDouble ? 0x80 : 0) | (~a.rawValue & 15) << 3 | 1)
    byte(isPacked ? opcode : opcode | 1)
    direct(d.rawValue, b.rawValue)
  }
  /// TEST of 32 bits of memory with an immediate.
  mutating func test(_ base: X86Register, _ offset: Int32, imm: Int32) {
    rex(false, 0, 0, base.rawValue)
    byte(0xF7)
    memory(0, base, offset)
    int32(imm)
  }
}
