// Random programs for two engines: code on two pages with loops, calls and branches between them, over
// words of the decoder's rows; and vectors that give the bases their places again, so that a program goes
// on for as long as one likes.

import Arm
import Machine
import Support

@testable import Machine

/// Makes programs for `InterpreterBench` with its MMU on.
struct EngineProgram {
  private(set) var generator: FuzzUserGenerator
  private var random: FuzzRandom
  private var roles = FuzzUserGenerator.Roles(
    bases: [], offsets: [], writable: [], isSingle: false, isStackBase: true)

  static let firstPage = InterpreterBench.code
  static let secondPage = InterpreterBench.code + 0x1000
  private static let vectors: UInt64 = 0x4008_0000
  private static let length = 48
  private static let keep = A64.Row("MOVK")
  private static let jump = A64.Row("BR")

  /// Addresses that the bases get, and what is near them; places in RAM if there are none.
  private let wild: [UInt64]

  init(seed: UInt64, wild: [UInt64] = []) {
    self.wild = wild
    generator = FuzzUserGenerator(seed: seed)
    random = FuzzRandom(seed: seed ^ 0x5555)
  }

  /// The words of a program, by where they lie.
  struct Code {
    var pages: [(address: UInt64, words: [UInt32])]
    var general: [UInt64]
    var vectors: [UInt64]
    var flags: UInt8
    /// FPCR and FPSR.
    var control: UInt64
    var status: UInt64
  }

  /// The next program.
  mutating func next() -> Code {
    var registers = (0..<31 as Range<UInt32>).filter { $0 != 28 && $0 != 30 }
    registers.shuffle(using: &random)
    roles = FuzzUserGenerator.Roles(
      bases: Array(registers[0..<3]) + [31], offsets: Array(registers[3..<7]),
      writable: Array(registers[7...]) + [31], isSingle: false, isStackBase: true)
    let first = page(other: Self.secondPage, at: Self.firstPage)
    let second = page(other: Self.firstPage, at: Self.secondPage)
    let handler = handler()
    var general = (0..<31).map { _ in random.value() }
    let small = UInt64(random.below(8))
    for (index, offset) in [
      small, small | random.next() << 32, (0 &- small) & 0xFFFF_FFFF | random.next() << 32,
      0 &- small,
    ].enumerated() { general[Int(roles.offsets[index])] = offset }
    for (index, base) in roles.bases.prefix(3).enumerated() { general[Int(base)] = place(index) }
    return Code(
      pages: [(Self.firstPage, first), (Self.secondPage, second)]
        + (0..<16).map { (Self.vectors + UInt64($0) * 0x80, handler) },
      general: general, vectors: (0..<64).map { _ in number() },
      flags: UInt8(random.below(16)),
      // Mostly as it is after reset; else a rounding mode, FZ and DN as they come.
      control: random.isOne(in: 4) ? random.next() & 0x07C0_0000 : 0,
      status: random.next() & 0x10)
  }

  /// Half a vector register: any bits, or a double or two singles of a size that arithmetic keeps.
  private mutating func number() -> UInt64 {
    switch random.below(4) {
    case 0: random.next()
    case 1: (Double(random.below(1 << 20)) / 1024 - 300).bitPattern
    case 2: random.value()
    default:
      UInt64((Float(random.below(1 << 12)) / 16 - 90).bitPattern)
        | UInt64((Float(random.below(1 << 12)) / 16).bitPattern) << 32
    }
  }

  /// Where a base points.
  private mutating func place(_ index: Int) -> UInt64 {
    guard !wild.isEmpty else { return InterpreterBench.data + 0x1000 * UInt64(index) + 0x800 }
    let near = UInt64(bitPattern: Int64(random.below(64)) - 32)
    return random.isOne(in: 8) ? random.next() : random.pick(wild) &+ near
  }

