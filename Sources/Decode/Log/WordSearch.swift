// Looking for fixed words in a line: byte by byte, since a log has a hundred thousand lines and each is
// asked for dozens of words.

extension Substring {
  /// Where these words are first; nil if they are not in it.
  func range(ofWords words: String) -> Range<Index>? {
    var (line, words) = (self, words)
    let offset: Int? = line.withUTF8 { text in
      words.withUTF8 { pattern in
        guard let first = unsafe pattern.first, pattern.count <= text.count else { return nil }
        for start in 0...text.count - pattern.count where unsafe text[start] == first {
          var index = 1
          while index < pattern.count, unsafe text[start + index] == pattern[index] { index += 1 }
          if index == pattern.count { return start }
        }
        return nil
      }
    }
    guard let offset else { return nil }
    let start = utf8.index(startIndex, offsetBy: offset)
    return start..<utf8.index(start, offsetBy: words.utf8.count)
  }

  /// Whether these words are in it.
  func has(_ words: String) -> Bool { range(ofWords: words) != nil }
}
