// Integer data processing against references written from the manual's pseudocode, on the values
// where flags change and, where the fields are small, on all of them.

import Machine
import Support
import Testing

@testable import Machine

@Suite struct InterpreterArithmetic {
  static let corners: [UInt64] = [
    0, 1, 2, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x1_0000_0000, 0x7FFF_FFFF_FFFF_FFFF,
    0x8000_0000_0000_0000, 0xFFFF_FFFF_FFFF_FFFF, 0xFFFF_FFFF_0000_0001, 0x1234_5678_9ABC_DEF0,
  ]

  /// AddWithCarry. Arm ARM J1.3, shared/functions/integer.
  static func addWithCarry(
    _ x: UInt64, _ y: UInt64, _ carry: UInt64, bits: Int
  ) -> (
    result: UInt64, flags: UInt8
  ) {
    let mask = UInt64.max >> UInt64(64 - bits)
    let sign = { (value: UInt64) -> Int128 in
      bits == 64 ? Int128(Int64(bitPattern: value)) : Int128(Int32(truncatingIfNeeded: value))
    }
    let unsigned = UInt128(x & mask) + UInt128(y & mask) + UInt128(carry)
    let signed = sign(x) + sign(y) + Int128(carry)
    let result = UInt64(truncatingIfNeeded: unsigned) & mask
    var flags: UInt8 = result >> UInt64(bits - 1) == 1 ? 8 : 0
    if result == 0 { flags |= 4 }
    if unsigned != UInt128(result) { flags |= 2 }
    if signed != sign(result) { flags |= 1 }
    return (result, flags)
  }

  /// ConditionHolds. Arm ARM J1.3.
  static func holds(_ condition: UInt32, _ flags: UInt8) -> Bool {
    let (n, z, c, v) = (flags & 8 != 0, flags & 4 != 0, flags & 2 != 0, flags & 1 != 0)
    let result: Bool =
      switch condition >> 1 {
      case 0: z
      case 1: c
      case 2: n
      case 3: v
      case 4: c && !z
      case 5: n == v
      case 6: n == v && !z
      default: true
      }
    return condition & 1 == 1 && condition != 15 ? !result : result
  }

