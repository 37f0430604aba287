// A register field by field: the lines that text prints and JSON lists, whichever register it is.

import Arm

/// One field of a register, explained.
typealias RegisterLine = SyndromeDescription.Line

extension Register {
  /// A line for a field.
  func line(_ field: Field, _ meaning: String?) -> RegisterLine {
    RegisterLine(
      name: field.name.description, high: field.high, low: field.low, value: self[field],
      meaning: meaning ?? "reserved value", isUnknown: meaning == nil)
  }

  /// A line for a one-bit field.
  func line(_ field: Field, set: String, clear: String) -> RegisterLine {
    line(field, isSet(field) ? set : clear)
  }

  /// A line for each run of set bits that no other line covers: the manual says they are RES0.
  func uncovered(by lines: [RegisterLine], within mask: UInt64 = .max) -> [RegisterLine] {
    var rest = rawValue & mask
    for line in lines { rest &= ~Field("", line.high, line.low).mask }
    var more: [RegisterLine] = []
    while rest != 0 {
      let low = UInt8(rest.trailingZeroBitCount)
      let run = UInt8((~(rest >> UInt64(low))).trailingZeroBitCount)
      let field = Field("-", low + run - 1, low)
      more.append(
        RegisterLine(
          name: "-", high: field.high, low: low, value: self[field],
          meaning: run == 1 ? "RES0 bit that is set" : "RES0 bits that are set", isUnknown: true))
      rest &= ~field.mask
    }
    return more
  }
}

extension Report {
  /// A register: its value under its own key, its fields by name, and all lines with their meanings.
  mutating func register(
    _ key: StaticString, _ value: UInt64, _ lines: [RegisterLine]
  ) {
    if isText { return registerLines(lines) }
    hexadecimal(key, value)
    hexadecimal("value", value)
    object("fields", "")
    registerFields(lines)
    end()
    bitList(lines)
  }

  /// The fields by name; the first of a name, and none without one. JSON only.
  mutating func registerFields(_ lines: [RegisterLine]) {
    var seen: Set<String> = ["-"]
    for line in lines where seen.insert(line.name).inserted {
      bits(line.name, line.value, width: Int(line.high - line.low) + 1)
    }
  }

  /// All lines, with what they mean. JSON only.
  mutating func bitList(_ lines: [RegisterLine]) {
    list("bits")
    for line in lines {
      item("")
      derived("name", line.name)
      derived("high", Int(line.high))
      derived("low", Int(line.low))
      hexadecimal("value", line.value)
      derived("meaning", line.meaning)
      derived("unknown", line.isUnknown)
      end()
    }
    endList()
  }

  /// Lines of text: bits, name, value, meaning.
  mutating func registerLines(_ lines: [RegisterLine]) {
    let widest = lines.map(\.name.utf8.count).max() ?? 0
    for line in lines {
      let bits = "[\(line.bits)]"
      put("  " + bits + String(repeating: " ", count: max(0, 8 - bits.utf8.count)) + line.name)
      put(String(repeating: " ", count: widest - line.name.utf8.count) + "  0x")
      putHexadecimal(line.value, digits: Int(line.high - line.low) / 4 + 1)
      put("  " + line.meaning + "\n")
    }
  }
}
