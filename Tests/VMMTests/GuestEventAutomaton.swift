// Every call of the guest's delegated exceptions in every state that its events, the mask and the handler can
// have together, beside a reference model: the state space is walked to its end.

import Arm
import Support
import Testing

@testable import VMM

@Suite struct GuestEventAutomaton {
  typealias Model = DelegationModel

  /// As a guest's interface is: nothing can be bound, nothing is critical.
  static let start = Model(offering: [.signaled, .errors], slots: 0)
  static let steps =
    Model.steps(start.offered) + [.call(.interruptBind, 40), .call(.eventRegister, 801)]

  private func run(
    _ step: Model.Step, _ events: inout GuestEvents, _ model: inout Model
  ) -> String? {
    let inside = model.stack.last.map { UInt64($0.rawValue) }
    var expected = model.apply(step)
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
      if function == .eventContext, x1 == 4, let inside { expected = Int64(0x40 + inside) }
      switch events.call(function.rawValue, x, 0) {
      case .answer(let answer):
        if answer != expected { return "answers \(answer), expected \(expected ?? 0)" }
      case .completed(let interrupted, let address):
        guard expected == nil, let inside else { return "completes" }
        guard interrupted.x[4] == 0x40 + inside,
          interrupted.pc == VirtualAddress(0x5000 + inside)
        else {
          return "another's context"
        }
        guard address == (function == .eventComplete ? nil : VirtualAddress(x1)) else {
          return "address"
        }
      }
    }
    let next = events.next(0)
    var interrupted = InterruptedGuest()
    interrupted.x[4] = 0x40 + UInt64(next?.rawValue ?? 0)
    interrupted.pc = VirtualAddress(0x5000 + UInt64(next?.rawValue ?? 0))
    let entered = events.enter(0, interrupted)
    let due = model.deliver().map { UInt64($0.rawValue) }
    guard entered.map({ UInt64($0.event.rawValue) }) == due else { return "enters a handler" }
    if let entered, let due {
      guard entered.entry == VirtualAddress(0x9000 + 4 * due), entered.argument == 0x1000 + due
      else { return "entry or argument" }
    }
    for event in model.offered {
      guard let guests = GuestEvent(rawValue: event.rawValue),
        events.status(guests, 0).rawValue == model[event].rawValue
      else { return "state of \(event)" }
      guard events.isPending(guests, 0) == model.pending.contains(event) else {
        return "\(event) pending"
      }
    }
    guard events.isMasked(0) == model.isMasked,
      events.running(0)?.rawValue == model.stack.last?.rawValue
    else { return "mask or handler" }
    return nil
  }

  @Test func everyCallInEveryStateIsTheReferenceModels() {
    var seen: Set<Model> = [Self.start]
    var open = [(events: GuestEvents(coreCount: 2), model: Self.start)]
    while let start = open.popLast() {
      for step in Self.steps {
        var (events, model) = start
        if let complaint = run(step, &events, &model) {
          Issue.record("\(start.model), then \(step): \(complaint)")
          return
        }
        if seen.insert(model).inserted { open.append((events, model)) }
      }
    }
    #expect(seen.count > 80, "\(seen.count) states")
    for event in Self.start.offered {
      #expect(Set(seen.map { $0[event] }).count == 6)
    }
  }

  /// An interface that forgets a state is found.
  @Test func aModelOfAnotherAutomatonIsToldApart() {
    var events = GuestEvents(coreCount: 2)
    var model = Self.start
    model[.errors] = .registered
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
