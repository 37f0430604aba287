// The recording and clearing rules, against the manual's tables typed as the manual prints them.
// RASSA (IHI0100) tables 2-1, 2-2 and 2-3, and ERR<n>STATUS.

import Testing

@testable import Arm

/// Table 2-2: FEAT_RASSAv1.
let tableV1p0 = """
  -    CW   W    W    W    W    W
  CE   CWK  W    W    W    W    W
  DE   CK   O    W    W    W    W
  UEO  CK   K    O    WO   WO   WO
  UER  CK   K    O    O    WO   WO
  UEU  CK   K    O    O    O    WO
  UC   CK   K    O    O    O    O
  """

/// Table 2-3: FEAT_RASSAv1p1.
let tableV1p1 = """
  -    CW   W    W    W    W    W
  CE   CWO  WO   WO   WO   WO   WO
  DE   CO   O    WO   WO   WO   WO
  UEO  CO   O    O    WO   WO   WO
  UER  CO   O    O    O    WO   WO
  UEU  CO   O    O    O    O    WO
  UC   CO   O    O    O    O    O
  """

@Suite struct ErrorRecordTests {
  /// One cell of a table.
  struct Cell {
    var version: ErrorRecordVersion
    var previous: ErrorState?
    var new: ErrorState
    var rule: String
  }

  func cells() throws -> [Cell] {
    var cells: [Cell] = []
    for (version, table) in [(ErrorRecordVersion.v1p0, tableV1p0), (.v1p1, tableV1p1)] {
      for row in table.split(separator: "\n") {
        let words = row.split(separator: " ").map(String.init)
        try #require(words.count == 7)
        let previous = ErrorState.allCases.first { "\($0.mnemonic)" == words[0] }
        #expect((previous == nil) == (words[0] == "-"))
        for (new, rule) in zip(ErrorState.allCases, words.dropFirst()) {
          cells.append(Cell(version: version, previous: previous, new: new, rule: rule))
        }
      }
    }
    #expect(cells.count == 2 * 7 * 6)
    return cells
  }

  /// The new error: every part differs from the old one's.
  func newError(_ state: ErrorState) -> DetectedError {
    var error = DetectedError(state: state, code: ErrorCode(rawValue: 0x12))
    error.implementationDefinedCode = 0x34
    error.correctedKind = .persistent
    error.isPoison = true
    error.hasInBandResponse = true
    error.address = ErrorAddress(PhysicalAddress(0x4000_0040), isSecure: false)
    error.timestamp = 2222
    return error
  }

  func oldError(_ state: ErrorState) -> DetectedError {
    var error = DetectedError(state: state, code: ErrorCode(rawValue: 0x0C))
    error.implementationDefinedCode = 0x01
    error.correctedKind = .transient
    error.address = ErrorAddress(PhysicalAddress(0x1000), isSecure: true)
    error.timestamp = 1111
    return error
  }

  /// A record whose highest state is `previous`.
  func record(
    _ previous: ErrorState?, overflow: Bool, _ feature: ErrorFeature,
    _ version: ErrorRecordVersion
  ) -> ErrorRecord {
    var record = ErrorRecord()
    if let previous { record.record(oldError(previous), feature: feature, version: version) }
    record.status[ErrorStatus.of] = overflow ? 1 : 0
    return record
  }

  /// What a rule of the manual says: (overwrites, sets OF or nil where it is the implementer's
  /// choice).
  func expectation(
    _ cell: Cell, overflow: Bool, ceo: UInt64, hasCounter: Bool, counterOverflows: Bool
  ) -> (overwrites: Bool, overflow: Bool?) {
    switch cell.rule {
    // v1.0: OF is set to 0 or unchanged. v1.1: unchanged.
    case "W": return (true, cell.version == .v1p1 || !overflow ? overflow : nil)
    case "WO": return (true, true)
    case "O": return (false, true)
    // OF is set to 1 or unchanged.
    case "K": return (false, overflow ? true : nil)
    case "CW":
      if counterOverflows { return (true, cell.version == .v1p1 ? true : nil) }
      return (true, cell.version == .v1p1 || !overflow ? overflow : nil)
    case "CK":
      if hasCounter, !counterOverflows { return (false, overflow) }
      return (false, overflow ? true : nil)
    case "CWK":
      let overwrites = ceo == 1 && !overflow
      return (overwrites, overflow || counterOverflows || !hasCounter)
    case "CO": return (false, hasCounter ? overflow || counterOverflows : true)
    case "CWO":
      guard hasCounter else { return (false, true) }
      return (ceo == 1 && !overflow, overflow || counterOverflows)
    default:
      Issue.record("unknown rule \(cell.rule)")
      return (false, nil)
    }
  }

