// Reading of a regular expression's text: the syntax that Perl, Python and Swift share, without what
// makes matching slow.
//
//     .  [a-z]  [^...]  \d \w \s \D \W \S  \b \B  ^ $  ( )  (?: )  (?<name> )  (?P<name> )  (?i)
//     |  * + ? {n} {n,} {,m} {n,m}, each with ? behind it for as few as possible
//     \t \n \r \xHH \u{H...}, and \ before any other character that is no letter or digit

/// A regular expression as its text has it.
indirect enum RegularExpressionTree {
  /// Nothing.
  case empty
  /// One character.
  case set(RegularExpression.Characters)
  /// Something that holds between two characters.
  case assertion(RegularExpression.Assertion)
  /// A part in parentheses; with a number if it captures.
  case group(Int?, RegularExpressionTree)
  /// One after the other.
  case sequence([RegularExpressionTree])
  /// One of them.
  case alternatives([RegularExpressionTree])
  /// So often; without `most` any number of times.
  case repeated(RegularExpressionTree, least: Int, most: Int?, isLazy: Bool)
}

/// Reads a pattern from left to right.
struct RegularExpressionParser {
  /// The names of the groups from 1 on.
  private(set) var groups: [String?] = []
  private let text: [UInt32]
  private var position = 0
  private var ignoresCase = false
  private var depth = 0

  private typealias Mistake = RegularExpression.Mistake
  private typealias Characters = RegularExpression.Characters

  /// Most parentheses inside each other.
  private static let mostDepth = 100
  /// Most repetitions of `{n,m}`.
  private static let mostRepetitions = 1000

  init(_ source: String) { text = source.unicodeScalars.map(\.value) }

  /// The whole pattern.
  mutating func parse() throws(RegularExpression.Mistake) -> RegularExpressionTree {
    let tree = try alternatives()
    if position < text.count { throw mistake("a ) without its (") }
    return tree
  }

  private func mistake(_ reason: String) -> RegularExpression.Mistake {
    RegularExpression.Mistake(column: position + 1, reason: reason)
  }

  private func peek(_ offset: Int = 0) -> Character? {
    guard position + offset < text.count, let scalar = Unicode.Scalar(text[position + offset])
    else {
      return nil
    }
    return Character(scalar)
  }

  private mutating func take(_ character: Character) -> Bool {
    guard peek() == character else { return false }
    position += 1
    return true
  }

  private mutating func alternatives() throws(RegularExpression.Mistake) -> RegularExpressionTree {
    let outside = ignoresCase
    defer { ignoresCase = outside }
    var choices = [try sequence()]
    while take("|") { choices.append(try sequence()) }
    return choices.count == 1 ? choices[0] : .alternatives(choices)
  }

  private mutating func sequence() throws(RegularExpression.Mistake) -> RegularExpressionTree {
    var parts: [RegularExpressionTree] = []
    while let next = peek(), next != "|", next != ")" {
      let start = position
      let part = try atom()
      parts.append(try repetition(of: part, from: start))
    }
    return parts.isEmpty ? .empty : .sequence(parts)
  }

  private mutating func repetition(
    of part: RegularExpressionTree, from start: Int
  ) throws(RegularExpression.Mistake) -> RegularExpressionTree {
    var part = part
    while let next = peek() {
      let range: (Int, Int?)
      switch next {
      case "*": range = (0, nil)
      case "+": range = (1, nil)
      case "?": range = (0, 1)
      case "{":
        guard let found = try counts() else { return part }
        range = found
      default: return part
      }
      if next != "{" { position += 1 }
      if case .assertion = part {
        position = start
        throw mistake("a repetition of what takes no character")
      }
      if peek() == "+" { throw mistake("a possessive repetition, which is not supported,") }
      let isLazy = take("?")
      part = .repeated(part, least: range.0, most: range.1, isLazy: isLazy)
    }
    return part
  }

  /// `{n}`, `{n,}`, `{,m}` or `{n,m}`; nil for a brace that is meant as it stands.
  private mutating func counts() throws(RegularExpression.Mistake) -> (Int, Int?)? {
    let start = position
    position += 1
    let first = number()
    var most = first
    if take(",") { most = number() }
    guard first != nil || most != nil, take("}") else {
      position = start
      // As it stands: the atom takes it.
      return nil
    }
    let least = first ?? 0
    guard least <= Self.mostRepetitions, most ?? 0 <= Self.mostRepetitions, most ?? least >= least
    else {
      throw mistake(
        "a repetition of more than \(Self.mostRepetitions), or of a range that is empty,")
    }
    return (least, most)
  }

  private mutating func number() -> Int? {
    var value: Int?
    while let next = peek(), let digit = next.wholeNumberValue, next.isASCII, (value ?? 0) < 1 << 20
    {
      value = (value ?? 0) * 10 + digit
      position += 1
    }
    return value
  }

  private mutating func atom() throws(RegularExpression.Mistake) -> RegularExpressionTree {
    guard let next = peek() else { throw mistake("nothing") }
    switch next {
    case ".":
      position += 1
      return .set(.any)
    case "^":
      position += 1
      return .assertion(.start)
    case "$":
      position += 1
      return .assertion(.end)
    case "(": return try group()
    case "[": return .set(try bracket())
    case "\\": return try escape()
    case "*", "+", "?": throw mistake("a repetition of nothing")
    default:
      position += 1
      return .set(characters([text[position - 1]...text[position - 1]]))
    }
  }

