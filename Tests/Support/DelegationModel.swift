// The reference for the software delegated exception interface: what each call answers and what it makes of the
// events, written from the tables of Arm DEN 0054 (5.1 and 6.1) and from nothing of those who are compared with
// it, the firmware and the VMM. Two PEs; of a private event, two shared ones of either priority, and a shared one
// that is there while an interrupt is bound, those that are offered.

import Arm

/// The interface as the specification has it, for one PE that calls.
public struct DelegationModel: Hashable, Sendable {
  /// The events by their numbers.
  public enum Event: UInt32, CaseIterable, Sendable {
    /// What SDEI_EVENT_SIGNAL raises.
    case signaled = 0
    /// Errors.
    case errors = 800
    /// Critical errors.
    case critical = 801
    /// What an interrupt is bound to.
    case bound = 2000

    var isShared: Bool { self != .signaled }
    var isCritical: Bool { self == .critical }
  }

  /// The six states of a handler, as SDEI_EVENT_STATUS answers them.
  public enum State: UInt64, Sendable {
    case unregistered = 0
    case registered = 1
    case enabled = 3
    case unregisterPending = 4
    case running = 5
    case enabledRunning = 7
  }

  /// What can happen.
  public enum Step: Hashable, Sendable {
    /// A call with X1 and X2.
    case call(SDEI.Function, UInt64, UInt64 = 0)
    /// An error event is raised.
    case raise(Event)
    /// The PE is turned off.
    case turnOff
  }

  /// The events that there are.
  public let offered: [Event]
  /// How many interrupts of each type can be bound.
  public let slots: Int

  /// The state of each event that is not unregistered.
  private var states: [Event: State] = [:]
  /// Events that wait.
  public private(set) var pending: Set<Event> = []
  /// Shared events that go to the other PE alone.
  private var elsewhere: Set<Event> = []
  /// Whether the PE enters no handler.
  public private(set) var isMasked = true
  /// Whether an interrupt is bound.
  private var isBound = false
  /// The interrupt.
  public static let interrupt: UInt64 = 78

  /// Events whose handlers run, outermost first.
  public private(set) var stack: [Event] = []

  /// An interface before the first call.
  public init(offering events: [Event] = Event.allCases, slots: Int = 3) {
    offered = events
    self.slots = slots
  }

  /// The state of an event.
  public subscript(event: Event) -> State {
    get { states[event] ?? .unregistered }
    set { states[event] = newValue == .unregistered ? nil : newValue }
  }

  /// Every step that is tried in every state, in which these events take part.
  public static func steps(_ events: [Event]) -> [Step] {
    var steps: [Step] = [
      .turnOff, .call(.version, 0), .call(.peMask, 0), .call(.peUnmask, 0), .call(.privateReset, 0),
      .call(.sharedReset, 0), .call(.eventContext, 4), .call(.eventContext, 18),
      .call(.eventComplete, 0), .call(.eventComplete, 1),
      .call(.eventCompleteAndResume, 0), .call(.eventCompleteAndResume, 0x7000),
      .call(.eventCompleteAndResume, 0x7002),
      .call(.features, 0), .call(.features, 1), .call(.features, 2), .call(.eventSignal, 0, 0),
      .call(.eventSignal, 0, 1), .call(.eventSignal, 0, 2), .call(.eventSignal, 800, 0),
      .call(.interruptRelease, 800),
      .call(.interruptRelease, 1000), .call(.interruptBind, 8),
    ]
    if events.contains(.bound) {
      steps += [.call(.interruptBind, interrupt), .call(.interruptRelease, 2000)]
    }
    for event in events {
      if event != .signaled { steps.append(.raise(event)) }
      let number = UInt64(event.rawValue)
      for function in [
        SDEI.Function.eventRegister, .eventEnable, .eventDisable, .eventUnregister, .eventStatus,
      ] {
        steps.append(.call(function, number))
      }
      // The parameter has 32 bits.
      for which in [0, 1, 2, 3, 4, 5, 1 << 32 | 3, 1 << 32 | 4] as [UInt64] {
        steps.append(.call(.eventGetInfo, number, which))
      }
      for flags in 0...2 as ClosedRange<UInt64> {
        steps.append(.call(.eventRoutingSet, number, flags))
      }
    }
    for function in [
      SDEI.Function.eventRegister, .eventEnable, .eventDisable, .eventUnregister, .eventStatus,
      .eventGetInfo, .eventRoutingSet, .eventSignal, .interruptRelease,
    ] {
      steps.append(.call(function, 77))
    }
    return steps
  }

  /// Whether a step can be made: an interrupt comes if it is enabled, to the PE that it is routed to.
  public func isPossible(_ step: Step) -> Bool {
    step != .raise(.bound)
      || self[.bound] == .enabled && !elsewhere.contains(.bound) && !pending.contains(.bound)
  }

  private static let invalid: Int64 = -2
  private static let denied: Int64 = -3
  private static let unregistrationPending: Int64 = -5
  private static let outOfResource: Int64 = -10

  /// What happens: the answer, or nil for one that does not come back to its caller.
  public mutating func apply(_ step: Step) -> Int64? {
    switch step {
    case .raise(let event):
      pending.insert(event)
      return nil
    case .turnOff:
      while !stack.isEmpty { complete() }
      _ = unregister(.signaled)
      isMasked = true
      return nil
    case .call(let function, let x1, let x2): return call(function, x1, x2)
    }
  }

