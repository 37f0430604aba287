// What a decoder says, written as it says it: text for people or JSON for programs, straight into
// bytes. A decoder calls the same methods for both, so the two can never tell different things.
//
// Surprising: meanings are closures that only text evaluates; that is most of the reason why a
// record becomes JSON in microseconds.

/// Text or JSON, growing.
public struct Report: Sendable {
  /// How a report is written.
  public enum Style: Sendable {
    /// Lines for people: offset, field, value, meaning.
    case text
    /// JSON over many lines, indented by one space.
    case json
    /// JSON on one line.
    case jsonLine
  }

  /// How it is written.
  let style: Style
  /// What was written so far.
  private(set) var bytes: [UInt8] = []
  /// How many objects and lists are open.
  private var depth = 0
  /// Indentation of text: how many titled objects are open.
  private var level = 0
  /// Which of the open objects and lists have an element already, innermost last.
  private var hasElements: [Bool] = [false]
  /// Which of the open objects have a title in text.
  private var titled: [Bool] = []

  init(_ style: Style) { self.style = style }

  /// Whether text is wanted, and with it meanings.
  var isText: Bool { style == .text }

  /// Forgets what was written and keeps the room for it.
  mutating func reset() {
    bytes.removeAll(keepingCapacity: true)
    depth = 0
    level = 0
    hasElements = [false]
    titled.removeAll(keepingCapacity: true)
  }

  // MARK: Bytes

  mutating func put(_ byte: UInt8) { bytes.append(byte) }

  mutating func put(_ text: StaticString) {
    text.withUTF8Buffer { letters in unsafe bytes.append(contentsOf: letters) }
  }

  mutating func put(_ text: String) { bytes.append(contentsOf: text.utf8) }

  mutating func putDecimal(_ value: UInt64) {
    if value < 10 { return bytes.append(0x30 + UInt8(value)) }
    var digits = 0
    var rest = value
    while rest != 0 {
      digits += 1
      rest /= 10
    }
    let end = bytes.count + digits
    bytes.append(contentsOf: repeatElement(0x30, count: digits))
    var place = end
    rest = value
    while rest != 0 {
      place -= 1
      bytes[place] = 0x30 + UInt8(rest % 10)
      rest /= 10
    }
  }

  /// Hexadecimal digits in lower case without a prefix, at least `digits` of them.
  mutating func putHexadecimal(_ value: UInt64, digits least: Int = 1) {
    let needed = max(least, (67 - (value | 1).leadingZeroBitCount) / 4)
    var shift = needed * 4
    while shift > 0 {
      shift -= 4
      let digit = shift >= 64 ? 0 : UInt8(value >> UInt64(shift) & 15)
      bytes.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
    }
  }

  /// A GUID in registry form, in lower case, of 16 bytes as they are stored.
  mutating func putGUID(_ source: [UInt8], at offset: Int) {
    for place in [3, 2, 1, 0, -1, 5, 4, -1, 7, 6, -1, 8, 9, -1, 10, 11, 12, 13, 14, 15] {
      if place < 0 {
        put(0x2D)
      } else {
        putHexadecimal(UInt64(source[offset + place]), digits: 2)
      }
    }
  }

  /// Bytes of a string: in JSON escaped, each byte above 0x7F as the Latin-1 letter; in text with a
  /// dot for what cannot be printed.
  mutating func putEscaped(_ byte: UInt8) {
    if isText { return put(byte >= 0x20 && byte < 0x7F ? byte : 0x2E) }
    switch byte {
    case 0x22, 0x5C:
      put(0x5C)
      put(byte)
    case 0x20..<0x7F: put(byte)
    case 0x0A: put("\\n")
    case 0x0D: put("\\r")
    case 0x09: put("\\t")
    default:
      put("\\u")
      putHexadecimal(UInt64(byte), digits: 4)
    }
  }

  /// A quoted string of UTF-8.
  mutating func putQuoted(_ text: String) {
    put(0x22)
    for byte in text.utf8 {
      if byte >= 0x80 || isText && byte >= 0x20 { put(byte) } else { putEscaped(byte) }
    }
    put(0x22)
  }

  mutating func putSpaces(_ count: Int) {
    if count > 0 { bytes.append(contentsOf: repeatElement(0x20, count: count)) }
  }

  // MARK: Structure

