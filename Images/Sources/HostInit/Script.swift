// The script of an experiment, /script: a few words of the shell's language, so that the same file
// means the same to a shell.
//
//     run PROGRAM ARGUMENT... [&]     says at its end how it ended; with & without waiting for it
//     wait                            for everything that was started with &
//     sleep SECONDS
//     echo WORD...
//     # a comment
//
// Words may be quoted with ' or ", and nothing is expanded. A PROGRAM without a / is in /bin.

import GuestEntry

/// A line of the script, cut into words in place.
struct ScriptLine {
  /// The most words a line may have.
  static let limit = 64

  private var words = InlineArray<64, UInt64>(repeating: 0)
  /// How many words there are.
  private(set) var count = 0
  /// Whether it ends in &.
  private(set) var isBackground = false
  /// Whether a quote has no end, or there are too many words.
  private(set) var isMalformed = false

  /// Cuts the line from `start`; it ends before `end`, where there is room for a zero.
  init(_ start: UInt64, _ end: UInt64) {
    var read = start
    while read < end {
      let letter = load_byte(read)
      if letter == 0x20 || letter == 0x09 || letter == 0x0D {
        read += 1
      } else if letter == 0x23 {
        return
      } else if letter == 0x26 {
        isBackground = true
        read += 1
      } else {
        guard count < Self.limit - 1, !isBackground else {
          isMalformed = true
          return
        }
        words[count] = read
        count += 1
        read = word(read, end)
      }
    }
  }

  /// Removes a word's quotes and ends it with a zero; answers where to go on.
  private mutating func word(_ start: UInt64, _ end: UInt64) -> UInt64 {
    var read = start
    var write = start
    var quote: UInt8 = 0
    while read < end {
      let letter = load_byte(read)
      if quote != 0 ? letter == quote : letter == 0x27 || letter == 0x22 {
        quote = quote == 0 ? letter : 0
      } else if quote == 0, letter == 0x20 || letter == 0x09 || letter == 0x0D {
        break
      } else if quote == 0, letter == 0x26 {
        isBackground = true
        break
      } else {
        store_byte(write, letter)
        write += 1
      }
      read += 1
    }
    if quote != 0 { isMalformed = true }
    store_byte(write, 0)
    return read + 1
  }

  /// The address of a word, 0 after the last.
  func word(_ index: Int) -> UInt64 { index < count ? words[index] : 0 }

  /// Whether a word is this text.
  func word(_ index: Int, is text: StaticString) -> Bool {
    guard index < count else { return false }
    for place in 0..<text.utf8CodeUnitCount {
      let wanted = unsafe text.utf8Start[place]
      if load_byte(words[index] + UInt64(place)) != wanted { return false }
    }
    return load_byte(words[index] + UInt64(text.utf8CodeUnitCount)) == 0
  }

  /// A word as a decimal number, or nil.
  func number(_ index: Int) -> UInt64? {
    guard index < count, load_byte(words[index]) != 0 else { return nil }
    var value: UInt64 = 0
    var place = words[index]
    while load_byte(place) != 0 {
      let digit = load_byte(place) &- 0x30
      guard digit < 10, value < 1 << 40 else { return nil }
      value = value * 10 + UInt64(digit)
      place += 1
    }
    return value
  }
}
