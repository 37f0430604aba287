// The guest's RAM: one mapping of this process, one memory slot of the guest. What hardware has
// lost is remembered: it is never read again by the VMM, since that would end the VMM, and a reset
// of the guest puts fresh memory in its place.

import Arm
import Boot
import Bytes
import KVM
import Platform

/// Guest physical: what the guest's stage 1 gives and the host's stage 2 takes.
public typealias GuestPhysicalAddress = IntermediatePhysicalAddress

extension GuestPhysicalAddress {
  /// The first byte of its 4 KiB page.
  var page: GuestPhysicalAddress { GuestPhysicalAddress(rawValue & ~0xFFF) }

  /// The address so many bytes above.
  static func + (address: GuestPhysicalAddress, offset: UInt64) -> GuestPhysicalAddress {
    GuestPhysicalAddress(address.rawValue &+ offset)
  }
}

extension MemoryRange {
  /// Whether a guest physical address lies in it.
  func contains(_ address: GuestPhysicalAddress) -> Bool {
    address.rawValue >= base && address.rawValue < end
  }
}

/// The guest's RAM.
public struct GuestMemory: Sendable {
  /// Guest physical addresses.
  public let ram: MemoryRange
  /// Where RAM begins in this process.
  public var hostBase: HostAddress { mapping.address }
  /// The mapping.
  private let mapping: HostBlock
  /// Whether it consists of 2 MiB pages.
  public let usesHugePages: Bool
  /// Lost ranges.
  public private(set) var lost: [GuestRange] = []

  /// RAM that is a mapping.
  public init(_ mapping: HostBlock, usesHugePages: Bool) {
    ram = MemoryRange(base: MemoryMap.ram, size: mapping.byteCount)
    self.mapping = mapping
    self.usesHugePages = usesHugePages
  }

  /// Maps RAM. The mapping begins at a multiple of 2 MiB, so that the host can use large pages.
  public static func map<Host: HostKernel>(
    _ host: Host, size: UInt64, usesHugePages: Bool
  ) throws(Failure) -> GuestMemory {
    if usesHugePages {
      let (block, error) = host.map(size, flags: [.hugePages, .hugePages2MiB])
      guard error == 0 else {
        throw .refused("2 MiB pages for guest memory (see /proc/sys/vm/nr_hugepages)", error)
      }
      return GuestMemory(block, usesHugePages: true)
    }
    let (block, error) = host.map(size + 0x20_0000, flags: .noReserve)
    guard error == 0 else { throw .refused("guest memory", error) }
    let start = (0x20_0000 - block.address.rawValue % 0x20_0000) % 0x20_0000
    return GuestMemory(block.part(at: start, byteCount: size), usesHugePages: false)
  }

  /// The guest physical address of an address of this process; nil when it is not guest memory.
  public func guestAddress(of hostAddress: HostAddress) -> GuestPhysicalAddress? {
    let offset = hostAddress.rawValue &- hostBase.rawValue
    return offset < ram.size ? GuestPhysicalAddress(ram.base + offset) : nil
  }

  /// Where a range of guest memory is in this process; nil when it is not all RAM.
  public func hostAddress(of guest: GuestPhysicalAddress, count: UInt64) -> HostAddress? {
    block(at: guest, count: count)?.address
  }

  /// A range of guest memory in this process; nil when it is not all RAM.
  func block(at guest: GuestPhysicalAddress, count: UInt64) -> HostBlock? {
    let offset = guest.rawValue &- ram.base
    guard guest.rawValue >= ram.base, count <= ram.size, offset <= ram.size - count else {
      return nil
    }
    return mapping.part(at: offset, byteCount: count)
  }

  /// A range of guest memory as bytes; nil when it is not all RAM.
  public func bytes(at guest: GuestPhysicalAddress, count: Int) -> Memory? {
    guard count >= 0, let address = hostAddress(of: guest, count: UInt64(count)),
      let start = unsafe UnsafeMutableRawPointer(
        bitPattern: UInt(truncatingIfNeeded: address.rawValue))
    else { return nil }
    return unsafe Memory(start, byteCount: count)
  }

  /// Whether a byte is lost.
  public func isLost(_ guest: GuestPhysicalAddress) -> Bool {
    for range in lost where range.contains(guest) { return true }
    return false
  }

  /// 64 bits at a multiple of 8; nil when they are lost, as may turn out only now, or no RAM.
  public func u64<Host: HostKernel>(_ host: Host, _ guest: GuestPhysicalAddress) -> UInt64? {
    guard guest.rawValue & 7 == 0, !isLost(guest), let address = hostAddress(of: guest, count: 8)
    else {
      return nil
    }
    // All of it is in the mapping.
    return unsafe host.load(address)
  }

  /// 32 bits at a multiple of 4; nil when they are lost or no RAM.
  public func u32<Host: HostKernel>(_ host: Host, _ guest: GuestPhysicalAddress) -> UInt32? {
    let place = guest.rawValue
    guard place & 3 == 0, let pair = u64(host, GuestPhysicalAddress(place & ~7)) else { return nil }
    return UInt32(truncatingIfNeeded: pair >> ((place & 4) * 8))
  }

  /// Whether every line of a range, which begins and ends with a line, can be read.
  func isReadable<Host: HostKernel>(
    _ host: Host, _ guest: GuestPhysicalAddress, count: UInt64
  ) -> Bool {
    var offset: UInt64 = 0
    while offset < count {
      guard u64(host, guest + offset) != nil else { return false }
      offset += CacheLine.size
    }
    return true
  }

  /// The range that an error of 2 to the power of `leastBit` bytes takes away, cut to RAM: at least
  /// 4 KiB, and a whole page of the host where those are larger.
  public func range(around guest: GuestPhysicalAddress, leastBit: UInt16) -> GuestRange {
    let bit = UInt64(min(max(leastBit, usesHugePages ? 21 : 12), 40))
    let size: UInt64 = 1 << bit
    // Large pages are aligned in this process; guest addresses share their low 21 bits.
    let base = max(guest.rawValue & ~(size - 1), ram.base)
    return GuestRange(
      base: GuestPhysicalAddress(base), size: min(base + size, ram.end) - base)
  }

  /// Remembers a range as lost; false when all of it was already.
  public mutating func markLost(_ range: GuestRange) -> Bool {
    for known in lost where known.contains(range) { return false }
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
        range.base.rawValue &= ~0x1F_FFFF
        range.size = (last.end.rawValue + 0x1F_FFFF) & ~0x1F_FFFF - range.base.rawValue
      }
      let place = hostBase + (range.base.rawValue - ram.base)
      var result: (block: HostBlock, error: Int64) = (.none, -1)
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
      lost.removeAll { range.contains($0) }
    }
    return count
  }
}
