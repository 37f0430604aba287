// The steps of an AES round (FIPS 197), on a state held as two words in memory order.

/// AES substitution tables and column mixing.
enum AESRound {
  /// SubBytes.
  static let forward: [UInt8] = makeForward()
  /// InvSubBytes.
  static let inverse: [UInt8] = {
    var table = [UInt8](repeating: 0, count: 256)
    for (input, output) in makeForward().enumerated() { table[Int(output)] = UInt8(input) }
    return table
  }()

  private static func makeForward() -> [UInt8] {
    // p runs over the field as powers of 3, q over their inverses; FIPS 197, 5.1.1.
    var table = [UInt8](repeating: 0x63, count: 256)
    var p: UInt8 = 1
    var q: UInt8 = 1
    repeat {
      p ^= p << 1 ^ (p & 0x80 != 0 ? 0x1B : 0)
      q ^= q << 1
      q ^= q << 2
      q ^= q << 4
      if q & 0x80 != 0 { q ^= 0x09 }
      let x: UInt8 =
        q ^ (q << 1 | q >> 7) ^ (q << 2 | q >> 6) ^ (q << 3 | q >> 5) ^ (q << 4 | q >> 4)
      table[Int(p)] = x ^ 0x63
    } while p != 1
    return table
  }

  /// ShiftRows and SubBytes, or their inverses: byte 4c + r comes from
  /// column c + r, or c - r.
  @inline(__always)
  static func substitute(_ value: VectorValue, isInverse: Bool) -> VectorValue {
    let table: [UInt8] = isInverse ? inverse : forward
    let step: Int = isInverse ? 12 : 4
    var low: UInt64 = 0
    var high: UInt64 = 0
    for byte in 0..<8 {
      let first: Int = (byte &+ (byte & 3) &* step) & 15
      let second: Int = (byte &+ 8 &+ (byte & 3) &* step) & 15
      low |= UInt64(table[Int(value[first, 0])]) << UInt64(byte &* 8)
      high |= UInt64(table[Int(value[second, 0])]) << UInt64(byte &* 8)
    }
    return VectorValue(low: low, high: high)
  }

  /// Doubles each byte in GF(2^8).
  @inline(__always) private static func double(_ value: UInt64) -> UInt64 {
    (value & 0x7F7F_7F7F_7F7F_7F7F) << 1 ^ (value >> 7 & 0x0101_0101_0101_0101) &* 0x1B
  }

  /// Moves each byte of a column up by one row.
  @inline(__always) private static func rotate(_ value: UInt64) -> UInt64 {
    value >> 8 & 0x00FF_FFFF_00FF_FFFF | value << 24 & 0xFF00_0000_FF00_0000
  }

  /// MixColumns of two columns.
  @inline(__always) static func mix(_ value: UInt64) -> UInt64 {
    let next: UInt64 = rotate(value)
    let opposite: UInt64 = rotate(next)
    return double(value ^ next) ^ next ^ opposite ^ rotate(opposite)
  }

  /// InvMixColumns of two columns: MixColumns after multiplying by {04}x^2 + {05}.
  @inline(__always) static func inverseMix(_ value: UInt64) -> UInt64 {
    let opposite: UInt64 = rotate(rotate(value))
    return mix(value ^ double(double(value ^ opposite)))
  }
}