  private mutating func call(_ function: SDEI.Function, _ x1: UInt64, _ x2: UInt64) -> Int64? {
    switch function {
    case .version: return 0x0001_0001_0000_0000
    case .peMask:
      defer { isMasked = true }
      return isMasked ? 0 : 1
    case .peUnmask:
      isMasked = false
      return 0
    case .features: return x1 == 0 ? Int64(slots << 16 | slots) : x1 == 1 ? 0 : Self.invalid
    case .interruptBind:
      guard x1 >= 16 else { return Self.invalid }
      guard slots > 0 else { return Self.outOfResource }
      isBound = true
      return Int64(Event.bound.rawValue)
    case .interruptRelease:
      guard isBound, x1 == UInt64(Event.bound.rawValue) else { return Self.invalid }
      guard self[.bound] == .unregistered else { return Self.denied }
      isBound = false
      return 0
    case .eventContext: return x1 > 17 ? Self.invalid : stack.isEmpty ? Self.denied : nil
    case .eventComplete, .eventCompleteAndResume:
      let isBad = function == .eventCompleteAndResume && (x1 == 0 || x1 & 3 != 0)
      guard !stack.isEmpty, !isBad else { return Self.denied }
      complete()
      return nil
    case .privateReset: return reset([.signaled])
    case .sharedReset:
      let result = reset(offered.filter { $0.isShared && ($0 != .bound || isBound) })
      if result == 0 { isBound = false }
      return result
    default:
      guard let event = Event(rawValue: UInt32(x1)), offered.contains(event) else {
        return Self.invalid
      }
      // An event that no interrupt is bound to cannot be registered.
      if event == .bound, !isBound, function == .eventRegister { return Self.denied }
      return call(function, event, x2)
    }
  }

  private mutating func complete() {
    let event = stack.removeLast()
    self[event] =
      switch self[event] {
      case .running: .registered
      case .enabledRunning: .enabled
      default: .unregistered
      }
  }

  private mutating func reset(_ events: [Event]) -> Int64 {
    var isBusy = false
    for event in events where unregister(event) == Self.unregistrationPending { isBusy = true }
    return isBusy ? Self.denied : 0
  }

  private mutating func unregister(_ event: Event) -> Int64 {
    switch self[event] {
    case .unregistered: return Self.denied
    case .unregisterPending: return Self.unregistrationPending
    case .registered, .enabled:
      forget(event, .unregistered)
      return 0
    case .running, .enabledRunning:
      forget(event, .unregisterPending)
      return Self.unregistrationPending
    }
  }

  private mutating func forget(_ event: Event, _ state: State) {
    self[event] = state
    pending.remove(event)
    elsewhere.remove(event)
  }

  private mutating func call(_ function: SDEI.Function, _ event: Event, _ x2: UInt64) -> Int64 {
    let state = self[event]
    switch (function, state) {
    case (.eventRegister, .unregistered):
      self[event] = .registered
      return 0
    case (.eventRegister, _): return Self.denied
    case (.eventEnable, .registered): self[event] = .enabled
    case (.eventEnable, .running): self[event] = .enabledRunning
    case (.eventDisable, .enabled): self[event] = .registered
    case (.eventDisable, .enabledRunning): self[event] = .running
    case (.eventEnable, .unregistered), (.eventEnable, .unregisterPending),
      (.eventDisable, .unregistered), (.eventDisable, .unregisterPending):
      return Self.denied
    case (.eventUnregister, _): return unregister(event)
    case (.eventStatus, _): return Int64(state.rawValue)
    case (.eventGetInfo, _): return information(event, x2 & 0xFFFF_FFFF)
    case (.eventRoutingSet, _):
      guard event.isShared, x2 < 2, event != .bound || isBound else { return Self.invalid }
      guard state == .registered else { return Self.denied }
      if x2 == 1 { elsewhere.insert(event) } else { elsewhere.remove(event) }
    case (.eventSignal, _):
      let isReady = state == .enabled || state == .enabledRunning
      guard event == .signaled, x2 == 0, !isMasked, isReady else { return Self.invalid }
      pending.insert(event)
    default: break
    }
    return 0
  }

  private func information(_ event: Event, _ which: UInt64) -> Int64 {
    let isRegistered = self[event].rawValue & 1 != 0
    switch which {
    case 0: return event.isShared ? 1 : 0
    case 1: return event == .signaled ? 1 : 0
    case 2: return event.isCritical ? 1 : 0
    case 3, 4:
      guard event.isShared else { return Self.invalid }
      guard isRegistered else { return Self.denied }
      let isElsewhere = elsewhere.contains(event)
      return which == 3 ? (isElsewhere ? 1 : 0) : isElsewhere ? 1 : Self.invalid
    default: return Self.invalid
    }
  }

  /// Enters the handler that is due: critical before normal, the lower number first.
  public mutating func deliver() -> Event? {
    guard !isMasked else { return nil }
    for event in [Event.critical, .signaled, .errors, .bound]
    where pending.contains(event) && self[event] == .enabled && !elsewhere.contains(event) {
      if stack.isEmpty || stack.count == 1 && event.isCritical && !stack[0].isCritical {
        pending.remove(event)
        self[event] = .enabledRunning
        stack.append(event)
        return event
      }
    }
    return nil
  }
}
