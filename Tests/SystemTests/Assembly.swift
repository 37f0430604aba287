// Machine code that a test writes itself, word by word: the guests and programs here need
// instructions that no compiler would choose, and registers that no compiler would leave alone.
//
// Only the forms that are used. Encodings: Arm ARM C4.1.

/// A system register by its encoding, op0 2 or 3.
struct RegisterEncoding: Hashable, CustomStringConvertible {
  /// Bits 19:5 of MRS and MSR: o0, op1, CRn, CRm, op2.
  let bits: UInt32

  init(bits: UInt32) { self.bits = bits }

  init(_ op0: UInt32, _ op1: UInt32, _ crn: UInt32, _ crm: UInt32, _ op2: UInt32) {
    bits = (op0 - 2) << 14 | op1 << 11 | crn << 7 | crm << 3 | op2
  }

  /// All that there may be.
  static let all: [RegisterEncoding] = (0..<0x8000).map { RegisterEncoding(bits: $0) }

  /// As assemblers accept it.
  var description: String {
    "S\((bits >> 14) + 2)_\(bits >> 11 & 7)_C\(bits >> 7 & 15)_C\(bits >> 3 & 15)_\(bits & 7)"
  }

  static let sctlr = RegisterEncoding(3, 0, 1, 0, 0)
  static let cpacr = RegisterEncoding(3, 0, 1, 0, 2)
  static let ttbr0 = RegisterEncoding(3, 0, 2, 0, 0)
  static let tcr = RegisterEncoding(3, 0, 2, 0, 2)
  static let spsr = RegisterEncoding(3, 0, 4, 0, 0)
  static let elr = RegisterEncoding(3, 0, 4, 0, 1)
  static let spEL0 = RegisterEncoding(3, 0, 4, 1, 0)
  static let pmr = RegisterEncoding(3, 0, 4, 6, 0)
  static let afsr0 = RegisterEncoding(3, 0, 5, 1, 0)
  static let afsr1 = RegisterEncoding(3, 0, 5, 1, 1)
  static let esr = RegisterEncoding(3, 0, 5, 2, 0)
  static let far = RegisterEncoding(3, 0, 6, 0, 0)
  static let par = RegisterEncoding(3, 0, 7, 4, 0)
  static let mair = RegisterEncoding(3, 0, 10, 2, 0)
  static let vbar = RegisterEncoding(3, 0, 12, 0, 0)
  static let iar1 = RegisterEncoding(3, 0, 12, 12, 0)
  static let eoir1 = RegisterEncoding(3, 0, 12, 12, 1)
  static let sre = RegisterEncoding(3, 0, 12, 12, 5)
  static let igrpen0 = RegisterEncoding(3, 0, 12, 12, 6)
  static let igrpen1 = RegisterEncoding(3, 0, 12, 12, 7)
  static let contextidr = RegisterEncoding(3, 0, 13, 0, 1)
  static let tpidrEL1 = RegisterEncoding(3, 0, 13, 0, 4)
  static let nzcv = RegisterEncoding(3, 3, 4, 2, 0)
  static let daif = RegisterEncoding(3, 3, 4, 2, 1)
  static let fpcr = RegisterEncoding(3, 3, 4, 4, 0)
  static let fpsr = RegisterEncoding(3, 3, 4, 4, 1)
  static let tpidrEL0 = RegisterEncoding(3, 3, 13, 0, 2)
  static let tpidrroEL0 = RegisterEncoding(3, 3, 13, 0, 3)
}

/// Code in the making. Registers are numbers; 31 is SP or XZR as the instruction has it.
struct Assembly {
  private(set) var words: [UInt32] = []
  private var places: [Int?] = []
  private var fixups: [(word: Int, label: Label, shift: UInt32, bits: UInt32)] = []

  /// A place in the code, known or not yet.
  struct Label { fileprivate let index: Int }

  /// A condition of B.cond.
  enum Condition: UInt32 { case eq, ne, hs, lo }

  // MARK: Places

  mutating func label() -> Label {
    places.append(nil)
    return Label(index: places.count - 1)
  }

