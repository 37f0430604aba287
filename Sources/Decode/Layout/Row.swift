// A structure as a table: a row a field, in the specification's order. One interpreter of rows reads
// all of them, so that each is checked, explained and written the same way.

import APEI

/// How a field's value is written.
enum Form: Sendable {
  /// A number in decimal.
  case decimal
  /// A number in hexadecimal.
  case hexadecimal
  /// A GUID.
  case guid
  /// Single-byte letters up to a NUL.
  case letters
  /// A BCD timestamp, as its bytes in order; with its time in words.
  case timestamp
  /// Bytes.
  case data
  /// Nothing, unless it is not zero.
  case reserved
  /// A structure in the structure.
  case structure(Layout)
}

/// What a value means.
enum Meaning: Sendable {
  /// What its name says.
  case plain
  /// One of these, and others are reserved.
  case names(@Sendable (UInt64) -> StaticString?)
  /// One of these, and others may be.
  case open(@Sendable (UInt64) -> StaticString?)
  /// Bits with names; others are reserved.
  case flags([Flag])
  /// Words made of the value.
  case words(@Sendable (UInt64) -> String)
}

/// A bit with a name.
struct Flag: Sendable {
  let bit: UInt8
  let name: StaticString
  init(_ bit: UInt8, _ name: StaticString) {
    self.bit = bit
    self.name = name
  }
}

/// A field of a structure; a class, because a layout's rows are read again and again.
final class Row: Sendable {
  let name: StaticString
  let offset: Int
  let size: Int
  let form: Form
  let meaning: Meaning
  /// The bit of the structure's validation field that says whether this one counts; nil: it does.
  let valid: UInt8?
  /// The key that JSON has the value's name under.
  let nameKey: StaticString?

  /// A field of APEI's tables.
  convenience init(
    _ field: ByteField, _ form: Form = .decimal, _ meaning: Meaning = .plain, valid: UInt8? = nil,
    nameKey: StaticString? = nil
  ) {
    self.init(
      field.name, field.offset, field.size, form, meaning, valid: valid, nameKey: nameKey)
  }

  /// A field that only decoders know.
  init(
    _ name: StaticString, _ offset: Int, _ size: Int, _ form: Form = .decimal,
    _ meaning: Meaning = .plain, valid: UInt8? = nil, nameKey: StaticString? = nil
  ) {
    self.name = name
    self.offset = offset
    self.size = size
    self.form = form
    self.meaning = meaning
    self.valid = valid
    self.nameKey = nameKey
  }
}

/// A structure.
final class Layout: Sendable {
  /// What it is called in remarks and titles.
  let name: StaticString
  /// Its size in bytes, of the fixed part.
  let size: Int
  let rows: [Row]

  init(_ name: StaticString, _ size: Int, _ rows: [Row]) {
    self.name = name
    self.size = size
    self.rows = rows
  }

  /// A structure of APEI's fields without meanings: narrow ones in decimal, wide ones in hexadecimal.
  convenience init(_ name: StaticString, _ size: Int, fields: [ByteField]) {
    self.init(
      name, size,
      fields.map { field in
        if field.name.description.hasPrefix("reserved") { return Row(field, .reserved) }
        return Row(field, field.size > 8 ? .data : field.size == 8 ? .hexadecimal : .decimal)
      })
  }
}
