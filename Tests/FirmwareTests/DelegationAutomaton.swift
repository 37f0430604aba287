// Every call of the software delegated exception interface in every state that its events, the mask and the
// nesting of handlers can have together, beside the reference model: the state space is walked to its end.

import Arm
import Support
import Testing

@testable import Firmware

@Suite struct DelegationAutomaton {
  typealias Model = DelegationModel

  /// Makes one step on the firmware; what is wrong with it.
  static func run(
    _ step: Model.Step, _ board: inout DelegationBoard, _ model: inout Model
  ) -> String? {
    let before = board.context
    defer { board.platform.registers[.iccSGI0REL1] = nil }
    let saved = model.stack.isEmpty ? nil : board.innermost
    for index in 6..<31 { board.context.x[index] = board.nextNumber() }
    var answer: Int64?
    switch step {
    case .raise(.bound):
      board.interrupt(Model.interrupt)
    case .raise(let event):
      board.monitor.delegation.raise(event.firmwares, core: 0)
      board.interrupt(1023)
    case .turnOff: board.monitor.delegation.turnOff(board.platform, 0)
    case .call(let function, let x1, let x2):
      let arguments: [UInt64] =
        switch function {
        case .eventRegister: [x1, 0x9000 + 4 * x1, 0x1000 + x1, 0, 0]
        case .eventRoutingSet: [x1, x2, 1]
        default: [x1, x2]
        }
      answer = board.call(identifier: UInt64(function.rawValue), arguments)
    }
    let depth = model.stack.count
    let expected = model.apply(step)
    let hasCompleted = step != .turnOff && model.stack.count < depth
    let entered = model.deliver()
    // Where the client is now.
    var place = (elr: before.elr, spsr: before.spsr)
    if hasCompleted, let saved {
      if entered == nil {
        for index in 0..<18 where board.context.x[index] != saved.x[index] {
          return "X\(index) after the handler"
        }
      }
      place = (saved.elr, saved.spsr)
      if case .call(.eventCompleteAndResume, let address, _) = step {
        guard board.platform.registers[.elrEL2] == place.elr,
          board.platform.registers[.spsrEL2] == place.spsr
        else { return "ELR_EL2 or SPSR_EL2 after COMPLETE_AND_RESUME" }
        place = (address, place.spsr & 0xf000_0000 | DelegationBoard.handler & 0x0fff_ffff)
      }
    }
    if let entered {
      let number = UInt64(entered.rawValue)
      guard board.context.x[0] == number, board.context.x[1] == 0x1000 + number,
        board.context.x[2] == place.elr, board.context.x[3] == place.spsr
      else { return "X0 to X3 of the handler" }
      guard let kept = board.innermost, (kept.elr, kept.spsr) == place else {
        return "the saved context"
      }
      if let expected, Int64(bitPattern: kept.x[0]) != expected {
        return "answers \(kept.x[0]), expected \(expected)"
      }
      place = (0x9000 + 4 * number, DelegationBoard.handler)
    } else if case .call(.eventContext, 4, _) = step, let saved, answer != nil {
      if answer != Int64(bitPattern: saved.x[4]) { return "X4 of what was interrupted" }
    } else if let expected {
      if answer != expected { return "answers \(answer ?? 0), expected \(expected)" }
    }
    guard board.context.elr == place.elr, board.context.spsr == place.spsr else {
      return "goes on at \(board.context.elr) in \(board.context.spsr)"
    }
    for event in Model.Event.allCases {
      let registration = board.monitor.delegation[event.firmwares, core: 0]
      guard registration.handler.status.rawValue == model[event].rawValue else {
        return "state of \(event)"
      }
      guard registration.handler.isPending == model.pending.contains(event) else {
        return "\(event) pending: \(registration.handler.isPending)"
      }
    }
    guard board.monitor.delegation[target: 0].isMasked == model.isMasked,
      board.monitor.delegation[target: 0].depth == model.stack.count
    else { return "mask or nesting" }
    return nil
  }

  @Test(arguments: [
    [Model.Event.signaled, .critical], [.errors, .critical], [.signaled, .errors],
    [.bound, .critical], [.signaled, .bound],
  ])
  func everyCallInEveryStateIsTheReferenceModels(_ events: [Model.Event]) {
    let steps = Model.steps(events)
    var board = DelegationBoard()
    var seen: Set<Model> = [Model()]
    var open = [
      (
        model: Model(), state: board.state, context: board.context,
        devices: board.platform.devices
      )
    ]
    while let start = open.popLast() {
      for step in steps where start.model.isPossible(step) {
        board.state = start.state
        board.platform.devices = start.devices
        board.context = start.context
        var model = start.model
        if let complaint = Self.run(step, &board, &model) {
          Issue.record("\(start.model), then \(step): \(complaint)")
          return
        }
        if seen.insert(model).inserted {
          open.append((model, board.state, board.context, board.platform.devices))
        }
      }
    }
    // Both handlers in each of six states, waited for or not, masked or not.
    #expect(seen.count > 150, "\(seen.count) states")
    for event in events {
      let states = Set(seen.map { $0[event] })
      #expect(states.count == 6, "\(event)")
    }
  }

  /// A firmware that forgets a state is found.
  @Test func aModelOfAnotherAutomatonIsToldApart() {
    var board = DelegationBoard()
    var model = Model()
    model[.errors] = .registered
    #expect(Self.run(.call(.eventEnable, 800), &board, &model) != nil)
  }
}

extension DelegationModel.Event {
  /// The event as the firmware has it.
  fileprivate var firmwares: DelegatedEvent {
    switch self {
    case .signaled: .signaled
    case .errors: .errors
    case .critical: .criticalErrors
    case .bound: DelegatedEvent(slot: DelegatedEvent.slotsOfEachType)
    }
  }
}
