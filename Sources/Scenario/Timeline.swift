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
    case consumed(Use)
    /// A node recorded an error.
    case recordWritten(
      node: ErrorNodeIdentifier, status: ErrorStatus, address: UInt64, state: ErrorState? = nil)
    /// A node asserted one of its interrupts.
    case interruptAsserted(node: ErrorNodeIdentifier, NodeInterrupt)
    /// A corrected error counter of a node overflowed.
    case counterOverflowed(node: ErrorNodeIdentifier)
    /// Firmware let a node tell of corrected errors, or forbade it: it looks by itself then.
    case correctedErrorsTold(node: ErrorNodeIdentifier, isOn: Bool)
    /// An SError became pending; its ISS.
    case errorPending(core: Int, iss: UInt64)
    /// An ESB deferred a masked SError into a register.
    case errorDeferred(core: Int, register: DeferredErrorRegister, value: UInt64)
    /// An abort or SError was taken.
    case exceptionTaken(core: Int, TakenException)
    /// EL3 returned after an abort or SError: in the ordinary way, or into a vector where no lower EL had been.
    case firmwareReturned(core: Int, FirmwareReturn)
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

  /// A use of bad data.
  public struct Use: Equatable, Sendable {
    /// The core.
    public var core: Int
    /// Where the core was.
    public var place: Consumption.Place
    /// The physical address it accessed.
    public var physical: UInt64
    /// What kind of access it was.
    public var access: Access

    /// A use of bad data.
    public init(core: Int, place: Consumption.Place, physical: UInt64, access: Access) {
      self.core = core
      self.place = place
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

  /// Where an ESB puts a masked SError.
  public enum DeferredErrorRegister: String, Sendable {
    /// A physical one.
    case disr = "DISR_EL1"
    /// A virtual one.
    case vdisr = "VDISR_EL2"
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
