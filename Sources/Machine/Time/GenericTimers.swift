// The generic timers of every core: one counter, five timers per core. Arm ARM D12.2.
//
// Time is virtual: the physical count is `now` / 16. Nothing here ticks; a timer's output is a
// function of the count and of its registers, `update` puts it on the core's private interrupt
// lines, and `nextDeadline` says when an output will change by itself.

import Arm
import Platform

/// The generic timers of the board's cores.
public final class GenericTimers {
  /// One timer: CTL and CVAL. Arm ARM D12.2.4.
  struct Timer: Equatable, Sendable {
    /// CTL.ENABLE.
    var isEnabled = false
    /// CTL.IMASK.
    var isMasked = false
    /// CVAL: the count from which the condition is met.
    var compareValue: UInt64 = 0

    /// Whether the timer condition is met; never while the timer is disabled, as in QEMU.
    func isMet(_ count: UInt64) -> Bool { isEnabled && count >= compareValue }
    /// The level of the timer's interrupt.
    func output(_ count: UInt64) -> Bool { isMet(count) && !isMasked }
    /// CTL.
    func control(_ count: UInt64) -> UInt64 {
      (isEnabled ? TimerControl.enable.mask : 0) | (isMasked ? TimerControl.imask.mask : 0)
        | (isMet(count) ? TimerControl.istatus.mask : 0)
    }
    /// How many ticks from now the output changes, if it ever does.
    func ticksUntilChange(_ count: UInt64) -> UInt64? {
      guard isEnabled, !isMasked else { return nil }
      if count < compareValue { return compareValue - count }
      // Met; it ends when the count wraps to 0, if it does not compare with 0.
      return compareValue == 0 ? nil : 0 &- count
    }
  }

  /// The timers of one core, and what configures them.
  struct CoreState: Equatable, Sendable {
    /// CNTFRQ_EL0: what software wrote; hardware does not look at it.
    var frequency: UInt64 = Clock.counterFrequency
    /// CNTVOFF_EL2.
    var virtualOffset: UInt64 = 0
    /// CNTHCTL_EL2; EL1PCTEN and EL1PCEN are set after reset, as in QEMU.
    var hypervisorControl =
      CounterHypervisorControl.el1pcten.mask | CounterHypervisorControl.el1pcen.mask
    /// CNTKCTL_EL1.
    var kernelControl: UInt64 = 0
    /// CNTP_*: EL1 physical, Non-secure.
    var physical = Timer()
    /// CNTV_*: EL1 virtual.
    var virtual = Timer()
    /// CNTHP_*: EL2 physical.
    var hypervisorPhysical = Timer()
    /// CNTHV_*: EL2 virtual, whose offset is zero.
    var hypervisorVirtual = Timer()
    /// CNTPS_*: EL1 physical, Secure.
    var secure = Timer()

    /// The virtual count.
    func virtualCount(_ count: UInt64) -> UInt64 { count &- virtualOffset }
  }

  /// Everything that a snapshot must hold.
  public struct State: Equatable, Sendable {
    /// The cores.
    var cores: [CoreState]

    /// Mixes in all of it.
    public func hash(into hash: inout StateHash) {
      for core in cores {
        hash.combine(core.frequency)
        hash.combine(core.virtualOffset)
        hash.combine(core.hypervisorControl)
        hash.combine(core.kernelControl)
        for timer in [
          core.physical, core.virtual, core.hypervisorPhysical, core.hypervisorVirtual, core.secure,
        ] {
          hash.combine(timer.isEnabled)
          hash.combine(timer.isMasked)
          hash.combine(timer.compareValue)
        }
      }
    }
  }

  /// Everything that a snapshot must hold. Setting it restores it.
  public var state: State

  /// Timers in their reset state.
  public init(coreCount: Int) {
    state = State(cores: Array(repeating: CoreState(), count: max(coreCount, 1)))
  }

  /// The count of the system counter at a virtual time in nanoseconds.
  public static func count(_ now: UInt64) -> UInt64 { now / Clock.nanosecondsPerTick }

  /// CNTVOFF_EL2 of a core.
  public func virtualOffset(core: Int) -> UInt64 { state.cores[core].virtualOffset }

  // MARK: Registers

  /// Reads a timer register at `now` nanoseconds. What is not a timer register reads as zero.
  ///
  /// `offset` replaces CNTVOFF_EL2 where a virtual count is read (CNTVCT_EL0, CNTV_TVAL_EL0): pass
  /// zero for a reader for whom the virtual count is the physical one (EL2 with E2H; EL0 with E2H
  /// and TGE). The condition of the timer itself always uses CNTVOFF_EL2.
  public func read(
    _ register: SystemRegister, core: Int, now: UInt64, offset: UInt64? = nil
  ) -> UInt64 {
    let timers = state.cores[core]
    let count = GenericTimers.count(now)
    let virtual = timers.virtualCount(count)
    let seen = count &- (offset ?? timers.virtualOffset)
    return switch register {
    case .cntfrqEL0: timers.frequency
    case .cntpctEL0: count
    case .cntvctEL0: seen
    case .cntvoffEL2: timers.virtualOffset
    case .cnthctlEL2: timers.hypervisorControl
    case .cntkctlEL1: timers.kernelControl
    case .cntpCTLEL0: timers.physical.control(count)
    case .cntvCTLEL0: timers.virtual.control(virtual)
    case .cnthpCTLEL2: timers.hypervisorPhysical.control(count)
    case .cnthvCTLEL2: timers.hypervisorVirtual.control(count)
    case .cntpsCTLEL1: timers.secure.control(count)
    case .cntpCVALEL0: timers.physical.compareValue
    case .cntvCVALEL0: timers.virtual.compareValue
    case .cnthpCVALEL2: timers.hypervisorPhysical.compareValue
    case .cnthvCVALEL2: timers.hypervisorVirtual.compareValue
    case .cntpsCVALEL1: timers.secure.compareValue
    // TVAL is a 32-bit view of CVAL - count.
    case .cntpTVALEL0: (timers.physical.compareValue &- count) & 0xFFFF_FFFF
    case .cntvTVALEL0: (timers.virtual.compareValue &- seen) & 0xFFFF_FFFF
    case .cnthpTVALEL2: (timers.hypervisorPhysical.compareValue &- count) & 0xFFFF_FFFF
    case .cnthvTVALEL2: (timers.hypervisorVirtual.compareValue &- count) & 0xFFFF_FFFF
    case .cntpsTVALEL1: (timers.secure.compareValue &- count) & 0xFFFF_FFFF
    default: 0
    }
  }

