// From a frame to whoever has it mapped, and out of there: what the handling of hardware errors needs
// of the tables.

import Arm

/// A place where a bad frame was mapped.
struct LostMapping {
  /// The process memory.
  var space: AddressSpace
  /// The first user address that is lost.
  var address: UInt64
  /// log2 of how much is lost: si_addr_lsb.
  var leastBit: UInt8
  /// Whether what was lost can be read again from its file.
  var isClean: Bool
}

extension Kernel {
  /// Where a frame is mapped: one look when it has one holder, all tables when it has several.
  func mappings(of frame: PhysicalAddress) -> [(AddressSpace, UInt64)] {
    let owner = frames.owner(frame)
    if frames.references(frame) == 1,
      let space = liveSpaces().first(where: { $0.asid == owner.asid })
    {
      let leaf = leaf(space, owner.page.rawValue)
      let base = leaf.entry.address.rawValue
      if leaf.isMapped, frame.rawValue >= base, frame.rawValue < base + leaf.size {
        return [(space, owner.page.rawValue & ~(leaf.size - 1) + frame.rawValue - base)]
      }
    }
    var list: [(AddressSpace, UInt64)] = []
    for space in liveSpaces() {
      for area in space.areas {
        forEachLeaf(space, area.start, area.end) { address, leaf in
          let base = leaf.entry.address.rawValue
          guard leaf.isMapped, frame.rawValue >= base, frame.rawValue < base + leaf.size else {
            return
          }
          list.append((space, address + frame.rawValue - base))
        }
      }
    }
    return list
  }

  /// Every address space that a process uses, once.
  func liveSpaces() -> [AddressSpace] {
    var list: [AddressSpace] = []
    for process in processes {
      guard let space = process.space, !list.contains(where: { $0 === space }) else { continue }
      list.append(space)
    }
    return list
  }

  /// Takes the bad page at an address out of a space and of the guests that it backs; a block is cut
  /// first, unless it is a huge page as a whole. If there is no memory to cut it, all of it is lost.
  func lose(_ space: AddressSpace, _ address: UInt64) -> LostMapping? {
    guard let area = space.area(at: address) else { return nil }
    var found = leaf(space, address)
    if found.level == 2, !area.isHuge,
      (try? splitBlock(space, address, found.slot, found.entry)) != nil
    {
      found = leaf(space, address)
    }
    let start = address & ~(found.size - 1)
    guests.forget(space, start, start + found.size)
    let frame = found.entry.address
    var isClean = false
    if case .file = area.backing, !found.entry.isWritable,
      !found.entry.isSet(TableEntry.copyOnWrite)
    {
      isClean = true
    }
    // A clean page is read from its file again; any other is gone.
    replace(space, start, found.slot, isClean ? .none : TableEntry(lost: frame))
    releaseFrames(frame, size: found.size)
    return LostMapping(
      space: space, address: start, leastBit: found.level == 2 ? 21 : 12, isClean: isClean)
  }

  /// Where a space has a frame mapped, or had it until it was lost.
  func trace(of frame: PhysicalAddress, in space: AddressSpace) -> LostMapping? {
    var found: LostMapping?
    for area in space.areas where found == nil {
      forEachLeaf(space, area.start, area.end) { address, leaf in
        guard found == nil, leaf.entry.rawValue != 0 else { return }
        let base = leaf.entry.address.rawValue & ~(leaf.size - 1)
        guard frame.rawValue >= base, frame.rawValue < base + leaf.size else { return }
        if leaf.entry.isLost || leaf.isMapped {
          found = LostMapping(
            space: space, address: address + (leaf.level == 2 ? 0 : frame.rawValue - base),
            leastBit: leaf.level == 2 ? 21 : 12, isClean: false)
        }
      }
    }
    return found
  }
}
