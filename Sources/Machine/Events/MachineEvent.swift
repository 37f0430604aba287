// What the machine tells its observer: the hardware's half of a fault's story, in the order in
// which it happened.

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

  /// What happened.
  public enum Kind: Equatable, Sendable {
    /// The tool made a 64-byte line hold poison.
    case poisonPlanted(line: PhysicalAddress)
    /// A full-line write cured a line.
    case poisonCured(line: PhysicalAddress)
    /// An access met poison; the nodes have recorded it.
    case consumed(ConsumptionContext)
    /// An external abort was taken.
    case exceptionTaken(
      from: ExceptionLevel, to: ExceptionLevel, vector: UInt64, syndrome: UInt64,
      faultAddress: UInt64, returnAddress: UInt64)
    /// A node recorded an error that no access met, unless its recording is disabled.
    case nodeRecorded(
      node: UInt64, status: ErrorStatus, address: ErrorAddress, isRecorded: Bool)
    /// A physical SError became pending, with this ISS; `isMerged` with one that already was.
    case errorPending(iss: UInt64, isMerged: Bool)
    /// An SError was taken; a virtual one, if `isVirtual`.
    case errorTaken(
      from: ExceptionLevel, to: ExceptionLevel, vector: UInt64, syndrome: UInt64,
      returnAddress: UInt64, isVirtual: Bool)
    /// An ESB deferred a masked SError into DISR_EL1, or a virtual one into VDISR_EL2.
    case errorDeferred(value: UInt64, isVirtual: Bool)
    /// EL3 returned after an external abort or SError. `syndrome`, `faultAddress` and `returnAddress` are the
    /// target's registers, `pc` is where it continues.
    case firmwareReturned(
      to: ExceptionLevel, pc: UInt64, syndrome: UInt64, faultAddress: UInt64,
      returnAddress: UInt64, isVector: Bool)
    /// A watch counted the access it was waiting for.
    case watchHit(WatchHit)
    /// Firmware switched the machine off, or asked for a reset.
    case power(PowerRequest)
    /// Software used a part of a device that is not modelled: the first time of its kind.
    case unmodelled(UnmodelledAccess)
  }

  /// An access that met poison, with what only the core knows.
  public struct ConsumptionContext: Equatable, Sendable {
    /// PSTATE.EL.
    public var level: ExceptionLevel
    /// The instruction.
    public var pc: VirtualAddress
    /// The virtual address it accessed, when an exception names it.
    public var virtual: VirtualAddress?
    /// The bus's half: physical address, purpose, node and record.
    public var consumption: Consumption
  }
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
  /// Software used a part of a device that is not modelled, and `Bus.isStrict` is set.
  case unmodelled(UnmodelledAccess)
  /// Every core waits and no timer will ever end it: only input can.
  case idle
}
