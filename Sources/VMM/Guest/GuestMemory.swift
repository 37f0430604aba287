// The guest's RAM: one mapping of this process, one memory slot of the guest. What hardware has
// lost is remembered: it is never read again by the VMM, since that would end the VMM, and a reset
// of the guest puts fresh memory in its place.

import Boot
import Bytes
import KVM
import Platform

/// The guest's RAM.
public struct GuestMemory: Sendable {
  /// Guest physical addresses.
  public let ram: MemoryRange
  /// Where RAM begins in this process.
  public let hostBase: UInt64
  /// Whether it consists of 2 MiB pages.
  public let usesHugePages: Bool
  /// Lost ranges, guest physical.
  public private(set) var lost: [MemoryRange] = []

  /// RAM that is mapped at an address.
  public init(size: UInt64, hostBase: UInt64, usesHugePages: Bool) {
    ram = MemoryRange(base: MemoryMap.ram, size: size)
    self.hostBase = hostBase
    self.usesHugePages = usesHugePages
  }

  /// Maps RAM. The mapping begins at a multiple of 2 MiB, so that the host can use large pages.
  public static func map<Host: HostKernel>(
    _ host: Host, size: UInt64, usesHugePages: Bool
  ) throws(Failure) -> GuestMemory {
    if usesHugePages {
      let (address, error) = host.map(size, flags: [.hugePages, .hugePages2MiB])
      guard error == 0 else {
        throw .refused("2 MiB pages for guest memory (see /proc/sys/vm/nr_hugepages)", error)
      }
      return GuestMemory(size: size, hostBase: address, usesHugePages: true)
    }
    let (address, error) = host.map(size + 0x20_0000, flags: .noReserve)
    guard error == 0 else { throw .refused("guest memory", error) }
    return GuestMemory(
      size: size, hostBase: (address + 0x1F_FFFF) & ~0x1F_FFFF, usesHugePages: false)
  }

  /// The guest physical address of an address of this process; nil when it is not guest memory.
  public func guestAddress(of hostAddress: UInt64) -> UInt64? {
    guard hostAddress >= hostBase, hostAddress - hostBase < ram.size else { return nil }
    return ram.base + (hostAddress - hostBase)
  }

  /// Where a range of guest memory is in this process; nil when it is not all RAM.
  public func hostAddress(of guest: UInt64, count: UInt64) -> UInt64? {
    guard guest >= ram.base, count <= ram.size, guest - ram.base <= ram.size - count else {
      return nil
    }
    return hostBase + (guest - ram.base)
  }

  /// A range of guest memory as bytes; nil when it is not all RAM.
  public func bytes(at guest: UInt64, count: Int) -> Memory? {
    guard count >= 0, let address = hostAddress(of: guest, count: UInt64(count)),
      let start = unsafe UnsafeMutableRawPointer(bitPattern: UInt(truncatingIfNeeded: address))
    else { return nil }
    return unsafe Memory(start, byteCount: count)
  }

  /// Whether a byte is lost.
  public func isLost(_ guest: UInt64) -> Bool {
    for range in lost where guest >= range.base && guest < range.end { return true }
    return false
  }

  /// 64 bits at a multiple of 8; nil when they are lost, as may turn out only now, or no RAM.
  public func u64<Host: HostKernel>(_ host: Host, _ guest: UInt64) -> UInt64? {
    guard guest & 7 == 0, !isLost(guest), let address = hostAddress(of: guest, count: 8) else {
      return nil
    }
    return host.load(address)
  }

  /// 32 bits at a multiple of 4; nil when they are lost or no RAM.
  public func u32<Host: HostKernel>(_ host: Host, _ guest: UInt64) -> UInt32? {
    guard guest & 3 == 0, let pair = u64(host, guest & ~7) else { return nil }
    return UInt32(truncatingIfNeeded: pair >> ((guest & 4) * 8))
  }

  /// Whether every line of a range, a multiple of 64 from a multiple of 64, can be read.
  func isReadable<Host: HostKernel>(_ host: Host, _ guest: UInt64, count: UInt64) -> Bool {
    var offset: UInt64 = 0
    while offset < count {
      guard u64(host, guest + offset) != nil else { return false }
      offset += 64
    }
    return true
  }

  /// The range that an error of 2 to the power of `leastBit` bytes takes away, cut to RAM: at least
  /// 4 KiB, and a whole page of the host where those are larger.
  public func range(around guest: UInt64, leastBit: UInt16) -> MemoryRange {
    let bit = UInt64(min(max(leastBit, usesHugePages ? 21 : 12), 40))
    let size: UInt64 = 1 << bit
    // Large pages are aligned in this process; guest addresses share their low 21 bits.
    let base = max(guest & ~(size - 1), ram.base)
    return MemoryRange(base: base, size: min(base + size, ram.end) - base)
  }

  /// Remembers a range as lost; false when all of it was already.
  public mutating func markLost(_ range: MemoryRange) -> Bool {
    for known in lost where known.base <= range.base && known.end >= range.end { return false }
    lost.append(range)
    return true
  }

  /// Puts fresh, zeroed memory in the place of all that is lost; how many bytes. Small pages serve
  /// where the host's pool of large ones has no more: one of it is lost for good.
  public mutating func replaceLost<Host: HostKernel>(_ host: Host) throws(Failure) -> UInt64 {
    var count: UInt64 = 0
    while let last = lost.last {
      // The host can replace whole pages only.
      var range = last
      if usesHugePages {
        range.base &= ~0x1F_FFFF
        range.size = (last.end + 0x1F_FFFF) & ~0x1F_FFFF - range.base
      }
      let place = hostBase + (range.base - ram.base)
      var result: (address: UInt64, error: Int64) = (0, -1)
      if usesHugePages {
        result = host.map(range.size, at: place, flags: [.fixed, .hugePages, .hugePages2MiB])
      }
      if result.error != 0 {
        result = host.map(range.size, at: place, flags: [.fixed, .noReserve])
      }
      guard result.error == 0 else {
        throw .refused("fresh memory for a lost page", result.error)
      }
      count += range.size
      lost.removeAll { $0.base >= range.base && $0.end <= range.end }
    }
    return count
  }
}
