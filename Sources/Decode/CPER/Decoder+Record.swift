// A CPER record: header, descriptors, sections. UEFI 2.10, N.2.1 and N.2.2.

import APEI

extension Layout {
  static let record = Layout(
    "record header", RecordLayout.size,
    [
      Row(RecordLayout.signature, .letters),
      Row(RecordLayout.revision, .hexadecimal, .words(Names.revision)),
      Row(RecordLayout.signatureEnd, .hexadecimal), Row(RecordLayout.sectionCount),
      Row(RecordLayout.severity, .decimal, .names(Names.severity), nameKey: "severityName"),
      Row(
        RecordLayout.validation, .hexadecimal,
        .flags([Flag(0, "platform id"), Flag(1, "timestamp"), Flag(2, "partition id")])),
      Row(RecordLayout.recordLength),
      Row(RecordLayout.timestamp, .timestamp),
      Row(RecordLayout.platform, .guid), Row(RecordLayout.partition, .guid),
      Row(RecordLayout.creator, .guid), Row(RecordLayout.notify, .guid),
      Row(RecordLayout.recordId, .hexadecimal),
      Row(RecordLayout.flags, .hexadecimal, .open(Names.recordFlags)),
      Row(RecordLayout.persistence, .hexadecimal), Row(RecordLayout.reserved, .reserved),
    ])

  static let sectionDescriptor = Layout(
    "section descriptor", SectionDescriptorLayout.size,
    [
      Row(SectionDescriptorLayout.offset), Row(SectionDescriptorLayout.length),
      Row(SectionDescriptorLayout.revision, .hexadecimal, .words(Names.revision)),
      Row(
        SectionDescriptorLayout.validation, .hexadecimal,
        .flags([Flag(0, "FRU id"), Flag(1, "FRU text")])),
      Row(SectionDescriptorLayout.reserved, .reserved),
      Row(SectionDescriptorLayout.flags, .hexadecimal, .flags(Names.sectionFlags)),
      Row(SectionDescriptorLayout.type, .guid), Row(SectionDescriptorLayout.fruId, .guid),
      Row(
        SectionDescriptorLayout.severity, .decimal, .names(Names.severity), nameKey: "severityName"),
      Row(SectionDescriptorLayout.fruText, .letters),
    ])
}

extension Decoder {
  /// A record that starts with "CPER".
  mutating func record() {
    let isWhole = fields(.record, at: 0, before: bytes.count)
    report.derived("bytesGiven", bytes.count)
    guard isWhole else { return }
    let validation = load(RecordLayout.validation, at: 0)
    report.derived("timestampValid", validation & 2 != 0)
    report.derived("platformIdValid", validation & 1 != 0)
    report.derived("partitionIdValid", validation & 4 != 0)
    if let name = SectionKind.notification(guid(at: RecordLayout.notify.offset)) {
      report.derived("notifyName", name)
      report.line("notification: \(name)")
    }
    let length = load(RecordLayout.recordLength, at: 0)
    let count = Int(load(RecordLayout.sectionCount, at: 0))
    if length > UInt64(bytes.count) {
      remark(
        .malformed, "record header", at: RecordLayout.recordLength.offset,
        "the record has {d} bytes, {d} are given", length,
        UInt64(bytes.count))
    } else if length < UInt64(bytes.count) {
      remark(
        .note, "record header", at: Int(length), "{d} bytes after the record",
        UInt64(bytes.count) - length)
    }
    require(
      load(RecordLayout.signatureEnd, at: 0) == 0xFFFF_FFFF, "record header",
      at: RecordLayout.signatureEnd.offset,
      "the signature's end is {x}, not 0xffffffff", load(RecordLayout.signatureEnd, at: 0))
    require(count > 0, "record header", at: RecordLayout.sectionCount.offset, "no sections")
    let end = Int(min(length, UInt64(bytes.count)))
    report.list("sections")
    for number in 0..<count {
      let descriptor = RecordLayout.size + number * SectionDescriptorLayout.size
      guard has(SectionDescriptorLayout.size, at: descriptor, before: end) else {
        report.mark("truncated")
        remark(
          .malformed, "record header", at: RecordLayout.sectionCount.offset,
          "{d} sections are announced, {d} descriptors are there",
          UInt64(count), UInt64(number))
        break
      }
      section(
        descriptor, number, first: RecordLayout.size + count * SectionDescriptorLayout.size,
        before: end)
    }
    report.endList()
    worstSeverity(count, before: end)
  }

