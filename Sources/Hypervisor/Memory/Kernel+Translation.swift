// The tables of address spaces: finding entries, making them, taking them away. Every change of a
// valid entry goes through invalid (break before make, Arm ARM D8.17.1).

import Arm
import KVM

/// Where a walk ended.
struct Leaf {
  /// The entry's place.
  var slot: PhysicalAddress
  /// The entry.
  var entry: TableEntry
  /// The level it is at: 3 page, 2 block; less (or 2) when nothing is there.
  var level: Int

  /// How many bytes the entry stands for.
  var size: UInt64 { 4096 << UInt64((3 - level) * 9) }
  /// Whether memory is mapped.
  var isMapped: Bool { entry.isValid }
}

extension Kernel {
  private func index(_ address: UInt64, _ level: Int) -> UInt64 {
    address >> UInt64(12 + (3 - level) * 9) & 0x1ff
  }

  private func isBad(_ table: PhysicalAddress) -> Bool {
    frames.poisonedCount > 0 && frames.isPoisoned(table)
  }

  /// The entry that decides about a user address.
  func leaf(_ space: AddressSpace, _ address: UInt64) -> Leaf {
    var table = space.root
    var level = 0
    while true {
      let slot = PhysicalAddress(table.rawValue + index(address, level) * 8)
      // A table that is bad itself is not looked at: its process is on its way out.
      if isBad(table) { return Leaf(slot: slot, entry: .none, level: level) }
      let entry = TableEntry(rawValue: unsafe word(slot))
      guard level < 3, entry.isTable else { return Leaf(slot: slot, entry: entry, level: level) }
      table = entry.address
      level += 1
    }
  }

  /// The place of an entry of level 2 or 3, with the tables above it. A block in the way of a page
  /// is cut into pages; a table in the way of a block is the caller's to exclude.
  func slot(
    _ space: AddressSpace, _ address: UInt64, level wanted: Int
  ) throws(UserFault) -> PhysicalAddress {
    var table = space.root
    var level = 0
    while true {
      let slot = PhysicalAddress(table.rawValue + index(address, level) * 8)
      if isBad(table) { throw .noMemory }
      if level == wanted { return slot }
      let entry = TableEntry(rawValue: unsafe word(slot))
      if entry.isTable {
        table = entry.address
      } else if entry.rawValue == 0 {
        guard let new = clearedFrame(for: .table) else { throw .noMemory }
        unsafe store(TableEntry(table: new).rawValue, slot)
        platform.synchronizeData()
        table = new
      } else {
        table = try splitBlock(space, address, slot, entry)
      }
      level += 1
    }
  }

  /// Replaces a level 2 block, mapped or lost, by a table of its 512 pages.
  @discardableResult
  func splitBlock(
    _ space: AddressSpace, _ address: UInt64, _ slot: PhysicalAddress, _ block: TableEntry
  ) throws(UserFault) -> PhysicalAddress {
    guard let table = clearedFrame(for: .table) else { throw .noMemory }
    let start = address & ~0x1f_ffff
    for page in 0..<512 as Range<UInt64> {
      var entry = block
      entry.rawValue += page << 12
      if block.isValid { entry[TableEntry.table] = 1 }
      unsafe store(entry.rawValue, PhysicalAddress(table.rawValue + page * 8))
    }
    if block.isValid {
      guests.forget(space, start, start + 0x20_0000)
      if let managed = frames.block(of: block.address), managed.order >= FrameAllocator.blockOrder {
        frames.split(managed.base)
      }
    }
    replace(space, start, slot, TableEntry(table: table))
    return table
  }

  /// Changes an entry, invalid in between when it was valid.
  func replace(
    _ space: AddressSpace, _ address: UInt64, _ slot: PhysicalAddress, _ entry: TableEntry
  ) {
    if unsafe word(slot) & 1 != 0 {
      unsafe store(0, slot)
      platform.invalidateTranslation(VirtualAddress(address), asid: space.asid)
    }
    unsafe store(entry.rawValue, slot)
    platform.synchronizeData()
  }

  /// Gives up `size` bytes of user frames from `address`: one reference of each block in them.
  func releaseFrames(_ address: PhysicalAddress, size: UInt64) {
    var next = address.rawValue
    while next < address.rawValue + size {
      guard let block = frames.block(of: PhysicalAddress(next)) else { return }
      frames.release(block.base)
      next = max(next + 4096, block.base.rawValue + 4096 << UInt64(block.order))
    }
  }

  /// One more reference of each block in `size` bytes of user frames.
  func retainFrames(_ address: PhysicalAddress, size: UInt64) {
    var next = address.rawValue
    while next < address.rawValue + size {
      guard let block = frames.block(of: PhysicalAddress(next)) else { return }
      frames.retain(block.base)
      next = max(next + 4096, block.base.rawValue + 4096 << UInt64(block.order))
    }
  }

  /// Calls `body` for every entry that maps memory, or says that it was lost, in a range.
  func forEachLeaf(
    _ space: AddressSpace, _ start: UInt64, _ end: UInt64,
    _ body: (_ address: UInt64, _ leaf: Leaf) -> Void
  ) {
    var address = start
    while address < end {
      let leaf = leaf(space, address)
      if leaf.entry.rawValue != 0 { body(address & ~(leaf.size - 1), leaf) }
      let (next, overflow) = (address & ~(leaf.size - 1)).addingReportingOverflow(leaf.size)
      if overflow { return }
      address = next
    }
  }

  /// Takes the pages of a range away: whoever mapped them gives them back.
  func discardPages(_ space: AddressSpace, _ start: UInt64, _ end: UInt64) throws(UserFault) {
    guests.forget(space, start, end)
    // A block that reaches out of the range is cut first.
    for edge in [start, end] where edge & 0x1f_ffff != 0 {
      let leaf = leaf(space, edge)
      if leaf.level == 2, leaf.entry.rawValue != 0 {
        try splitBlock(space, edge, leaf.slot, leaf.entry)
      }
    }
    forEachLeaf(space, start, end) { address, leaf in
      let entry = leaf.entry
      replace(space, address, leaf.slot, .none)
      if entry.isValid { releaseFrames(entry.address, size: leaf.size) }
    }
  }

  /// Gives back the tables of an address space, and everything mapped. Nobody uses it any more.
  func destroy(_ space: AddressSpace) {
    guests.forget(space, 0, AddressSpace.limit)
    freeTable(space.root, level: 0)
    platform.invalidateTranslations(asid: space.asid)
    asids.giveBack(space.asid)
    space.areas = []
  }

  private func freeTable(_ table: PhysicalAddress, level: Int) {
    // What a bad table led to is lost with it.
    guard !isBad(table) else { return frames.free(table) }
    for index in 0..<512 as Range<UInt64> {
      let entry = TableEntry(
        rawValue: unsafe word(PhysicalAddress(table.rawValue + index * 8)))
      guard entry.isValid else { continue }
      if level < 3, entry.isTable {
        freeTable(entry.address, level: level + 1)
      } else {
        releaseFrames(entry.address, size: 4096 << UInt64((3 - level) * 9))
      }
    }
    frames.free(table)
  }

  /// A new, empty address space.
  func makeSpace() throws(CallEnd) -> AddressSpace {
    guard let asid = asids.lowestFree else { throw .failed(.again) }
    guard let root = clearedFrame(for: .table) else { throw .failed(.noMemory) }
    asids.take(asid)
    platform.invalidateTranslations(asid: asid)
    return AddressSpace(asid: asid, root: root)
  }
}