  @Test(arguments: [32, 64])
  func additionAndSubtractionSetFlagsAsAddWithCarryDoes(bits: Int) throws {
    let bench = try InterpreterBench()
    let size: UInt32 = bits == 64 ? 1 << 31 : 0
    let mask = UInt64.max >> UInt64(64 - bits)
    // ADDS, SUBS (shifted register), ADCS, SBCS; X0 = X1 op X2.
    let words: [(UInt32, isSubtraction: Bool, usesCarry: Bool)] = [
      (0x2B02_0020, false, false), (0x6B02_0020, true, false), (0x3A02_0020, false, true),
      (0x7A02_0020, true, true),
    ]
    for (word, isSubtraction, usesCarry) in words {
      bench.place([word | size])
      for x in Self.corners {
        for y in Self.corners {
          for carry in UInt64(0)...1 {
            bench.state[x: 1] = x
            bench.state[x: 2] = y
            bench.flags = UInt8(carry) << 1 | 0b1101
            bench.state.pc = InterpreterBench.code
            _ = bench.board.run(instructions: 1)
            let expected = Self.addWithCarry(
              x, isSubtraction ? ~y & mask : y, usesCarry ? carry : isSubtraction ? 1 : 0,
              bits: bits)
            #expect(
              bench.state[x: 0] == expected.result && bench.flags == expected.flags,
              "\(String(word, radix: 16)) of \(x), \(y), carry \(carry)")
          }
        }
      }
    }
  }

  @Test func conditionalInstructionsTakeEveryConditionForAllFlags() throws {
    let bench = try InterpreterBench()
    for condition in UInt32(0)..<16 {
      // CCMP X1, X2, #5, cond; CSEL X0, X3, X4, cond; B.cond near and into the next page.
      bench.place([0xFA42_0025 | condition << 12, 0x9A84_0060 | condition << 12])
      bench.place([A64.bCond(condition, 8)], at: InterpreterBench.code + 0x100)
      bench.place([A64.bCond(condition, 0x1000)], at: InterpreterBench.code + 0x200)
      for flags in UInt8(0)..<16 {
        let isHeld = Self.holds(condition, flags)
        bench.state[x: 1] = 3
        bench.state[x: 2] = 4
        bench.state[x: 3] = 10
        bench.state[x: 4] = 20
        for (offset, target) in [(0x100, 0x108), (0x200, 0x1200)] as [(UInt64, UInt64)] {
          bench.flags = flags
          bench.state.pc = InterpreterBench.code + offset
          _ = bench.board.run(instructions: 1)
          #expect(bench.state.pc == InterpreterBench.code + (isHeld ? target : offset + 4))
        }
        bench.state.pc = InterpreterBench.code + 4
        _ = bench.board.run(instructions: 1)
        #expect(bench.state[x: 0] == (isHeld ? 10 : 20))
        bench.state.pc = InterpreterBench.code
        _ = bench.board.run(instructions: 1)
        // 3 - 4 is negative and borrows.
        #expect(bench.flags == (isHeld ? 0b1000 : 0b0101), "condition \(condition), \(flags)")
      }
    }
  }

  // MARK: Bit masks and bitfields

  /// DecodeBitMasks, bit by bit: (wmask, tmask), nil when reserved. Arm ARM J1.3.
  static func bitMasks(
    n: UInt32, imms: UInt32, immr: UInt32, isImmediate: Bool, bits: Int
  ) -> (wmask: UInt64, tmask: UInt64)? {
    let combined = n << 6 | ~imms & 0x3F
    guard let length = (0..<7).last(where: { combined >> UInt32($0) & 1 == 1 }), length >= 1,
      bits >= 1 << length
    else { return nil }
    let size = 1 << length
    let levels = UInt32(size - 1)
    if isImmediate, imms & levels == levels { return nil }
    let s = Int(imms & levels)
    let r = Int(immr & levels)
    let distance = (s - r) & (size - 1)
    var wmask: UInt64 = 0
    var tmask: UInt64 = 0
    for bit in 0..<bits {
      let inElement = bit % size
      // Bit i of ROR(ones(s + 1), r) is bit (i + r) mod size of the ones.
      if (inElement + r) % size <= s { wmask |= 1 << UInt64(bit) }
      if inElement <= distance { tmask |= 1 << UInt64(bit) }
    }
    return (wmask, tmask)
  }

  @Test func everyLogicalImmediateIsThatOfDecodeBitMasks() {
    for bits in [32, 64] {
      for field in UInt32(0)..<8192 {
        let (n, immr, imms) = (field >> 12, field >> 6 & 63, field & 63)
        let found = Decoder.bitMask(n, imms, immr, is64: bits == 64)
        let expected =
          bits == 32 && n == 1
          ? nil : Self.bitMasks(n: n, imms: imms, immr: immr, isImmediate: true, bits: bits)?.wmask
        if found != expected { Issue.record("N \(n) immr \(immr) imms \(imms), \(bits) bits") }
      }
    }
  }

  @Test func everyBitfieldMoveIsThatOfTheManual() throws {
    let bench = try InterpreterBench()
    let source: UInt64 = 0x9234_5678_9ABC_DEF1
    let target: UInt64 = 0x0FED_CBA9_8765_4321
    for bits in [32, 64] {
      let wide: UInt32 = bits == 64 ? 0x8040_0000 : 0
      let mask = UInt64.max >> UInt64(64 - bits)
      // SBFM, BFM, UBFM of X1 into X0.
      for (kind, base) in [0x1300_0020, 0x3300_0020, 0x5300_0020].enumerated() {
        for immr in 0..<UInt32(bits) {
          bench.place((0..<UInt32(bits)).map { UInt32(base) | wide | immr << 16 | $0 << 10 })
          for imms in 0..<UInt32(bits) {
            bench.state[x: 0] = target
            bench.state[x: 1] = source
            bench.state.pc = InterpreterBench.code + UInt64(imms) * 4
            _ = bench.board.run(instructions: 1)
            guard
              let masks = Self.bitMasks(
                n: bits == 64 ? 1 : 0, imms: imms, immr: immr, isImmediate: false, bits: bits)
            else {
              Issue.record("reserved")
              continue
            }
            let x = source & mask
            let rotated =
              (x >> UInt64(immr) | (immr == 0 ? 0 : x << UInt64(bits - Int(immr)))) & mask
            let old = kind == 1 ? target & mask : 0
            let bottom = old & ~masks.wmask | rotated & masks.wmask
            let top = kind == 0 ? (x >> UInt64(imms) & 1 == 1 ? mask : 0) : old
            let expected = (top & ~masks.tmask | bottom & masks.tmask) & mask
            if bench.state[x: 0] != expected {
              Issue.record("kind \(kind), \(bits) bits, immr \(immr), imms \(imms)")
            }
          }
        }
      }
    }
  }

  @Test func extractTakesEveryPosition() throws {
    let bench = try InterpreterBench()
    let (high, low): (UInt64, UInt64) = (0x0123_4567_89AB_CDEF, 0xFEDC_BA98_7654_3210)
    bench.state[x: 1] = high
    bench.state[x: 2] = low
    for position in UInt32(0)..<64 {
      bench.run(0x93C2_0020 | position << 10)
      let pair = UInt128(high) << 64 | UInt128(low)
      #expect(bench.state[x: 0] == UInt64(truncatingIfNeeded: pair >> UInt128(position)))
      guard position < 32 else { continue }
      bench.run(0x1382_0020 | position << 10)
      let narrow = (high & 0xFFFF_FFFF) << 32 | low & 0xFFFF_FFFF
      #expect(bench.state[x: 0] == narrow >> UInt64(position) & 0xFFFF_FFFF)
    }
  }

  // MARK: One and two sources

  @Test func divisionByZeroIsZeroAndOverflowWraps() throws {
    let bench = try InterpreterBench()
    func divide(_ word: UInt32, _ x: UInt64, _ y: UInt64) -> UInt64 {
      bench.state[x: 1] = x
      bench.state[x: 2] = y
      bench.run(word)
      return bench.state[x: 0]
    }
    let (udiv, sdiv): (UInt32, UInt32) = (0x9AC2_0820, 0x9AC2_0C20)
    let (udivW, sdivW): (UInt32, UInt32) = (0x1AC2_0820, 0x1AC2_0C20)
    for word in [udiv, sdiv, udivW, sdivW] {
      for x in Self.corners { #expect(divide(word, x, 0) == 0) }
      #expect(divide(word, 0xFFFF_FFFF_0000_0007, word & 1 << 31 == 0 ? 0xF_0000_0000 : 0) == 0)
    }
    #expect(divide(sdiv, 1 << 63, .max) == 1 << 63)
    #expect(divide(sdivW, 0x8000_0000, .max) == 0x8000_0000)
    #expect(divide(sdiv, 0 &- 7, 2) == 0 &- 3)
    #expect(divide(sdivW, 0xFFFF_FFF9, 2) == 0xFFFF_FFFD)
    #expect(divide(udiv, .max, 10) == UInt64.max / 10)
    #expect(divide(udivW, .max, 0x5_0000_000A) == 0xFFFF_FFFF / 10)
  }

  @Test func bitAndByteOrdersAreReversedAsNamed() throws {
    let bench = try InterpreterBench()
    func bytes(_ value: UInt64, group: Int, bits: Int) -> UInt64 {
      var result: UInt64 = 0
      for index in 0..<bits / 8 {
        let place = index / group * group + group - 1 - index % group
        result |= (value >> UInt64(index * 8) & 0xFF) << UInt64(place * 8)
      }
      return result
    }
    var values = Self.corners
    for bit in UInt64(0)..<64 { values += [1 << bit, ~(1 << bit), .max << bit, .max >> bit] }
    // RBIT, REV16, REV32 or REV W, REV, CLZ, CLS of X1 into X0.
    bench.place((0..<6).map { 0xDAC0_0020 | $0 << 10 })
    bench.place((0..<6).map { 0x5AC0_0020 | $0 << 10 }, at: InterpreterBench.code + 0x100)
    for value in values {
      for bits in [64, 32] {
        let x = bits == 64 ? value : value & 0xFFFF_FFFF
        let text = (0..<bits).map { x >> UInt64(bits - 1 - $0) & 1 }
        let reversed = (0..<bits).reduce(UInt64(0)) { $0 | text[$1] << UInt64($1) }
        let zeros = text.firstIndex(of: 1) ?? bits
        let signs = (text.firstIndex { $0 != text[0] } ?? bits) - 1
        var expected: [UInt64?] = [
          reversed, bytes(x, group: 2, bits: bits), bytes(x, group: 4, bits: bits),
          bits == 64 ? bytes(x, group: 8, bits: 64) : nil, UInt64(zeros), UInt64(signs),
        ]
        expected[2] = bytes(x, group: 4, bits: bits)
        for (kind, result) in expected.enumerated() {
          guard let result else { continue }
          bench.state[x: 1] = value
          bench.state.pc = InterpreterBench.code + (bits == 64 ? 0 : 0x100) + UInt64(kind * 4)
          _ = bench.board.run(instructions: 1)
          if bench.state[x: 0] != result {
            Issue.record("kind \(kind), \(bits) bits of \(String(value, radix: 16))")
          }
        }
      }
    }
  }

  @Test func checksumsAreThoseOfTheirStandards() throws {
    // The check values of CRC-32/ISO-HDLC and CRC-32/ISCSI: of "123456789", in every step width.
    let text = Array("123456789".utf8)
    for (polynomial, check) in [(0x4000, 0xCBF4_3926), (0x5000, 0xE306_9283)] as [(UInt32, UInt64)]
    {
      for width in [1, 2, 4, 8] {
        let bench = try InterpreterBench()
        bench.state[x: 0] = 0xFFFF_FFFF
        var index = 0
        while index < text.count {
          let count = text.count - index >= width ? width : 1
          bench.state[x: 1] = (0..<count).reduce(UInt64(0)) {
            $0 | UInt64(text[index + $1]) << UInt64($1 * 8)
          }
          let log2 = UInt32(count.trailingZeroBitCount)
          bench.run(0x1AC1_0000 | polynomial | (log2 == 3 ? 1 << 31 : 0) | log2 << 10)
          index += count
        }
        #expect(bench.state[x: 0] ^ 0xFFFF_FFFF == check)
      }
    }
  }
}
