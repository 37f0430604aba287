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
  /// The line that is looked at.
  var index = 0
  /// Lines that belong to a record that was told already.
  var isTaken: [Bool]
  /// The severity that AER named last, and in which line.
  private var pcieSeverity: (isCorrected: Bool, line: Int)?
  /// The section type that a line of rasdaemon named last, and at which index.
  private(set) var sectionType: (guid: GUID, line: Int)?

  init(_ text: [UInt8], _ item: InputItem, _ request: DecodeRequest, _ style: Report.Style) {
    log = KernelLog(text)
    isTaken = [Bool](repeating: false, count: log.lines.count)
    decoder = Decoder([], Report(style))
    decoder.open(item, request, DecoderKind.log.rawValue, "kernel log")
  }

  mutating func run() {
    decoder.report.derived("lines", log.lines.count)
    decoder.report.list("events")
    while index < log.lines.count {
      let line = log.lines[index]
      if isTaken[index] {
        index += 1
      } else if line.isHardwareError {
        hardwareError()
      } else if hexLine(line) != nil {
        dump()
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
  mutating func begin(_ event: StaticString, _ line: KernelLog.Line, _ title: String) {
    events += 1
    decoder.report.item("line \(line.number): \(title)")
    decoder.report.derived("event", event)
    decoder.report.derived("line", line.number)
    decoder.report.derived("text", String(line.text))
  }

  /// The events of one line.
  private mutating func single(_ line: KernelLog.Line) {
    let before = events
    if let mark = line.text.range(ofWords: "section type: "),
      let guid = PrintedRecord.guid(in: line.text[mark.upperBound...].prefix { $0 != " " })
    {
      sectionType = (guid, index)
    }
    if line.text.has("arm_event") { return processorEvent(line) }
    let registers = LogRegisters.all(in: line.text)
    var syndrome: UInt64?
    for register in registers {
      switch register.kind {
      case .syndrome where syndrome == nil:
        syndrome = register.value
        tell(syndrome: register.value, line)
      case .processState: tell(processState: register.value, line)
      case .status, .bareStatus: errorRecord(register, registers, line)
      case .pcieStatus(let isCorrected):
        pcieError(register.value, mask: nil, isCorrected: isCorrected, line)
      default: continue
      }
    }
    if syndrome == nil, let value = LogRegisters.syndrome(inWords: line.text) {
      tell(syndrome: value, line)
    }
    if events > before { return }
    if pcieStatus(line) { return }
    guard let message = LogMessages.of(line.text) else { return }
    if message.mark.hasPrefix("PCIe Bus Error") {
      pcieSeverity = (line.text.has("severity=Corrected"), line.number)
    }
    begin(message.event, line, String(line.text))
    meaning(message.meaning.description)
    decoder.report.end()
  }

  /// A tracepoint's line of an ARM processor error: which processor.
  private mutating func processorEvent(_ line: KernelLog.Line) {
    begin("armEvent", line, String(line.text))
    for register in LogRegisters.all(in: line.text) {
      guard case .identity = register.kind else { continue }
      if register.name == "midr" {
        decoder.report.hexadecimal("midr", register.value, Names.midr(register.value))
      } else {
        decoder.report.hexadecimal("mpidr", register.value, Names.mpidr(register.value))
      }
    }
    meaning("an ARM processor error that the firmware told")
    decoder.report.end()
  }

  private mutating func tell(syndrome value: UInt64, _ line: KernelLog.Line) {
    begin("syndrome", line, String(line.text))
    syndrome(value)
    if let message = LogMessages.of(line.text) { meaning(message.meaning.description) }
    decoder.report.end()
  }

  private mutating func tell(processState value: UInt64, _ line: KernelLog.Line) {
    begin("processState", line, String(line.text))
    decoder.report.hexadecimal("spsr", value)
    meaning(LogDecoder.words(processState: value))
    decoder.report.end()
  }

  /// `error status/mask=00200000/00100020` of AER; whether the line is one.
  private mutating func pcieStatus(_ line: KernelLog.Line) -> Bool {
    guard let mark = line.text.range(ofWords: "error status/mask=") else { return false }
    let words = line.text[mark.upperBound...].prefix { $0.isHexDigit || $0 == "/" }
      .split(separator: "/")
    guard words.count == 2, let status = UInt64(words[0], radix: 16),
      let mask = UInt64(words[1], radix: 16)
    else { return false }
    let known = pcieSeverity.flatMap { line.number - $0.line <= 4 ? $0.isCorrected : nil }
    pcieError(status, mask: mask, isCorrected: known, line)
    return true
  }

  /// A status of AER: nil if the log does not say which of the two it is.
  private mutating func pcieError(
    _ status: UInt64, mask: UInt64?, isCorrected: Bool?, _ line: KernelLog.Line
  ) {
    begin("pcieError", line, String(line.text))
    decoder.report.hexadecimal("status", status)
    if let mask { decoder.report.hexadecimal("mask", mask) }
    let corrected = "corrected: " + Decoder.words(.flags(Layout.correctable), status)
    let uncorrected = "uncorrected: " + Decoder.words(.flags(Layout.uncorrectable), status)
    switch isCorrected {
    case true?: meaning(corrected)
    case false?: meaning(uncorrected)
    case nil: meaning("as \(uncorrected); as \(corrected)")
    }
    decoder.report.end()
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

  // MARK: Error records

  /// An error record's status, and its companions in its own line and in those that follow.
  private mutating func errorRecord(
    _ status: LogRegister, _ registers: [LogRegister], _ line: KernelLog.Line
  ) {
    var values = [NamedValue(name: "status", value: status.value)]
    // A bare status leads its line, and what stands beside it leads its own.
    func isLeading(_ register: LogRegister, _ text: Substring) -> Bool {
      let before = text.utf8.prefix(register.start).filter { $0 != 0x20 && $0 != 0x09 }
      return before.isEmpty || before.last == 0x3A && before.count <= 10
    }
    var isSure = true
    if case .bareStatus = status.kind {
      guard isLeading(status, line.text), status.value >> 30 & 1 == 1 else { return }
      isSure = false
    }
    var isOver = false
    for register in registers where register.start > status.start {
      if register.isStatus { isOver = true }
      if isOver { break }
      take(register)
    }
    func take(_ register: LogRegister) {
      if case .detail = register.kind { isSure = true }
      guard register.isCompanion, !values.contains(where: { $0.name == register.name }) else {
        return
      }
      values.append(NamedValue(name: register.name, value: register.value))
      isSure = true
    }
    if !isOver {
      following: for next in log.lines.dropFirst(index + 1).prefix(16) {
        if next.isHardwareError { continue }
        for register in LogRegisters.all(in: next.text) {
          if register.isStatus { break following }
          if isSure || isLeading(register, next.text) { take(register) }
        }
      }
    }
    guard isSure else { return }
    begin("errorRecord", line, String(line.text))
    decoder.errorRecord(values)
    decoder.report.end()
  }
}
