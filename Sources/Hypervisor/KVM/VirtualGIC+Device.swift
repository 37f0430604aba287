// The vGICv3 as a KVM device: addresses, the number of interrupts, initialisation, and the state
// that user space saves and restores. Linux Documentation/virt/kvm/devices/arm-vgic-v3.rst.

import Arm
import KVM

extension VirtualGIC {
  /// Bytes of an attribute's value in user memory; nil if there is no such attribute.
  public func byteCount(group: UInt32, attribute: UInt64) -> Int? {
    switch group {
    case VGICv3.addressGroup:
      switch attribute {
      case VGICv3.distributorAddress, VGICv3.redistributorAddress, VGICv3.redistributorRegion: 8
      default: nil
      }
    case VGICv3.distributorGroup, VGICv3.redistributorGroup, VGICv3.levelGroup: 4
    case VGICv3.interruptCountGroup: 4
    case VGICv3.cpuInterfaceGroup: 8
    case VGICv3.controlGroup:
      attribute == VGICv3.initialize || attribute == VGICv3.savePendingTables ? 0 : nil
    default: nil
    }
  }

  // MARK: Addresses

  /// KVM_DEV_ARM_VGIC_GRP_ADDR, write.
  func setAddress(_ attribute: UInt64, _ value: UInt64, addressBits: Int) throws(LinuxError) {
    let limit: UInt64 = 1 << UInt64(addressBits)
    switch attribute {
    case VGICv3.distributorAddress:
      guard distributorBase == nil else { throw .exists }
      try check(value, VirtualGIC.distributorSize, limit)
      distributorBase = value
    case VGICv3.redistributorAddress:
      guard regions.isEmpty else { throw regions[0].capacity == nil ? .exists : .invalid }
      try check(value, VirtualGIC.redistributorSize, limit)
      regions.append(RedistributorRegion(base: value, capacity: nil, index: 0))
    default:
      let count = Int(value >> 52)
      let index = UInt32(value & 0xFFF)
      let base = value & 0x000F_FFFF_FFFF_0000
      guard count > 0, value & 0xF000 == 0, index == UInt32(regions.count) else { throw .invalid }
      if let first = regions.first, first.capacity == nil { throw .invalid }
      try check(base, UInt64(count) * VirtualGIC.redistributorSize, limit)
      regions.append(RedistributorRegion(base: base, capacity: count, index: index))
    }
  }

  private func check(_ base: UInt64, _ size: UInt64, _ limit: UInt64) throws(LinuxError) {
    guard base & 0xFFFF == 0 else { throw .invalid }
    guard base < limit, size <= limit - base else { throw .tooBig }
    let new = base..<base + size
    if let other = distributorBase, new.overlaps(other..<other + VirtualGIC.distributorSize) {
      throw .invalid
    }
    for region in regions {
      let bytes = UInt64(region.capacity ?? 1) * VirtualGIC.redistributorSize
      if new.overlaps(region.base..<region.base + bytes) { throw .invalid }
    }
  }

  /// KVM_DEV_ARM_VGIC_GRP_ADDR, read; a region's index comes in `value`.
  func address(_ attribute: UInt64, _ value: UInt64) throws(LinuxError) -> UInt64 {
    switch attribute {
    case VGICv3.distributorAddress: return distributorBase ?? .max
    case VGICv3.redistributorAddress:
      guard let first = regions.first else { return .max }
      guard first.capacity == nil else { throw .invalid }
      return first.base
    default:
      let index = Int(value & 0xFFF)
      guard index < regions.count else { throw .noEntry }
      guard let capacity = regions[index].capacity else { throw .invalid }
      return UInt64(capacity) << 52 | regions[index].base | UInt64(index)
    }
  }

  /// KVM_DEV_ARM_VGIC_GRP_NR_IRQS, write.
  func setInterruptCount(_ count: UInt32) throws(LinuxError) {
    guard count >= 64, count < 1024, count & 31 == 0 else { throw .invalid }
    guard interruptCount == 0, !isInitialized else { throw .busy }
    interruptCount = Int(count)
  }

