// A 128-bit register value as two words, seen as lanes of any size or as host vectors. Lane 0 is
// the least significant; host vectors rely on a little-endian host.

/// The value of a vector register.
struct VectorValue: Equatable {
  var low: UInt64
  var high: UInt64

  @inline(__always) init(low: UInt64 = 0, high: UInt64 = 0) {
    self.low = low
    self.high = high
  }

  /// A lane of `8 << size` bits, zero-extended.
  @inline(__always) subscript(lane: Int, size: Int) -> UInt64 {
    get {
      let bit: Int = lane << (3 &+ size)
      let word: UInt64 = bit < 64 ? low : high
      return word &>> UInt64(truncatingIfNeeded: bit & 63) & VectorValue.mask(size)
    }
    set {
      let bit: Int = lane << (3 &+ size)
      let shift = UInt64(truncatingIfNeeded: bit & 63)
      let mask: UInt64 = VectorValue.mask(size)
      if bit < 64 {
        low = low & ~(mask &<< shift) | (newValue & mask) &<< shift
      } else {
        high = high & ~(mask &<< shift) | (newValue & mask) &<< shift
      }
    }
  }

  /// A lane, sign-extended.
  @inline(__always) func signed(_ lane: Int, _ size: Int) -> Int64 {
    VectorValue.signExtend(self[lane, size], size)
  }

  /// The ones of one lane.
  @inline(__always) static func mask(_ size: Int) -> UInt64 {
    ~0 &>> UInt64(truncatingIfNeeded: 64 &- (8 &<< size))
  }

  /// The low `8 << size` bits, sign-extended.
  @inline(__always) static func signExtend(_ value: UInt64, _ size: Int) -> Int64 {
    let shift = Int64(64 &- (8 &<< size))
    return (Int64(bitPattern: value) &<< shift) &>> shift
  }

  /// One lane's value in all lanes of 128 bits.
  @inline(__always) static func replicate(_ value: UInt64, _ size: Int) -> VectorValue {
    let ones: UInt64
    switch size {
    case 0: ones = 0x0101_0101_0101_0101
    case 1: ones = 0x0001_0001_0001_0001
    case 2: ones = 0x0000_0001_0000_0001
    default: ones = 1
    }
    let word: UInt64 = (value & mask(size)) &* ones
    return VectorValue(low: word, high: word)
  }

  @inline(__always) var bytes: SIMD16<UInt8> {
    unsafe unsafeBitCast(SIMD2<UInt64>(low, high), to: SIMD16<UInt8>.self)
  }
  @inline(__always) var halfwords: SIMD8<UInt16> {
    unsafe unsafeBitCast(SIMD2<UInt64>(low, high), to: SIMD8<UInt16>.self)
  }
  @inline(__always) var words: SIMD4<UInt32> {
    unsafe unsafeBitCast(SIMD2<UInt64>(low, high), to: SIMD4<UInt32>.self)
  }
  @inline(__always) var doublewords: SIMD2<UInt64> { SIMD2<UInt64>(low, high) }
  @inline(__always) var signedBytes: SIMD16<Int8> {
    unsafe unsafeBitCast(SIMD2<UInt64>(low, high), to: SIMD16<Int8>.self)
  }
  @inline(__always) var signedHalfwords: SIMD8<Int16> {
    unsafe unsafeBitCast(SIMD2<UInt64>(low, high), to: SIMD8<Int16>.self)
  }
  @inline(__always) var signedWords: SIMD4<Int32> {
    unsafe unsafeBitCast(SIMD2<UInt64>(low, high), to: SIMD4<Int32>.self)
  }
  @inline(__always) var signedDoublewords: SIMD2<Int64> {
    unsafe unsafeBitCast(SIMD2<UInt64>(low, high), to: SIMD2<Int64>.self)
  }

  /// From a host vector of 128 bits.
  @inline(__always) init(_ vector: SIMD16<UInt8>) {
    self.init(unsafe unsafeBitCast(vector, to: SIMD2<UInt64>.self))
  }
  @inline(__always) init(_ vector: SIMD8<UInt16>) {
    self.init(unsafe unsafeBitCast(vector, to: SIMD2<UInt64>.self))
  }
  @inline(__always) init(_ vector: SIMD4<UInt32>) {
    self.init(unsafe unsafeBitCast(vector, to: SIMD2<UInt64>.self))
  }
  @inline(__always) init(_ vector: SIMD16<Int8>) {
    self.init(unsafe unsafeBitCast(vector, to: SIMD2<UInt64>.self))
  }
  @inline(__always) init(_ vector: SIMD8<Int16>) {
    self.init(unsafe unsafeBitCast(vector, to: SIMD2<UInt64>.self))
  }
  @inline(__always) init(_ vector: SIMD4<Int32>) {
    self.init(unsafe unsafeBitCast(vector, to: SIMD2<UInt64>.self))
  }
  @inline(__always) init(_ vector: SIMD2<Int64>) {
    self.init(unsafe unsafeBitCast(vector, to: SIMD2<UInt64>.self))
  }
  @inline(__always) init(_ vector: SIMD2<UInt64>) {
    self.init(low: vector[0], high: vector[1])
  }

  /// All ones in the lanes where a comparison held.
  @inline(__always) init(onesWhere mask: SIMDMask<SIMD16<Int8>>) {
    self.init(SIMD16<Int8>.zero.replacing(with: -1, where: mask))
  }
  @inline(__always) init(onesWhere mask: SIMDMask<SIMD8<Int16>>) {
    self.init(SIMD8<Int16>.zero.replacing(with: -1, where: mask))
  }
  @inline(__always) init(onesWhere mask: SIMDMask<SIMD4<Int32>>) {
    self.init(SIMD4<Int32>.zero.replacing(with: -1, where: mask))
  }
  @inline(__always) init(onesWhere mask: SIMDMask<SIMD2<Int64>>) {
    self.init(SIMD2<Int64>.zero.replacing(with: -1, where: mask))
  }
}
