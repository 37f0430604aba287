import Arm
import Scenario
import Testing

/// Syndromes in words.
@Suite struct SyndromeDescriptionTests {
  private func meaning(_ raw: UInt64, _ field: String) -> String? {
    SyndromeDescription(Syndrome(rawValue: raw)).entries.first { $0.name == field }?.meaning
  }

  /// Every class, with ISS all zeroes, all ones and each bit alone.
  @Test(arguments: 0..<64 as Range<UInt64>)
  func fieldsCoverEveryBitOnceForEveryClass(exceptionClass: UInt64) {
    let patterns: [UInt64] =
      [0, UInt64.max] + (0..<64).map { 1 << UInt64($0) }
    for pattern in patterns {
      let raw = pattern & ~(0x3F << 26) | exceptionClass << 26
      let description = SyndromeDescription(Syndrome(rawValue: raw))
      var next = 63
      var rebuilt: UInt64 = 0
      for entry in description.entries {
        #expect(entry.high == next, "class \(exceptionClass), \(entry.name)")
        #expect(entry.low <= entry.high)
        #expect(!entry.meaning.isEmpty)
        rebuilt |= entry.value << UInt64(entry.low)
        next = entry.low - 1
      }
      #expect(next == -1)
      #expect(rebuilt == raw)
    }
  }

  @Test func reservedClassesAreSaidToBeSo() {
    let named: Set<UInt64> = [
      0x00, 0x01, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0A, 0x0C, 0x0D, 0x0E, 0x11, 0x12,
      0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1A, 0x1B, 0x1C, 0x1D, 0x1E, 0x1F, 0x20, 0x21,
      0x22, 0x24, 0x25, 0x26, 0x27, 0x28, 0x2C, 0x2D, 0x2F, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35,
      0x38, 0x3A, 0x3C, 0x3D,
    ]
    for value in 0..<64 as Range<UInt64> {
      #expect(
        (ExceptionClass.meaning(value) == "reserved exception class") == !named.contains(value))
    }
  }

  @Test func aSynchronousExternalAbortNamesItsErrorType() {
    #expect(meaning(0x9600_0410, "EC") == "Data Abort from the same exception level")
    #expect(meaning(0x9600_0410, "FnV") == "FAR is not valid")
    #expect(meaning(0x9600_0010, "SET") == "recoverable state (UER)")
    #expect(meaning(0x9600_1810, "SET") == "restartable state (UEO)")
    #expect(meaning(0x9600_0810, "SET") == "reserved value")
    #expect(
      meaning(0x9600_0010, "xFSC") == "synchronous external abort, not on a translation table walk")
    #expect(
      meaning(0x8200_0097, "xFSC")
        == "synchronous external abort on a translation table walk, level 3")
    #expect(meaning(0x8200_0097, "S1PTW") == "on the stage 2 translation of a stage 1 walk")
    // SET means nothing elsewhere: the bits are unknown when set.
    #expect(meaning(0x9600_1807, "SET") == nil)
    #expect(meaning(0x9600_1807, "RES0") != nil)
  }

  @Test func theInstructionSyndromeIsReadOnlyWhenValid() {
    #expect(meaning(0x9381_0046, "SRT") == "register X1")
    #expect(meaning(0x9381_0046, "SAS") == "word")
    #expect(meaning(0x9201_0046, "SRT") == nil)
  }

  @Test func aSystemErrorNamesItsType() {
    #expect(meaning(0xBE00_0C11, "AET") == "recoverable state (UER)")
    #expect(meaning(0xBE00_0000, "DFSC") == "uncategorized error")
    #expect(meaning(0xBE00_1C11, "AET") == "reserved value")
    #expect(meaning(0xBF00_0000, "IDS") == "IMPLEMENTATION DEFINED syndrome")
    #expect(meaning(0xBF00_0000, "DFSC") == nil)
  }

  @Test func aTrappedRegisterIsNamed() {
    // MRS X0, ERXSTATUS_EL1: op0 3, op1 0, CRn 5, CRm 4, op2 2.
    let raw: UInt64 = 0x18 << 26 | 1 << 25 | 3 << 20 | 2 << 17 | 0 << 14 | 5 << 10 | 4 << 1 | 1
    #expect(meaning(raw, "Op0") == "op0 3: ERXSTATUS_EL1 (S3_0_C5_C4_2)")
    #expect(meaning(raw, "Direction") == "read (MRS)")
  }

  @Test func theTextIsALineAField() {
    #expect(
      SyndromeDescription(Syndrome(rawValue: 0x5600_0007)).text == """
        ESR 0x0000000056000007
          [63:56] RES0   0x00  reserved
          [55:32] ISS2   0x000000  nothing further
          [31:26] EC     0x15  SVC (AArch64)
          [25]    IL     0x1  32-bit instruction, or none
          [24:16] RES0   0x000  reserved
          [15:0]  imm16  0x0007  immediate 7
        """)
  }
}
