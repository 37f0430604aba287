// Every syndrome can be explained: all classes, all fault status codes, no bit left out.

import Arm
import Testing

@Suite struct SyndromeDescriptionTests {
  static let reserved: Set<UInt8> = [
    0x02, 0x0B, 0x0F, 0x10, 0x23, 0x29, 0x2A, 0x2B, 0x2E, 0x36, 0x37, 0x39, 0x3B, 0x3E, 0x3F,
  ]

  @Test func allExceptionClassesAreNamedOrSaidToBeReserved() {
    for number: UInt8 in 0..<64 {
      let title = ExceptionClass(rawValue: number).title
      #expect((title == nil) == Self.reserved.contains(number), "\(number)")
      let description = SyndromeDescription(Syndrome(ExceptionClass(rawValue: number), iss: 0))
      let line = description.lines.first { $0.name == "EC" }
      #expect(line?.value == UInt64(number))
      #expect(line?.isUnknown == Self.reserved.contains(number))
    }
  }

  // Fields do not overlap, are in order, and cover every bit that is set.
  @Test func everyBitOfEverySyndromeIsExplainedOnce() {
    for number: UInt8 in 0..<64 {
      var isses: [UInt64] = [0, 0x1FF_FFFF, 0x155_5555, 0x0AA_AAAA]
      isses += (0..<25).map { 1 << $0 }
      isses += (0..<64).map { UInt64($0) }
      for iss in isses {
        let syndrome = Syndrome(ExceptionClass(rawValue: number), iss: iss)
        var seen: UInt64 = 0
        var previous: UInt8 = 64
        for line in SyndromeDescription(syndrome).lines {
          let mask = Field("", line.high, line.low).mask
          #expect(seen & mask == 0, "EC \(number) ISS \(iss) \(line.name)")
          #expect(line.high < previous && line.high >= line.low)
          #expect(line.value == (syndrome.rawValue & mask) >> UInt64(line.low))
          #expect(!line.meaning.isEmpty && !line.name.isEmpty)
          previous = line.low
          seen |= mask
        }
        #expect(syndrome.rawValue & ~seen == 0, "EC \(number) ISS \(iss)")
      }
    }
  }

  func meaning(_ value: UInt64, _ field: String) -> String? {
    SyndromeDescription(Syndrome(rawValue: value)).lines.first { $0.name == field }?.meaning
  }

  @Test(arguments: [
    (0x9200_0010 as UInt64, "DFSC", "Synchronous External abort, not on a translation table walk"),
    (0x9200_0010, "SET", "Recoverable state (UER)"), (0x9200_1010, "SET", "Uncontainable (UC)"),
    (0x9200_1810, "SET", "Restartable state (UEO)"), (0x9200_0810, "SET", "reserved value"),
    (0x9200_0410, "FnV", "FAR is not valid"), (0x9200_0050, "WnR", "write"),
    (0x8200_0007, "IFSC", "Translation fault, level 3"),
    (
      0x8600_0096, "IFSC",
      "Synchronous External abort on a translation table walk, level 2"
    ),
    (0x8600_0096, "S1PTW", "stage 2 fault on a stage 1 translation table walk"),
    (0x8200_0011, "IFSC", "reserved value"),
    (0x93C8_0045, "SAS", "doubleword"), (0x93C8_0045, "SRT", "transfer register X8"),
    (0xBE00_0C11, "AET", "Recoverable state (UER)"), (0xBE00_0011, "AET", "Uncontainable (UC)"),
    (0xBE00_1811, "AET", "Corrected (CE)"), (0xBE00_1411, "AET", "reserved value"),
    (0xBE00_0000, "DFSC", "Uncategorized error"),
    (0xBF00_0000, "IDS", "the rest is IMPLEMENTATION DEFINED"),
    (0x6230_08A1, "CRm", "CRm; with the others S3_0_C2_C0_0, TTBR0_EL1"),
    (0x6230_08A1, "Rt", "transfer register X5"), (0x6230_08A1, "Direction", "read (MRS, SYSL)"),
    (0x620C_D3E4, "CRm", "CRm; with the others S0_3_C4_C2_6, MSR DAIFSet"),
    (0x07E0_0001, "TI", "WFE"), (0x07E0_0001, "COND", "AL"),
    (0x5600_1234, "imm16", "immediate of the instruction"),
    (0xF200_03E8, "Comment", "immediate of the instruction"),
    (0xCA00_0022, "IFSC", "Debug exception"),
    (0x0200_0000, "EC", "Unknown reason"), (0x0A00_0000, "EC", "reserved exception class"),
  ])
  func valuesMeanWhatTheManualSays(value: UInt64, field: String, expected: String) {
    #expect(meaning(value, field) == expected)
  }

  @Test func systemRegisterNamesRoundTrip() {
    for (name, encoding) in SystemRegisterEncoding.allNamed {
      #expect(SystemRegisterEncoding.named(name) == encoding)
      let trapped = Syndrome.systemRegister(encoding, rt: 0, isRead: false)
      #expect(trapped.systemRegisterEncoding == encoding)
    }
    #expect(SystemRegisterEncoding.named("ICH_LR12_EL2") == SystemRegisterEncoding(3, 4, 12, 13, 4))
    #expect(SystemRegisterEncoding(3, 0, 12, 9, 0).name == "ICC_AP1R0_EL1")
    #expect(SystemRegisterEncoding(3, 0, 5, 5, 2).name == "ERXMISC2_EL1")
    #expect(SystemRegisterEncoding(3, 2, 1, 1, 1).name == nil)
  }
}
