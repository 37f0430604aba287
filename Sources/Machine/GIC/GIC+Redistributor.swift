// GICR_*: the redistributors' registers, two 64 KiB frames (RD_base and SGI_base) for each core.
// IHI 0069H 12.11. There are no LPIs: what configures them is reserved.

import Arm

extension GIC {
  /// Reads a register of a redistributor; `offset` is from the first core's RD_base.
  public func readRedistributor(_ offset: UInt64, size: Int, isSecure: Bool) -> UInt64 {
    guard GIC.isNatural(offset, size), offset < redistributorsSize else { return 0 }
    let core = Int(offset / GIC.redistributorSize)
    let frame = offset % GIC.redistributorSize
    if frame >= 0x1_0000 {
      guard let (bank, register) = InterruptBank.decode(frame - 0x1_0000), bank == 0,
        register != .nonSecureAccess(1)
      else { return 0 }
      let access = privateAccess(isSecure)
      if size == 4 { return UInt64(live.cores[core].bank.read(register, access)) }
      if size == 1, case .priority(let index) = register {
        return UInt64(live.cores[core].bank.readPriority(index, access))
      }
      return 0
    }
    let type = redistributorType(core)
    switch (frame, size) {
    case (0x0004, 4): return UInt64(GIC.implementer)
    case (0x0008, 8): return type
    case (0x0008, 4): return type & 0xFFFF_FFFF
    case (0x000C, 4): return type >> 32
    case (0x0014, 4):
      // Non-secure software cannot see GICR_WAKER while there are two Security states.
      guard isSecure || live.control.isSecurityDisabled else { return 0 }
      return live.cores[core].isAsleep ? 0b110 : 0
    case (0xFFD0...0xFFFC, 4): return GIC.identification(frame, part: 0x93)
    default: return 0
    }
  }

  /// Writes a register of a redistributor; `offset` is from the first core's RD_base.
  public func writeRedistributor(_ offset: UInt64, size: Int, _ value: UInt64, isSecure: Bool) {
    guard GIC.isNatural(offset, size), offset < redistributorsSize else { return }
    let core = Int(offset / GIC.redistributorSize)
    let frame = offset % GIC.redistributorSize
    if frame >= 0x1_0000 {
      // SGIs are always edge-triggered: GICR_ICFGR0 is read-only. GICR_NSACR is for SGIs only.
      guard let (bank, register) = InterruptBank.decode(frame - 0x1_0000), bank == 0,
        register != .nonSecureAccess(1), register != .configuration(0)
      else { return }
      let access = privateAccess(isSecure)
      if size == 4 {
        live.cores[core].bank.write(register, UInt32(truncatingIfNeeded: value), access)
      } else if size == 1, case .priority(let index) = register {
        live.cores[core].bank.writePriority(index, UInt8(truncatingIfNeeded: value), access)
      }
      touch(core)
    } else if frame == 0x0014, size == 4, isSecure || live.control.isSecurityDisabled {
      // GICR_WAKER.ProcessorSleep; ChildrenAsleep follows at once. 1 of N may choose another core.
      live.cores[core].isAsleep = value & 0b10 != 0
      touchAll()
    }
  }

  /// GICR_TYPER: affinity, CommonLPIAff 1 and number as QEMU has them; Last on the last one.
  private func redistributorType(_ core: Int) -> UInt64 {
    let isLast = core == live.cores.count - 1
    return UInt64(core) << 32 | 1 << 24 | UInt64(core) << 8 | (isLast ? 1 << 4 : 0)
  }

  private func privateAccess(_ isSecure: Bool) -> InterruptBank.Access {
    let isSecurityDisabled = live.control.isSecurityDisabled
    return InterruptBank.Access(
      seesAll: isSecure || isSecurityDisabled, isSecurityDisabled: isSecurityDisabled,
      honoursNonSecureAccess: false)
  }
}
