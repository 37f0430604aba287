// The report's JSON.

import Foundation
import Scenario
import Testing

/// JSON, read back by Foundation.
@Suite struct JSONValueTests {
  @Test func whatIsWrittenIsReadBack() throws {
    let value = JSONValue.object([
      ("text", .string("a \"quote\", a \\, a\nline, \u{1}, é, \u{1F600}")),
      ("number", .number(UInt64.max)),
      ("list", .array([.bool(true), .null, .object([])])),
    ])
    let read = try #require(
      try JSONSerialization.jsonObject(with: Data(value.text().utf8)) as? [String: Any])
    #expect(read["text"] as? String == "a \"quote\", a \\, a\nline, \u{1}, é, \u{1F600}")
    #expect(read["number"] as? UInt64 == UInt64.max)
    #expect((read["list"] as? [Any])?.count == 3)
  }

  @Test func keysKeepTheirOrder() {
    #expect(
      JSONValue.object([("b", .number(1)), ("a", .array([]))]).text()
        == "{\n  \"b\": 1,\n  \"a\": []\n}")
  }
}
