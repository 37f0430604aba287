// Text without String: words of the command line by address, and lines for people.

import Bytes
import KVM

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

/// A message in the making: at most 400 bytes, what exceeds them is dropped but for the line's end.
public struct Message {
  private var bytes = InlineArray<400, UInt8>(repeating: 0)
  private var count = 0

  /// A message that begins with a text.
  public init(_ text: StaticString = "") { add(text) }

  /// Adds a byte.
  public mutating func add(byte: UInt8) {
    guard count < (byte == 0x0A ? 400 : 399) else { return }
    bytes[count] = byte
    count += 1
  }

  /// Adds a text.
  public mutating func add(_ text: StaticString) {
    for index in 0..<text.utf8CodeUnitCount { add(byte: unsafe text.utf8Start[index]) }
  }

  /// Adds a word.
  public mutating func add(_ text: Text) {
    for index in 0..<text.byteCount { add(byte: text.byte(at: index)) }
  }

  /// Adds another message.
  public mutating func add(_ message: borrowing Message) {
    for index in 0..<message.count { add(byte: message.bytes[index]) }
  }

  /// Adds a decimal number.
  public mutating func add(decimal value: UInt64) {
    if value >= 10 { add(decimal: value / 10) }
    add(byte: UInt8(truncatingIfNeeded: 0x30 + value % 10))
  }

  /// Adds 0x and hexadecimal digits without leading zeros.
  public mutating func add(hex value: UInt64) {
    add("0x")
    var shift: UInt64 = 60
    while shift > 0, value >> shift == 0 { shift -= 4 }
    while true {
      let digit = UInt8(truncatingIfNeeded: value >> shift & 15)
      add(byte: digit < 10 ? 0x30 + digit : 0x57 + digit)
      if shift == 0 { break }
      shift -= 4
    }
  }

  /// Adds an error by name, of a result of a system call.
  public mutating func add(error result: Int64) {
    if let error = LinuxError(rawValue: Int32(truncatingIfNeeded: -result)) {
      add(error.name)
    } else {
      add("error ")
      add(decimal: UInt64(bitPattern: -result))
    }
  }

  /// Writes it to a file descriptor, as it is.
  public func write<Host: HostKernel>(_ host: Host, to descriptor: UInt64) {
    unsafe withUnsafePointer(to: bytes) {
      var written = 0
      while written < count {
        let result = host.call(
          .write, descriptor, UInt64(UInt(bitPattern: $0)) + UInt64(written),
          UInt64(count - written))
        if result == -Int64(LinuxError.interrupted.rawValue) { continue }
        guard result > 0 else { break }
        written += Int(result)
      }
    }
  }
}
