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

  /// The line of memory, if there is one, in which a word of a source is lost that the operating system
  /// looks at whenever it is told of anything: the address of its block, the acknowledge word,
  /// BlockStatus.
  public func lostLine(_ source: Int) -> PhysicalAddress? {
    lostLine(of: region.statusAddressLocation(source))
      ?? lostLine(of: region.acknowledgeLocation(source)) ?? lostLine(of: region.block(source))
  }

  private func lostLine(of word: UInt64) -> PhysicalAddress? {
    let word = PhysicalAddress(word)
    return memory.load64(word) == nil ? word.line : nil
  }

  /// Writes a lost line of a source anew: where the blocks are is known, and a block is the operating
  /// system's as long as it has a BlockStatus. A record that has lost it is lost, and its block free.
  ///
  /// - Returns: Whether a record was lost.
  ///
  /// An operating system that is between clearing BlockStatus and acknowledging when the line is lost
  /// acknowledges once more than it was told: should a record be published just then, the next one does
  /// not wait for it. That is a record lost of two that came within the same microsecond as a third error.
  @discardableResult
  public func restore(line: PhysicalAddress, of source: Int) -> Bool {
    guard memory.zeroLine(line) else { return false }
    if line.rawValue == region.block(source) {
      guard !isFree(source) else { return false }
      memory.store64(acknowledge(source).word, 1)
      memory.synchronize()
      return true
    }
    for index in 0..<(CacheLine.size / 8) {
      let word = line.rawValue + index * 8
      let number = Int(truncatingIfNeeded: (word &- region.base) / 8)
      if number < region.sourceCount {
        memory.store64(PhysicalAddress(word), region.block(number))
      } else if number < region.sourceCount * 2 {
        let block = PhysicalAddress(region.block(number - region.sourceCount))
        let isRead = memory.load32(block).map { $0 == 0 } ?? true
        memory.store64(PhysicalAddress(word), isRead ? 1 : 0)
      }
    }
    memory.synchronize()
    return false
  }

  /// Writes zeros over all of a free block that a record may need, line by line: what was lost of it is
  /// good again.
  public func clear(_ source: Int) {
    let block = region.block(source)
    var offset: UInt64 = 0
    while offset < ErrorRegion.largestRecord {
      guard memory.zeroLine(PhysicalAddress(block + offset)) else { return }
      offset += CacheLine.size
    }
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
