// Moving what is in a frame of user memory to another one, under whoever has it mapped: nobody notices but by the
// time that it takes. Linux, mm/migrate.c.
//
// Nothing may be stored to the old frame while it is copied. So its mappings are invalid first, in the tables
// of processes and in every stage 2: who touches one takes a fault, and waits for the kernel lock, which is held.

import Arm
import KVM

/// What became of moving a frame's contents.
enum FrameMove {
  /// They are elsewhere.
  case moved
  /// There is no memory for that, or the frame has holders that cannot be found. Nothing has changed.
  case kept
  /// The copy met an error, of which firmware has a record. Nothing has changed.
  case unreadable
}

extension Kernel {
  /// Moves the contents of the user frame that an address lies in to a new frame, which takes its place in all
  /// processes and guests.
  ///
  /// Of a block the one page is moved; of a huge page, which has to stay one, all of it.
  func moveContents(of frame: PhysicalAddress) -> FrameMove {
    let places = mappings(of: frame)
    // A block that may be cut is cut first.
    for (space, address) in places {
      let found = leaf(space, address)
      guard found.level == 2, space.area(at: address)?.isHuge == false else { continue }
      guard (try? splitBlock(space, address, found.slot, found.entry)) != nil else { return .kept }
    }
    var size: UInt64 = 4096
    for (index, place) in places.enumerated() {
      let found = leaf(place.0, place.1)
      if index == 0 { size = found.size }
      guard found.isMapped, found.size == size else { return .kept }
    }
    guard !places.isEmpty, frames.references(frame) == places.count,
      let new = frames.allocate(
        order: size > 4096 ? FrameAllocator.blockOrder : 0, for: .user)
    else { return .kept }
    let old = PhysicalAddress(frame.rawValue & ~(size - 1))

    var entries: [TableEntry] = []
    for (space, address) in places {
      let start = address & ~(size - 1)
      let found = leaf(space, start)
      entries.append(found.entry)
      guests.forget(space, start, start + size)
      replace(space, start, found.slot, .none)
    }
    let isMoved = platform.copyRecoverably(to: new, from: old, byteCount: Int(size)) == 0
    if isMoved, entries.contains(where: { $0.isExecutable }) {
      platform.synchronizeCode(new, byteCount: Int(size))
    }
    for (index, (space, address)) in places.enumerated() {
      let start = address & ~(size - 1)
      var entry = entries[index]
      if isMoved {
        entry.rawValue = entry.rawValue & ~TableEntry.output.mask | new.rawValue
        if index > 0 { frames.retain(new) }
      }
      replace(space, start, leaf(space, start).slot, entry)
    }
    guard isMoved, let (space, address) = places.first else {
      frames.release(new)
      return .unreadable
    }
    frames.setOwner(new, asid: space.asid, at: VirtualAddress(address & ~(size - 1)))
    return .moved
  }
}
