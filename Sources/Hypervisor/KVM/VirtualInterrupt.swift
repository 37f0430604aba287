// One interrupt of a virtual GIC: what the distributor or redistributor remembers of it.

import Platform

/// The PPIs that the timers of a VM's vCPUs raise, which user space may choose.
public struct GuestTimers: Equatable, Sendable {
  /// INTID of the virtual timer.
  public var virtual = Int(Interrupt.virtualTimer)
  /// INTID of the physical timer.
  public var physical = Int(Interrupt.physicalTimer)

  /// Those that the board has.
  public init() {}

  /// The physical PPI behind a guest's interrupt; 0 if it is no timer's.
  func hardware(behind intid: Int) -> UInt8 {
    if intid == virtual { return UInt8(Interrupt.virtualTimer) }
    return intid == physical ? UInt8(Interrupt.physicalTimer) : 0
  }
}

/// An SGI, PPI or SPI. GICv3 IHI 0069 4.1.2 (states), 12.9, 12.11 (registers).
public struct VirtualInterrupt: Equatable, Sendable {
  /// GICD_ISENABLER, GICR_ISENABLER0.
  public var isEnabled = false
  /// Pending by an edge, or by a write to ISPENDR.
  public var isLatched = false
  /// The level of the input line.
  public var isLineHigh = false
  /// Active. While it is in a list register of a running vCPU, this is what it was at entry.
  public var isActive = false
  /// `isActive` was written while a list register held the interrupt: what that says is older.
  var isActiveWritten = false
  /// GICD_ICFGR: edge-triggered; otherwise the line's level counts.
  public var isEdge = false
  /// GICD_IGROUPR.
  public var isGroup1 = true
  /// The physical PPI that stands behind it, of a timer: a list register deactivates both. 0 for none.
  public var physical: UInt8 = 0
  /// In the queue of `owner`.
  public var isQueued = false
  /// GICD_IPRIORITYR.
  public var priority: UInt8 = 0
  /// The vCPU it goes to, by index; nil when GICD_IROUTER names nobody.
  public var target: UInt16?
  /// The vCPU in whose queue it is.
  public var owner: UInt16 = 0
  /// GICD_IROUTER: Aff2, Aff1, Aff0.
  public var route: UInt32 = 0

  /// As after reset.
  public init() {}

  /// Whether a physical interrupt stands behind it.
  public var isMapped: Bool { physical != 0 }
  /// Pending, enabled or not.
  public var isPending: Bool { isEdge ? isLatched : isLatched || isLineHigh }
}
