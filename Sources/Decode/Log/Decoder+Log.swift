// What a log tells: events in the order of its lines, each with what its numbers mean.

import APEI
import Arm

extension Decoding {
  /// Explains a log.
  init(log text: [UInt8], _ item: InputItem, _ request: DecodeRequest, _ style: Report.Style) {
    var decoder = LogDecoder(text, item, request, style)
    decoder.run()
    self.init(
      bytes: decoder.decoder.report.bytes,
      outcome: decoder.events > 0 ? .whole : .unrecognized,
      reason: decoder.events > 0
        ? ""
        : "found \(decoder.log.lines.count) lines of text and nothing about errors in them; "
          + "accepted are lines of a kernel or firmware log")
  }
}

/// Walks through a log.
struct LogDecoder: ~Copyable {
  let log: KernelLog
  var decoder: Decoder
  /// How many events were found.
  var events = 0
  private var index = 0

  init(_ text: [UInt8], _ item: InputItem, _ request: DecodeRequest, _ style: Report.Style) {
    log = KernelLog(text)
    decoder = Decoder([], Report(style))
    decoder.open(item, request, DecoderKind.log.rawValue, "kernel log")
  }

  mutating func run() {
    decoder.report.derived("lines", log.lines.count)
    decoder.report.list("events")
    while index < log.lines.count {
      let line = log.lines[index]
      if line.isHardwareError {
        hardwareError()
      } else if isDump(line) {
        dump(guid: nil)
      } else {
        single(line)
        index += 1
      }
    }
    decoder.report.endList()
    decoder.report.derived("eventCount", events)
    let count = log.lines.count
    if events == 0 { decoder.report.line("nothing about errors in \(count) lines") }
    decoder.close()
  }

  // MARK: Events

  /// Opens an event that starts at a line.
  private mutating func begin(_ event: StaticString, _ line: KernelLog.Line, _ title: String) {
    events += 1
    decoder.report.item("line \(line.number): \(title)")
    decoder.report.derived("event", event)
    decoder.report.derived("line", line.number)
    decoder.report.derived("text", String(line.text))
  }

  /// An event of one line.
  private mutating func single(_ line: KernelLog.Line) {
    if let value = LogRegisters.syndrome(line.text) {
      begin("syndrome", line, String(line.text))
      syndrome(value)
      if let message = LogMessages.of(line.text) { meaning(message.meaning.description) }
      decoder.report.end()
    } else if let value = LogRegisters.processState(line.text) {
      begin("processState", line, String(line.text))
      decoder.report.hexadecimal("spsr", value)
      meaning(LogDecoder.words(processState: value))
      decoder.report.end()
    } else if let first = LogRegisters.record(line.text), first.name == "status" {
      errorRecord(first, line)
    } else if let message = LogMessages.of(line.text) {
      begin(message.event, line, String(line.text))
      meaning(message.meaning.description)
      decoder.report.end()
    }
  }

  mutating func meaning(_ words: String) {
    if decoder.report.isText {
      decoder.report.line("= " + words)
    } else {
      decoder.report.derived("meaning", words)
    }
  }

  /// A syndrome in a few words, and its fields.
  private mutating func syndrome(_ value: UInt64) {
    let description = SyndromeDescription(Syndrome(rawValue: value))
    decoder.report.hexadecimal("esr", value, description.title)
    decoder.report.derived("exceptionClass", description.title)
    if decoder.report.isText {
      for line in description.lines
      where ["DFSC", "IFSC", "SET", "AET", "IDS", "WnR", "FnV"].contains(line.name) {
        decoder.report.line("\(line.name) 0x\(String(line.value, radix: 16)): \(line.meaning)")
      }
    } else {
      decoder.report.object("fields", "")
      decoder.report.registerFields(description.lines)
      decoder.report.end()
      decoder.report.bitList(description.lines)
    }
  }

