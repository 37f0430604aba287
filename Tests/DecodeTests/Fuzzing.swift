// Garbage: no bytes may trap a decoder, make it run without end, or make it write JSON that is none.
// `Fuzzer.decoder` says how many.

import APEI
import Foundation
import Support
import Testing

@testable import Decode

/// Makes inputs that are nearly right.
struct DecoderFuzzer {
  private var random: SeededRandom
  private let seeds: [[UInt8]]

  init(seed: UInt64) {
    random = SeededRandom(seed: seed)
    var seeds = InputFile.all.map(\.bytes)
    seeds += InputFile.all.compactMap(\.content)
    seeds.append(Array(LogTests.memoryRecord.utf8))
    // Every section in an entry of a block, empty.
    for kind in SectionKind.all {
      var block = [UInt8](repeating: 0, count: 20 + 72 + 256)
      block[0] = 0x11
      block[12] = 72
      block[13] = 1
      for (index, byte) in DecoderFuzzer.bytes(kind).enumerated() { block[20 + index] = byte }
      block[41] = 3
      block[45] = 1
      seeds.append(block)
    }
    for name in ["ERST", "SDEI", "AEST"] {
      var table = [UInt8](repeating: 0, count: 300)
      for (index, byte) in name.utf8.enumerated() { table[index] = byte }
      table[4] = 44
      table[5] = 1
      table[8] = 1
      table[44] = 7
      table[37] = 200
      seeds.append(table)
    }
    self.seeds = seeds
  }

  static func bytes(_ kind: SectionKind) -> [UInt8] {
    let guid = kind.guid
    var bytes: [UInt8] = []
    for shift in [0, 8, 16, 24] {
      bytes.append(UInt8(truncatingIfNeeded: guid.data1 >> UInt32(shift)))
    }
    for value in [guid.data2, guid.data3] {
      bytes += [UInt8(truncatingIfNeeded: value), UInt8(truncatingIfNeeded: value >> 8)]
    }
    for shift in stride(from: 56, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: guid.data4 >> UInt64(shift)))
    }
    return bytes
  }

  private mutating func below(_ limit: Int) -> Int { Int(random.next() % UInt64(max(1, limit))) }

  /// The next input, and what it is said to be.
  mutating func next() -> (bytes: [UInt8], kind: DecoderKind?, style: Report.Style) {
    var bytes = seeds[below(seeds.count)]
    switch below(16) {
    case 0: bytes = (0..<below(200)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    case 1: bytes.removeLast(below(bytes.count + 1))
    case 2:
      let other = seeds[below(seeds.count)]
      bytes = Array(bytes.prefix(below(bytes.count + 1)) + other.suffix(below(other.count + 1)))
    case 3: bytes += bytes.suffix(below(bytes.count))
    default: break
    }
    for _ in 0..<below(6) where !bytes.isEmpty {
      let place = below(bytes.count)
      let interesting: [UInt64] = [
        0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0xFFFF_FFFF, .max,
      ]
      switch below(4) {
      case 0: bytes[place] ^= 1 << UInt8(below(8))
      case 1: bytes[place] = UInt8(truncatingIfNeeded: random.next())
      default:
        let value = interesting[below(interesting.count)]
        let size = 1 << below(4)
        for index in 0..<size where place + index < bytes.count {
          bytes[place + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index))
        }
      }
    }
    let kinds = DecoderKind.allCases
    let kind: DecoderKind? = below(2) == 0 ? nil : kinds[below(kinds.count)]
    let style: Report.Style = below(4) == 0 ? .text : .jsonLine
    return (bytes, kind, style)
  }
}

/// A reader of JSON that only says whether it is any. RFC 8259.
struct JSONChecker {
  private let bytes: [UInt8]
  private var place = 0

