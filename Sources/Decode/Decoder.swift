// The interpreter of layouts: reads a structure row by row, writes it into a report and remarks what
// breaks a rule. Nothing here traps on any bytes: every load is checked against the end first.

import APEI

/// Bytes, what has been said of them, and what is wrong with them.
struct Decoder {
  /// The bytes at hand.
  let bytes: [UInt8]
  /// What has been said.
  var report: Report
  /// What is wrong.
  var remarks: [Remark] = []
  /// Bytes of sections that may still be read: sections that all lead to the same bytes must not
  /// multiply them.
  var sectionBytesLeft: Int

  init(_ bytes: [UInt8], _ report: Report) {
    self.bytes = bytes
    self.report = report
    sectionBytesLeft = 2 * bytes.count
  }

  /// The most remarks of one input: hostile bytes have one in every structure.
  static let remarkLimit = 1000

  // MARK: Reading

  /// Whether `count` bytes at an offset lie before `end`.
  func has(_ count: Int, at offset: Int, before end: Int) -> Bool {
    offset >= 0 && count >= 0 && count <= end && offset <= end - count && end <= bytes.count
  }

  /// The little-endian number of up to eight bytes at an offset; bytes that are not there are zero.
  func load(_ offset: Int, _ size: Int) -> UInt64 {
    guard offset >= 0, size > 0, size <= 8, offset <= bytes.count - size else { return 0 }
    var value: UInt64 = 0
    var index = size
    while index > 0 {
      index -= 1
      value = value << 8 | UInt64(bytes[offset + index])
    }
    return value
  }

  /// A field of a structure.
  func load(_ field: ByteField, at base: Int) -> UInt64 { load(base + field.offset, field.size) }

  /// Whether all of so many bytes are zero.
  func isZero(_ count: Int, at offset: Int) -> Bool {
    for place in offset..<min(bytes.count, offset + count) where bytes[place] != 0 {
      return false
    }
    return true
  }

  /// The GUID at an offset.
  func guid(at offset: Int) -> GUID {
    GUID(
      UInt32(load(offset, 4)), UInt16(load(offset + 4, 2)), UInt16(load(offset + 6, 2)),
      load(offset + 8, 8).byteSwapped)
  }

  // MARK: Remarks

  /// Notes what does not fit.
  mutating func remark(
    _ weight: Remark.Weight, _ subject: StaticString, at offset: Int?, _ template: StaticString,
    _ first: UInt64 = 0, _ second: UInt64 = 0, detail: String = ""
  ) {
    if remarks.count >= Decoder.remarkLimit { return }
    remarks.append(
      Remark(
        weight: weight, offset: offset, subject: subject, template: template, first: first,
        second: second, detail: detail))
  }

  /// Notes a broken rule unless a condition holds.
  mutating func require(
    _ condition: Bool, _ subject: StaticString, at offset: Int?, _ template: StaticString,
    _ first: UInt64 = 0, _ second: UInt64 = 0
  ) {
    if !condition { remark(.inconsistent, subject, at: offset, template, first, second) }
  }

  // MARK: Structures

  /// What a field that is not valid becomes in JSON.
  enum Absent {
    /// Nothing.
    case left
    /// null.
    case null
  }

  /// Writes the fields of a structure that end before `end`; gives whether all did.
  @discardableResult
  mutating func fields(
    _ layout: Layout, at base: Int, before end: Int, valid: UInt64 = .max, absent: Absent = .left
  ) -> Bool {
    for row in layout.rows {
      guard has(row.size, at: base + row.offset, before: end) else {
        remark(
          .malformed, layout.name, at: base + row.offset,
          "ends before the field {s}, {d} bytes of it are there",
          UInt64(max(0, min(end, bytes.count) - base)), detail: row.name.description)
        return false
      }
      if let bit = row.valid, valid >> UInt64(bit) & 1 == 0 {
        if absent == .null { report.null(row.name) }
        continue
      }
      field(row, of: layout, at: base + row.offset)
    }
    return true
  }

