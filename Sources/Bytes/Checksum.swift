// Sums that tell whether bytes are what they were.

/// A sum of words that takes their order into account: the step of FNV-1a, with words in place of its bytes.
public enum WordSum {
  /// The sum with one more word.
  @inlinable public static func adding(_ word: UInt64, to sum: UInt64) -> UInt64 {
    (sum ^ word) &* 0x0000_0100_0000_01b3
  }
}

extension ByteSource {
  /// The CRC of `count` bytes that Ethernet has, and UEFI's headers (UEFI 2.10, 4.2).
  @inlinable public func crc32(_ offset: Int, count: Int) throws(ByteError) -> UInt32 {
    try require(count, at: offset)
    var crc: UInt32 = .max
    for index in 0..<count {
      crc ^= UInt32(byte(at: offset &+ index))
      for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 != 0 ? 0xedb8_8320 : 0) }
    }
    return ~crc
  }
}
