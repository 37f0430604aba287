// Text without String: words of the command line, and paths for the host's kernel, by address.

import Bytes

/// A C string in memory, such as a word of the command line.
public struct Text: ByteSource, Sendable {
  /// Its bytes, without the end.
  private let bytes: HostBlock

  /// Its first byte.
  public var address: HostAddress { bytes.address }
  /// How many bytes there are before the end.
  public var byteCount: Int { Int(bytes.byteCount) }

  /// The string that ends with the first zero byte after an address, where there must be one; the
  /// string must stay there.
  @unsafe public init(address: HostAddress) {
    var count: UInt64 = 0
    while unsafe HostBlock(mapped: address, byteCount: count + 1).u8(at: count) != 0 { count += 1 }
    bytes = unsafe HostBlock(mapped: address, byteCount: count)
  }

  /// Text of the program itself, which has an end mark as every literal has.
  public init(_ literal: StaticString) {
    bytes = unsafe HostBlock(
      mapped: HostAddress(UInt64(UInt(bitPattern: literal.utf8Start))),
      byteCount: UInt64(literal.utf8CodeUnitCount))
  }

  /// A byte.
  public func byte(at offset: Int) -> UInt8 { bytes.u8(at: UInt64(offset)) }

  /// Whether it is this text.
  public func equals(_ text: StaticString) -> Bool {
    byteCount == text.utf8CodeUnitCount && matches(text, at: 0)
  }

  /// A number: decimal, or hexadecimal after 0x; nil when it is none or exceeds 64 bits.
  public var number: UInt64? { number(from: 0, to: byteCount) }

  /// Whether it can name a guest: 1 to 16 letters, digits, '-', '_' and '.'.
  var isName: Bool {
    for index in 0..<byteCount {
      switch byte(at: index) {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: break
      default: return false
      }
    }
    return byteCount >= 1 && byteCount <= 16
  }

  func number(from start: Int, to end: Int) -> UInt64? {
    var index = start
    var radix: UInt64 = 10
    if end - start > 2, byte(at: start) == 0x30, byte(at: start + 1) | 0x20 == 0x78 {
      radix = 16
      index += 2
    }
    guard index < end else { return nil }
    var value: UInt64 = 0
    while index < end {
      guard let digit = Text.digit(byte(at: index)), digit < radix else { return nil }
      let (product, overflow) = value.multipliedReportingOverflow(by: radix)
      let (sum, carry) = product.addingReportingOverflow(digit)
      guard !overflow, !carry else { return nil }
      value = sum
      index += 1
    }
    return value
  }

  static func digit(_ letter: UInt8) -> UInt64? {
    switch letter {
    case 0x30...0x39: UInt64(letter - 0x30)
    case 0x41...0x46: UInt64(letter - 0x37)
    case 0x61...0x66: UInt64(letter - 0x57)
    default: nil
    }
  }
}
