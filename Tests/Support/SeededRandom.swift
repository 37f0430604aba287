// Random numbers from a fixed seed: SplitMix64.

/// A generator.
public struct SeededRandom: RandomNumberGenerator {
  var state: UInt64

  /// The same numbers for the same seed.
  public init(seed: UInt64) { state = seed }

  /// The next 64 bits.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }

  /// A number from 0 up to `bound`, exclusive.
  public mutating func below(_ bound: UInt64) -> UInt64 { next() % bound }
  /// True once in so many times.
  public mutating func isOne(in bound: UInt64) -> Bool { below(bound) == 0 }
  /// One of some.
  public mutating func pick<T>(_ choices: [T]) -> T { choices[Int(below(UInt64(choices.count)))] }
}
