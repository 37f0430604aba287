// Bytes out of text: which form it is, and what is wrong with it.
//
// Surprising: the order of bytes in a word cannot be seen in the text. Words of kernel dumps and of
// `hexdump` are numbers, those of `xxd` are bytes; letters beside them decide, and where there are
// none, what the bytes would be in either order.

/// Reads text as bytes or as registers.
struct TextReader {
  private var lines: [ArraySlice<UInt8>] = []

  /// The most bytes that zeros stand for where lines of a dump were lost.
  static let gapLimit = 1 << 12
  /// The most bytes that all lines of `*` of one dump stand for: no table or record is as large.
  static let starLimit = 1 << 20

  init(_ text: [UInt8]) {
    var start = 0
    for place in text.indices where text[place] == 0x0A {
      lines.append(TextReader.trimmed(text[start..<place]))
      start = place + 1
    }
    if start < text.count { lines.append(TextReader.trimmed(text[start...])) }
  }

  private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var line = line
    while let last = line.last, last == 0x0D || last == 0x20 || last == 0x09 { line.removeLast() }
    return line
  }

  /// Whether bytes are text: no control characters but those of lines.
  static func isText(_ bytes: [UInt8]) -> Bool {
    for byte in bytes {
      switch byte {
      case 0x09, 0x0A, 0x0C, 0x0D, 0x1B, 0x20...0x7E: continue
      case 0x80...0xFF: continue
      default: return false
      }
    }
    return true
  }

  /// What the text holds as dumps; empty if it is no dump.
  func dumps() -> [InputItem] {
    var parsed: [(line: HexLine, number: Int)] = []
    var items: [InputItem] = []
    var skipped: [Int] = []
    var heading = ""
    var pendingHeading = ""
    var stars: Set<Int> = []
    var areKernels = false
    func flush() {
      if let item = assembled(parsed, stars, heading: heading, isKernels: areKernels) {
        items.append(item)
      }
      areKernels = false
      parsed.removeAll()
      stars.removeAll()
    }
    for (index, raw) in lines.enumerated() {
      let (line, isKernels) = TextReader.withoutPrefix(TextReader.plainDump(raw))
      let content = line.drop { $0 == 0x20 || $0 == 0x09 }
      if content.isEmpty { continue }
      if isKernels { areKernels = true }
      if content.elementsEqual(TextReader.columns) { continue }
      if content.elementsEqual([0x2A]) {
        stars.insert(parsed.count)
        continue
      }
      // Words like "a" and "add" are hexadecimal too: a line that goes on as text is text.
      guard let parsedLine = HexLine(line),
        parsedLine.offset != nil || parsedLine.badColumn == nil || parsedLine.digitCount >= 8
      else {
        skipped.append(index + 1)
        if let title = TextReader.acpidumpTitle(content) { pendingHeading = title }
        continue
      }
      if parsedLine.offset == 0, !parsed.isEmpty || !pendingHeading.isEmpty {
        flush()
        heading = pendingHeading
        pendingHeading = ""
      }
      parsed.append((parsedLine, index + 1))
    }
    flush()
    if items.count == 1, items[0].title.isEmpty, let first = skipped.first {
      items[0].remarks.append(
        Remark(
          weight: .note, offset: nil, subject: "input",
          template: "{d} lines are no dump and were passed over, the first is line {d}",
          first: UInt64(skipped.count), second: UInt64(first)))
    }
    return items
  }

  /// `HEST @ 0x0000000000000000`: the four letters.
  private static func acpidumpTitle(_ line: ArraySlice<UInt8>) -> String? {
    guard line.count > 6 else { return nil }
    let bytes = Array(line.prefix(6))
    guard bytes[4] == 0x20, bytes[5] == 0x40 else { return nil }
    return String(decoding: bytes[..<4], as: UTF8.self)
  }

  /// The head of PowerShell's Format-Hex.
  private static let columns = Array("00 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F".utf8)
  private static let devmem = Array("Value at address 0x".utf8)

  /// A line without the quotes of a letter, and those of devmem2 and TRACE32 as an offset and words.
  private static func plainDump(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var rest = line
    while rest.first == 0x3E { rest = rest.dropFirst().drop { $0 == 0x20 } }
    // Value at address 0x9000000 (0xffff8): 0x52455043
    if rest.starts(with: devmem) {
      let address = rest.dropFirst(devmem.count)
      let digits = address.prefix { HexLine.digit($0) != nil }
      guard let colon = address.firstIndex(of: 0x3A) else { return rest }
      let value = address[(colon + 1)...].drop { $0 == 0x20 }.dropFirst(2)
      let zeros = [UInt8](repeating: 0x30, count: 16)
      return ArraySlice(
        zeros.prefix(max(0, 8 - digits.count)) + digits + [0x3A, 0x20]
          + zeros.prefix(max(0, 8 - value.count)) + value)
    }
    // NSD:09000000| 52455043 FFFF0000
    let space = rest.prefix { (0x41...0x5A).contains($0) }
    if (1...4).contains(space.count), rest.dropFirst(space.count).first == 0x3A {
      let address = rest.dropFirst(space.count + 1)
      let digits = address.prefix { HexLine.digit($0) != nil }
      if digits.count >= 8, address.dropFirst(digits.count).first == 0x7C {
        return ArraySlice(digits + [0x3A] + address.dropFirst(digits.count + 1))
      }
    }
    return rest
  }

  /// A line without what a kernel's log puts before it: time stamps, levels, counts in braces; and
  /// whether there was the mark of hardware errors.
  static func withoutPrefix(
    _ line: ArraySlice<UInt8>
  ) -> (rest: ArraySlice<UInt8>, isKernels: Bool) {
    var rest = line
    // "[   12.345678] " and "<6>".
    while let first = rest.first {
      if first == 0x5B, let end = rest.prefix(40).firstIndex(of: 0x5D),
        rest[rest.index(after: rest.startIndex)..<end].contains(0x2E)
      {
        rest = rest[(end + 1)...].drop { $0 == 0x20 }
      } else if first == 0x3C, let end = rest.prefix(5).firstIndex(of: 0x3E) {
        rest = rest[(end + 1)...]
      } else {
        break
      }
    }
    let mark = Array("[Hardware Error]:".utf8)
    if rest.count > mark.count {
      let last = rest.startIndex + min(80, rest.count - mark.count)
      for start in rest.startIndex..<last
      where rest[start] == 0x5B && rest[start...].starts(with: mark) {
        return (rest[(start + mark.count)...], true)
      }
    }
    return (rest, false)
  }
}
