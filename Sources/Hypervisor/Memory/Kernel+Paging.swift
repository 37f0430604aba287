// Demand paging: what a touched user address gets, and what the kernel's own look at one finds.

import Arm
import KVM

extension Kernel {
  /// The page that holds a user address, present and usable for an access: what KVM and the system
  /// calls reach user memory by. Brings it in or copies it as a touch would.
  ///
  /// The answer holds until the lock is given back, or until `GuestMonitor.forget` names the address.
  public func resolve(
    _ space: AddressSpace, _ address: UInt64, for access: UserAccess
  ) throws(UserFault) -> UserPage {
    guard address < AddressSpace.limit, let area = space.area(at: address) else {
      throw .unmapped
    }
    let isAllowed =
      switch access {
      case .read: !area.protection.isDisjoint(with: [.read, .write, .execute])
      case .write: area.protection.contains(.write)
      case .execute: area.protection.contains(.execute)
      }
    guard isAllowed else { throw .forbidden }
    var leaf = leaf(space, address)
    if leaf.entry.isLost {
      throw .lost(leastBit: leaf.level == 2 ? 21 : 12)
    }
    if !leaf.isMapped {
      try bringIn(space, area, address)
      leaf = self.leaf(space, address)
    }
    if access == .write, !leaf.entry.isWritable {
      try makeWritable(space, area, address, leaf)
      leaf = self.leaf(space, address)
    }
    let size = leaf.size
    let base = leaf.entry.address
    return UserPage(
      address: PhysicalAddress(base.rawValue + address & (size - 1)), base: base, size: size,
      isWritable: leaf.entry.isWritable)
  }

  /// Maps something at an address where nothing is.
  private func bringIn(
    _ space: AddressSpace, _ area: Area, _ address: UInt64
  ) throws(UserFault) {
    let isWritable = area.protection.contains(.write)
    let isExecutable = area.protection.contains(.execute)
    let page = address & ~4095
    switch area.backing {
    case .frames(let base):
      let frame = PhysicalAddress(base.rawValue + (page - area.start))
      if frames.isPoisoned(frame) { throw .lost(leastBit: 12) }
      // The area does not hold the frame: once its vCPU is gone there is nothing behind it.
      guard frame == trampolineFrame || guests.isRunPage(frame, of: space) else {
        throw .beyondFile
      }
      let slot = try slot(space, page, level: 3)
      frames.retain(frame)
      // Privately mapped, it is copied when it is written: the trampoline is everybody's.
      var entry = TableEntry(
        memory: frame, isBlock: false, isWritable: isWritable && area.isShared,
        isExecutable: isExecutable)
      entry[TableEntry.copyOnWrite] = area.isShared ? 0 : 1
      return replace(space, page, slot, entry)
    case .anonymous:
      if try bringInBlock(space, area, address) { return }
    case .file: break
    }
    guard let frame = frames.allocate(for: .user) else { throw .noMemory }
    do {
      switch area.backing {
      case .file(let base, let size, let offset):
        try fill(frame, base, size, offset + (page - area.start))
      case .anonymous, .frames: platform.clear(frame, byteCount: 4096)
      }
      // Zeros too: fetches may remember what the frame held before.
      if isExecutable { platform.synchronizeCode(frame, byteCount: 4096) }
      let slot = try slot(space, page, level: 3)
      let entry = TableEntry(
        memory: frame, isBlock: false, isWritable: isWritable, isExecutable: isExecutable)
      replace(space, page, slot, entry)
      frames.setOwner(frame, asid: space.asid, at: VirtualAddress(page))
    } catch {
      frames.release(frame)
      throw error
    }
  }

  /// A 2 MiB block, where the area wants one and it fits; false to go on with a page.
  private func bringInBlock(
    _ space: AddressSpace, _ area: Area, _ address: UInt64
  ) throws(UserFault) -> Bool {
    guard area.isHuge || area.wantsBlocks else { return false }
    let start = address & ~0x1f_ffff
    guard start >= area.start, start + 0x20_0000 <= area.end else { return false }
    let slot = try slot(space, start, level: 2)
    guard unsafe word(slot) == 0,
      let block = frames.allocate(order: FrameAllocator.blockOrder, for: .user)
    else {
      if area.isHuge { throw .noMemory }
      return false
    }
    platform.clear(block, byteCount: 0x20_0000)
    if area.protection.contains(.execute) {
      platform.synchronizeCode(block, byteCount: 0x20_0000)
    }
    let entry = TableEntry(
      memory: block, isBlock: true, isWritable: area.protection.contains(.write),
      isExecutable: area.protection.contains(.execute))
    replace(space, start, slot, entry)
    frames.setOwner(block, asid: space.asid, at: VirtualAddress(start))
    return true
  }

