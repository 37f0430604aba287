// The physical memory manager: a buddy allocator of blocks of 4 KiB to 4 MiB. A poisoned frame is
// never handed out: freeing a block that holds one gives back the others.

import Arm

/// Hands out RAM.
public struct FrameAllocator {
  /// log2 of frames in the largest block: 4 MiB.
  public static let maximumOrder = 10
  /// The order of a 2 MiB block.
  public static let blockOrder = 9

  var table: FrameTable
  /// First free block of each order, -1 for none.
  private var free: InlineArray<11, Int32> = InlineArray(repeating: -1)
  /// How many frames are free in blocks of 2 MiB and more.
  private var largeCount = 0
  /// How many frames are free.
  public private(set) var freeCount = 0
  /// How many frames of RAM there are.
  public private(set) var managedCount = 0
  /// How many frames are poisoned.
  public private(set) var poisonedCount = 0

  /// An allocator over a table of `frameCount` frames from `base` (2 MiB aligned), which lies in
  /// `storage`; every frame is absent until `add`ed.
  @unsafe public init(storage: UnsafeMutableRawPointer, base: PhysicalAddress, frameCount: Int) {
    table = unsafe FrameTable(storage: storage, base: base.rawValue, count: frameCount)
  }

  /// Bytes of storage for so many frames.
  public static func storageSize(frameCount: Int) -> Int {
    FrameTable.byteCount(frames: frameCount)
  }

  /// Declares RAM, whole frames only: free if `isFree`, the kernel's for ever if not. Frames that
  /// were declared before, or that lie outside the table, are left alone.
  public mutating func add(_ address: PhysicalAddress, byteCount: UInt64, isFree: Bool) {
    var next = (address.rawValue + 4095) & ~4095
    let end = (address.rawValue + byteCount) & ~4095
    while next < end {
      if let index = table.index(of: PhysicalAddress(next)),
        table[index].use == FrameUse.absent.rawValue
      {
        table[index].use = FrameUse.reserved.rawValue
        managedCount += 1
        if isFree { release(index, order: 0) }
      }
      next += 4096
    }
  }

  /// Whether an address is in RAM that the kernel manages.
  public func isManaged(_ address: PhysicalAddress) -> Bool {
    guard let index = table.index(of: address) else { return false }
    return table[index].use != FrameUse.absent.rawValue
  }

  /// What the frame of an address is used for (`tail` answered by its block's first frame), where
  /// its block begins and log2 of the block's frames.
  public func block(
    of address: PhysicalAddress
  ) -> (use: FrameUse, base: PhysicalAddress, order: Int)? {
    guard let index = table.index(of: address) else { return nil }
    let head = table.head(of: index)
    guard let use = FrameUse(rawValue: table[head].use) else { return nil }
    return (use, table.address(of: head), Int(table[head].order))
  }

  /// Frames that only the kernel's own needs may take, so that no process can starve its heap: a
  /// sixteenth of RAM, at most 16 MiB. They are kept in blocks of 2 MiB and more, so that none can
  /// crumble it either: the heap needs what it needs in one piece.
  public var reserve: Int { min(4096, managedCount / 16) }

  /// Whether only the reserve is left: whatever a process asks for is refused.
  public var isScarce: Bool { freeCount <= reserve }

  /// A block of 2^order frames aligned to its size, not cleared; nil when there is none.
  public mutating func allocate(order: Int = 0, for use: FrameUse) -> PhysicalAddress? {
    precondition(order >= 0 && order <= Self.maximumOrder)
    if use == .user || use == .table || use == .guest {
      guard freeCount - (1 << order) >= reserve else { return nil }
    }
    var found = order
    while found <= Self.maximumOrder, free[found] < 0 { found += 1 }
    guard found <= Self.maximumOrder else { return nil }
    if found >= Self.blockOrder, use == .user || use == .table || use == .guest {
      guard largeCount - 1 << max(order, Self.blockOrder) >= reserve else { return nil }
    }
    let index = Int(free[found])
    unlink(index, order: found)
    while found > order {
      found -= 1
      link(index + 1 << found, order: found)
    }
    freeCount -= 1 << order
    mark(index, order: order, use)
    return table.address(of: index)
  }

  private func mark(_ index: Int, order: Int, _ use: FrameUse) {
    table[index] = FrameEntry(use: use.rawValue, order: UInt8(order), references: 1)
    for tail in 1..<max(1, 1 << order) {
      table[index + tail] = FrameEntry(use: FrameUse.tail.rawValue)
    }
  }

  /// Gives back a block by its first frame, whatever its references say.
  public mutating func free(_ address: PhysicalAddress) {
    guard let index = table.index(of: address) else { return }
    let entry = table[index]
    guard entry.use >= FrameUse.heap.rawValue else { return }
    let order = Int(entry.order)
    var hasPoison = false
    for frame in index..<index + 1 << order where table[frame].poisoned != 0 { hasPoison = true }
    guard hasPoison else { return release(index, order: order) }
    for frame in index..<index + 1 << order {
      if table[frame].poisoned != 0 {
        table[frame].use = FrameUse.reserved.rawValue
        table[frame].order = 0
      } else {
        release(frame, order: 0)
      }
    }
  }