  /// Writes one field.
  private mutating func field(_ row: Row, of layout: Layout, at offset: Int) {
    switch row.form {
    case .decimal:
      let value = load(offset, row.size)
      check(value, row, layout, offset)
      report.decimal(row.name, value, at: offset, Decoder.words(row.meaning, value))
    case .hexadecimal:
      let value = load(offset, row.size)
      check(value, row, layout, offset)
      report.hexadecimal(row.name, value, at: offset, Decoder.words(row.meaning, value))
    case .guid: report.guid(row.name, bytes, at: offset)
    case .letters: report.letters(row.name, bytes, at: offset, count: row.size)
    case .timestamp: timestamp(row.name, at: offset)
    case .data: report.data(row.name, bytes, at: offset, count: row.size)
    case .reserved:
      if isZero(row.size, at: offset) { return }
      remark(
        .inconsistent, layout.name, at: offset, "reserved bytes are not zero ({x})",
        load(offset, min(8, row.size)))
      report.data(row.name, bytes, at: offset, count: row.size)
    case .structure(let inner):
      report.object(row.name, at: offset, row.name.description)
      fields(inner, at: offset, before: offset + row.size)
      report.end()
    }
    if let key = row.nameKey, !report.isText { report.derived(key, name(of: row, at: offset)) }
  }

  /// The name of a field's value, for JSON.
  private func name(of row: Row, at offset: Int) -> StaticString {
    switch row.meaning {
    case .names(let name), .open(let name): name(load(offset, row.size)) ?? "unknown"
    case .plain, .flags, .words: ""
    }
  }

  /// Remarks on values and bits that have no meaning.
  private mutating func check(_ value: UInt64, _ row: Row, _ layout: Layout, _ offset: Int) {
    switch row.meaning {
    case .plain, .words, .open: return
    case .names(let name):
      if name(value) != nil { return }
      remark(
        .inconsistent, layout.name, at: offset, "{s} is {x}, a reserved value", value,
        detail: row.name.description)
    case .flags(let flags):
      var rest = value
      for flag in flags { rest &= ~(1 << UInt64(flag.bit)) }
      if rest == 0 { return }
      remark(
        .inconsistent, layout.name, at: offset, "reserved bits {x} of {s} are set", rest,
        detail: row.name.description)
    }
  }

  /// What a value means, in words.
  static func words(_ meaning: Meaning, _ value: UInt64) -> String {
    switch meaning {
    case .plain: return ""
    case .names(let name): return name(value)?.description ?? "reserved value"
    case .open(let name): return name(value)?.description ?? ""
    case .words(let words): return words(value)
    case .flags(let flags):
      var names: [String] = []
      var rest = value
      for flag in flags where value >> UInt64(flag.bit) & 1 != 0 {
        names.append(flag.name.description)
        rest &= ~(1 << UInt64(flag.bit))
      }
      if rest != 0 { names.append("reserved bits 0x" + String(rest, radix: 16)) }
      return names.joined(separator: ", ")
    }
  }

  /// A BCD timestamp: its bytes in order, as they are stored, and what they say. UEFI 2.10, N.2.1.
  mutating func timestamp(_ name: StaticString, at offset: Int) {
    guard offset <= bytes.count - 8 else { return }
    var raw: UInt64 = 0
    for place in offset..<offset + 8 { raw = raw << 8 | UInt64(bytes[place]) }
    var digits = String(raw, radix: 16)
    digits = String(repeating: "0", count: 16 - digits.count) + digits
    let words = time(at: offset)
    if raw != 0 {
      require(
        words != nil, "timestamp", at: offset, "the BCD digits {x} are no time of a calendar", raw)
    }
    report.string(name, digits, at: offset, words ?? (raw == 0 ? "" : "no time of a calendar"))
    if let words { report.derived("timestamp", words) }
  }

  /// The time that eight BCD bytes say, or nil if they say none.
  private func time(at offset: Int) -> String? {
    func two(_ index: Int) -> Int? {
      let byte = bytes[offset + index]
      guard byte >> 4 < 10, byte & 15 < 10 else { return nil }
      return Int(byte >> 4) * 10 + Int(byte & 15)
    }
    guard let second = two(0), let minute = two(1), let hour = two(2), let day = two(4),
      let month = two(5), let year = two(6), let century = two(7), second < 60, minute < 60,
      hour < 24, (1...31).contains(day), (1...12).contains(month), bytes[offset + 3] & ~1 == 0
    else { return nil }
    func padded(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    return
      "\(padded(century))\(padded(year))-\(padded(month))-\(padded(day)) "
      + "\(padded(hour)):\(padded(minute)):\(padded(second))"
      + (bytes[offset + 3] & 1 != 0 ? " precise" : "")
  }
}
