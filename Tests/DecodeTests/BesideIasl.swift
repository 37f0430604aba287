// ACPI tables beside iasl, which disassembles them with offsets of its own: where both say a number at
// an offset, it is the same, and nothing that iasl names is left out.

import Foundation
import Support
import Testing

@testable import Decode

@Suite struct BesideIaslTests {
  /// Numbers by offset and size: `[028h 0040   2]  Subtable Type : 000A [...]`, all in hexadecimal.
  private static func numbers(ofListing text: String) -> [Int: UInt64] {
    var found: [Int: UInt64] = [:]
    for line in text.split(separator: "\n") where line.first == "[" {
      guard let close = line.firstIndex(of: "]"), let colon = line.firstRange(of: " : ") else {
        continue
      }
      let place = line[line.index(after: line.startIndex)..<close].split(separator: " ")
      guard place.count >= 3, let offset = Int(place[1]), let size = Int(place[2]), size <= 8 else {
        continue
      }
      let value = line[colon.upperBound...].prefix { $0 != " " && $0 != "[" }
      if let number = UInt64(value, radix: 16), value.count == size * 2 { found[offset] = number }
    }
    return found
  }

  /// Numbers by offset of our text: offset, name, value.
  private static func numbers(ofText text: String) -> [Int: UInt64] {
    var found: [Int: UInt64] = [:]
    for line in text.split(separator: "\n") where line.hasPrefix("0x") {
      let words = line.split(separator: " ")
      guard words.count >= 3, let offset = Int(words[0].dropFirst(2), radix: 16) else { continue }
      let value =
        words[2].hasPrefix("0x") ? UInt64(words[2].dropFirst(2), radix: 16) : UInt64(words[2])
      if let value, found[offset] == nil { found[offset] = value }
    }
    return found
  }

  private func compare(_ table: [UInt8], _ name: String, isCovered: Bool) throws {
    let listing = try withFolder { folder in
      try Data(table).write(to: folder.appendingPathComponent("t.aml"))
      try run("iasl", ["-d", "t.aml"], in: folder)
      return try String(contentsOf: folder.appendingPathComponent("t.dsl"), encoding: .utf8)
    }
    let theirs = Self.numbers(ofListing: listing)
    let ours = Self.numbers(ofText: Decoding(table, DecodeRequest()).text)
    #expect(theirs.count > 3, "\(name)")
    for (offset, value) in theirs.sorted(by: { $0.key < $1.key }) {
      guard let mine = ours[offset] else {
        // Reserved bytes that are zero are not worth a line.
        if isCovered, value != 0 {
          Issue.record("\(name): nothing at \(offset), iasl has \(value)")
        }
        continue
      }
      #expect(mine == value, "\(name) at \(offset)")
    }
  }

  private func run(_ program: String, _ arguments: [String], in folder: URL) throws {
    _ = try Oracle.run(program, arguments, in: folder, errors: .together)
  }

  @Test func realTablesAreWhatIaslSays() throws {
    let tables = InputFile.all.filter {
      ["hest", "bert", "einj"].contains($0.kind) && !$0.name.contains("truncated")
    }
    #expect(tables.count >= 9)
    for table in tables { try compare(try #require(table.content), table.name, isCovered: true) }
  }

  /// iasl's own templates: also sources of x86 and PCIe, and ERST and SDEI.
  @Test(arguments: ["HEST", "BERT", "EINJ", "ERST", "SDEI"])
  func templatesAreWhatIaslSays(signature: String) throws {
    let name = signature.lowercased()
    var table = try withFolder { folder in
      try run("iasl", ["-T", signature], in: folder)
      try run("iasl", [name + ".asl"], in: folder)
      return [UInt8](try Data(contentsOf: folder.appendingPathComponent(name + ".aml")))
    }
    let json = try JSON(Decoding(table, DecodeRequest(style: .json)).bytes)
    #expect(json["kind"]?.string == name)
    #expect(json["checksumRight"]?.bool == true)
    // Its HEST says four sources and has eight.
    if signature == "HEST" { table[36] = 8 }
    try compare(table, signature, isCovered: true)
  }
}
