// A record as the kernel prints it: `key: value` lines, sections one after the other.
// Linux drivers/firmware/efi/cper.c and cper-arm.c.

import APEI

/// The lines of one record.
struct PrintedRecord {
  /// What a dump among the lines is.
  enum Dump {
    /// The record does not say it.
    case guess
    /// A section that the kernel does not know.
    case section(GUID)
    /// Registers of an ARM processor context.
    case context(UInt64)
    /// Bytes that only a vendor can read.
    case bytes
  }
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
  /// What a dump is that follows.
  private(set) var dump = Dump.guess
  /// Whether Linux itself read the error records: their status is the severity.
  private var isFromRegisters = false
  /// Whether it is out of the BERT: only its records have no number.
  var isOfPreviousBoot = false

  /// Whether a severity was seen: another head starts another record.
  var hasBody: Bool { !severity.isEmpty }

  /// Whether a line starts a record.
  static func isStart(_ text: Substring) -> Bool {
    text.has("Hardware error from ") || text.hasPrefix("event severity")
  }

  /// Takes a line.
  mutating func add(_ text: Substring) {
    if text.has("Hardware error from AEST") { isFromRegisters = true }
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
      dump = PrintedRecord.guid(in: value).map { .section($0) } ?? .bytes
    } else {
      if name == "register context type" {
        dump = ContextRegisters.type(printed: value).map { .context($0) } ?? .bytes
      } else if name.hasPrefix("Vendor specific error info") {
        dump = .bytes
      }
      for (name, value) in PrintedRecord.pairs(String(name), value) { add(name, value) }
    }
  }

  /// The fields of a line that has several: `node:6 card:1` and `node: 6 card: 1` of a memory error,
  /// `aer_uncor_status: 0x1, aer_uncor_mask: 0x2` of a PCIe error.
  private static func pairs(_ name: String, _ value: String) -> [(String, String)] {
    let words = value.split(separator: " ")
    if let first = words.first, words.count > 1, first.allSatisfy(\.isHexDigit) {
      var pairs = [(name, String(first))]
      var pending = ""
      for word in words.dropFirst() {
        if !pending.isEmpty {
          pairs.append((pending, String(word)))
          pending = ""
        } else if let colon = word.firstIndex(of: ":"), colon != word.startIndex {
          let rest = word[word.index(after: colon)...]
          if rest.isEmpty {
            pending = String(word.dropLast())
          } else {
            pairs.append((String(word[..<colon]), String(rest)))
          }
        } else {
          return [(name, value)]
        }
      }
      return pending.isEmpty ? pairs : [(name, value)]
    }
    let parts = value.split(separator: ",")
    guard let first = parts.first, parts.count > 1 else { return [(name, value)] }
    var pairs = [(name, String(first))]
    for part in parts.dropFirst() {
      let part = part.drop { $0 == " " }
      guard let colon = part.range(ofWords: ": "), !part[..<colon.lowerBound].contains(" ") else {
        return [(name, value)]
      }
      pairs.append((String(part[..<colon.lowerBound]), String(part[colon.upperBound...])))
    }
    return pairs
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
    case "aer_uncor_status", "aer_uncor_mask", "aer_uncor_severity":
      words = number.map { Decoder.words(.flags(Layout.uncorrectable), $0) } ?? ""
    case "aer_cor_status", "aer_cor_mask":
      words = number.map { Decoder.words(.flags(Layout.correctable), $0) } ?? ""
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

  /// The GUID in `unknown, 2826cc9f-448c-4c2b-86b6-a95394b7ef33`; some print it without dashes.
  static func guid(in text: some StringProtocol) -> GUID? {
    guard let word = text.split(whereSeparator: { $0 == " " || $0 == "," }).last else { return nil }
    if word.utf8.count == 32, let high = UInt64(word.prefix(16), radix: 16),
      let low = UInt64(word.suffix(16), radix: 16)
    {
      return GUID(
        UInt32(high >> 32), UInt16(high >> 16 & 0xFFFF), UInt16(high & 0xFFFF), low)
    }
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
      case "fatal" where isOfPreviousBoot: "fatal to the system that ran before this boot"
      case "corrected": "the hardware corrected it, nothing was lost"
      case "recoverable": "data was lost; the system goes on if the page or the process is given up"
      case "fatal": "the system cannot go on: Linux panics"
      case "info", "informational": "for information"
      default:
        isFromRegisters
          ? "Linux read it out of error records, whose status says the rest"
          : "its severity is not among the lines"
      }
    let boot = isOfPreviousBoot && hasBody && severity != "fatal" ? ", before this boot" : ""
    let place = physicalAddress.isEmpty ? "" : " at physical address " + physicalAddress
    let what = types.isEmpty ? "an error" : types.joined(separator: " and ")
    return what + place + ": " + consequence + boot
  }
}
