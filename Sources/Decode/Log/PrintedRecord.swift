// A record as the kernel prints it: `key: value` lines, sections one after the other.
// Linux drivers/firmware/efi/cper.c and cper-arm.c.

import APEI

/// The lines of one record.
struct PrintedRecord {
  /// A line of it.
  private struct Entry {
    /// Which section it belongs to, from 0; -1: the record itself.
    var section: Int
    var name: String
    var value: String
    var words: String
  }
  private var entries: [Entry] = []
  private var severity = ""
  private var source = ""
  private var physicalAddress = ""
  private var types: [String] = []
  /// The GUID of the current section, if its type is unknown to the kernel.
  private(set) var guid: GUID?

  /// Whether a severity was seen: another head starts another record.
  var hasBody: Bool { !severity.isEmpty }

  /// Whether a line starts a record.
  static func isStart(_ text: Substring) -> Bool {
    text.has("Hardware error from APEI") || text.hasPrefix("event severity")
  }

  /// Takes a line.
  mutating func add(_ text: Substring) {
    guard let colon = text.firstIndex(of: ":") else {
      entries.append(Entry(section: types.count - 1, name: String(text), value: "", words: ""))
      return
    }
    let name = text[..<colon].drop { $0 == " " }
    let value = String(text[text.index(after: colon)...].drop { $0 == " " })
    if name == "event severity" {
      severity = value
    } else if text.has("Hardware error from APEI") {
      source = value
    } else if name == "section_type" || name == "section type" {
      types.append(value)
      guid = PrintedRecord.guid(in: value)
    } else {
      add(String(name), value)
    }
  }

  /// Takes a field.
  private mutating func add(_ name: String, _ value: String) {
    var words = ""
    let number = PrintedRecord.number(in: value)
    switch name {
    case "physical_address", "physical fault address":
      if physicalAddress.isEmpty { physicalAddress = value }
    case "error_status": words = number.map(Names.errorStatus) ?? ""
    case "MIDR": words = number.map(Names.midr) ?? ""
    case "Multiprocessor Affinity Register (MPIDR)": words = number.map(Names.mpidr) ?? ""
    default: break
    }
    entries.append(Entry(section: types.count - 1, name: name, value: value, words: words))
  }

  /// Writes what was taken.
  func write(_ report: inout Report) {
    if !severity.isEmpty { report.string("severity", severity) }
    if !source.isEmpty { report.string("source", source) }
    if !physicalAddress.isEmpty { report.derived("physicalAddress", physicalAddress) }
    if !report.isText {
      report.derived("meaning", words)
      report.list("sections")
      for type in types {
        report.item("")
        report.derived("type", type)
        if let kind = PrintedRecord.guid(in: type).flatMap(SectionKind.of) {
          report.derived("typeName", kind.name)
        }
        report.end()
      }
      report.endList()
    }
    report.list("fields")
    var section = -1
    for entry in entries {
      if entry.section != section, report.isText {
        section = entry.section
        let kind = PrintedRecord.guid(in: types[section]).flatMap(SectionKind.of)
        report.line("section: " + types[section] + (kind.map { " = \($0.name)" } ?? ""))
      }
      if report.isText {
        let words = entry.words.isEmpty ? "" : "   = " + entry.words
        report.line("  " + entry.name + (entry.value.isEmpty ? "" : ": " + entry.value) + words)
      } else {
        report.item("")
        if entry.section >= 0 { report.derived("section", entry.section) }
        report.derived("name", entry.name)
        report.derived("value", entry.value)
        if !entry.words.isEmpty { report.derived("meaning", entry.words) }
        report.end()
      }
    }
    report.endList()
  }

  /// The first number with 0x in a value.
  private static func number(in text: String) -> UInt64? {
    guard let start = text[...].range(ofWords: "0x") else { return nil }
    return UInt64(text[start.upperBound...].prefix { $0.isHexDigit }, radix: 16)
  }

  /// The GUID in `unknown, 2826cc9f-448c-4c2b-86b6-a95394b7ef33`.
  static func guid(in text: String) -> GUID? {
    guard let word = text.split(whereSeparator: { $0 == " " || $0 == "," }).last else { return nil }
    let groups = word.split(separator: "-")
    guard groups.map(\.count) == [8, 4, 4, 4, 12], let first = UInt32(groups[0], radix: 16),
      let second = UInt16(groups[1], radix: 16), let third = UInt16(groups[2], radix: 16),
      let fourth = UInt64(groups[3], radix: 16), let last = UInt64(groups[4], radix: 16)
    else { return nil }
    return GUID(first, second, third, fourth << 48 | last)
  }

  /// What the record says, in a sentence.
  var words: String {
    let consequence: String =
      switch severity {
      case "corrected": "the hardware corrected it, nothing was lost"
      case "recoverable": "data was lost; the system goes on if the page or the process is given up"
      case "fatal": "the system cannot go on: Linux panics"
      case "info", "informational": "for information"
      default: "its severity is not among the lines"
      }
    let place = physicalAddress.isEmpty ? "" : " at physical address " + physicalAddress
    let what = types.isEmpty ? "an error" : types.joined(separator: " and ")
    return what + place + ": " + consequence
  }
}
