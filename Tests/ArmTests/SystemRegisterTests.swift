// System registers and instructions against an assembler, and against what stores index them by.

import Arm
import Foundation
import Support
import Testing

@Suite struct SystemRegisterTests {
  @Test func theOrdinalIsThePlaceAmongAllCases() {
    for (index, register) in SystemRegister.allCases.enumerated() {
      #expect(register.ordinal == index, "\(register)")
    }
  }

  @Test func encodingsRoundTrip() {
    for register in SystemRegister.allCases {
      #expect(SystemRegister(register.encoding) == register)
      #expect(register.encoding.digits == register.rawValue)
      #expect(register.encoding.op0 >= 2)
    }
    for instruction in SystemInstruction.allCases {
      #expect(SystemInstruction(instruction.encoding) == instruction)
      #expect(instruction.encoding.op0 == 1)
    }
    // MRS X0, S3_5_C12_C0_0 is VBAR_EL12.
    #expect(SystemRegister.vbarEL1.encoding.hostAlias == SystemRegisterEncoding(3, 5, 12, 0, 0))
  }

  /// Every name with its instruction, for an assembler, and the word that it should make of it.
  private static var program: (text: String, words: [UInt32]) {
    var text = ".arch armv9.4-a+sve+sme\n"
    var words: [UInt32] = []
    func add(_ line: String, _ word: UInt32, _ encoding: SystemRegisterEncoding) {
      text += line + "\n"
      words.append(word | UInt32(encoding.rawValue) << 5)
    }
    let writeOnly: Set<SystemRegister> = [
      .oslarEL1, .iccEOIR0EL1, .iccEOIR1EL1, .iccDIREL1, .iccSGI0REL1, .iccSGI1REL1, .iccASGI1REL1,
      .pmswincEL0,
    ]
    for register in SystemRegister.allCases {
      // The assembler has no names for what is one core's own.
      guard let name = register.name, register.encoding.crn != 15 else { continue }
      if writeOnly.contains(register) {
        add("msr \(name), x0", 0xD500_0000, register.encoding)
      } else {
        add("mrs x0, \(name)", 0xD520_0000, register.encoding)
      }
    }
    for register in SystemRegister.aliased where register.encoding.crn != 15 {
      let encoding = register.encoding.hostAlias
      add("mrs x0, \(encoding.name ?? "")", 0xD520_0000, encoding)
    }
    for instruction in SystemInstruction.allCases {
      let name = instruction.name
      let isOfAll = name.hasPrefix("IC IALLU") || name.contains("ALLE") || name.contains("VMALL")
      add(
        isOfAll ? name : name + ", x0", 0xD500_0000 | (isOfAll ? 31 : 0), instruction.encoding)
    }
    return (text, words)
  }

  @Test func namesAndEncodingsAreThoseOfAnAssembler() throws {
    let (text, words) = Self.program
    // The words are one run of the object file.
    let bytes = Data(try Oracle.assembled(text))
    var expected = Data()
    for word in words {
      unsafe withUnsafeBytes(of: word.littleEndian) { unsafe expected.append(contentsOf: $0) }
    }
    #expect(bytes.range(of: expected) != nil)
  }
}
