// The encoder's integer instructions: moves, loads, stores, arithmetic, bits. `w` is REX.W: 64 bits.

extension X86Assembler {
  /// An opcode of one byte with register operands.
  @inline(__always) private mutating func registers(
    _ opcode: UInt8, _ reg: X86Register, _ rm: X86Register, w: Bool
  ) {
    rex(w, reg.rawValue, 0, rm.rawValue)
    byte(opcode)
    direct(reg.rawValue, rm.rawValue)
  }
  /// The same after 0x0F.
  @inline(__always) private mutating func extendedRegisters(
    _ opcode: UInt8, _ reg: X86Register, _ rm: X86Register, w: Bool, byteSource: Bool = false
  ) {
    rex(w, reg.rawValue, 0, rm.rawValue, force: byteSource)
    byte(0x0F)
    byte(opcode)
    direct(reg.rawValue, rm.rawValue)
  }

  // MARK: Moves

  /// MOV; a 32-bit one clears the upper half. Keeps the flags.
  mutating func mov(_ d: X86Register, _ s: X86Register, w: Bool = true) {
    if d != s || !w { registers(0x8B, d, s, w: w) }
  }
  /// MOV of an immediate, in its shortest form. Keeps the flags.
  mutating func mov(_ d: X86Register, imm: UInt64) {
    let isShort = imm <= 0xFFFF_FFFF
    let isNegative = Int64(bitPattern: imm) < 0 && Int64(bitPattern: imm) >= Int64(Int32.min)
    rex(!isShort, 0, 0, d.rawValue)
    if !isShort, isNegative {
      byte(0xC7)
      direct(0, d.rawValue)
      int32(Int32(truncatingIfNeeded: imm))
    } else {
      byte(0xB8 | d.low)
      if isShort { int32(Int32(truncatingIfNeeded: imm)) } else { int64(imm) }
    }
  }
  mutating func load(_ d: X86Register, _ base: X86Register, _ offset: Int32, w: Bool = true) {
    rex(w, d.rawValue, 0, base.rawValue)
    byte(0x8B)
    memory(d.rawValue, base, offset)
  }
  mutating func store(_ s: X86Register, _ base: X86Register, _ offset: Int32, w: Bool = true) {
    rex(w, s.rawValue, 0, base.rawValue)
    byte(0x89)
    memory(s.rawValue, base, offset)
  }
  /// MOV of a sign-extended immediate to 64 bits of memory.
  mutating func store(imm: Int32, _ base: X86Register, _ offset: Int32) {
    rex(true, 0, 0, base.rawValue)
    byte(0xC7)
    memory(0, base, offset)
    int32(imm)
  }
  /// A load of 2^`size` bytes at [base + index + offset], extended to 64 bits, or signed to 32.
  mutating func load(
    _ d: X86Register, _ base: X86Register, _ index: X86Register, _ offset: Int32 = 0,
    size: UInt8,
    isSigned: Bool, to64: Bool
  ) {
    let isWide = size == 3 || isSigned && to64
    rex(isWide, d.rawValue, index.rawValue, base.rawValue)
    switch (size, isSigned) {
    case (3, _), (2, false): byte(0x8B)
    case (2, true): byte(to64 ? 0x63 : 0x8B)
    default:
      byte(0x0F)
      byte((isSigned ? 0xBE : 0xB6) | size)
    }
    memory(d.rawValue, base, index, 0, offset)
  }
  /// A store of 2^`size` bytes at [base + index + offset].
  mutating func store(
    _ s: X86Register, _ base: X86Register, _ index: X86Register, _ offset: Int32 = 0, size: UInt8
  ) {
    if size == 1 { byte(0x66) }
    rex(size == 3, s.rawValue, index.rawValue, base.rawValue, force: size == 0)
    byte(size == 0 ? 0x88 : 0x89)
    memory(s.rawValue, base, index, 0, offset)
  }
  /// LEA keeps the flags.
  mutating func lea(_ d: X86Register, _ base: X86Register, _ offset: Int32, w: Bool = true) {
    rex(w, d.rawValue, 0, base.rawValue)
    byte(0x8D)
    memory(d.rawValue, base, offset)
  }
  mutating func lea(
    _ d: X86Register, _ base: X86Register, _ index: X86Register, _ scale: UInt8, w: Bool = true
  ) {
    rex(w, d.rawValue, index.rawValue, base.rawValue)
    byte(0x8D)
    memory(d.rawValue, base, index, scale, 0)
  }
  /// MOVZX of a byte (0) or of 16 bits (1). Keeps the flags.
  mutating func movzx(_ d: X86Register, _ s: X86Register, size: UInt8) {
    extendedRegisters(0xB6 | size, d, s, w: false, byteSource: size == 0)
  }
  /// MOVSX to 64 bits of a byte (0), 16 bits (1) or 32 bits (2). Keeps the flags.
  mutating func movsx(_ d: X86Register, _ s: X86Register, size: UInt8) {
    if size == 2 { return registers(0x63, d, s, w: true) }
    extendedRegisters(0xBE | size, d, s, w: true, byteSource: size == 0)
  }
  mutating func cmov(_ c: X86Condition, _ d: X86Register, _ s: X86Register, w: Bool) {
    extendedRegisters(0x40 | c.rawValue, d, s, w: w)
  }
  /// SETcc of a byte. Keeps the flags.
  mutating func set(_ c: X86Condition, _ d: X86Register) {
    extendedRegisters(0x90 | c.rawValue, .ax, d, w: false, byteSource: true)
  }
  mutating func set(_ c: X86Condition, _ base: X86Register, _ offset: Int32) {
    rex(false, 0, 0, base.rawValue)
    byte(0x0F)
    byte(0x90 | c.rawValue)
    memory(0, base, offset)
  }

