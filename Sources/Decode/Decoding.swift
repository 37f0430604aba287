// From an input to what is said of it: reads the form, guesses the kind or takes the one that was asked
// for, decodes, and says how it went.

import APEI
import Arm

/// What is asked of the decoders.
public struct DecodeRequest: Sendable {
  /// The kind; nil: guess it.
  public var kind: DecoderKind?
  /// Text or JSON.
  public var style: Report.Style
  /// What the bytes are, for a section without anything around it: a name of `sectionNames`.
  public var section: String?
  /// The input's name, for people; nil for values of the command line.
  public var source: String?

  /// A request.
  public init(
    kind: DecoderKind? = nil, style: Report.Style = .text, section: String? = nil,
    source: String? = nil
  ) {
    self.kind = kind
    self.style = style
    self.section = section
    self.source = source
  }

  /// Whether arguments of a command line read as registers.
  public static func areValues(_ arguments: [String]) -> Bool {
    ValueReader.values(Array(arguments.joined(separator: " ").utf8)) != nil
  }

  /// Whether arguments of a command line are registers or the digits of something known.
  public static func isInline(_ arguments: [String]) -> Bool {
    let text = Array(arguments.joined(separator: " ").utf8)
    // Without a source it is a command line's.
    return Decoding(text, DecodeRequest(style: .jsonLine)).outcome != .unrecognized
  }

  /// What `section` may be.
  public static var sectionNames: [String] { SectionKind.all.map { $0.key.description } }
}

/// What was made of an input.
public struct Decoding: Sendable {
  /// How it went.
  public enum Outcome: Int, Comparable, Sendable {
    /// All was read.
    case whole
    /// Something could not be read as it says of itself.
    case malformed
    /// It is not of the kind that was asked for, or of none.
    case unrecognized

    /// Orders by how little was read.
    public static func < (a: Outcome, b: Outcome) -> Bool { a.rawValue < b.rawValue }
  }

  /// Text or JSON.
  public var bytes: [UInt8]
  /// How it went.
  public var outcome: Outcome
  /// Why it was not recognized.
  public var reason: String = ""
  /// Whether it is an ACPI table of which only the header is explained.
  var isOtherTable = false

  /// Text or JSON as a string.
  public var text: String { String(decoding: bytes, as: UTF8.self) }
}

extension Decoding {
  /// Decodes an input: a file's content, or the values of a command line.
  public init(_ input: [UInt8], _ request: DecodeRequest) {
    let items = InputReader.items(input, kind: request.kind, isInline: request.source == nil)
    guard !items.isEmpty else {
      self.init(
        bytes: [], outcome: .unrecognized,
        reason: InputReader.refusal(of: input, for: request.kind))
      return
    }
    var style = request.style
    if items.count > 1, style == .json { style = .jsonLine }
    self.init(bytes: [], outcome: .whole)
    var isKnown = false
    var others: Decoding?
    for (index, item) in items.enumerated() {
      let one = Decoding.one(item, request, style)
      if index > 0, style == .text { bytes.append(0x0A) }
      if bytes.isEmpty { bytes = one.bytes } else { bytes.append(contentsOf: one.bytes) }
      if one.isOtherTable {
        // Beside tables that are explained, those of other kinds are no fault of the input.
        others = one
        continue
      }
      isKnown = true
      outcome = max(outcome, one.outcome)
      if reason.isEmpty { reason = one.reason }
    }
    if let others, !isKnown { (outcome, reason) = (others.outcome, others.reason) }
  }

  private static func one(
    _ item: InputItem, _ request: DecodeRequest, _ style: Report.Style
  ) -> Decoding {
    switch item.content {
    case .bytes(let bytes):
      switch choice(bytes, request) {
      case .take(let structure): return Decoding(bytes, as: structure, item, request, style)
      case .refuse(let reason):
        return Decoding(bytes: [], outcome: .unrecognized, reason: reason)
      }
    case .values(let values): return Decoding(values, item, request, style)
    case .log(let text): return Decoding(log: text, item, request, style)
    }
  }

  /// What bytes are taken for, or why they are not what was asked for.
  private enum Choice {
    case take(Structure)
    case refuse(String)
  }

  private static func choice(_ bytes: [UInt8], _ request: DecodeRequest) -> Choice {
    if let name = request.section,
      let kind = SectionKind.all.first(where: { $0.key.description == name })
    {
      return .take(.section(kind))
    }
    let (guess, score) = Guess.best(bytes)
    guard let kind = request.kind, guess.kind != kind else { return .take(guess) }
    // The region that a BERT leads to has no signature.
    if kind == .bert, case .block = guess { return .take(guess) }
    if score >= 90 {
      let found = guess.kind.map { "decode \($0.rawValue) explains it" } ?? "no decoder explains it"
      return .refuse("found \(article(guess.description)), not what \(kind.rawValue) is; \(found)")
    }
    // What is damaged is read as what it was said to be.
    return .take(kind.isTable ? .table(kind) : .block)
  }

  private static func article(_ noun: String) -> String {
    ("AEIOU".contains(noun.uppercased().prefix(1)) ? "an " : "a ") + noun
  }

