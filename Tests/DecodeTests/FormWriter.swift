// Writers of the forms in which bytes are pasted, made here: the readers have no part in them.

import Foundation

/// Writers of forms.
enum FormWriter {
  static func hex(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16)
    return digits.count == 1 ? "0" + digits : digits
  }
  static func picture(_ bytes: some Sequence<UInt8>) -> String {
    String(bytes.map { $0 >= 0x20 && $0 < 0x7F ? Character(UnicodeScalar($0)) : "." })
  }
  static func offset(_ value: Int, _ digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }
  static func lines(_ bytes: [UInt8], _ width: Int = 16) -> [(Int, ArraySlice<UInt8>)] {
    stride(from: 0, to: bytes.count, by: width).map {
      ($0, bytes[$0..<min($0 + width, bytes.count)])
    }
  }

  /// All forms.
  static var all: [(name: String, write: @Sendable ([UInt8]) -> [UInt8])] { pasted + programs }

  static let pasted: [(name: String, write: @Sendable ([UInt8]) -> [UInt8])] = [
    ("binary", { $0 }),
    ("hex in one line", { Array($0.map(hex).joined().utf8) }),
    ("hex in upper case", { Array($0.map(hex).joined().uppercased().utf8) }),
    (
      "hex, 30 bytes a line",
      { Array(lines($0, 30).map { $0.1.map(hex).joined() + "\n" }.joined().utf8) }
    ),
    ("hex, bytes apart", { Array($0.map(hex).joined(separator: " ").utf8) }),
    ("hex, colons", { Array($0.map(hex).joined(separator: ":").utf8) }),
    (
      "hex, groups of seven digits",
      { bytes in
        let digits = Array(bytes.map(hex).joined())
        return Array(
          stride(from: 0, to: digits.count, by: 7).map {
            String(digits[$0..<min($0 + 7, digits.count)])
          }
          .joined(separator: " ").utf8)
      }
    ),
    (
      "C array",
      { Array(("{ " + $0.map { "0x" + hex($0) }.joined(separator: ", ") + " };\n").utf8) }
    ),
    (
      "hexdump -C",
      { bytes in
        var text = ""
        var previous: [UInt8] = []
        var isStarred = false
        for (place, line) in lines(bytes) {
          if Array(line) == previous, line.count == 16 {
            if !isStarred { text += "*\n" }
            isStarred = true
            continue
          }
          isStarred = false
          previous = Array(line)
          let left = line.prefix(8).map(hex).joined(separator: " ")
          let right = line.dropFirst(8).map(hex).joined(separator: " ")
          let padded = "\(left)  \(right)".padding(toLength: 49, withPad: " ", startingAt: 0)
          text += "\(offset(place, 8))  \(padded) |\(picture(line))|\n"
        }
        return Array((text + offset(bytes.count, 8) + "\n").utf8)
      }
    ),
    (
      "hexdump",
      { bytes in
        let even = bytes.count % 2 == 0 ? bytes : bytes + [0]
        return Array(
          lines(even).map { place, line in
            let words = stride(from: line.startIndex, to: line.endIndex, by: 2)
              .map { hex(line[$0 + 1]) + hex(line[$0]) }
            return offset(place, 7) + " " + words.joined(separator: " ") + "\n"
          }.joined().utf8)
      }
    ),
    (
      "xxd",
      { bytes in
        Array(
          lines(bytes).map { place, line in
            let groups = stride(from: line.startIndex, to: line.endIndex, by: 2)
              .map { line[$0..<min($0 + 2, line.endIndex)].map(hex).joined() }.joined(
                separator: " ")
            let padded = groups.padding(toLength: 39, withPad: " ", startingAt: 0)
            return "\(offset(place, 8)): \(padded)  \(picture(line))\n"
          }.joined().utf8)
      }
    ),
    (
      "acpidump",
      { bytes in
        let name = picture(bytes.prefix(4))
        return Array(
          ("\(name) @ 0x0000000000000000\n"
            + lines(bytes).map { place, line in
              let padded = line.map(hex).joined(separator: " ").uppercased()
                .padding(toLength: 48, withPad: " ", startingAt: 0)
              return "    \(offset(place, 4).uppercased()): \(padded) \(picture(line))\n"
            }.joined() + "\n").utf8)
      }
    ),
    (
      "iasl",
      { bytes in
        Array(
          ("[000h 0000   4]                    Signature : \"XXXX\"\n\nRaw Table Data: Length 1 (0x1)\n\n"
            + lines(bytes).map { place, line in
              let padded = line.map(hex).joined(separator: " ").uppercased()
                .padding(toLength: 48, withPad: " ", startingAt: 0)
              return "    \(offset(place, 4).uppercased()): \(padded) // \(picture(line))\n"
            }.joined()).utf8)
      }
    ),
    (
      "kernel dump",
      { bytes in
        let whole = bytes + [UInt8](repeating: 0, count: -bytes.count & 3)
        return Array(
          lines(whole).map { place, line in
            let words = stride(from: line.startIndex, to: line.endIndex, by: 4)
              .map { line[$0..<$0 + 4].reversed().map(hex).joined() }.joined(separator: " ")
            let padded = words.padding(toLength: 35, withPad: " ", startingAt: 0)
            return "[    1.500000] \(offset(place, 8)): \(padded)  \(picture(line))\n"
          }.joined().utf8)
      }
    ),
    ("base64", { Array(Data($0).base64EncodedString().utf8) }),
    (
      "base64 in lines",
      {
        Array(Data($0).base64EncodedString(options: [.lineLength76Characters]).utf8)
      }
    ),
    (
      "lines of Windows",
      {
        Array(lines($0, 32).map { $0.1.map(hex).joined(separator: " ") + "\r\n" }.joined().utf8)
      }
    ),
  ]
}
