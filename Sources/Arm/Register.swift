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
  @inlinable public init(_ name: StaticString, _ high: UInt8, _ low: UInt8) {
    self.name = name
    self.high = high
    self.low = low
  }

  /// A field of one bit.
  @inlinable public init(_ name: StaticString, _ bit: UInt8) { self.init(name, bit, bit) }

  /// The field's bits, in place.
  @inlinable public var mask: UInt64 {
    (UInt64.max >> (63 &- UInt64(high &- low))) &<< UInt64(low)
  }
}

extension Sequence<Field> {
  /// The bits of all of them.
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
    get { (rawValue & field.mask) &>> UInt64(field.low) }
    set { rawValue = (rawValue & ~field.mask) | ((newValue &<< UInt64(field.low)) & field.mask) }
  }

  /// Whether any bit of a field is set.
  @inlinable public func isSet(_ field: Field) -> Bool { rawValue & field.mask != 0 }

  /// This register without all but some fields.
  @inlinable public func only(_ fields: [Field]) -> Self { Self(rawValue: rawValue & fields.mask) }

  /// This register with some fields zero.
  @inlinable public func without(_ fields: [Field]) -> Self {
    Self(rawValue: rawValue & ~fields.mask)
  }

  /// This register with one field replaced.
  @inlinable public func with(_ field: Field, _ value: UInt64) -> Self {
    var copy = self
    copy[field] = value
    return copy
  }
}
