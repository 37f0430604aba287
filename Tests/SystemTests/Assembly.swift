// Machine code that a test writes itself, word by word: the guests and programs here need
// instructions that no compiler would choose, and registers that no compiler would leave alone.
//
// Only the forms that are used; their words are made from the decoder's rows.

import Arm
import Support

// What code here calls the registers of its own level.
extension SystemRegisterEncoding {
  /// All registers that there may be, op0 2 or 3.
  static let all: [SystemRegisterEncoding] = (0..<0x8000).map { SystemRegisterEncoding(bits: $0) }

  /// Bits 19:5 of MRS and MSR: o0, op1, CRn, CRm, op2.
  var bits: UInt32 { UInt32(rawValue & 0x7FFF) }

  init(bits: UInt32) { self.init(rawValue: 0x8000 | UInt16(bits)) }

  static let sctlr = SystemRegister.sctlrEL1.encoding
  static let cpacr = SystemRegister.cpacrEL1.encoding
  static let ttbr0 = SystemRegister.ttbr0EL1.encoding
  static let tcr = SystemRegister.tcrEL1.encoding
  static let spsr = SystemRegister.spsrEL1.encoding
  static let elr = SystemRegister.elrEL1.encoding
  static let spEL0 = SystemRegister.spEL0.encoding
  static let pmr = SystemRegister.iccPMREL1.encoding
  static let esr = SystemRegister.esrEL1.encoding
  static let far = SystemRegister.farEL1.encoding
  static let par = SystemRegister.parEL1.encoding
  static let mair = SystemRegister.mairEL1.encoding
  static let vbar = SystemRegister.vbarEL1.encoding
  static let iar1 = SystemRegister.iccIAR1EL1.encoding
  static let sre = SystemRegister.iccSREEL1.encoding
  static let igrpen0 = SystemRegister.iccIGRPEN0EL1.encoding
  static let igrpen1 = SystemRegister.iccIGRPEN1EL1.encoding
  static let contextidr = SystemRegister.contextidrEL1.encoding
  static let tpidrEL1 = SystemRegister.tpidrEL1.encoding
  static let nzcv = SystemRegister.nzcv.encoding
  static let daif = SystemRegister.daif.encoding
  static let fpcr = SystemRegister.fpcr.encoding
  static let fpsr = SystemRegister.fpsr.encoding
  static let tpidrEL0 = SystemRegister.tpidrEL0.encoding
  static let tpidrroEL0 = SystemRegister.tpidrroEL0.encoding
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

  /// The word of a row of the decoder with these fields.
  private mutating func emit(_ row: String, _ fields: [Character: UInt32] = [:]) {
    words.append(A64.Row(row).word(fields))
  }

  private mutating func emit(
    _ row: String, _ fields: [Character: UInt32] = [:], to label: Label, shift: UInt32,
    bits: UInt32
  ) {
    fixups.append((words.count, label, shift, bits))
    emit(row, fields)
  }

  // MARK: Branches

  mutating func b(_ label: Label) { emit("B", to: label, shift: 0, bits: 26) }
  mutating func bl(_ label: Label) { emit("BL", to: label, shift: 0, bits: 26) }
  mutating func b(_ condition: Condition, _ label: Label) {
    emit("B.cond", ["c": condition.rawValue], to: label, shift: 5, bits: 19)
  }
  mutating func cbz(_ t: UInt32, _ label: Label) {
    emit("CBZ", ["z": 1, "t": t], to: label, shift: 5, bits: 19)
  }
  mutating func cbnz(_ t: UInt32, _ label: Label) {
    emit("CBNZ", ["z": 1, "t": t], to: label, shift: 5, bits: 19)
  }
  mutating func ret() { emit("RET", ["n": 30]) }
  mutating func eret() { emit("ERET") }
  mutating func adr(_ d: UInt32, _ label: Label) {
    emit("ADR", ["d": d], to: label, shift: 5, bits: 21)
  }

  // MARK: Registers

  /// Xd of Xn and Xm.
  private mutating func registers(_ row: String, _ d: UInt32, _ n: UInt32, _ m: UInt32) {
    emit(row, ["z": 1, "m": m, "n": n, "d": d])
  }
  private mutating func memory(_ row: String, _ t: UInt32, _ n: UInt32, _ offset: UInt32) {
    emit(row, ["i": offset, "n": n, "t": t])
  }

