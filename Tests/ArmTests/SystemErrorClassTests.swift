// What an SError means, over every value of the fields that decide it.

import Arm
import Testing

@Suite struct SystemErrorClassTests {
  /// Arm ARM D24.2, ESR_EL1: with IDS nothing else of the ISS is architected; AET is valid with DFSC 0x11
  /// alone. Linux, arm64_is_fatal_ras_serror: CE and UEO go on, UEU and UER end who ran, UC and what
  /// is not defined end the machine.
  @Test func everySyndromeHasOneClass() {
    for dfsc in 0..<64 as Range<UInt64> {
      for aet in 0..<8 as Range<UInt64> {
        for ea in 0...1 as ClosedRange<UInt64> {
          let iss = aet << 10 | ea << 9 | dfsc
          let plain = SystemErrorClass(Syndrome(.serror, iss: iss))
          if dfsc != 0x11 {
            #expect(plain == .uncategorized)
          } else {
            let wanted: [SystemErrorClass] = [
              .uncontained, .contained, .harmless, .contained, .uncategorized, .uncategorized,
              .harmless, .uncategorized,
            ]
            #expect(plain == wanted[Int(aet)])
          }
          let own = Syndrome(.serror, iss: 1 << 24 | iss)
          #expect(SystemErrorClass(own) == .implementationDefined)
          #expect(
            SystemErrorClass(Syndrome(.serror, iss: iss), hasRAS: false) == .implementationDefined)
        }
      }
    }
  }
}
