// A walk of the guest's own page tables, to tell what its vCPU was touching when memory failed. The
// host says which page of guest memory is lost, but not whether the vCPU fetched from it, loaded
// from it, or met it in a table. Arm ARM D8.2; 48-bit addresses, EL1&0, AArch64.

import Arm
import Boot

/// The guest's stage 1 translation.
public struct StageOneWalk: Sendable {
  /// SCTLR_EL1.
  public var control: SystemControl
  /// TCR_EL1.
  public var tcr: UInt64
  /// TTBR0_EL1.
  public var ttbr0: UInt64
  /// TTBR1_EL1.
  public var ttbr1: UInt64

  /// A translation regime.
  public init(control: SystemControl, tcr: UInt64, ttbr0: UInt64, ttbr1: UInt64) {
    self.control = control
    self.tcr = tcr
    self.ttbr0 = ttbr0
    self.ttbr1 = ttbr1
  }

  /// Where a walk ends.
  public enum Result: Equatable, Sendable {
    /// At this guest physical address.
    case address(GuestPhysicalAddress)
    /// At a table entry of this level, 0 to 3, that is lost; and where the entry is.
    case lostTable(level: UInt8, at: GuestPhysicalAddress)
    /// Nowhere: a fault of the guest's own, tables outside its RAM, or a table that turns out to be
    /// lost now, of which the vCPU cannot have been told.
    case nowhere
  }

  /// Walks for a virtual address.
  public func walk<Host: HostKernel>(
    _ host: Host, _ address: VirtualAddress, _ memory: GuestMemory
  ) -> Result {
    let virtual = address.rawValue
    guard control.isSet(SystemControl.m) else {
      return .address(GuestPhysicalAddress(virtual & 0xFFFF_FFFF_FFFF))
    }
    let isUpper = virtual >> 55 & 1 != 0
    let half = isUpper ? tcr >> 16 : tcr
    let ignoresTop = tcr >> (isUpper ? 38 : 37) & 1 != 0
    guard half >> 7 & 1 == 0 else { return .nowhere }  // EPDn
    let granuleBits: UInt64
    switch (isUpper, half >> 14 & 3) {
    case (false, 0), (true, 2): granuleBits = 12
    case (false, 2), (true, 1): granuleBits = 14
    case (false, 1), (true, 3): granuleBits = 16
    default: return .nowhere
    }
    let inputBits = 64 - (half & 0x3F)
    guard inputBits > granuleBits, inputBits <= 48 else { return .nowhere }
    // Bits above the input size must all be those of bit 55; the top byte may be a tag.
    let top = ignoresTop ? 56 : 64 as UInt64
    let above = ((virtual << (64 - top)) >> (64 - top)) >> inputBits
    guard above == (isUpper ? (1 as UInt64) << (top - inputBits) - 1 : 0) else { return .nowhere }

    let stride = granuleBits - 3
    let levels = (inputBits - granuleBits + stride - 1) / stride
    var level = 4 - levels
    var table = (isUpper ? ttbr1 : ttbr0) & 0xFFFF_FFFF_FFFE
    var indexBits = inputBits - granuleBits - stride * (levels - 1)
    while true {
      let shift = granuleBits + stride * (3 - level)
      let index = virtual >> shift & ((1 as UInt64) << indexBits - 1)
      let place = GuestPhysicalAddress(table + index * 8)
      if memory.isLost(place) { return .lostTable(level: UInt8(level), at: place) }
      guard let entry = memory.u64(host, place), entry & 1 != 0 else { return .nowhere }
      let output = entry & 0xFFFF_FFFF_F000 & ~((1 as UInt64) << granuleBits - 1)
      if level == 3 || entry & 2 == 0 {
        guard level != 3 || entry & 2 != 0, level > 0 else { return .nowhere }
        let mask = (1 as UInt64) << shift - 1
        return .address(GuestPhysicalAddress(output & ~mask | virtual & mask))
      }
      table = output
      indexBits = stride
      level += 1
    }
  }
}
