// A pasted kernel log, line by line: which lines there are, without what the kernel, a journal, a serial
// logger or a letter puts before them.

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
  }

  let lines: [Line]

  /// The lines of a text that `PlainText` made.
  init(_ text: [UInt8]) {
    let all = String(decoding: text, as: UTF8.self)
    var lines: [Line] = []
    for raw in all.utf8.split(separator: 0x0A, omittingEmptySubsequences: false) {
      lines.append(KernelLog.line(Substring(raw), lines.count + 1))
    }
    self.lines = lines
  }

  private static func line(_ raw: Substring, _ number: Int) -> Line {
    var raw = raw
    if raw.utf8.first == 0x7B, let message = message(ofJournal: raw) { raw = message }
    if let mark = raw.range(ofWords: "[Hardware Error]:") {
      let before = raw[..<mark.lowerBound]
      let text = Substring(raw[mark.upperBound...].utf8.drop { $0 == 0x20 || $0 == 0x09 })
      // Lines with the mark that belong to no record.
      if notices.isAny(in: Array(text.utf8)) {
        return Line(number: number, text: text, isHardwareError: false, sequence: nil)
      }
      var sequence: Int?
      if before.utf8.last == 0x7D, let brace = before.lastIndex(of: "{") {
        sequence = Int(before[before.index(after: brace)..<before.index(before: before.endIndex)])
      }
      return Line(number: number, text: text, isHardwareError: true, sequence: sequence)
    }
    return Line(
      number: number, text: withoutStamp(raw), isHardwareError: false, sequence: nil)
  }

  /// x86's mce says the first, the BERT's driver the second.
  private static let notices = Phrases(["Machine check events logged", "Skipped "])

  // MARK: What stands before a line

  /// A line without `<6>`, `[   12.345678]` and what journals and serial loggers put before it.
  private static func withoutStamp(_ raw: Substring) -> Substring {
    var line = raw
    let end = line.withUTF8 { text in unsafe stampEnd(text) }
    return Substring(raw.utf8.dropFirst(end))
  }

  /// How far the stamps reach, and the space behind them.
  private static func stampEnd(_ text: UnsafeBufferPointer<UInt8>) -> Int {
    func byte(_ place: Int) -> UInt8 { place < text.count ? unsafe text[place] : 0 }
    func skip(_ place: Int, _ isSkipped: (UInt8) -> Bool) -> Int {
      var place = place
      while place < text.count, isSkipped(byte(place)) { place += 1 }
      return place
    }
    func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
    func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    // A letter quotes with "> ".
    var start = skip(0) { isSpace($0) || $0 == 0x3E }
    if byte(start) == 0x3C {
      let digits = skip(start + 1, isDigit)
      if digits - start <= 4, byte(digits) == 0x3E { start = digits + 1 }
    }
    // "[   12.345678]", wherever the journal has it, then callers: "[ T2930]".
    var place = start
    while place < min(text.count, 200) {
      if byte(place) == 0x5B {
        let whole = skip(place + 1, isSpace)
        let point = skip(whole, isDigit)
        let end = skip(point + 1, isDigit)
        if point > whole, byte(point) == 0x2E, end > point + 1, byte(end) == 0x5D {
          start = end + 1
          while byte(start) == 0x5B {
            let letter = skip(start + 1, isSpace)
            let close = skip(letter + 1, isDigit)
            guard byte(letter) == 0x54 || byte(letter) == 0x43, byte(close) == 0x5D else { break }
            start = close + 1
          }
          return skip(start, isSpace)
        }
      }
      place += 1
    }
    let kernel: StaticString = "kernel: "
    place = start
    while place + 8 <= min(text.count, 128) {
      var index = 0
      while index < 8, byte(place + index) == (unsafe kernel.utf8Start[index]) { index += 1 }
      if index == 8, place == start || isSpace(byte(place - 1)) { return skip(place + 8, isSpace) }
      place += 1
    }
    return skip(start, isSpace)
  }

  /// The message of a line of `journalctl -o json`; nil if it is none.
  private static func message(ofJournal line: Substring) -> Substring? {
    guard let key = line.range(ofWords: "\"MESSAGE\"") else { return nil }
    let rest = line[key.upperBound...].utf8.drop { $0 == 0x20 || $0 == 0x3A }
    guard rest.first == 0x22 else { return nil }
    var letters: [UInt8] = []
    var isEscaped = false
    for byte in rest.dropFirst() {
      if isEscaped {
        isEscaped = false
        // Line breaks and letters by their number are no part of what is looked for here.
        letters.append([0x22, 0x5C, 0x2F].contains(byte) ? byte : 0x20)
      } else if byte == 0x5C {
        isEscaped = true
      } else if byte == 0x22 {
        break
      } else {
        letters.append(byte)
      }
    }
    return Substring(String(decoding: letters, as: UTF8.self))
  }

  // MARK: Whether it is one

  /// Words that only a kernel's or a firmware's log about errors has.
  private static let marks = Phrases([
    "[Hardware Error]", "SError Interrupt", "Internal error:", "Kernel panic - not syncing",
    "ESR = 0x", "Mem abort info", "Memory failure:", "Hardware error from APEI",
    "Unable to handle kernel", "[Firmware Bug]", "[Firmware Warn]", "Unhandled fault",
    "synchronous external abort", "EDAC ", "GHES: ", "Bad mode in ", "RAS Error",
    "Err Info raw data", "Uncorrected hardware memory error", "SERR = ", "PCIe Bus Error: severity",
    // Rasdaemon and the tracepoints.
    "arm_event", "non_standard_event", "mc_event", "aer_event",
    // Trusted Firmware, OP-TEE, U-Boot and EDK2.
    "xception reason=", "Unhandled External Abort", "esr_el3 ", "EsrEl3 = ",
    "abort at address 0x", "handler, esr 0x", "Synchronous Exception at 0x",
    "SError Exception at 0x",
    // Xen, FreeBSD, Zephyr, m1n1 and vendors' kernels.
    "Unexpected Trap: ", " HSR=0x", "Unhandled System Error", "ESR_ELn: ",
    "Exception taken from EL",
    "SError detected", "ERRi_STATUS", "ERR_STATUS=",
  ])

  /// Whether a text is a log: it has a word of one.
  static func isLog(_ text: [UInt8]) -> Bool { marks.isAny(in: text) }
}
