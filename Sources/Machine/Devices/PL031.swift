// PrimeCell real time clock (PL031, DDI 0224). It counts virtual seconds from a constant, so that
// every run sees the same dates.

import Platform

/// A real-time clock.
public final class PL031: WordDevice {
  /// All that changes.
  public struct State: DeviceState {
    /// RTCDR minus the whole seconds of virtual time, modulo 2^32.
    var offset: UInt32
    /// RTCMR.
    var match: UInt32 = 0
    /// RTCLR.
    var load: UInt32 = 0
    /// RTCIMSC, one bit.
    var interruptMask: UInt32 = 0
    /// RTCRIS, one bit.
    var interruptStatus: UInt32 = 0
    /// Virtual time at which the count will match, if an alarm was set.
    var alarm: UInt64?

    /// Mixes in all of it.
    public func hash(into hash: inout StateHash) {
      for word in [offset, match, load, interruptMask, interruptStatus] { hash.combine(word) }
      hash.combine(alarm ?? .max)
    }
  }

  /// All that changes.
  public var state: State

  /// What the clock shows at virtual time 0 unless told otherwise: 2026-01-01T00:00:00Z, in
  /// seconds since 1970.
  public static let defaultEpoch: UInt32 = 1_767_225_600
  private static let nanosecondsPerSecond: UInt64 = 1_000_000_000

  /// A clock that shows `epoch` (seconds since 1970) at virtual time 0.
  public init(epoch: UInt32 = PL031.defaultEpoch) { state = State(offset: epoch) }

  /// RTCINTR.
  var interruptLines: UInt32 { state.interruptStatus & state.interruptMask }

  /// Virtual time at which the interrupt status changes by itself, if ever.
  var deadline: UInt64? { state.alarm }

  /// Nothing: the clock runs on.
  func reset() {}

  /// Brings the interrupt status to a virtual time.
  func update(now: UInt64) {
    guard let alarm = state.alarm, now >= alarm else { return }
    state.interruptStatus = 1
    state.alarm = nil
  }

  private func seconds(_ now: UInt64) -> UInt32 {
    UInt32(truncatingIfNeeded: now / PL031.nanosecondsPerSecond)
  }

  /// The alarm goes off when the count next equals the match register: now, if it does.
  private func setAlarm(_ now: UInt64) {
    let left = state.match &- (state.offset &+ seconds(now))
    state.alarm = (now / PL031.nanosecondsPerSecond + UInt64(left)) * PL031.nanosecondsPerSecond
    update(now: now)
  }

  /// Reads a register.
  func read(_ offset: UInt64, _ host: DeviceHost) -> UInt32 {
    let now = host.now
    update(now: now)
    switch PL031Register(rawValue: offset) {
    case .dr: return state.offset &+ seconds(now)
    case .mr: return state.match
    case .lr: return state.load
    // The clock is always enabled.
    case .cr: return 1
    case .imsc: return state.interruptMask
    case .ris: return state.interruptStatus
    case .mis: return state.interruptStatus & state.interruptMask
    // Write-only.
    case .icr: return 0
    case nil where PL031Register.identification.contains(offset):
      return PL031Register.identification(at: offset)
    case nil:
      host.hasNoRegister(offset)
      return 0
    }
  }

  /// Writes a register.
  func write(_ offset: UInt64, _ value: UInt32, _ host: DeviceHost) {
    let now = host.now
    update(now: now)
    switch PL031Register(rawValue: offset) {
    case .mr:
      state.match = value
      setAlarm(now)
    case .lr:
      state.load = value
      state.offset = value &- seconds(now)
      setAlarm(now)
    case .imsc: state.interruptMask = value & 1
    case .icr: state.interruptStatus &= ~value
    // Read-only, and RTCCR, which cannot stop the clock again (DDI 0224 3.3.4).
    case .dr, .cr, .ris, .mis: break
    case nil where PL031Register.identification.contains(offset): break
    case nil: host.hasNoRegister(offset, value)
    }
  }
}
