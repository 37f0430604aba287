// Seeded randomness for the fuzzers of instructions: numbers as Int, and registers weighted towards the values
// where arithmetic goes wrong.

import Support

/// `SeededRandom` with what programs are made of.
struct FuzzRandom: RandomNumberGenerator {
  private var source: SeededRandom

  init(seed: UInt64) { source = SeededRandom(seed: seed) }

  mutating func next() -> UInt64 { source.next() }

  /// A number in 0..<bound.
  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
  /// True once in `bound` times.
  mutating func isOne(in bound: Int) -> Bool { below(bound) == 0 }
  /// One of the items; the first if there is nothing to choose from is a mistake of the caller.
  mutating func pick<Item>(_ items: [Item]) -> Item { items[below(items.count)] }

  /// A register value: often near a limit of 8, 16, 32 or 64 bits.
  mutating func value() -> UInt64 {
    switch below(8) {
    case 0, 1: return next()
    case 2: return next() & 0xFFFF_FFFF
    case 3: return UInt64(below(130))
    case 4: return 0 &- UInt64(below(130))
    case 5:
      // Near a power of two.
      return (1 as UInt64) << UInt64(below(64)) &+ UInt64(below(3)) &- 1
    case 6:
      // A run of ones.
      return (UInt64.max >> UInt64(below(64))) << UInt64(below(64))
    default:
      // The same 32 bits in both halves, near a limit.
      let limits: [UInt64] = [0, 1, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x8000_0001]
      return pick(limits) | pick(limits) << 32
    }
  }
}
