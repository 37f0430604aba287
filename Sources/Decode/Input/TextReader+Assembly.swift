// Lines of a dump put together: which of them have offsets, in which order the bytes of a group are,
// and what the offsets say that the lines do not have.

extension TextReader {
  typealias NumberedLine = (line: HexLine, number: Int)

  /// The bytes of lines that belong together; nil if there are none.
  ///
  /// Lines that a kernel of arm64 printed have words in little-endian order: groups of 8 and of 16
  /// digits are numbers, those of two digits bytes.
  func assembled(
    _ parsed: [NumberedLine], _ stars: Set<Int>, heading: String, isKernels: Bool = false
  ) -> InputItem? {
    guard !parsed.isEmpty else { return nil }
    let lines = withOffsets(parsed, stars)
    let hasOffsets = lines[0].line.offset != nil
    var remarks: [Remark] = []
    var groups: [[ArraySlice<UInt8>]] = []
    var width = 0
    if hasOffsets { width = bytesPerLine(lines) }
    for (line, number) in lines {
      let cut = hasOffsets && width > 0 ? line.cut(toDigits: width * 2) : line
      groups.append(cut.groups.map(\.digits))
      if let column = line.badColumn {
        remarks.append(
          Remark(
            weight: .malformed, offset: nil, subject: "input",
            template:
              "line {d}, column {d}: no hexadecimal digit; the rest of the line is left out",
            first: UInt64(number), second: UInt64(column)))
      }
    }
    let order =
      isKernels
      ? kernelOrder(of: groups) ?? byteOrder(of: groups, lines) : byteOrder(of: groups, lines)
    var bytes: [UInt8] = []
    if !hasOffsets, order == 1 {
      // Groups of any size: the digits count, not the groups.
      bytes = joined(groups, &remarks)
    } else {
      bytes = placed(groups, lines, stars, order, &remarks)
    }
    guard !bytes.isEmpty else { return nil }
    return InputItem(
      content: .bytes(bytes), form: form(lines, groups, order, heading: heading), title: heading,
      remarks: remarks)
  }

  /// Lines with the offset taken apart: all of them have one, or none.
  private func withOffsets(_ parsed: [NumberedLine], _ stars: Set<Int>) -> [NumberedLine] {
    if parsed.contains(where: { $0.line.offset != nil }) {
      return parsed.filter { $0.line.offset != nil }
    }
    let hexadecimal = withOffsets(parsed, stars, isOctal: false)
    return hexadecimal ?? withOffsets(parsed, stars, isOctal: true) ?? parsed
  }

  /// Lines with their first group as offset; nil if the offsets do not follow one another.
  private func withOffsets(
    _ parsed: [NumberedLine], _ stars: Set<Int>, isOctal: Bool
  ) -> [NumberedLine]? {
    let candidates = parsed.compactMap { entry in
      entry.line.withOffset(isOctal: isOctal).map { ($0, entry.number) }
    }
    guard candidates.count == parsed.count else { return nil }
    // Six digits and less than a few lines may as well be bytes.
    if parsed[0].line.groups[0].digits.count == 6, parsed.count < 3 { return nil }
    var lost = 0
    for index in candidates.indices.dropLast() {
      let (line, _) = candidates[index]
      guard let here = line.offset, let next = candidates[index + 1].0.offset, next > here else {
        return nil
      }
      let count = line.digitCount / 2
      // The last line of words may have more bytes than there are.
      let isLast = index + 2 == candidates.count && candidates[index + 1].0.groups.isEmpty
      let isRight =
        next - here == count || next - here == min(count, 16)
        || isLast && next - here < count && count - (next - here) < 8
        || stars.contains(index + 1) && next > here && (next - here) % max(1, count) == 0
      if !isRight { lost += 1 }
    }
    // Lines of a dump get lost. What marks its letters is never digits of a list; without such a mark
    // most lines must follow one another.
    let isMarked = candidates.allSatisfy { [0x7C, 0x2F].contains($0.0.lettersMark) }
    guard lost == 0 || isMarked || lost * 4 < candidates.count else { return nil }
    if candidates.count == 1 {
      let (line, _) = candidates[0]
      // A single line: an offset is 0, stands apart or has letters behind the bytes.
      guard line.offset == 0, line.lettersMark != 0 || (line.groups.first?.gap ?? 0) >= 2 else {
        return nil
      }
    }
    return candidates
  }

