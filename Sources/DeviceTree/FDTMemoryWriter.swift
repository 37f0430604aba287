// The writer over plain memory, for those who know nothing of byte sinks: the simulated board makes
// its device tree with it.

import Bytes

/// A device tree in the making in plain memory.
public typealias FDTMemoryWriter = FDTWriter<Memory>

extension FDTWriter where Sink == Memory {
  /// A tree to be written into a buffer, which must stay valid until `finish()`.
  @unsafe public init(buffer: UnsafeMutableRawBufferPointer) throws(FDTError) {
    try self.init(into: unsafe Memory(buffer))
  }
}
