// Random numbers that depend on the seed, the row and the draw alone: whoever computes row k, on whatever
// machine and after whatever others, draws the same.

/// The random numbers of one row.
public struct CounterGenerator: Sendable {
  private let key: UInt64
  private var draw: UInt64 = 0

  /// Those of a row under a seed.
  public init(seed: UInt64, row: UInt64) {
    key = Self.mix(Self.mix(seed &+ 0x9E37_79B9_7F4A_7C15) ^ row &* 0xD134_2543_DE82_EF95 &+ 1)
  }

  /// The next number.
  public mutating func next() -> UInt64 {
    draw &+= 1
    return Self.mix(key &+ draw &* 0x9E37_79B9_7F4A_7C15)
  }

  /// The next number below a bound, each as likely as the others but for one part in 2^64.
  public mutating func next(below bound: UInt64) -> UInt64 {
    next().multipliedFullWidth(by: bound).high
  }

  /// The index of one of some weights, each as likely as it is heavy.
  public mutating func next(by weights: [Double]) -> Int {
    var rest = Double(next() >> 11) / Double(1 << 53) * weights.reduce(0, +)
    var index = 0
    while index + 1 < weights.count, rest >= weights[index] {
      rest -= weights[index]
      index += 1
    }
    return index
  }

  /// The finaliser of SplitMix64 (Steele, Lea and Flood 2014): a bijection.
  private static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }
}
