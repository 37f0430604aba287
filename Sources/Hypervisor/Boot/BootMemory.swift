// What of RAM is free at boot, and where the frame table goes: worked out without a heap, for the
// heap stands on it.

import APEI
import Arm
import Boot

/// RAM at boot.
public struct BootMemory {
  /// What firmware says is there and free.
  public var machine: MachineInventory
  /// The kernel's image, .bss and stacks included.
  public var image: MemoryRange
  /// The initrd; `size` 0 without.
  public var initrd: MemoryRange

  /// RAM of a machine.
  public init(machine: MachineInventory, image: MemoryRange, initrd: MemoryRange) {
    self.machine = machine
    self.image = image
    self.initrd = initrd
  }

  /// First and last address that frames are counted from and to, on 4 MiB.
  public var span: MemoryRange {
    var low: UInt64 = .max
    var high: UInt64 = 0
    for index in 0..<machine.rangeCount {
      low = min(low, machine.range(index).base)
      high = max(high, machine.range(index).end)
    }
    guard low < high else { return MemoryRange(base: 0, size: 0) }
    low &= ~0x3f_ffff
    high = (min(high, 1 << 39) + 0x3f_ffff) & ~0x3f_ffff
    return MemoryRange(base: low, size: high > low ? high - low : 0)
  }

  /// How many frames the table has.
  public var frameCount: Int { Int(span.size >> 12) }

  /// A free place for the frame table: clear of image and initrd.
  public func placeForTable() -> MemoryRange? {
    let size = (UInt64(FrameAllocator.storageSize(frameCount: frameCount)) + 4095) & ~4095
    guard size > 0 else { return nil }
    for index in 0..<machine.rangeCount {
      let range = machine.range(index)
      var start = (range.base + 4095) & ~4095
      var isMoved = true
      while isMoved {
        isMoved = false
        if let next = Self.past(image, start, size) ?? Self.past(initrd, start, size) {
          start = next
          isMoved = true
        }
      }
      if start + size <= range.end { return MemoryRange(base: start, size: size) }
    }
    return nil
  }

  /// The first place behind a taken range, when `size` bytes from `start` would meet it.
  private static func past(_ taken: MemoryRange, _ start: UInt64, _ size: UInt64) -> UInt64? {
    guard taken.size > 0, start < taken.end, taken.base < start + size else { return nil }
    return (taken.end + 4095) & ~4095
  }

  /// The allocator of what is free, its table at a place.
  @unsafe public func makeFrames(
    table: MemoryRange, at storage: UnsafeMutableRawPointer
  ) -> FrameAllocator {
    let span = span
    var frames = unsafe FrameAllocator(
      storage: storage, base: PhysicalAddress(span.base), frameCount: frameCount)
    // What is taken is declared first, whole frames of it: frames are declared once.
    reserve(image, &frames)
    reserve(initrd, &frames)
    reserve(table, &frames)
    for index in 0..<machine.rangeCount {
      let range = machine.range(index)
      frames.add(PhysicalAddress(range.base), byteCount: range.size, isFree: true)
    }
    return frames
  }

  private func reserve(_ range: MemoryRange, _ frames: inout FrameAllocator) {
    guard range.size > 0 else { return }
    let start = range.base & ~4095
    let end = (range.end + 4095) & ~4095
    frames.add(PhysicalAddress(start), byteCount: end - start, isFree: false)
  }
}
