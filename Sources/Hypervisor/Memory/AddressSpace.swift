// What a process has mapped where: its areas, in ascending order, and the root of its tables. The
// tables hold what is really there; an area says what may be brought in.

import Arm
import KVM

/// Where the contents of an area come from.
public enum Backing: Sendable {
  /// Zeros.
  case anonymous
  /// A file of the initrd: its first byte, its size, and the offset of the area's first byte.
  case file(PhysicalAddress, size: UInt64, offset: UInt64)
  /// Frames that somebody else owns, shared by everyone who maps them: kvm_run, the trampoline.
  case frames(PhysicalAddress)
}

/// A run of pages mapped alike.
public struct Area: Sendable {
  /// First byte, on a page.
  public var start: UInt64
  /// The byte after the last, on a page.
  public var end: UInt64
  /// What is allowed.
  public var protection: MemoryProtection
  /// Whether a fork shares the pages rather than copying them.
  public var isShared: Bool
  /// Where contents come from.
  public var backing: Backing
  /// MAP_HUGETLB: made of 2 MiB blocks, and lost by the block.
  public var isHuge = false
  /// MADV_HUGEPAGE: blocks wherever they fit.
  public var wantsBlocks = false

  /// The same area from `address` on.
  func from(_ address: UInt64) -> Area {
    var copy = self
    copy.start = address
    switch backing {
    case .anonymous: break
    case .file(let base, let size, let offset):
      copy.backing = .file(base, size: size, offset: offset + (address - start))
    case .frames(let base):
      copy.backing = .frames(PhysicalAddress(base.rawValue + (address - start)))
    }
    return copy
  }

  /// The same area up to `address`.
  func upTo(_ address: UInt64) -> Area {
    var copy = self
    copy.end = address
    return copy
  }
}

/// An address space. Threads of one process share it, and so do a vfork's parent and child.
public final class AddressSpace {
  /// The number in TTBR0_EL2.ASID, 1 and up; unique among those alive.
  public let asid: UInt16
  /// Its level 0 table.
  public let root: PhysicalAddress
  /// Its areas, ascending, disjoint. No two address spaces share the array's storage: changing
  /// the areas of one must not depend on copy on write to leave the other alone.
  public internal(set) var areas: [Area] = []
  /// Where the heap of brk begins.
  var breakStart: UInt64 = 0
  /// Where it ends.
  var breakEnd: UInt64 = 0
  /// How many processes use it; the last one to leave frees it.
  var users = 1
  /// How many pages hardware lost.
  var lostPageCount = 0
  /// Page of the signal trampoline.
  var trampoline: UInt64 = 0

  /// First address that is not a user's.
  public static let limit: UInt64 = 1 << 47
  /// The most areas.
  static let areaLimit = 1024
  /// Lowest address that can be mapped.
  public static let lowest: UInt64 = 0x1_0000

  init(asid: UInt16, root: PhysicalAddress) {
    self.asid = asid
    self.root = root
  }

  /// The area that holds an address.
  public func area(at address: UInt64) -> Area? {
    index(at: address).map { areas[$0] }
  }

  func index(at address: UInt64) -> Int? {
    var low = 0
    var high = areas.count
    while low < high {
      let middle = (low + high) / 2
      if address < areas[middle].start {
        high = middle
      } else if address >= areas[middle].end {
        low = middle + 1
      } else {
        return middle
      }
    }
    return nil
  }

  /// Whether nothing is mapped in a range.
  func isFree(_ start: UInt64, _ end: UInt64) -> Bool {
    for area in areas where area.start < end && start < area.end { return false }
    return true
  }

  /// The highest free range of `size` bytes, aligned to `alignment`.
  func gap(_ size: UInt64, alignment: UInt64 = 4096) -> UInt64? {
    var top: UInt64 = Self.limit - 0x1000_0000
    var index = areas.count
    while true {
      let floor = index > 0 ? areas[index - 1].end : Self.lowest
      if top > floor, top - floor >= size {
        let start = (top - size) & ~(alignment - 1)
        if start >= floor { return start }
      }
      guard index > 0 else { return nil }
      index -= 1
      top = min(top, areas[index].start)
    }
  }

  /// Adds an area where nothing is; joins it to its neighbour below when they are alike.
  func insert(_ area: Area) {
    var index = 0
    while index < areas.count, areas[index].start < area.start { index += 1 }
    if index > 0, areas[index - 1].end == area.start, case .anonymous = area.backing,
      case .anonymous = areas[index - 1].backing,
      areas[index - 1].protection == area.protection, !area.isShared, !areas[index - 1].isShared,
      areas[index - 1].isHuge == area.isHuge, areas[index - 1].wantsBlocks == area.wantsBlocks
    {
      areas[index - 1].end = area.end
    } else {
      areas.insert(area, at: index)
    }
  }

  /// Cuts areas so that `address` is inside of none.
  func cut(at address: UInt64) {
    guard let index = index(at: address), areas[index].start < address else { return }
    let area = areas[index]
    areas[index] = area.upTo(address)
    areas.insert(area.from(address), at: index + 1)
  }

  /// Takes the areas of a range out; the pages stay the caller's business.
  func remove(_ start: UInt64, _ end: UInt64) {
    cut(at: start)
    cut(at: end)
    var left: [Area] = []
    left.reserveCapacity(areas.count + 8)
    for area in areas where area.start < start || area.end > end { left.append(area) }
    areas = left
  }

  /// Changes the areas of a range; false when part of it is not mapped.
  func change(_ start: UInt64, _ end: UInt64, _ body: (inout Area) -> Void) -> Bool {
    var next = start
    while next < end {
      guard let area = area(at: next) else { return false }
      next = area.end
    }
    cut(at: start)
    cut(at: end)
    for index in areas.indices where areas[index].start >= start && areas[index].end <= end {
      body(&areas[index])
    }
    return true
  }
}
