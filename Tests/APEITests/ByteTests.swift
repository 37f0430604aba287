// Bytes, sources and sinks: every access checked, none beyond the end.

import Bytes
import Testing

@Suite struct ByteTests {
  @Test func whatIsWrittenIsReadBackAtAnyAlignment() throws {
    for shift in 0..<8 {
      var writer = ByteWriter([UInt8](repeating: 0xff, count: 64), at: shift)
      try writer.u8(0x12)
      try writer.u16(0x3456)
      try writer.u32(0x789a_bcde)
      try writer.u64(0x0123_4567_89ab_cdef)
      try writer.ascii("abc", count: 6, fill: 0x20)
      try writer.align(to: 8)
      let bytes = writer.sink
      #expect(try bytes.u8(at: shift) == 0x12)
      #expect(try bytes.u16(at: shift + 1) == 0x3456)
      #expect(try bytes.u32(at: shift + 3) == 0x789a_bcde)
      #expect(try bytes.u64(at: shift + 7) == 0x0123_4567_89ab_cdef)
      #expect(bytes.matches("abc   ", at: shift + 15))
      #expect(writer.offset % 8 == 0)
    }
  }

  @Test func nothingIsWrittenOrReadOutside() {
    let bytes: [UInt8] = [1, 2, 3, 4]
    #expect(throws: ByteError.truncated(offset: 1, count: 4)) { try bytes.u32(at: 1) }
    #expect(throws: ByteError.truncated(offset: -1, count: 1)) { try bytes.u8(at: -1) }
    #expect(throws: ByteError.truncated(offset: .max, count: 8)) { try bytes.u64(at: .max) }
    #expect(throws: ByteError.truncated(offset: 0, count: .max)) {
      try bytes.slice(0, count: .max)
    }
    var writer = ByteWriter(bytes, at: 2)
    #expect(throws: ByteError.noRoom(offset: 2, count: 4)) { try writer.u32(0) }
    #expect(throws: ByteError.noRoom(offset: 2, count: 3)) { try writer.zeros(3) }
    #expect(writer.sink == bytes && writer.offset == 2)
    #expect(!bytes.matches("12345", at: 0))
  }

  /// Known values: the check value of the catalogue of CRCs (CRC-32/ISO-HDLC), and an empty message.
  @Test func theCRCIsEthernets() throws {
    let bytes = Array("0123456789".utf8)
    #expect(try bytes.crc32(1, count: 9) == 0xCBF4_3926)
    #expect(try bytes.crc32(10, count: 0) == 0)
    #expect(throws: ByteError.truncated(offset: 2, count: 9)) { try bytes.crc32(2, count: 9) }
  }

  /// FNV-1a of "a", from its offset basis: the word is the byte.
  @Test func aSumTakesTheOrderOfWordsIntoAccount() {
    let basis: UInt64 = 0xCBF2_9CE4_8422_2325
    #expect(WordSum.adding(0x61, to: basis) == 0xAF63_DC4C_8601_EC8C)
    let (ab, ba) = ([1, 2], [2, 1]) as ([UInt64], [UInt64])
    let sums = [ab, ba].map { $0.reduce(basis) { WordSum.adding($1, to: $0) } }
    #expect(sums[0] != sums[1])
  }

  @Test func aGapMovesWhatFollows() throws {
    var writer = ByteWriter([UInt8](repeating: 0, count: 8))
    for value in 1...4 as ClosedRange<UInt8> { try writer.u8(value) }
    try writer.insertGap(2, at: 1)
    try writer.patch(9 as UInt8, at: 1)
    #expect(writer.sink == [1, 9, 3, 2, 3, 4, 0, 0])
    #expect(writer.offset == 6)
  }
}
