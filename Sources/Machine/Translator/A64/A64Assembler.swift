// An encoder of A64 instructions: those that the translator needs, and no more. Arm ARM C4.1, C6.2.
//
// Surprising: register 31 is zero or the stack pointer, by the instruction; what is said of each says which.

/// A general register of the host.
enum A64Register: UInt8 {
  case x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12, x13, x14, x15, x16, x17, x18, x19, x20
  case x21, x22, x23, x24, x25, x26, x27, x28, x29, x30, r31

  /// Where 31 reads as zero and is not written.
  static let zr = A64Register.r31
  /// Where 31 is the stack pointer.
  static let sp = A64Register.r31

  var number: UInt32 { UInt32(rawValue) }
}

/// Additions, subtractions and logical operations, by their bits 30:24 with a shifted register.
enum A64Arithmetic: UInt32 {
  case add = 0x0B, adds = 0x2B, sub = 0x4B, subs = 0x6B
  case and = 0x0A, orr = 0x2A, eor = 0x4A, ands = 0x6A
}

/// SBFM, BFM and UBFM, by their bits 30:29.
enum A64Bitfield: UInt32 { case signed, insert, unsigned }

/// Writes instructions one after the other.
struct A64Assembler {
  private var code: CodeCursor

  /// An assembler for the bytes of a block, whose address is a multiple of 4.
  init(_ bytes: UnsafeMutableBufferPointer<UInt8>) { unsafe code = CodeCursor(bytes) }

  /// The address of the next instruction.
  var address: Int { code.address }
  /// Bytes left.
  var room: Int { code.room }
  /// Goes back to an address that it had.
  mutating func rewind(to address: Int) { code.rewind(to: address) }

  @inline(__always) mutating func word(_ value: UInt32) { code.append(value) }

  // MARK: Branches

  /// B to a place that `patch` says later.
  mutating func jump() -> JumpSite {
    word(0x1400_0000)
    return JumpSite(end: address)
  }
  /// B to an address of the view that is written to.
  mutating func jump(to target: Int) {
    word(0x1400_0000 | UInt32(truncatingIfNeeded: (target - address) >> 2) & 0x3FF_FFFF)
  }
  /// B.cond.
  mutating func jump(flags: UInt8) -> JumpSite {
    word(0x5400_0000 | UInt32(flags))
    return JumpSite(end: address)
  }
  /// CBZ or CBNZ.
  mutating func jump(ifZero register: A64Register, w: Bool) -> JumpSite {
    word(0x3400_0000 | (w ? 1 << 31 : 0) | register.number)
    return JumpSite(end: address)
  }
  mutating func jump(ifNotZero register: A64Register, w: Bool) -> JumpSite {
    word(0x3500_0000 | (w ? 1 << 31 : 0) | register.number)
    return JumpSite(end: address)
  }
  /// Makes a jump go here: one with 26 bits of distance, or with 19.
  func patch(_ site: JumpSite) {
    let distance = address - (site.end - 4)
    precondition(distance >= 0 && distance < 1 << 20)
    let old = code.word(back: distance)
    let words = UInt32(distance >> 2)
    let bits = old >> 26 & 0x1F == 5 ? words : words << 5
    code.setWord(back: distance, old | bits)
  }
  /// BR.
  mutating func jump(_ target: A64Register) { word(0xD61F_0000 | target.number << 5) }
  /// BLR.
  mutating func call(_ target: A64Register) { word(0xD63F_0000 | target.number << 5) }
  mutating func ret() { word(0xD65F_03C0) }

  // MARK: Data processing

