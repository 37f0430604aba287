// The interpreter of layouts: reads a structure row by row, writes it into a report and remarks what
// breaks a rule. Nothing here traps on any bytes: every load is checked against the end first.

import APEI

/// Bytes, what has been said of them, and what is wrong with them.
struct Decoder: ~Copyable {
  /// The bytes at hand.
  let bytes: [UInt8]
  /// What has been said.
  var report: Report
  /// What is wrong.
  var remarks: [Remark] = []
  /// Bytes of sections that may still be read: sections that all lead to the same bytes must not
  /// multiply them.
  var sectionBytesLeft: Int

  init(_ bytes: [UInt8], _ report: consuming Report) {
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
    // Checked above, once for all of them.
    return unsafe bytes.withUnsafeBytes { all in
      switch size {
      case 8:
        unsafe UInt64(littleEndian: all.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      case 4:
        UInt64(
          unsafe UInt32(littleEndian: all.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
      case 2:
        UInt64(
          unsafe UInt16(littleEndian: all.loadUnaligned(fromByteOffset: offset, as: UInt16.self)))
      default:
        unsafe all[offset..<offset + size].reversed().reduce(0) { $0 << 8 | UInt64($1) }
      }
    }
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
    let raw = load(offset, 8).byteSwapped
    let isTime = isTime(at: offset)
    if raw != 0 {
      require(isTime, "timestamp", at: offset, "the BCD digits {x} are no time of a calendar", raw)
    }
    if report.isText {
      let start = report.begin(field: name, at: offset)
      report.putHexadecimal(raw, digits: 16)
      let words = isTime ? time(at: offset) : raw == 0 ? "" : "no time of a calendar"
      return report.end(field: start, words)
    }
    report.key(name)
    report.put(0x22)
    report.putHexadecimal(raw, digits: 16)
    report.put(0x22)
    if isTime { report.derived("timestamp", time(at: offset)) }
  }

  /// Whether eight BCD bytes say a time: seconds, minutes, hours, precise or not, day, month, year
  /// and century.
  private func isTime(at offset: Int) -> Bool {
    let raw = load(offset, 8)
    // A digit above 9 carries into the next when 6 is added to each.
    let digits = raw & ~(0xFF << 24)
    guard
      ((digits >> 4 & 0x0F0F_0F0F_0F0F_0F0F) + 0x0606_0606_0606_0606) & 0xF0F0_F0F0_F0F0_F0F0 == 0,
      ((digits & 0x0F0F_0F0F_0F0F_0F0F) + 0x0606_0606_0606_0606) & 0xF0F0_F0F0_F0F0_F0F0 == 0
    else { return false }
    let (day, month) = (raw >> 32 & 0xFF, raw >> 40 & 0xFF)
    return raw & 0xFF < 0x60 && raw >> 8 & 0xFF < 0x60 && raw >> 16 & 0xFF < 0x24
      && raw >> 24 & 0xFE == 0 && day >= 1 && day <= 0x31 && month >= 1 && month <= 0x12
  }

  /// The time that eight BCD bytes say: `2026-01-31 23:59:58 precise`.
  private func time(at offset: Int) -> String {
    // Where each pair of digits is, and what follows it.
    var letters: [UInt8] = []
    letters.reserveCapacity(28)
    for (place, end) in [(7, 0), (6, 0x2D), (5, 0x2D), (4, 0x20), (2, 0x3A), (1, 0x3A), (0, 0)]
      as [(Int, UInt8)]
    {
      let byte = bytes[offset + place]
      letters.append(0x30 + (byte >> 4))
      letters.append(0x30 + (byte & 15))
      if end != 0 { letters.append(end) }
    }
    if bytes[offset + 3] & 1 != 0 { letters.append(contentsOf: " precise".utf8) }
    return String(decoding: letters, as: UTF8.self)
  }
}
