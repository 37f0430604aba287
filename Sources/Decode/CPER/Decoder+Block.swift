// An error status block: what a GHES publishes and a BERT leads to. ACPI 6.5, 18.3.2.7.1.

import APEI

extension Layout {
  static let block = Layout(
    "error status block", ErrorStatusBlockLayout.size,
    [
      Row(ErrorStatusBlockLayout.blockStatus, .hexadecimal, .words(blockStatus)),
      Row(ErrorStatusBlockLayout.rawDataOffset), Row(ErrorStatusBlockLayout.rawDataLength),
      Row(ErrorStatusBlockLayout.dataLength),
      Row(
        ErrorStatusBlockLayout.severity, .decimal, .names(Names.severity), nameKey: "severityName"),
    ])

  private static let blockStatus: @Sendable (UInt64) -> String = { value in
    if value == 0 { return "empty: nothing, or the operating system has read it" }
    var words: [String] = []
    if value & 1 != 0 {
      words.append(value & 4 != 0 ? "several uncorrectable errors" : "uncorrectable error")
    }
    if value & 2 != 0 {
      words.append(value & 8 != 0 ? "several corrected errors" : "corrected error")
    }
    words.append("\(value >> 4 & 0x3FF) entries")
    return words.joined(separator: ", ")
  }

  private static let dataEntryHead = [
    Row(DataEntryLayout.type, .guid),
    Row(DataEntryLayout.severity, .decimal, .names(Names.severity), nameKey: "severityName"),
    Row(DataEntryLayout.revision, .hexadecimal, .words(Names.revision)),
    Row(
      DataEntryLayout.validation, .hexadecimal,
      .flags([Flag(0, "FRU id"), Flag(1, "FRU text"), Flag(2, "timestamp")])),
    Row(DataEntryLayout.flags, .hexadecimal, .flags(Names.sectionFlags)),
    Row(DataEntryLayout.dataLength), Row(DataEntryLayout.fruId, .guid),
    Row(DataEntryLayout.fruText, .letters),
  ]
  /// Revision 0x201: without a timestamp.
  static let dataEntry2 = Layout("data entry", DataEntryLayout.oldSize, dataEntryHead)
  /// Revision 0x300.
  static let dataEntry3 = Layout(
    "data entry", DataEntryLayout.size,
    dataEntryHead + [Row(DataEntryLayout.timestamp, .timestamp)])
}

extension Decoder {
  /// A block and all its entries; in the region of a BERT others follow. ACPI 6.5, 18.3.1; Linux
  /// (drivers/acpi/apei/bert.c) goes from block to block until a status is 0.
  mutating func block() {
    guard var end = block(at: 0) else { return }
    var number = 1
    if isBlock(at: end) {
      report.list("moreBlocks")
      while isBlock(at: end) {
        report.item(at: end, "error status block \(number)")
        report.derived("offset", end)
        let next = block(at: end)
        report.end()
        guard let next, next > end else { break }
        end = next
        number += 1
      }
      report.endList()
    }
    guard end < bytes.count else { return }
    let rest = UInt64(bytes.count - end)
    if isZero(bytes.count - end, at: end) {
      remark(.note, "error status block", at: end, "{d} zero bytes after the last block", rest)
    } else {
      remark(
        .note, "error status block", at: end,
        "{d} bytes after the last block, which are no block", rest)
    }
  }

  /// Whether a block with something in it may start here: what Linux asks of it before it reads on.
  private func isBlock(at start: Int) -> Bool {
    let status = load(ErrorStatusBlockLayout.blockStatus, at: start)
    guard has(ErrorStatusBlockLayout.size, at: start, before: bytes.count), status != 0,
      status >> 14 == 0
    else { return false }
    let rawOffset = load(ErrorStatusBlockLayout.rawDataOffset, at: start)
    let rawLength = load(ErrorStatusBlockLayout.rawDataLength, at: start)
    let length = load(ErrorStatusBlockLayout.dataLength, at: start)
    return length >= UInt64(DataEntryLayout.oldSize)
      && ErrorSeverity(number: load(ErrorStatusBlockLayout.severity, at: start)) != nil
      && (rawLength == 0 || rawOffset >= Self.blockHead + length)
  }