  /// Three registers of an instruction given by its other bits; `w` adds bit 31.
  @inline(__always) mutating func three(
    _ bits: UInt32, _ d: A64Register, _ n: A64Register, _ m: A64Register, w: Bool
  ) {
    word((w ? 1 << 31 : 0) | bits | m.number << 16 | n.number << 5 | d.number)
  }
  /// The same with a fourth in bits 14:10.
  mutating func four(
    _ bits: UInt32, _ d: A64Register, _ n: A64Register, _ m: A64Register, _ a: A64Register, w: Bool
  ) {
    three(bits | a.number << 10, d, n, m, w: w)
  }
  /// With a shifted register, `shift` LSL, LSR, ASR or ROR. 31 is zero.
  mutating func alu(
    _ operation: A64Arithmetic, _ d: A64Register, _ n: A64Register, _ m: A64Register,
    shift: UInt32 = 0, amount: UInt32 = 0, isInverted: Bool = false, w: Bool
  ) {
    let bits = operation.rawValue << 24 | shift << 22 | (isInverted ? 1 << 21 : 0)
    three(bits | amount << 10, d, n, m, w: w)
  }
  /// Addition or subtraction of an extended register. 31 is SP for `n`, and for `d` unless flags are set.
  mutating func extended(
    _ operation: A64Arithmetic, _ d: A64Register, _ n: A64Register, _ m: A64Register,
    option: UInt32, amount: UInt32, w: Bool
  ) {
    three(
      operation.rawValue << 24 | 1 << 21 | option << 13 | amount << 10, d, n, m, w: w)
  }
  /// Addition or subtraction of 12 bits, or of 12 bits shifted by 12. 31 is SP as for `extended`.
  mutating func arithmetic(
    _ operation: A64Arithmetic, _ d: A64Register, _ n: A64Register, imm: UInt32, w: Bool
  ) {
    let isShifted = imm > 0xFFF
    precondition(!isShifted || imm & 0xFFF == 0 && imm >> 24 == 0)
    let bits = (operation.rawValue & 0x60 | 0x11) << 24 | (isShifted ? 1 << 22 : 0)
    let field = isShifted ? imm >> 12 : imm
    word((w ? 1 << 31 : 0) | bits | field << 10 | n.number << 5 | d.number)
  }
  /// A logical operation with a mask that has an encoding. 31 is zero for `n`, SP for `d` but in ANDS.
  mutating func logical(
    _ operation: A64Arithmetic, _ d: A64Register, _ n: A64Register, mask: UInt64, w: Bool
  ) {
    let fields = A64BitMask(mask, w: w)
    precondition(fields != nil, "a mask without an encoding")
    let bits = (operation.rawValue & 0x60 | 0x12) << 24 | (fields?.bits ?? 0)
    word((w ? 1 << 31 : 0) | bits | n.number << 5 | d.number)
  }
  mutating func bitfield(
    _ operation: A64Bitfield, _ d: A64Register, _ n: A64Register, r: UInt32, s: UInt32, w: Bool
  ) {
    let bits = operation.rawValue << 29 | 0x1300_0000 | (w ? 1 << 22 : 0) | r << 16 | s << 10
    word((w ? 1 << 31 : 0) | bits | n.number << 5 | d.number)
  }
  /// EXTR.
  mutating func extract(
    _ d: A64Register, _ n: A64Register, _ m: A64Register, _ amount: UInt32, w: Bool
  ) {
    three(0x1380_0000 | (w ? 1 << 22 : 0) | amount << 10, d, n, m, w: w)
  }
  /// MOV between registers; 31 is zero.
  mutating func mov(_ d: A64Register, _ m: A64Register, w: Bool = true) {
    alu(.orr, d, .zr, m, w: w)
  }
  /// A constant, by MOVZ or MOVN and as many MOVK as it takes.
  mutating func mov(_ d: A64Register, imm: UInt64) {
    func part(_ value: UInt64, _ index: UInt32) -> UInt32 {
      UInt32(truncatingIfNeeded: value >> (UInt64(index) * 16)) & 0xFFFF
    }
    let zeros = (0..<4).filter { part(imm, $0) == 0 }.count
    let ones = (0..<4).filter { part(imm, $0) == 0xFFFF }.count
    let isInverted = ones > zeros
    let background: UInt32 = isInverted ? 0xFFFF : 0
    var isFirst = true
    for index in 0..<4 as Range<UInt32> where part(imm, index) != background {
      let field = index << 21 | (isFirst ? part(imm, index) ^ background : part(imm, index)) << 5
      let bits: UInt32 = !isFirst ? 0xF280_0000 : isInverted ? 0x9280_0000 : 0xD280_0000
      word(bits | field | d.number)
      isFirst = false
    }
    if isFirst { word((isInverted ? 0x9280_0000 : 0xD280_0000) | d.number) }
  }
  /// MOVK of 16 bits at a multiple of 16.
  mutating func movk(_ d: A64Register, _ value: UInt32, at shift: UInt32, w: Bool) {
    word((w ? 1 << 31 : 0) | 0x7280_0000 | (shift / 16) << 21 | value << 5 | d.number)
  }
  /// d = n + a constant, which may use X17 (that neither `d` nor `n` is then, unless it is small). Keeps the flags. No
  /// register is 31.
  mutating func add(_ d: A64Register, _ n: A64Register, constant: Int) {
    let size = constant.magnitude
    if constant == 0 {
      if d != n { mov(d, n) }
    } else if size <= 0xFFF || size & 0xFFF == 0 && size >> 24 == 0 {
      arithmetic(constant < 0 ? .sub : .add, d, n, imm: UInt32(size), w: true)
    } else {
      precondition(n != .x17)
      mov(.x17, imm: UInt64(bitPattern: Int64(constant)))
      alu(.add, d, n, .x17, w: true)
    }
  }
  /// CSEL and its kin: `bits` has bits 30 and 10 of them.
  mutating func select(
    _ bits: UInt32, _ d: A64Register, _ n: A64Register, _ m: A64Register, _ condition: UInt8,
    w: Bool
  ) {
    three(0x1A80_0000 | bits | UInt32(condition) << 12, d, n, m, w: w)
  }
  /// 1 if a condition holds, else 0.
  mutating func set(_ d: A64Register, _ condition: UInt8) {
    select(1 << 10, d, .zr, .zr, condition ^ 1, w: true)
  }
  /// All ones if a condition holds, else 0.
  mutating func setMask(_ d: A64Register, _ condition: UInt8) {
    select(1 << 30, d, .zr, .zr, condition ^ 1, w: true)
  }
}