  mutating func place(_ label: Label) { places[label.index] = words.count }

  /// Gives a label the place of another.
  mutating func place(_ label: Label, at other: Label) { places[label.index] = places[other.index] }

  mutating func here() -> Label {
    let label = label()
    place(label)
    return label
  }

  mutating func align(_ bytes: Int, with word: UInt32 = 0xD503_201F) {
    while words.count * 4 % bytes != 0 { words.append(word) }
  }

  /// The code, with every branch resolved. It must begin at a multiple of what was aligned to.
  var resolved: [UInt32] {
    var result = words
    for (word, label, shift, bits) in fixups {
      guard let place = places[label.index] else { preconditionFailure("a label without a place") }
      let offset = UInt32(bitPattern: Int32(place - word))
      if bits == 21 {
        // ADR: in bytes, the lowest two bits apart, which are zero here.
        result[word] |= (offset & 0x7_FFFF) << 5
      } else {
        result[word] |= (offset & ((1 << bits) - 1)) << shift
      }
    }
    return result
  }

  mutating func emit(_ word: UInt32) { words.append(word) }

  private mutating func emit(_ word: UInt32, to label: Label, shift: UInt32, bits: UInt32) {
    fixups.append((words.count, label, shift, bits))
    words.append(word)
  }

  // MARK: Branches

  mutating func b(_ label: Label) { emit(0x1400_0000, to: label, shift: 0, bits: 26) }
  mutating func bl(_ label: Label) { emit(0x9400_0000, to: label, shift: 0, bits: 26) }
  mutating func b(_ condition: Condition, _ label: Label) {
    emit(0x5400_0000 | condition.rawValue, to: label, shift: 5, bits: 19)
  }
  mutating func cbz(_ t: UInt32, _ label: Label) {
    emit(0xB400_0000 | t, to: label, shift: 5, bits: 19)
  }
  mutating func cbnz(_ t: UInt32, _ label: Label) {
    emit(0xB500_0000 | t, to: label, shift: 5, bits: 19)
  }
  mutating func ret() { emit(0xD65F_03C0) }
  mutating func eret() { emit(0xD69F_03E0) }
  mutating func adr(_ d: UInt32, _ label: Label) {
    emit(0x1000_0000 | d, to: label, shift: 5, bits: 21)
  }

  // MARK: Registers

  mutating func mov(_ d: UInt32, _ value: UInt64) {
    var isFirst = true
    for half in 0..<4 as Range<UInt32> {
      let part = UInt32(truncatingIfNeeded: value >> (16 * UInt64(half)) & 0xFFFF)
      guard part != 0 || (half == 3 && isFirst) else { continue }
      emit((isFirst ? 0xD280_0000 : 0xF280_0000) | half << 21 | part << 5 | d)
      isFirst = false
    }
  }
  /// Xd = Xm.
  mutating func move(_ d: UInt32, _ m: UInt32) { emit(0xAA00_03E0 | m << 16 | d) }
  /// Xd = SP, or SP = Xn.
  mutating func moveSP(_ d: UInt32, _ n: UInt32) { emit(0x9100_0000 | n << 5 | d) }
  mutating func add(_ d: UInt32, _ n: UInt32, _ value: UInt32) {
    if value & 0xFFF != 0 || value == 0 { emit(0x9100_0000 | (value & 0xFFF) << 10 | n << 5 | d) }
    if value >> 12 != 0 {
      emit(0x9140_0000 | (value >> 12) << 10 | (value & 0xFFF == 0 ? n : d) << 5 | d)
    }
  }
  mutating func add(_ d: UInt32, _ n: UInt32, register m: UInt32) {
    emit(0x8B00_0000 | m << 16 | n << 5 | d)
  }
  mutating func sub(_ d: UInt32, _ n: UInt32, register m: UInt32) {
    emit(0xCB00_0000 | m << 16 | n << 5 | d)
  }
  /// SUBS.
  mutating func subtract(_ d: UInt32, _ n: UInt32, _ value: UInt32) {
    emit(0xF100_0000 | value << 10 | n << 5 | d)
  }
  mutating func compare(_ n: UInt32, _ m: UInt32) { emit(0xEB00_001F | m << 16 | n << 5) }
  /// Xd = Xn ^ Xm ROR `rotation`.
  mutating func eor(_ d: UInt32, _ n: UInt32, _ m: UInt32, rotated rotation: UInt32 = 0) {
    emit(0xCAC0_0000 | m << 16 | rotation << 10 | n << 5 | d)
  }
  mutating func orr(_ d: UInt32, _ n: UInt32, _ m: UInt32) {
    emit(0xAA00_0000 | m << 16 | n << 5 | d)
  }
  mutating func and(_ d: UInt32, _ n: UInt32, _ m: UInt32) {
    emit(0x8A00_0000 | m << 16 | n << 5 | d)
  }
  mutating func multiply(_ d: UInt32, _ n: UInt32, _ m: UInt32) {
    emit(0x9B00_7C00 | m << 16 | n << 5 | d)
  }
  mutating func mrs(_ t: UInt32, _ register: RegisterEncoding) {
    emit(0xD530_0000 | register.bits << 5 | t)
  }
  mutating func msr(_ register: RegisterEncoding, _ t: UInt32) {
    emit(0xD510_0000 | register.bits << 5 | t)
  }

