// What every 4 KiB frame of RAM is used for: one 16-byte entry a frame, in RAM of its own. An entry
// of a block's first frame speaks for the block; the others say that they follow.

import Arm

/// What a frame is used for.
public enum FrameUse: UInt8, Sendable {
  /// Not RAM, or not ours: firmware's, ACPI's.
  case absent = 0
  /// The kernel's from boot on: its image, the frame table, the initrd.
  case reserved = 1
  /// Free, in a list of the allocator.
  case free = 2
  /// Belongs to the block that an earlier frame begins.
  case tail = 3
  /// The kernel heap's: cut into objects of one size class, or one large object.
  case heap = 4
  /// Translation tables of a process.
  case table = 5
  /// Mapped, or about to be, by processes: `references` says by how many.
  case user = 6
  /// The KVM objects' own: stage 2 tables, run pages.
  case guest = 7
}

/// One entry of the frame table.
public struct FrameEntry: Sendable {
  /// `FrameUse`.
  var use: UInt8 = 0
  /// Of a block's first frame: log2 of the number of frames.
  var order: UInt8 = 0
  /// Not 0 when hardware reported an uncorrected error in the frame: it is never used again.
  var poisoned: UInt8 = 0
  /// Of a heap frame: log2 of the object size, 0 for one object of the whole block.
  var objectShift: UInt8 = 0
  /// Of user frames: how many page-table entries (and other holders) refer to the block.
  var references: UInt32 = 0
  /// Free: next and previous in the list. User with one reference: virtual page number (low 36
  /// bits) and address space (high 16), where it is mapped.
  var link: UInt64 = 0
}

/// The table of all frames.
@safe struct FrameTable {
  let entries: UnsafeMutablePointer<FrameEntry>
  /// Physical address of frame 0, 2 MiB aligned.
  let base: UInt64
  /// Number of frames.
  let count: Int

  /// Bytes that a table for so many frames takes.
  static func byteCount(frames: Int) -> Int { frames * MemoryLayout<FrameEntry>.stride }

  /// A table in memory of its own, of absent frames.
  init(storage: UnsafeMutableRawPointer, base: UInt64, count: Int) {
    unsafe entries = storage.bindMemory(to: FrameEntry.self, capacity: count)
    unsafe entries.initialize(repeating: FrameEntry(), count: count)
    self.base = base
    self.count = count
  }

  subscript(index: Int) -> FrameEntry {
    get {
      precondition(index >= 0 && index < count)
      return unsafe entries[index]
    }
    nonmutating set {
      precondition(index >= 0 && index < count)
      unsafe entries[index] = newValue
    }
  }

  /// The frame that holds an address; nil outside the table.
  func index(of address: PhysicalAddress) -> Int? {
    guard address.rawValue >= base else { return nil }
    let index = (address.rawValue - base) >> 12
    return index < UInt64(count) ? Int(index) : nil
  }

  func address(of index: Int) -> PhysicalAddress {
    PhysicalAddress(base + UInt64(index) << 12)
  }

  /// The first frame of the block that a frame belongs to.
  func head(of index: Int) -> Int {
    var head = index
    while head > 0, self[head].use == FrameUse.tail.rawValue { head -= 1 }
    return head
  }
}
