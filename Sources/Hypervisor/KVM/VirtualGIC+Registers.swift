// The registers of the distributor and the redistributors, for the guest (MMIO) and for user space
// (save and restore, device groups 1 and 5). IHI 0069 12.8 to 12.11; where the two differ, see
// Linux Documentation/virt/kvm/devices/arm-vgic-v3.rst.
//
// All registers are 32 bits here; a 64-bit access is two, a byte or halfword works for priorities.

import Arm

extension VirtualGIC {
  /// Who reads or writes.
  public enum Accessor: Sendable {
    /// The guest: what the register does.
    case guest
    /// User space: the state behind it.
    case user
  }

  /// GICD_IIDR and GICR_IIDR: implementer Arm, product 'F'.
  static let implementer: UInt32 = 0x4600_043B
  /// GICD_PIDR2 and GICR_PIDR2: ArchRev 3.
  private static let architecture: UInt32 = 0x3B

  /// The frames.
  enum Frame { case distributor, redistributor, privateInterrupts }

  // MARK: Guest physical addresses

  /// What a guest physical address hits.
  private func decode(_ address: UInt64) -> (frame: Frame, processor: Int, offset: UInt64)? {
    guard isInitialized else { return nil }
    if let base = distributorBase, address &- base < VirtualGIC.distributorSize {
      return (.distributor, 0, address - base)
    }
    var first = 0
    for region in regions {
      let room = region.capacity ?? (affinities.count - first)
      let offset = address &- region.base
      if room > 0, offset < UInt64(room) * VirtualGIC.redistributorSize {
        let processor = first + Int(offset / VirtualGIC.redistributorSize)
        guard processor < affinities.count else { return nil }
        let inside = offset % VirtualGIC.redistributorSize
        return inside < GICR.sgiBase
          ? (.redistributor, processor, inside)
          : (.privateInterrupts, processor, inside - GICR.sgiBase)
      }
      first += room
    }
    return nil
  }

  /// Whether an address belongs to this GIC.
  public func contains(_ address: UInt64) -> Bool { decode(address) != nil }

  /// A guest's load of 1, 2, 4 or 8 bytes; unaligned ones read zero.
  public func read(_ address: UInt64, byteCount: Int) -> UInt64 {
    guard let (frame, processor, offset) = decode(address),
      offset & UInt64(byteCount - 1) == 0
    else { return 0 }
    let word = offset & ~3
    let low = UInt64(read(frame, processor, word, .guest))
    if byteCount == 8 { return low | UInt64(read(frame, processor, word + 4, .guest)) << 32 }
    if byteCount == 4 { return low }
    guard InterruptRegister.at(word)?.0 == .priority else { return 0 }
    return low >> (8 * (offset & 3)) & ((1 << UInt64(8 * byteCount)) - 1)
  }

  /// A guest's store of 1, 2, 4 or 8 bytes; unaligned ones do nothing.
  public func write(_ address: UInt64, byteCount: Int, _ value: UInt64) {
    guard let (frame, processor, offset) = decode(address),
      offset & UInt64(byteCount - 1) == 0
    else { return }
    let word = offset & ~3
    let low = UInt32(truncatingIfNeeded: value)
    switch byteCount {
    case 8:
      write(frame, processor, word, low, .guest)
      write(frame, processor, word + 4, UInt32(truncatingIfNeeded: value >> 32), .guest)
    case 4:
      write(frame, processor, word, low, .guest)
    default:
      guard InterruptRegister.at(word)?.0 == .priority else { return }
      let shift = UInt32(offset & 3) * 8
      let mask: UInt32 = ((1 << UInt32(8 * byteCount)) - 1) << shift
      let old = read(frame, processor, word, .guest)
      write(frame, processor, word, old & ~mask | low << shift & mask, .guest)
    }
  }

  // MARK: One register

  /// Reads the 32-bit register at an offset, a multiple of 4.
  func read(_ frame: Frame, _ processor: Int, _ offset: UInt64, _ accessor: Accessor) -> UInt32 {
    switch (frame, offset) {
    case (.distributor, GICD.ctlr):
      UInt32((DistributorControl.ds | DistributorControl.are).mask) | enabledGroups
    case (.distributor, GICD.typer):
      UInt32(
        DistributorType(rawValue: DistributorType.no1N.mask).with(DistributorType.idBits, 9)
          .with(DistributorType.itLinesNumber, UInt64(interruptCount / 32 - 1)).rawValue)
    case (.distributor, GICD.iidr), (.redistributor, GICR.iidr): VirtualGIC.implementer
    case (.redistributor, GICR.typer):
      UInt32(
        RedistributorType(rawValue: 0).with(RedistributorType.processorNumber, UInt64(processor))
          .with(RedistributorType.last, isLastRedistributor(processor) ? 1 : 0).rawValue)
    case (.redistributor, GICR.typer + 4): affinities[processor]
    case (.distributor, GICD.pidr2), (.redistributor, GICD.pidr2): VirtualGIC.architecture
    case (.distributor, GICD.irouter(32)..<GICD.irouterEnd): readRoute(offset)
    case (.redistributor, _): 0
    default: readBits(frame, processor, offset, accessor)
    }
  }