  /// The contents of a page of a file of the initrd, zeros behind its end.
  private func fill(
    _ frame: PhysicalAddress, _ base: PhysicalAddress, _ size: UInt64, _ offset: UInt64
  ) throws(UserFault) {
    let count = offset < size ? min(4096, size - offset) : 0
    guard count > 0 else { throw .beyondFile }
    if count < 4096 { platform.clear(frame, byteCount: 4096) }
    let left = platform.copyRecoverably(
      to: frame, from: PhysicalAddress(base.rawValue + offset), byteCount: Int(count))
    if left > 0 {
      errors.settleCopyAbort()
      throw .lost(leastBit: 12)
    }
  }

  /// Makes a page that is mapped read-only writable: its own, when it was shared until now.
  private func makeWritable(
    _ space: AddressSpace, _ area: Area, _ address: UInt64, _ leaf: Leaf
  ) throws(UserFault) {
    var leaf = leaf
    if leaf.level == 2, leaf.entry.isSet(TableEntry.copyOnWrite) {
      // A block that another process has cut has a count for each page, and no more than a page of
      // it is known to be this one's. One that is whole is copied whole only if it must stay so.
      let isWhole = frames.block(of: leaf.entry.address)?.order == FrameAllocator.blockOrder
      if !isWhole || !area.isHuge && frames.references(leaf.entry.address) > 1 {
        try splitBlock(space, address, leaf.slot, leaf.entry)
        leaf = self.leaf(space, address)
      }
    }
    let start = address & ~(leaf.size - 1)
    guests.forget(space, start, start + leaf.size)
    var entry = leaf.entry
    if entry.isSet(TableEntry.copyOnWrite), frames.references(entry.address) > 1 {
      let order = leaf.level == 2 ? FrameAllocator.blockOrder : 0
      guard let copy = frames.allocate(order: order, for: .user) else { throw .noMemory }
      let left = platform.copyRecoverably(
        to: copy, from: entry.address, byteCount: Int(leaf.size))
      guard left == 0 else {
        frames.release(copy)
        errors.settleCopyAbort()
        throw .lost(leastBit: leaf.level == 2 && area.isHuge ? 21 : 12)
      }
      if entry.isExecutable { platform.synchronizeCode(copy, byteCount: Int(leaf.size)) }
      let old = entry.address
      entry = TableEntry(
        memory: copy, isBlock: leaf.level == 2, isWritable: true,
        isExecutable: entry.isExecutable)
      replace(space, start, leaf.slot, entry)
      frames.setOwner(copy, asid: space.asid, at: VirtualAddress(start))
      releaseFrames(old, size: leaf.size)
    } else {
      entry[TableEntry.copyOnWrite] = 0
      entry[TableEntry.ap2] = 0
      replace(space, start, leaf.slot, entry)
      frames.setOwner(entry.address, asid: space.asid, at: VirtualAddress(start))
    }
  }

  /// The copy of an address space that fork makes: private pages are shared until one side writes.
  func copySpace(_ old: AddressSpace) throws(CallEnd) -> AddressSpace {
    let new = try makeSpace()
    // An array of its own, element by element: see `AddressSpace.areas`.
    new.areas.reserveCapacity(old.areas.count + 8)
    for area in old.areas { new.areas.append(area) }
    new.breakStart = old.breakStart
    new.breakEnd = old.breakEnd
    new.trampoline = old.trampoline
    do {
      for area in old.areas {
        if area.isShared, case .anonymous = area.backing {
          try populate(old, area.start, area.end, skipsFaults: true)
        }
        try copyPages(old, new, area)
      }
    } catch {
      destroy(new)
      throw .failed(.noMemory)
    }
    return new
  }

  private func copyPages(
    _ old: AddressSpace, _ new: AddressSpace, _ area: Area
  ) throws(UserFault) {
    var failure: UserFault?
    forEachLeaf(old, area.start, area.end) { address, leaf in
      do throws(UserFault) {
        let target = try slot(new, address, level: leaf.level)
        var entry = leaf.entry
        if entry.isValid {
          if !area.isShared {
            if entry.isWritable { guests.forget(old, address, address + leaf.size) }
            entry[TableEntry.ap2] = 1
            entry[TableEntry.copyOnWrite] = 1
            replace(old, address, leaf.slot, entry)
          }
          retainFrames(entry.address, size: leaf.size)
        }
        unsafe store(entry.rawValue, target)
      } catch {
        failure = error
      }
    }
    platform.synchronizeData()
    if let failure { throw failure }
  }

  /// Brings in every page of a range, as far as there is memory. `skipsFaults`: pages that are lost,
  /// or that may not be touched, are left as they are.
  func populate(
    _ space: AddressSpace, _ start: UInt64, _ end: UInt64, skipsFaults: Bool = false
  ) throws(UserFault) {
    var address = start
    while address < end {
      guard let area = space.area(at: address) else { return }
      let access: UserAccess = area.protection.contains(.write) ? .write : .read
      var size: UInt64 = 4096
      do throws(UserFault) {
        size = try resolve(space, address, for: access).size
      } catch {
        guard skipsFaults, error != .noMemory else { throw error }
      }
      address = (address & ~(size - 1)) + size
    }
  }
}
