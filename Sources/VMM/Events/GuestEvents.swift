// The software delegated exception interface that the guest's EL1 gets with --events sdei: what each call
// answers, and whose handler is entered when. The rules are those of the firmware's (Arm room: SDEI); what
// differs is that no interrupt can be bound, that no event is critical, so that one handler runs at a time, and
// that KVM answers PSCI: a vCPU that was turned off is found to be off when an event is for it. Arm DEN 0054.
//
// Every argument is the guest's. An entry is its own affair, as its exception vectors are.

import Arm

/// An event of the guest's.
enum GuestEvent: UInt32 {
  /// What SDEI_EVENT_SIGNAL raises: private.
  case signaled = 0
  /// A record is in the source of events: shared.
  case errors = 800

  var kind: SDEI.EventKind {
    SDEI.EventKind(
      isShared: self == .errors, isCritical: false, isSignaled: self == .signaled)
  }
}

/// What a handler has interrupted: it may use X0 to X17.
struct InterruptedGuest: Sendable {
  /// X0 to X17.
  var x = InlineArray<18, UInt64>(repeating: 0)
  /// Where it goes on.
  var pc = VirtualAddress(0)
  /// Its PSTATE.
  var pstate = ProcessState(rawValue: 0)
}

/// How a call ends.
enum GuestCallEnd {
  /// With this in X0.
  case answer(Int64)
  /// A handler has completed: what it had interrupted goes on where it was or, as if it had taken an
  /// exception, at an address.
  case completed(InterruptedGuest, resumesAt: VirtualAddress?)
}

/// A handler that a vCPU enters.
struct GuestHandler: Equatable, Sendable {
  var event: GuestEvent
  /// Its first instruction.
  var entry: VirtualAddress
  /// X1.
  var argument: UInt64
}

/// A vCPU as a target of events.
private struct EventTarget {
  /// Whether no handler is entered: every vCPU starts so.
  var isMasked = true
  /// The event whose handler runs.
  var running: GuestEvent?
  /// What that has interrupted.
  var interrupted = InterruptedGuest()
}

/// The interface of one boot of a guest.
struct GuestEvents: Sendable {
  /// How many vCPUs there are, 1 to 8.
  let coreCount: Int
  /// Those of the private event, one for each vCPU, then the shared event's.
  private var registrations = InlineArray<9, SDEI.Registration>(repeating: SDEI.Registration())
  private var targets = InlineArray<8, EventTarget>(repeating: EventTarget())

  init(coreCount: Int) { self.coreCount = coreCount }

  private func place(_ event: GuestEvent, _ core: Int) -> Int { event.kind.isShared ? 8 : core }

  /// The state of an event on a vCPU.
  func status(_ event: GuestEvent, _ core: Int) -> SDEI.Status {
    registrations[place(event, core)].status
  }
  /// Whether an event waits for its handler.
  func isPending(_ event: GuestEvent, _ core: Int) -> Bool {
    registrations[place(event, core)].isPending
  }
  /// Whether a vCPU enters no handler.
  func isMasked(_ core: Int) -> Bool { targets[core].isMasked }
  /// The event whose handler a vCPU runs.
  func running(_ core: Int) -> GuestEvent? { targets[core].running }

  /// Whether an event waits for the end of the handler that a vCPU runs. A vCPU that was turned off meanwhile
  /// would never end it.
  func holdsPending(_ core: Int) -> Bool {
    targets[core].running.map { isPending($0, core) } ?? false
  }

  // MARK: Handlers

  /// An event has happened: its handler is entered as soon as it can be.
  mutating func raise(_ event: GuestEvent, _ core: Int = 0) {
    registrations[place(event, core)].isPending = true
  }

  /// The event whose handler a vCPU is to enter now.
  func next(_ core: Int) -> GuestEvent? {
    canTake(.signaled, core) ? .signaled : canTake(.errors, core) ? .errors : nil
  }

  private func canTake(_ event: GuestEvent, _ core: Int) -> Bool {
    registrations[place(event, core)].isWaiting(for: core) && !targets[core].isMasked
      && targets[core].running == nil
  }

  /// A vCPU enters the handler that it is to enter now, and what it leaves is kept.
  mutating func enter(_ core: Int, _ interrupted: InterruptedGuest) -> GuestHandler? {
    guard let event = next(core) else { return nil }
    let place = place(event, core)
    guard registrations[place].deliver() else { return nil }
    targets[core].running = event
    targets[core].interrupted = interrupted
    return GuestHandler(
      event: event, entry: VirtualAddress(registrations[place].entry),
      argument: registrations[place].argument)
  }

  private mutating func complete(_ core: Int) -> Bool {
    guard let event = targets[core].running,
      registrations[place(event, core)].change(.complete) == .success
    else { return false }
    targets[core].running = nil
    return true
  }

