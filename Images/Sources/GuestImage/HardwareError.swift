// An error exception: says everything it carries, reads its record, and decides who goes on.
//
// What is lost is a program where one was interrupted, or nothing where a copy can take the place
// of what was lost; the kernel's own data have no copy.

import APEI
import Arm
import CArch
import GuestKernelEntry
import GuestTouch
import ImageRuntime
import Text

/// Synchronous external aborts and SErrors.
enum HardwareError {
  /// The decision.
  private enum Fate {
    case goOn
    case kill
    case stop(StaticString)
  }

  /// A synchronous external abort.
  static func abort(_ frame: Frame) {
    guest_lock()
    state.exceptions += 1
    describe(frame)
    endIfReading()
    let claim = ErrorSources.claim { $0 == .synchronousAbort }
    settle(abortFate(frame, claim), claim)
  }

  /// Whoever meets an error while it reads what there is to say of one would meet it again and again.
  private static func endIfReading() {
    if state.isReading { down("hardware error in a record") }
  }

  private static func abortFate(_ frame: Frame, _ claim: Claim) -> Fate {
    if claim.severity == .fatal { return .stop("fatal hardware error") }
    if !frame.isFromProgram {
      guard frame.elr == copy_instruction() else { return .stop("hardware error in the kernel") }
      frame.setELR(copy_failed())
      return .goOn
    }
    if frame.syndrome.faultStatus.isExternalAbortOnWalk {
      // The tables are made of what is known elsewhere.
      state.space.rebuildTables()
      say(.tablesRebuilt)
      state.recovered += 1
      return .goOn
    }
    if state.options.recovers {
      let address = claim.address.flatMap { state.space.address(ofPhysical: $0) } ?? frame.far
      if state.space.replace(address) {
        say(.pageReplaced, address & ~0xFFF)
        state.recovered += 1
        return .goOn
      }
    }
    return .kill
  }

  /// An SError: Arm ARM D24.2, ESR_EL1, for its syndrome, RASSA 2.2 for what the types allow.
  static func serror(_ frame: Frame) {
    guest_lock()
    state.exceptions += 1
    describe(frame)
    endIfReading()
    let claim = ErrorSources.claim { _ in true }
    settle(fate(frame.syndrome, claim, isFromProgram: frame.isFromProgram), claim)
  }

  private static func fate(_ syndrome: Syndrome, _ claim: Claim, isFromProgram: Bool) -> Fate {
    if claim.severity == .fatal { return .stop("fatal hardware error") }
    switch SystemErrorClass(syndrome) {
    case .harmless:
      state.recovered += 1
      return .goOn
    case .contained where isFromProgram: return .kill
    case .contained: return .stop("system error in the kernel")
    case .uncontained: return .stop("system error not contained")
    // Nothing is known of the state.
    case .uncategorized, .implementationDefined: return .stop("system error of unknown type")
    }
  }

  private static func settle(_ fate: Fate, _ claim: Claim) {
    if claim.records == 0 { say("no record") }
    switch fate {
    case .goOn: guest_unlock()
    case .stop(let reason): down(reason)
    case .kill:
      state.killed += 1
      say(.programKilled, SystemRegister.tpidrEL1.read())
      guest_unlock()
      Programs.leave(.killed)
    }
  }

  /// SErrors while they are masked wait at an ESB. Arm ARM D20.5 (ESB), D24.9 (DISR_EL1).
  static func deferred() {
    let register = DeferredError(rawValue: SystemRegister.disrEL1.read())
    guard register[DeferredError.a] != 0 else {
      say("nothing deferred")
      return
    }
    SystemRegister.disrEL1.write(0)
    guest_lock()
    state.exceptions += 1
    var line = Line(guest: "deferred disr ")
    line.add(hex: register.rawValue)
    line.print()
    let claim = ErrorSources.claim { _ in true }
    let syndrome = Syndrome(.serror, iss: register.rawValue, il: false)
    // The kernel knows what it was doing: reading its victim, which it can do without.
    switch fate(syndrome, claim, isFromProgram: true) {
    case .kill:
      state.recovered += 1
      settle(.goOn, claim)
    case let other: settle(other, claim)
    }
  }

  /// The lines about an exception.
  static func describe(_ frame: Frame) {
    var line = Line(guest: "exception vector ")
    line.add(hex: frame.slot * 0x80)
    line.add(" core ", decimal: SystemRegister.tpidrEL1.read())
    line.add(" esr ", hex: frame.syndrome.rawValue)
    // An SError leaves FAR_EL1 UNKNOWN.
    if frame.syndrome.exceptionClass != .serror { line.add(" far ", hex: frame.far) }
    line.add(" elr ", hex: frame.elr)
    line.add(" spsr ", hex: frame.spsr)
    line.print()
    var intact: UInt64 = 0
    for index in 1...30 as ClosedRange<UInt64> where frame.x(index) == touch_pattern(index) {
      intact += 1
    }
    line = Line(guest: "registers intact ")
    line.add(decimal: intact)
    line.add(" digest ", hex: frame.digest)
    line.print()
    guard state.options.printsRegisters else { return }
    for first in stride(from: 0 as UInt64, through: 28, by: 4) {
      var line = Line(guest: "")
      for index in first..<min(first + 4, 31) {
        line.add(index == first ? "x" : " x", decimal: index)
        line.add(" ", hex: frame.x(index))
      }
      if first == 28 { line.add(" sp ", hex: frame.sp) }
      line.print()
    }
  }
}