  /// A full counter or not, by STATUS.CI before, by a critical error.
  static let counterAndCritical: [(Bool, Bool, Bool)] = (0..<8).map {
    ($0 & 1 != 0, $0 & 2 != 0, $0 & 4 != 0)
  }

  @Test func everyPairOfStatesIsRecordedAsTheTablesSay() throws {
    for cell in try cells() {
      for overflow in [false, true] where cell.previous != nil || !overflow {
        for ceo: UInt64 in [0, 1] {
          for counter: UInt64 in [0b000, 0b010, 0b100] {
            for (isFull, wasCritical, isCritical) in Self.counterAndCritical
            where counter != 0 || !isFull {
              let feature = ErrorFeature(rawValue: 0).with(ErrorFeature.ceo, ceo)
                .with(ErrorFeature.cec, counter).with(ErrorFeature.ts, 1)
              var record = record(cell.previous, overflow: overflow, feature, cell.version)
              record.status[ErrorStatus.ci] = wasCritical ? 1 : 0
              if isFull, let fields = CorrectedErrorCounters(feature)?.first {
                record.misc0 = fields.count.mask
              }
              let before = record
              var error = newError(cell.new)
              error.isCritical = isCritical
              let outcome = record.record(error, feature: feature, version: cell.version)
              let isCounted = cell.new == .corrected && counter != 0
              let expected = expectation(
                cell, overflow: overflow, ceo: ceo, hasCounter: counter != 0,
                counterOverflows: isCounted && isFull)
              let name: Comment =
                "\(cell.version) \(String(describing: cell.previous)) then \(cell.new): \(cell.rule), OF \(overflow), CEO \(ceo), CEC \(counter), full \(isFull)"
              #expect((outcome == .overwritten) == expected.overwrites, name)
              // Whatever becomes of the syndrome, a critical error stays marked until software clears it.
              #expect(record.status.isSet(ErrorStatus.ci) == (wasCritical || isCritical), name)
              if let of = expected.overflow {
                #expect(record.status.isSet(ErrorStatus.of) == of, name)
              }
              if outcome == .overwritten {
                expectOverwritten(record, before, cell, name)
              } else {
                expectKept(record, before, cell, name)
              }
              expectCounted(record, before, feature, isCounted, isFull, name)
            }
          }
        }
      }
    }
  }

  func expectOverwritten(
    _ record: ErrorRecord, _ before: ErrorRecord, _ cell: Cell, _ name: Comment
  ) {
    #expect(record.status.highestState == cell.new, name)
    #expect(record.status[ErrorStatus.serr] == 0x12, name)
    #expect(record.status[ErrorStatus.ierr] == 0x34, name)
    #expect(record.status.isSet(ErrorStatus.pn), name)
    #expect(record.status.isSet(ErrorStatus.er), name)
    #expect(record.status.isSet(ErrorStatus.av), name)
    #expect(record.status.isSet(ErrorStatus.mv), name)
    #expect(record.address == ErrorAddress(PhysicalAddress(0x4000_0040), isSecure: false), name)
    #expect(record.misc3 == 2222, name)
    // Table 2-1: the fields of lower priority, printed X, keep what they had.
    if cell.new > .corrected {
      #expect(record.status[ErrorStatus.ce] == before.status[ErrorStatus.ce], name)
    }
    if cell.new > .deferred {
      #expect(record.status[ErrorStatus.de] == before.status[ErrorStatus.de], name)
    }
  }