  private mutating func section(_ descriptor: Int, _ number: Int, first: Int, before end: Int) {
    let kind = SectionKind.of(guid(at: descriptor + SectionDescriptorLayout.type.offset))
    let offset = load(SectionDescriptorLayout.offset, at: descriptor)
    let length = load(SectionDescriptorLayout.length, at: descriptor)
    report.item(at: descriptor, "section \(number): \(kind?.name.description ?? "unknown type")")
    defer { report.end() }
    report.derived("typeName", kind?.name ?? "unknown")
    fields(.sectionDescriptor, at: descriptor, before: end)
    let validation = load(SectionDescriptorLayout.validation, at: descriptor)
    report.derived("fruIdValid", validation & 1 != 0)
    report.derived("fruTextValid", validation & 2 != 0)
    let given = UInt64(end) > offset ? UInt64(end) - offset : 0
    require(
      offset >= UInt64(first) || offset > UInt64(bytes.count), "section descriptor", at: descriptor,
      "the section at {d} overlaps header and descriptors, which end at {d}", offset, UInt64(first))
    if given < length {
      report.derived("sectionTruncated", true)
      report.derived("bytesOfSection", Int(given))
      remark(
        .malformed, "section descriptor", at: descriptor,
        "the section has {d} bytes, {d} are there", length, given)
      report.line("cut off: \(given) of \(length) bytes are there")
      if given == 0 { return }
    }
    let size = Int(min(given, length))
    sectionBytesLeft -= size
    guard sectionBytesLeft >= 0 else {
      remark(
        .malformed, "section descriptor", at: descriptor,
        "the sections overlap, this one is not read again: {d} bytes at {d}", UInt64(size), offset)
      return
    }
    report.object(
      "decoded", at: Int(offset), "\(kind?.name.description ?? "unknown section"), \(size) bytes")
    section(kind, at: Int(offset), size)
    report.end()
  }

  /// The record's severity is its worst section's.
  private mutating func worstSeverity(_ count: Int, before end: Int) {
    var worst = ErrorSeverity.none
    for number in 0..<count {
      let descriptor = RecordLayout.size + number * SectionDescriptorLayout.size
      guard has(SectionDescriptorLayout.size, at: descriptor, before: end),
        let severity = ErrorSeverity(
          number: load(SectionDescriptorLayout.severity, at: descriptor))
      else { return }
      worst = worst.worse(severity)
    }
    guard let own = ErrorSeverity(number: load(RecordLayout.severity, at: 0)), count > 0 else {
      return
    }
    require(
      own == worst, "record header", at: RecordLayout.severity.offset,
      "severity {d} is not that of the worst section", load(RecordLayout.severity, at: 0))
  }

  /// One section's body of a kind, nil if its type is unknown.
  mutating func section(_ kind: SectionKind?, at offset: Int, _ size: Int) {
    report.derived("bytes", size)
    let end = offset + size
    switch kind?.body ?? .bytes {
    case .processorArm: processorSection(at: offset, before: end)
    case .memory: memorySection(at: offset, before: end)
    case .armRASNode: nodeSection(at: offset, before: end)
    case .cxlProtocol: protocolSection(at: offset, before: end)
    case .cxlComponent: componentSection(at: offset, before: end)
    case .pciComponent: pciComponentSection(at: offset, before: end)
    case .nvidia: registerSection(at: offset, before: end)
    case .nvidiaEvent: eventSection(at: offset, before: end)
    case .altra: altraSection(at: offset, before: end)
    case .hisilicon: hisiliconSection(at: offset, before: end)
    case .bytes:
      if size > 0 { report.data("data", bytes, at: offset, count: size) }
    case .layout(let layout, let validation):
      let valid = validation > 0 ? load(offset + (layout.size == 16 ? 4 : 0), 8) : UInt64.max
      guard fields(layout, at: offset, before: end, valid: valid) else { return }
      if size > layout.size {
        report.data("rest", bytes, at: offset + layout.size, count: size - layout.size)
      }
    }
  }
}
