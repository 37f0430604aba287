// An encoder of x86-64 instructions: those that the translator needs, and no more.
//
// Surprising: it works on every host, since it only writes bytes; whether they may be executed is
// `CodeMemory`'s business. Operands are in Intel's order, the destination first. What keeps the flags
// (MOV, LEA, MOVZX, SETcc, RORX, SHLX and its kin) matters to the translator and is said where it is so.

/// A general register of the host.
enum X86Register: UInt8 {
  case ax, cx, dx, bx, sp, bp, si, di, r8, r9, r10, r11, r12, r13, r14, r15

  /// The three bits of ModRM.
  var low: UInt8 { rawValue & 7 }
}

/// A condition of Jcc, SETcc and CMOVcc, by its code.
enum X86Condition: UInt8, HostCondition {
  case o, no, b, ae, e, ne, be, a, s, ns, p, np, l, ge, le, g

  /// What holds when this one does not.
  var inverted: X86Condition { X86Condition(rawValue: rawValue ^ 1) ?? self }
}

/// The operations that share their encodings, by their digit.
enum X86Arithmetic: UInt8 { case add, or, adc, sbb, and, sub, xor, cmp }

/// A shift or rotation, by its digit.
enum X86Shift: UInt8 { case ror = 1, shl = 4, shr = 5, sar = 7 }

/// Writes instructions one after the other.
struct X86Assembler {
  private var code: CodeCursor

  /// An assembler for the bytes of a block.
  init(_ bytes: UnsafeMutableBufferPointer<UInt8>) { unsafe code = CodeCursor(bytes) }

  /// The address of the next byte.
  var address: Int { code.address }
  /// Bytes left.
  var room: Int { code.room }
  /// Goes back to an address that it had.
  mutating func rewind(to address: Int) { code.rewind(to: address) }

  // MARK: Bytes

  @inline(__always) mutating func byte(_ value: UInt8) { code.append(value) }
  @inline(__always) mutating func int32(_ value: Int32) { code.append(value) }
  @inline(__always) mutating func int64(_ value: UInt64) { code.append(value) }

  /// The REX prefix, where one is needed; `force` for the low bytes of SI and DI.
  @inline(__always) mutating func rex(
    _ isWide: Bool, _ reg: UInt8, _ index: UInt8, _ base: UInt8, force: Bool = false
  ) {
    let extensions = (reg >> 3) << 2 | (index >> 3) << 1 | base >> 3
    let prefix = 0x40 | (isWide ? 8 : 0) | extensions
    if prefix != 0x40 || force { byte(prefix) }
  }
  /// ModRM for a register.
  @inline(__always) mutating func direct(_ reg: UInt8, _ rm: UInt8) {
    byte(0xC0 | (reg & 7) << 3 | rm & 7)
  }
  /// ModRM for [base + displacement].
  @inline(__always) mutating func memory(
    _ reg: UInt8, _ base: X86Register, _ displacement: Int32
  ) {
    let isShort = displacement >= -128 && displacement <= 127
    byte((isShort ? 0x40 : 0x80) | (reg & 7) << 3 | base.low)
    // SP and R12 as a base need a SIB byte.
    if base.low == 4 { byte(0x24) }
    if isShort { byte(UInt8(truncatingIfNeeded: displacement)) } else { int32(displacement) }
  }
  /// ModRM and SIB for [base + index * 2^scale + displacement].
  @inline(__always) mutating func memory(
    _ reg: UInt8, _ base: X86Register, _ index: X86Register, _ scale: UInt8, _ displacement: Int32
  ) {
    let sib = scale << 6 | index.low << 3 | base.low
    // BP and R13 as a base have no form without a displacement.
    let isNone = displacement == 0 && base.low != 5
    let isShort = displacement >= -128 && displacement <= 127
    byte((isNone ? 0 : isShort ? 0x40 : 0x80) | (reg & 7) << 3 | 4)
    byte(sib)
    if isNone { return }
    if isShort { byte(UInt8(truncatingIfNeeded: displacement)) } else { int32(displacement) }
  }

  // MARK: Jumps

  /// A jump to a place that `patch` says later.
  mutating func jump(_ condition: X86Condition) -> JumpSite {
    byte(0x0F)
    byte(0x80 | condition.rawValue)
    int32(0)
    return JumpSite(end: address)
  }
  /// The same, always.
  mutating func jump() -> JumpSite {
    byte(0xE9)
    int32(0)
    return JumpSite(end: address)
  }
  /// A jump to an address of the view that is written to.
  mutating func jump(to target: Int) {
    byte(0xE9)
    int32(Int32(truncatingIfNeeded: target - (address + 4)))
  }
  mutating func jump(_ condition: X86Condition, to target: Int) {
    byte(0x0F)
    byte(0x80 | condition.rawValue)
    int32(Int32(truncatingIfNeeded: target - (address + 4)))
  }
  /// Makes a jump go here.
  func patch(_ site: JumpSite) {
    let distance = address - site.end
    precondition(distance >= 0 && distance < 1 << 20)
    code.setWord(back: distance + 4, UInt32(distance))
  }
  mutating func jump(_ target: X86Register) {
    rex(false, 0, 0, target.rawValue)
    byte(0xFF)
    direct(4, target.rawValue)
  }
  mutating func jumpMemory(_ base: X86Register, _ displacement: Int32) {
    rex(false, 0, 0, base.rawValue)
    byte(0xFF)
    memory(4, base, displacement)
  }
  mutating func jumpMemory(
    _ base: X86Register, _ index: X86Register, _ scale: UInt8, _ displacement: Int32
  ) {
    rex(false, 0, index.rawValue, base.rawValue)
    byte(0xFF)
    memory(4, base, index, scale, displacement)
  }
  mutating func callMemory(_ base: X86Register, _ displacement: Int32) {
    rex(false, 0, 0, base.rawValue)
    byte(0xFF)
    memory(2, base, displacement)
  }
  mutating func push(_ register: X86Register) {
    rex(false, 0, 0, register.rawValue)
    byte(0x50 | register.low)
  }
  mutating func pop(_ register: X86Register) {
    rex(false, 0, 0, register.rawValue)
    byte(0x58 | register.low)
  }
  mutating func ret() { byte(0xC3) }
}