  /// Bytes of a block before its entries.
  private static var blockHead: UInt64 { UInt64(ErrorStatusBlockLayout.size) }

  /// One block; gives where it ends, nil if its head is cut off.
  private mutating func block(at start: Int) -> Int? {
    let isWhole = fields(.block, at: start, before: bytes.count)
    if start == 0 { report.derived("bytesGiven", bytes.count) }
    guard isWhole else { return nil }
    let status = load(ErrorStatusBlockLayout.blockStatus, at: start)
    let stated = status >> 4 & 0x3FF
    report.derived("uncorrectable", status & 1 != 0)
    report.derived("corrected", status & 2 != 0)
    report.derived("multipleUncorrectable", status & 4 != 0)
    report.derived("multipleCorrected", status & 8 != 0)
    report.derived("entryCount", Int(stated))
    let dataLength = load(ErrorStatusBlockLayout.dataLength, at: start)
    let given = UInt64(bytes.count - start)
    let stop = start + Int(min(given, Self.blockHead + dataLength))
    if Self.blockHead + dataLength > given {
      remark(
        .malformed, "error status block", at: start + ErrorStatusBlockLayout.dataLength.offset,
        "{d} bytes of entries are announced, {d} are given", dataLength, given - Self.blockHead)
    }
    let count = entries(from: start + ErrorStatusBlockLayout.size, before: stop)
    if count < stated {
      remark(
        .malformed, "error status block", at: start, "{d} entries are announced, {d} are there",
        stated, count)
    } else {
      require(
        count == stated, "error status block", at: start,
        "{d} entries are announced, {d} are there", stated, count)
    }
    if status == 0, dataLength > 0 {
      remark(
        .note, "error status block", at: start,
        "blockStatus is 0: somebody has read the block, what is in it is old")
    }
    require(
      status >> 14 == 0, "error status block", at: start,
      "reserved bits {x} of blockStatus are set", status & ~0x3FFF)
    rawData(of: start, after: Self.blockHead + dataLength)
    checkSeverity(of: start, before: stop)
    let rawOffset = load(ErrorStatusBlockLayout.rawDataOffset, at: start)
    let rawLength = load(ErrorStatusBlockLayout.rawDataLength, at: start)
    return start
      + Int(min(given, rawLength > 0 ? rawOffset + rawLength : Self.blockHead + dataLength))
  }

  /// The entries of a block; gives how many there were.
  private mutating func entries(from start: Int, before end: Int) -> UInt64 {
    report.list("entries")
    defer { report.endList() }
    var offset = start
    var count: UInt64 = 0
    while offset < end {
      guard let size = dataEntry(at: offset, before: end, Int(count)) else { break }
      offset += size
      count += 1
    }
    return count
  }

  /// One entry as an element of a list; nil when it is cut off before its section's length.
  mutating func dataEntry(at offset: Int, before end: Int, _ number: Int) -> Int? {
    guard has(DataEntryLayout.oldSize, at: offset, before: end) else {
      if isZero(end - offset, at: offset) {
        remark(
          .note, "data entry", at: offset, "{d} zero bytes after the last entry",
          UInt64(end - offset))
        return nil
      }
      report.mark("truncated")
      remark(
        .malformed, "data entry", at: offset, "an entry has 64 bytes or more, {d} are there",
        UInt64(end - offset))
      return nil
    }
    let kind = SectionKind.of(guid(at: offset + DataEntryLayout.type.offset))
    let head = headSize(at: offset)
    report.item(at: offset, "entry \(number): \(kind?.name.description ?? "unknown type")")
    defer { report.end() }
    report.derived("offset", offset)
    report.derived("typeName", kind?.name ?? "unknown")
    fields(head == DataEntryLayout.size ? .dataEntry3 : .dataEntry2, at: offset, before: end)
    let validation = load(DataEntryLayout.validation, at: offset)
    report.derived("fruIdValid", validation & 1 != 0)
    report.derived("fruTextValid", validation & 2 != 0)
    report.derived("timestampValid", validation & 4 != 0)
    require(
      validation & 4 == 0 || head == DataEntryLayout.size, "data entry",
      at: offset + DataEntryLayout.validation.offset,
      "a timestamp is said to be valid in an entry that has no room for one")
    let length = load(DataEntryLayout.dataLength, at: offset)
    let start = offset + head
    let given = max(0, end - start)
    if UInt64(given) < length {
      report.derived("truncated", true)
      report.derived("bytesOfSection", given)
      report.line("cut off: \(given) of \(length) bytes are there")
      remark(
        .malformed, "data entry", at: offset + DataEntryLayout.dataLength.offset,
        "the section has {d} bytes, {d} are there",
        length, UInt64(given))
      if given == 0 { return nil }
    }
    let size = Int(min(UInt64(given), length))
    report.object(
      "decoded", at: start, "\(kind?.name.description ?? "unknown section"), \(size) bytes")
    section(kind, at: start, size)
    report.end()
    return UInt64(given) < length ? nil : head + size
  }

