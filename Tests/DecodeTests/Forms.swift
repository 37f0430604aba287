// The same bytes in every form that people paste: whatever the form, the same is decoded.

import Foundation
import Testing

@testable import Decode

enum InputReaderForTests {
  static func first(_ bytes: [UInt8]) -> InputItem.Content? {
    InputReader.items(bytes, kind: nil).first?.content
  }
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
      if content.count % (FormWriter.wordSizes[form.name] ?? 1) != 0 { continue }
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
      "Python": "string literal", "decimal list": "list of decimal bytes",
      "gdb x/gx": "hexadecimal words, little-endian", "crash rd": "kernel hex dump",
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
