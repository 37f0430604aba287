// Registers in lines of a log: syndromes of oopses, panics and SErrors, pstate, and the error records
// that firmware and vendors' drivers print.

enum LogRegisters {
  /// Digits after a mark in a line: with 0x or not, at least eight of them.
  private static func number(in line: Substring, after mark: String) -> UInt64? {
    guard let range = line.range(ofWords: mark) else { return nil }
    var rest = line[range.upperBound...].drop { $0 == " " }
    if rest.hasPrefix("0x") || rest.hasPrefix("0X") { rest = rest.dropFirst(2) }
    let digits = rest.prefix { $0.isHexDigit }
    guard (1...16).contains(digits.count) else { return nil }
    return UInt64(digits, radix: 16)
  }

  /// The syndrome in a line, and whether it is that of an SError.
  static func syndrome(_ line: Substring) -> UInt64? {
    for mark in [
      "ESR = 0x", "ESR: 0x", "ESR 0x", "esr: 0x", "esr 0x", "esr=0x", "ESR=0x", "ESR_EL1: 0x",
      "ESR_EL2: 0x",
      "ESR_EL3: 0x", "ESR_EL1 = 0x", "ESR_EL2 = 0x", "ESR_EL3 = 0x", "esr_el3 = 0x", "esr_el1 = 0x",
      "ESR_EL1=0x", "ESR_EL2=0x", "ESR_EL3=0x",
    ] {
      if let value = number(in: line, after: mark) { return value }
    }
    if line.has("SError") || line.has("Bad mode in"),
      let value = number(in: line, after: "code 0x")
    {
      return value
    }
    if line.has("Internal error: "), let end = line.range(ofWords: " [#") {
      let words = line[..<end.lowerBound]
      if let colon = words.lastIndex(of: ":") {
        let digits = words[words.index(after: colon)...].drop { $0 == " " }
        if digits.count == 8 || digits.count == 16 { return UInt64(digits, radix: 16) }
      }
    }
    if line.has("Unhandled fault") || line.has("ynchronous external abort"),
      let open = line.range(ofWords: "(0x")
    {
      let digits = line[open.upperBound...].prefix { $0.isHexDigit }
      if digits.count == 8 || digits.count == 16 { return UInt64(digits, radix: 16) }
    }
    return nil
  }

  /// The value of pstate in an oops.
  static func processState(_ line: Substring) -> UInt64? { number(in: line, after: "pstate: ") }

  /// A register of an error record: its name as `ValueReader` has it, and its value.
  static func record(_ line: Substring) -> NamedValue? {
    for separator in ["=", ":"] {
      guard let mark = line.range(ofWords: separator) else { continue }
      let words = line[..<mark.lowerBound].split { $0 == " " || $0 == "\t" }
      let rest = line[mark.upperBound...].drop { $0 == " " }
      guard rest.hasPrefix("0x"), let name = words.last else { continue }
      let digits = rest.dropFirst(2).prefix { $0.isHexDigit }
      guard let value = UInt64(digits, radix: 16) else { continue }
      let canonical = ValueReader.canonical(name.lowercased())
      switch canonical {
      case "status", "addr", "misc0", "misc1", "misc2", "misc3", "ctlr", "fr":
        return NamedValue(name: canonical, value: value)
      default: continue
      }
    }
    return nil
  }
}
