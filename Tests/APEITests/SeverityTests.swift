// Severities: which is worse, and what Linux makes of each.

import APEI
import Arm
import Bytes
import Testing

@Suite struct SeverityTests {
  @Test func severityIsThatOfTheHighestStateOnly() {
    // V, UE with UET, DE and CE in every combination.
    for ue in 0...1 as ClosedRange<UInt64> {
      for uet in 0...3 as ClosedRange<UInt64> {
        for de in 0...1 as ClosedRange<UInt64> {
          for ce in 0...3 as ClosedRange<UInt64> {
            let status = ErrorStatus(
              rawValue: 1 << 30 | ue << 29 | uet << 20 | de << 23 | ce << 24)
            let expected: ErrorSeverity =
              if ue == 1 {
                uet < 2 ? .fatal : .recoverable
              } else if de == 1 {
                .recoverable
              } else if ce != 0 {
                .corrected
              } else {
                .none
              }
            #expect(ErrorSeverity(status) == expected)
            // A critical error is fatal in whatever state.
            #expect(ErrorSeverity(status.with(ErrorStatus.ci, 1)) == .fatal)
          }
        }
      }
    }
    #expect(ErrorSeverity(ErrorStatus(rawValue: 1 << 29)) == .none, "V=0: nothing recorded")
    #expect(ErrorSeverity(ErrorStatus(rawValue: 1 << 29 | 1 << 19)) == .none, "nor then")
  }

  @Test func worseIsByMeaningNotByNumber() {
    let order: [ErrorSeverity] = [.none, .corrected, .recoverable, .fatal]
    for (i, a) in order.enumerated() {
      for (j, b) in order.enumerated() { #expect(a.worse(b) == order[max(i, j)]) }
    }
  }

  @Test func flagsFollowFromTheRecord() {
    let valid: UInt64 = 1 << 30
    #expect(SectionFlags(ErrorStatus(rawValue: valid | 1 << 23)) == .latent)
    #expect(
      SectionFlags(ErrorStatus(rawValue: valid | 1 << 29 | 1 << 22)) == [
        .containmentWarning, .propagated,
      ])
    #expect(SectionFlags(ErrorStatus(rawValue: valid | 1 << 29 | 3 << 20 | 1 << 27)) == .overflow)
  }

  @Test func everyErrorCodeHasAComponent() {
    for code in 0...255 as ClosedRange<UInt8> {
      let component = ErrorComponent(ErrorCode(rawValue: code))
      #expect((component == .unknown) == (code > ErrorCode.highestDefined.rawValue))
    }
    #expect(ErrorComponent(.externalMemoryData) == .memory)
    #expect(ErrorComponent(.completerErrorResponse).processorErrorType == .bus)
  }

  @Test func timestampsAreBinaryCodedDecimal() {
    #expect(Timestamp(secondsSince1970: 0).description == "1970-01-01T00:00:00")
    #expect(Timestamp(secondsSince1970: 951_782_399).description == "2000-02-28T23:59:59")
    #expect(Timestamp(secondsSince1970: 951_782_400).description == "2000-02-29T00:00:00")
    #expect(Timestamp(secondsSince1970: 4_107_542_400).description == "2100-03-01T00:00:00")
    #expect(Timestamp(secondsSince1970: .max).description == "9999-12-31T23:59:59")
    var seconds: UInt64 = 0
    while seconds < 5_000_000_000 {
      let time = Timestamp(secondsSince1970: seconds, isPrecise: seconds & 1 != 0)
      #expect(Timestamp(rawValue: time.rawValue) == time)
      seconds += 7_654_321
    }
    #expect(Timestamp(rawValue: 0x2024_0229_0023_5908) != nil)
    #expect(Timestamp(rawValue: 0x2024_0229_0024_5908) == nil, "hour 24")
    #expect(Timestamp(rawValue: 0x2024_0229_0023_5a08) == nil, "not decimal")
    #expect(Timestamp(rawValue: 0x2024_1329_0023_5908) == nil, "month 13")
  }

  @Test func theTypeByteHasThreeEncodings() {
    #expect(ProcessorErrorTypeEncoding.bitmapFromBit1.byte(for: .cache) == 0x02)
    #expect(ProcessorErrorTypeEncoding.bitmapFromBit0.byte(for: .cache) == 0x01)
    #expect(ProcessorErrorTypeEncoding.enumeration.byte(for: .cache) == 0)
    #expect(ProcessorErrorTypeEncoding.bitmapFromBit1.byte(for: [.bus, .tlb]) == 0x0c)
    for encoding in ProcessorErrorTypeEncoding.allCases {
      for byte in 0...255 as ClosedRange<UInt8> {
        if let type = encoding.type(of: byte) { #expect(encoding.byte(for: type) == byte) }
      }
    }
    #expect(ProcessorErrorTypeEncoding.bitmapFromBit1.type(of: 1) == nil)
    #expect(ProcessorErrorTypeEncoding.bitmapFromBit0.type(of: 0x10) == nil)
  }

  @Test func theAcknowledgementHandshake() {
    let word = ReadAcknowledge(memory64: 0x1000)
    #expect(word.isBlockFree(register: 1))
    let pending = word.pending(0xabcd_0001)
    #expect(pending == 0xabcd_0000)
    #expect(!word.isBlockFree(register: pending))
    #expect(word.acknowledged(pending) == 0xabcd_0001)
    var shifted = ReadAcknowledge(memory64: 0x1000)
    shifted.register.bitOffset = 8
    shifted.register.bitWidth = 8
    shifted.write = 0x41
    shifted.preserve = 0
    #expect(shifted.acknowledged(0xffff) == 0x4100)
    #expect(shifted.isBlockFree(register: 0x4100))
    #expect(!shifted.isBlockFree(register: 0x4000))
  }
}
