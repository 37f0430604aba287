// Memory that tests write into.

import Bytes

/// Memory for one test.
@safe final class ScratchMemory {
  private let buffer: UnsafeMutableRawBufferPointer

  init(byteCount: Int, fill: UInt8 = 0xa5) {
    unsafe buffer = .allocate(byteCount: byteCount, alignment: 4096)
    for index in 0..<byteCount { unsafe buffer[index] = fill }
  }

  deinit { unsafe buffer.deallocate() }

  /// All of it.
  var memory: Memory { unsafe Memory(buffer) }

  /// Its first bytes.
  func bytes(_ count: Int) -> [UInt8] { (0..<count).map { memory.byte(at: $0) } }
}

/// A generator with a fixed seed: SplitMix64.
struct FixedRandom: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
