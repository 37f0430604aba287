// Writers of what debuggers, shells and other programs show of memory.

import Foundation

extension FormWriter {
  /// Lines of 16 bytes as little-endian words of so many bytes; the last is filled with zeros.
  static func words(
    _ bytes: [UInt8], _ size: Int, _ line: (Int, [String]) -> String
  ) -> String {
    let whole = bytes + [UInt8](repeating: 0, count: -bytes.count & (size - 1))
    return lines(whole).map { place, part in
      line(
        place,
        stride(from: part.startIndex, to: part.endIndex, by: size).map {
          part[$0..<$0 + size].reversed().map(hex).joined()
        })
    }.joined()
  }

  /// Forms that have whole words and do not say where the bytes end, by the size of their words.
  static let wordSizes = [
    "hexdump": 4, "kernel dump": 4, "gdb x/gx": 8, "gdb x/wx": 4, "crash rd": 8, "TRACE32": 4,
    "devmem2": 4,
  ]

  /// The forms of programs.
  static let programs: [(name: String, write: @Sendable ([UInt8]) -> [UInt8])] = [
    (
      "od -tx1",
      { bytes in
        func octal(_ value: Int) -> String {
          let digits = String(value, radix: 8)
          return String(repeating: "0", count: max(0, 7 - digits.count)) + digits
        }
        let text = lines(bytes).map { place, line in
          octal(place) + " " + line.map(hex).joined(separator: " ") + "\n"
        }
        return Array((text.joined() + octal(bytes.count) + "\n").utf8)
      }
    ),
    (
      "od -Ax -tx1z",
      { bytes in
        let text = lines(bytes).map { place, line in
          let left = line.map(hex).joined(separator: " ")
            .padding(toLength: 47, withPad: " ", startingAt: 0)
          return offset(place, 6) + " " + left + "  >" + picture(line) + "<\n"
        }
        return Array((text.joined() + offset(bytes.count, 6) + "\n").utf8)
      }
    ),
    (
      "od -Ax -tx4",
      { bytes in
        Array(
          (words(bytes, 4) { offset($0, 6) + " " + $1.joined(separator: " ") + "\n" }
            + offset(bytes.count, 6) + "\n").utf8)
      }
    ),
    (
      "gdb x/gx",
      { bytes in
        Array(
          words(bytes, 8) { place, words in
            "0x" + offset(0xffff_0000 + place, 16) + ":"
              + words.map { "\t0x" + $0 }.joined() + "\n"
          }.utf8)
      }
    ),
    (
      "gdb x/wx",
      { bytes in
        Array(
          words(bytes, 4) { place, words in
            "0x" + offset(0x900_0000 + place, 7) + " <buf+\(place)>:"
              + words.map { "\t0x" + $0 }.joined() + "\n"
          }.utf8)
      }
    ),
    (
      "crash rd",
      { bytes in
        Array(
          words(bytes, 8) { place, words in
            let line = bytes[place..<min(place + 16, bytes.count)]
            return "ffff" + offset(0x900_0000 + place, 12) + ":  " + words.joined(separator: " ")
              + "   " + picture(line) + "\n"
          }.utf8)
      }
    ),
    (
      "TRACE32",
      { bytes in
        Array(
          words(bytes, 4) { place, words in
            "NSD:" + offset(0x900_0000 + place, 8).uppercased() + "| "
              + words.joined(separator: " ").uppercased() + "\n"
          }.utf8)
      }
    ),
    (
      "devmem2",
      { bytes in
        Array(
          words(bytes, 4) { place, words in
            words.enumerated().map { index, word in
              "Value at address 0x" + offset(0x900_0000 + place + 4 * index, 7) + " (0xffff8): 0x"
                + (String(word.drop { $0 == "0" }).isEmpty ? "0" : String(word.drop { $0 == "0" }))
                + "\n"
            }.joined()
          }.utf8)
      }
    ),
    (
      "xxd -e",
      { bytes in
        Array(
          lines(bytes).map { place, line in
            let words = stride(from: line.startIndex, to: line.endIndex, by: 4).map { start in
              let word = line[start..<min(start + 4, line.endIndex)].reversed().map(hex).joined()
              return String(repeating: " ", count: 8 - word.count) + word
            }
            let left = words.joined(separator: " ").padding(
              toLength: 35, withPad: " ", startingAt: 0)
            return offset(place, 8) + ": " + left + "  " + picture(line) + "\n"
          }.joined().utf8)
      }
    ),
    (
      "Python",
      { bytes in
        let letters = bytes.map { byte in
          byte >= 0x20 && byte < 0x7F && byte != 0x27 && byte != 0x5C
            ? picture([byte]) : "\\x" + hex(byte)
        }
        return Array(("record = b'" + letters.joined() + "'\n").utf8)
      }
    ),
    ("decimal list", { Array(("[" + $0.map { String($0) }.joined(separator: ", ") + "]").utf8) }),
    (
      "Format-Hex",
      { bytes in
        let head = "           00 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F\n\n"
        return Array(
          (head
            + lines(bytes).map { place, line in
              let left = line.map(hex).joined(separator: " ").uppercased()
                .padding(toLength: 47, withPad: " ", startingAt: 0)
              return offset(place, 8).uppercased() + "   " + left + "  " + picture(line) + "\n"
            }.joined()).utf8)
      }
    ),
    (
      "a letter's quotation",
      { bytes in
        Array(
          lines(bytes).map { place, line in
            "> " + offset(place, 8) + ": " + line.map(hex).joined(separator: " ") + "\n"
          }.joined().utf8)
      }
    ),
    ("0x joined", { Array($0.map { "0x" + hex($0) }.joined().utf8) }),
    ("assembly", { Array($0.map { hex($0).uppercased() + "h" }.joined(separator: " ").utf8) }),
    (
      "UTF-16",
      { bytes in
        let text = lines(bytes).map { $0.1.map(hex).joined(separator: " ") + "\r\n" }.joined()
        return [0xFF, 0xFE] + text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
      }
    ),
  ]
}
