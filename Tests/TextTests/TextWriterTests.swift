// Letters and numbers without String, against Swift's own formatting.

import Testing
import Text

/// A writer that keeps what it is given.
struct Letters: TextWriter {
  var bytes: [UInt8] = []
  mutating func put(_ letter: UInt8) { bytes.append(letter) }
  var text: String { String(decoding: bytes, as: UTF8.self) }
}

@Suite struct TextWriterTests {
  static let values: [UInt64] =
    [0, 1, 9, 10, 11, 99, 100, .max, .max - 1] + (0..<64).map { 1 << $0 }
    + (0..<64).map { (1 << $0) - 1 }

  @Test(arguments: values)
  func aNumberIsWrittenAsSwiftWritesIt(value: UInt64) {
    var letters = Letters()
    letters.add("a ", decimal: value)
    letters.add(" b ", hex: value)
    #expect(letters.text == "a \(value) b 0x\(String(value, radix: 16))")
  }

  @Test(arguments: values, [0, 1, 3, 8, 16])
  func aHexadecimalNumberHasAtLeastTheDigitsAskedFor(value: UInt64, digits: Int) {
    var letters = Letters()
    letters.add(hex: value, digits: digits)
    let text = String(value, radix: 16)
    // Zero digits of zero are none.
    let plain = value == 0 && digits == 0 ? "" : text
    #expect(
      letters.text == "0x" + String(repeating: "0", count: max(0, digits - text.count)) + plain)
  }

  @Test func aLineDropsWhatExceedsItButForItsEnd() {
    var line = TextLine<8>("abc")
    line.add("defghij")
    #expect(line.count == 7)
    line.put(0x0A)
    #expect(line.count == 8)
    #expect((0..<8).map { line.byte(at: $0) } == Array("abcdefg\n".utf8))
    line.put(0x0A)
    #expect(line.count == 8)
  }

  @Test func anAddressLeadsToTheBytes() {
    let line = TextLine<8>("abc")
    let copy: [UInt8] = line.withAddress { address in
      guard let start = unsafe UnsafePointer<UInt8>(bitPattern: UInt(address)) else { return [] }
      return unsafe [start[0], start[1], start[2]]
    }
    #expect(copy == [0x61, 0x62, 0x63])
  }
}