  /// Cuts a block into frames that are freed one by one, each with the block's use and references.
  public mutating func split(_ address: PhysicalAddress) {
    guard let index = table.index(of: address) else { return }
    let entry = table[index]
    for frame in index..<index + 1 << Int(entry.order) {
      let poisoned = table[frame].poisoned
      table[frame] = entry
      table[frame].order = 0
      table[frame].poisoned = poisoned
      if entry.link & FrameAllocator.pageMask != 0 {
        table[frame].link = entry.link + UInt64(frame - index)
      }
    }
  }

  // MARK: References of user blocks.

  /// One more holder of the block that an address lies in.
  public func retain(_ address: PhysicalAddress) {
    guard let index = table.index(of: address) else { return }
    table[table.head(of: index)].references += 1
  }

  /// One holder less; the last one frees the block.
  public mutating func release(_ address: PhysicalAddress) {
    guard let index = table.index(of: address) else { return }
    let head = table.head(of: index)
    guard table[head].use >= FrameUse.heap.rawValue else { return }
    if table[head].references > 1 {
      table[head].references -= 1
    } else {
      free(table.address(of: head))
    }
  }

  /// How many hold the block that an address lies in.
  public func references(_ address: PhysicalAddress) -> Int {
    guard let index = table.index(of: address) else { return 0 }
    return Int(table[table.head(of: index)].references)
  }

  static let pageMask: UInt64 = 1 << 36 - 1

  /// Remembers where a user block is mapped: what makes finding its mapping cheap.
  func setOwner(_ address: PhysicalAddress, asid: UInt16, at page: VirtualAddress) {
    guard let index = table.index(of: address) else { return }
    table[table.head(of: index)].link = UInt64(asid) << 48 | page.rawValue >> 12 & Self.pageMask
  }

  /// Where a user block was mapped last.
  func owner(_ address: PhysicalAddress) -> (asid: UInt16, page: VirtualAddress) {
    guard let index = table.index(of: address) else { return (0, VirtualAddress(0)) }
    let link = table[table.head(of: index)].link
    return (UInt16(link >> 48), VirtualAddress((link & Self.pageMask) << 12))
  }

  // MARK: Poison.

  /// Whether the frame of an address is poisoned.
  public func isPoisoned(_ address: PhysicalAddress) -> Bool {
    guard let index = table.index(of: address) else { return false }
    return table[index].poisoned != 0
  }

  /// Marks the frame of an address, for ever; a free one leaves the allocator. Answers whether it
  /// was not marked before.
  public mutating func poison(_ address: PhysicalAddress) -> Bool {
    guard let index = table.index(of: address), table[index].poisoned == 0 else { return false }
    poisonedCount += 1
    if let (head, order) = freeBlock(of: index) {
      unlink(head, order: order)
      freeCount -= 1 << order
      for frame in head..<head + 1 << order {
        table[frame] = FrameEntry(use: FrameUse.reserved.rawValue)
      }
      table[index].poisoned = 1
      for frame in head..<head + 1 << order where frame != index { release(frame, order: 0) }
    }
    table[index].poisoned = 1
    return true
  }

  /// Whether the frame of an address is free.
  public func isFree(_ address: PhysicalAddress) -> Bool {
    guard let index = table.index(of: address) else { return false }
    return freeBlock(of: index) != nil
  }

  private func freeBlock(of index: Int) -> (head: Int, order: Int)? {
    for order in 0...Self.maximumOrder {
      let head = index & ~(1 << order - 1)
      if table[head].use == FrameUse.free.rawValue {
        return Int(table[head].order) >= order ? (head, Int(table[head].order)) : nil
      }
    }
    return nil
  }

  // MARK: Lists.

  private mutating func release(_ start: Int, order startOrder: Int) {
    freeCount += 1 << startOrder
    var index = start
    var order = startOrder
    for frame in index..<index + 1 << order {
      table[frame] = FrameEntry(use: FrameUse.tail.rawValue)
    }
    while order < Self.maximumOrder {
      let buddy = index ^ 1 << order
      guard buddy + 1 << order <= table.count, table[buddy].use == FrameUse.free.rawValue,
        Int(table[buddy].order) == order
      else { break }
      unlink(buddy, order: order)
      index = min(index, buddy)
      order += 1
    }
    link(index, order: order)
  }

  private mutating func link(_ index: Int, order: Int) {
    if order >= Self.blockOrder { largeCount += 1 << order }
    let next = free[order]
    table[index] = FrameEntry(
      use: FrameUse.free.rawValue, order: UInt8(order), link: Self.links(next: next, previous: -1))
    if next >= 0 {
      let follower = Int(next)
      table[follower].link = Self.links(
        next: Int32(truncatingIfNeeded: table[follower].link), previous: Int32(index))
    }
    free[order] = Int32(index)
  }

  private mutating func unlink(_ index: Int, order: Int) {
    if order >= Self.blockOrder { largeCount -= 1 << order }
    let links = table[index].link
    let next = Int32(truncatingIfNeeded: links)
    let previous = Int32(truncatingIfNeeded: links >> 32)
    if previous >= 0 {
      let before = Int(previous)
      table[before].link = Self.links(
        next: next, previous: Int32(truncatingIfNeeded: table[before].link >> 32))
    } else {
      free[order] = next
    }
    if next >= 0 {
      let after = Int(next)
      table[after].link = Self.links(
        next: Int32(truncatingIfNeeded: table[after].link), previous: previous)
    }
    table[index].use = FrameUse.tail.rawValue
  }

  private static func links(next: Int32, previous: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: previous)) << 32 | UInt64(UInt32(bitPattern: next))
  }
}
