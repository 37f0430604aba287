// Records that the kernel printed, and dumps of bytes.
//
// Surprising: what a dump is, the line above it says, and nothing else does: registers of a context,
// a vendor's bytes and whole sections look alike, so that a guess finds sections in all of them.

import APEI

extension LogDecoder {
  // MARK: Dumps

  /// A line of a dump: an offset with a colon and groups of bytes or words.
  func hexLine(_ line: KernelLog.Line) -> HexLine? {
    if let range = line.text.range(ofWords: "raw data:") {
      let rest = Array(line.text[range.upperBound...].utf8)
      if let parsed = HexLine(rest[...]), parsed.digitCount >= 8 { return parsed }
      return nil
    }
    // Most lines of a log have no offset; they need not be taken apart.
    var digits = 0
    for byte in line.text.utf8 {
      if byte == 0x3A { break }
      if (byte == 0x20 || byte == 0x09) && digits >= 8 { break }
      if HexLine.digit(byte) == nil, digits > 0 || byte != 0x20 && byte != 0x09 { return nil }
      if byte == 0x20 || byte == 0x09 { continue }
      digits += 1
    }
    let bytes = Array(line.text.utf8)
    guard let parsed = HexLine(bytes[...]), parsed.offset != nil,
      parsed.digitCount >= 8, parsed.groups.allSatisfy({ $0.digits.count % 2 == 0 })
    else { return nil }
    return parsed
  }

  /// The lines of a dump from the current one, whatever it is.
  mutating func dump() {
    var lines: [Int] = []
    while index < log.lines.count, !isTaken[index], !log.lines[index].isHardwareError,
      let parsed = hexLine(log.lines[index])
    {
      if parsed.offset == 0, !lines.isEmpty { break }
      lines.append(index)
      index += 1
    }
    let guid = sectionType.flatMap { (lines.first ?? 0) - $0.line <= 8 ? $0.guid : nil }
    dump(lines, as: guid.map { .section($0) } ?? .guess)
  }

  /// Lines of a dump as bytes, decoded as what they are.
  private mutating func dump(_ numbers: [Int], as meaning: PrintedRecord.Dump) {
    let lines = numbers.compactMap { number in
      hexLine(log.lines[number]).map { (line: $0, number: log.lines[number].number) }
    }
    guard let first = numbers.first,
      let item = TextReader([]).assembled(lines, [], heading: "", isKernels: true),
      case .bytes(let bytes) = item.content
    else { return }
    let structure: Structure =
      switch meaning {
      case .guess: Guess.structure(bytes)
      case .section(let guid): SectionKind.of(guid).map { .section($0) } ?? .unknown
      case .context(let type): .registers(type)
      case .bytes: .vendorData
      }
    // Memory of a stack is no record.
    if case (.guess, .unknown) = (meaning, structure), lines.first?.line.offset != 0 { return }
    begin(
      "dump", log.lines[first],
      "\(bytes.count) bytes (\(item.form.rawValue)): "
        + structure.description)
    decoder.report.derived("is", structure.description)
    decoder.report.derived("form", item.form.rawValue)
    // The events of the log and what is in them are one report.
    var inner = Decoder(bytes, Report(.text))
    swap(&inner.report, &decoder.report)
    inner.report.object("decoded", "")
    inner.decode(structure)
    inner.report.end()
    swap(&inner.report, &decoder.report)
    decoder.remarks += (item.remarks + inner.remarks).prefix(
      max(0, Decoder.remarkLimit - decoder.remarks.count))
    decoder.report.end()
  }

  // MARK: Hardware errors

  /// How many lines of others may stand between two of one record.
  private static let gapLimit = 64

  /// The lines of one record that the kernel printed, and the dumps among them. Other processors print
  /// between them: the number in braces says what belongs together.
  mutating func hardwareError() {
    let first = log.lines[index]
    var record = PrintedRecord()
    record.isOfPreviousBoot = first.sequence == nil
    var dumps: [(meaning: PrintedRecord.Dump, lines: [Int])] = []
    var registers: [LogRegister] = []
    var last = index
    var isInDump = false
    var place = index
    while place < log.lines.count, place - last <= LogDecoder.gapLimit {
      let line = log.lines[place]
      defer { place += 1 }
      guard line.isHardwareError, line.sequence == first.sequence, !isTaken[place] else { continue }
      if record.hasBody, PrintedRecord.isStart(line.text) { break }
      isTaken[place] = true
      last = place
      if let parsed = hexLine(line) {
        if !isInDump || parsed.offset == 0 { dumps.append((record.dump, [])) }
        dumps[dumps.count - 1].lines.append(place)
        isInDump = true
      } else {
        record.add(line.text)
        registers += LogRegisters.all(in: line.text).filter { $0.isStatus || $0.isCompanion }
        isInDump = false
      }
    }
    begin("hardwareError", first, "hardware error record, \(record.words)")
    decoder.report.derived("lastLine", log.lines[last].number)
    if let sequence = first.sequence { decoder.report.derived("sequence", sequence) }
    record.write(&decoder.report)
    errorRecords(registers)
    decoder.report.list("dumps")
    for (meaning, lines) in dumps { dump(lines, as: meaning) }
    decoder.report.endList()
    decoder.report.end()
    index += 1
  }

  /// Registers of error records that a record has as lines, as Linux' AEST driver prints them. A name
  /// that comes again is of another error record.
  private mutating func errorRecords(_ registers: [LogRegister]) {
    var records: [[NamedValue]] = [[]]
    for register in registers {
      let name = register.isStatus ? "status" : register.name
      if records[records.count - 1].contains(where: { $0.name == name }) { records.append([]) }
      records[records.count - 1].append(NamedValue(name: name, value: register.value))
    }
    records.removeAll { values in !values.contains { $0.name == "status" } }
    if records.isEmpty { return }
    decoder.report.list("errorRecords")
    for record in records {
      decoder.report.item("")
      decoder.errorRecord(record)
      decoder.report.end()
    }
    decoder.report.endList()
  }
}
