// mmap, munmap, mprotect, madvise, brk.

import Arm
import KVM

extension Kernel {
  private func space(_ process: Process) throws(CallEnd) -> AddressSpace {
    guard let space = process.space else { throw .failed(.noMemory) }
    return space
  }

  /// The page range of an address and a length, or EINVAL.
  private func range(
    _ address: UInt64, _ length: UInt64
  ) throws(CallEnd) -> (start: UInt64, end: UInt64) {
    guard address & 4095 == 0, length > 0, length <= AddressSpace.limit else {
      throw .failed(.invalid)
    }
    let size = (length + 4095) & ~4095
    guard address <= AddressSpace.limit - size else { throw .failed(.invalid) }
    return (address, address + size)
  }

  /// mmap.
  func map(
    _ thread: Thread, _ address: UInt64, _ length: UInt64, _ protectionBits: UInt64,
    _ flagBits: UInt64, _ descriptor: UInt64, _ offset: UInt64
  ) throws(CallEnd) -> UInt64 {
    let space = try space(thread.process)
    let flags = MappingFlags(rawValue: flagBits)
    let protection = MemoryProtection(rawValue: protectionBits)
    guard length > 0, length <= AddressSpace.limit else {
      throw .failed(length == 0 ? .invalid : .noMemory)
    }
    guard space.areas.count < AddressSpace.areaLimit, !frames.isScarce else {
      throw .failed(.noMemory)
    }
    guard offset <= AddressSpace.limit else { throw .failed(.overflow) }
    guard protectionBits & ~7 == 0, offset & 4095 == 0,
      flags.contains(.shared) || flags.contains(.private)
    else { throw .failed(.invalid) }
    let isHuge = flags.contains(.hugePages)
    if isHuge {
      let shift = flagBits >> 26 & 0x3f
      guard flags.contains(.anonymous), shift == 0 || shift == 21 else { throw .failed(.invalid) }
    }
    let unit: UInt64 = isHuge ? 0x20_0000 : 4096
    let size = (length + unit - 1) & ~(unit - 1)
    var backing = Backing.anonymous
    if !flags.contains(.anonymous) {
      backing = try self.backing(thread, descriptor, offset, size, flags, protection)
    }
    if isHuge, frames.freeCount < Int(size >> 12) { throw .failed(.noMemory) }
    let start = try place(space, address, size, flags, unit)
    var area = Area(
      start: start, end: start + size, protection: protection,
      isShared: flags.contains(.shared), backing: backing)
    area.isHuge = isHuge
    space.insert(area)
    if flags.contains(.populate) {
      // As Linux: what cannot be brought in now is brought in, or fails, at its use.
      try? populate(space, start, start + size)
    }
    return start
  }

  private func backing(
    _ thread: Thread, _ descriptor: UInt64, _ offset: UInt64, _ size: UInt64,
    _ flags: MappingFlags, _ protection: MemoryProtection
  ) throws(CallEnd) -> Backing {
    let file = try thread.process.files.file(descriptor)
    switch file.kind {
    case .zero: return .anonymous
    case .archive(let contents):
      guard !contents.isFolder else { throw .failed(.noDevice) }
      guard !flags.contains(.shared) || !protection.contains(.write) else {
        throw .failed(.accessDenied)
      }
      return .file(contents.contents, size: contents.size, offset: offset)
    case .kvm(let object): return .frames(try guests.frames(of: object, offset: offset, size: size))
    default: throw .failed(.noDevice)
    }
  }

  /// Where a mapping goes.
  private func place(
    _ space: AddressSpace, _ address: UInt64, _ size: UInt64, _ flags: MappingFlags,
    _ unit: UInt64
  ) throws(CallEnd) -> UInt64 {
    if flags.contains(.fixed) || flags.contains(.fixedNoReplace) {
      guard address & (unit - 1) == 0 else { throw .failed(.invalid) }
      guard size <= AddressSpace.limit, address >= AddressSpace.lowest,
        address <= AddressSpace.limit - size
      else { throw .failed(.noMemory) }
      if flags.contains(.fixedNoReplace) {
        guard space.isFree(address, address + size) else { throw .failed(.exists) }
      } else {
        try discard(space, address, address + size)
      }
      return address
    }
    let hint = address & ~(unit - 1)
    if hint >= AddressSpace.lowest, hint <= AddressSpace.limit - size,
      space.isFree(hint, hint + size)
    {
      return hint
    }
    // Large mappings start where blocks fit.
    let alignment = size >= 0x20_0000 ? 0x20_0000 : unit
    guard let start = space.gap(size, alignment: alignment) else { throw .failed(.noMemory) }
    return start
  }

  private func discard(
    _ space: AddressSpace, _ start: UInt64, _ end: UInt64
  ) throws(CallEnd) {
    for edge in [start, end] where edge & 0x1f_ffff != 0 {
      if let area = space.area(at: edge), area.isHuge, area.start < edge {
        throw .failed(.invalid)
      }
    }
    do throws(UserFault) {
      try discardPages(space, start, end)
    } catch {
      throw .failed(.noMemory)
    }
    space.remove(start, end)
  }