  private mutating func group() throws(RegularExpression.Mistake) -> RegularExpressionTree {
    let start = position
    position += 1
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.mostDepth else { throw mistake("too many parentheses inside each other") }
    var number: Int?
    if take("?") {
      if take(":") {
      } else if peek() == "i", peek(1) == ")" {
        position += 2
        ignoresCase = true
        return .empty
      } else if peek() == "<" || peek() == "P" && peek(1) == "<", peek(1) != "=", peek(1) != "!" {
        position += peek() == "P" ? 2 : 1
        number = try named()
      } else {
        throw mistake(
          "a group of a kind that is not supported (lookahead, lookbehind and the like)")
      }
    } else {
      groups.append(nil)
      number = groups.count
    }
    let inner = try alternatives()
    guard take(")") else {
      position = start
      throw mistake("a ( without its )")
    }
    return .group(number, inner)
  }

  private mutating func named() throws(RegularExpression.Mistake) -> Int {
    var name = ""
    while let next = peek(), next != ">" {
      guard next.isLetter || next == "_" || next.isNumber && !name.isEmpty else {
        throw mistake("a group's name that is not of letters, digits and _")
      }
      name.append(next)
      position += 1
    }
    guard take(">"), !name.isEmpty else { throw mistake("a group's name without its end") }
    guard !groups.contains(name) else { throw mistake("a second group of the name \(name)") }
    groups.append(name)
    return groups.count
  }

  private mutating func escape() throws(RegularExpression.Mistake) -> RegularExpressionTree {
    if peek(1) == "b" || peek(1) == "B" {
      position += 2
      return .assertion(text[position - 1] == 0x62 ? .wordBoundary : .noWordBoundary)
    }
    return .set(try escapedCharacters())
  }

  /// What a backslash and what follows stand for.
  private mutating func escapedCharacters() throws(RegularExpression.Mistake)
    -> RegularExpression.Characters
  {
    guard let next = peek(1) else { throw mistake("a \\ at the end") }
    let classes: [Character: Characters] = ["d": .digits, "w": .words, "s": .spaces]
    if let lower = next.lowercased().first, var found = classes[lower] {
      position += 2
      found.isInverted = next.isUppercase
      return found
    }
    let controls: [Character: UInt32] = ["t": 9, "n": 10, "r": 13, "e": 0x1B, "0": 0]
    if let control = controls[next] {
      position += 2
      return Characters(ranges: [control...control])
    }
    if next == "x" || next == "u" { return try numbered() }
    guard !next.isLetter, !next.isNumber else {
      throw mistake("\\\(next), which is not supported,")
    }
    position += 2
    return Characters(ranges: [text[position - 1]...text[position - 1]])
  }

  /// `\xHH`, `\uHHHH`, `\x{H...}` and `\u{H...}`.
  private mutating func numbered() throws(RegularExpression.Mistake)
    -> RegularExpression.Characters
  {
    let digits = peek(1) == "x" ? 2 : 4
    position += 2
    let isBraced = take("{")
    var value: UInt32 = 0
    var count = 0
    while let digit = peek()?.hexDigitValue, count < (isBraced ? 8 : digits) {
      value = value << 4 | UInt32(digit)
      position += 1
      count += 1
    }
    guard count > 0, isBraced ? take("}") : count == digits, Unicode.Scalar(value) != nil else {
      throw mistake("the number of a character that there is not")
    }
    return characters([value...value])
  }

  private mutating func bracket() throws(RegularExpression.Mistake)
    -> RegularExpression.Characters
  {
    let start = position
    position += 1
    let isInverted = take("^")
    var ranges: [ClosedRange<UInt32>] = []
    var isFirst = true
    while isFirst || peek() != "]" {
      isFirst = false
      guard let low = try member() else {
        position = start
        throw mistake("a [ without its ]")
      }
      guard low.ranges.count == 1, !low.isInverted, let lower = low.ranges.first,
        lower.count == 1, peek() == "-", let behind = peek(1), behind != "]"
      else {
        ranges += low.isInverted ? Self.others(than: low.ranges) : low.ranges
        continue
      }
      position += 1
      guard let high = try member(), high.ranges.count == 1, !high.isInverted,
        let upper = high.ranges.first, upper.count == 1, upper.lowerBound >= lower.lowerBound
      else { throw mistake("a range that is none") }
      ranges.append(lower.lowerBound...upper.lowerBound)
    }
    position += 1
    var found = characters(ranges)
    found.isInverted = isInverted
    return found
  }

  /// One character or class inside brackets; nil at the end of the pattern.
  private mutating func member() throws(RegularExpression.Mistake)
    -> RegularExpression.Characters?
  {
    guard let next = peek() else { return nil }
    if next == "\\" {
      if peek(1) == "b" { throw mistake("\\b in brackets") }
      return try escapedCharacters()
    }
    if next == "[", peek(1) == ":" {
      throw mistake("a class like [:alpha:], which is not supported,")
    }
    position += 1
    return Characters(ranges: [text[position - 1]...text[position - 1]])
  }

  /// All characters outside of ranges, which lie in ascending order.
  private static func others(than ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
    var found: [ClosedRange<UInt32>] = []
    var low: UInt32 = 0
    for range in ranges {
      if range.lowerBound > low { found.append(low...range.lowerBound - 1) }
      low = range.upperBound + 1
    }
    return found + [low...0x10_FFFF]
  }

  /// A set, with the other case of its letters where case does not matter: ASCII's.
  private func characters(_ ranges: [ClosedRange<UInt32>]) -> RegularExpression.Characters {
    guard ignoresCase else { return Characters(ranges: ranges) }
    var all = ranges
    for range in ranges {
      for (first, last, other) in [(0x41, 0x5A, 0x61), (0x61, 0x7A, 0x41)]
        as [(UInt32, UInt32, UInt32)]
      {
        let (low, high) = (max(range.lowerBound, first), min(range.upperBound, last))
        if low <= high { all.append(low - first + other...high - first + other) }
      }
    }
    return Characters(ranges: all)
  }
}
