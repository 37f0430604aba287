// What the machine tells its observer: the hardware's half of a fault's story, in the order in
// which it happened.
//
// The bus and the nodes queue what they see. The board takes it when the instruction is over, or
// has raised its exception, and adds the time, the core and the core's view of the access; an SError
// that a consumption is told by reaches its core at that moment, so that what it causes is told
// after it.

import Arm

/// Something an observer of errors wants to know.
public struct MachineEvent: Equatable, Sendable {
  /// Instructions all cores had executed.
  public var instruction: UInt64
  /// Nanoseconds of virtual time.
  public var time: UInt64
  /// The core, when one is involved.
  public var core: Int?
  /// What happened.
  public var kind: Kind

  /// What happened. The bus notes what it sees; the board says when and where it was.
  public enum Kind: Equatable, Sendable {
    /// The tool made a 64-byte line hold poison.
    case poisonPlanted(line: PhysicalAddress, Poison)
    /// Software made a line hold poison, by the error injector.
    case lineMadeBad(line: PhysicalAddress, Poison)
    /// A core meets an error that software has asked the error injector for; its node has recorded it, and
    /// the SError follows.
    case coreMadeBad(core: Int, SystemError, ErrorRecording)
    /// A full-line write cured a line.
    case poisonCured(line: PhysicalAddress)
    /// A whole-line engine copied a line with its poison.
    case poisonForwarded(from: PhysicalAddress, to: PhysicalAddress, Poison)
    /// An access met poison; a node has recorded it.
    case consumed(Consumption)
    /// A node recorded an error that no access met, unless its recording is disabled.
    case nodeRecorded(ErrorRecording)
    /// A node asserts an interrupt.
    case nodeInterrupt(NodeInterrupt, ErrorNodeIdentifier)
    /// A corrected error counter of a node has overflowed.
    case counterOverflowed(ErrorNodeIdentifier)
    /// Software let a node tell of corrected errors by its FHI (ERR<n>CTLR.CFI), or forbade it.
    case correctedInterruptSwitched(ErrorNodeIdentifier, isOn: Bool)
    /// A physical SError became pending; `isMerged` with one that already was.
    case errorPending(Syndrome, isMerged: Bool)
    /// An external abort or an SError was taken.
    case exceptionTaken(TakenException)
    /// An ESB deferred a masked SError into DISR_EL1, or a virtual one into VDISR_EL2.
    case errorDeferred(DeferredError, isVirtual: Bool)
    /// EL3 returned after an external abort or SError.
    case firmwareReturned(FirmwareReturn)
    /// EL3 entered a handler of a delegated exception (SDEI).
    case delegationEntered(DelegatedEntry)
    /// A handler of a delegated exception completed: what it had interrupted goes on, elsewhere with
    /// COMPLETE_AND_RESUME, or the next handler is entered at once.
    case delegationCompleted(next: DelegatedEntry?, isElsewhere: Bool)
    /// A watch counted the access it was waiting for.
    case watchHit(WatchHit)
    /// The console sent the end of a line, while `Board.stopsAtConsoleLine` is set.
    case consoleLine
    /// Firmware switched the machine off, or asked for a reset.
    case power(PowerRequest)
    /// Software used a part of a device that is not modelled: the first time of its kind.
    case unmodelled(UnmodelledAccess)
  }
}

/// An external abort or SError that was taken.
public struct TakenException: Equatable, Sendable {
  /// What was taken.
  public enum Cause: Equatable, Sendable {
    /// A synchronous external abort.
    case abort
    /// A physical SError.
    case serror
    /// A virtual SError.
    case virtualSError
  }

  /// What was taken.
  public var cause: Cause
  /// Where the core was.
  public var source: ExceptionLevel
  /// Who took it.
  public var target: ExceptionLevel
  /// The handler's first instruction.
  public var vector: VirtualAddress
  /// ESR_ELx.
  public var syndrome: Syndrome
  /// FAR_ELx of an abort; 0 if it has none. Nil for an SError.
  public var faultAddress: VirtualAddress?
  /// ELR_ELx.
  public var returnAddress: VirtualAddress
}

/// How EL3 returned after an external abort or SError.
public struct FirmwareReturn: Equatable, Sendable {
  /// Where to.
  public var target: ExceptionLevel
  /// Where it continues.
  public var pc: VirtualAddress
  /// The target's ESR_ELx.
  public var syndrome: Syndrome
  /// The target's FAR_ELx.
  public var faultAddress: VirtualAddress
  /// The target's ELR_ELx.
  public var returnAddress: VirtualAddress
  /// Whether it continues at a vector that no hardware entered: an exception was forged.
  public var isForged: Bool
}

/// Why a run ended.
public enum StopReason: Equatable, Sendable {
  /// The budget is used up.
  case budget
  /// The machine is off.
  case powerOff
  /// Firmware asked for a reset; `Board.reset()` does it.
  case reset
  /// A watch counted the access it was waiting for. The access is complete.
  case watch(WatchHit)
  /// A core is about to execute the instruction at a breakpoint.
  case breakpoint(core: Int, pc: UInt64)
  /// EL3 has returned after an external abort, and `Board.stopsAtFirmwareReturn` is set.
  case firmwareReturned(core: Int)
  /// The console sent the end of a line, and `Board.stopsAtConsoleLine` is set.
  case consoleLine
  /// Software used a part of a device that is not modelled, and `Bus.isStrict` is set.
  case unmodelled(UnmodelledAccess)
  /// Every core waits and no timer will ever end it: only input can.
  case idle
  /// Every core waits, until this virtual time or for input, and `Board.waitLimit` is reached.
  case waiting(until: UInt64)
}
