// Group 0 interrupts: those that EL3 takes as FIQs, whatever runs below. An error node's ask for its
// records; the timer's asks for what waits, or for records of a node that is not to tell.
//
// The nodes of memory and of the interconnect are every core's, and one core handles their interrupts; another
// may just be on its way to EL3 with the abort of the access that met the error. Errors with an in-band
// response are left to who got it, for `NodeInterrupts.patience`; then they are reported as nobody's. The
// record of a core's own node is that core's alone: it waits for its own time, and a core that is off leaves
// nothing in it to anybody.

import APEI
import Arm
import Platform

/// What EL3 knows of the interrupts of the error nodes.
public struct NodeInterrupts: Sendable {
  /// Whether there are any.
  public internal(set) var areOn = false
  /// When an error in each core's own node that somebody was told of in-band is nobody's; `never` where
  /// there is none.
  private var ownHolds = InlineArray<8, UInt64>(repeating: Self.never)
  /// The same of the nodes that the cores share.
  private var sharedHold = Self.never

  private static var never: UInt64 { .max }

  /// 2 ms: longer than an SError is on its way.
  static var patience: UInt64 { Clock.counterFrequency / 500 }

  /// No interrupts.
  public init() {}

  /// When an error is nobody's, of a core's own node or of the shared ones; nil where none is left to anybody.
  func hold(_ core: Int, isOwn: Bool) -> UInt64? {
    let time = isOwn ? ownHolds[core] : sharedHold
    return time == Self.never ? nil : time
  }

  /// Whichever of the two comes first.
  func hold(_ core: Int) -> UInt64? {
    let time = min(ownHolds[core], sharedHold)
    return time == Self.never ? nil : time
  }

  /// Changes it.
  mutating func setHold(_ time: UInt64?, _ core: Int, isOwn: Bool) {
    if isOwn { ownHolds[core] = time ?? Self.never } else { sharedHold = time ?? Self.never }
  }
}

extension Monitor {
  /// When this core has to look at the records by itself.
  @inline(never)
  mutating func lookTime(_ core: Int) -> UInt64? {
    let hold = nodes.hold(core)
    let poll = errors.corrected.pollTime
    return RetryTimer.earlier(RetryTimer.earlier(hold, poll), watchdog.due)
  }

  /// Lets the node of this core tell, and those that all cores share where this is the first.
  @inline(never)
  mutating func enableNodes(_ core: Int, isFirst: Bool) {
    let records = ErrorRecords(platform, features)
    if isFirst {
      nodes.areOn = !leavesErrorsBelow && records.haveInterrupts
      SecureGIC(platform).connectSharedInterrupts(recordCount: records.count)
    }
    guard nodes.areOn else { return }
    SecureGIC(platform).takeProcessorInterrupts(core)
    if isFirst { SecureGIC(platform).takeSharedInterrupts(recordCount: records.count) }
    records.enableInterrupts(isFirst: isFirst)
  }

  @inline(never)
  mutating func handleInterrupt(_ core: Int) -> MonitorAction {
    let interrupt = platform.read(.iccIAR0EL1)
    var action = MonitorAction.resume
    if interrupt == UInt64(Interrupt.secureTimer) {
      retry.expire(platform, core: core)
    } else if SecureGIC<P>.isOfNode(interrupt) {
      action = report(core, .interrupt(UInt32(truncatingIfNeeded: interrupt)))
      silence()
      holdNodes(core)
    } else {
      // A client's, or another core's word of an event: its handler is entered at the end.
      _ = delegation.take(platform, interrupt, core: core)
    }
    action = look(core, isParked: false) == .reset ? .reset : action
    answer(core)
    // ICC_CTLR_EL3.EOImode_EL3 is 0: this deactivates it.
    if !SpecialInterrupt.contains(interrupt) { platform.write(.iccEOIR0EL1, interrupt) }
    platform.synchronizeContext()
    tend(core)
    return action
  }

  /// Looks at the records, if the time for it has come, or on a core that takes no interrupts.
  @inline(never)
  mutating func look(_ core: Int, isParked: Bool) -> MonitorAction {
    let now = platform.read(.cntpctEL0)
    if let time = watchdog.due, now >= time { return .reset }
    if let time = nodes.hold(core, isOwn: true), now >= time {
      return settleAbandoned(core, isOwn: true)
    }
    if let time = nodes.hold(core, isOwn: false), now >= time {
      return settleAbandoned(core, isOwn: false)
    }
    if let time = errors.corrected.pollTime, now >= time {
      let action = report(core, .interrupt(Interrupt.memoryFault))
      let calm = errors.corrected.takeCalm(now: now)
      if calm != 0 { ErrorRecords(platform, features).setCorrectedInterrupts(true, of: calm) }
      return action
    }
    guard isParked, ErrorRecords(platform, features).hasValid else { return .resume }
    let action = report(core, .parked)
    silence()
    holdNodes(core)
    return action
  }

  /// Takes what the record of a short loop says into the counts, so that it names the next line: that may be
  /// EL3's own.
  @inline(never)
  mutating func count(_ core: Int) -> MonitorAction {
    let action = report(core, .interrupt(Interrupt.memoryFault))
    errors.dropCount()
    tend(core)
    return action
  }

  private mutating func settleAbandoned(_ core: Int, isOwn: Bool) -> MonitorAction {
    let action = report(core, .abandoned(isOwn: isOwn))
    releaseNodes(core, isOwn: isOwn)
    return action
  }

  @inline(never)
  private mutating func report(_ core: Int, _ origin: ErrorOrigin) -> MonitorAction {
    let outcome = errors.report(platform, origin, line: nil, core: core, features: features)
    keep(outcome)
    return outcome == .firmwareLost ? .reset : .resume
  }

  /// Forbids the shared nodes to tell of corrected errors that tell of too many.
  @inline(never)
  mutating func silence() {
    let nodes = errors.takeTooOften(now: platform.read(.cntpctEL0))
    if nodes != 0 { ErrorRecords(platform, features).setCorrectedInterrupts(false, of: nodes) }
  }

  /// Leaves errors that somebody was told of to him, for a while.
  @inline(never)
  private mutating func holdNodes(_ core: Int) {
    holdNodes(core, isOwn: true)
    holdNodes(core, isOwn: false)
  }

  private mutating func holdNodes(_ core: Int, isOwn: Bool) {
    guard nodes.hold(core, isOwn: isOwn) == nil,
      ErrorRecords(platform, features).hold(isOwn: isOwn)
    else { return }
    let time = platform.read(.cntpctEL0) &+ NodeInterrupts.patience
    nodes.setHold(time, core, isOwn: isOwn)
  }

  /// Lets the nodes tell of uncorrected errors again, once nothing is left to anybody.
  @inline(never)
  mutating func releaseNodes(_ core: Int) {
    releaseNodes(core, isOwn: true)
    releaseNodes(core, isOwn: false)
  }

  private mutating func releaseNodes(_ core: Int, isOwn: Bool) {
    guard nodes.hold(core, isOwn: isOwn) != nil,
      ErrorRecords(platform, features).release(isOwn: isOwn)
    else { return }
    nodes.setHold(nil, core, isOwn: isOwn)
  }
}