  /// How many bytes a line has: the step of the offsets, or the most that a line has.
  private func bytesPerLine(_ lines: [NumberedLine]) -> Int {
    var steps: [Int: Int] = [:]
    for index in lines.indices.dropLast() {
      guard let here = lines[index].line.offset, let next = lines[index + 1].line.offset else {
        continue
      }
      if next > here, next - here <= 256 { steps[next - here, default: 0] += 1 }
    }
    if let step = steps.max(by: { ($0.value, $1.key) < ($1.value, $0.key) })?.key { return step }
    return 16
  }

  /// The order in a dump of a kernel; nil if its groups do not say it. The last line may have single
  /// bytes: linux lib/hexdump.c prints them where a line is no whole number of words.
  private func kernelOrder(of groups: [[ArraySlice<UInt8>]]) -> Int? {
    let sizes = Set(groups.joined().map { $0.count })
    switch sizes {
    case [8], [8, 2]: return 4
    case [16], [16, 2]: return 8
    case [2]: return 1
    default: return nil
    }
  }

  /// How many bytes are swapped in a group: 1 for none.
  private func byteOrder(of groups: [[ArraySlice<UInt8>]], _ lines: [NumberedLine]) -> Int {
    var sizes = Set(groups.joined().map { $0.count })
    // xxd -e cuts the last word to the bytes that there are.
    if sizes.count == 2, let last = groups.last(where: { !$0.isEmpty })?.last,
      last.count < (sizes.max() ?? 0), last.count % 2 == 0,
      groups.joined().count(where: { $0.count == last.count }) == 1
    {
      sizes.remove(last.count)
    }
    guard sizes.count == 1, let digits = sizes.first, [4, 8, 16].contains(digits) else { return 1 }
    let size = digits / 2
    var plain = 0
    var swapped = 0
    for (index, entry) in lines.enumerated() where !entry.line.letters.isEmpty {
      let bytes = groups[index].flatMap { TextReader.bytes(of: $0, swap: 1) }
      let other = groups[index].flatMap { TextReader.bytes(of: $0, swap: size) }
      for (letter, (a, b)) in zip(entry.line.letters, zip(bytes, other)) {
        if letter == TextReader.picture(of: a) { plain += 1 }
        if letter == TextReader.picture(of: b) { swapped += 1 }
      }
    }
    if plain != swapped { return plain > swapped ? 1 : size }
    let straight = Guess.score(groups.joined().flatMap { TextReader.bytes(of: $0, swap: 1) })
    let turned = Guess.score(groups.joined().flatMap { TextReader.bytes(of: $0, swap: size) })
    if straight != turned { return turned > straight ? size : 1 }
    // `hexdump` and `od -x` have no colon and print words; `xxd` has one and prints bytes; debuggers have
    // one and print words with 0x.
    let first = lines[0].line
    let isWords = first.offset != nil && (!first.hasColon || first.hasPrefixes)
    return isWords ? size : 1
  }

  /// How a dump shows a byte.
  private static func picture(of byte: UInt8) -> UInt8 { byte >= 0x20 && byte < 0x7F ? byte : 0x2E }

  /// The bytes of a group of an even number of digits.
  static func bytes(of digits: ArraySlice<UInt8>, swap: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    var high: UInt8?
    for digit in digits {
      guard let value = HexLine.digit(digit) else { continue }
      if let first = high {
        bytes.append(first << 4 | value)
        high = nil
      } else {
        high = value
      }
    }
    return swap > 1 ? bytes.reversed() : bytes
  }

