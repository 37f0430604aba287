// Every encoding of the decode table against QEMU's user mode, on random words and operands: all
// vector and general registers, FPSR, NZCV, memory, and whether the word is UNDEFINED. Where QEMU 7.2
// and the Arm ARM differ we follow the Arm ARM; each such case is an exception stated below.

import Machine
import Testing

@testable import Machine

@Suite struct VectorAgainstQEMUTests {
  /// Words of each encoding; development used thousands.
  static let wordsPerRow = 8

  /// QEMU takes FMOV (vector, immediate, half) with op = 1 for op = 0; Arm ARM C4.1 leaves it
  /// unallocated.
  static func isUnallocatedHalfImmediate(_ word: UInt32) -> Bool {
    word & 0xBFF8_FC00 == 0x2F00_FC00
  }

  /// QEMU ignores bit 22 of half-precision pairwise and across-lanes instructions; Arm ARM
  /// C4.1 has only 0.
  static func isUnallocatedHalfReduction(_ word: UInt32) -> Bool {
    word & 0xAF7E_0C00 == 0x0E70_0800 && word & 0xF000 >= 0xC000
  }

  /// QEMU aborts on unallocated half-precision two-register words.
  static func abortsQEMU(_ word: UInt32) -> Bool { word & 0x8F7E_0C00 == 0x0E78_0800 }

  /// QEMU sign-extends the signed half-precision scalar result to 32 bits; the rest of a register
  /// is zero after a scalar write (Arm ARM C1.2.6).
  static func hasExtendedHalf(_ word: UInt32) -> Bool { word & 0xFFF0_FC00 == 0x5F10_FC00 }

  @Test func everyEncodingAgreesWithQEMU() throws {
    var random = FuzzRandom(seed: 0x5EED)
    var program = VectorProgram()
    var names: [StaticString] = []
    for row in VectorDecoder.rows {
      for _ in 0..<VectorAgainstQEMUTests.wordsPerRow {
        let word: UInt32 = random.word(row)
        if VectorAgainstQEMUTests.isUnallocatedHalfImmediate(word) { continue }
        program.append(word, random.operands(word, row, memory: program.nextMemory))
        names.append(row.name)
      }
    }
    let expected: [VectorOperands] = try program.runOnQEMU()
    let world = try VectorWorld()
    var undefined = 0
    for (test, word) in program.words.enumerated() {
      let memory: UInt64 = program.memory(test)
      var wanted: VectorOperands = expected[test]
      if wanted.control == 1 { undefined += 1 }
      if VectorAgainstQEMUTests.hasExtendedHalf(word) {
        wanted.vectors[Int(word & 31) * 2] &= 0xFFFF
      }
      let result: VectorOperands = try world.run(word, program.operands(test), memory: memory)
      #expect(result == wanted, "\(names[test]), word \(String(word, radix: 16)), test \(test)")
    }
    // A program whose handler marks everything would agree with a decoder that knows nothing.
    #expect(undefined < program.words.count / 3)
  }

  @Test func wordsNextToTheTableAreUndefinedForQEMUToo() throws {
    var random = FuzzRandom(seed: 0xBAD)
    var program = VectorProgram()
    for row in VectorDecoder.rows {
      for _ in 0..<6 {
        let word: UInt32 = random.neighbour(row)
        // Outside bits 28:25 = x111 the neighbour may be an instruction of another chapter.
        guard word & 0x0E00_0000 == 0x0E00_0000, VectorDecoder.decodeVector(word) == nil,
          !VectorAgainstQEMUTests.isUnallocatedHalfImmediate(word),
          !VectorAgainstQEMUTests.isUnallocatedHalfReduction(word),
          !VectorAgainstQEMUTests.abortsQEMU(word)
        else { continue }
        program.append(word, VectorOperands())
      }
    }
    #expect(program.words.count > 500)
    for (test, result) in try program.runOnQEMU().enumerated() {
      #expect(result.control == 1, "\(String(program.words[test], radix: 16)) is defined")
    }
  }
}
