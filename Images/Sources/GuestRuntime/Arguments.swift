// The command line, without an allocation.

import GuestEntry

/// The program's arguments.
public struct Arguments {
  private let next: UInt64
  private let left: UInt64

  /// All arguments but the program's name.
  public init() {
    let stack = initial_stack()
    next = stack + 16
    left = load_word(stack) - 1
  }

  private init(next: UInt64, left: UInt64) {
    self.next = next
    self.left = left
  }

  /// How many there are.
  public var count: Int { Int(left) }
  /// Where one of them is: a C string.
  public func address(_ index: Int) -> UInt64 { load_word(next + UInt64(index) * 8) }
  /// Whether there are none.
  public var isEmpty: Bool { left == 0 }
  /// All but the first.
  public var rest: Arguments { Arguments(next: next + 8, left: left - 1) }

  /// Whether the first one is this text.
  public func first(is text: StaticString) -> Bool {
    guard !isEmpty else { return false }
    for index in 0..<text.utf8CodeUnitCount {
      let wanted = unsafe text.utf8Start[index]
      if byte(index) != wanted { return false }
    }
    return byte(text.utf8CodeUnitCount) == 0
  }

  /// The first one as a decimal number; nil when it is none.
  public var number: UInt64? {
    guard !isEmpty, byte(0) != 0 else { return nil }
    var value: UInt64 = 0
    var index = 0
    while byte(index) != 0 {
      let digit = byte(index) &- 0x30
      guard digit < 10 else { return nil }
      value = value &* 10 &+ UInt64(digit)
      index += 1
    }
    return value
  }

  private func byte(_ index: Int) -> UInt8 {
    let address = load_word(next) + UInt64(index)
    return UInt8(truncatingIfNeeded: load_word(address & ~7) >> ((address & 7) * 8))
  }
}
