// The secure monitor: what happens on an exception to EL3. One lock covers all of it (the image
// takes it), so the state here is only ever touched by one core.

import APEI
import Arm
import Platform

/// The state of EL3 and its answers.
public struct Monitor<P: FirmwarePlatform> {
  let platform: P
  /// Which cores are on.
  public var power: PowerState
  /// The error sources.
  public var errors: ErrorReporter
  /// What the cores have; they are all alike.
  public var features: ProcessorFeatures
  /// Whether External aborts and SErrors do not come to EL3.
  public var leavesErrorsBelow = false
  /// What brings EL3 back while reports wait.
  public internal(set) var retry = RetryTimer()
  /// What the operating system can ask for; nil where it cannot ask.
  var services: Services?
  /// Whether SErrors repeat without end.
  private var repetition = ErrorRepetition()
  /// What is known of the nodes' interrupts.
  var nodes = NodeInterrupts()
  /// What ends a run that a fatal error has not ended.
  public var watchdog = Watchdog()
  /// The software delegated exception interface.
  var delegation = DelegatedEvents()

  /// A monitor for a board.
  public init(
    _ platform: P, power: PowerState, errors: ErrorReporter, features: ProcessorFeatures
  ) {
    self.platform = platform
    self.power = power
    self.errors = errors
    self.features = features
  }

  /// The slot of the vector table that an exception came through, in the table's order.
  /// Arm ARM D1.4.1.6.
  public enum Slot: UInt64, Sendable {
    /// Synchronous, from a lower level in AArch64.
    case synchronous = 8
    /// FIQ, from a lower level in AArch64: the firmware's own timer, or an error node.
    case fiq = 10
    /// SError, from a lower level in AArch64.
    case serror = 11
  }

  /// Handles an exception of a core from a lower level, and changes its context to what it is to
  /// return to.
  ///
  /// All other slots are exceptions of EL3 itself, interrupts that are not routed here and levels in
  /// AArch32, which this firmware does not start: they are a bug, and answered with `panic`.
  public mutating func handle(
    slot number: UInt64, core: Int, context: inout LowerContext
  ) -> MonitorAction {
    let action = handleException(number, core, &context)
    return deliverEvents(core, &context, action)
  }

  private mutating func handleException(
    _ number: UInt64, _ core: Int, _ context: inout LowerContext
  ) -> MonitorAction {
    switch Slot(rawValue: number) {
    case .synchronous: handleSynchronous(core, &context)
    case .fiq: handleInterrupt(core)
    // With SCR_EL3.EASE a synchronous External abort comes here as well.
    case .serror:
      Syndrome(rawValue: context.esr).exceptionClass == .serror
        ? handleSError(core, &context) : handleSynchronous(core, &context)
    case nil: .panic
    }
  }

  private mutating func handleSynchronous(
    _ core: Int, _ context: inout LowerContext
  ) -> MonitorAction {
    let syndrome = Syndrome(rawValue: context.esr)
    switch syndrome.exceptionClass {
    case .smc:
      return handleCall(core, &context)
    case .systemRegister:
      if !context.emulateErrorRecordAccess() { forge(undefined: true, &context) }
      return .resume
    case let abort where abort.isAbort && syndrome.faultStatus.isExternalAbort:
      let line = accessedLine(context.esr, context.far, context.spsr)
      let outcome = report(core, context.esr, context.far, line)
      keep(outcome)
      tend(core)
      if outcome == .firmwareLost { return .reset }
      // A fatal error too: no mask withholds a synchronous exception, and the kernel that takes it
      // panics with the record.
      let place = context.elr
      forge(&context)
      // Unless it is the kernel's vector that could not be fetched: it would be told for ever.
      return abort.isInstructionAbort && context.elr == place ? .reset : .resume
    case let abort where abort.isAbort:
      return .panic  // the lower levels' own faults are not routed here
    default:
      // Nothing else traps here by our choice: an instruction of a feature this firmware does not
      // know. Whoever uses it, perhaps a process, must not be able to stop the machine.
      forge(undefined: true, &context)
      return .resume
    }
  }

  // What follows has a stack frame of its own, which is gone while a report is composed: together
  // they would not fit the 2 KiB that the error path may use (Tests/FirmwareTests/ImageBudgets).
  // All of it is `mutating`, and takes values instead of the context where it can: otherwise the
  // compiler puts a copy of the monitor, or of the context, on the stack.