  /// Gives the bases their places, and begins again.
  private mutating func handler() -> [UInt32] {
    var words: [UInt32] = []
    for (index, base) in roles.bases.enumerated() {
      let place = place(index)
      // SP is moved to by ADD.
      let target = base == 31 ? 28 : base
      for part in 0..<4 as Range<UInt32> {
        let half = UInt32(truncatingIfNeeded: place >> UInt64(16 * part)) & 0xFFFF
        words.append(
          part == 0
            ? A64.movz(target, half) : Self.keep.word(["z": 1, "w": part, "i": half, "d": target]))
      }
      if base == 31 { words.append(A64.addImmediate(31, 28, 0)) }
    }
    return words + [
      A64.movz(28, UInt32(Self.firstPage >> 16), shift: 16), Self.jump.word(["n": 28]),
    ]
  }

  private mutating func page(other: UInt64, at address: UInt64) -> [UInt32] {
    var words: [UInt32] = []
    while words.count < Self.length { words += some(words.count, other, address) }
    // To the other page, by a register or directly.
    words.append(far(words.count, other, address, links: random.isOne(in: 2)))
    words.append(A64.b(-4 * words.count))
    return words
  }

  private func far(_ index: Int, _ other: UInt64, _ address: UInt64, links: Bool) -> UInt32 {
    let distance = Int(Int64(bitPattern: other &- address)) - 4 * index
    return A64.b(distance) | (links ? 1 << 31 : 0)
  }

  /// One word or a few that belong together, for a place in a page.
  private mutating func some(_ index: Int, _ other: UInt64, _ address: UInt64) -> [UInt32] {
    let condition = UInt32(random.below(16))
    let back = 1 + random.below(max(1, min(index, 12)))
    let writable = roles.writable[random.below(roles.writable.count - 1)]
    switch random.below(24) {
    case 0 where index > 0: return [A64.bCond(condition, -4 * back)]
    case 1: return [A64.bCond(condition, 4 * (1 + random.below(5)))]
    case 2 where index > 0:
      // A loop that ends: CMP or SUBS of a small number, and B.NE back.
      let width = UInt32(random.below(2)) << 31
      return [
        (A64.subsImmediate(writable, writable, 1 + UInt32(random.below(3))) & ~(1 << 31)) | width,
        A64.bCond(UInt32(random.below(2)), -4 * back),
      ]
    case 3: return [far(index, other, address, links: random.isOne(in: 2))]
    case 4: return [A64.cbnz(writable, 4 * (random.below(12) - 4)) ^ UInt32(random.below(2)) << 24]
    case 5:
      let bit = UInt32(random.below(32))
      let distance = UInt32(truncatingIfNeeded: random.below(10) - 3) & 0x3FFF
      return [0x3600_0000 | UInt32(random.below(2)) << 24 | bit << 19 | distance << 5 | writable]
    case 6: return [0xD65F_03C0]
    case 7: return [random.pick(Self.system) | UInt32(writable)]
    default:
      let row = random.pick(generator.ordinaryRows)
      if random.isOne(in: 12) { return generator.exclusiveTriple(roles) }
      guard let word = generator.word(row, roles, left: 8) else { return [A64.nop] }
      return [word]
    }
  }

  /// MRS of NZCV, FPSR, TPIDR_EL0, MIDR_EL1, CurrentEL and DAIF; MSR of TPIDR_EL0 and NZCV. DAIFSet and
  /// DAIFClr take the register's number for nothing.
  private static let system: [UInt32] = [
    0xD53B_4200, 0xD53B_4420, 0xD53B_D040, 0xD538_0000, 0xD538_4240, 0xD53B_4220, 0xD51B_D040,
    0xD51B_4200,
  ]
}

extension InterpreterBench {
  /// Puts a program into memory and registers.
  func load(_ code: EngineProgram.Code) {
    for (address, words) in code.pages { place(words, at: address) }
    for (index, value) in code.general.enumerated() { state[x: UInt8(index)] = value }
    for (index, value) in code.vectors.enumerated() {
      state[v: UInt8(index / 2), index % 2] = value
    }
    state[x: 31] = InterpreterBench.data + 0x3800
    flags = code.flags
    state[.fpcr] = code.control
    state[.fpsr] = code.status
    state.pc = EngineProgram.firstPage
  }
}