  mutating func element() {
    let last = hasElements.count - 1
    if hasElements[last] { put(0x2C) }
    hasElements[last] = true
    if depth == 0 { return }
    if style == .json {
      put(0x0A)
      putSpaces(depth)
    }
  }

  /// The comma, the line break and the key of the next element of JSON.
  mutating func key(_ name: StaticString) {
    element()
    put(0x22)
    put(name)
    put(style == .json ? "\": " : "\":")
  }

  mutating func key(_ name: String) {
    element()
    putQuoted(name)
    put(style == .json ? ": " : ":")
  }

  mutating func open(_ bracket: UInt8) {
    put(bracket)
    depth += 1
    hasElements.append(false)
  }

  private mutating func close(_ bracket: UInt8) {
    guard depth > 0 else { return }
    depth -= 1
    if hasElements.removeLast(), style == .json {
      put(0x0A)
      putSpaces(depth)
    }
    put(bracket)
  }

  /// Opens the outermost object.
  mutating func begin() {
    if isText { return }
    element()
    open(0x7B)
  }

  /// Closes the outermost object and ends the line.
  mutating func finish() {
    if isText { return }
    close(0x7D)
    put(0x0A)
  }

  /// Opens an object; in text a line with its title, and what follows is indented.
  mutating func object(
    _ name: StaticString, at offset: Int? = nil, _ title: @autoclosure () -> String
  ) {
    if isText { return openTitle(offset, title()) }
    key(name)
    open(0x7B)
  }

  /// Opens an object in a list.
  mutating func item(at offset: Int? = nil, _ title: @autoclosure () -> String) {
    if isText { return openTitle(offset, title()) }
    element()
    open(0x7B)
  }

  private mutating func openTitle(_ offset: Int?, _ title: String) {
    if !title.isEmpty {
      begin(line: offset)
      put(title)
      put(0x0A)
      level += 1
    }
    titled.append(!title.isEmpty)
  }

  /// Closes the innermost object.
  mutating func end() {
    if isText {
      if titled.popLast() == true { level -= 1 }
    } else {
      close(0x7D)
    }
  }

  /// Opens a list; text shows only its elements.
  mutating func list(_ name: StaticString) {
    if isText { return }
    key(name)
    open(0x5B)
  }

  /// Closes the innermost list.
  mutating func endList() { if !isText { close(0x5D) } }

  /// A list of names; text shows them on one line.
  mutating func names(_ name: StaticString, _ values: [StaticString], _ title: StaticString) {
    if isText {
      guard !values.isEmpty else { return }
      begin(line: nil)
      put(title)
      put(": ")
      for (index, value) in values.enumerated() {
        if index > 0 { put(", ") }
        put(value)
      }
      return put(0x0A)
    }
    list(name)
    for value in values { mark(value) }
    endList()
  }

  /// A word as an element of a list: `truncated`. Only JSON has it; text says it as a remark.
  mutating func mark(_ word: StaticString) {
    if isText { return }
    element()
    put(0x22)
    put(word)
    put(0x22)
  }

  // MARK: Text

  /// Indentation and offset of a line.
  mutating func begin(line offset: Int?) {
    if let offset {
      put("0x")
      putHexadecimal(UInt64(offset), digits: 4)
    } else {
      putSpaces(6)
    }
    putSpaces(2 + 2 * level)
  }

  /// Indentation, offset and name of a field, then room for its value; gives where the value starts.
  mutating func begin(field name: StaticString, at offset: Int?) -> Int {
    begin(line: offset)
    let start = bytes.count
    put(name)
    putSpaces(max(1, 23 - (bytes.count - start)))
    return bytes.count
  }

  mutating func end(field start: Int, _ meaning: String) {
    if !meaning.isEmpty {
      putSpaces(max(2, 20 - (bytes.count - start)))
      put(meaning)
    }
    put(0x0A)
  }

  /// A line of text that JSON does not have.
  mutating func line(_ text: @autoclosure () -> String, at offset: Int? = nil) {
    guard isText else { return }
    begin(line: offset)
    put(text())
    put(0x0A)
  }
}

extension Report {
  /// The sentence of a remark, as a string of JSON.
  mutating func message(of remark: Remark) {
    derived("message", "")
    bytes.removeLast()
    putMessage(of: remark)
    put(0x22)
  }
}