  /// Writes a timer register at `now` nanoseconds; read-only ones ignore it. Call `update` after.
  ///
  /// `offset` is as in `read`, for CNTV_TVAL_EL0.
  public func write(
    _ register: SystemRegister, core: Int, now: UInt64, _ value: UInt64, offset: UInt64? = nil
  ) {
    let count = GenericTimers.count(now)
    let seen = count &- (offset ?? state.cores[core].virtualOffset)
    // TVAL is signed.
    let distance = UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: value)))
    switch register {
    case .cntfrqEL0: state.cores[core].frequency = value & 0xFFFF_FFFF
    case .cntvoffEL2: state.cores[core].virtualOffset = value
    case .cnthctlEL2: state.cores[core].hypervisorControl = value
    case .cntkctlEL1: state.cores[core].kernelControl = value
    case .cntpCTLEL0: GenericTimers.setControl(&state.cores[core].physical, value)
    case .cntvCTLEL0: GenericTimers.setControl(&state.cores[core].virtual, value)
    case .cnthpCTLEL2: GenericTimers.setControl(&state.cores[core].hypervisorPhysical, value)
    case .cnthvCTLEL2: GenericTimers.setControl(&state.cores[core].hypervisorVirtual, value)
    case .cntpsCTLEL1: GenericTimers.setControl(&state.cores[core].secure, value)
    case .cntpCVALEL0: state.cores[core].physical.compareValue = value
    case .cntvCVALEL0: state.cores[core].virtual.compareValue = value
    case .cnthpCVALEL2: state.cores[core].hypervisorPhysical.compareValue = value
    case .cnthvCVALEL2: state.cores[core].hypervisorVirtual.compareValue = value
    case .cntpsCVALEL1: state.cores[core].secure.compareValue = value
    case .cntpTVALEL0: state.cores[core].physical.compareValue = count &+ distance
    case .cntvTVALEL0: state.cores[core].virtual.compareValue = seen &+ distance
    case .cnthpTVALEL2: state.cores[core].hypervisorPhysical.compareValue = count &+ distance
    case .cnthvTVALEL2: state.cores[core].hypervisorVirtual.compareValue = count &+ distance
    case .cntpsTVALEL1: state.cores[core].secure.compareValue = count &+ distance
    default: break
    }
  }

  private static func setControl(_ timer: inout Timer, _ value: UInt64) {
    timer.isEnabled = value & TimerControl.enable.mask != 0
    timer.isMasked = value & TimerControl.imask.mask != 0
  }

  // MARK: Interrupts

  /// Drives the private interrupt lines of a core with its timers' outputs at `now` nanoseconds.
  public func update(core: Int, now: UInt64, gic: GIC) {
    let timers = state.cores[core]
    let count = GenericTimers.count(now)
    gic.setPrivateLine(
      Interrupt.virtualTimer, core: core, timers.virtual.output(timers.virtualCount(count)))
    gic.setPrivateLine(Interrupt.physicalTimer, core: core, timers.physical.output(count))
    gic.setPrivateLine(Interrupt.secureTimer, core: core, timers.secure.output(count))
    gic.setPrivateLine(
      Interrupt.hypervisorTimer, core: core, timers.hypervisorPhysical.output(count))
    gic.setPrivateLine(
      Interrupt.hypervisorVirtualTimer, core: core, timers.hypervisorVirtual.output(count))
  }

  /// The virtual time in nanoseconds, later than `now`, at which an output of a core's timers will
  /// change if no register is written; nil when none ever does.
  public func nextDeadline(core: Int, now: UInt64) -> UInt64? {
    let timers = state.cores[core]
    let count = GenericTimers.count(now)
    var ticks = UInt64.max
    if let change = timers.virtual.ticksUntilChange(timers.virtualCount(count)) { ticks = change }
    if let change = timers.physical.ticksUntilChange(count) { ticks = min(ticks, change) }
    if let change = timers.secure.ticksUntilChange(count) { ticks = min(ticks, change) }
    if let change = timers.hypervisorPhysical.ticksUntilChange(count) { ticks = min(ticks, change) }
    if let change = timers.hypervisorVirtual.ticksUntilChange(count) { ticks = min(ticks, change) }
    // A change beyond the end of virtual time never comes.
    let (target, overflows) = count.addingReportingOverflow(ticks)
    let (deadline, isBeyond) = target.multipliedReportingOverflow(by: Clock.nanosecondsPerTick)
    return overflows || isBeyond ? nil : deadline
  }
}