  /// Whether all vCPUs have a redistributor and there is a distributor: what a first KVM_RUN needs.
  public var isComplete: Bool {
    guard isInitialized, distributorBase != nil, !regions.isEmpty else { return false }
    var room = 0
    for region in regions { room += region.capacity ?? affinities.count }
    return room >= affinities.count
  }

  // MARK: Registers

  /// The vCPU that the upper half of an attribute names by its affinity.
  func processor(of attribute: UInt64) throws(LinuxError) -> Int {
    // Aff3 31:24, Aff2 23:16, Aff1 15:8, Aff0 7:0 in the upper half.
    let affinity = UInt32(attribute >> 32)
    guard let index = affinities.firstIndex(of: affinity) else { throw .invalid }
    return index
  }

  /// Whether an attribute of a group of registers names one, on whichever vCPU.
  static func hasRegister(group: UInt32, attribute: UInt64) -> Bool {
    let offset = attribute & 0xFFFF_FFFF
    return switch group {
    case VGICv3.distributorGroup: offset & 3 == 0 && offset < distributorSize
    case VGICv3.redistributorGroup: offset & 3 == 0 && offset < redistributorSize
    case VGICv3.levelGroup: levelInformation(attribute) == 0
    default: true
    }
  }

  /// What is asked of lines: bits 31:10 of an attribute of group 7.
  private static func levelInformation(_ attribute: UInt64) -> UInt64 {
    attribute >> 10 & 0x3F_FFFF
  }

  private func frame(
    _ group: UInt32, _ attribute: UInt64
  ) throws(LinuxError) -> (Frame, Int, UInt64) {
    let offset = attribute & 0xFFFF_FFFF
    guard VirtualGIC.hasRegister(group: group, attribute: attribute) else {
      throw .noDeviceOrAddress
    }
    if group == VGICv3.distributorGroup { return (.distributor, 0, offset) }
    let processor = try processor(of: attribute)
    return offset < GICR.sgiBase
      ? (.redistributor, processor, offset)
      : (.privateInterrupts, processor, offset - GICR.sgiBase)
  }

  /// Groups 1 and 5, read.
  func userRead(_ group: UInt32, _ attribute: UInt64) throws(LinuxError) -> UInt32 {
    guard isInitialized else { throw .busy }
    let (frame, processor, offset) = try frame(group, attribute)
    return read(frame, processor, offset, .user)
  }

  /// Groups 1 and 5, write.
  func userWrite(_ group: UInt32, _ attribute: UInt64, _ value: UInt32) throws(LinuxError) {
    guard isInitialized else { throw .busy }
    let (frame, processor, offset) = try frame(group, attribute)
    if frame != .privateInterrupts, offset == (frame == .distributor ? GICD.iidr : GICR.iidr),
      value != VirtualGIC.implementer
    {
      throw .invalid
    }
    write(frame, processor, offset, value, .user)
  }

  /// Group 7: the levels of 32 lines; info 0 is VGIC_LEVEL_INFO_LINE_LEVEL.
  private func levelBase(_ attribute: UInt64) throws(LinuxError) -> (Int, Int) {
    guard isInitialized else { throw .busy }
    let intid = Int(attribute & 0x3FF)
    guard VirtualGIC.levelInformation(attribute) == 0, intid & 31 == 0 else { throw .invalid }
    return (intid, intid < VirtualGIC.privateCount ? try processor(of: attribute) : 0)
  }

  /// Group 7, read.
  func levels(_ attribute: UInt64) throws(LinuxError) -> UInt32 {
    let (first, processor) = try levelBase(attribute)
    var result: UInt32 = 0
    for bit in 0..<32
    where isInterrupt(first + bit) && interrupt(first + bit, processor).isLineHigh {
      result |= 1 << UInt32(bit)
    }
    return result
  }

  /// Group 7, write.
  func setLevels(_ attribute: UInt64, _ value: UInt32) throws(LinuxError) {
    let (first, processor) = try levelBase(attribute)
    for bit in 0..<32 where isInterrupt(first + bit) {
      let isHigh = value >> UInt32(bit) & 1 != 0
      change(first + bit, processor) { $0.isLineHigh = isHigh }
    }
  }
}
