// The story of an experiment: what happened, when (in instructions) and to whom.
//
// Surprising: there is one event from the machine to the judge. It holds numbers; how it is told, as a
// line of text or as JSON, is in TimelineEvent+Telling.swift and nowhere else.

import Arm
import Machine

/// One event of the story.
public struct TimelineEvent: Equatable, Sendable {
  /// Instructions executed until then.
  public var instructions: UInt64
  /// What happened.
  public var kind: Kind

  /// An event.
  public init(instructions: UInt64, _ kind: Kind) {
    self.instructions = instructions
    self.kind = kind
  }

  /// What happened, with its particulars.
  public enum Kind: Equatable, Sendable {
    /// A line was poisoned.
    case poisonPlanted(physical: UInt64)
    /// A poisoned line was made good by a write.
    case poisonCured(core: Int, physical: UInt64)
    /// A core met an error of its own.
    case errorInjected(core: Int, state: ErrorState, physical: UInt64?)
    /// The interconnect met an error in itself, by the scenario; the address is its record's.
    case interconnectFailed(state: ErrorState, physical: UInt64?, isCritical: Bool = false)
    /// Software made a line hold poison.
    case lineMadeBad(physical: UInt64, state: ErrorState)
    /// A whole-line engine copied so many lines, of those that it was to copy.
    case linesCopied(from: UInt64, to: UInt64, count: UInt64, wanted: UInt64)
    /// It copied a line with its poison.
    case poisonForwarded(from: UInt64, physical: UInt64, state: ErrorState)
    /// Software made a core meet an error of its own.
    case coreMadeBad(core: Int, state: ErrorState, physical: UInt64?)
    /// A core used a poisoned line.
    case consumed(Consumption)
    /// A node recorded an error.
    case recordWritten(node: Node, status: ErrorStatus, address: UInt64, state: ErrorState? = nil)
    /// A node asserted one of its interrupts.
    case interruptAsserted(node: Node, NodeInterrupt)
    /// A corrected error counter of a node overflowed.
    case counterOverflowed(node: Node)
    /// Firmware let a node tell of corrected errors, or forbade it: it looks by itself then.
    case correctedErrorsTold(node: Node, isOn: Bool)
    /// An SError became pending; its ISS.
    case errorPending(core: Int, iss: UInt64)
    /// An ESB deferred a masked SError into a register.
    case errorDeferred(core: Int, register: DeferredErrorRegister, value: UInt64)
    /// An abort or SError was taken.
    case exceptionTaken(TakenException)
    /// EL3 returned to where no lower EL had been: into a vector.
    case exceptionForged(ForgedException)
    /// EL3 returned in the ordinary way after an abort or SError.
    case firmwareReturned(core: Int, to: ExceptionLevel, pc: UInt64)
    /// EL3 entered a handler of a delegated exception.
    case delegated(core: Int, DelegatedEntry)
    /// The handler completed: what it had interrupted goes on, where it was or as after an interrupt.
    case delegationCompleted(core: Int, isElsewhere: Bool)
    /// Firmware filled an error status block.
    case recordPublished(PublishedRecord)
    /// A kernel took the record of a source, of which nothing but its own looking may have told it: it cleared the
    /// block's status.
    case recordRead(source: UInt16, isPolled: Bool)
    /// EL3 looked at nodes that it lets tell of nothing, and found a corrected error.
    case nodesPolled
    /// Somebody said something of errors on the console.
    case said(ConsoleStatement)
    /// A process of the host that was sent SIGBUS was never heard of again.
    case processKilled(name: String, pid: UInt64)
    /// Software used a part of a device that the machine has not: what, in words.
    case notModelled(String)
    /// An injection of this name did not come any more: an earlier one had cost the host.
    case notInjected(String)
    /// So many events that differ from earlier ones in nothing but their time.
    case repeated(UInt64)
    /// The machine was switched off, or reset.
    case poweredOff(isReset: Bool)
    /// The machine was reset and comes back: the how-manieth time, and what is left.
    case cameBack(number: Int, ResetKind)
  }

