// Reading a sentence back, on the host.

#if !hasFeature(Embedded)

extension Sentence {
  /// What stands in the gaps of a sentence.
  public struct Gaps: Equatable, Sendable {
    /// The numbers, in their order.
    public var numbers: [UInt64] = []
    /// The words.
    public var words: [String] = []

    /// These numbers and words.
    public init(numbers: [UInt64] = [], words: [String] = []) {
      self.numbers = numbers
      self.words = words
    }
  }

  /// What a line has in the gaps; nil if it does not begin with this sentence.
  public func gaps(in line: some StringProtocol) -> Gaps? { reading(of: line)?.gaps }

  /// The same, and what follows the sentence in the line.
  public func reading(of line: some StringProtocol) -> (gaps: Gaps, rest: String)? {
    Self.match(letters[...], Array(line.utf8)[...]).map {
      ($0.gaps, String(decoding: $0.rest, as: UTF8.self))
    }
  }

  /// Whether a line begins with this sentence, which has no gaps.
  public func begins(_ line: some StringProtocol) -> Bool { line.utf8.starts(with: letters) }

  /// The letters of its form.
  private var letters: [UInt8] {
    unsafe Array(UnsafeBufferPointer(start: form.utf8Start, count: form.utf8CodeUnitCount))
  }

  /// Words reach as far as the next letters of the sentence allow; behind the last letter, to the
  /// line's end.
  private static func match(
    _ form: ArraySlice<UInt8>, _ line: ArraySlice<UInt8>
  ) -> (gaps: Gaps, rest: ArraySlice<UInt8>)? {
    guard let letter = form.first else { return (Gaps(), line) }
    let rest = form.dropFirst()
    guard letter == UInt8(ascii: "%"), let kind = rest.first else {
      return line.first == letter ? match(rest, line.dropFirst()) : nil
    }
    let after = rest.dropFirst()
    if kind == UInt8(ascii: "s") {
      var end = after.isEmpty ? line.endIndex : line.startIndex
      while end <= line.endIndex {
        if var found = match(after, line[end...]) {
          found.gaps.words.insert(String(decoding: line[..<end], as: UTF8.self), at: 0)
          return found
        }
        end += 1
      }
      return nil
    }
    var digits = line
    if kind == UInt8(ascii: "x") {
      guard line.starts(with: "0x".utf8) else { return nil }
      digits = line.dropFirst(2)
    }
    let radix: UInt64 = kind == UInt8(ascii: "x") ? 16 : 10
    var value: UInt64 = 0
    var count = 0
    while let digit = digits.first.flatMap(Self.digit), digit < radix {
      let (product, overflow) = value.multipliedReportingOverflow(by: radix)
      guard !overflow else { return nil }
      value = product &+ digit
      digits = digits.dropFirst()
      count += 1
    }
    guard count > 0, var found = match(after, digits) else { return nil }
    found.gaps.numbers.insert(value, at: 0)
    return found
  }

  private static func digit(_ letter: UInt8) -> UInt64? {
    switch letter {
    case 0x30...0x39: UInt64(letter - 0x30)
    case 0x61...0x66: UInt64(letter - 0x57)
    default: nil
    }
  }
}

#endif
