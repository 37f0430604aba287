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
  static func isSeparator(_ byte: UInt8) -> Bool {
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
        if byte == 0x3A, groups.count == 1, offset == nil, gap <= 1,
          place + 1 == line.endIndex || line[place + 1] == 0x20 || line[place + 1] == 0x09
        {
          takeOffset(hasColon: true)
        }
        // A dash between the halves of a line is no gap.
        gap = byte == 0x20 ? gap + 1 : byte == 0x09 ? gap + 8 : 1
        place += 1
        continue
      }
      // Letters after a wide gap, a bar or two slashes: the picture of the bytes; od has angles.
      if byte == 0x7C || byte == 0x3E && !groups.isEmpty {
        letters = line[(place + 1)...]
        if letters.last == 0x7C || letters.last == 0x3C { letters = letters.dropLast() }
        lettersMark = byte
        break
      }
      // A debugger's symbol behind the address: <buffer+16>.
      if byte == 0x3C, groups.count == 1, offset == nil,
        let end = line[place...].prefix(80).firstIndex(of: 0x3E)
      {
        place = end + 1
        gap = 0
        continue
      }
      if byte == 0x2F, place + 1 < line.endIndex, line[place + 1] == 0x2F {
        letters = line[(place + 2)...]
        if letters.first == 0x20 { letters = letters.dropFirst() }
        lettersMark = byte
        break
      }
      if offset != nil, gap >= 3 && !groups.isEmpty || gap >= 2 && isFull,
        !isWord(line[place...], gap)
      {
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
      // 0x480x45: the next prefix ends the group.
      let isJoined =
        hasPrefixes && place < line.endIndex && place - start >= 2 && line[place] | 0x20 == 0x78
        && line[place - 1] == 0x30
      if isJoined { place -= 1 }
      // 48h: assembly's suffix.
      let hasSuffix =
        place < line.endIndex && line[place] | 0x20 == 0x68 && place - start == 2
        && (place + 1 == line.endIndex || HexLine.isSeparator(line[place + 1]))
      let isWord =
        isJoined || hasSuffix || place == line.endIndex || HexLine.isSeparator(line[place])
        || line[place] == 0x7C
      if place == start || !isWord {
        if groups.isEmpty, offset == nil { return nil }
        if offset != nil, gap >= 2 || isFull {
          letters = line[start...]
        } else {
          badColumn = start - line.startIndex + 1
        }
        break
      }
      // An offset without a colon stands apart from bytes.
      if groups.count == 1, offset == nil, gap >= 2, place - start == 2,
        groups[0].digits.count == 8 || groups[0].digits.count == 16
      {
        takeOffset(hasColon: false)
      }
      groups.append(Group(digits: line[start..<place], gap: gap))
      gap = 0
      if hasSuffix { place += 1 }
    }
    if groups.isEmpty, offset == nil { return nil }
  }

  /// Whether another word comes after a wide gap, and not the letters: with 0x, as debuggers print words
  /// between tabs, or shorter than the others and at their right edge, as xxd -e ends a line.
  private func isWord(_ rest: ArraySlice<UInt8>, _ gap: Int) -> Bool {
    if hasPrefixes, rest.first == 0x30, rest.dropFirst().first.map({ $0 | 0x20 }) == 0x78 {
      return true
    }
    let digits = rest.prefix { HexLine.digit($0) != nil }
    guard let width = groups.last?.digits.count, width >= 8, !isFull, digits.count < width,
      digits.count > 0, digits.count % 2 == 0
    else { return false }
    return gap == 1 + width - digits.count
  }

  /// Whether as many bytes were read as dumps have in a line at least once.
  private var isFull: Bool { digitCount >= 32 && digitCount % 32 == 0 }

  /// Makes the first group the offset: an address of 64 bits without those that no memory has.
  private mutating func takeOffset(hasColon: Bool) {
    guard let first = groups.first, first.digits.count >= 4, first.digits.count <= 16,
      let value = HexLine.number(first.digits)
    else { return }
    offset = Int(value & 0xFF_FFFF_FFFF_FFFF)
    self.hasColon = hasColon
    groups.removeFirst()
  }

  /// The same line with its first group as offset, as dumps without a colon have it: in hexadecimal, or
  /// as od counts, in octal.
  func withOffset(isOctal: Bool = false) -> HexLine? {
    guard offset == nil, let first = groups.first, (6...16).contains(first.digits.count),
      var value = HexLine.number(first.digits), value < 1 << 40
    else { return nil }
    if isOctal {
      guard first.digits.allSatisfy({ $0 < 0x38 }) else { return nil }
      value = first.digits.reduce(0) { $0 << 3 | UInt64($1 & 7) }
    }
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
