// The corrected error counters of MISC0: every form that FR promises, by its places in the manual's table.

import Testing

@testable import Arm

@Suite struct CorrectedErrorCounterTests {
  /// CEC, RP, and where the manual has the counters: (first, other) as (high, low) of the count.
  static let forms: [(cec: UInt64, rp: UInt64, first: (Int, Int)?, other: (Int, Int)?)] = [
    (0b000, 0, nil, nil), (0b000, 1, nil, nil), (0b001, 0, nil, nil),
    (0b010, 0, (38, 32), nil), (0b010, 1, (38, 32), (46, 40)),
    (0b100, 0, (46, 32), nil), (0b100, 1, (46, 32), (62, 48)),
  ]

  private func feature(_ cec: UInt64, _ rp: UInt64) -> ErrorFeature {
    ErrorFeature(rawValue: 0).with(ErrorFeature.cec, cec).with(ErrorFeature.rp, rp)
  }

  private func corrected(at address: UInt64?) -> DetectedError {
    var error = DetectedError(state: .corrected, code: .externalMemoryData)
    error.address = address.map { ErrorAddress(PhysicalAddress($0), isSecure: false) }
    return error
  }

  @Test func everyFormHasItsPlaces() {
    for form in Self.forms {
      let counters = CorrectedErrorCounters(feature(form.cec, form.rp))
      #expect((counters == nil) == (form.first == nil), "CEC \(form.cec) RP \(form.rp)")
      #expect((counters?.other == nil) == (form.other == nil), "CEC \(form.cec) RP \(form.rp)")
      var mask: UInt64 = 0
      for (counter, place) in [(counters?.first, form.first), (counters?.other, form.other)] {
        guard let counter, let (high, low) = place else { continue }
        #expect(counter.count.mask == (UInt64(1) << (high + 1)) - (UInt64(1) << low))
        #expect(counter.overflow.mask == UInt64(1) << (high + 1))
        #expect(counter.largest == (UInt64(1) << (high - low + 1)) - 1)
        mask |= counter.count.mask | counter.overflow.mask
      }
      #expect((counters?.mask ?? 0) == mask)
    }
  }

  @Test func aPairTellsTheRecordedErrorFromAllOthers() {
    let feature = feature(0b100, 1)
    var record = ErrorRecord()
    for address: UInt64? in [0x1000, 0x2000, 0x1000, nil, 0x1000, 0x3000] {
      record.record(corrected(at: address), feature: feature, version: .v1p1)
    }
    #expect(record.misc0 == 3 << 32 | 3 << 48)
    #expect(record.address[ErrorAddress.paddr] == 0x1000)
    #expect(!record.status.isSet(ErrorStatus.of))
    // An error of another state is no corrected one, and what comes after it is another.
    record.record(
      DetectedError(state: .deferred, code: .externalMemoryData), feature: feature, version: .v1p1)
    record.record(corrected(at: 0x1000), feature: feature, version: .v1p1)
    #expect(record.misc0 == 3 << 32 | 4 << 48)
  }

  @Test func withoutAPairAllAreCountedInOne() {
    let feature = feature(0b010, 0)
    var record = ErrorRecord()
    for address in [0x1000, 0x2000, 0x1000] as [UInt64] {
      record.record(corrected(at: address), feature: feature, version: .v1p1)
    }
    #expect(record.misc0 == 3 << 32)
  }

  @Test func aFullCounterOverflowsWithTheNextErrorAndItsFlagStays() throws {
    for form in Self.forms where form.first != nil {
      let feature = feature(form.cec, form.rp)
      let counters = try #require(CorrectedErrorCounters(feature))
      var record = ErrorRecord()
      record.misc0 = counters.full
      #expect(!counters.hasOverflowed(record.misc0))
      record.record(corrected(at: 0x1000), feature: feature, version: .v1p1)
      #expect(counters.hasOverflowed(record.misc0))
      #expect(record.status.isSet(ErrorStatus.of))
      #expect(record.misc0 & counters.first.count.mask == 0)
      #expect(counters.first.errors(in: record.misc0) == counters.first.largest + 1)
      record.record(corrected(at: 0x1000), feature: feature, version: .v1p1)
      #expect(record.misc0 & counters.first.overflow.mask != 0)
      #expect(counters.first.errors(in: record.misc0) == counters.first.largest + 2)
      if let other = counters.other { #expect(record.misc0 & other.overflow.mask == 0) }
    }
  }
}
