// The 32 characters of a row of a decode table, both ways: which words are the row's, and the word of a
// row with given fields.

/// The bits of an encoding as the manual draws them, bit 31 first: '0' and '1' are fixed; any other
/// character names the field that the bit belongs to.
public struct EncodingPattern: Sendable, CustomStringConvertible, ExpressibleByStringLiteral {
  private let text: StaticString
  /// The fixed bits.
  public let mask: UInt32
  /// Their values.
  public let value: UInt32

  /// - Precondition: There are 32 characters.
  public init(stringLiteral text: StaticString) {
    precondition(text.utf8CodeUnitCount == 32, "a pattern has 32 characters")
    self.text = text
    var mask: UInt32 = 0
    var value: UInt32 = 0
    for index in 0..<32 {
      let character = unsafe text.utf8Start[index]
      mask = mask << 1 | (character == 0x30 || character == 0x31 ? 1 : 0)
      value = value << 1 | (character == 0x31 ? 1 : 0)
    }
    self.mask = mask
    self.value = value
  }

  /// The 32 characters.
  public var description: String { text.description }

  /// The bits of a field; 0 for one that is not there.
  public func bits(of field: Character) -> UInt32 {
    guard let name = field.asciiValue, field != "0", field != "1" else { return 0 }
    var bits: UInt32 = 0
    for index in 0..<32 where unsafe text.utf8Start[index] == name {
      bits |= 1 << UInt32(31 - index)
    }
    return bits
  }

  /// The value of a field in a word of this pattern: its bits one after the other, as ADR's immlo is
  /// above its immhi.
  public func field(_ name: Character, of word: UInt32) -> UInt32 {
    var value: UInt32 = 0
    var left = bits(of: name)
    while left != 0 {
      let bit = 31 - UInt32(left.leadingZeroBitCount)
      value = value << 1 | word >> bit & 1
      left &= ~(1 << bit)
    }
    return value
  }

  /// The word with these fields, all others 0; nil for a field that is not there, or a value that does
  /// not fit.
  public func word(_ fields: [Character: UInt32]) -> UInt32? {
    var word = value
    for (name, value) in fields {
      var left = bits(of: name)
      guard left != 0, UInt64(value) >> UInt64(left.nonzeroBitCount) == 0 else { return nil }
      var rest = value
      while left != 0 {
        let bit = left & (0 &- left)
        if rest & 1 != 0 { word |= bit }
        rest >>= 1
        left &= ~bit
      }
    }
    return word
  }
}
