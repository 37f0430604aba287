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
    var vectors = VectorRandom(state: 4)
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
    var masks: [Character: UInt32] = [:]
    for (index, name) in pattern.description.enumerated() where name != "0" && name != "1" {
      masks[name, default: 0] |= 1 << UInt32(31 - index)
    }
    return masks.map { ($0.key, $0.value) }.sorted { $0.name < $1.name }
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
