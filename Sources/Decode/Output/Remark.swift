// What is not consistent in the bytes at hand, and where. A template and two numbers, not a string:
// a record full of nonsense has dozens of remarks, and they must not cost more than the record.

/// Something that does not fit, at an offset.
public struct Remark: Sendable {
  /// How bad it is.
  public enum Weight: Sendable {
    /// The bytes could not be read as they say of themselves: cut off, or a length that lies.
    case malformed
    /// They could be read, and break a rule.
    case inconsistent
    /// Worth knowing.
    case note

    var name: StaticString {
      switch self {
      case .malformed: "malformed"
      case .inconsistent: "inconsistent"
      case .note: "note"
      }
    }
  }

  /// How bad it is.
  public var weight: Weight
  /// Offset in the decoded bytes; nil for what has none.
  public var offset: Int?
  /// The structure or field.
  var subject: StaticString
  /// The sentence: `{d}` is the next number in decimal, `{x}` in hexadecimal, `{s}` the detail.
  var template: StaticString
  var first: UInt64 = 0
  var second: UInt64 = 0
  /// Text that is only known when it is met.
  var detail: String = ""

  /// The sentence.
  public var message: String {
    var report = Report(.text)
    report.putMessage(of: self)
    return String(decoding: report.bytes, as: UTF8.self)
  }
}

extension Report {
  /// The sentence of a remark.
  mutating func putMessage(of remark: Remark) {
    if remark.subject.utf8CodeUnitCount > 0 {
      put(remark.subject)
      put(": ")
    }
    // A number for each gap, in their order.
    var next = remark.first
    var later = remark.second
    func taken() -> UInt64 {
      defer { (next, later) = (later, 0) }
      return next
    }
    let count = remark.template.utf8CodeUnitCount
    remark.template.withUTF8Buffer { letters in
      var index = 0
      while index < count {
        var end = index
        while end < count, unsafe letters[end] != 0x7B { end += 1 }
        if end > index {
          unsafe put(UnsafeBufferPointer(rebasing: letters[index..<end]))
          index = end
          continue
        }
        guard index + 2 < count else {
          put(unsafe letters[index])
          index += 1
          continue
        }
        switch unsafe letters[index + 1] {
        case 0x64: putDecimal(taken())
        case 0x78:
          put("0x")
          putHexadecimal(taken())
        default:
          for byte in remark.detail.utf8 {
            if byte >= 0x80 || isText { put(byte) } else { putEscaped(byte) }
          }
        }
        index += 3
      }
    }
  }

  /// What is not consistent: a list in JSON, lines at the end of text.
  mutating func remarks(_ remarks: [Remark]) {
    if isText {
      for weight in [Remark.Weight.malformed, .inconsistent, .note] {
        let those = remarks.filter { $0.weight == weight }
        guard !those.isEmpty else { continue }
        switch weight {
        case .malformed: put("\nCannot be read as it says:\n")
        case .inconsistent: put("\nNot consistent:\n")
        case .note: put("\nNote:\n")
        }
        for remark in those {
          if let offset = remark.offset {
            put("0x")
            putHexadecimal(UInt64(max(0, offset)), digits: 4)
          } else {
            put("      ")
          }
          put("  ")
          putMessage(of: remark)
          put(0x0A)
        }
      }
      return
    }
    list("findings")
    for remark in remarks {
      item("")
      derived("severity", remark.weight.name)
      if let offset = remark.offset { derived("offset", offset) } else { null("offset") }
      message(of: remark)
      end()
    }
    endList()
  }
}
