// What came from real machines and from others' tests, with its right values: `Inputs/X` beside
// `Inputs/X.expected`, which names the source.

import Foundation
import Support
import Testing

@testable import Decode

/// A file and its right values.
struct InputFile: CustomTestStringConvertible, Sendable {
  let name: String
  let bytes: [UInt8]
  let expected: JSON

  var testDescription: String { name }

  static let folder = Checkout.root.appendingPathComponent("Tests/DecodeTests/Inputs")

  static let all: [InputFile] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.sorted().filter { $0.hasSuffix(".expected") }.compactMap { name in
      let input = String(name.dropLast(".expected".count))
      guard
        let bytes = FileManager.default.contents(atPath: folder.appendingPathComponent(input).path),
        let text = FileManager.default.contents(atPath: folder.appendingPathComponent(name).path),
        let expected = try? JSON([UInt8](text))["expected"]
      else { return nil }
      return InputFile(name: input, bytes: [UInt8](bytes), expected: expected)
    }
  }()

  /// The kind that a file's name says.
  var kind: String {
    switch String(name.prefix { $0 != "-" && $0 != "." }) {
    case "gesb", "arm", "cper": "cper"
    case let other: other
    }
  }

  /// The bytes that the file stands for; nil if it is registers.
  var content: [UInt8]? {
    guard case .bytes(let bytes)? = InputReaderForTests.first(self.bytes) else { return nil }
    return bytes
  }
}

@Suite struct InputFileTests {
  @Test func everyInputIsThere() {
    #expect(InputFile.all.count >= 24)
  }

  @Test(arguments: InputFile.all)
  func everyInputHasItsRightValuesInItsShape(file: InputFile) throws {
    let decoding = Decoding(file.bytes, DecodeRequest(style: .json))
    let json = try JSON(decoding.bytes)
    #expect(json["guessed"]?.bool == true)
    #expect(json["kind"]?.string == file.kind)
    for difference in json.differences(from: file.expected) {
      Issue.record("\(file.name)\(difference)")
    }
  }

  @Test(arguments: InputFile.all)
  func oneLineAndManyLinesAreTheSameJSON(file: InputFile) throws {
    let long = try JSON(Decoding(file.bytes, DecodeRequest(style: .json)).bytes)
    let line = Decoding(file.bytes, DecodeRequest(style: .jsonLine)).bytes
    #expect(line.filter { $0 == 0x0A }.count == 1 && line.last == 0x0A)
    let short = try JSON(line)
    #expect(short.differences(from: long) == [] && long.differences(from: short) == [])
  }

  @Test(arguments: InputFile.all)
  func whatIsCutOffOrLiesIsMalformedAndTheRestIsNot(file: InputFile) throws {
    let decoding = Decoding(file.bytes, DecodeRequest(style: .json))
    let isBroken = ["truncated", "lies", "lie."].contains { file.name.contains($0) }
    if isBroken, !file.name.hasPrefix("arm-errinfo") {
      #expect(decoding.outcome == .malformed)
    } else {
      #expect(decoding.outcome == .whole, "\(decoding.text)")
    }
  }

  @Test(arguments: InputFile.all)
  func textNamesEveryFieldThatJSONHas(file: InputFile) throws {
    let text = Decoding(file.bytes, DecodeRequest(style: .text)).text
    #expect(text.contains("both guessed"))
    #expect(!text.contains("\u{FFFD}"))
    for line in text.split(separator: "\n") where line.hasPrefix("0x") {
      #expect(Int(line.dropFirst(2).prefix { $0.isHexDigit }, radix: 16) != nil)
    }
  }
}
