// Documentation/decode.schema.json is kept: a checker of the part of JSON Schema (2020-12) that it uses.

import Foundation
import Support
import Testing

@testable import Decode

/// Judges documents by a schema.
struct SchemaChecker {
  let root: JSON

  static func published() throws -> SchemaChecker {
    SchemaChecker(root: try JSON(try Checkout.bytes("Documentation/decode.schema.json")))
  }

  func faults(_ value: JSON) -> [String] { faults(value, root, "$") }

  private static let known: Set<String> = [
    "$schema", "$defs", "$ref", "title", "description", "type", "properties", "required", "items",
    "enum", "const", "pattern", "minimum", "anyOf", "allOf", "if", "then", "additionalProperties",
  ]

  private func faults(_ value: JSON, _ schema: JSON, _ path: String) -> [String] {
    guard let rules = schema.object else { return [] }
    var found: [String] = rules.keys.filter { !Self.known.contains($0) }
      .map { "\(path): the checker does not know \($0)" }
    if let target = rules["$ref"]?.string {
      let name = String(target.dropFirst("#/$defs/".count))
      guard let definition = root["$defs"]?[name] else { return ["\(path): no \(target)"] }
      found += faults(value, definition, path)
    }
    if let type = rules["type"] {
      let names = type.string.map { [$0] } ?? type.list?.compactMap(\.string) ?? []
      if !names.contains(where: { isOf($0, value) }) {
        found.append("\(path): \(value) is no \(names)")
      }
    }
    if let wanted = rules["const"], !value.differences(from: wanted).isEmpty {
      found.append("\(path): \(value), not \(wanted)")
    }
    if let choices = rules["enum"]?.list,
      !choices.contains(where: { value.differences(from: $0).isEmpty })
    {
      found.append("\(path): \(value) is none of \(choices)")
    }
    if let pattern = rules["pattern"]?.string, let text = value.string,
      (try? Regex(pattern).firstMatch(in: text)) == nil
    {
      found.append("\(path): '\(text)' does not match \(pattern)")
    }
    if let least = rules["minimum"]?.int, let number = value.int, number < least {
      found.append("\(path): \(number) is less than \(least)")
    }
    if let object = value.object {
      for key in rules["required"]?.list?.compactMap(\.string) ?? [] where object[key] == nil {
        found.append("\(path): no \(key)")
      }
      let properties = rules["properties"]?.object ?? [:]
      for (key, member) in object {
        if let rule = properties[key] {
          found += faults(member, rule, path + "." + key)
        } else if let rest = rules["additionalProperties"] {
          found +=
            rest.bool == false
            ? ["\(path): \(key) is not known"] : faults(member, rest, path + "." + key)
        }
      }
    }
    if let list = value.list, let rule = rules["items"] {
      for (index, item) in list.enumerated() { found += faults(item, rule, "\(path)[\(index)]") }
    }
    if let choices = rules["anyOf"]?.list {
      let each = choices.map { faults(value, $0, path) }
      if !each.contains([]) { found += each.min { $0.count < $1.count } ?? [] }
    }
    for part in rules["allOf"]?.list ?? [] { found += faults(value, part, path) }
    if let condition = rules["if"], let consequence = rules["then"],
      faults(value, condition, path).isEmpty
    {
      found += faults(value, consequence, path)
    }
    return found
  }

  private func isOf(_ type: String, _ value: JSON) -> Bool {
    switch type {
    case "object": value.object != nil
    case "array": value.list != nil
    case "string": value.string != nil
    case "integer": value.int != nil
    case "boolean": value.bool != nil
    case "null": value.isNull
    default: false
    }
  }
}

@Suite struct SchemaTests {
  @Test func everyInputKeepsThePublishedSchema() throws {
    let checker = try SchemaChecker.published()
    for file in InputFile.all {
      let json = try JSON(
        Decoding(file.bytes, DecodeRequest(style: .json, source: file.name)).bytes)
      for fault in checker.faults(json) { Issue.record("\(file.name): \(fault)") }
    }
    let log = try JSON(
      Decoding(Array(LogTests.memoryRecord.utf8), DecodeRequest(style: .json)).bytes)
    for fault in checker.faults(log) { Issue.record("log: \(fault)") }
  }

  @Test func nearlyRightInputsKeepItToo() throws {
    let checker = try SchemaChecker.published()
    var fuzzer = DecoderFuzzer(seed: 4)
    for number in 0..<2000 {
      let (bytes, kind, _) = fuzzer.next()
      let decoding = Decoding(bytes, DecodeRequest(kind: kind, style: .jsonLine))
      for line in decoding.bytes.split(separator: 0x0A) {
        let faults = checker.faults(try JSON(Array(line)))
        if let fault = faults.first { Issue.record("\(number): \(fault)") }
      }
    }
  }

  @Test func theCheckerFindsWhatBreaksTheSchema() throws {
    let checker = try SchemaChecker.published()
    let file = try #require(InputFile.all.first { $0.name.hasPrefix("hest-qemu") })
    let text = Decoding(file.bytes, DecodeRequest(style: .json)).text
    #expect(checker.faults(try JSON(Array(text.utf8))).isEmpty)
    for (right, wrong) in [
      ("\"schema\": 1", "\"schema\": 2"), ("\"address\": \"0x139b90000\"", "\"address\": 5"),
      ("\"findings\"", "\"found\""), ("\"form\": \"iasl raw data\"", "\"form\": \"iasl\""),
    ] {
      let broken = try JSON(Array(text.replacingOccurrences(of: right, with: wrong).utf8))
      #expect(!checker.faults(broken).isEmpty, "\(wrong)")
    }
  }
}