  private init(
    _ bytes: [UInt8], as structure: Structure, _ item: InputItem, _ request: DecodeRequest,
    _ style: Report.Style
  ) {
    var decoder = Decoder(bytes, Report(style))
    decoder.remarks = item.remarks
    decoder.open(item, request, structure.kind?.rawValue ?? "unknown", structure.description)
    decoder.decode(structure)
    if case .table(let kind) = structure, !bytes.starts(with: kind.rawValue.uppercased().utf8) {
      let found = bytes.prefix(4).map { byte in
        byte >= 0x20 && byte < 0x7F ? String(UnicodeScalar(byte)) : "."
      }.joined()
      decoder.remark(
        .malformed, "table header", at: 0, "the signature is {s}",
        detail: "'\(found)', not \(kind.rawValue.uppercased())")
    }
    decoder.close()
    var outcome: Outcome =
      decoder.remarks.contains { $0.weight == .malformed } ? .malformed : .whole
    var reason = ""
    switch structure {
    case .unknown, .otherTable:
      outcome = .unrecognized
      reason = InputReader.unknown(bytes, structure, item.form)
    default: break
    }
    self.init(bytes: decoder.report.bytes, outcome: outcome, reason: reason)
    if case .otherTable = structure { isOtherTable = true }
  }

  private init(
    _ values: [NamedValue], _ item: InputItem, _ request: DecodeRequest, _ style: Report.Style
  ) {
    var decoder = Decoder([], Report(style))
    let name = values[0].name
    guard ValueReader.explained.contains(name) else {
      decoder.open(item, request, "address", name)
      decoder.address(name, values[0].value)
      decoder.close()
      self.init(bytes: decoder.report.bytes, outcome: .whole)
      return
    }
    let (kind, other) = Decoding.kind(of: values, request)
    decoder.open(item, request, kind.rawValue, kind.rawValue)
    if request.kind == nil, let other {
      decoder.remark(
        .note, "", at: nil, "the value may also be another register: {s}",
        detail: "decode \(other.rawValue) explains it so")
    }
    switch kind {
    case .errstatus: decoder.errorRecord(values)
    case .disr: decoder.deferredError(values[0].value, isSyndrome: name == "vsesr")
    case .spsr: decoder.processState(values[0].value)
    default: decoder.syndrome(values[0].value)
    }
    decoder.close()
    let isWhole = !decoder.remarks.contains { $0.weight == .malformed }
    self.init(bytes: decoder.report.bytes, outcome: isWhole ? .whole : .malformed)
  }

  /// Which register values are.
  private static func kind(
    of values: [NamedValue], _ request: DecodeRequest
  ) -> (DecoderKind, DecoderKind?) {
    if let kind = request.kind { return (kind, nil) }
    if values.count > 1 { return (.errstatus, nil) }
    switch values[0].name {
    case "status", "addr", "fr", "ctlr", "misc0", "misc1", "misc2", "misc3":
      return (.errstatus, nil)
    case "vsesr": return (.disr, nil)
    case "esr": return (.esr, nil)
    case "disr": return (.disr, nil)
    case "spsr": return (.spsr, nil)
    default: return Guess.register(values[0].value)
    }
  }
}

extension Decoder {
  /// The version of the JSON that Documentation/decode.schema.json describes.
  static let schema: UInt64 = 1

  /// What is decoded, of which form, and what of it was guessed.
  mutating func open(
    _ item: InputItem, _ request: DecodeRequest, _ kind: String, _ description: String
  ) {
    if report.isText { return openText(item, request, description) }
    report.begin()
    report.decimal("schema", Decoder.schema)
    report.derived("kind", kind)
    report.derived("guessed", request.kind == nil)
    report.derived("is", description)
    report.object("input", "")
    report.derived("form", item.form.rawValue)
    if case .bytes(let bytes) = item.content { report.derived("bytes", bytes.count) }
    if !item.title.isEmpty { report.derived("title", item.title) }
    if let source = request.source { report.derived("source", source) }
    report.end()
  }

  private mutating func openText(
    _ item: InputItem, _ request: DecodeRequest, _ description: String
  ) {
    // A value asked for by its kind needs no introduction.
    if case .values = item.content, request.kind != nil { return }
    var words = description
    if case .bytes(let bytes) = item.content { words += ", \(bytes.count) bytes" }
    words += " (\(item.form.rawValue)"
    words += request.kind == nil ? "; both guessed)" : ")"
    report.put(words + "\n")
  }

  /// What is not consistent, and the end.
  mutating func close() {
    report.remarks(remarks)
    report.finish()
  }

  /// Decodes the bytes as a structure.
  mutating func decode(_ structure: Structure) {
    switch structure {
    case .table(.hest): errorSourceTable()
    case .table(.bert): bootErrorTable()
    case .table(.einj): injectionTable()
    case .table(.erst): serializationTable()
    case .table(.sdei): delegatedExceptionTable()
    case .table(.aest): nodeTable()
    case .table, .otherTable: otherTable()
    case .trigger: triggerTable()
    case .record: record()
    case .block: block()
    case .dataEntry: loneDataEntry()
    case .errorInformation: loneErrorInformation()
    case .registers(let type):
      report.derived("bytesGiven", bytes.count)
      registers(type, at: 0, bytes.count)
    case .section(let kind):
      report.derived("structure", "section")
      report.derived("typeName", kind.name)
      report.derived("bytesGiven", bytes.count)
      section(kind, at: 0, bytes.count)
    case .unknown, .vendorData:
      report.derived("bytesGiven", bytes.count)
      if !bytes.isEmpty { report.data("data", bytes, at: 0, count: min(bytes.count, 4096)) }
    }
  }
}