  // MARK: Memory

  mutating func ldr(_ t: UInt32, _ n: UInt32, _ offset: UInt32 = 0) {
    emit(0xF940_0000 | (offset / 8) << 10 | n << 5 | t)
  }
  mutating func str(_ t: UInt32, _ n: UInt32, _ offset: UInt32 = 0) {
    emit(0xF900_0000 | (offset / 8) << 10 | n << 5 | t)
  }
  mutating func ldrb(_ t: UInt32, _ n: UInt32, _ offset: UInt32 = 0) {
    emit(0x3940_0000 | offset << 10 | n << 5 | t)
  }
  mutating func storeWord(_ t: UInt32, _ n: UInt32, _ offset: UInt32 = 0) {
    emit(0xB900_0000 | (offset / 4) << 10 | n << 5 | t)
  }
  mutating func loadWord(_ t: UInt32, _ n: UInt32, _ offset: UInt32 = 0) {
    emit(0xB940_0000 | (offset / 4) << 10 | n << 5 | t)
  }
  /// STR Xt, [Xn], #8.
  mutating func push(_ t: UInt32, _ n: UInt32) { emit(0xF800_8400 | n << 5 | t) }
  /// LDP Xt, Xu, [Xn], #16.
  mutating func popPair(_ t: UInt32, _ u: UInt32, _ n: UInt32) {
    emit(0xA8C1_0000 | u << 10 | n << 5 | t)
  }
  /// STP Xt, Xu, [Xn], #16.
  mutating func pushPair(_ t: UInt32, _ u: UInt32, _ n: UInt32) {
    emit(0xA881_0000 | u << 10 | n << 5 | t)
  }
  /// STR Qt, [Xn], #16.
  mutating func pushVector(_ t: UInt32, _ n: UInt32) { emit(0x3C81_0400 | n << 5 | t) }
  /// DUP Vd.2D, Xn.
  mutating func duplicate(_ d: UInt32, _ n: UInt32) { emit(0x4E08_0C00 | n << 5 | d) }
  /// ADD Vd.2D, Vn.2D, Vm.2D.
  mutating func addVectors(_ d: UInt32, _ n: UInt32, _ m: UInt32) {
    emit(0x4EE0_8400 | m << 16 | n << 5 | d)
  }

  // MARK: System

  mutating func svc() { emit(0xD400_0001) }
  mutating func hvc() { emit(0xD400_0002) }
  mutating func smc() { emit(0xD400_0003) }
  mutating func wfi() { emit(0xD503_207F) }
  mutating func isb() { emit(0xD503_3FDF) }
  /// DSB SY.
  mutating func dsb() { emit(0xD503_3F9F) }
  /// MSR DAIFSet, #15.
  mutating func maskAll() { emit(0xD503_4FDF) }
}

extension Assembly {
  /// The code as bytes.
  var bytes: [UInt8] {
    resolved.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } }
  }
}
