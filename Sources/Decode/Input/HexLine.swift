// One line of a dump: an offset perhaps, groups of hexadecimal digits, letters at the end perhaps.

/// A line of a dump, taken apart.
struct HexLine {
  /// The offset it starts with; nil if it has none.
  var offset: Int?
  /// Whether the offset ends in a colon, which no byte does.
  var hasColon = false
  /// The groups after the offset, digits only.
  var groups: [Group] = []
  /// The letters after the groups, if any.
  var letters: ArraySlice<UInt8> = []
  /// What opens the letters: a bar, two slashes, or nothing but space.
  var lettersMark: UInt8 = 0
  /// Where something stands that is neither: its column, from 1.
  var badColumn: Int?
  /// Whether groups were written with 0x.
  var hasPrefixes = false

  /// A group of digits.
  struct Group {
    var digits: ArraySlice<UInt8>
    /// Spaces before it.
    var gap: Int
  }

  /// How many digits the groups have together.
  var digitCount: Int { groups.reduce(0) { $0 + $1.digits.count } }

  /// The digits' number; nil if there are none or too many.
  static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
    guard (1...16).contains(digits.count) else { return nil }
    var value: UInt64 = 0
    for digit in digits {
      guard let bits = HexLine.digit(digit) else { return nil }
      value = value << 4 | UInt64(bits)
    }
    return value
  }

  /// What a hexadecimal digit stands for.
  static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x37
    case 0x61...0x66: byte - 0x57
    default: nil
    }
  }

  /// What may stand between groups.
  private static func isSeparator(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x20, 0x09, 0x2C, 0x3A, 0x2D, 0x3B, 0x5F, 0x5B, 0x5D, 0x7B, 0x7D, 0x28, 0x29, 0x5C, 0x22:
      true
    default: false
    }
  }

  /// Takes a line apart; nil if it does not begin like a dump.
  init?(_ line: ArraySlice<UInt8>) {
    var place = line.startIndex
    var gap = 0
    while place < line.endIndex {
      let byte = line[place]
      if HexLine.isSeparator(byte) {
        if byte == 0x3A, groups.count == 1, offset == nil, gap == 0,
          place + 1 == line.endIndex || line[place + 1] == 0x20 || line[place + 1] == 0x09
        {
          takeOffset()
        }
        gap += byte == 0x09 ? 8 : 1
        place += 1
        continue
      }
      // Letters after a wide gap, a bar or two slashes: the picture of the bytes.
      if byte == 0x7C {
        letters = line[(place + 1)...]
        if letters.last == 0x7C { letters = letters.dropLast() }
        lettersMark = byte
        break
      }
      if byte == 0x2F, place + 1 < line.endIndex, line[place + 1] == 0x2F {
        letters = line[(place + 2)...]
        if letters.first == 0x20 { letters = letters.dropFirst() }
        lettersMark = byte
        break
      }
      if offset != nil, gap >= 3 && !groups.isEmpty || gap >= 2 && isFull {
        letters = line[place...]
        break
      }
      if byte == 0x30, place + 1 < line.endIndex, line[place + 1] | 0x20 == 0x78 {
        hasPrefixes = true
        place += 2
      } else if byte | 0x20 == 0x78, place > line.startIndex, line[place - 1] == 0x5C {
        hasPrefixes = true
        place += 1
      }
      let start = place
      while place < line.endIndex, HexLine.digit(line[place]) != nil { place += 1 }
      let isWord = place == line.endIndex || HexLine.isSeparator(line[place]) || line[place] == 0x7C
      if place == start || !isWord {
        if groups.isEmpty, offset == nil { return nil }
        if offset != nil, gap >= 2 || isFull {
          letters = line[start...]
        } else {
          badColumn = start - line.startIndex + 1
        }
        break
      }
      groups.append(Group(digits: line[start..<place], gap: gap))
      gap = 0
    }
    if groups.isEmpty, offset == nil { return nil }
  }

  /// Whether as many bytes were read as dumps have in a line at least once.
  private var isFull: Bool { digitCount >= 32 && digitCount % 32 == 0 }

  /// Makes the first group the offset.
  private mutating func takeOffset() {
    guard let first = groups.first, first.digits.count >= 4, first.digits.count <= 16,
      let value = HexLine.number(first.digits), value < 1 << 40
    else { return }
    offset = Int(value)
    hasColon = true
    groups.removeFirst()
  }

  /// The same line with its first group as offset, as dumps without a colon have it.
  func withOffset() -> HexLine? {
    guard offset == nil, let first = groups.first, (7...16).contains(first.digits.count),
      let value = HexLine.number(first.digits), value < 1 << 40
    else { return nil }
    var copy = self
    copy.offset = Int(value)
    copy.groups.removeFirst()
    return copy
  }

  /// The same with groups cut to so many digits; what is behind was letters.
  func cut(toDigits limit: Int) -> HexLine {
    var copy = self
    var count = 0
    for (index, group) in groups.enumerated() {
      count += group.digits.count
      if count >= limit {
        copy.groups = Array(groups[...index])
        break
      }
    }
    return copy
  }
}
