// PrimeCell real time clock (PL031, DDI 0224). It counts virtual seconds from a constant, so that
// every run sees the same dates.

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
  private static let identification: [UInt8] = [0x31, 0x10, 0x14, 0x00, 0x0D, 0xF0, 0x05, 0xB1]

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
    switch offset {
    case 0x00: return state.offset &+ seconds(now)
    case 0x04: return state.match
    case 0x08: return state.load
    // The clock is always enabled.
    case 0x0C: return 1
    case 0x10: return state.interruptMask
    case 0x14: return state.interruptStatus
    case 0x18: return state.interruptStatus & state.interruptMask
    // Write-only.
    case 0x1C: return 0
    case 0xFE0...0xFFF: return UInt32(PL031.identification[Int(offset - 0xFE0) >> 2])
    default:
      host.hasNoRegister(offset)
      return 0
    }
  }

  /// Writes a register.
  func write(_ offset: UInt64, _ value: UInt32, _ host: DeviceHost) {
    let now = host.now
    update(now: now)
    switch offset {
    case 0x04:
      state.match = value
      setAlarm(now)
    case 0x08:
      state.load = value
      state.offset = value &- seconds(now)
      setAlarm(now)
    case 0x10: state.interruptMask = value & 1
    case 0x1C: state.interruptStatus &= ~value
    // Read-only, and RTCCR, which cannot stop the clock again (DDI 0224 3.3.4).
    case 0x00, 0x0C, 0x14, 0x18, 0xFE0...0xFFF: break
    default: host.hasNoRegister(offset, value)
    }
  }
}
