// Text as it reaches a decoder, made plain: one line feed ends a line, and nothing stands in it that a
// terminal, a serial line or an editor of Windows put there.
//
// Surprising: Swift takes carriage return and line feed for one Character, which equals neither of
// them. Lines are therefore cut here, byte by byte, before anything becomes a String.

enum PlainText {
  /// The plain text of an input; nil if it is no text.
  ///
  /// A log may have NULs, bells and other control characters in it (serial lines, files that a crash
  /// cut off); `isLog` says that it is one, nil that its words must show it.
  static func of(_ input: [UInt8], isLog: Bool? = nil) -> [UInt8]? {
    if TextReader.isText(input) { return cleaned(utf8(input) ?? input) }
    if let text = utf8(input), TextReader.isText(text) { return cleaned(text) }
    if isLog == true { return cleaned(input) }
    guard isLog == nil, isNearlyText(input) else { return nil }
    let text = cleaned(input)
    return KernelLog.isLog(text) ? text : nil
  }

  /// Whether most of the first bytes are letters, NULs apart.
  private static func isNearlyText(_ input: [UInt8]) -> Bool {
    var (count, letters) = (0, 0)
    for byte in input where byte != 0 {
      count += 1
      if byte >= 0x20 && byte < 0x7F || byte == 0x0A || byte == 0x0D || byte == 0x09 {
        letters += 1
      }
      if count == 256 { break }
    }
    return count >= 16 && letters * 10 >= count * 9
  }

  /// UTF-16 as UTF-8, or nil if it is none: by its mark, or because every second byte is zero.
  private static func utf8(_ input: [UInt8]) -> [UInt8]? {
    guard input.count >= 4, input.count % 2 == 0 else { return nil }
    let isMarked = input[0] ^ input[1] == 1 && min(input[0], input[1]) == 0xFE
    var isLittle = input[0] == 0xFF
    if !isMarked {
      guard input.count >= 32 else { return nil }
      let odd = stride(from: 1, to: 32, by: 2).allSatisfy { input[$0] == 0 }
      let even = stride(from: 0, to: 32, by: 2).allSatisfy { input[$0] == 0 }
      if odd == even { return nil }
      isLittle = odd
    }
    var units: [UInt16] = []
    units.reserveCapacity(input.count / 2)
    for place in stride(from: isMarked ? 2 : 0, to: input.count, by: 2) {
      let (low, high) = isLittle ? (place, place + 1) : (place + 1, place)
      units.append(UInt16(input[high]) << 8 | UInt16(input[low]))
    }
    return Array(String(decoding: units, as: UTF16.self).utf8)
  }

  /// Whether a byte may stand as it is.
  private static func isPlain(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte != 0x7F || byte == 0x0A || byte == 0x09
  }

  /// Without a byte order mark, control characters and the sequences that colour a terminal (ECMA-48).
  static func cleaned(_ text: [UInt8]) -> [UInt8] {
    let start = text.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    guard let first = text[start...].firstIndex(where: { !isPlain($0) }) else {
      return start == 0 ? text : Array(text[start...])
    }
    var plain = Array(text[start..<first])
    plain.reserveCapacity(text.count - start)
    var place = first
    while place < text.count {
      let byte = text[place]
      if isPlain(byte) {
        plain.append(byte)
        place += 1
      } else if byte == 0x0D {
        while place < text.count, text[place] == 0x0D { place += 1 }
        if place < text.count, text[place] == 0x0A { place += 1 }
        plain.append(0x0A)
      } else if byte == 0x0C {
        plain.append(0x0A)
        place += 1
      } else if byte == 0x1B {
        place = end(ofSequenceAt: place, in: text)
      } else {
        place += 1
      }
    }
    return plain
  }

  /// Where a sequence that an escape starts is over.
  private static func end(ofSequenceAt escape: Int, in text: [UInt8]) -> Int {
    var place = escape + 1
    guard place < text.count else { return place }
    switch text[place] {
    case 0x5B:
      // Control sequence: parameters, then one letter.
      place += 1
      while place < text.count, text[place] >= 0x20, text[place] < 0x40 { place += 1 }
      return place < text.count && text[place] < 0x7F && text[place] >= 0x40 ? place + 1 : place
    case 0x5D:
      // A title: up to a bell or another escape, within the line.
      while place < text.count, text[place] >= 0x20 { place += 1 }
      if place < text.count, text[place] == 0x07 { return place + 1 }
      return place + 1 < text.count && text[place] == 0x1B && text[place + 1] == 0x5C
        ? place + 2 : place
    case 0x20..<0x7F: return place + 1
    default: return place
    }
  }
}