  func expectKept(_ record: ErrorRecord, _ before: ErrorRecord, _ cell: Cell, _ name: Comment) {
    #expect(record.status.highestState == cell.previous, name)
    for field in [
      ErrorStatus.serr, ErrorStatus.ierr, ErrorStatus.pn, ErrorStatus.er, ErrorStatus.av,
      ErrorStatus.uet,
    ] {
      #expect(record.status[field] == before.status[field], name)
    }
    #expect(record.address == before.address, name)
    #expect(record.misc3 == before.misc3, name)
    #expect(
      record.status[ErrorStatus.ue]
        == (cell.new.isUncorrected ? 1 : before.status[ErrorStatus.ue]), name)
    #expect(
      record.status[ErrorStatus.de] == (cell.new == .deferred ? 1 : before.status[ErrorStatus.de]),
      name)
    if cell.new == .corrected {
      #expect(record.status.isSet(ErrorStatus.ce), name)
    } else {
      #expect(record.status[ErrorStatus.ce] == before.status[ErrorStatus.ce], name)
    }
  }

  func expectCounted(
    _ record: ErrorRecord, _ before: ErrorRecord, _ feature: ErrorFeature, _ isCounted: Bool,
    _ isFull: Bool, _ name: Comment
  ) {
    guard let counter = CorrectedErrorCounters(feature)?.first, isCounted else {
      #expect(record.misc0 == before.misc0, name)
      return
    }
    let old = (before.misc0 & counter.count.mask) >> UInt64(counter.count.low)
    let new = (record.misc0 & counter.count.mask) >> UInt64(counter.count.low)
    #expect(new == (isFull ? 0 : old + 1), name)
    #expect((record.misc0 & counter.overflow.mask != 0) == isFull, name)
  }

  @Test func anErrorWithoutAnAddressMakesTheOldAddressInvalid() {
    let feature = ErrorFeature(rawValue: 0)
    var record = ErrorRecord()
    record.record(newError(.restartable), feature: feature, version: .v1p1)
    #expect(record.status.isSet(ErrorStatus.av))
    #expect(!record.status.isSet(ErrorStatus.mv))
    record.record(
      DetectedError(state: .uncontainable, code: .none), feature: feature, version: .v1p1)
    #expect(!record.status.isSet(ErrorStatus.av))
    #expect(record.status.isSet(ErrorStatus.of))
  }

  @Test func aCriticalErrorIsMarkedEvenWhenItsSyndromeIsLost() {
    let feature = ErrorFeature(rawValue: 0)
    var record = ErrorRecord()
    record.record(newError(.uncontainable), feature: feature, version: .v1p1)
    var critical = newError(.deferred)
    critical.isCritical = true
    #expect(record.record(critical, feature: feature, version: .v1p1) == .kept)
    #expect(record.status.isSet(ErrorStatus.ci))
  }

  @Test func theHighestStateIsTable2Dash1() {
    for v: UInt64 in [0, 1] {
      for ce: UInt64 in 0..<4 {
        for de: UInt64 in [0, 1] {
          for ue: UInt64 in [0, 1] {
            for uet: UInt64 in 0..<4 {
              let status = ErrorStatus(rawValue: 0).with(ErrorStatus.v, v)
                .with(ErrorStatus.ce, ce).with(ErrorStatus.de, de).with(ErrorStatus.ue, ue)
                .with(ErrorStatus.uet, uet)
              let expected: ErrorState? =
                switch (v, ce != 0, de, ue, uet) {
                case (0, _, _, _, _): nil
                case (1, _, _, 1, 0b10): .restartable
                case (1, _, _, 1, 0b11): .recoverable
                case (1, _, _, 1, 0b01): .unrecoverable
                case (1, _, _, 1, _): .uncontainable
                case (1, _, 1, 0, _): .deferred
                case (1, true, 0, 0, _): .corrected
                default: nil
                }
              #expect(status.highestState == expected)
            }
          }
        }
      }
    }
  }

  @Test func fieldsOfARegisterDoNotOverlap() {
    for fields in [
      ErrorFeature.fields, ErrorControl.fields, ErrorStatus.fields, ErrorAddress.fields,
      ErrorInjectionFeature.fields,
    ] {
      var seen: UInt64 = 0
      for field in fields {
        #expect(seen & field.mask == 0, "\(field.name)")
        seen |= field.mask
      }
    }
  }

  @Test func everyDefinedErrorCodeHasAName() {
    for value in UInt8.min...UInt8.max {
      let isDefined = value <= ErrorCode.highestDefined.rawValue
      #expect((ErrorCode(rawValue: value).name != nil) == isDefined)
    }
  }
}