  /// Writes the 32-bit register at an offset, a multiple of 4.
  func write(
    _ frame: Frame, _ processor: Int, _ offset: UInt64, _ value: UInt32, _ accessor: Accessor
  ) {
    switch (frame, offset) {
    case (.distributor, GICD.ctlr):
      let groups =
        value & UInt32((DistributorControl.enableGrp0 | DistributorControl.enableGrp1).mask)
      if groups != enabledGroups {
        enabledGroups = groups
        requeueAll()
      }
    case (.distributor, GICD.irouter(32)..<GICD.irouterEnd): writeRoute(offset, value)
    case (.redistributor, _): break
    default: writeBits(frame, processor, offset, value, accessor)
    }
  }

  private func isLastRedistributor(_ processor: Int) -> Bool {
    if processor == affinities.count - 1 { return true }
    var end = 0
    for region in regions {
      end += region.capacity ?? (affinities.count - end)
      if processor == end - 1 { return true }
    }
    return false
  }

  // MARK: GICD_IROUTER<n>

  private func readRoute(_ offset: UInt64) -> UInt32 {
    let intid = Int(offset - GICD.irouter) / 8
    guard isInterrupt(intid), offset & 4 == 0 else { return 0 }
    return interrupt(intid, 0).route
  }

  private func writeRoute(_ offset: UInt64, _ value: UInt32) {
    let intid = Int(offset - GICD.irouter) / 8
    guard isInterrupt(intid), offset & 4 == 0 else { return }
    let route = value & UInt32(truncatingIfNeeded: MultiprocessorAffinity.lowerAffinityMask)
    let target = affinities.firstIndex(of: route).map { UInt16($0) }
    change(intid, 0) {
      $0.route = route
      $0.target = target
    }
  }

  // MARK: Registers with a field for each interrupt

  /// Whether an interrupt is in a frame.
  private func isIn(_ frame: Frame, _ intid: Int) -> Bool {
    frame == .distributor
      ? intid >= VirtualGIC.privateCount && isInterrupt(intid)
      : intid < VirtualGIC.privateCount
  }

  private func readBits(
    _ frame: Frame, _ processor: Int, _ offset: UInt64, _ accessor: Accessor
  ) -> UInt32 {
    guard let (register, first) = InterruptRegister.at(offset) else { return 0 }
    let base = Int(first)
    var result: UInt32 = 0
    for index in 0..<Int(register.interruptsPerWord) where isIn(frame, base + index) {
      let state = interrupt(base + index, processor)
      let value: UInt32
      switch register {
      case .group: value = state.isGroup1 ? 1 : 0
      case .setEnable, .clearEnable: value = state.isEnabled ? 1 : 0
      case .setPending:
        value = (accessor == .user ? state.isLatched : state.isPending) ? 1 : 0
      case .clearPending: value = accessor == .guest && state.isPending ? 1 : 0
      case .setActive, .clearActive:
        value = state.isActive ? 1 : 0
        if state.isQueued, accessor == .guest {
          kicked |= 1 << UInt64(state.owner)  // what its list register says is newer
        }
      case .priority: value = UInt32(state.priority)
      case .configuration: value = state.isEdge ? 2 : 0
      // One Security state.
      case .groupModifier, .nonSecureAccess: value = 0
      }
      result |= value << UInt32(index * Int(register.bits))
    }
    return result
  }

  private func setActive(_ intid: Int, _ processor: Int, _ isActive: Bool) {
    let owner = Int(interrupt(intid, processor).owner)
    let isElsewhere = isListed(owner)  // in a guest that runs: who writes has left its own
    change(intid, processor) {
      $0.isActive = isActive
      $0.isActiveWritten = $0.isQueued && isElsewhere
    }
  }

  private func writeBits(
    _ frame: Frame, _ processor: Int, _ offset: UInt64, _ value: UInt32, _ accessor: Accessor
  ) {
    guard let (register, first) = InterruptRegister.at(offset) else { return }
    let base = Int(first)
    for index in 0..<Int(register.interruptsPerWord) where isIn(frame, base + index) {
      let intid = base + index
      let one = value >> UInt32(index * Int(register.bits)) & 1 != 0
      switch register {
      case .group:
        change(intid, processor) { $0.isGroup1 = one }
      case .setEnable where one:
        change(intid, processor) { $0.isEnabled = true }
      case .clearEnable where one:
        change(intid, processor) { $0.isEnabled = false }
      case .setPending where accessor == .user:
        change(intid, processor) { $0.isLatched = one }
      case .setPending where one:
        change(intid, processor) { $0.isLatched = true }
      case .clearPending where one && accessor == .guest:
        change(intid, processor) { $0.isLatched = false }
      case .setActive where one: setActive(intid, processor, true)
      case .clearActive where one: setActive(intid, processor, false)
      case .priority:
        // Five bits of priority, as the CPU interface has.
        let priority = UInt8(truncatingIfNeeded: value >> UInt32(index * 8)) & 0xF8
        change(intid, processor) { $0.priority = priority }
      case .configuration where intid >= VirtualGIC.privateCount:
        let isEdge = value >> UInt32(index * 2 + 1) & 1 != 0
        change(intid, processor) { $0.isEdge = isEdge }
      default: break
      }
    }
  }
}
