// Separating and joining even and odd lanes, within words: what ZIP, UZP, TRN, the pairwise and the
// narrowing instructions are made of. The masks are by log2 of the lane's size in bytes.

extension VectorValue {
  /// The even lanes of a word, packed into its low half.
  @inline(__always) static func evenLanes(_ word: UInt64, _ size: Int) -> UInt64 {
    var value: UInt64 = word
    if size == 0 {
      value &= 0x00FF_00FF_00FF_00FF
      value = (value | value &>> 8) & 0x0000_FFFF_0000_FFFF
    }
    if size <= 1 {
      value &= 0x0000_FFFF_0000_FFFF
      value |= value &>> 16
    }
    return value & 0xFFFF_FFFF
  }

  /// The low half of a word, spread over its even lanes.
  @inline(__always) static func spreadLanes(_ word: UInt64, _ size: Int) -> UInt64 {
    var value: UInt64 = word & 0xFFFF_FFFF
    if size <= 1 { value = (value | value &<< 16) & 0x0000_FFFF_0000_FFFF }
    if size == 0 { value = (value | value &<< 8) & 0x00FF_00FF_00FF_00FF }
    return value
  }

  /// The bits of the even lanes of a word; lanes are smaller than the word.
  @inline(__always) static func evenMask(_ size: Int) -> UInt64 {
    switch size {
    case 0: 0x00FF_00FF_00FF_00FF
    case 1: 0x0000_FFFF_0000_FFFF
    default: 0x0000_0000_FFFF_FFFF
    }
  }

  /// UZP1: the even lanes of two values.
  @inline(__always)
  static func evens(_ a: VectorValue, _ b: VectorValue, _ size: Int) -> VectorValue {
    if size == 3 { return VectorValue(low: a.low, high: b.low) }
    return VectorValue(
      low: evenLanes(a.low, size) | evenLanes(a.high, size) &<< 32,
      high: evenLanes(b.low, size) | evenLanes(b.high, size) &<< 32)
  }

  /// UZP2: the odd lanes of two values.
  @inline(__always)
  static func odds(_ a: VectorValue, _ b: VectorValue, _ size: Int) -> VectorValue {
    if size == 3 { return VectorValue(low: a.high, high: b.high) }
    let shift = UInt64(8 &<< size)
    return evens(
      VectorValue(low: a.low &>> shift, high: a.high &>> shift),
      VectorValue(low: b.low &>> shift, high: b.high &>> shift), size)
  }

  /// ZIP of two words: their lanes alternating.
  @inline(__always)
  static func alternate(_ a: UInt64, _ b: UInt64, _ size: Int) -> VectorValue {
    if size == 3 { return VectorValue(low: a, high: b) }
    let shift = UInt64(8 &<< size)
    return VectorValue(
      low: spreadLanes(a, size) | spreadLanes(b, size) &<< shift,
      high: spreadLanes(a &>> 32, size) | spreadLanes(b &>> 32, size) &<< shift)
  }
}
