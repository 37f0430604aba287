// Reading a line of the console from left to right, for the lines whose wording we know: a search for a
// few fixed words. It is done for every line of every run, and a regular expression costs more.

/// A place in a line.
struct LineScanner {
  /// What is not read yet.
  private(set) var rest: Substring.UTF8View

  init(_ line: String) { rest = line[...].utf8 }

  /// Whether these words are somewhere in a line.
  static func finds(_ words: String, in line: String) -> Bool {
    var scanner = LineScanner(line)
    return scanner.skip(behind: words)
  }

  /// The rest as text.
  var text: String { String(Substring(rest)) }

  /// Goes on behind these words if they are next.
  mutating func take(_ words: String) -> Bool {
    guard rest.starts(with: words.utf8) else { return false }
    rest = rest.dropFirst(words.utf8.count)
    return true
  }

  /// Goes on behind the first of these words in the rest; false, and nowhere, if they are not in it.
  mutating func skip(behind words: String) -> Bool {
    guard let found = index(of: words) else { return false }
    rest = rest[found...].dropFirst(words.utf8.count)
    return true
  }

  /// What stands before the first of these words, if they are in the rest; goes on behind them.
  mutating func text(before words: String) -> String? {
    guard let found = index(of: words) else { return nil }
    let text = String(Substring(rest[..<found]))
    rest = rest[found...].dropFirst(words.utf8.count)
    return text
  }

  /// A hexadecimal number with 0x.
  mutating func hexadecimal() -> UInt64? {
    take("0x") ? digits(radix: 16) : nil
  }

  /// A number, as far as it goes.
  mutating func digits(radix: Int) -> UInt64? {
    var value: UInt64?
    while let byte = rest.first, let digit = Character(Unicode.Scalar(byte)).hexDigitValue,
      digit < radix, byte < 0x41 || byte > 0x5A
    {
      value = (value ?? 0) &* UInt64(radix) &+ UInt64(digit)
      rest = rest.dropFirst()
    }
    return value
  }

  private func index(of words: String) -> Substring.UTF8View.Index? {
    let wanted = words.utf8
    guard let first = wanted.first else { return rest.startIndex }
    var start = rest.startIndex
    while let found = rest[start...].firstIndex(of: first) {
      if rest[found...].starts(with: wanted) { return found }
      start = rest.index(after: found)
    }
    return nil
  }
}
