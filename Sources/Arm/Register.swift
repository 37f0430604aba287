// Registers as the manuals write them: a struct over one integer, with named bit fields.
// `esr[Syndrome.ec]` compiles to one instruction on the host and in the images.

/// A named run of bits, written as the manuals write it: `Field("EC", 31, 26)` is EC, bits [31:26].
public struct Field: Sendable {
  /// The name the manual gives the field.
  public let name: StaticString
  /// The highest bit.
  public let high: UInt8
  /// The lowest bit.
  public let low: UInt8

  /// A field of bits `[high:low]`.
  @inlinable @inline(__always) public init(_ name: StaticString, _ high: UInt8, _ low: UInt8) {
    self.name = name
    self.high = high
    self.low = low
  }

  /// A field of one bit.
  @inlinable @inline(__always) public init(_ name: StaticString, _ bit: UInt8) {
    self.init(name, bit, bit)
  }

  /// The field's bits, in place.
  @inlinable @inline(__always) public var mask: UInt64 {
    (UInt64.max >> (63 &- UInt64(high &- low))) &<< UInt64(low)
  }
}

/// Several fields of one register: `CTLR.ds | CTLR.are`. A constant when compiled.
public struct FieldSet: Sendable {
  /// The bits of all of them, in place.
  public let mask: UInt64

  @inlinable @inline(__always) init(mask: UInt64) { self.mask = mask }

  /// Fields and one more.
  @inlinable @inline(__always) public static func | (fields: FieldSet, field: Field) -> FieldSet {
    FieldSet(mask: fields.mask | field.mask)
  }
}

extension Field {
  /// Two fields.
  @inlinable @inline(__always) public static func | (a: Field, b: Field) -> FieldSet {
    FieldSet(mask: a.mask | b.mask)
  }
}

extension Sequence<Field> {
  /// The bits of all of them: for lists that are there anyway, such as all fields of a register.
  @inlinable public var mask: UInt64 { reduce(0) { $0 | $1.mask } }
}

/// A register: one integer with named fields.
public protocol Register: Equatable, Sendable {
  /// The register's bits.
  var rawValue: UInt64 { get set }
  /// A register with these bits.
  init(rawValue: UInt64)
}

extension Register {
  /// The value of a field, right-aligned; setting it drops bits that do not fit.
  @inlinable public subscript(field: Field) -> UInt64 {
    @inline(__always) get { (rawValue & field.mask) &>> UInt64(field.low) }
    @inline(__always) set {
      rawValue = (rawValue & ~field.mask) | ((newValue &<< UInt64(field.low)) & field.mask)
    }
  }

  /// Whether any bit of a field is set.
  @inlinable public func isSet(_ field: Field) -> Bool { rawValue & field.mask != 0 }

  /// This register without all but some fields.
  @inlinable @inline(__always) public func only(_ fields: FieldSet) -> Self {
    Self(rawValue: rawValue & fields.mask)
  }

  /// This register with some fields zero.
  @inlinable @inline(__always) public func without(_ fields: FieldSet) -> Self {
    Self(rawValue: rawValue & ~fields.mask)
  }

  /// This register with one field zero.
  @inlinable @inline(__always) public func without(_ field: Field) -> Self {
    Self(rawValue: rawValue & ~field.mask)
  }

  /// This register with one field replaced.
  @inlinable public func with(_ field: Field, _ value: UInt64) -> Self {
    var copy = self
    copy[field] = value
    return copy
  }
}
