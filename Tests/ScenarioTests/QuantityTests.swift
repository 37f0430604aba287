// What a scenario says in numbers.

import Scenario
import Testing

/// Numbers, addresses and captures.
@Suite struct QuantityTests {
  @Test(
    arguments: [
      ("0", 0), ("12", 12), ("1_000", 1000), ("0x40", 64), ("0xFFFF_ffff_ffff_ffff", UInt64.max),
      ("4K", 4096), ("1g", 1 << 30), ("2T", 2 << 40), ("", nil), ("K", nil), ("-1", nil),
      ("+1", nil),
      ("0x", nil), ("1.5G", nil), ("99999999999G", nil), ("twelve", nil), ("0x1G", nil),
    ] as [(String, UInt64?)])
  func sizesCountInPowersOf1024(text: String, value: UInt64?) {
    #expect(Quantity.parse(text, .size) == value)
  }

  @Test func countsCountInPowersOf1000() {
    #expect(Quantity.parse("250M", .count) == 250_000_000)
    #expect(Quantity.parse("5G", .count) == 5_000_000_000)
  }

  @Test func anExpressionIsANumberOrACapturePlusAnOffset() throws {
    let captures = ["pa": "0x4000", "1": "ffff800008010000", "2": "12"]
    #expect(try #require(Expression("0x1000")).value([:]) == 0x1000)
    #expect(try #require(Expression("$pa")).value(captures) == 0x4000)
    #expect(try #require(Expression("${pa}+0x40")).value(captures) == 0x4040)
    #expect(try #require(Expression("$1 + 8")).value(captures) == 0xFFFF_8000_0801_0008)
    #expect(try #require(Expression("$2")).value(captures) == 12)
    #expect(try #require(Expression("$3")).value(captures) == nil)
    #expect(Expression("pa") == nil)
    #expect(Expression("${pa") == nil)
    #expect(Expression("$pa+x") == nil)
    #expect(Expression("$") == nil)
  }

  @Test func largeCountsAreGroupedInThrees() {
    #expect(UInt64(0).grouped == "0")
    #expect(UInt64(999).grouped == "999")
    #expect(UInt64(1_234_567).grouped == "1,234,567")
  }
}
