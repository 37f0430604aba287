// An acknowledgement is a store to memory: nothing tells EL3 of it. While reports wait for a block, the
// Secure physical timer of one core enters EL3, as an FIQ (Group 0), to look again: first after 0.1 ms,
// then after twice as long each time, as long as nothing moves. Who has not read for about two seconds
// will not: EL3 looks again when it is next entered for another reason.
//
// SCR_EL3.FIQ is set only meanwhile, but where the operating system can ring (Services). The levels below
// have no Group 0 interrupt to miss; what they see of it is that ICC_PMR_EL1 and ICC_RPR_EL1 show Non-secure
// priorities. Arm IHI 0069, 4.8.

import Arm
import Platform

/// The timer that brings EL3 back to reports that wait.
public struct RetryTimer: Sendable {
  /// The core whose timer runs.
  public private(set) var core: Int?
  /// How long it runs next, in ticks of the counter.
  private var period = Self.shortest
  /// How many reports waited when it was set.
  private var waiting = 0

  /// Whether Group 0 interrupts are to come to EL3 in any case.
  var isAlwaysRouted = false

  /// 0.1 ms.
  static var shortest: UInt64 { Clock.counterFrequency / 10_000 }
  /// 0.8 s; with all before it 1.6 s.
  static var longest: UInt64 { shortest << 13 }

  /// A timer that does not run.
  public init() {}

  /// Starts the timer of this core, if reports wait and no core has its timer running; stops it if none
  /// wait. The CPU interface of a parked core lets Group 0 through anyway, and has to.
  mutating func set<P: FirmwarePlatform>(
    _ platform: P, core: Int, waiting: Int, isParked: Bool
  ) {
    if waiting != self.waiting {
      self.waiting = waiting
      period = Self.shortest
    }
    guard waiting > 0, period <= Self.longest else {
      if self.core == core { stop(platform, isParked: isParked) }
      if isAlwaysRouted { route(platform, isParked: isParked) }
      return
    }
    guard self.core != core else { return route(platform, isParked: isParked) }
    guard self.core == nil else {
      if isAlwaysRouted { route(platform, isParked: isParked) }
      return
    }
    self.core = core
    platform.write(.cntpsTVALEL1, period)
    platform.write(.cntpsCTLEL1, TimerControl.enable.mask)
    period <<= 1
    route(platform, isParked: isParked)
  }

  /// The timer of this core has run out, or something else of Group 0 came.
  mutating func expire<P: FirmwarePlatform>(_ platform: P, core: Int) {
    let interrupt = platform.read(.iccIAR0EL1)
    if self.core == core { stop(platform, isParked: false) }
    // ICC_CTLR_EL3.EOImode_EL3 is 0: this deactivates it.
    if !SpecialInterrupt.contains(interrupt) { platform.write(.iccEOIR0EL1, interrupt) }
    platform.synchronizeContext()
  }

  /// The timer of a parked core has woken it, perhaps: an interrupt that nobody takes.
  mutating func wake<P: FirmwarePlatform>(_ platform: P, core: Int) {
    guard self.core == core,
      TimerControl(rawValue: platform.read(.cntpsCTLEL1)).isSet(TimerControl.istatus)
    else { return }
    stop(platform, isParked: true)
  }

  private mutating func stop<P: FirmwarePlatform>(_ platform: P, isParked: Bool) {
    core = nil
    platform.write(.cntpsCTLEL1, 0)
    if !isAlwaysRouted {
      platform.write(.scrEL3, platform.read(.scrEL3) & ~SecureConfiguration.fiq.mask)
      if !isParked { platform.write(.iccIGRPEN0EL1, 0) }
    }
    platform.synchronizeContext()
  }

  /// Lets the interrupt through, to EL3.
  private func route<P: FirmwarePlatform>(_ platform: P, isParked: Bool) {
    platform.write(.scrEL3, platform.read(.scrEL3) | SecureConfiguration.fiq.mask)
    if !isParked { platform.write(.iccIGRPEN0EL1, 1) }
    platform.synchronizeContext()
  }
}
