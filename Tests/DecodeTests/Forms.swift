// The same bytes in every form that people paste: whatever the form, the same is decoded.

import Foundation
import Testing

@testable import Decode

enum InputReaderForTests {
  static func first(_ bytes: [UInt8]) -> InputItem.Content? {
    InputReader.items(bytes, kind: nil).first?.content
  }
}

/// Writers of forms, made here: the readers have no part in them.
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

  static let all: [(name: String, write: @Sendable ([UInt8]) -> [UInt8])] = [
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

@Suite struct FormTests {
  @Test(arguments: InputFile.all.filter { $0.content != nil })
  func everyFormOfTheSameBytesIsDecodedTheSame(file: InputFile) throws {
    let content = try #require(file.content)
    let direct = try JSON(Decoding(content, DecodeRequest(kind: nil, style: .json)).bytes)
    for form in FormWriter.all {
      let written = form.write(content)
      let json = try JSON(Decoding(written, DecodeRequest(style: .json)).bytes)
      // Words hold whole words: what they add at the end is said, and changes what is counted.
      if ["hexdump", "kernel dump"].contains(form.name), content.count % 4 != 0 { continue }
      #expect(json["is"]?.string == direct["is"]?.string, "\(form.name)")
      for key in ["sections", "entries", "sources", "nodes", "length", "bytesGiven"] {
        if let wanted = direct[key] {
          let differences = json[key]?.differences(from: wanted) ?? ["missing"]
          #expect(differences == [], "\(form.name), \(key)")
        }
      }
    }
  }

  @Test func formsAreNamed() throws {
    let table = try #require(InputFile.all.first { $0.name.hasPrefix("einj-ami") }?.content)
    let names = [
      "binary": "binary", "hex in one line": "hexadecimal", "C array": "list of 0x bytes",
      "hexdump -C": "hexdump -C", "hexdump": "hexdump", "xxd": "xxd", "acpidump": "acpidump",
      "iasl": "iasl raw data", "kernel dump": "kernel hex dump", "base64": "base64",
    ]
    for form in FormWriter.all {
      guard let name = names[form.name] else { continue }
      let json = try JSON(Decoding(form.write(table), DecodeRequest(style: .json)).bytes)
      #expect(json["input"]?["form"]?.string == name, "\(form.name)")
    }
  }

  @Test func severalTablesOfAnAcpidumpAreDecodedEach() throws {
    let tables = InputFile.all.filter { $0.name.hasPrefix("bert") || $0.name.hasPrefix("einj") }
      .compactMap(\.content)
    let acpidump = try #require(FormWriter.all.first { $0.name == "acpidump" })
    let text = tables.flatMap { acpidump.write($0) }
    let decoding = Decoding(text, DecodeRequest(style: .json))
    let lines = decoding.bytes.split(separator: 0x0A)
    #expect(lines.count == tables.count)
    for (line, table) in zip(lines, tables) {
      #expect(try JSON(Array(line))["length"]?.int == table.count)
    }
  }

  @Test func whatIsNoDigitIsLocated() throws {
    let decoding = Decoding(
      Array("43 50 45 52 00 0z 11\n".utf8), DecodeRequest(kind: .cper, style: .json))
    #expect(decoding.text.contains("line 1, column 16"))
    #expect(decoding.outcome == .malformed)
    let half = Decoding(Array("4350455200001".utf8), DecodeRequest(style: .json))
    #expect(half.text.contains("half a byte"))
  }

  @Test(arguments: ["README.md", "CHANGELOG.md", "Documentation/Architecture.md", "LICENSE"])
  func proseIsNoDump(name: String) throws {
    let root = InputFile.folder.deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let text = [UInt8](try Data(contentsOf: root.appendingPathComponent(name)))
    let decoding = Decoding(text, DecodeRequest(style: .json))
    #expect(decoding.outcome == .unrecognized)
    #expect(decoding.reason.hasPrefix("found '"), "\(decoding.reason)")
  }

  @Test func missingLinesOfADumpAreSaid() throws {
    let table = try #require(InputFile.all.first { $0.name.hasPrefix("einj-ami") }?.content)
    let xxd = try #require(FormWriter.all.first { $0.name == "xxd" })
    var lines = String(decoding: xxd.write(table), as: UTF8.self).split(separator: "\n")
    lines.remove(at: 5)
    let decoding = Decoding(Array(lines.joined(separator: "\n").utf8), DecodeRequest(style: .json))
    #expect(decoding.outcome == .malformed)
    #expect(decoding.text.contains("16 bytes before this offset are missing"))
  }

  @Test func aStarStandsForLinesAndALostLineForNoMoreThanThat() {
    func bytes(_ text: String) -> [UInt8]? {
      guard case .bytes(let bytes)? = InputReaderForTests.first(Array(text.utf8)) else {
        return nil
      }
      return bytes
    }
    let last = "  01 02                                           |..|\n"
    let first = "00000000  43 50 45 52 01 01 ff ff  ff ff 01 00 00 00 00 00  |CPER............|\n"
    let zeros = "00000010  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|\n"
    #expect(bytes(first + zeros + "*\n00001000  01 02\n")?.count == 0x1002)
    #expect(bytes(first + zeros + "00000040" + last)?.count == 0x42)
    // Nobody loses a megabyte of lines.
    #expect(bytes(first + zeros + "00100000" + last)?.count == 0x22)
    #expect((bytes(first + zeros + "*\nff000000  01 02\n")?.count ?? .max) < 0x100)
  }
}
