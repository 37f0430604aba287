// The decode table itself: well-formed, unambiguous and reached; and every operation of the interpreter
// is one that the table makes and the programs that run next to QEMU have. What has no arm in the
// interpreter's switch does not compile.

import Machine
import Testing

@testable import Machine

@Suite struct IntegerDecoderTests {
  @Test func everyPatternHasFieldsOnly() {
    let known: Set<Character> = Set("01Nabcdfhilmnoprstuwxz")
    for row in Decoder.rows {
      #expect(Set(row.pattern.description).isSubset(of: known), "\(row.name)")
    }
    let names = Decoder.rows.map { $0.name.description }
    #expect(Set(names).count == names.count)
  }

  @Test func noTwoRowsOverlap() {
    let vectors = VectorDecoder.rows.map { ($0.name.description, $0.mask, $0.value) }
    let rows = Decoder.rows.map { ($0.name.description, $0.mask, $0.value) }
    for (index, row) in rows.enumerated() {
      for other in rows[(index + 1)...] + vectors {
        #expect((row.2 ^ other.2) & row.1 & other.1 != 0, "\(row.0) and \(other.0)")
      }
    }
  }

  @Test func everyRowIsReachedByItsOwnWords() {
    var random = FuzzRandom(seed: 1)
    for row in Decoder.rows {
      var isDefined = false
      for _ in 0..<64 {
        let word = random.word(row)
        let found = Decoder.rows.first { word & $0.mask == $0.value }
        #expect(found?.name.description == row.name.description)
        if Decoder.decode(word).opcode != .unallocated { isDefined = true }
      }
      #expect(isDefined, "\(row.name)")
    }
  }

  /// Encoding is decoding the other way: a word is its row and what its fields hold.
  @Test func everyWordIsMadeOfItsFields() {
    var random = FuzzRandom(seed: 4)
    for pattern in Decoder.rows.map(\.pattern) + VectorDecoder.rows.map(\.pattern) {
      let names = Set(pattern.description).subtracting("01")
      for _ in 0..<16 {
        let word = UInt32(truncatingIfNeeded: random.next()) & ~pattern.mask | pattern.value
        var fields: [Character: UInt32] = [:]
        for name in names { fields[name] = pattern.field(name, of: word) }
        #expect(pattern.word(fields) == word, "\(pattern)")
      }
      for name in names {
        let width = pattern.bits(of: name).nonzeroBitCount
        #expect(pattern.word([name: 1 << UInt32(width)]) == nil, "\(pattern), \(name)")
      }
      #expect(pattern.word(["0": 0]) == nil && pattern.word(["?": 0]) == nil)
    }
  }

  /// The order of a field's bits is the word's, whatever the manual calls the parts.
  @Test func wordsAreThoseOfAssemblers() throws {
    func word(_ name: String, _ fields: [Character: UInt32]) throws -> UInt32? {
      let row = try #require(Decoder.rows.first { $0.name.description == name })
      return row.pattern.word(fields)
    }
    // Of objdump: add x1, x2, #3, lsl #12; adr x5, .+5; ldp x29, x30, [sp], #16; tbnz w7, #33, .+8.
    #expect(try word("ADD (immediate)", ["z": 1, "s": 1, "i": 3, "n": 2, "d": 1]) == 0x9140_0C41)
    #expect(try word("ADR", ["i": 1 << 19 | 1, "d": 5]) == 0x3000_0025)
    let pair: [Character: UInt32] = ["i": 2, "u": 30, "n": 31, "t": 29]
    #expect(try word("LDP (64-bit, post-index)", pair) == 0xA8C1_7BFD)
    #expect(try word("TBNZ", ["b": 33, "i": 2, "t": 7]) == 0xB708_0047)
  }

  /// What an operation holds is what its word said: another register is another operation.
  @Test func everyRegisterOfAWordIsInTheOperation() {
    let withoutOperands: Set<Opcode> = [
      .unallocated, .noOperation, .barrier, .instructionBarrier, .clearExclusive,
    ]
    var random = FuzzRandom(seed: 2)
    for row in Decoder.rows {
      let registers = row.fields.filter {
        "dtnmasu".contains($0.name) && $0.mask.nonzeroBitCount == 5
      }
      for field in registers {
        for _ in 0..<16 {
          let word = random.word(row)
          let operation = Decoder.decode(word)
          if withoutOperands.contains(operation.opcode) { continue }
          let other = Decoder.decode(word ^ field.mask & (0 &- field.mask))
          #expect(!operation.isSame(other), "\(row.name), \(field.name)")
        }
      }
    }
  }

  @Test func everyOpcodeHasARow() {
    var random = FuzzRandom(seed: 3)
    // Made of pages, not of words.
    var found: Set<Opcode> = [.undecoded, .alone, .unallocated]
    for row in Decoder.rows {
      for _ in 0..<1024 {
        var operation = Decoder.decode(random.word(row))
        found.insert(operation.opcode)
        operation.immediate = 8
        found.insert(Decoder.localise(operation, at: 1).opcode)
      }
    }
    for first in [Opcode.subtractsImmediate64, .subtractsImmediate32] {
      for second in [Opcode.branchLocalEQ, .branchLocalNE] {
        found.insert(Decoder.fuse(Operation(first), Operation(second)).opcode)
      }
    }
    var vectors = FuzzRandom(seed: 4)
    for row in VectorDecoder.rows { found.insert(Decoder.decode(vectors.word(row)).opcode) }
    for opcode in Opcode.allCases { #expect(found.contains(opcode), "\(opcode)") }
  }

  @Test func everyRowRunsNextToQEMU() {
    var covered = Set(FuzzUserGenerator(seed: 5).rows.map { $0.name.description })
    var generator = FuzzSystemGenerator(seed: 5)
    for _ in 0..<2000 {
      for word in generator.test().words { covered.insert(FuzzUserMode.name(word)) }
    }
    // No system instruction with a result is in the machine: SYSL is UNDEFINED, and has tests of its
    // own (SystemRegisterTrapTests).
    covered.insert("SYSL")
    for row in Decoder.rows { #expect(covered.contains(row.name.description), "\(row.name)") }
  }
}

extension Encoding {
  /// The named bits.
  fileprivate var fields: [(name: Character, mask: UInt32)] {
    Set(pattern.description).subtracting("01").sorted().map { ($0, pattern.bits(of: $0)) }
  }
}

extension FuzzRandom {
  /// A word of a row, of whose fields many are zero or all ones.
  fileprivate mutating func word(_ row: Encoding) -> UInt32 {
    var word = row.value
    for field in row.fields {
      switch below(3) {
      case 0: break
      case 1: word |= field.mask
      default: word |= UInt32(truncatingIfNeeded: next()) & field.mask
      }
    }
    return word
  }
}

extension Operation {
  fileprivate func isSame(_ other: Operation) -> Bool {
    opcode == other.opcode && rd == other.rd && rn == other.rn && rm == other.rm && ra == other.ra
      && extra == other.extra && immediate == other.immediate
  }
}