  /// munmap.
  func unmap(_ thread: Thread, _ address: UInt64, _ length: UInt64) throws(CallEnd) -> UInt64 {
    let (start, end) = try range(address, length)
    let space = try space(thread.process)
    // A hole makes one area more.
    guard space.areas.count < AddressSpace.areaLimit + 16 else { throw .failed(.noMemory) }
    try discard(space, start, end)
    return 0
  }

  /// mprotect.
  func protect(
    _ thread: Thread, _ address: UInt64, _ length: UInt64, _ bits: UInt64
  ) throws(CallEnd) -> UInt64 {
    if length == 0 { return 0 }
    let (start, end) = try range(address, length)
    guard bits & ~7 == 0 else { throw .failed(.invalid) }
    let protection = MemoryProtection(rawValue: bits)
    let space = try space(thread.process)
    guard space.areas.count < AddressSpace.areaLimit else { throw .failed(.noMemory) }
    guard space.change(start, end, { $0.protection = protection }) else {
      throw .failed(.noMemory)
    }
    guests.forget(space, start, end)
    var failed = false
    for edge in [start, end] where edge & 0x1f_ffff != 0 {
      let leaf = leaf(space, edge)
      if leaf.level == 2, leaf.isMapped,
        (try? splitBlock(space, edge, leaf.slot, leaf.entry)) == nil
      {
        failed = true
      }
    }
    if failed { throw .failed(.noMemory) }
    forEachLeaf(space, start, end) { page, leaf in
      guard leaf.isMapped else { return }
      var entry = leaf.entry
      entry[TableEntry.ap1] = protection.isEmpty ? 0 : 1
      entry[TableEntry.uxn] = protection.contains(.execute) ? 0 : 1
      if entry.isSet(TableEntry.copyOnWrite) || !protection.contains(.write) {
        entry[TableEntry.ap2] = 1
      } else {
        entry[TableEntry.ap2] = 0
      }
      if protection.contains(.execute) {
        platform.synchronizeCode(entry.address, byteCount: Int(leaf.size))
      }
      replace(space, page, leaf.slot, entry)
    }
    return 0
  }

  /// madvise.
  func advise(
    _ thread: Thread, _ address: UInt64, _ length: UInt64, _ advice: UInt64
  ) throws(CallEnd) -> UInt64 {
    if length == 0 { return 0 }
    let (start, end) = try range(address, length)
    guard let advice = MemoryAdvice(rawValue: advice) else { throw .failed(.invalid) }
    let space = try space(thread.process)
    guard space.areas.count < AddressSpace.areaLimit else { throw .failed(.noMemory) }
    switch advice {
    case .hugePage, .noHugePage:
      guard space.change(start, end, { $0.wantsBlocks = advice == .hugePage }) else {
        throw .failed(.noMemory)
      }
    case .dontNeed:
      guard space.area(at: start) != nil else { throw .failed(.noMemory) }
      for area in space.areas where area.isHuge {
        for edge in [start, end] where edge > area.start && edge < area.end {
          guard edge & 0x1f_ffff == 0 else { throw .failed(.invalid) }
        }
      }
      do throws(UserFault) {
        try discardPages(space, start, end)
      } catch {
        throw .failed(.noMemory)
      }
    case .populateRead, .populateWrite:
      do throws(UserFault) {
        try populate(space, start, end)
      } catch {
        throw .failed(error.error)
      }
    case .hardwarePoison: try poisonRange(thread, space, start, end)
    case .softOffline: throw .failed(.notSupported)
    case .normal, .free, .dontDump: break
    case .dontFork, .mergeable: throw .failed(.invalid)
    }
    return 0
  }

  /// brk: the end, changed if it could be.
  func setBreak(_ process: Process, _ wanted: UInt64) throws(CallEnd) -> UInt64 {
    let space = try space(process)
    guard wanted >= space.breakStart, wanted <= space.breakStart + 1 << 30 else {
      return space.breakEnd
    }
    let old = (space.breakEnd + 4095) & ~4095
    let new = (wanted + 4095) & ~4095
    if new > old {
      guard space.isFree(old, new) else { return space.breakEnd }
      space.insert(
        Area(
          start: old, end: new, protection: [.read, .write], isShared: false,
          backing: .anonymous))
    } else if new < old {
      try discard(space, new, old)
    }
    space.breakEnd = wanted
    return wanted
  }

  /// madvise(MADV_HWPOISON): memory_failure on each page of a range, as if hardware had told of it.
  private func poisonRange(
    _ thread: Thread, _ space: AddressSpace, _ start: UInt64, _ end: UInt64
  ) throws(CallEnd) {
    var address = start
    while address < end {
      let page: UserPage
      do throws(UserFault) {
        page = try resolve(space, address, for: .read)
      } catch {
        throw .failed(error.error)
      }
      log(
        "Injecting memory failure for pfn ", .hex(page.address.rawValue >> 12),
        " at process virtual address ", .hex(address))
      errors.memoryFailure(page.address, consumer: nil)
      let isHuge = space.area(at: address)?.isHuge ?? false
      address = isHuge ? (address & ~(page.size - 1)) + page.size : address + 4096
    }
  }
}
