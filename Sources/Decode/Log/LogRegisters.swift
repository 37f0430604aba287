// Registers in lines of a log: syndromes of oopses, panics and SErrors, pstate, and the error records
// that firmware and vendors' drivers print.
//
// Surprising: thousands of drivers print something called status. Only the names of RAS registers say
// that one is an error record's; a bare "status" must lead its line and have an address, a SERR or
// a MISC beside it.

/// A register in a line.
struct LogRegister {
  enum Kind {
    /// ESR_ELx, HSR.
    case syndrome
    /// SPSR_ELx, pstate.
    case processState
    /// ERR<n>STATUS or ERXSTATUS_EL1 by its name.
    case status
    /// Something called status.
    case bareStatus
    /// Another register of an error record.
    case companion
    /// MIDR or MPIDR of a tracepoint.
    case identity
    /// The number of a code in one of these.
    case detail
    /// A status of AER; whether it is that of corrected errors.
    case pcieStatus(isCorrected: Bool)
  }
  var kind: Kind
  /// As `ValueReader` has it.
  var name: String
  var value: UInt64
  /// Where the name starts in the line.
  var start: Int

  var isStatus: Bool {
    switch kind {
    case .status, .bareStatus: true
    default: false
    }
  }
  var isCompanion: Bool { if case .companion = kind { true } else { false } }
}

enum LogRegisters {
  // MARK: Names and numbers

  /// The most registers of a line: each has an event, which shows the line.
  private static let limit = 32

  /// The registers in a line, in its order.
  static func all(in line: Substring) -> [LogRegister] {
    var text = line
    return text.withUTF8 { bytes in unsafe all(in: bytes, line) }
  }

  private static func all(
    in text: UnsafeBufferPointer<UInt8>, _ line: Substring
  ) -> [LogRegister] {
    var found: [LogRegister] = []
    var place = 0
    while place < text.count, found.count < limit {
      let byte = unsafe text[place]
      var start = place
      if byte == 0x3D || byte == 0x3A {
        start += 1
        while start < text.count, unsafe text[start] == 0x20 || text[start] == 0x09 { start += 1 }
      } else if byte != 0x30 || place < 2 || (unsafe text[place - 1]) != 0x20 {
        place += 1
        continue
      }
      // Without a sign between, only 0x makes digits a value.
      guard let (value, end) = unsafe number(text, start, needsPrefix: start == place) else {
        place += 1
        continue
      }
      var nameEnd = place
      while nameEnd > 0, unsafe text[nameEnd - 1] == 0x20 || text[nameEnd - 1] == 0x09 {
        nameEnd -= 1
      }
      var nameStart = nameEnd
      while nameStart > 0, nameEnd - nameStart <= 20, isLetter(unsafe text[nameStart - 1]) {
        nameStart -= 1
      }
      if nameEnd - nameStart >= 2, nameEnd - nameStart <= 20 {
        let letters = unsafe text[nameStart..<nameEnd]
        let name = unsafe String(decoding: letters, as: UTF8.self).lowercased()
        if let register = register(name, value, nameStart, line) { found.append(register) }
      }
      place = end
    }
    return found
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F, 0x3C, 0x3E: true
    default: false
    }
  }

  /// A number of 0x and up to 16 digits, or of the 8 or 16 digits of a register, and where it ends.
  private static func number(
    _ text: UnsafeBufferPointer<UInt8>, _ start: Int, needsPrefix: Bool
  ) -> (UInt64, Int)? {
    var place = start
    let hasPrefix =
      start + 2 < text.count && (unsafe text[start]) == 0x30
      && (unsafe text[start + 1]) | 0x20 == 0x78
    if hasPrefix { place += 2 }
    let first = place
    var value: UInt64 = 0
    while place < text.count, let digit = HexLine.digit(unsafe text[place]) {
      if place - first == 16 { return nil }
      value = value << 4 | UInt64(digit)
      place += 1
    }
    let count = place - first
    if hasPrefix { return count > 0 ? (value, place) : nil }
    guard !needsPrefix, count == 8 || count == 16,
      place == text.count || !isLetter(unsafe text[place])
    else { return nil }
    return (value, place)
  }

  /// What a name in lower case stands for.
  private static func register(
    _ name: String, _ value: UInt64, _ start: Int, _ line: Substring
  ) -> LogRegister? {
    func known(_ kind: LogRegister.Kind, _ name: String) -> LogRegister {
      LogRegister(kind: kind, name: name, value: value, start: start)
    }
    switch withoutLevel(name) {
    case "esr", "hsr": return known(.syndrome, "esr")
    case "spsr", "cpsr", "pstate": return known(.processState, "spsr")
    case "syndrome": return line.has("xception reason") ? known(.syndrome, "esr") : nil
    case "code":
      return line.has("SError") || line.has("Bad mode in") ? known(.syndrome, "esr") : nil
    case "status": return known(.bareStatus, "status")
    case "midr", "mpidr": return known(.identity, name)
    case "serr", "ierr": return known(.detail, name)
    // A name that others use as well: only a valid record counts.
    case "err_status": return value >> 30 & 1 == 1 ? known(.status, "status") : nil
    case "aer_uncor_status": return known(.pcieStatus(isCorrected: false), name)
    case "aer_cor_status": return known(.pcieStatus(isCorrected: true), name)
    case let name:
      let (rest, isNamed) = withoutRecord(name)
      let canonical = ValueReader.canonical(rest)
      switch canonical {
      case "status": return isNamed ? known(.status, "status") : nil
      case "addr", "misc0", "misc1", "misc2", "misc3", "ctlr", "fr":
        return known(.companion, canonical)
      default: return nil
      }
    }
  }

  /// A name without the Exception level at its end.
  private static func withoutLevel(_ name: String) -> String {
    for level in ["_el0", "_el1", "_el2", "_el3", "_elx", "_eln", "_el12", "el1", "el2", "el3"]
    where name.hasSuffix(level) && name.utf8.count > level.utf8.count {
      return String(name.dropLast(level.count))
    }
    return name
  }

  /// `err0status`, `erri_status` and `erxstatus` without what says which record; whether it was there.
  private static func withoutRecord(_ name: String) -> (rest: String, isNamed: Bool) {
    if name.hasPrefix("erx") {
      return (String(name.dropFirst(3).drop { $0 == "_" }), true)
    }
    guard name.hasPrefix("err") else { return (name, false) }
    let record = name.dropFirst(3)
    let rest = record.drop { $0.isNumber || $0 == "<" || $0 == ">" || $0 == "n" || $0 == "i" }
    return (String(rest.drop { $0 == "_" }), rest.count < record.count || record.first != "_")
  }

  // MARK: Syndromes in a sentence

  /// The syndrome that a line has between its words, without a name.
  static func syndrome(inWords line: Substring) -> UInt64? {
    if line.has("Internal error: "), let end = line.range(ofWords: " [#") {
      let words = line[..<end.lowerBound].utf8
      if let colon = words.lastIndex(of: 0x3A) {
        let digits = Substring(words[words.index(after: colon)...].drop { $0 == 0x20 })
        if digits.utf8.count == 8 || digits.utf8.count == 16 { return UInt64(digits, radix: 16) }
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
}