  /// A handler of a delegated exception.
  public struct DelegatedEntry: Equatable, Sendable {
    /// The event's number.
    public var event: UInt32
    /// The handler's level.
    public var to: ExceptionLevel
    /// Its first instruction.
    public var pc: UInt64
    /// What it has interrupted.
    public var interrupted: UInt64

    /// A handler.
    public init(event: UInt32, to: ExceptionLevel, pc: UInt64, interrupted: UInt64) {
      self.event = event
      self.to = to
      self.pc = pc
      self.interrupted = interrupted
    }
  }

  /// A use of bad data.
  public struct Consumption: Equatable, Sendable {
    /// The core.
    public var core: Int
    /// The exception level.
    public var level: ExceptionLevel
    /// The instruction.
    public var pc: UInt64
    /// The virtual address it accessed, when an exception names it.
    public var virtual: UInt64?
    /// The physical one.
    public var physical: UInt64
    /// What kind of access it was.
    public var access: Access

    /// A use of bad data.
    public init(
      core: Int, level: ExceptionLevel, pc: UInt64, virtual: UInt64?, physical: UInt64,
      access: Access
    ) {
      self.core = core
      self.level = level
      self.pc = pc
      self.virtual = virtual
      self.physical = physical
      self.access = access
    }

    /// Kinds of access.
    public enum Access: String, Sendable {
      /// Of an instruction.
      case data
      /// Of an instruction itself.
      case fetch
      /// Of a translation table.
      case tableWalk = "table walk"
      /// A device's.
      case dma = "DMA"
    }
  }

  /// What records errors.
  public struct Node: Hashable, Sendable {
    /// What it is called: `memory`, `PE`.
    public var name: String
    /// Whose it is; nil for a shared one.
    public var core: Int?

    /// A node.
    public init(_ name: String, core: Int? = nil) {
      self.name = name
      self.core = core
    }
  }

  /// Where an ESB puts a masked SError.
  public enum DeferredErrorRegister: String, Sendable {
    /// A physical one.
    case disr = "DISR_EL1"
    /// A virtual one.
    case vdisr = "VDISR_EL2"
  }

  /// An abort or SError that was taken.
  public struct TakenException: Equatable, Sendable {
    /// The core.
    public var core: Int
    /// What was taken.
    public var cause: Cause
    /// From where.
    public var from: ExceptionLevel
    /// To where.
    public var to: ExceptionLevel
    /// The vector's address.
    public var vector: UInt64
    /// ESR_ELx.
    public var syndrome: Syndrome
    /// FAR_ELx; nil for an SError, which has none.
    public var far: UInt64?
    /// ELR_ELx.
    public var elr: UInt64

    /// An exception.
    public init(
      core: Int, cause: Cause, from: ExceptionLevel, to: ExceptionLevel, vector: UInt64,
      syndrome: Syndrome, far: UInt64?, elr: UInt64
    ) {
      self.core = core
      self.cause = cause
      self.from = from
      self.to = to
      self.vector = vector
      self.syndrome = syndrome
      self.far = far
      self.elr = elr
    }

    /// What was taken.
    public enum Cause: Equatable, Sendable {
      /// An External abort: its class says of what.
      case abort
      /// An SError.
      case serror
      /// A virtual SError.
      case virtualSError
    }
  }

  /// An exception that firmware made for a lower EL.
  public struct ForgedException: Equatable, Sendable {
    /// The core.
    public var core: Int
    /// The EL that is given it.
    public var to: ExceptionLevel
    /// The vector's address.
    public var vector: UInt64
    /// ESR_ELx.
    public var syndrome: Syndrome
    /// FAR_ELx; nil for an SError.
    public var far: UInt64?
    /// ELR_ELx.
    public var elr: UInt64

    /// An exception.
    public init(
      core: Int, to: ExceptionLevel, vector: UInt64, syndrome: Syndrome, far: UInt64?, elr: UInt64
    ) {
      self.core = core
      self.to = to
      self.vector = vector
      self.syndrome = syndrome
      self.far = far
      self.elr = elr
    }
  }

