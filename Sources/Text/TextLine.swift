// A line that is gathered first and written at once, so that cores and processes that share a console
// never mix theirs.

/// A line in the making: at most `capacity` bytes; what exceeds them is dropped, but for the line's end.
public struct TextLine<let capacity: Int>: TextWriter {
  private var bytes = InlineArray<capacity, UInt8>(repeating: 0)
  /// How many bytes it has.
  public private(set) var count = 0

  /// A line that begins with a text.
  public init(_ text: StaticString = "") { add(text) }

  /// Adds a byte. The last place is kept for the line's end.
  public mutating func put(_ letter: UInt8) {
    guard count < (letter == 0x0A ? capacity : capacity - 1) else { return }
    bytes[count] = letter
    count += 1
  }

  /// A byte of it.
  public func byte(at index: Int) -> UInt8 { bytes[index] }

  /// Adds another line.
  public mutating func add(_ line: borrowing TextLine<capacity>) {
    for index in 0..<line.count { put(line.byte(at: index)) }
  }

  /// Gives the address of its first byte, which is valid as long as `body` runs.
  public func withAddress<Result>(_ body: (UInt64) -> Result) -> Result {
    unsafe withUnsafePointer(to: bytes) { body(UInt64(UInt(bitPattern: $0))) }
  }
}
