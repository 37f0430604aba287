// The lines of our own programs that are read as well as printed: the experiment's judge knows from
// them what a VMM, a guest, an /init or the firmware did. Each is one form here, for who prints it and
// for who reads it, so that the two cannot drift apart.

/// A line with gaps: `%x` is a hexadecimal number with 0x, `%d` a decimal one, `%s` a few words.
public struct Sentence: Sendable {
  /// The line as it is printed, with its gaps; what a program adds behind it is not part of it.
  public let form: StaticString

  /// A sentence.
  public init(_ form: StaticString) { self.form = form }
}

extension TextWriter {
  /// Adds a sentence. Its numbers are given in their order; `words` fills a `%s`, of which it is told
  /// the position among them.
  public mutating func add(
    _ sentence: Sentence, _ first: UInt64 = 0, _ second: UInt64 = 0, _ third: UInt64 = 0,
    _ fourth: UInt64 = 0, words: (inout Self, Int) -> Void = { _, _ in }
  ) {
    let form = sentence.form
    var number = 0
    var gap = 0
    var index = 0
    while index < form.utf8CodeUnitCount {
      let letter = unsafe form.utf8Start[index]
      index += 1
      guard letter == UInt8(ascii: "%"), index < form.utf8CodeUnitCount else {
        put(letter)
        continue
      }
      let kind = unsafe form.utf8Start[index]
      index += 1
      if kind == UInt8(ascii: "s") {
        words(&self, gap)
        gap += 1
        continue
      }
      let value =
        switch number {
        case 0: first
        case 1: second
        case 2: third
        default: fourth
        }
      number += 1
      if kind == UInt8(ascii: "x") { add(hex: value) } else { add(decimal: value) }
    }
  }
}
