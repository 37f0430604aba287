// An acknowledgement is a store to memory: nothing tells EL3 of it. While reports wait for a block, the
// Secure physical timer of one core enters EL3, as an FIQ (Group 0), to look again: first after 0.1 ms,
// then after twice as long each time, as long as nothing moves. Who has not read for about two seconds
// will not: EL3 looks again when it is next entered for another reason. The same timer brings EL3 back
// to what it has to look at by itself (`lookTime`): the records of a node that is not to tell.
//
// Where the error nodes have interrupts, or the operating system can ring (Services), SCR_EL3.FIQ is always
// set; elsewhere only while the timer runs. The levels below have no Group 0 interrupt to miss; what they see
// of it is that ICC_PMR_EL1 and ICC_RPR_EL1 show Non-secure priorities. Arm IHI 0069, 4.8.

import Arm
import Platform

/// The timer that brings EL3 back to reports that wait, and to records that nobody tells of.
public struct RetryTimer: Sendable {
  /// The core whose timer runs.
  public private(set) var core: Int?
  /// When it will run out, in ticks of the counter.
  private var runsOut: UInt64 = 0
  /// When to look again for room, if at all.
  private var retryTime: UInt64?
  /// How long to wait the next time.
  private var period = Self.shortest
  /// How many reports waited when that was decided.
  private var waiting = 0
  /// Whether Group 0 interrupts are to come to EL3 in any case.
  var isAlwaysRouted = false

  /// 0.1 ms.
  static var shortest: UInt64 { Clock.counterFrequency / 10_000 }
  /// 0.8 s; with all before it 1.6 s.
  static var longest: UInt64 { shortest << 13 }

  /// A timer that does not run.
  public init() {}

  /// Starts the timer of this core, if reports wait or `lookTime` is a time, and no core's timer runs out
  /// before; stops it if there is nothing to come back for. The CPU interface of a parked core lets
  /// Group 0 through anyway, and has to.
  mutating func set<P: FirmwarePlatform>(
    _ platform: P, core: Int, waiting: Int, lookTime: UInt64?, isParked: Bool
  ) {
    let now = platform.read(.cntpctEL0)
    if waiting != self.waiting {
      self.waiting = waiting
      period = Self.shortest
    }
    if waiting == 0 { retryTime = nil }
    if waiting > 0, retryTime == nil, period <= Self.longest {
      retryTime = now &+ period
      period <<= 1
    }
    guard let due = Self.earlier(retryTime, lookTime) else {
      if self.core == core { return stop(platform, isParked: isParked) }
      return route(platform, core, isParked: isParked)
    }
    if self.core == nil || due < runsOut || self.core == core && due != runsOut {
      self.core = core
      runsOut = due
      platform.write(.cntpsTVALEL1, due > now ? due &- now : 1)
      platform.write(.cntpsCTLEL1, TimerControl.enable.mask)
    }
    route(platform, core, isParked: isParked)
  }

  /// The earlier of two times, if there is one.
  static func earlier(_ a: UInt64?, _ b: UInt64?) -> UInt64? {
    guard let a else { return b }
    guard let b else { return a }
    return min(a, b)
  }

  /// The timer of this core has run out.
  mutating func expire<P: FirmwarePlatform>(_ platform: P, core: Int) {
    platform.write(.cntpsCTLEL1, 0)
    guard self.core == core else { return }
    if retryTime == runsOut { retryTime = nil }
    stop(platform, isParked: false)
  }

  /// The timer of a parked core has woken it, perhaps: an interrupt that nobody takes.
  mutating func wake<P: FirmwarePlatform>(_ platform: P, core: Int) {
    guard TimerControl(rawValue: platform.read(.cntpsCTLEL1)).isSet(TimerControl.istatus) else {
      return
    }
    platform.write(.cntpsCTLEL1, 0)
    guard self.core == core else { return }
    if retryTime == runsOut { retryTime = nil }
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

  /// Lets Group 0 interrupts of this core through, to EL3.
  private func route<P: FirmwarePlatform>(_ platform: P, _ core: Int, isParked: Bool) {
    guard self.core == core || isAlwaysRouted else { return }
    platform.write(.scrEL3, platform.read(.scrEL3) | SecureConfiguration.fiq.mask)
    if !isParked { platform.write(.iccIGRPEN0EL1, 1) }
    platform.synchronizeContext()
  }
}
