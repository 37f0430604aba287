// Writing ERR<n>STATUS. RASSA, ERR<n>STATUS: what each version clears and when it refuses.

import Testing

@testable import Arm

@Suite struct ErrorRecordClearingTests {
  /// Every combination of the fields that the rules look at.
  var states: [ErrorStatus] {
    var states: [ErrorStatus] = []
    for bits: UInt64 in 0..<128 {
      for ce: UInt64 in [0, 0b10, 0b11] where bits & 0b10_0000 != 0 || ce == 0 {
        states.append(
          ErrorStatus(rawValue: 0x0C)
            .with(ErrorStatus.v, bits & 1).with(ErrorStatus.ue, bits >> 1)
            .with(ErrorStatus.of, bits >> 2).with(ErrorStatus.de, bits >> 3)
            .with(ErrorStatus.av, bits >> 4).with(ErrorStatus.ce, ce)
            .with(ErrorStatus.ci, bits >> 6)
            .with(ErrorStatus.uet, bits & 2 != 0 ? 0b11 : 0))
      }
    }
    return states
  }

  /// Writes that clear every subset of the fields.
  var writes: [UInt64] {
    let fields = [
      ErrorStatus.v, ErrorStatus.ue, ErrorStatus.of, ErrorStatus.de, ErrorStatus.ce,
      ErrorStatus.av, ErrorStatus.uet, ErrorStatus.ci,
    ]
    return (0..<256).map { subset in
      fields.indices.reduce(0) { subset >> $1 & 1 == 1 ? $0 | fields[$1].mask : $0 }
    }
  }

  @Test func v1p1IgnoresAWriteThatDoesNotClearAllThatIsSet() {
    for status in states {
      for write in writes {
        let guarding =
          ErrorStatus.v.mask | ErrorStatus.ue.mask | ErrorStatus.of.mask | ErrorStatus.de.mask
        let isCEKept =
          status.isSet(ErrorStatus.ce) && write & ErrorStatus.ce.mask != ErrorStatus.ce.mask
        let isIgnored = status.rawValue & guarding & ~write != 0 || isCEKept
        let result = status.written(write, version: .v1p1)
        if isIgnored {
          #expect(result == status)
        } else {
          var expected = status.rawValue & ~write & ~0xFFFF
          if write & ErrorStatus.uet.mask != ErrorStatus.uet.mask {
            expected = expected & ~ErrorStatus.uet.mask | status.rawValue & ErrorStatus.uet.mask
          }
          #expect(result.rawValue == expected)
          #expect(result.highestState == nil)
        }
      }
    }
  }

  @Test func v1p0GuardsStatesByOverflowAndValidByStates() {
    for status in states {
      for write in writes {
        let result = status.written(write, version: .v1p0)
        let clearsOverflow = write & ErrorStatus.of.mask != 0
        #expect(result.isSet(ErrorStatus.of) == (status.isSet(ErrorStatus.of) && !clearsOverflow))
        let isGuarded = status.isSet(ErrorStatus.of) && !clearsOverflow
        var isStateLeft = false
        for field in [ErrorStatus.ue, ErrorStatus.de, ErrorStatus.ce] {
          let isCleared = write & field.mask == field.mask && !isGuarded
          #expect(result[field] == (isCleared ? 0 : status[field]))
          if result.isSet(field) { isStateLeft = true }
        }
        let clearsValid = write & ErrorStatus.v.mask != 0 && !isStateLeft
        #expect(result.isSet(ErrorStatus.v) == (status.isSet(ErrorStatus.v) && !clearsValid))
        // The address stays valid while the error it belongs to is there.
        let highest: Field? =
          switch status.highestState {
          case nil: nil
          case .corrected: ErrorStatus.ce
          case .deferred: ErrorStatus.de
          default: ErrorStatus.ue
          }
        let isHighestLeft = highest.map { result.isSet($0) } ?? false
        let clearsAddress = write & ErrorStatus.av.mask != 0 && !isHighestLeft
        #expect(result.isSet(ErrorStatus.av) == (status.isSet(ErrorStatus.av) && !clearsAddress))
        let clearsCritical = write & ErrorStatus.ci.mask != 0 && !isHighestLeft
        #expect(result.isSet(ErrorStatus.ci) == (status.isSet(ErrorStatus.ci) && !clearsCritical))
      }
    }
  }

  @Test func writingTheClearingValueEmptiesARecord() {
    for version in ErrorRecordVersion.allCases {
      for status in states {
        let result = status.written(status.clearingValue, version: version)
        #expect(result.rawValue == 0, "\(version) \(status)")
      }
    }
  }

  @Test func anErrorBetweenReadAndWriteIsNotLost() {
    let feature = ErrorFeature(rawValue: 0)
    for version in ErrorRecordVersion.allCases {
      for first in ErrorState.allCases {
        for second in ErrorState.allCases {
          var record = ErrorRecord()
          record.record(
            DetectedError(state: first, code: .externalMemoryData), feature: feature,
            version: version)
          let clear = record.status.clearingValue
          let firstStatus = record.status
          record.record(
            DetectedError(state: second, code: .externalMemoryData), feature: feature,
            version: version)
          let after = record.status.written(clear, version: version)
          // If the second error left a trace in a field that guards, the record stays valid.
          if record.status != firstStatus {
            #expect(after.isSet(ErrorStatus.v), "\(version) \(first) then \(second)")
          }
        }
      }
    }
  }

  @Test func aHalfWrittenFieldIsNotCleared() {
    let status = ErrorStatus(rawValue: 0).with(ErrorStatus.v, 1).with(ErrorStatus.ce, 0b10)
    #expect(
      status.written(ErrorStatus.v.mask | 0b10 << 24, version: .v1p1) == status)
  }
}
