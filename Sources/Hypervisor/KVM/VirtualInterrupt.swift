// One interrupt of a virtual GIC: what the distributor or redistributor remembers of it.

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
  /// A physical PPI of the same number stands behind it: a list register deactivates both.
  public var isMapped = false
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

  /// Pending, enabled or not.
  public var isPending: Bool { isEdge ? isLatched : isLatched || isLineHigh }
}
