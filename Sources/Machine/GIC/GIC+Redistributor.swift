// GICR_*: the redistributors' registers, two 64 KiB frames (RD_base and SGI_base) for each core.
// IHI 0069H 12.11. There are no LPIs: what configures them is reserved.

import Arm

extension GIC {
  /// Reads a register of a redistributor; `offset` is from the first core's RD_base.
  public func readRedistributor(_ offset: UInt64, size: Int, isSecure: Bool) -> UInt64 {
    guard GIC.isNatural(offset, size), offset < redistributorsSize else { return 0 }
    let core = Int(offset / GIC.redistributorSize)
    let frame = offset % GIC.redistributorSize
    if frame >= GICR.sgiBase {
      guard let (register, bank, index) = InterruptBank.decode(frame - GICR.sgiBase), bank == 0,
        register != .nonSecureAccess || index == 0
      else { return 0 }
      let access = privateAccess(isSecure)
      if size == 4 { return UInt64(live.cores[core].bank.read(register, index, access)) }
      if size == 1, register == .priority {
        return UInt64(live.cores[core].bank.readPriority(index, access))
      }
      return 0
    }
    let type = redistributorType(core)
    switch (frame, size) {
    case (GICR.iidr, 4): return UInt64(GIC.implementer)
    case (GICR.typer, 8): return type
    case (GICR.typer, 4): return type & 0xFFFF_FFFF
    case (GICR.typer + 4, 4): return type >> 32
    case (GICR.waker, 4):
      // Non-secure software cannot see GICR_WAKER while there are two Security states.
      guard isSecure || live.control.isSecurityDisabled else { return 0 }
      return live.cores[core].isAsleep ? RedistributorWaker.fields.mask : 0
    case (GICD.identification, 4): return GIC.identification(frame, part: 0x93)
    default: return 0
    }
  }

  /// Writes a register of a redistributor; `offset` is from the first core's RD_base.
  public func writeRedistributor(_ offset: UInt64, size: Int, _ value: UInt64, isSecure: Bool) {
    guard GIC.isNatural(offset, size), offset < redistributorsSize else { return }
    let core = Int(offset / GIC.redistributorSize)
    let frame = offset % GIC.redistributorSize
    if frame >= GICR.sgiBase {
      // SGIs are always edge-triggered: GICR_ICFGR0 is read-only. GICR_NSACR is for SGIs only.
      guard let (register, bank, index) = InterruptBank.decode(frame - GICR.sgiBase), bank == 0,
        register != .nonSecureAccess || index == 0, register != .configuration || index != 0
      else { return }
      let access = privateAccess(isSecure)
      if size == 4 {
        live.cores[core].bank.write(register, index, UInt32(truncatingIfNeeded: value), access)
      } else if size == 1, register == .priority {
        live.cores[core].bank.writePriority(index, UInt8(truncatingIfNeeded: value), access)
      }
      touch(core)
    } else if frame == GICR.waker, size == 4, isSecure || live.control.isSecurityDisabled {
      // ChildrenAsleep follows at once. 1 of N may choose another core.
      live.cores[core].isAsleep = value & RedistributorWaker.processorSleep.mask != 0
      touchAll()
    }
  }

  /// GICR_TYPER: affinity, CommonLPIAff 1 and number as QEMU has them; Last on the last one.
  private func redistributorType(_ core: Int) -> UInt64 {
    let isLast = core == live.cores.count - 1
    return RedistributorType(rawValue: 0)
      .with(RedistributorType.affinityValue, UInt64(core))
      .with(RedistributorType.commonLPIAff, 1)
      .with(RedistributorType.processorNumber, UInt64(core))
      .with(RedistributorType.last, isLast ? 1 : 0).rawValue
  }

  private func privateAccess(_ isSecure: Bool) -> InterruptBank.Access {
    let isSecurityDisabled = live.control.isSecurityDisabled
    return InterruptBank.Access(
      seesAll: isSecure || isSecurityDisabled, isSecurityDisabled: isSecurityDisabled,
      honoursNonSecureAccess: false)
  }
}