  /// Digits one after the other, whatever their grouping.
  private func joined(_ groups: [[ArraySlice<UInt8>]], _ remarks: inout [Remark]) -> [UInt8] {
    var digits: [UInt8] = []
    // A lone digit is a byte of its own in a list like "0 1 f".
    let isList = groups.joined().allSatisfy { $0.count <= 2 }
    for line in groups {
      for group in line {
        if group.count == 1, isList { digits.append(0x30) }
        digits.append(contentsOf: group)
      }
    }
    if digits.count % 2 != 0 {
      remarks.append(
        Remark(
          weight: .malformed, offset: digits.count / 2, subject: "input",
          template: "{d} hexadecimal digits: half a byte at the end is left out",
          first: UInt64(digits.count)))
    }
    return TextReader.bytes(of: digits[...], swap: 1)
  }

  /// Bytes at the offsets that the lines give.
  private func placed(
    _ groups: [[ArraySlice<UInt8>]], _ lines: [NumberedLine], _ stars: Set<Int>, _ order: Int,
    _ remarks: inout [Remark]
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    let base = lines[0].line.offset ?? 0
    var starsLeft = TextReader.starLimit
    for (index, line) in groups.enumerated() {
      if let offset = lines[index].line.offset, offset - base != bytes.count {
        let place = offset - base
        if line.isEmpty, index == groups.count - 1, place < bytes.count, bytes.count - place < 8 {
          // The closing offset says how many bytes of the last word there are.
          bytes.removeLast(bytes.count - place)
          continue
        }
        let isStar = stars.contains(index) && !bytes.isEmpty
        if place > bytes.count, place - bytes.count <= (isStar ? starsLeft : TextReader.gapLimit) {
          if isStar {
            starsLeft -= place - bytes.count
            let last = Array(bytes.suffix(16))
            while bytes.count < place { bytes.append(last[bytes.count % last.count]) }
          } else {
            remarks.append(
              Remark(
                weight: .malformed, offset: bytes.count, subject: "input",
                template:
                  "line {d}: {d} bytes before this offset are missing; zeros stand for them",
                first: UInt64(lines[index].number), second: UInt64(place - bytes.count)))
            bytes.append(contentsOf: repeatElement(0, count: place - bytes.count))
          }
        } else {
          remarks.append(
            Remark(
              weight: .malformed, offset: bytes.count, subject: "input",
              template: "line {d}: the offset {x} does not follow; the line is read in its place",
              first: UInt64(lines[index].number), second: UInt64(max(0, offset))))
        }
      }
      for group in line {
        if group.count % 2 != 0 {
          remarks.append(
            Remark(
              weight: .malformed, offset: bytes.count, subject: "input",
              template: "line {d}: a group of {d} digits; its last digit is left out",
              first: UInt64(lines[index].number), second: UInt64(group.count)))
        }
        bytes.append(contentsOf: TextReader.bytes(of: group, swap: order))
      }
    }
    return bytes
  }

  private func form(
    _ lines: [NumberedLine], _ groups: [[ArraySlice<UInt8>]], _ order: Int, heading: String
  ) -> InputForm {
    let first = lines[0].line
    guard first.offset != nil else {
      if order > 1 { return .swappedWords }
      return first.hasPrefixes ? .array : .hexadecimal
    }
    if !heading.isEmpty { return .acpidump }
    if first.lettersMark == 0x2F { return .iasl }
    if first.lettersMark == 0x7C { return .hexdumpC }
    if first.hasPrefixes { return order > 1 ? .swappedWords : .array }
    if order == 4 || order == 8 && first.hasColon { return .kernelDump }
    if !first.hasColon { return order > 1 ? .hexdump : .hexdumpC }
    let size = groups.first?.first?.count ?? 2
    return size == 2 && (HexLine.number(groups[0].first ?? []) ?? 0) < 256 && first.letters.isEmpty
      ? .hexadecimal : size == 2 ? .acpidump : .xxd
  }
}
