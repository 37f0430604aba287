// Memory that EL3 reads and that can fail: its own, which keeps records, and what it shares with the operating
// system. A lost line is zeroed, so that it is good again, and the record that the reading has made is cleared:
// whose data it was learns of it, and nobody else.

import Arm
import Platform

/// Memory of which a line may be lost.
struct MendingMemory<P: FirmwarePlatform> {
  let platform: P
  let features: ProcessorFeatures

  init(_ platform: P, _ features: ProcessorFeatures) {
    self.platform = platform
    self.features = features
  }

  /// A double word at a multiple of eight; nil where its line was lost.
  func load(_ address: UInt64) -> UInt64? {
    if let value = platform.load64IfPresent(PhysicalAddress(address)) { return value }
    mend(PhysicalAddress(address).line)
    return nil
  }

  @inline(never)
  private func mend(_ line: PhysicalAddress) {
    platform.zeroLine(line)
    ErrorRecords(platform, features).clear(line: line)
  }

  /// Stores a double word at a multiple of eight.
  func store(_ address: UInt64, _ value: UInt64) {
    platform.store64(PhysicalAddress(address), value)
  }

  /// Makes all lines of a range zero, whatever was lost of them; it begins and ends with a line.
  func clear(_ range: Range<UInt64>) {
    var line = range.lowerBound
    while line < range.upperBound {
      platform.zeroLine(PhysicalAddress(line))
      line += CacheLine.size
    }
  }
}
