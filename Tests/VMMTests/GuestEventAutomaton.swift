// Every call of the guest's delegated exceptions in every state that its events, the mask and the handler can
// have together, beside a reference model: the state space is walked to its end.

import Arm
import Testing

@testable import VMM

/// The interface as DEN 0054 has it (5.1 and 6.1), for one of two vCPUs that call: nothing can be bound, nothing
/// is critical.
private struct EventModel: Hashable {
  /// The six states of a handler, as SDEI_EVENT_STATUS answers them.
  enum State: Int64 {
    case unregistered = 0
    case registered = 1
    case enabled = 3
    case unregisterPending = 4
    case running = 5
    case enabledRunning = 7
  }

  enum Step: Hashable {
    case call(SDEI.Function, UInt64, UInt64 = 0)
    case raise
    case turnOff
  }

  var states: [UInt64: State] = [0: .unregistered, 800: .unregistered]
  var pending: Set<UInt64> = []
  /// The shared event goes to the other vCPU alone.
  var isElsewhere = false
  var isMasked = true
  var inside: UInt64?

  static let invalid: Int64 = -2
  static let denied: Int64 = -3

  static var steps: [Step] {
    var steps: [Step] = [
      .raise, .turnOff, .call(.version, 0), .call(.peMask, 0), .call(.peUnmask, 0),
      .call(.privateReset, 0), .call(.sharedReset, 0), .call(.eventContext, 4),
      .call(.eventContext, 18), .call(.eventComplete, 0), .call(.eventComplete, 1),
      .call(.eventCompleteAndResume, 0x7000), .call(.eventCompleteAndResume, 0x7002),
      .call(.eventCompleteAndResume, 0), .call(.features, 0), .call(.features, 1),
      .call(.features, 2), .call(.interruptBind, 8), .call(.interruptBind, 40),
      .call(.eventSignal, 0, 1), .call(.eventSignal, 0, 2),
    ]
    for event in [0, 800, 801] as [UInt64] {
      for function in [
        SDEI.Function.eventRegister, .eventEnable, .eventDisable, .eventUnregister, .eventStatus,
        .eventSignal, .interruptRelease,
      ] { steps.append(.call(function, event)) }
      // The parameter has 32 bits.
      for which in [0, 1, 2, 3, 4, 5, 1 << 32 | 3, 1 << 32 | 4] as [UInt64] {
        steps.append(.call(.eventGetInfo, event, which))
      }
      for flags in 0...2 as ClosedRange<UInt64> {
        steps.append(.call(.eventRoutingSet, event, flags))
      }
    }
    return steps
  }

  /// What a call answers; nil for one that does not come back to its caller.
  mutating func apply(_ step: Step) -> Int64? {
    switch step {
    case .raise:
      pending.insert(800)
      return nil
    case .turnOff:
      complete()
      _ = unregister(0)
      isMasked = true
      return nil
    case .call(let function, let x1, let x2): return call(function, x1, x2)
    }
  }

  private mutating func complete() {
    guard let event = inside else { return }
    inside = nil
    states[event] =
      switch states[event] {
      case .running: .registered
      case .enabledRunning: .enabled
      default: .unregistered
      }
  }

  private mutating func unregister(_ event: UInt64) -> Int64 {
    switch states[event] {
    case .registered, .enabled: states[event] = .unregistered
    case .running, .enabledRunning: states[event] = .unregisterPending
    case .unregisterPending: return -5
    default: return Self.denied
    }
    pending.remove(event)
    if event == 800 { isElsewhere = false }
    return states[event] == .unregistered ? 0 : -5
  }