  /// 72 bytes from revision 0x300 on.
  private func headSize(at offset: Int) -> Int {
    load(DataEntryLayout.revision, at: offset) >> 8 >= 3
      ? DataEntryLayout.size : DataEntryLayout.oldSize
  }

  private mutating func rawData(of start: Int, after end: UInt64) {
    let offset = load(ErrorStatusBlockLayout.rawDataOffset, at: start)
    let length = load(ErrorStatusBlockLayout.rawDataLength, at: start)
    guard length > 0 else {
      require(
        offset == 0 || offset >= end, "error status block",
        at: start + ErrorStatusBlockLayout.rawDataOffset.offset,
        "rawDataOffset {d} without raw data", offset)
      return
    }
    require(
      offset >= end, "error status block", at: start + ErrorStatusBlockLayout.rawDataOffset.offset,
      "the raw data at {d} overlaps the entries, which end at {d}", offset, end)
    let all = UInt64(bytes.count - start)
    let given = all > offset ? all - offset : 0
    if given < length {
      remark(
        .malformed, "error status block", at: start + ErrorStatusBlockLayout.rawDataLength.offset,
        "{d} bytes of raw data are announced, {d} are there",
        length, given)
    }
    let size = Int(min(given, length))
    if size > 0 { report.data("rawData", bytes, at: start + Int(offset), count: size) }
  }

  /// The block's severity is its worst entry's, and its status agrees. ACPI 6.5, table 18.11.
  private mutating func checkSeverity(of start: Int, before end: Int) {
    var worst: ErrorSeverity?
    var hasUncorrected = false
    var hasCorrected = false
    var offset = start + ErrorStatusBlockLayout.size
    while has(DataEntryLayout.oldSize, at: offset, before: end) {
      if let severity = ErrorSeverity(number: load(DataEntryLayout.severity, at: offset)) {
        worst = severity.worse(worst ?? severity)
        switch severity {
        case .recoverable, .fatal: hasUncorrected = true
        case .corrected: hasCorrected = true
        case .none: break
        }
      }
      let next =
        UInt64(offset + headSize(at: offset)) + load(DataEntryLayout.dataLength, at: offset)
      guard next < UInt64(end) else { break }
      offset = Int(next)
    }
    guard let worst else { return }
    let status = load(ErrorStatusBlockLayout.blockStatus, at: start)
    let severity = load(ErrorStatusBlockLayout.severity, at: start)
    if let own = ErrorSeverity(number: severity) {
      require(
        own == worst, "error status block", at: start + ErrorStatusBlockLayout.severity.offset,
        "severity {d} is not that of the worst entry", severity)
    }
    if status == 0 { return }
    require(
      (status & 1 != 0) == hasUncorrected, "error status block", at: start,
      "blockStatus {x} and the entries disagree on an uncorrectable error", status)
    require(
      (status & 2 != 0) == hasCorrected, "error status block", at: start,
      "blockStatus {x} and the entries disagree on a corrected error", status)
  }

  /// A data entry without its block.
  mutating func loneDataEntry() {
    report.derived("bytesGiven", bytes.count)
    report.list("entries")
    if let size = dataEntry(at: 0, before: bytes.count, 0), size < bytes.count {
      remark(
        .note, "data entry", at: size, "{d} bytes after the entry", UInt64(bytes.count - size))
    }
    report.endList()
  }
}
