// Registers as people write them: `96000210`, `0xe8000904 addr 0x8000000000000200`,
// `ESR_EL1=0x96000410`.
//
// Logs print registers with 8 or 16 hexadecimal digits, with or without 0x. So a number of that length
// is hexadecimal even where all its digits are decimal ones; of other lengths only 0x and letters
// make it so.

import Arm

/// Reads registers.
enum ValueReader {
  /// The registers of a text; nil if it has anything else in it.
  static func values(_ text: [UInt8]) -> [NamedValue]? {
    var values: [NamedValue] = []
    var name = ""
    let tokens = text.split(whereSeparator: isSeparator)
    // EC is a number as well; beside ISS it is a name.
    let hasClass = tokens.contains { String(decoding: $0, as: UTF8.self).lowercased() == "iss" }
    for token in tokens {
      if hasClass, name.isEmpty || name == "esr",
        String(decoding: token, as: UTF8.self).lowercased() == "ec"
      {
        name = "ec"
      } else if let number = value(token) {
        values.append(NamedValue(name: name, value: number))
        name = ""
      } else if name.isEmpty, let found = word(token) {
        name = found
      } else {
        return nil
      }
    }
    return name.isEmpty && !values.isEmpty ? values : nil
  }

  private static func isSeparator(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x20, 0x09, 0x0A, 0x0D, 0x2C, 0x3B, 0x3D, 0x3A: true
    default: false
    }
  }

  /// A number.
  static func value(_ token: ArraySlice<UInt8>) -> UInt64? {
    var digits = token
    var isHexadecimal = false
    if token.count > 2, token.first == 0x30, token[token.startIndex + 1] | 0x20 == 0x78 {
      digits = token.dropFirst(2)
      isHexadecimal = true
    }
    digits = ArraySlice(digits.filter { $0 != 0x5F })
    guard !digits.isEmpty, digits.allSatisfy({ HexLine.digit($0) != nil }) else { return nil }
    let hasLetters = digits.contains { $0 > 0x39 }
    if isHexadecimal || hasLetters || digits.count == 8 || digits.count == 16 {
      return HexLine.number(digits)
    }
    var value: UInt64 = 0
    for digit in digits {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(UInt64(digit - 0x30))
      if overflow || carry { return nil }
      value = sum
    }
    return value
  }

  /// A name: ERR3STATUS, ERXADDR_EL1, ESR, pstate; what is the same has the same name.
  private static func word(_ token: ArraySlice<UInt8>) -> String? {
    guard let first = token.first, first | 0x20 >= 0x61, first | 0x20 <= 0x7A,
      token.allSatisfy({ byte in
        byte == 0x5F || byte == 0x3C || byte == 0x3E || (0x30...0x39).contains(byte)
          || (0x61...0x7A).contains(byte | 0x20)
      })
    else { return nil }
    return canonical(String(decoding: token, as: UTF8.self).lowercased())
  }

  /// Names that a decoder explains, or that belong to an error record; others hold addresses or what is
  /// not known here.
  static let explained: Set<String> = [
    "", "status", "esr", "disr", "vsesr", "spsr", "addr", "fr", "ctlr", "misc", "misc0", "misc1",
    "misc2", "misc3",
  ]

  /// `EC 0x25 IL 0x1 ISS 0x210`, as EDK2 prints a syndrome, as the syndrome; others as they are.
  static func syndromesJoined(_ values: [NamedValue]) -> [NamedValue] {
    var joined: [NamedValue] = []
    for value in values {
      guard let last = joined.last, last.name == "ec" || last.name == "ec.il" else {
        joined.append(value)
        continue
      }
      if last.name == "ec", value.name == "il" {
        joined[joined.count - 1] = NamedValue(
          name: "ec.il", value: last.value & 63 | (value.value & 1) << 6)
      } else if value.name == "iss" {
        // Without IL the instruction has 32 bits: all of AArch64's have.
        let il = last.name == "ec" ? 1 : last.value >> 6
        let syndrome = Syndrome(rawValue: 0).with(Syndrome.ec, last.value).with(Syndrome.il, il)
          .with(Syndrome.iss, value.value)
        joined[joined.count - 1] = NamedValue(name: "esr", value: syndrome.rawValue)
      } else {
        joined.append(value)
      }
    }
    return joined
  }

  static func canonical(_ name: String) -> String {
    var name = name
    for level in ["_el0", "_el1", "_el2", "_el3", "_elx", "_eln", "_el12"]
    where name.hasSuffix(level) {
      name.removeLast(level.count)
    }
    if name.hasPrefix("erx") { name.removeFirst(3) }
    if name.hasPrefix("err"), name != "err" {
      let rest = name.dropFirst(3).drop {
        $0.isNumber || $0 == "<" || $0 == ">" || $0 == "n" || $0 == "_"
      }
      if !rest.isEmpty { name = String(rest) }
    }
    return
      switch name
    {
    case "address": "addr"
    case "control", "ctrl": "ctlr"
    case "feature": "fr"
    case "pstate", "cpsr": "spsr"
    case "vdisr": "disr"
    case "syndrome", "hsr": "esr"
    default: name
    }
  }
}