  // MARK: Arithmetic

  mutating func alu(_ op: X86Arithmetic, _ d: X86Register, _ s: X86Register, w: Bool) {
    registers(op.rawValue << 3 | 3, d, s, w: w)
  }
  mutating func alu(_ op: X86Arithmetic, _ d: X86Register, imm: Int32, w: Bool) {
    rex(w, 0, 0, d.rawValue)
    let isShort = imm >= -128 && imm <= 127
    byte(isShort ? 0x83 : 0x81)
    direct(op.rawValue, d.rawValue)
    if isShort { byte(UInt8(truncatingIfNeeded: imm)) } else { int32(imm) }
  }
  mutating func alu(
    _ op: X86Arithmetic, _ d: X86Register, _ base: X86Register, _ offset: Int32, w: Bool
  ) {
    rex(w, d.rawValue, 0, base.rawValue)
    byte(op.rawValue << 3 | 3)
    memory(d.rawValue, base, offset)
  }
  mutating func alu(
    _ op: X86Arithmetic, _ d: X86Register, _ base: X86Register, _ index: X86Register,
    _ offset: Int32
  ) {
    rex(true, d.rawValue, index.rawValue, base.rawValue)
    byte(op.rawValue << 3 | 3)
    memory(d.rawValue, base, index, 0, offset)
  }
  /// An operation on memory with a short immediate.
  mutating func alu(
    _ op: X86Arithmetic, _ base: X86Register, _ offset: Int32, imm: Int8, w: Bool
  ) {
    rex(w, 0, 0, base.rawValue)
    byte(0x83)
    memory(op.rawValue, base, offset)
    byte(UInt8(bitPattern: imm))
  }
  /// CMP of a byte of memory with an immediate. The host hands on a byte that was just stored to a load of a byte
  /// only; a wider load waits for the store.
  mutating func cmp8(_ base: X86Register, _ offset: Int32, imm: Int8) {
    rex(false, 0, 0, base.rawValue)
    byte(0x80)
    memory(X86Arithmetic.cmp.rawValue, base, offset)
    byte(UInt8(bitPattern: imm))
  }
  /// TEST of a register's low byte and a byte of memory.
  mutating func test8(_ a: X86Register, _ base: X86Register, _ offset: Int32) {
    // Without a prefix 4 to 7 are AH to BH.
    rex(false, a.rawValue, 0, base.rawValue, force: a.rawValue >= 4)
    byte(0x84)
    memory(a.rawValue, base, offset)
  }
  /// CMC: the carry flag becomes its inverse.
  mutating func complementCarry() { byte(0xF5) }
  mutating func or8(_ d: X86Register, _ s: X86Register) {
    rex(false, d.rawValue, 0, s.rawValue, force: true)
    byte(0x0A)
    direct(d.rawValue, s.rawValue)
  }
  mutating func test(_ a: X86Register, _ b: X86Register, w: Bool) {
    registers(0x85, b, a, w: w)
  }
  mutating func not(_ d: X86Register, w: Bool) { group3(2, d, w: w) }
  mutating func neg(_ d: X86Register, w: Bool) { group3(3, d, w: w) }
  /// MUL (4), IMUL (5), DIV (6) and IDIV (7) of DX:AX by a register.
  mutating func group3(_ digit: UInt8, _ s: X86Register, w: Bool) {
    rex(w, 0, 0, s.rawValue)
    byte(0xF7)
    direct(digit, s.rawValue)
  }
  mutating func imul(_ d: X86Register, _ s: X86Register, w: Bool) {
    extendedRegisters(0xAF, d, s, w: w)
  }
  /// CDQ, CQO: the sign of AX all over DX.
  mutating func signIntoDX(w: Bool) {
    if w { byte(0x48) }
    byte(0x99)
  }