  private static func words(processState value: UInt64) -> String {
    let state = ProcessState(rawValue: value)
    if state.isAArch32 { return "AArch32" }
    var masks = ""
    let fields = [
      (ProcessState.d, "D"), (ProcessState.a, "A"), (ProcessState.i, "I"), (ProcessState.f, "F"),
    ]
    for (field, letter) in fields where state.isSet(field) { masks += letter }
    return "EL\(state.exceptionLevel.rawValue), "
      + (masks.isEmpty ? "nothing masked" : "masked: \(masks)")
      + (state.isSet(ProcessState.a) ? "; SErrors wait" : "")
  }

  /// An error record's status, and its companions in the lines that follow.
  private mutating func errorRecord(_ status: NamedValue, _ line: KernelLog.Line) {
    var values = [status]
    for next in log.lines.dropFirst(index + 1).prefix(16) {
      guard let value = LogRegisters.record(next.text) else { continue }
      if value.name == "status" || values.contains(where: { $0.name == value.name }) { break }
      values.append(value)
    }
    begin("errorRecord", line, String(line.text))
    decoder.errorRecord(values)
    decoder.report.end()
  }

  // MARK: Dumps

  private func isDump(_ line: KernelLog.Line) -> Bool { hexLine(line) != nil }

  /// A line of a dump: an offset with a colon and groups of bytes or words.
  private func hexLine(_ line: KernelLog.Line) -> HexLine? {
    let bytes = Array(line.text.utf8)
    if let range = line.text.range(ofWords: "raw data:") {
      let rest = Array(line.text[range.upperBound...].utf8)
      if let parsed = HexLine(rest[...]), parsed.digitCount >= 8 { return parsed }
      return nil
    }
    guard let parsed = HexLine(bytes[...]), parsed.offset != nil, parsed.hasColon,
      parsed.digitCount >= 8, parsed.groups.allSatisfy({ $0.digits.count % 2 == 0 })
    else { return nil }
    return parsed
  }

  /// The lines of a dump from the current one, as bytes; decoded by the GUID, or guessed.
  mutating func dump(guid: GUID?) {
    let first = log.lines[index]
    var lines: [(line: HexLine, number: Int)] = []
    while index < log.lines.count, let parsed = hexLine(log.lines[index]),
      log.lines[index].isHardwareError == first.isHardwareError
    {
      if parsed.offset == 0, !lines.isEmpty { break }
      lines.append((parsed, log.lines[index].number))
      index += 1
    }
    guard let item = TextReader([]).assembled(lines, [], heading: ""),
      case .bytes(let bytes) = item.content
    else {
      // Nothing to read in it; the walk must go on all the same.
      if lines.isEmpty { index += 1 }
      return
    }
    var structure = Guess.structure(bytes)
    if let guid {
      structure = SectionKind.of(guid).map { .section($0) } ?? .unknown
    }
    begin("dump", first, "\(bytes.count) bytes (\(item.form.rawValue)): \(structure.description)")
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

  /// The lines of one record that the kernel printed, and the dumps among them.
  private mutating func hardwareError() {
    let first = log.lines[index]
    var record = PrintedRecord()
    var dumps: [(guid: GUID?, index: Int)] = []
    while index < log.lines.count {
      let line = log.lines[index]
      guard line.isHardwareError, line.sequence == first.sequence else { break }
      if record.hasBody, PrintedRecord.isStart(line.text) { break }
      if isDump(line) {
        if index == 0 || !isDump(log.lines[index - 1]) || dumps.isEmpty {
          dumps.append((record.guid, index))
        }
      } else {
        record.add(line.text)
      }
      index += 1
    }
    let end = index
    begin("hardwareError", first, "hardware error record, \(record.words)")
    decoder.report.derived("lastLine", log.lines[max(0, end - 1)].number)
    if let sequence = first.sequence { decoder.report.derived("sequence", sequence) }
    record.write(&decoder.report)
    decoder.report.list("dumps")
    for (guid, start) in dumps {
      index = start
      dump(guid: guid)
    }
    decoder.report.endList()
    decoder.report.end()
    index = end
  }
}
