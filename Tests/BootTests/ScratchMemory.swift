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