  private mutating func call(_ function: SDEI.Function, _ x1: UInt64, _ x2: UInt64) -> Int64? {
    switch function {
    case .version: return 0x0001_0001_0000_0000
    case .features: return x1 < 2 ? 0 : Self.invalid
    case .peMask:
      defer { isMasked = true }
      return isMasked ? 0 : 1
    case .peUnmask:
      isMasked = false
      return 0
    case .eventContext:
      return x1 > 17 ? Self.invalid : inside.map { 0x40 + Int64($0) } ?? Self.denied
    case .eventComplete, .eventCompleteAndResume:
      let isGood = function == .eventComplete || x1 == 0x7000
      guard isGood, inside != nil else { return Self.denied }
      complete()
      return nil
    case .interruptBind: return x1 < 16 ? Self.invalid : -10
    case .privateReset: return unregister(0) == -5 ? Self.denied : 0
    case .sharedReset: return unregister(800) == -5 ? Self.denied : 0
    default: break
    }
    guard let state = states[x1], function != .interruptRelease else { return Self.invalid }
    let isShared = x1 == 800
    switch (function, state) {
    case (.eventRegister, .unregistered): states[x1] = .registered
    case (.eventEnable, .registered): states[x1] = .enabled
    case (.eventEnable, .running): states[x1] = .enabledRunning
    case (.eventDisable, .enabled): states[x1] = .registered
    case (.eventDisable, .enabledRunning): states[x1] = .running
    case (.eventEnable, .enabled), (.eventEnable, .enabledRunning), (.eventDisable, .registered),
      (.eventDisable, .running):
      break
    case (.eventUnregister, _): return unregister(x1)
    case (.eventStatus, _): return state.rawValue
    case (.eventGetInfo, _):
      switch x2 & 0xFFFF_FFFF {
      case 0: return isShared ? 1 : 0
      case 1: return isShared ? 0 : 1
      case 2: return 0
      case 3, 4:
        guard isShared else { return Self.invalid }
        guard state.rawValue & 1 != 0 else { return Self.denied }
        return isElsewhere ? 1 : x2 & 0xFFFF_FFFF == 3 ? 0 : Self.invalid
      default: return Self.invalid
      }
    case (.eventRoutingSet, _):
      guard isShared, x2 < 2 else { return Self.invalid }
      guard state == .registered else { return Self.denied }
      isElsewhere = x2 == 1
    case (.eventSignal, _):
      // The other vCPU is masked.
      guard !isShared, x2 == 0, !isMasked, state == .enabled || state == .enabledRunning else {
        return Self.invalid
      }
      pending.insert(0)
    default: return Self.denied
    }
    return 0
  }

  mutating func deliver() -> UInt64? {
    guard !isMasked, inside == nil else { return nil }
    for event in [0, 800] as [UInt64]
    where pending.contains(event) && states[event] == .enabled && !(event == 800 && isElsewhere) {
      pending.remove(event)
      states[event] = .enabledRunning
      inside = event
      return event
    }
    return nil
  }
}

@Suite struct GuestEventAutomaton {
  private func run(
    _ step: EventModel.Step, _ events: inout GuestEvents, _ model: inout EventModel
  ) -> String? {
    let inside = model.inside
    let expected = model.apply(step)
    switch step {
    case .raise: events.raise(.errors)
    case .turnOff: events.turnOff(0)
    case .call(let function, let x1, let x2):
      var x = InlineArray<6, UInt64>(repeating: 0)
      x[1] = x1
      x[2] = x2
      // The entry, or an affinity with all that MPIDR_EL1 has beside it.
      if function == .eventRegister { x[2] = 0x9000 + 4 * x1 }
      x[3] = function == .eventRoutingSet ? 0x8100_0001 : 0x1000 + x1
      switch events.call(function.rawValue, x, 0) {
      case .answer(let answer):
        if answer != expected { return "answers \(answer), expected \(expected ?? 0)" }
      case .completed(let interrupted, let address):
        guard expected == nil, let inside else { return "completes" }
        guard interrupted.x[4] == 0x40 + inside, interrupted.pc == 0x5000 + inside else {
          return "another's context"
        }
        guard address == (function == .eventComplete ? nil : x1) else { return "address" }
      }
    }
    let next = events.next(0)
    var interrupted = InterruptedGuest()
    interrupted.x[4] = 0x40 + UInt64(next?.rawValue ?? 0)
    interrupted.pc = 0x5000 + UInt64(next?.rawValue ?? 0)
    let entered = events.enter(0, interrupted)
    let due = model.deliver()
    guard entered.map({ UInt64($0.event.rawValue) }) == due else { return "enters a handler" }
    if let entered, let due {
      guard entered.entry == 0x9000 + 4 * due, entered.argument == 0x1000 + due else {
        return "entry or argument"
      }
    }
    for event in [GuestEvent.signaled, .errors] {
      let number = UInt64(event.rawValue)
      guard Int64(events.status(event, 0).rawValue) == model.states[number]?.rawValue else {
        return "state of \(event)"
      }
      guard events.isPending(event, 0) == model.pending.contains(number) else {
        return "\(event) pending"
      }
    }
    guard events.isMasked(0) == model.isMasked,
      events.running(0).map({ UInt64($0.rawValue) }) == model.inside
    else { return "mask or handler" }
    return nil
  }

