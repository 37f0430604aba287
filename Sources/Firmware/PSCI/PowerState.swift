// Which cores are on. Every argument comes from below and is checked; an entry point must lie in
// the Non-secure RAM, outside what the firmware keeps for itself.

import Arm
import Platform

/// The power states of all cores. PSCI (Arm DEN0022) 6.6: OFF, ON_PENDING, ON.
public struct PowerState: Sendable {
  /// Each core's state.
  public var states: InlineArray<8, PSCI.AffinityState>
  /// Where a pending core enters.
  var entries: InlineArray<8, UInt64>
  /// The argument (x0) of a pending core.
  var contexts: InlineArray<8, UInt64>
  /// How many cores there are, 1...8.
  public var coreCount: Int
  /// The Non-secure RAM, in which an entry point must lie.
  public var ram: Range<UInt64>
  /// The part of it that the firmware keeps for itself, where none may lie.
  public var reserved: Range<UInt64>

  /// Only core 0 is on.
  public init(coreCount: Int, ram: Range<UInt64>, reserved: Range<UInt64>) {
    states = InlineArray(repeating: .off)
    states[0] = .on
    entries = InlineArray(repeating: 0)
    contexts = InlineArray(repeating: 0)
    self.coreCount = coreCount
    self.ram = ram
    self.reserved = reserved
  }

  /// The core of an affinity (Aff3 39:32, Aff2 23:16, Aff1 15:8, Aff0 7:0), or nil. Cores differ in
  /// Aff0 alone.
  public func core(affinity: UInt64) -> Int? {
    affinity < UInt64(coreCount) ? Int(affinity) : nil
  }

  /// CPU_ON. DEN0022 5.1.4. On success the caller sends the wake interrupt.
  public mutating func turnOn(affinity: UInt64, entry: UInt64, context: UInt64) -> PSCI.Result {
    guard let core = core(affinity: affinity) else { return .invalidParameters }
    guard isEntry(entry) else { return .invalidAddress }
    switch states[core] {
    case .on: return .alreadyOn
    case .onPending: return .onPending
    case .off: break
    }
    entries[core] = entry
    contexts[core] = context
    states[core] = .onPending
    return .success
  }

  /// CPU_SUSPEND of the calling core, powered down; it stays on for who asks. DEN0022 5.4.
  mutating func suspend(_ core: Int, entry: UInt64, context: UInt64) -> PSCI.Result {
    guard isEntry(entry) else { return .invalidAddress }
    entries[core] = entry
    contexts[core] = context
    return .success
  }

  /// Where a suspended core enters when it wakes, and with which x0.
  public func resumption(_ core: Int) -> (entry: UInt64, context: UInt64) {
    (entries[core], contexts[core])
  }

  private func isEntry(_ entry: UInt64) -> Bool {
    entry & 3 == 0 && ram.contains(entry) && !reserved.contains(entry)
  }

  /// CPU_OFF of the calling core; the caller then parks.
  public mutating func turnOff(_ core: Int) { states[core] = .off }

  /// What a parked core asks whenever it wakes: where to enter, and with which x0; it is then on.
  public mutating func takeEntry(_ core: Int) -> (entry: UInt64, context: UInt64)? {
    guard states[core] == .onPending else { return nil }
    states[core] = .on
    return (entries[core], contexts[core])
  }

  /// AFFINITY_INFO: an `AffinityState` or an error. DEN0022 5.1.5. A level above 0 names a group of
  /// cores, which is on if any of its cores is; the affinity's fields below the level are ignored.
  public func affinityInfo(affinity: UInt64, lowestLevel: UInt64) -> Int32 {
    guard lowestLevel <= 3 else { return PSCI.Result.invalidParameters.rawValue }
    guard lowestLevel > 0 else {
      guard let core = core(affinity: affinity) else {
        return PSCI.Result.invalidParameters.rawValue
      }
      return states[core].rawValue
    }
    // All cores share Aff3, Aff2 and Aff1, which are 0; bits outside the four fields must be 0.
    let fields = MultiprocessorAffinity.affinityMask
    let above = fields & ~((1 << (lowestLevel * 8)) - 1)
    let ignored = lowestLevel == 3 ? 0x00ff_ffff : fields & ~above
    guard affinity & ~ignored == 0 else { return PSCI.Result.invalidParameters.rawValue }
    var group = PSCI.AffinityState.off
    for core in 0..<coreCount {
      if states[core] == .on { return PSCI.AffinityState.on.rawValue }
      if states[core] == .onPending { group = .onPending }
    }
    return group.rawValue
  }
}
