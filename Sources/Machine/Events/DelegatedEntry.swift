// Handlers of delegated exceptions, as an observer sees them: EL3 returns to an address that nothing below
// has come from, and the registers say that it is a handler's. Arm DEN 0054, 4.3.

import Arm

/// A handler of a delegated exception that EL3 has entered.
public struct DelegatedEntry: Equatable, Sendable {
  /// The event, X0.
  public var event: UInt32
  /// The handler's level.
  public var target: ExceptionLevel
  /// Its first instruction.
  public var pc: VirtualAddress
  /// What it has interrupted, X2.
  public var interrupted: VirtualAddress
}

/// Why a core came to EL3 from below.
struct MonitorEntry: Equatable, Sendable {
  /// The preferred return address.
  var link: UInt64
  /// PSTATE.
  var state: UInt64
  /// X0.
  var x0: UInt64
  /// X1.
  var x1: UInt64
  /// Whether it called.
  var isCall: Bool

  /// Whether it said that a handler has completed, and where it then goes on, where it says that.
  var completion: (isCompletion: Bool, address: UInt64?) {
    guard isCall else { return (false, nil) }
    switch SDEI.Function(rawValue: UInt32(truncatingIfNeeded: x0)) {
    case .eventComplete: return (true, nil)
    case .eventCompleteAndResume: return (true, x1)
    default: return (false, nil)
    }
  }
}

extension MachineEvent.Kind {
  /// The handler of a delegated exception that was entered.
  var entered: DelegatedEntry? {
    switch self {
    case .delegationEntered(let entry): entry
    case .delegationCompleted(let next, _): next
    default: nil
    }
  }
}

extension Core {
  /// Notes why EL3 is entered.
  func noteMonitorEntry(offset: UInt64, spsr: UInt64, preferredReturn: UInt64) {
    guard exceptionLevel != .el3 else { return }
    let isCall =
      offset == VectorTable.Entry.synchronous.rawValue
      && Syndrome(rawValue: state[.esrEL3]).exceptionClass == .smc
    monitorEntry = MonitorEntry(
      link: preferredReturn, state: spsr, x0: state[x: 0], x1: state[x: 1], isCall: isCall)
  }

  /// What EL3 has returned to below, where that has to do with a delegated exception.
  func takeDelegation() -> MachineEvent.Kind? {
    guard let entry = monitorEntry else { return nil }
    monitorEntry = nil
    guard state.pc != entry.link else { return nil }
    let completion = entry.completion
    let before = completion.isCompletion ? delegatedReturns.popLast() : nil
    let expected = completion.isCompletion ? completion.address ?? before : entry.link
    let entered = enteredHandler(entry, from: expected)
    if let entered { delegatedReturns.append(entered.interrupted.rawValue) }
    if completion.isCompletion {
      return .delegationCompleted(next: entered, isElsewhere: completion.address != nil)
    }
    return entered.map { .delegationEntered($0) }
  }

  /// The handler that this core is about to execute, if it is one: it has interrupted what EL3 would have
  /// returned to, or the vector of an exception that EL3 has forged.
  private func enteredHandler(_ entry: MonitorEntry, from expected: UInt64?) -> DelegatedEntry? {
    let (event, interrupted) = (state[x: 0], state[x: 2])
    guard state.el == 2, state.daif == ProcessState.daif.mask, event < 1 << 31,
      state.pc != interrupted
    else { return nil }
    let isPlain = interrupted == expected
    func isVector(_ base: UInt64) -> Bool {
      interrupted &- (base & ~(VectorTable.size - 1)) < VectorTable.size
    }
    let isAtVector =
      isVector(state[.vbarEL2]) && state[.elrEL2] == entry.link
      || isVector(state[.vbarEL1]) && state[.elrEL1] == entry.link
    guard isPlain || isAtVector else { return nil }
    return DelegatedEntry(
      event: UInt32(event), target: exceptionLevel, pc: VirtualAddress(state.pc),
      interrupted: VirtualAddress(interrupted))
  }
}