  /// Who speaks.
  public enum Actor: String, Sendable {
    /// The memory node or a core.
    case node
    /// Firmware at EL3.
    case el3 = "EL3"
    /// The kernel at EL2 or EL1.
    case kernel
    /// User space.
    case process
    /// The program that runs a guest.
    case vmm = "VMM"
    /// A guest's kernel or one of its processes.
    case guest
    /// Faultline, planting and stopping.
    case experiment
  }

  /// What the story calls it.
  public enum Name: String, CaseIterable, Sendable {
    /// An error was injected.
    case poisonPlanted = "poison planted"
    /// A whole-line engine copied lines.
    case linesCopied = "lines copied"
    /// A line was copied with its poison.
    case poisonForwarded = "poison forwarded"
    /// A core met an error of its own.
    case errorInjected = "error injected"
    /// A full-line write or the like cured a line.
    case poisonCured = "poison cured"
    /// A core used the bad data.
    case consumed
    /// A node wrote its error record.
    case recordWritten = "record written"
    /// A node asserted its fault handling interrupt.
    case faultHandlingInterrupt = "FHI"
    /// A node asserted its error recovery interrupt.
    case errorRecoveryInterrupt = "ERI"
    /// A node asserted its critical error interrupt.
    case criticalErrorInterrupt = "CRI"
    /// A corrected error counter overflowed.
    case counterOverflow = "counter overflow"
    /// Firmware does not let a node tell of corrected errors any more: there are too many.
    case stormOn = "storm on"
    /// Firmware lets it tell again.
    case stormOff = "storm off"
    /// Somebody found by looking what no interrupt told of: firmware an error, or a kernel a record.
    case poll
    /// An SError became pending on a core.
    case errorPending = "SError pending"
    /// An ESB put a masked SError into DISR_EL1 or VDISR_EL2.
    case errorDeferred = "SError deferred"
    /// The abort or SError arrived at EL3.
    case takenToEL3 = "exception taken to EL3"
    /// The abort or SError arrived elsewhere: hardware delivered it.
    case takenElsewhere = "exception taken"
    /// Firmware filled an error status block.
    case cperPublished = "CPER published"
    /// EL3 returned into a vector of a lower EL.
    case exceptionForged = "exception forged"
    /// EL3 entered the handler of a delegated exception.
    case delegatedEvent = "SDEI event"
    /// The handler of a delegated exception has completed.
    case delegatedEventCompleted = "SDEI completed"
    /// Firmware's words about it.
    case firmwareLog = "firmware log"
    /// The kernel's words about it.
    case kernelLog = "kernel log"
    /// The kernel gave a page up that nobody had lost anything of.
    case softOffline = "soft offline"
    /// A process got SIGBUS.
    case processKilled = "process killed"
    /// What user space says about it.
    case processMessage = "process message"
    /// The kernel gave up.
    case panic = "kernel panic"
    /// The VMM was told of an error in its guest's memory.
    case guestErrorFound = "guest error found"
    /// The VMM wrote an error status block of the guest.
    case guestRecordWritten = "guest record written"
    /// The VMM put an abort or a virtual SError into a guest.
    case guestExceptionInjected = "guest exception injected"
    /// The VMM's other words.
    case vmmLog = "VMM log"
    /// A guest's words about it.
    case guestLog = "guest log"
    /// A process of a guest was killed.
    case guestProcessKilled = "guest process killed"
    /// A guest's kernel gave up.
    case guestPanic = "guest panic"
    /// An injection did not come any more: an earlier one had cost the host.
    case notInjected = "error not injected"
    /// Further events that differ from earlier ones in nothing but their time.
    case repeated = "repeated"
    /// The machine was switched off, or reset.
    case powerOff = "power off"
    /// The machine was reset, and the experiment goes on.
    case cameBack = "machine back"
    /// Software used a part of a device that the machine has not.
    case notModelled = "not modelled"
  }
}
