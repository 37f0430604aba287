// The fields of a report: numbers, flags, strings, GUIDs and bytes, each at its offset; and what only JSON
// has, because text says it in a meaning.

extension Report {
  // MARK: Fields

  /// A number in decimal.
  mutating func decimal(
    _ name: StaticString, _ value: UInt64, at offset: Int? = nil,
    _ meaning: @autoclosure () -> String = ""
  ) {
    if isText {
      let start = begin(field: name, at: offset)
      putDecimal(value)
      end(field: start, meaning())
    } else {
      key(name)
      putDecimal(value)
    }
  }

  /// A number in hexadecimal: a string in JSON.
  mutating func hexadecimal(
    _ name: StaticString, _ value: UInt64, at offset: Int? = nil,
    _ meaning: @autoclosure () -> String = ""
  ) {
    if isText {
      let start = begin(field: name, at: offset)
      put("0x")
      putHexadecimal(value)
      end(field: start, meaning())
    } else {
      key(name)
      put("\"0x")
      putHexadecimal(value)
      put(0x22)
    }
  }

  /// Yes or no.
  mutating func flag(
    _ name: StaticString, _ value: Bool, at offset: Int? = nil,
    _ meaning: @autoclosure () -> String = ""
  ) {
    if isText {
      let start = begin(field: name, at: offset)
      put(value ? "yes" : "no")
      end(field: start, meaning())
    } else {
      key(name)
      put(value ? "true" : "false")
    }
  }

  /// A string.
  mutating func string(
    _ name: StaticString, _ value: String, at offset: Int? = nil,
    _ meaning: @autoclosure () -> String = ""
  ) {
    if isText {
      let start = begin(field: name, at: offset)
      put(value)
      end(field: start, meaning())
    } else {
      key(name)
      putQuoted(value)
    }
  }

  /// A string of single bytes up to a NUL.
  mutating func letters(
    _ name: StaticString, _ source: [UInt8], at offset: Int, count: Int
  ) {
    let start = isText ? begin(field: name, at: offset) : 0
    if !isText { key(name) }
    put(0x22)
    var place = offset
    while place < offset + count, source[place] != 0 {
      putEscaped(source[place])
      place += 1
    }
    put(0x22)
    if isText { end(field: start, "") }
  }

  /// A GUID.
  mutating func guid(
    _ name: StaticString, _ source: [UInt8], at offset: Int,
    _ meaning: @autoclosure () -> String = ""
  ) {
    let start = isText ? begin(field: name, at: offset) : 0
    if !isText {
      key(name)
      put(0x22)
    }
    putGUID(source, at: offset)
    if isText { end(field: start, meaning()) } else { put(0x22) }
  }

  /// Bytes in hexadecimal, without separators in JSON, in lines of 16 in text; those that are not there
  /// are left out.
  mutating func data(_ name: StaticString, _ source: [UInt8], at offset: Int, count: Int) {
    let count = max(0, min(count, source.count - offset))
    guard isText else {
      key(name)
      put(0x22)
      if count > 0 { putHexadecimal(source, at: offset, count: count) }
      return put(0x22)
    }
    var place = offset
    while place < offset + count {
      if place == offset {
        _ = begin(field: name, at: offset)
      } else {
        begin(line: place)
        putSpaces(23)
      }
      let last = min(place + 16, offset + count)
      for index in place..<last {
        if index > place { put(0x20) }
        putHexadecimal(UInt64(source[index]), digits: 2)
      }
      putSpaces((16 - (last - place)) * 3 + 2)
      for index in place..<last { putEscaped(source[index]) }
      put(0x0A)
      place = last
    }
  }

  // MARK: What only JSON has, because text says it in a meaning

  /// A value that is not there. JSON only.
  mutating func null(_ name: StaticString) {
    if isText { return }
    key(name)
    put("null")
  }

  /// A flag that text shows as a meaning.
  mutating func derived(_ name: StaticString, _ value: Bool) {
    if !isText { flag(name, value) }
  }

  /// A number that text shows elsewhere.
  mutating func derived(_ name: StaticString, _ value: Int) {
    if !isText { decimal(name, UInt64(max(0, value))) }
  }

  /// A name that text shows as a meaning.
  mutating func derived(_ name: StaticString, _ value: StaticString) {
    if isText { return }
    key(name)
    put(0x22)
    put(value)
    put(0x22)
  }

  /// A name that text shows as a meaning.
  mutating func derived(_ name: StaticString, _ value: String) {
    if !isText { string(name, value) }
  }

  /// A register's field: a number in JSON if it is narrow, a string of hexadecimal digits if not.
  /// JSON only.
  mutating func bits(_ name: String, _ value: UInt64, width: Int) {
    if isText { return }
    key(name)
    if width <= 4 { return putDecimal(value) }
    put("\"0x")
    putHexadecimal(value)
    put(0x22)
  }

  /// A name chosen by what is decoded. JSON only.
  mutating func derived(key name: String, _ value: String) {
    if isText { return }
    key(name)
    putQuoted(value)
  }
}
