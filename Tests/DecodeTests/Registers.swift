// Registers in words: syndromes and error records, as logs print them.

import Arm
import Foundation
import Support
import Testing

@testable import Decode

@Suite struct RegisterInputTests {
  private func json(_ text: String, _ kind: DecoderKind?) throws -> [JSON] {
    let decoding = Decoding(Array(text.utf8), DecodeRequest(kind: kind, style: .json))
    let lines = decoding.bytes.split(separator: 0x0A)
    if let whole = try? JSON(decoding.bytes) { return [whole] }
    return try lines.map { try JSON(Array($0)) }
  }

  @Test(arguments: [
    ("96000210", "0x96000210"), ("bf40c000", "0xbf40c000"), ("0000000096000410", "0x96000410"),
    ("esr=0xbf000002", "0xbf000002"), ("ESR_EL1: 0x96000410", "0x96000410"),
    ("0X96000410", "0x96000410"), ("2516583440", "0x96000410"), ("0x9600_0410", "0x96000410"),
    ("56000000", "0x56000000"), ("12345678", "0x12345678"), ("be000c1", "0xbe000c1"),
  ])
  func digitsAsLogsPrintThemAreHexadecimal(text: String, value: String) throws {
    let found = try json(text, .esr)
    #expect(found.count == 1)
    #expect(found.first?["esr"]?.string == value)
  }

  @Test func severalValuesAreDecodedEach() throws {
    let found = try json("96000210\nbf40c000\n", .esr)
    #expect(found.map { $0["esr"]?.string } == ["0x96000210", "0xbf40c000"])
    #expect(try json("0x1 0x2 0x3", .spsr).count == 3)
  }

  @Test(arguments: [
    "twelve", "0x", "0x12345678123456781", "99999999999999999999", "addr", "", "0x1 y",
  ])
  func whatIsNoNumberIsRefusedWithWhatIsAccepted(text: String) {
    let decoding = Decoding(Array(text.utf8), DecodeRequest(kind: .esr))
    #expect(decoding.outcome == .unrecognized)
    #expect(decoding.reason.hasPrefix("found "))
    #expect(text.isEmpty || decoding.reason.contains("accepted are"))
  }

  /// Values from logs: what each register they are of. The syndromes are of oopses and SErrors, the
  /// statuses of vendors' error reports.
  @Test(arguments: [
    ("0x96000410", "esr"), ("0x92000410", "esr"), ("0xbf000002", "esr"), ("0xbe000c11", "esr"),
    ("0x86000010", "esr"), ("0x56000000", "esr"), ("0xf2000800", "esr"), ("0x62300000", "esr"),
    ("0x5a000000", "esr"), ("0x4e000007", "errstatus"), ("0xe8000904", "errstatus"),
    ("0xe4000612", "errstatus"), ("0xc0800006", "errstatus"), ("0x6400000c", "errstatus"),
    ("status 0x44000007", "errstatus"), ("spsr=60400005", "spsr"), ("disr 0x80000c11", "disr"),
  ])
  func aValueAloneIsGuessed(text: String, kind: String) throws {
    #expect(try json(text, nil).first?["kind"]?.string == kind)
  }

  @Test func anErrorRecordHasItsCompanions() throws {
    let text =
      "ERR0STATUS=0x66000006 ERR0ADDR=0x8000000012345678 ERR0FR=0x2000000004a5 ERR0CTLR=0x5 "
      + "ERR0MISC0=0x0000830500000000 misc1 0x1"
    let record = try #require(try json(text, .errstatus).first)
    #expect(record["fields"]?["CE"]?.int == 2)
    #expect(record["address"]?["pa"]?.string == "0x12345678")
    #expect(record["address"]?["valid"]?.bool == false)
    #expect(record["feature"]?["fields"]?["ED"]?.int == 1)
    #expect(record["control"]?["fields"]?["ED"]?.int == 1)
    #expect(record["misc0"]?.string == "0x830500000000")
    #expect(record["misc1"]?.string == "0x1")
  }

  @Test func countersAreThoseThatTheFeatureRegisterPromises() {
    let eight = ErrorFeature(rawValue: 2 << 12)
    let pair = ErrorFeature(rawValue: 4 << 12 | 1 << 15)
    let misc0: UInt64 = 0x8001_0083_0000_0000
    #expect(ErrorStatusWords.counters(misc0, eight).map(\.value) == [3])
    #expect(ErrorStatusWords.counters(misc0, eight).map(\.overflow) == [true])
    #expect(ErrorStatusWords.counters(misc0, pair).map(\.value) == [0x83, 1])
    #expect(ErrorStatusWords.counters(misc0, pair).map(\.overflow) == [false, true])
    #expect(ErrorStatusWords.counters(misc0, ErrorFeature(rawValue: 0)).isEmpty)
  }

  @Test(
    arguments: [
      (0x2000_0000, "V is 0"), (0x4000_0000, "neither UE nor DE nor CE"),
      (0x4020_0000 | 1 << 24, "UET is 2, but UE is 0"), (0x6000_00ff, "reserved code"),
      (0x6001_0000, "reserved bits 0x10000"),
    ] as [(UInt64, String)])
  func aStatusThatBreaksARuleIsRemarked(value: UInt64, words: String) {
    let text = "0x" + String(value, radix: 16)
    let decoding = Decoding(Array(text.utf8), DecodeRequest(kind: .errstatus, style: .json))
    #expect(decoding.text.contains(words), "\(decoding.text)")
    #expect(decoding.outcome == .whole)
  }

  @Test func everyBitOfARegisterIsInOneLine() throws {
    var random = SeededRandom(seed: 11)
    for kind in [DecoderKind.esr, .errstatus, .disr, .spsr] {
      for _ in 0..<500 {
        let value = random.next() >> (random.next() & 32)
        let record = try #require(try json("0x" + String(value, radix: 16), kind).first)
        var covered: UInt64 = 0
        for line in try #require(record["bits"]?.list) {
          let high = try #require(line["high"]?.int)
          let low = try #require(line["low"]?.int)
          let bits = try #require(UInt64(line["value"]?.string?.dropFirst(2) ?? "", radix: 16))
          // A part's line repeats bits of the whole, but never says others.
          #expect(bits == value >> UInt64(low) & (UInt64.max >> UInt64(63 - (high - low))))
          covered |= (UInt64.max >> UInt64(63 - (high - low))) << UInt64(low)
        }
        // A32 modes have fields that are not explained here.
        if kind != .spsr || value & 0x10 == 0 {
          #expect(value & ~covered == 0, "\(kind) \(String(value, radix: 16))")
        }
      }
    }
  }

  @Test func theTextOfASyndromeIsThatOfTheManual() {
    let text = Decoding(Array("0x96000410".utf8), DecodeRequest(kind: .esr)).text
    #expect(text.hasPrefix("ESR 0x0000000096000410: Data Abort"))
    #expect(text.contains("  [31:26] EC     0x25  "))
    #expect(text.contains("FAR is not valid"))
  }
}
