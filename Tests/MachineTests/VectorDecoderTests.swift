// The decode table itself: well-formed, unambiguous, and reached through the machine's decoder.

import Machine
import Testing

@testable import Machine

@Suite struct VectorDecoderTests {
  @Test func everyPatternHas32KnownCharacters() {
    let known: Set<Character> = Set("01dnmatsobQzijhcfSLMHl")
    for row in VectorDecoder.rows {
      let pattern: String = row.pattern.description
      #expect(pattern.count == 32, "\(row.name)")
      #expect(Set(pattern).isSubset(of: known), "\(row.name): \(pattern)")
    }
  }

  @Test func everyNameIsUniqueAndEveryOpcodeHasARow() {
    let names: [String] = VectorDecoder.rows.map { $0.name.description }
    #expect(Set(names).count == names.count)
    let opcodes: Set<VectorOpcode> = Set(VectorDecoder.rows.map { $0.opcode })
    for opcode in VectorOpcode.allCases { #expect(opcodes.contains(opcode), "\(opcode)") }
  }

  @Test func everyRowIsFoundByItsOwnWords() {
    var random = FuzzRandom(seed: 1)
    for row in VectorDecoder.rows {
      var isDefined = false
      for _ in 0..<64 {
        let word: UInt32 = random.word(row)
        // A shift with immh = 0 is a modified immediate: the one overlap, and the earlier row wins.
        let found: String = VectorDecoder.row(word)?.name.description ?? "none"
        let isImmediate: Bool = word & 0x9FF8_0400 == 0x0F00_0400
        #expect(found == row.name.description || isImmediate)
        if VectorDecoder.decodeVector(word) != nil { isDefined = true }
      }
      #expect(isDefined, "\(row.name)")
    }
  }

  @Test func theMachinesDecoderReachesEveryRow() {
    var random = FuzzRandom(seed: 2)
    for row in VectorDecoder.rows {
      for _ in 0..<8 {
        let word: UInt32 = random.word(row)
        let opcode: Opcode = Decoder.decode(word).opcode
        if VectorDecoder.decodeVector(word) == nil {
          #expect(opcode == .unallocated)
        } else {
          #expect(opcode == (row.hasBase ? .vectorStructure : .vector), "\(row.name)")
        }
      }
    }
  }

  @Test func general31IsZeroOrDiscarded() throws {
    // FMOV X31, D3 and FMOV D3, X31
    let toGeneral = try #require(VectorDecoder.decodeVector(0x9E66_007F))
    #expect(toGeneral.rd == CoreState.discardRegister)
    let fromGeneral = try #require(VectorDecoder.decodeVector(0x9E67_03E3))
    #expect(fromGeneral.rn == CoreState.zeroRegister)
  }
}
