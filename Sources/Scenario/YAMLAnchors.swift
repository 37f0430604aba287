// Anchors and aliases of YAML are not accepted in a scenario: a few lines of them stand for a tree of
// any size ("billion laughs"), which the reader of YAML would build, and compare where it is a key. They
// are looked for in the text, before anything is built.

/// A look at a text of YAML.
enum YAMLAnchors {
  /// The first anchor (`&name`) or alias (`*name`) outside of quotes, comments and block scalars, and its
  /// line from 1.
  static func first(in text: String) -> (line: Int, token: String)? {
    var quote: UInt8?
    /// Where the keys are of which a block scalar is the value: its lines begin further right.
    var blockIndent: Int?
    for (index, line) in text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false)
      .enumerated()
    {
      let bytes = Array(line)
      if quote == nil, let indent = blockIndent {
        let spaces = bytes.prefix { $0 == 0x20 }.count
        if spaces > indent || bytes.allSatisfy({ $0 == 0x20 || $0 == 0x0D }) { continue }
        blockIndent = nil
      }
      if let token = scan(bytes, &quote) { return (index + 1, token) }
      if quote == nil, opensBlock(bytes) { blockIndent = keyColumn(bytes) }
    }
    return nil
  }

  /// The first anchor or alias of a line; `quote` is what is open at its beginning and at its end.
  private static func scan(_ bytes: [UInt8], _ quote: inout UInt8?) -> String? {
    var position = 0
    var beginsToken = true
    while position < bytes.count {
      let byte = bytes[position]
      if let open = quote {
        if open == UInt8(ascii: "\""), byte == UInt8(ascii: "\\") { position += 1 }
        if byte == open { quote = nil }
        position += 1
        beginsToken = false
        continue
      }
      switch byte {
      case UInt8(ascii: "#") where position == 0 || bytes[position - 1] == 0x20: return nil
      case UInt8(ascii: "\"") where beginsToken, UInt8(ascii: "'") where beginsToken: quote = byte
      case UInt8(ascii: "&") where beginsToken, UInt8(ascii: "*") where beginsToken:
        let name = bytes[(position + 1)...].prefix { $0 > 0x20 && !",[]{}".utf8.contains($0) }
        if !name.isEmpty {
          return String(decoding: bytes[position...position] + name, as: UTF8.self)
        }
      default: break
      }
      if byte != 0x20 {
        let next = position + 1 < bytes.count ? bytes[position + 1] : 0x20
        beginsToken =
          ",[{".utf8.contains(byte) || ":-?".utf8.contains(byte) && next == 0x20 && quote == nil
      }
      position += 1
    }
    return nil
  }

  /// Whether a line ends with `|` or `>`, perhaps with an indicator behind.
  private static func opensBlock(_ bytes: [UInt8]) -> Bool {
    let words = bytes.split { $0 == 0x20 || $0 == 0x0D }
    let last = words.last(where: { $0.first != UInt8(ascii: "#") })
    guard let last, let first = last.first, "|>".utf8.contains(first) else { return false }
    return last.dropFirst().allSatisfy { "+-0123456789".utf8.contains($0) }
  }

  /// The column of a line's first key, behind the dashes of lists.
  private static func keyColumn(_ bytes: [UInt8]) -> Int {
    var column = 0
    while column < bytes.count {
      let isDash =
        bytes[column] == UInt8(ascii: "-") && column + 1 < bytes.count && bytes[column + 1] == 0x20
      guard bytes[column] == 0x20 || isDash else { return column }
      column += 1
    }
    return column
  }
}
