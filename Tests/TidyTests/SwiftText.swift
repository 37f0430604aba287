// Swift and C text divided into what is code and what is comment. Strings are blanked, but for the
// code that is interpolated into them, so that a name in a message is not taken for a use of it.

/// The code and the comments of a file, line by line.
struct SwiftText {
  /// Each line's code; a comment and a string's letters are left out.
  private(set) var code: [String] = []
  /// Each line's comment, "" where there is none.
  private(set) var comments: [String] = []

  /// Divides a file. `nests`: whether comments of more than a line nest, as Swift's do.
  init(_ file: TextFile) {
    var reader = Reader(nests: file.kind == "swift")
    for line in file.lines {
      let (code, comment) = reader.read(line)
      self.code.append(code)
      comments.append(comment)
    }
  }
}

extension SwiftText {
  /// What the beginning of a line belongs to.
  private enum Context {
    /// A comment between /* and */.
    case comment
    /// A string; how many # begin it, and whether it is one of several lines.
    case string(hashes: Int, isLong: Bool)
    /// Code in a string; how many parentheses are open.
    case interpolation(depth: Int)
  }

  private struct Reader {
    let nests: Bool
    var stack: [Context] = []

    mutating func read(_ line: String) -> (code: String, comment: String) {
      let text = Array(line.utf8)
      var code: [UInt8] = []
      var comment: [UInt8] = []
      var index = 0
      let slash = UInt8(ascii: "/")
      let star = UInt8(ascii: "*")
      func has(_ word: [UInt8]) -> Bool { text[index...].starts(with: word) }
      while index < text.count {
        switch stack.last {
        case .comment:
          if has([star, slash]) {
            stack.removeLast()
            index += 2
          } else if nests, has([slash, star]) {
            stack.append(.comment)
            index += 2
          } else {
            comment.append(text[index])
            index += 1
          }
        case .string(let hashes, let isLong):
          guard text[index] == UInt8(ascii: "\"") || text[index] == UInt8(ascii: "\\") else {
            index += 1
            continue
          }
          let mark = [UInt8](repeating: UInt8(ascii: "#"), count: hashes)
          let end = Array((isLong ? "\"\"\"" : "\"").utf8) + mark
          let escape = [UInt8(ascii: "\\")] + mark
          if has(end) {
            stack.removeLast()
            code.append(UInt8(ascii: "\""))
            index += end.count
          } else if has(escape + [UInt8(ascii: "(")]) {
            stack.append(.interpolation(depth: 1))
            code.append(UInt8(ascii: " "))
            index += 2 + hashes
          } else {
            index += has(escape) ? 2 + hashes : 1
          }
        case .interpolation, nil:
          if text[index] == slash, has([slash, slash]) {
            comment += text[(index + 2)...]
            index = text.count
          } else if text[index] == slash, has([slash, star]) {
            stack.append(.comment)
            index += 2
          } else if let (hashes, length, isLong) = Self.string(text, index) {
            stack.append(.string(hashes: hashes, isLong: isLong))
            code.append(UInt8(ascii: "\""))
            index += length
          } else {
            if case .interpolation(let depth) = stack.last {
              switch text[index] {
              case UInt8(ascii: "("): stack[stack.count - 1] = .interpolation(depth: depth + 1)
              case UInt8(ascii: ")"):
                if depth == 1 {
                  stack.removeLast()
                } else {
                  stack[stack.count - 1] = .interpolation(depth: depth - 1)
                }
              default: break
              }
            }
            code.append(text[index])
            index += 1
          }
        }
      }
      // A string of one line ends with it, even if the text is not Swift's.
      while case .string(_, isLong: false) = stack.last { stack.removeLast() }
      return (String(decoding: code, as: UTF8.self), String(decoding: comment, as: UTF8.self))
    }

    /// The beginning of a string at a place: its marks, their length, whether it is a long one.
    static func string(_ text: [UInt8], _ start: Int) -> (Int, Int, Bool)? {
      var index = start
      while index < text.count, text[index] == UInt8(ascii: "#") { index += 1 }
      let hashes = index - start
      guard index < text.count, text[index] == UInt8(ascii: "\"") else { return nil }
      let isLong =
        index + 2 < text.count && text[index + 1] == text[index] && text[index + 2] == text[index]
      return (hashes, hashes + (isLong ? 3 : 1), isLong)
    }
  }
}
