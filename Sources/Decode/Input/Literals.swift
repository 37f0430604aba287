// Bytes as programs and scripts write them: literals of Python, lists of decimal numbers.

enum Literals {
  /// Most bytes that a list may have: no table or record is as large.
  private static let limit = 1 << 22

  /// The bytes of `b'CPER\x01'` and the like, whatever stands before it; nil if there is none.
  static func string(_ text: [UInt8]) -> [UInt8]? {
    var bytes: [UInt8] = []
    var place = 0
    var hasEscapes = false
    while place + 2 < text.count {
      let isStart =
        text[place] | 0x20 == 0x62 && (text[place + 1] == 0x27 || text[place + 1] == 0x22)
        && (place == 0 || HexLine.digit(text[place - 1]) == nil && text[place - 1] != 0x5F)
      guard isStart else {
        place += 1
        continue
      }
      let quote = text[place + 1]
      place += 2
      while place < text.count, text[place] != quote {
        if text[place] != 0x5C {
          bytes.append(text[place])
          place += 1
          continue
        }
        guard place + 1 < text.count else { return nil }
        hasEscapes = true
        let letter = text[place + 1]
        place += 2
        switch letter {
        case 0x78:
          guard place + 1 < text.count, let high = HexLine.digit(text[place]),
            let low = HexLine.digit(text[place + 1])
          else { return nil }
          bytes.append(high << 4 | low)
          place += 2
        case 0x6E: bytes.append(0x0A)
        case 0x72: bytes.append(0x0D)
        case 0x74: bytes.append(0x09)
        case 0x5C, 0x27, 0x22: bytes.append(letter)
        default: return nil
        }
      }
      place += 1
    }
    return hasEscapes && !bytes.isEmpty ? bytes : nil
  }

  /// The bytes of a list of decimal numbers from 0 to 255, eight of them or more; nil if it is none.
  static func decimals(_ text: [UInt8]) -> [UInt8]? {
    var bytes: [UInt8] = []
    var value: Int?
    func isBetween(_ byte: UInt8) -> Bool {
      switch byte {
      case 0x20, 0x09, 0x0A, 0x2C, 0x3B, 0x5B, 0x5D, 0x7B, 0x7D, 0x28, 0x29: true
      default: false
      }
    }
    for byte in text {
      if (0x30...0x39).contains(byte) {
        let next = (value ?? 0) * 10 + Int(byte - 0x30)
        if next > 255 || value == 0 { return nil }
        value = next
      } else if isBetween(byte) {
        if let value { bytes.append(UInt8(value)) }
        value = nil
        if bytes.count > limit { return nil }
      } else {
        return nil
      }
    }
    if let value { bytes.append(UInt8(value)) }
    return bytes.count >= 8 ? bytes : nil
  }
}