  mutating func mov(_ d: UInt32, _ value: UInt64) {
    var isFirst = true
    for half in 0..<4 as Range<UInt32> {
      let part = UInt32(truncatingIfNeeded: value >> (16 * UInt64(half)) & 0xFFFF)
      guard part != 0 || (half == 3 && isFirst) else { continue }
      emit(isFirst ? "MOVZ" : "MOVK", ["z": 1, "w": half, "i": part, "d": d])
      isFirst = false
    }
  }
  /// Xd = Xm.
  mutating func move(_ d: UInt32, _ m: UInt32) { orr(d, 31, m) }
  /// Xd = SP, or SP = Xn.
  mutating func moveSP(_ d: UInt32, _ n: UInt32) {
    emit("ADD (immediate)", ["z": 1, "n": n, "d": d])
  }
  mutating func add(_ d: UInt32, _ n: UInt32, _ value: UInt32) {
    if value & 0xFFF != 0 || value == 0 {
      emit("ADD (immediate)", ["z": 1, "i": value & 0xFFF, "n": n, "d": d])
    }
    if value >> 12 != 0 {
      emit(
        "ADD (immediate)",
        ["z": 1, "s": 1, "i": value >> 12, "n": value & 0xFFF == 0 ? n : d, "d": d])
    }
  }
  mutating func add(_ d: UInt32, _ n: UInt32, register m: UInt32) {
    registers("ADD (shifted register)", d, n, m)
  }
  mutating func sub(_ d: UInt32, _ n: UInt32, register m: UInt32) {
    registers("SUB (shifted register)", d, n, m)
  }
  /// SUBS.
  mutating func subtract(_ d: UInt32, _ n: UInt32, _ value: UInt32) {
    emit("SUBS (immediate)", ["z": 1, "i": value, "n": n, "d": d])
  }
  mutating func compare(_ n: UInt32, _ m: UInt32) { registers("SUBS (shifted register)", 31, n, m) }
  /// Xd = Xn ^ Xm ROR `rotation`.
  mutating func eor(_ d: UInt32, _ n: UInt32, _ m: UInt32, rotated rotation: UInt32 = 0) {
    emit(
      "EOR (shifted register)",
      ["z": 1, "h": 3, "i": rotation, "m": m, "n": n, "d": d])
  }
  mutating func orr(_ d: UInt32, _ n: UInt32, _ m: UInt32) {
    registers("ORR (shifted register)", d, n, m)
  }
  mutating func and(_ d: UInt32, _ n: UInt32, _ m: UInt32) {
    registers("AND (shifted register)", d, n, m)
  }
  mutating func multiply(_ d: UInt32, _ n: UInt32, _ m: UInt32) {
    emit("MADD", ["z": 1, "m": m, "a": 31, "n": n, "d": d])
  }
  mutating func mrs(_ t: UInt32, _ register: SystemRegisterEncoding) {
    emit(A64.mrs(t, register))
  }
  mutating func msr(_ register: SystemRegisterEncoding, _ t: UInt32) {
    emit(A64.msr(register, t))
  }

  // MARK: Memory

  mutating func ldr(_ t: UInt32, _ n: UInt32, _ offset: UInt32 = 0) {
    memory("LDR (64-bit, unsigned offset)", t, n, offset / 8)
  }
  mutating func str(_ t: UInt32, _ n: UInt32, _ offset: UInt32 = 0) {
    memory("STR (64-bit, unsigned offset)", t, n, offset / 8)
  }
  mutating func ldrb(_ t: UInt32, _ n: UInt32, _ offset: UInt32 = 0) {
    memory("LDRB (unsigned offset)", t, n, offset)
  }
  mutating func storeWord(_ t: UInt32, _ n: UInt32, _ offset: UInt32 = 0) {
    memory("STR (32-bit, unsigned offset)", t, n, offset / 4)
  }
  mutating func loadWord(_ t: UInt32, _ n: UInt32, _ offset: UInt32 = 0) {
    memory("LDR (32-bit, unsigned offset)", t, n, offset / 4)
  }
  /// STR Xt, [Xn], #8.
  mutating func push(_ t: UInt32, _ n: UInt32) { memory("STR (64-bit, post-index)", t, n, 8) }
  /// LDP Xt, Xu, [Xn], #16.
  mutating func popPair(_ t: UInt32, _ u: UInt32, _ n: UInt32) {
    emit("LDP (64-bit, post-index)", ["i": 2, "u": u, "n": n, "t": t])
  }
  /// STP Xt, Xu, [Xn], #16.
  mutating func pushPair(_ t: UInt32, _ u: UInt32, _ n: UInt32) {
    emit("STP (64-bit, post-index)", ["i": 2, "u": u, "n": n, "t": t])
  }
  /// STR Qt, [Xn], #16.
  mutating func pushVector(_ t: UInt32, _ n: UInt32) {
    memory("LDR/STR (SIMD&FP, 128-bit, post-index)", t, n, 16)
  }
  /// DUP Vd.2D, Xn.
  mutating func duplicate(_ d: UInt32, _ n: UInt32) {
    emit("DUP (general)", ["Q": 1, "i": 8, "s": n, "d": d])
  }
  /// ADD Vd.2D, Vn.2D, Vm.2D.
  mutating func addVectors(_ d: UInt32, _ n: UInt32, _ m: UInt32) {
    emit("ADD (vector)", ["Q": 1, "z": 3, "m": m, "n": n, "d": d])
  }

  // MARK: System

  mutating func svc() { emit("SVC") }
  mutating func hvc() { emit("HVC") }
  mutating func smc() { emit("SMC") }
  mutating func wfi() { emit("HINT", ["o": 3]) }
  mutating func isb() { emit("ISB", ["m": 15]) }
  /// DSB SY.
  mutating func dsb() { emit("DSB", ["m": 15]) }
  /// MSR DAIFSet, #15.
  mutating func maskAll() { emit("MSR (immediate)", ["p": 3, "m": 15, "o": 6]) }
}

extension Assembly {
  /// The code as bytes.
  var bytes: [UInt8] {
    resolved.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } }
  }
}