  @inline(never)
  private mutating func handleCall(_ core: Int, _ context: inout LowerContext) -> MonitorAction {
    if SDEI.identifiers.contains(UInt32(truncatingIfNeeded: context.x[0])) {
      handleDelegationCall(core, &context)
      tend(core)
      return .resume
    }
    let call = power.call(
      core: core, x0: context.x[0], x1: context.x[1], x2: context.x[2], x3: context.x[3],
      features: features)
    if let result = call.result { context.x[0] = UInt64(bitPattern: result) }
    if let woken = call.wokenCore { SecureGIC(platform).wake(woken) }
    if call.action == .park, delegation.isOffered {
      delegation.turnOff(platform, core)
      SecureGIC(platform).ignoreEvents(core)
    }
    tend(core)
    return call.action
  }

  /// Publishes what waits, and sees to it that EL3 is entered again while something does.
  @inline(never)
  mutating func tend(_ core: Int, isParked: Bool = false) {
    errors.publishWaiting(platform, features)
    setTimer(core, isParked)
  }

  @inline(never)
  private mutating func setTimer(_ core: Int, _ isParked: Bool) {
    releaseNodes(core)
    retry.isAlwaysRouted = nodes.areOn || services != nil || delegation.isOffered
    retry.set(
      platform, core: core, waiting: errors.queue.waitingCount, lookTime: lookTime(core),
      isParked: isParked)
  }

  /// The same on a parked core that something may have woken: what it is told by, nobody takes, but for an
  /// interrupt that a client has bound. Whether it may go on.
  public mutating func tendParked(_ core: Int) -> MonitorAction {
    retry.wake(platform, core: core)
    takeBound(core)
    let action = nodes.areOn ? look(core, isParked: true) : .resume
    answer(core)
    tend(core, isParked: true)
    offerEvents(core)
    return action
  }

  /// What a core does before it leaves EL3 for an entry of the kernel's: what is in the records from
  /// before is reported, or forgotten where there is nobody to report to. After a reset that is all
  /// records; later a core asks its own alone, since others may be handling the rest.
  public mutating func begin(_ core: Int, isAfterReset: Bool) {
    let records = ErrorRecords(platform, features)
    if leavesErrorsBelow {
      records.discard()
    } else if isAfterReset ? records.hasValid : records.hasOwnValid {
      reportLeftOver(core)
    }
    enableNodes(core, isFirst: isAfterReset)
    listenForEvents(core)
    tend(core)
    offerEvents(core)
  }

  @inline(never)
  private mutating func reportLeftOver(_ core: Int) {
    _ = errors.report(platform, .leftOver, line: nil, core: core, features: features)
  }

  @inline(never)
  private mutating func report(
    _ core: Int, _ esr: UInt64, _ far: UInt64, _ line: UInt64?
  ) -> ErrorReporter.Outcome {
    errors.report(
      platform, .abort(Syndrome(rawValue: esr), faultAddress: far), line: line, core: core,
      features: features)
  }

  @inline(never)
  private mutating func report(
    _ core: Int, _ esr: UInt64, isMasked: Bool
  ) -> ErrorReporter.Outcome {
    errors.report(
      platform, .systemError(Syndrome(rawValue: esr), isMasked: isMasked), line: nil, core: core,
      features: features)
  }

  /// Keeps the report of an error that ends the run, for the next boot.
  mutating func keep(_ outcome: ErrorReporter.Outcome) {
    guard outcome == .fatal || outcome == .firmwareLost else { return }
    errors.keepLast(platform, features)
    watchdog.start(now: platform.read(.cntpctEL0))
  }

  /// The line of Non-secure RAM that an aborted access went to; nil for an abort on a walk, and for
  /// an access to anything else.
  @inline(never)
  private mutating func accessedLine(_ esr: UInt64, _ far: UInt64, _ spsr: UInt64) -> UInt64? {
    let syndrome = Syndrome(rawValue: esr)
    guard syndrome.faultStatus == .externalAbort, syndrome.hasFaultAddress else { return nil }
    let level = ProcessState(rawValue: spsr).originLevel
    let isHost = HypervisorConfiguration(rawValue: platform.read(.hcrEL2)).isHost
    let query: TranslationQuery =
      level == .el2 || level == .el0 && isHost ? .stage1EL2 : .bothStagesEL1
    guard let result = platform.translate(far, query),
      let address = TranslationResult(rawValue: result).address(of: far)?.rawValue
    else { return nil }
    return power.ram.contains(address) ? CacheLine.start(of: address) : nil
  }

