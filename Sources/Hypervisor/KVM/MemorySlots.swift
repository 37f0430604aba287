// Memory slots: which guest physical addresses are which of the process's virtual ones.
// KVM_SET_USER_MEMORY_REGION, Linux Documentation/virt/kvm/api.rst 4.35; errors as Linux 6.1 has them.

import KVM

/// One slot. Addresses and sizes are multiples of 4 KiB.
public struct MemorySlot: Equatable, Sendable {
  /// The number user space gave it, 0 ..< `MemorySlots.limit`.
  public let number: UInt32
  /// The first guest physical address.
  public let guestAddress: UInt64
  /// Bytes, not zero.
  public let byteCount: UInt64
  /// The first virtual address in the process.
  public let userAddress: UInt64
  /// A guest's write is an MMIO exit.
  public let isReadOnly: Bool

  /// The guest physical addresses.
  public var guestRange: Range<UInt64> { guestAddress..<guestAddress + byteCount }
  /// The virtual addresses.
  public var userRange: Range<UInt64> { userAddress..<userAddress + byteCount }
}

/// The slots of one VM, in no particular order; there are few.
public struct MemorySlots: Sendable {
  /// The slots a VM can have, KVM_CAP_NR_MEMSLOTS.
  public static let limit: UInt32 = 512
  /// The first virtual address that is not user space's (48-bit).
  public static let userLimit: UInt64 = 1 << 48

  private var slots: [MemorySlot] = []

  /// No slots.
  public init() {}

  /// The slot of a guest physical address.
  public func slot(at address: UInt64) -> MemorySlot? {
    for slot in slots where address &- slot.guestAddress < slot.byteCount { return slot }
    return nil
  }

  /// The guest physical addresses that lie over a range of the process, one after the other.
  public func forEachGuestRange(of user: Range<UInt64>, _ body: (Range<UInt64>) -> Void) {
    for slot in slots {
      let low = max(user.lowerBound, slot.userRange.lowerBound)
      let high = min(user.upperBound, slot.userRange.upperBound)
      if low < high {
        let base = slot.guestAddress &- slot.userAddress
        body(base &+ low..<base &+ high)
      }
    }
  }

  /// Applies a kvm_userspace_memory_region. The guest physical addresses it returns must be removed
  /// from stage 2.
  public mutating func set(
    number: UInt32, flags: UInt32, guestAddress: UInt64, byteCount: UInt64, userAddress: UInt64,
    addressBits: Int
  ) throws(LinuxError) -> Range<UInt64>? {
    guard flags & ~KVMMemoryRegionLayout.readOnly == 0, number < MemorySlots.limit,
      (guestAddress | byteCount | userAddress) & 0xFFF == 0,
      userAddress < MemorySlots.userLimit, byteCount <= MemorySlots.userLimit - userAddress,
      guestAddress &+ byteCount >= guestAddress
    else { throw .invalid }
    let index = slots.firstIndex { $0.number == number }
    if byteCount == 0 {
      guard let index else { throw .invalid }
      return slots.remove(at: index).guestRange
    }
    let new = MemorySlot(
      number: number, guestAddress: guestAddress, byteCount: byteCount, userAddress: userAddress,
      isReadOnly: flags & KVMMemoryRegionLayout.readOnly != 0)
    let old = index.map { slots[$0] }
    if let old {
      guard old.userAddress == userAddress, old.byteCount == byteCount,
        old.isReadOnly == new.isReadOnly
      else { throw .invalid }
    }
    for slot in slots where slot.number != number && slot.guestRange.overlaps(new.guestRange) {
      throw .exists
    }
    guard guestAddress + byteCount <= 1 << UInt64(addressBits) else { throw .badAddress }
    guard let index, let old else {
      slots.append(new)
      return nil
    }
    slots[index] = new
    return old == new ? nil : old.guestRange
  }
}
