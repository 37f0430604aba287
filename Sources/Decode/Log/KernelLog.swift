// A pasted kernel log, line by line: which lines there are, without what the kernel puts before them.

/// A log.
struct KernelLog {
  /// A line.
  struct Line {
    /// From 1.
    var number: Int
    /// Without time stamp, level and the mark of hardware errors.
    var text: Substring
    /// Whether the line has the mark `[Hardware Error]:`.
    var isHardwareError: Bool
    /// The count in braces before the mark.
    var sequence: Int?
    /// How far the text is indented behind the mark.
    var indentation: Int
  }

  let lines: [Line]

  init(_ text: [UInt8]) {
    var lines: [Line] = []
    let all = String(decoding: text, as: UTF8.self)
    var number = 0
    for raw in all.split(separator: "\n", omittingEmptySubsequences: false) {
      number += 1
      var line = raw
      if line.last == "\r" { line.removeLast() }
      lines.append(KernelLog.line(line, number))
    }
    self.lines = lines
  }

  private static func line(_ raw: Substring, _ number: Int) -> Line {
    if let mark = raw.range(ofWords: "[Hardware Error]:") {
      let rest = raw[mark.upperBound...]
      var sequence: Int?
      let before = raw[..<mark.lowerBound]
      if before.last == "}", let brace = before.lastIndex(of: "{") {
        sequence = Int(before[before.index(after: brace)..<before.index(before: before.endIndex)])
      }
      let text = rest.drop { $0 == " " }
      return Line(
        number: number, text: text, isHardwareError: true, sequence: sequence,
        indentation: rest.count - text.count)
    }
    return Line(
      number: number, text: withoutStamp(raw), isHardwareError: false, sequence: nil,
      indentation: 0)
  }

  /// A line without `<6>`, `[   12.345678]` and what journals and serial loggers put before it.
  private static func withoutStamp(_ raw: Substring) -> Substring {
    var rest = raw.drop { $0 == " " || $0 == "\t" }
    if rest.first == "<", let end = rest.prefix(5).firstIndex(of: ">") {
      rest = rest[rest.index(after: end)...]
    }
    if let range = rest.range(ofWords: "] "), rest[..<range.lowerBound].count < 60,
      let open = rest[..<range.lowerBound].lastIndex(of: "["),
      rest[open..<range.lowerBound].contains(".")
    {
      rest = rest[range.upperBound...]
    } else if let range = rest.range(ofWords: " kernel: "), rest[..<range.lowerBound].count < 60 {
      rest = rest[range.upperBound...]
    }
    return rest.drop { $0 == " " }
  }

  /// Words that only a kernel's or a firmware's log about errors has.
  private static let marks = [
    "[Hardware Error]", "SError Interrupt", "Internal error:", "Kernel panic - not syncing",
    "ESR = 0x", "Mem abort info", "Memory failure:", "Hardware error from APEI",
    "Unable to handle kernel", "[Firmware Bug]", "[Firmware Warn]", "Unhandled fault",
    "synchronous external abort", "EDAC ", "GHES: ", "Bad mode in ", "RAS Error",
    "Err Info raw data",
    "Uncorrected hardware memory error", "SERR = ",
  ]

  /// Whether a text is a log: it has a word of one.
  static func isLog(_ text: [UInt8]) -> Bool {
    for mark in marks where contains(text, mark) { return true }
    return false
  }

  private static func contains(_ text: [UInt8], _ mark: String) -> Bool {
    let wanted = Array(mark.utf8)
    guard text.count >= wanted.count else { return false }
    for start in 0...(text.count - wanted.count) where text[start] == wanted[0] {
      var index = 1
      while index < wanted.count, text[start + index] == wanted[index] { index += 1 }
      if index == wanted.count { return true }
    }
    return false
  }
}
