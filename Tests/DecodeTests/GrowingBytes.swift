// The bytes of a report, beside the same text made slowly: additions of every length and number, with a
// buffer that has to grow between them.

import Testing

@testable import Decode

@Suite struct GrowingBytesTests {
  /// The digits of a number, as the standard library writes them.
  private func digits(_ value: UInt64, _ radix: Int, least: Int) -> String {
    let digits = String(value, radix: radix)
    return String(repeating: "0", count: max(0, least - digits.count)) + digits
  }

  @Test func numbersAreWrittenAsTheStandardLibraryWritesThem() {
    var bytes = GrowingBytes()
    var expected = ""
    for bit in 0..<64 {
      for value in [
        1 << UInt64(bit), UInt64.max >> UInt64(bit), 0x1234_5678_9ABC_DEF0 >> UInt64(bit),
      ] {
        for least in [0, 1, 2, 4, 8, 9, 16] {
          bytes.add(hexadecimal: value, digits: least)
          expected += digits(value, 16, least: least)
        }
        bytes.add(decimal: value)
        expected += String(value)
      }
    }
    for value in [0, 9, 10, 99, 100] as [UInt64] {
      bytes.add(decimal: value)
      bytes.add(hexadecimal: value, digits: 1)
      expected += String(value) + String(value, radix: 16)
    }
    #expect(String(decoding: bytes.array, as: UTF8.self) == expected)
  }

  @Test func textOfEveryLengthArrivesWhole() {
    let letters = "the quick brown fox jumps over the lazy dog, twice"
    var bytes = GrowingBytes()
    var expected: [UInt8] = []
    // More than the first buffer holds, so that it grows at different places.
    for _ in 0..<20 {
      for length in 0...letters.count {
        bytes.add(String(letters.prefix(length)))
        expected += Array(letters.utf8.prefix(length))
        bytes.add(0x2E)
        bytes.add(0x20, times: length % 3)
        expected += [0x2E] + Array(repeating: 0x20, count: length % 3)
      }
      bytes.add(key: "", isSpaced: true)
      bytes.add(key: "abc", isSpaced: false)
      bytes.add(key: "abcde", isSpaced: true)
      bytes.add(key: "abcdefghijk", isSpaced: true)
      bytes.add(key: "abcdefghijklmnopqrs", isSpaced: false)
      let keys = "\"\": \"abc\":\"abcde\": \"abcdefghijk\": \"abcdefghijklmnopqrs\":"
      expected += Array(keys.utf8)
    }
    #expect(bytes.count == expected.count)
    #expect(bytes.array == expected)
    bytes.removeAll()
    #expect(bytes.array.isEmpty)
  }

  @Test func bytesAndGUIDsAreTwoDigitsAByte() {
    let source = (0..<40).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 5) }
    var bytes = GrowingBytes()
    var expected = ""
    for length in 0...40 {
      bytes.add(hexadecimal: source[0..<length])
      expected += source.prefix(length).map { digits(UInt64($0), 16, least: 2) }.joined()
    }
    #expect(String(decoding: bytes.array, as: UTF8.self) == expected)
    bytes.removeAll()
    bytes.add(guid: [
      0xF8, 0x1E, 0x2D, 0xED, 0xB7, 0x93, 0x4F, 0x4F, 0x80, 0xBC, 0x00, 0x80, 0xC7, 0x3C, 0x88,
      0x81,
    ])
    #expect(
      String(decoding: bytes.array, as: UTF8.self) == "ed2d1ef8-93b7-4f4f-80bc-0080c73c8881")
  }
}