/// DecodeBitMasks the other way: the fields N, immr and imms of a mask. Arm ARM J1.3.
struct A64BitMask {
  /// The fields where instructions have them.
  let bits: UInt32

  /// Nil for what has no encoding.
  init?(_ mask: UInt64, w: Bool) {
    let value = w ? mask : mask & 0xFFFF_FFFF | mask << 32
    guard value != 0, value != .max else { return nil }
    // The shortest element that is repeated.
    var size: UInt64 = 64
    while size > 2 {
      let half = size / 2
      let low = UInt64.max >> (64 - half)
      guard value & low == value >> half & low else { break }
      size = half
    }
    let element = value & UInt64.max >> (64 - size)
    let count = UInt64(element.nonzeroBitCount)
    // It is a run of ones, turned round to the right.
    let turn: UInt64
    if element & 1 == 0 {
      turn = (size - UInt64(element.trailingZeroBitCount)) & (size - 1)
    } else {
      turn = count - UInt64((~element).trailingZeroBitCount)
    }
    let run = UInt64.max >> (64 - count)
    let turned = turn == 0 ? run : (run >> turn | run << (size - turn)) & UInt64.max >> (64 - size)
    guard turned == element else { return nil }
    let imms = ~(2 * size - 1) & 0x3F | (count - 1)
    bits = (size == 64 ? 1 << 22 : 0) | UInt32(turn) << 16 | UInt32(imms) << 10
  }
}