  /// Whether an abort was on the stage 2 walk for the access: stage 1 alone can be walked then.
  @inline(never)
  private mutating func isOnStage2Walk(_ faultAddress: UInt64) -> Bool {
    if platform.translate(faultAddress, .stage1EL1) != nil { return true }
    errors.clearRepetitions(platform, features)
    return false
  }

  /// The registers that decide a forged exception.
  private mutating func forgingContext(_ context: inout LowerContext) -> ForgingContext {
    ForgingContext(
      platform, origin: context.spsr, syndrome: context.esr, faultAddress: context.far,
      returnAddress: context.elr, features)
  }

  @inline(never)
  private mutating func forge(undefined: Bool = false, _ context: inout LowerContext) {
    var forging = forgingContext(&context)
    if !undefined, forging.isWalkAmbiguous {
      forging.isOnStage2Walk = isOnStage2Walk(context.far)
    }
    let forged =
      undefined ? ForgedException(undefined: forging) : ForgedException(synchronousAbort: forging)
    forged.deliver(platform, &context)
  }

  @inline(never)
  private mutating func handleSError(
    _ core: Int, _ context: inout LowerContext
  ) -> MonitorAction {
    let isEndless = countRepetition(core, &context) >= ErrorRepetition.limit
    if isEndless, isOwnError(core) { return .reset }
    defer { noteReturn(core, &context) }
    if isOnlyCounted(context.esr) { return isEndless ? count(core) : .resume }
    let route = serrorRoute(context.spsr)
    let outcome = report(core, context.esr, isMasked: route.isMasked)
    keep(outcome)
    silence()
    tend(core)
    if outcome == .firmwareLost { return .reset }
    if route.isMasked { return outcome == .fatal ? .reset : withheldSError(context.esr) }
    forgeSError(route.target, &context)
    return .resume
  }

  /// Whether an SError is one of so many corrected errors of a node that they are only counted. Where a line is
  /// corrected at every use, whoever answers each of them has no time for anything else; and nobody gets on
  /// at all if the last instruction of the way out of the handler is in that line.
  @inline(never)
  private mutating func isOnlyCounted(_ esr: UInt64) -> Bool {
    let silent = errors.corrected.silentNodes
    return silent != 0 && Syndrome(rawValue: esr).asynchronousErrorType == .corrected
      && !ErrorRecords(platform, features).hasValid(besides: silent)
  }

  @inline(never)
  private mutating func countRepetition(_ core: Int, _ context: inout LowerContext) -> UInt64 {
    repetition.count(core, &context, now: platform.read(.cntpctEL0))
  }

  /// Whether an SError that repeats without end is EL3's own: a record says so, or none says otherwise for long.
  /// Without a record another core has taken it, and nothing is known.
  @inline(never)
  private mutating func isOwnError(_ core: Int) -> Bool {
    let records = ErrorRecords(platform, features)
    if records.hasMemory(ofNonSecure: true) { return false }
    return records.hasMemory(ofNonSecure: false)
      || repetition.isOfUnknown(core) && records.hasValid
  }

  @inline(never)
  private mutating func noteReturn(_ core: Int, _ context: inout LowerContext) {
    repetition.goesOn(core, &context, now: platform.read(.cntpctEL0))
  }

  /// Where an SError of the world below would have gone, and whether it is masked there.
  @inline(never)
  private mutating func serrorRoute(_ spsr: UInt64) -> ExternalAbortRouting.ErrorTarget {
    let origin = ProcessState(rawValue: spsr)
    return ExternalAbortRouting.errorTargetBelowEL3(
      at: origin.originLevel, isMaskSet: origin.isSet(ProcessState.a),
      isEL2Enabled: ExternalAbortRouting.isEL2Enabled(
        SecureConfiguration(rawValue: platform.read(.scrEL3))),
      hcr: HypervisorConfiguration(rawValue: platform.read(.hcrEL2)))
  }

  /// An SError that its target masks must not be forged, and there is no FEAT_E3DSE here to pend it:
  /// an error that left the core in order is then only reported, any other is fatal.
  private func withheldSError(_ syndrome: UInt64) -> MonitorAction {
    SystemErrorClass(Syndrome(rawValue: syndrome)) == .harmless ? .resume : .reset
  }

  @inline(never)
  private mutating func forgeSError(_ target: ExceptionLevel, _ context: inout LowerContext) {
    ForgedException(serror: forgingContext(&context), target: target).deliver(platform, &context)
  }
}
