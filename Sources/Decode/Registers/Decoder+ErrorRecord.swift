// An error record as somebody copied it: ERR<n>STATUS, and what else of the record was at hand.

import Arm

extension Decoder {
  /// A status with its address, features, control and miscellaneous registers.
  mutating func errorRecord(_ values: [NamedValue]) {
    func value(_ name: String) -> UInt64? { values.first { $0.name == name }?.value }
    guard let raw = value("status") ?? value("") else {
      return remark(.malformed, "error record", at: nil, "no status among the values")
    }
    let status = ErrorStatus(rawValue: raw)
    let lines = ErrorStatusWords.lines(status)
    title("ERR<n>STATUS", raw, ErrorStatusWords.summary(raw))
    if report.isText {
      report.registerLines(lines)
    } else {
      report.hexadecimal("status", raw)
      report.hexadecimal("value", raw)
      report.object("fields", "")
      report.registerFields(lines)
      report.derived("SERRname", ErrorStatusWords.code(status))
      report.derived("UETname", ErrorStatusWords.uncorrectedType(status))
      report.end()
      report.bitList(lines)
      report.derived("summary", ErrorStatusWords.summary(raw))
    }
    check(status)
    address(value("addr"), status)
    let feature = value("fr").map(ErrorFeature.init(rawValue:))
    if let feature {
      part("feature", "ERR<n>FR", feature.rawValue, ErrorStatusWords.lines(feature))
    }
    if let control = value("ctlr").map(ErrorControl.init(rawValue:)) {
      part("control", "ERR<n>CTLR", control.rawValue, ErrorStatusWords.lines(control))
    }
    for number in 0..<4 {
      guard let word = value("misc\(number)") else { continue }
      miscellaneous(number, word, status, feature)
    }
  }

  private mutating func part(
    _ key: StaticString, _ name: String, _ value: UInt64, _ lines: [RegisterLine]
  ) {
    title(name, value, "")
    if report.isText { return report.registerLines(lines) }
    report.object(key, "")
    report.hexadecimal("value", value)
    report.object("fields", "")
    report.registerFields(lines)
    report.end()
    report.bitList(lines)
    report.end()
  }

  private mutating func address(_ value: UInt64?, _ status: ErrorStatus) {
    let isValid = status.isSet(ErrorStatus.av)
    guard let value else {
      report.null("address")
      if isValid { remark(.note, "status", at: nil, "AV is set; ERR<n>ADDR is not given") }
      return
    }
    let address = ErrorAddress(rawValue: value)
    title("ERR<n>ADDR", value, isValid ? "" : "not valid (AV=0)")
    if report.isText { return report.registerLines(ErrorStatusWords.lines(address)) }
    report.object("address", "")
    report.derived("valid", isValid)
    for field in [
      ErrorAddress.ns, ErrorAddress.si, ErrorAddress.ai, ErrorAddress.va, ErrorAddress.nse,
    ] {
      report.bits(field.name.description, address[field], width: 1)
    }
    report.hexadecimal("pa", address[ErrorAddress.paddr])
    report.hexadecimal("value", value)
    report.end()
  }

  /// Rules that a status keeps. RASSA 2.4.2.
  private mutating func check(_ status: ErrorStatus) {
    let isValid = status.isSet(ErrorStatus.v)
    let rest = status.rawValue & ~(ErrorStatus.v.mask)
    if !isValid, rest != 0 {
      remark(.inconsistent, "status", at: nil, "V is 0, and other fields ({x}) are not", rest)
    }
    require(
      !isValid || status.highestState != nil, "status", at: nil,
      "V is 1, but neither UE nor DE nor CE is set")
    require(
      status.isSet(ErrorStatus.ue) || !status.isSet(ErrorStatus.uet), "status", at: nil,
      "UET is {d}, but UE is 0", status[ErrorStatus.uet])
    require(
      status.code.name != nil, "status", at: nil, "SERR {x} is a reserved code",
      status[ErrorStatus.serr])
    let reserved = ErrorStatus.fields.reduce(status.rawValue) { $0 & ~$1.mask }
    require(reserved == 0, "status", at: nil, "reserved bits {x} are set", reserved)
  }

  /// MISC0 has the counters that FR promises; MISC3 the timestamp. RASSA 3.
  private mutating func miscellaneous(
    _ number: Int, _ value: UInt64, _ status: ErrorStatus, _ feature: ErrorFeature?
  ) {
    let keys: [StaticString] = ["misc0", "misc1", "misc2", "misc3"]
    let isValid = status.isSet(ErrorStatus.mv)
    var words: [String] = isValid ? [] : ["not valid (MV=0)"]
    if number == 0, let feature {
      let counters = ErrorStatusWords.counters(value, feature)
      for counter in counters {
        words.append("\(counter.name) \(counter.value)" + (counter.overflow ? ", overflowed" : ""))
      }
    } else if number == 3, let feature, feature.isSet(ErrorFeature.ts) {
      words.append("timestamp")
    } else {
      words.append("IMPLEMENTATION DEFINED")
    }
    title("ERR<n>MISC\(number)", value, words.joined(separator: ", "))
    guard !report.isText else { return }
    report.hexadecimal(keys[number], value)
    if number == 0, let feature {
      report.object("counters", "")
      for counter in ErrorStatusWords.counters(value, feature) {
        report.bits(counter.name, counter.value, width: 4)
        report.bits(counter.name + "overflow", counter.overflow ? 1 : 0, width: 1)
      }
      report.end()
    }
  }
}

extension ErrorStatusWords {
  /// The corrected error counters in MISC0 that a feature register promises.
  static func counters(
    _ misc0: UInt64, _ feature: ErrorFeature
  ) -> [(name: String, value: UInt64, overflow: Bool)] {
    let isPair = feature.isSet(ErrorFeature.rp)
    func counter(_ name: String, _ high: UInt8, _ low: UInt8) -> (String, UInt64, Bool) {
      (
        name, (misc0 & Field("", high, low).mask) >> UInt64(low), misc0 >> UInt64(high + 1) & 1 == 1
      )
    }
    switch (feature[ErrorFeature.cec], isPair) {
    case (2, false): return [counter("CEC", 38, 32)]
    case (2, true): return [counter("CECR", 38, 32), counter("CECO", 46, 40)]
    case (4, false): return [counter("CEC", 46, 32)]
    case (4, true): return [counter("CECR", 46, 32), counter("CECO", 62, 48)]
    default: return []
    }
  }
}
