// The interrupt controller: a GICv3 with one distributor, a redistributor per core and the CPU
// interface of each core, physical and virtual. IHI 0069H.
//
// Surprising at first: there is no "interrupt raised" call to a core. Every change only marks the
// cores it may concern in `attention`; the run loop then asks `signals(core:_:)`, which
// recomputes the highest-priority pending interrupt of that core when it is stale. What a signal is
// (IRQ or FIQ) depends on the Security state the PE is in, so the question carries the PE's view.
//
// Like QEMU's `virt`: affinity routing is always on, two Security states (until Secure software sets
// GICD_CTLR.DS), 288 INTIDs, 5 priority bits in the CPU interface and 8 in the distributor. Unlike
// it: no LPIs and no ITS, and 1 of N routing works.

import Arm
import Platform

/// What the CPU interface must know about the PE that accesses it or is to be signalled.
public struct InterruptView: Sendable {
  /// PSTATE.EL.
  public var level: ExceptionLevel
  /// Whether the PE is in Secure state (EL3 counts as Secure).
  public var isSecure: Bool
  /// SCR_EL3.
  public var scrEL3: UInt64
  /// HCR_EL2.
  public var hcrEL2: UInt64

  /// A view.
  public init(level: ExceptionLevel, isSecure: Bool, scrEL3: UInt64, hcrEL2: UInt64) {
    self.level = level
    self.isSecure = isSecure
    self.scrEL3 = scrEL3
    self.hcrEL2 = hcrEL2
  }
}

/// The interrupt inputs of a PE.
public struct InterruptSignals: Equatable, Sendable {
  /// Physical IRQ.
  public var irq = false
  /// Physical FIQ.
  public var fiq = false
  /// Virtual IRQ from the list registers (HCR_EL2.VI is not included).
  public var virtualIRQ = false
  /// Virtual FIQ from the list registers (HCR_EL2.VF is not included).
  public var virtualFIQ = false

  /// No signal.
  public init() {}
}

/// The interrupt controller of the board.
public final class GIC {
  /// Number of INTIDs: 16 SGIs, 16 PPIs and 256 SPIs, as QEMU's `virt` has them.
  public static let interruptCount: UInt32 = 288
  /// Number of list registers, ICH_VTR_EL2.ListRegs + 1 (Neoverse N1).
  public static let listRegisterCount = 4
  /// Bytes of one core's redistributor: RD_base and SGI_base, 64 KiB each.
  public static let redistributorSize = GICR.size

  /// The state as the chapter's files change it; who changes it calls `touch`.
  var live: State
  /// The highest-priority pending interrupt of each core; valid where `stale` is clear.
  var highest: [Candidate]
  /// Cores whose `highest` must be recomputed; bit n is core n.
  var stale: UInt64

  /// Cores whose signals may have changed since the run loop last cleared their bit.
  public var attention: UInt64

  /// Everything that a snapshot must hold. Setting it restores it.
  public var state: State {
    get { live }
    set {
      guard newValue.cores.count == live.cores.count else { return }
      live = newValue
      touchAll()
    }
  }

  /// Number of cores.
  public var coreCount: Int { live.cores.count }

  /// Bytes of the redistributor region that answer; beyond them nothing is there.
  public var redistributorsSize: UInt64 { UInt64(live.cores.count) * GIC.redistributorSize }

  /// A controller in its reset state, for 1...16 cores whose affinity is Aff0 = core number.
  public init(coreCount: Int) {
    let count = min(max(coreCount, 1), 16)
    live = State(coreCount: count)
    highest = Array(repeating: Candidate(), count: count)
    stale = (1 << UInt64(count)) - 1
    attention = stale
  }

  // MARK: Inputs

  /// Sets the level of a shared peripheral interrupt's wire. Other INTIDs are ignored.
  ///
  /// - Returns: Whether the level has changed.
  @discardableResult
  public func setLine(_ interrupt: UInt32, _ level: Bool) -> Bool {
    guard interrupt >= 32, interrupt < GIC.interruptCount,
      live.shared[Int(interrupt / 32) - 1].setLine(Int(interrupt % 32), level)
    else { return false }
    touchAll()
    return true
  }

  /// Sets the level of a private peripheral interrupt's wire (16...31). Others are ignored.
  ///
  /// - Returns: Whether the level has changed.
  @discardableResult
  public func setPrivateLine(_ interrupt: UInt32, core: Int, _ level: Bool) -> Bool {
    guard interrupt >= 16, interrupt < 32, live.cores.indices.contains(core),
      live.cores[core].bank.setLine(Int(interrupt), level)
    else { return false }
    touch(core)
    return true
  }

  // MARK: Outputs

  /// The interrupt inputs of a core, for the Security state and Exception level it is in.
  ///
  /// IHI 0069H 4.6.2: Group 0 is always FIQ; Group 1 is IRQ in its own Security state below EL3,
  /// FIQ otherwise.
  public func signals(core: Int, _ view: InterruptView) -> InterruptSignals {
    let candidate = candidate(core)
    var signals = InterruptSignals()
    signals.virtualIRQ = candidate.virtualIRQ
    signals.virtualFIQ = candidate.virtualFIQ
    if candidate.preempts {
      let isFIQ =
        switch candidate.group {
        case .group0: true
        case .secureGroup1: !view.isSecure || view.level == .el3
        case .nonSecureGroup1: view.isSecure || view.level == .el3
        }
      signals.irq = !isFIQ
      signals.fiq = isFIQ
    }
    return signals
  }

  // MARK: Bookkeeping

  /// Notes that something that only concerns one core changed.
  func touch(_ core: Int) {
    stale |= 1 << UInt64(core)
    attention |= 1 << UInt64(core)
  }

  /// Notes that something changed that may concern any core.
  func touchAll() {
    let all: UInt64 = (1 << UInt64(live.cores.count)) - 1
    stale |= all
    attention |= all
  }
}