  @Test func everyCallInEveryStateIsTheReferenceModels() {
    var seen: Set<EventModel> = [EventModel()]
    var open = [(events: GuestEvents(coreCount: 2), model: EventModel())]
    while let start = open.popLast() {
      for step in EventModel.steps {
        var (events, model) = start
        if let complaint = run(step, &events, &model) {
          Issue.record("\(start.model), then \(step): \(complaint)")
          return
        }
        if seen.insert(model).inserted { open.append((events, model)) }
      }
    }
    #expect(seen.count > 80, "\(seen.count) states")
    for event in [0, 800] as [UInt64] {
      #expect(Set(seen.map { $0.states[event] }).count == 6)
    }
  }

  /// An interface that forgets a state is found.
  @Test func aModelOfAnotherAutomatonIsToldApart() {
    var events = GuestEvents(coreCount: 2)
    var model = EventModel()
    model.states[800] = .registered
    #expect(run(.call(.eventEnable, 800), &events, &model) != nil)
  }

  @Test func aSharedEventIsOneAndAPrivateOneIsOfEachVCPU() {
    var events = GuestEvents(coreCount: 3)
    func call(_ function: SDEI.Function, _ x1: UInt64, _ x2: UInt64 = 0, core: Int) -> Int64 {
      var x = InlineArray<6, UInt64>(repeating: 0)
      x[1] = x1
      x[2] = x2
      guard case .answer(let answer) = events.call(function.rawValue, x, core) else { return .min }
      return answer
    }
    #expect(call(.eventRegister, 800, 0x9000, core: 0) == 0)
    #expect(call(.eventRegister, 800, 0x9000, core: 1) == -3)
    #expect(call(.eventRegister, 0, 0x9000, core: 0) == 0)
    #expect(call(.eventRegister, 0, 0x9100, core: 1) == 0)
    #expect(call(.eventEnable, 0, core: 1) == 0)
    #expect(call(.eventEnable, 800, core: 2) == 0)
    events.raise(.errors)
    // Every vCPU starts masked.
    for core in 0..<3 { #expect(events.next(core) == nil) }
    #expect(call(.eventSignal, 0, 1, core: 0) == -2)
    _ = call(.peUnmask, 0, core: 1)
    _ = call(.peUnmask, 0, core: 2)
    #expect(call(.eventSignal, 0, 1, core: 0) == 0)
    #expect(call(.eventSignal, 0, 3, core: 0) == -2)
    #expect(events.next(0) == nil && events.next(1) == .signaled && events.next(2) == .errors)
    #expect(events.enter(2, InterruptedGuest())?.event == .errors)
    // One handler at a time: the other vCPU's own waits for none of it.
    events.raise(.errors)
    #expect(events.next(1) == .signaled && events.next(2) == nil)
    #expect(events.enter(1, InterruptedGuest())?.entry == 0x9100)
  }
}