  // MARK: Bits

  mutating func shift(_ op: X86Shift, _ d: X86Register, _ amount: UInt8, w: Bool) {
    rex(w, 0, 0, d.rawValue)
    byte(0xC1)
    direct(op.rawValue, d.rawValue)
    byte(amount)
  }
  /// A shift or rotation by CL.
  mutating func shiftByCL(_ op: X86Shift, _ d: X86Register, w: Bool) {
    rex(w, 0, 0, d.rawValue)
    byte(0xD3)
    direct(op.rawValue, d.rawValue)
  }
  /// SHRD: bits of `high` move in from above.
  mutating func shrd(_ d: X86Register, _ high: X86Register, _ amount: UInt8, w: Bool) {
    rex(w, high.rawValue, 0, d.rawValue)
    byte(0x0F)
    byte(0xAC)
    direct(high.rawValue, d.rawValue)
    byte(amount)
  }
  /// BT of a register: the carry flag is the bit.
  mutating func bitTest(_ a: X86Register, _ bit: UInt8) {
    rex(true, 0, 0, a.rawValue)
    byte(0x0F)
    byte(0xBA)
    direct(4, a.rawValue)
    byte(bit)
  }
  mutating func bswap(_ d: X86Register, w: Bool) {
    rex(w, 0, 0, d.rawValue)
    byte(0x0F)
    byte(0xC8 | d.low)
  }
  mutating func lzcnt(_ d: X86Register, _ s: X86Register, w: Bool) {
    byte(0xF3)
    extendedRegisters(0xBD, d, s, w: w)
  }

  // MARK: BMI2

  private mutating func vex(
    _ reg: X86Register, _ rm: X86Register, map: UInt8, _ second: UInt8
  ) {
    byte(0xC4)
    byte((reg.rawValue < 8 ? 0x80 : 0) | 0x40 | (rm.rawValue < 8 ? 0x20 : 0) | map)
    byte(second)
  }
  /// RORX of 64 bits. Keeps the flags.
  mutating func rorx(_ d: X86Register, _ s: X86Register, _ amount: UInt8) {
    vex(d, s, map: 3, 0xFB)
    byte(0xF0)
    direct(d.rawValue, s.rawValue)
    byte(amount)
  }
  /// SHLX, SHRX, SARX: by a register. Keep the flags.
  mutating func shiftx(
    _ op: X86Shift, _ d: X86Register, _ s: X86Register, by count: X86Register, w: Bool
  ) {
    let prefix: UInt8 = op == .shl ? 1 : op == .sar ? 2 : 3
    vex(d, s, map: 2, (w ? 0x80 : 0) | (~count.rawValue & 15) << 3 | prefix)
    byte(0xF7)
    direct(d.rawValue, s.rawValue)
  }
}
