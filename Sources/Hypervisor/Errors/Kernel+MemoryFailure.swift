// memory_failure: a frame of RAM is bad. It is never used again; whoever has it mapped loses the
// page, and is told: the one that consumed the error at once (BUS_MCEERR_AR), those that asked for
// it early (BUS_MCEERR_AO), the others when they touch it. Linux, mm/memory-failure.c, whose words
// the log uses. Whether a process ever opened /dev/kvm makes no difference.

import Arm
import KVM

/// What memory_failure did with a frame.
public enum MemoryFailureResult: Equatable, Sendable {
  /// Nobody has it any more.
  case recovered
  /// It was known to be bad.
  case alreadyKnown
  /// It is the kernel's own, or nobody's that could give it up.
  case ignored
  /// It is not RAM of this kernel.
  case outside
}

/// A place where a bad frame was mapped.
private struct Mapping {
  var space: AddressSpace
  var address: UInt64
  var leastBit: UInt8
  var isClean: Bool
}

extension Kernel {
  /// Gives up the frame of a physical address. `consumer` has consumed an error, this one if the
  /// page is its own: it gets BUS_MCEERR_AR, or SIGKILL when the kernel lost what is not a page.
  @discardableResult
  public func memoryFailure(
    _ address: PhysicalAddress, consumer: Thread?
  ) -> MemoryFailureResult {
    let frame = PhysicalAddress(address.rawValue & ~4095)
    guard frames.isManaged(frame), let block = frames.block(of: frame) else {
      log("Memory failure: ", .hex(frame.rawValue >> 12), ": memory outside kernel control")
      if let consumer { kill(consumer) }
      return .outside
    }
    let wasFree = frames.isFree(frame)
    guard frames.poison(frame) else {
      log("Memory failure: ", .hex(frame.rawValue >> 12), ": already hardware poisoned")
      if let consumer { tellAgain(consumer, frame) }
      return .alreadyKnown
    }
    if wasFree {
      report(frame, "free buddy page", "Recovered")
      // Whoever consumed it was in the middle of losing it.
      if let consumer { kill(consumer) }
      return .recovered
    }
    switch block.use {
    case .user: return giveUp(frame, consumer)
    case .table:
      // The tables of a process: it cannot go on without them.
      report(frame, "page table page", consumer == nil ? "Ignored" : "Failed")
      if let consumer { kill(consumer) }
      return .ignored
    case .guest where guestsLost(frame):
      // The guest's mappings come back in other tables.
      report(frame, "stage 2 table", "Recovered")
      return .recovered
    case .heap, .guest, .reserved, .tail, .free, .absent:
      report(frame, "reserved kernel page", "Ignored")
      if let consumer { kill(consumer) }
      return .ignored
    }
  }

  private func report(_ frame: PhysicalAddress, _ page: StaticString, _ result: StaticString) {
    log(
      "Memory failure: ", .hex(frame.rawValue >> 12), ": recovery action for ", .text(page), ": ",
      .text(result))
  }

  private func kill(_ thread: Thread) {
    log(
      "Memory failure: Killing ", .bytes(thread.process.name), ":",
      .decimal(Int(thread.process.id)), " due to hardware memory corruption")
    force(SignalInformation(.kill, .kernel), thread)
  }

  /// Takes a user frame out of every process, and tells them.
  private func giveUp(_ frame: PhysicalAddress, _ consumer: Thread?) -> MemoryFailureResult {
    var isHuge = false
    var isClean = true
    var consumerMapping: Mapping?
    var mappings: [Mapping] = []
    for (space, address) in findMappings(frame) {
      guard let mapping = unmap(space, address) else { continue }
      if mapping.leastBit > 12 { isHuge = true }
      if !mapping.isClean { isClean = false }
      if consumer?.process.space === space, consumerMapping == nil { consumerMapping = mapping }
      mappings.append(mapping)
    }
    for mapping in mappings where !mapping.isClean { tell(mapping, consumer) }
    // Without a mapping of its own it did not consume this one: another core's record was found
    // before the other core came for it. If it did, it comes again, and `tellAgain` ends it.
    if let consumer, let mapping = consumerMapping, !mapping.isClean { told(consumer, mapping) }
    if mappings.isEmpty { isClean = false }
    report(
      frame, isHuge ? "huge page" : isClean ? "clean LRU page" : "dirty LRU page", "Recovered")
    return .recovered
  }

  /// The consumer of an error, or of a known one: BUS_MCEERR_AR with the page's address.
  private func told(_ thread: Thread, _ mapping: Mapping) {
    log(
      "Memory failure: Sending SIGBUS to ", .bytes(thread.process.name), ":",
      .decimal(Int(thread.process.id)), " due to hardware memory corruption")
    force(
      SignalInformation(
        .bus, .memoryErrorActionRequired, address: mapping.address, leastBit: mapping.leastBit),
      thread)
  }

  /// The processes that asked to be told early, the consumer's own not among them.
  private func tell(_ mapping: Mapping, _ consumer: Thread?) {
    for process in processes where process.space === mapping.space {
      if let consumer, consumer.process === process { continue }
      guard let early = process.threads.first(where: { $0.toldEarly == true }) else { continue }
      log(
        "Memory failure: Sending SIGBUS to ", .bytes(process.name), ":",
        .decimal(Int(process.id)), " due to hardware memory corruption")
      send(
        SignalInformation(
          .bus, .memoryErrorActionOptional, address: mapping.address,
          leastBit: mapping.leastBit), to: early)
    }
  }

  /// The same error again: the consumer finds its page already marked.
  private func tellAgain(_ consumer: Thread, _ frame: PhysicalAddress) {
    guard let space = consumer.process.space else { return }
    var found: Mapping?
    for area in space.areas where found == nil {
      forEachLeaf(space, area.start, area.end) { address, leaf in
        guard found == nil, leaf.entry.rawValue != 0 else { return }
        let base = leaf.entry.address.rawValue & ~(leaf.size - 1)
        guard frame.rawValue >= base, frame.rawValue < base + leaf.size else { return }
        if leaf.entry.isLost || leaf.isMapped {
          found = Mapping(
            space: space, address: address + (leaf.level == 2 ? 0 : frame.rawValue - base),
            leastBit: leaf.level == 2 ? 21 : 12, isClean: false)
        }
      }
    }
    if let found {
      told(consumer, found)
    } else {
      kill(consumer)
    }
  }

  /// Where a frame is mapped: one look when it has one holder, all tables when it has several.
  private func findMappings(_ frame: PhysicalAddress) -> [(AddressSpace, UInt64)] {
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
  private func unmap(_ space: AddressSpace, _ address: UInt64) -> Mapping? {
    guard let area = space.area(at: address) else { return nil }
    var found = leaf(space, address)
    if found.level == 2, !area.isHuge,
      (try? splitBlock(space, address, found.slot, found.entry)) != nil
    {
      found = leaf(space, address)
    }
    let start = address & ~(found.size - 1)
    guestsForget(space, start, start + found.size)
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
    return Mapping(
      space: space, address: start, leastBit: found.level == 2 ? 21 : 12, isClean: isClean)
  }

  /// madvise(MADV_HWPOISON): memory_failure on each page of a range, as if hardware had told of it.
  func poisonRange(
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
      memoryFailure(page.address, consumer: nil)
      let isHuge = space.area(at: address)?.isHuge ?? false
      address = isHuge ? (address & ~(page.size - 1)) + page.size : address + 4096
    }
  }
}
