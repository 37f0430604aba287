// The encoder's loads and stores. Arm ARM C4.1.

extension A64Assembler {
  /// Bits 31:22 of a load of 2^`size` bytes, but 24: into 64 bits with a sign, or 32.
  private static func opcode(isLoad: Bool, size: UInt8, isSigned: Bool, to64: Bool) -> UInt32 {
    let operation: UInt32 = !isLoad ? 0 : !isSigned ? 1 : to64 ? 2 : 3
    return UInt32(size) << 30 | 0x3800_0000 | operation << 22
  }

  /// [base + offset], scaled where it can be; 31 as a base is SP.
  private mutating func access(
    _ bits: UInt32, _ t: UInt32, _ base: A64Register, _ offset: Int32, size: UInt8
  ) {
    let scaled = offset >> Int32(size)
    if offset >= 0, scaled << Int32(size) == offset, scaled <= 0xFFF {
      word(bits | 1 << 24 | UInt32(scaled) << 10 | base.number << 5 | t)
    } else {
      precondition(offset >= -256 && offset <= 255)
      word(bits | UInt32(bitPattern: offset) << 12 & 0x1F_F000 | base.number << 5 | t)
    }
  }

  /// A load of 2^`size` bytes at [base + offset], extended with zeros.
  mutating func load(_ t: A64Register, _ base: A64Register, _ offset: Int32, size: UInt8 = 3) {
    access(
      Self.opcode(isLoad: true, size: size, isSigned: false, to64: false), t.number, base, offset,
      size: size)
  }
  /// A store of 2^`size` bytes at [base + offset].
  mutating func store(_ t: A64Register, _ base: A64Register, _ offset: Int32, size: UInt8 = 3) {
    access(
      Self.opcode(isLoad: false, size: size, isSigned: false, to64: false), t.number, base, offset,
      size: size)
  }
  /// A load at [base + index].
  mutating func load(
    _ t: A64Register, _ base: A64Register, _ index: A64Register, size: UInt8, isSigned: Bool,
    to64: Bool
  ) {
    three(
      Self.opcode(isLoad: true, size: size, isSigned: isSigned, to64: to64) | 0x20_6800, t, base,
      index,
      w: false)
  }
  /// A store at [base + index].
  mutating func store(_ t: A64Register, _ base: A64Register, _ index: A64Register, size: UInt8) {
    three(
      Self.opcode(isLoad: false, size: size, isSigned: false, to64: false) | 0x20_6800, t, base,
      index,
      w: false)
  }
  /// LDP, LDPSW or STP of registers of 2^`size` bytes at [base + offset].
  mutating func pair(
    isLoad: Bool, _ t: A64Register, _ second: A64Register, _ base: A64Register, _ offset: Int32,
    size: UInt8, isSigned: Bool = false
  ) {
    let opcode: UInt32 = size == 3 ? 0xA900_0000 : isSigned ? 0x6900_0000 : 0x2900_0000
    let scaled = offset >> Int32(size)
    precondition(scaled >= -64 && scaled <= 63 && scaled << Int32(size) == offset)
    let field = UInt32(bitPattern: scaled) << 15 & 0x3F_8000
    four(opcode | (isLoad ? 1 << 22 : 0) | field, t, base, .x0, second, w: false)
  }
  /// STP of 64 bits with the address written back first.
  mutating func pushPair(_ t: A64Register, _ second: A64Register, _ offset: Int32) {
    let field = UInt32(bitPattern: offset >> 3) << 15 & 0x3F_8000
    four(0xA980_0000 | field, t, .sp, .x0, second, w: false)
  }
  /// LDP of 64 bits with the address written back afterwards.
  mutating func popPair(_ t: A64Register, _ second: A64Register, _ offset: Int32) {
    let field = UInt32(bitPattern: offset >> 3) << 15 & 0x3F_8000
    four(0xA8C0_0000 | field, t, .sp, .x0, second, w: false)
  }

  // MARK: SIMD&FP registers, by number

  /// LDR or STR of 128 bits at [base + offset].
  mutating func vector(isLoad: Bool, _ t: UInt32, _ base: A64Register, _ offset: Int32) {
    access(0x3C80_0000 | (isLoad ? 1 << 22 : 0), t, base, offset, size: 4)
  }
}

extension A64Assembler {
  /// MSR NZCV.
  mutating func writeFlags(_ s: A64Register) { word(0xD51B_4200 | s.number) }
  /// MSR FPSR.
  mutating func writeStatus(_ s: A64Register) { word(0xD51B_4420 | s.number) }
  /// MRS FPSR.
  mutating func readStatus(_ d: A64Register) { word(0xD53B_4420 | d.number) }
}
