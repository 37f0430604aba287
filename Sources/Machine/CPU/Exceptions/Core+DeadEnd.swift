// What an observer sees of a core that gets nowhere: where its last exceptions came from, and whether
// it will ever do anything else than it does now.
//
// Surprising: nothing here is kept while the core runs. A core that takes an exception in its own
// vector finds itself, at whatever moment somebody looks, in the vector or on the way there, with the
// syndrome registers saying so; looked at twice, far apart, that is for ever.

import Arm

/// What a core does for ever.
public enum DeadEnd: Equatable, Sendable {
  /// It takes an exception where that exception's own vector is.
  case exception(LastException)
  /// It branches to itself, at EL3, with every interrupt masked.
  case branchToItself(pc: UInt64)
}

/// What the registers of an exception level say of the exception that it took last.
public struct LastException: Equatable, Sendable {
  /// The level that took it.
  public var level: ExceptionLevel
  /// ESR_ELx.
  public var syndrome: Syndrome
  /// ELR_ELx.
  public var returnAddress: UInt64
  /// FAR_ELx.
  public var faultAddress: UInt64
}

extension LastException: CustomStringConvertible {
  /// One line.
  public var description: String {
    func digits(_ value: UInt64) -> String {
      let text = String(value, radix: 16)
      return "0x" + String(repeating: "0", count: 16 - text.count) + text
    }
    return "EL\(level.rawValue) ESR \(digits(syndrome.rawValue)) ELR \(digits(returnAddress)) FAR "
      + "\(digits(faultAddress)) (\(syndrome.exceptionClass.title ?? "reserved exception class"))"
  }
}

extension Core {
  /// The last exception of each level whose registers are not as after reset, EL3 first.
  public var lastExceptions: [LastException] {
    [ExceptionLevel.el3, .el2, .el1].map(lastException).filter {
      $0.syndrome.rawValue | $0.returnAddress | $0.faultAddress != 0
    }
  }

  private func lastException(of level: ExceptionLevel) -> LastException {
    let (syndrome, link, fault): (SystemRegister, SystemRegister, SystemRegister) =
      switch level {
      case .el3: (.esrEL3, .elrEL3, .farEL3)
      case .el2: (.esrEL2, .elrEL2, .farEL2)
      default: (.esrEL1, .elrEL1, .farEL1)
      }
    return LastException(
      level: level, syndrome: Syndrome(rawValue: state[syndrome]), returnAddress: state[link],
      faultAddress: state[fault])
  }

  /// What the core seems to do for ever. It does if it still does so many instructions later.
  public var deadEnd: DeadEnd? {
    guard state.waiting == 0, exceptionLevel != .el0 else { return nil }
    if exceptionLevel == .el3, state.daif == ProcessState.daif.mask,
      word(at: state.pc) == 0x1400_0000
    {
      return .branchToItself(pc: state.pc)
    }
    let last = lastException(of: exceptionLevel)
    let (base, saved) =
      switch exceptionLevel {
      case .el3: (state[.vbarEL3], state[.spsrEL3])
      case .el2: (state[.vbarEL2], state[.spsrEL2])
      default: (state[.vbarEL1], state[.spsrEL1])
      }
    // The vectors of the current level are those below the lower levels'. Arm ARM D1.4.2.
    let isOwn = ProcessState(rawValue: saved)[ProcessState.el] == state.el
    guard isOwn, last.returnAddress &- base < VectorTable.lowerAArch64,
      state.pc &- base < VectorTable.lowerAArch64
    else { return nil }
    return .exception(last)
  }

  /// The instruction at an address of EL3: where its tables say, or physical while they are off.
  private func word(at address: UInt64) -> UInt32? {
    let isTranslated = state[.sctlrEL3] & SystemControl.m.mask != 0
    let place =
      isTranslated ? translateForDebug(VirtualAddress(address)) : PhysicalAddress(address)
    guard let physical = place, let bytes = bus.readBytes(physical, count: 4)
    else { return nil }
    return bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }
}
