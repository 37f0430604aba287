// GICD_*: the distributor's registers. IHI 0069H 12.9. Reserved offsets, sizes that a register does
// not support and unaligned accesses read as zero and ignore writes, as QEMU has it.

import Arm

extension GIC {
  /// GICD_TYPER without SecurityExtn: 16 ID bits, no LPIs, no message-based SPIs, 1 of N supported.
  /// ITLinesNumber is one less than what is there, as in QEMU 7.2 (and so in the kernel's log):
  /// INTIDs 256 and up work without being announced.
  private static let distributorType = DistributorType(rawValue: 0)
    .with(DistributorType.a3v, 1).with(DistributorType.idBits, 15)
    .with(DistributorType.itLinesNumber, UInt64(interruptCount / 32 - 2))
  /// GICD_IIDR and GICR_IIDR: Arm, product 0, r0p0, as QEMU has it.
  static let implementer: UInt32 = 0x43B

  /// Reads a register of the distributor; `offset` is from GICD_base.
  public func readDistributor(_ offset: UInt64, size: Int, isSecure: Bool) -> UInt64 {
    guard GIC.isNatural(offset, size) else { return 0 }
    if size == 8 {
      return GIC.route(at: offset).map { readRoute($0, isSecure) } ?? 0
    }
    if let (register, bank, index) = InterruptBank.decode(offset) {
      guard bank >= 1, bank <= live.shared.count else { return 0 }
      let access = sharedAccess(isSecure)
      if size == 4 { return UInt64(live.shared[bank - 1].read(register, index, access)) }
      if size == 1, register == .priority {
        return UInt64(live.shared[bank - 1].readPriority(index, access))
      }
      return 0
    }
    guard size == 4 else { return 0 }
    switch offset {
    case GICD.ctlr:
      if isSecure || live.control.isSecurityDisabled { return live.control.rawValue }
      return DistributorControl(rawValue: DistributorControl.are.mask)
        .with(DistributorControl.enableGrp1, live.control[DistributorControl.enableGrp1NS])
        .rawValue
    case GICD.typer:
      return GIC.distributorType
        .with(DistributorType.securityExtn, live.control.isSecurityDisabled ? 0 : 1).rawValue
    case GICD.iidr: return UInt64(GIC.implementer)
    case GICD.identification: return GIC.identification(offset, part: 0x92)
    default:
      guard let interrupt = GIC.route(at: offset & ~4) else { return 0 }
      return (readRoute(interrupt, isSecure) >> (offset & 4 == 0 ? 0 : 32)) & 0xFFFF_FFFF
    }
  }

  /// Writes a register of the distributor; `offset` is from GICD_base.
  public func writeDistributor(_ offset: UInt64, size: Int, _ value: UInt64, isSecure: Bool) {
    guard GIC.isNatural(offset, size) else { return }
    if size == 8 {
      if let interrupt = GIC.route(at: offset) { writeRoute(interrupt, value, isSecure) }
      return
    }
    if let (register, bank, index) = InterruptBank.decode(offset) {
      guard bank >= 1, bank <= live.shared.count else { return }
      let access = sharedAccess(isSecure)
      if size == 4 {
        live.shared[bank - 1].write(register, index, UInt32(truncatingIfNeeded: value), access)
      } else if size == 1, register == .priority {
        live.shared[bank - 1].writePriority(index, UInt8(truncatingIfNeeded: value), access)
      }
      touchAll()
      return
    }
    guard size == 4 else { return }
    if offset == GICD.ctlr {
      writeControl(value, isSecure)
    } else if let interrupt = GIC.route(at: offset & ~4) {
      let shift: UInt64 = offset & 4 == 0 ? 0 : 32
      let old = readRoute(interrupt, isSecure)
      let merged = old & ~(0xFFFF_FFFF << shift) | (value & 0xFFFF_FFFF) << shift
      writeRoute(interrupt, merged, isSecure)
    }
  }

  /// GICD_CTLR. Only the enables can be written, and DS, once, by Secure software.
  private func writeControl(_ value: UInt64, _ isSecure: Bool) {
    typealias Control = DistributorControl
    let writable: UInt64 =
      if live.control.isSecurityDisabled {
        Control.enableGrp0.mask | Control.enableGrp1.mask
      } else if isSecure {
        (Control.enableGrp0 | Control.enableGrp1NS | Control.enableGrp1S | Control.ds).mask
      } else {
        Control.enableGrp1.mask
      }
    live.control.rawValue = live.control.rawValue & ~writable | value & writable
    if live.control.isSecurityDisabled {
      live.control[DistributorControl.enableGrp1S] = 0
      live.control[DistributorControl.areNS] = 0
    }
    touchAll()
  }

  private func sharedAccess(_ isSecure: Bool) -> InterruptBank.Access {
    let isSecurityDisabled = live.control.isSecurityDisabled
    return InterruptBank.Access(
      seesAll: isSecure || isSecurityDisabled, isSecurityDisabled: isSecurityDisabled,
      honoursNonSecureAccess: true)
  }

  // MARK: GICD_IROUTER

  /// The SPI whose GICD_IROUTER is at an offset.
  private static func route(at offset: UInt64) -> Int? {
    guard offset >= GICD.irouter, offset < GICD.irouterEnd, offset & 7 == 0 else { return nil }
    let interrupt = (offset - GICD.irouter) / 8
    return interrupt >= 32 && interrupt < UInt64(interruptCount) ? Int(interrupt) : nil
  }

  private func mayRoute(_ interrupt: Int, _ isSecure: Bool) -> Bool {
    if isSecure || live.control.isSecurityDisabled { return true }
    let bank = live.shared[interrupt / 32 - 1]
    let index = interrupt % 32
    return bank.group >> UInt32(index) & 1 != 0 || bank.nonSecureAccess(of: index) == 3
  }

  private func readRoute(_ interrupt: Int, _ isSecure: Bool) -> UInt64 {
    mayRoute(interrupt, isSecure) ? live.routes[interrupt - 32] : 0
  }

  private func writeRoute(_ interrupt: Int, _ value: UInt64, _ isSecure: Bool) {
    guard mayRoute(interrupt, isSecure) else { return }
    live.routes[interrupt - 32] = value
    touchAll()
  }

  // MARK: What both register blocks share

  /// Whether an access is of a size that some register supports, and aligned.
  static func isNatural(_ offset: UInt64, _ size: Int) -> Bool {
    (size == 1 || size == 4 || size == 8) && offset & UInt64(size - 1) == 0
  }

  /// The CoreSight identification registers at 0xFFD0...0xFFFC: PIDR4...7, PIDR0...3, CIDR0...3.
  static func identification(_ offset: UInt64, part: UInt64) -> UInt64 {
    switch offset {
    case 0xFFD0: 0x44
    case 0xFFE0: part
    case 0xFFE4: 0xB4
    case 0xFFE8: 0x3B
    case 0xFFF0: 0x0D
    case 0xFFF4: 0xF0
    case 0xFFF8: 0x05
    case 0xFFFC: 0xB1
    default: 0
    }
  }
}
