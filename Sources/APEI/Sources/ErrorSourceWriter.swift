// Firmware's side of the handshake of a version 2 source (ACPI 6.5, 18.3.2.8), for EL3 and for the
// VMM alike: a block may be written when the operating system has acknowledged the last one; its
// body comes first, then the acknowledge word is cleared, and BlockStatus, which is what the
// operating system looks at, is stored last.
//
// Every address is the writer's own knowledge: what the operating system writes into the shared
// memory can at most keep records from being published to itself. A block that was begun and not
// finished is still free.

import Arm
import Bytes

/// Publishes error status blocks.
public struct ErrorSourceWriter<Memory: SharedMemory> where Memory.Bytes: ByteSink {
  let memory: Memory
  let region: ErrorRegion

  /// A writer of the blocks of a region.
  public init(_ memory: Memory, _ region: ErrorRegion) {
    self.memory = memory
    self.region = region
  }

  /// The acknowledge word of a source: where it is, and what its bits mean.
  private func acknowledge(_ source: Int) -> (word: PhysicalAddress, meaning: ReadAcknowledge) {
    let location = region.acknowledgeLocation(source)
    return (PhysicalAddress(location), ReadAcknowledge(memory64: location))
  }

  /// Whether the operating system has read the last block of a source.
  public func isFree(_ source: Int) -> Bool {
    let (word, meaning) = acknowledge(source)
    guard let value = memory.load64(word) else { return false }
    return meaning.isBlockFree(register: value)
  }

  /// The block of a source, for an `ErrorStatusBlockWriter`; nil while it is the operating system's
  /// or where the memory is lost.
  public func begin(_ source: Int) -> Memory.Bytes? {
    guard isFree(source) else { return nil }
    return memory.bytes(
      at: PhysicalAddress(region.block(source)), count: Int(region.blockLength))
  }

  /// Publishes the block that was begun and written, with the BlockStatus that its writer gave;
  /// false when the memory was lost in between.
  public func finish(_ source: Int, blockStatus: UInt32) -> Bool {
    let (word, meaning) = acknowledge(source)
    guard let value = memory.load64(word) else { return false }
    memory.store64(word, meaning.pending(value))
    memory.synchronize()
    memory.store32(PhysicalAddress(region.block(source)), blockStatus)
    memory.synchronize()
    return true
  }
}