  /// A vCPU is off: its private event is unregistered, and no handler runs there any more.
  mutating func turnOff(_ core: Int) {
    _ = complete(core)
    _ = registrations[place(.signaled, core)].unregister()
    targets[core].isMasked = true
  }

  // MARK: Calls

  /// Handles a call of a vCPU, with X1 to X5.
  mutating func call(
    _ identifier: UInt32, _ x: InlineArray<6, UInt64>, _ core: Int
  ) -> GuestCallEnd {
    guard let function = SDEI.Function(rawValue: identifier) else {
      return .answer(SDEI.Result.notSupported.rawValue)
    }
    switch function {
    case .version: return .answer(SDEI.version1Dot1)
    case .features:
      let feature = SDEI.Feature(rawValue: UInt32(truncatingIfNeeded: x[1]))
      return .answer(feature == nil ? SDEI.Result.invalidParameters.rawValue : 0)
    case .peMask:
      defer { targets[core].isMasked = true }
      return .answer(targets[core].isMasked ? 0 : 1)
    case .peUnmask:
      targets[core].isMasked = false
      return .answer(0)
    case .eventContext:
      guard x[1] < UInt64(SDEI.savedRegisterCount) else {
        return .answer(SDEI.Result.invalidParameters.rawValue)
      }
      guard targets[core].running != nil else { return .answer(SDEI.Result.denied.rawValue) }
      return .answer(Int64(bitPattern: targets[core].interrupted.x[Int(x[1])]))
    case .eventComplete, .eventCompleteAndResume:
      let address = function == .eventComplete ? nil : VirtualAddress(x[1])
      guard address.map({ SDEI.isEntry($0.rawValue) }) ?? true, complete(core) else {
        return .answer(SDEI.Result.denied.rawValue)
      }
      return .completed(targets[core].interrupted, resumesAt: address)
    case .interruptBind:
      // There is no slot for any; software generated ones could not be bound anyhow.
      return .answer(
        (UInt32(truncatingIfNeeded: x[1]) < 16
          ? SDEI.Result.invalidParameters : .outOfResource).rawValue)
    case .privateReset: return .answer(reset(.signaled, core).rawValue)
    case .sharedReset: return .answer(reset(.errors, core).rawValue)
    case .eventRegister, .eventEnable, .eventDisable, .eventUnregister, .eventStatus,
      .eventGetInfo, .eventRoutingSet, .interruptRelease, .eventSignal:
      guard let event = GuestEvent(rawValue: UInt32(truncatingIfNeeded: x[1])) else {
        return .answer(SDEI.Result.invalidParameters.rawValue)
      }
      return .answer(callOfEvent(function, event, x, core))
    }
  }

  private mutating func callOfEvent(
    _ function: SDEI.Function, _ event: GuestEvent, _ x: InlineArray<6, UInt64>, _ core: Int
  ) -> Int64 {
    let place = place(event, core)
    switch function {
    case .eventRegister: return register(event, x, place).rawValue
    case .eventEnable: return registrations[place].change(.enable).rawValue
    case .eventDisable: return registrations[place].change(.disable).rawValue
    case .eventUnregister: return registrations[place].unregister().rawValue
    case .eventStatus: return Int64(bitPattern: registrations[place].status.rawValue)
    case .eventGetInfo:
      return event.kind.information(
        x[2], registrations[place].status, registrations[place].routing)
    case .eventRoutingSet:
      guard event.kind.isShared,
        let routing = SDEI.Routing(flags: x[2], affinity: x[3], coreCount: coreCount)
      else { return SDEI.Result.invalidParameters.rawValue }
      return registrations[place].route(routing).rawValue
    case .eventSignal: return signal(event, affinity: x[2]).rawValue
    // None is bound.
    default: return SDEI.Result.invalidParameters.rawValue
    }
  }

  private mutating func register(
    _ event: GuestEvent, _ x: InlineArray<6, UInt64>, _ place: Int
  ) -> SDEI.Result {
    guard
      let request = SDEI.Registration.Request(
        entry: x[2], argument: x[3], flags: x[4], affinity: x[5], coreCount: coreCount)
    else { return .invalidParameters }
    return registrations[place].register(request, event.kind)
  }

  /// Denied if the handler runs: its event is then unregistered when it completes.
  private mutating func reset(_ event: GuestEvent, _ core: Int) -> SDEI.Result {
    registrations[place(event, core)].unregister() == .pending ? .denied : .success
  }

  private mutating func signal(_ event: GuestEvent, affinity: UInt64) -> SDEI.Result {
    guard event == .signaled, let target = SDEI.core(affinity, of: coreCount),
      !targets[target].isMasked, status(event, target).isSet(SDEI.Status.enabled)
    else { return .invalidParameters }
    raise(event, target)
    return .success
  }
}