  /// Whether bytes are JSON documents, one a line.
  static func isLines(_ bytes: [UInt8]) -> Bool {
    var checker = JSONChecker(bytes: bytes)
    while checker.place < bytes.count {
      guard checker.value(0), checker.place < bytes.count, bytes[checker.place] == 0x0A else {
        return false
      }
      checker.place += 1
    }
    return true
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private var peek: UInt8 { place < bytes.count ? bytes[place] : 0 }
  private mutating func take(_ byte: UInt8) -> Bool {
    guard peek == byte, place < bytes.count else { return false }
    place += 1
    return true
  }

  private mutating func value(_ depth: Int) -> Bool {
    if depth > 40 { return false }
    switch peek {
    case 0x7B:
      place += 1
      if take(0x7D) { return true }
      repeat {
        guard string(), take(0x3A), value(depth + 1) else { return false }
      } while take(0x2C)
      return take(0x7D)
    case 0x5B:
      place += 1
      if take(0x5D) { return true }
      repeat { guard value(depth + 1) else { return false } } while take(0x2C)
      return take(0x5D)
    case 0x22: return string()
    case 0x74: return word("true")
    case 0x66: return word("false")
    case 0x6E: return word("null")
    default:
      let start = place
      while (0x30...0x39).contains(peek) { place += 1 }
      return place > start && (bytes[start] != 0x30 || place == start + 1)
    }
  }

  private mutating func word(_ word: String) -> Bool {
    for byte in word.utf8 where !take(byte) { return false }
    return true
  }

  private mutating func string() -> Bool {
    guard take(0x22) else { return false }
    while place < bytes.count {
      let byte = bytes[place]
      place += 1
      switch byte {
      case 0x22: return true
      case 0x5C:
        switch peek {
        case 0x22, 0x5C, 0x2F, 0x62, 0x66, 0x6E, 0x72, 0x74: place += 1
        case 0x75:
          place += 1
          for _ in 0..<4 {
            guard HexLine.digit(peek) != nil else { return false }
            place += 1
          }
        default: return false
        }
      case 0..<0x20: return false
      default: continue
      }
    }
    return false
  }
}

@Suite struct FuzzTests {
  @Test func noBytesTrapADecoderOrMakeItWriteWhatIsNoJSON() {
    let (count, seed) = (Fuzzer.decoder.runs, Fuzzer.decoder.seed)
    var fuzzer = DecoderFuzzer(seed: seed)
    var recognized = 0
    var written = 0
    for number in 0..<count {
      let (bytes, kind, style) = fuzzer.next()
      let decoding = Decoding(bytes, DecodeRequest(kind: kind, style: style))
      if decoding.outcome != .unrecognized { recognized += 1 }
      written += decoding.bytes.count
      if style == .jsonLine, !JSONChecker.isLines(decoding.bytes) {
        Issue.record(
          "input \(number) of seed \(seed): no JSON: \(decoding.text.prefix(2000))")
        return
      }
      // A byte of input cannot cost more than a remark and a structure around it; but a `*` of a
      // dump stands for many.
      let isStarred = bytes.contains(0x2A)
      if decoding.bytes.count > 200_000 + bytes.count * 600 + (isStarred ? 16 << 20 : 0) {
        Issue.record(
          """
          input \(number), \(kind?.rawValue ?? "auto"): \(decoding.bytes.count) bytes of output of \
          \(bytes.count), from \(decoding.text.prefix(400)) to \(decoding.text.suffix(400))
          """)
        return
      }
      Fuzzer.decoder.tell(number + 1)
    }
    // A fuzzer whose inputs are all refused would try nothing.
    #expect(recognized > count / 3)
    #expect(written > count * 100)
  }

  /// A decoder that traps at a record whose length (UEFI 2.10 N.2.1, byte 20) is the largest, and one
  /// that forgets the end of what it writes: the short run must find both.
  @Test func canaryADecoderThatBelievesALengthIsFound() {
    var fuzzer = DecoderFuzzer(seed: Fuzzer.decoder.fixedSeed)
    var isTrapFound = false
    var isTextFound = false
    for _ in 0..<Fuzzer.decoder.shortRuns where !(isTrapFound && isTextFound) {
      let (bytes, kind, style) = fuzzer.next()
      guard bytes.starts(with: "CPER".utf8), bytes.count >= 24 else { continue }
      if bytes[20..<24].allSatisfy({ $0 == 0xFF }) { isTrapFound = true }
      let text = Decoding(bytes, DecodeRequest(kind: kind, style: style)).bytes
      if style == .jsonLine, !JSONChecker.isLines(Array(text.dropLast(2))) { isTextFound = true }
    }
    #expect(isTrapFound && isTextFound)
  }

  @Test func theCheckerOfJSONFindsWhatIsNone() {
    for good in ["{}\n", "{\"a\":[1,{\"b\":null},\"\\u0041\"]}\n", "[]\n{}\n"] {
      #expect(JSONChecker.isLines(Array(good.utf8)), "\(good)")
    }
    for bad in [
      "{\n", "{\"a\":}\n", "{\"a\":1,}\n", "{\"a\" 1}\n", "[1 2]\n", "{\"a\":01}\n",
      "{\"\\x\":1}\n",
      "{\"a\":1}", "{\"a\u{1}\":1}\n",
    ] {
      #expect(!JSONChecker.isLines(Array(bad.utf8)), "\(bad)")
    }
  }

  @Test func everyPrefixOfEveryInputIsRead() {
    for file in InputFile.all {
      guard let content = file.content else { continue }
      for length in 0..<content.count {
        let decoding = Decoding(
          Array(content[..<length]),
          DecodeRequest(kind: DecoderKind(rawValue: file.kind), style: .jsonLine))
        #expect(JSONChecker.isLines(decoding.bytes), "\(file.name) \(length)")
        if length > 0 {
          #expect(decoding.outcome != .whole || length >= 32, "\(file.name) \(length)")
        }
      }
    }
  }
}
