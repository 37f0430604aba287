// What a decoder says, written as it says it: text for people or JSON for programs, straight into
// bytes. A decoder calls the same methods for both, so the two can never tell different things.
//
// Surprising: meanings are closures that only text evaluates; that is most of the reason why a
// record becomes JSON in microseconds.

/// Text or JSON, growing.
public struct Report: ~Copyable {
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
  var bytes: [UInt8] { written.array }
  private var written = GrowingBytes()
  /// How many objects and lists are open.
  private var depth = 0
  /// Indentation of text: how many titled objects are open.
  private var level = 0
  /// Which of the open objects and lists have an element already: a bit for each depth. No structure
  /// nests as deep as there are bits.
  private var hasElements: UInt64 = 0
  /// Which of the open objects have a title in text.
  private var titled: [Bool] = []

  init(_ style: Style) { self.style = style }

  /// Whether text is wanted, and with it meanings.
  var isText: Bool { style == .text }

  /// Forgets what was written and keeps the room for it.
  mutating func reset() {
    written.removeAll()
    depth = 0
    level = 0
    hasElements = 0
    titled.removeAll(keepingCapacity: true)
  }

  // MARK: Bytes

  /// How many bytes were written so far.
  var count: Int { written.count }

  mutating func put(_ byte: UInt8) { written.add(byte) }

  mutating func put(_ text: StaticString) { written.add(text) }

  mutating func put(_ text: String) { written.add(text) }

  @unsafe
  mutating func put(_ letters: UnsafeBufferPointer<UInt8>) { unsafe written.add(letters) }

  mutating func putDecimal(_ value: UInt64) { written.add(decimal: value) }

  /// Hexadecimal digits in lower case without a prefix, at least `digits` of them.
  mutating func putHexadecimal(_ value: UInt64, digits least: Int = 1) {
    written.add(hexadecimal: value, digits: least)
  }

  /// Two digits for each of `count` bytes that exist.
  mutating func putHexadecimal(_ source: [UInt8], at offset: Int, count: Int) {
    written.add(hexadecimal: source[offset..<offset + count])
  }

  /// A GUID in registry form, in lower case, of 16 bytes as they are stored.
  mutating func putGUID(_ source: [UInt8], at offset: Int) {
    written.add(guid: source[offset..<offset + 16])
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
    var isPlain = true
    for byte in text.utf8 where byte < 0x20 || !isText && (byte == 0x22 || byte == 0x5C) {
      isPlain = false
      break
    }
    if isPlain {
      put(text)
    } else {
      for byte in text.utf8 {
        if byte >= 0x80 || isText && byte >= 0x20 { put(byte) } else { putEscaped(byte) }
      }
    }
    put(0x22)
  }

  mutating func putSpaces(_ count: Int) {
    written.add(0x20, times: count)
  }

  // MARK: Structure

  /// The bit of the innermost object or list in `hasElements`.
  private var bit: UInt64 { 1 << UInt64(depth & 63) }

  /// The comma and the line break before the next element of JSON.
  @inline(__always)
  mutating func element() {
    if hasElements & bit != 0 { put(0x2C) }
    hasElements |= bit
    if style == .json, depth > 0 {
      put(0x0A)
      putSpaces(depth)
    }
  }

  /// The comma, the line break and the key of the next element of JSON.
  mutating func key(_ name: StaticString) {
    element()
    written.add(key: name, isSpaced: style == .json)
  }

  mutating func key(_ name: String) {
    element()
    putQuoted(name)
    put(style == .json ? ": " : ":")
  }

  mutating func open(_ bracket: UInt8) {
    put(bracket)
    depth += 1
    hasElements &= ~bit
  }

  private mutating func close(_ bracket: UInt8) {
    guard depth > 0 else { return }
    let isFilled = hasElements & bit != 0
    depth -= 1
    if isFilled, style == .json {
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
    let start = count
    put(name)
    putSpaces(max(1, 23 - (count - start)))
    return count
  }

  mutating func end(field start: Int, _ meaning: String) {
    if !meaning.isEmpty {
      putSpaces(max(2, 20 - (count - start)))
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
    key("message")
    put(0x22)
    putMessage(of: remark)
    put(0x22)
  }
}
