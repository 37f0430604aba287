// One experiment: what to boot, when to inject what where, and what must follow.
// `Scenario+YAML.swift` reads it from a file; Scenarios/README.md is its manual.

import Machine
import Platform

/// An experiment, as its file describes it.
public struct Scenario {
  /// One line for people.
  public var title: String
  /// More lines for people.
  public var description: String
  /// The machine.
  public var machine = MachineDescription()
  /// What it boots.
  public var boot = BootDescription()
  /// The hosts to run it on, one after the other; without one, what `boot` says runs once.
  public var hosts: [Host] = []
  /// What is injected; each item waits for its own trigger.
  public var injections: [Injection] = []
  /// What must follow.
  public var expectation = Expectation()
  /// When to give up.
  public var limits = Limits()
  /// The program that runs guests.
  public var vmm = VMMDescription()
  /// Instruction counts, ascending, at which the machine's caches of translations are emptied, as saving
  /// a run there does: a run that is to equal one that went on from there names them.
  public var marks: [UInt64] = []
  /// What a machine that lives says again and again.
  public var liveness: Liveness?
  /// How often the machine comes back after a reset.
  public var resets = Resets()
  /// Where two hosts may say different things of the same guest, and why.
  public var difference: String?

  /// The size of the machine.
  public struct MachineDescription: Equatable, Sendable {
    /// RAM in bytes, a multiple of 2 MiB.
    public var memory: UInt64 = 1 << 30
    /// Cores, 1 to 8.
    public var cores = 1
    /// Bytes of RAM that patrol scrubbing reads a second; 0 for none.
    public var scrubRate: UInt64 = 0
    /// The error nodes.
    public var errorNodes = ErrorNodeRow.machine
  }

  /// A kernel that runs guests, with the initrd that has the VMM and its guests.
  public enum Host: String, CaseIterable, Sendable {
    /// Our hypervisor.
    case faultline
    /// Debian's kernel with KVM.
    case linux
  }

  /// What the machine boots. Paths are relative to the working folder; nil is the default.
  public struct BootDescription: Equatable, Sendable {
    /// EL3 firmware.
    public var firmware: String?
    /// Linux Image.
    public var kernel: String?
    /// First root file system.
    public var initrd: String?
    /// Kernel command line.
    public var append = "console=ttyAMA0"
    /// After how many seconds our firmware resets the machine if a kernel that was told of a fatal error has not; 0
    /// for never.
    public var watchdog: UInt64 = 0
    /// How our firmware tells of the SErrors that a kernel takes; nil for what the kernel reads.
    public var serror: SErrorNotification?
    /// Who takes External aborts and SErrors first.
    public var aborts = AbortRouting.el3
    /// How our firmware tells a kernel of errors that no core took an exception for.
    public var events = EventNotification.gpio
    /// Shell commands that our /init runs, added to the initrd as /script.
    public var script: String?
    /// Files with the symbols of programs, by the name that the scenario gives the program.
    public var symbols: [String: String] = [:]
  }

  /// Where External aborts and SErrors of the world below EL3 go, as our firmware sets it.
  public enum AbortRouting: String, CaseIterable, Sendable {
    /// To EL3, which records and forges them: SCR_EL3.EA = 1.
    case el3
    /// Where the architecture sends them, and nobody records them: SCR_EL3.EA = 0, no HEST.
    case direct

    /// The setting as firmware finds it in fw_cfg.
    public var firmwareFiles: [String: [UInt8]] {
      self == .el3 ? [:] : [FirmwareSetting.aborts.description: Array(rawValue.utf8)]
    }
  }

  /// How our firmware tells a kernel of errors that no core took an exception for.
  public enum EventNotification: String, CaseIterable, Sendable {
    /// By the error device's interrupt.
    case gpio
    /// The same, as another type of notification.
    case gsiv
    /// Not at all: the kernel looks every second.
    case polled
    /// By a delegated exception: a normal one, or a critical one for errors that are not corrected.
    case sdei

    /// The setting as firmware finds it in fw_cfg.
    public var firmwareFiles: [String: [UInt8]] {
      self == .gpio ? [:] : [FirmwareSetting.events.description: Array(rawValue.utf8)]
    }
  }

  /// How our firmware tells a kernel of the SErrors that it takes.
  public enum SErrorNotification: String, CaseIterable, Sendable {
    /// Through the error device, after the SError: what Linux reads.
    case event
    /// By sources of type SEI, to be read when the SError is taken, as our hypervisor does.
    case sei

    /// What the kernel of a host reads; nil is the kernel that a scenario names, a Linux.
    public init(of host: Host?) {
      switch host {
      case .faultline: self = .sei
      case .linux, nil: self = .event
      }
    }

    /// The setting as firmware finds it in fw_cfg.
    public var firmwareFiles: [String: [UInt8]] {
      self == .event ? [:] : [FirmwareSetting.serror.description: Array(rawValue.utf8)]
    }
  }

  /// One error, and when it appears; or what is typed on the console, and when.
  public struct Injection {
    /// A name for the timeline.
    public var name: String
    /// The steps of its trigger: each is waited for once the one before has come.
    public var when: [Trigger]
    /// What is typed on the console; nil for an error.
    public var text: String?
    /// What a poisoned line holds, or what the core's own error is: what its node records, and how
    /// the core is told. An error at once has no access that could be aborted.
    public var poison = Poison()
    /// When the core meets the error.
    public var meeting = Meeting.use
    /// When the memory node finds the line to be bad.
    public var finding = Meeting.use
    /// How often others than the cores read the line; nil for never.
    public var traffic: Traffic?
    /// The core of an error at once; nil for the one of the trigger, or the first.
    public var core: Int?
    /// Where the interconnect finds the error, which is then at once; nil for an error of memory or of a core.
    public var interconnect: InterconnectCause?
    /// Where; nil for an SError at once that has no address.
    public var place: Place?
    /// The physical address to which a whole-line engine copies the lines of the place; nil for an error.
    public var copyDestination: Expression?
    /// How many bytes, from the place on; every 64-byte line that these touch is hit.
    public var length: UInt64 = 1
    /// The bits in which a line's address must agree with the place's to be hit as well; nil for none.
    public var mask: UInt64?
    /// Further physical addresses whose lines are hit at the same time.
    public var also: [UInt64] = []
    /// The line of the file where the item begins.
    public var line = 0

    /// Whether it is an error, and no typing or copying.
    var isError: Bool { text == nil && copyDestination == nil }
  }

  /// An event to wait for.
  public enum Trigger {
    /// A line on the console.
    case console(ConsolePattern)
    /// An unfinished line on the console, when nothing follows.
    case prompt(ConsolePattern)
    /// An instruction count, from reset.
    case instructions(UInt64)
    /// So many instructions after the step before, or from reset.
    case after(UInt64)
    /// The n-th access to the byte range that starts at an address.
    case access(Place, kind: AccessKind, count: UInt64, length: UInt64)
    /// An instruction at this virtual address is about to run, in a kind of context if one is named.
    case programCounter(Expression, in: Context? = nil)
  }

  /// Kinds of access.
  public enum AccessKind: String, CaseIterable, Sendable {
    /// Data read.
    case read
    /// Data write.
    case write
    /// Instruction fetch.
    case execute
    /// Any of them.
    case any
  }

  /// When a core meets its error.
  public enum Meeting: String, CaseIterable, Sendable {
    /// With the first use of the line.
    case use = "on use"
    /// As soon as its trigger comes: the core's own error, which its own node records.
    case once = "at once"
  }

  /// Reads of a line that no core makes.
  public struct Traffic: Equatable, Sendable {
    /// How many a second.
    public var rate: UInt64
    /// How many in all; nil for as long as the line is bad.
    public var count: UInt64?
  }

  /// What is known of a corrected error: STATUS.CE.
  enum Persistence: String, CaseIterable {
    /// It is gone once it was corrected.
    case transient
    /// It is there at every read, until the line is written.
    case persistent
  }

  /// Whether an exception has its fault address, or a record of a core's or the interconnect's own error its
  /// address.
  enum AddressValidity: String, CaseIterable {
    /// It has the address.
    case valid
    /// It has none.
    case invalid
  }

  /// Whether something holds.
  enum Truth: String, CaseIterable {
    /// It does.
    case yes = "true"
    /// It does not.
    case no = "false"
  }

  /// Kinds of injection.
  enum ErrorKind: String, CaseIterable {
    /// Found on use: the line is poisoned.
    case poison
    /// Told by an SError.
    case serror = "SError"
    /// Found by the interconnect in itself, and told by its node's interrupts.
    case interconnect
    /// No error: a whole-line engine copies lines, and poison with them.
    case copy
  }

  /// Where the interconnect finds an error: IERR of its node's record.
  public enum InterconnectCause: String, CaseIterable, Sendable {
    /// In the data of a transfer.
    case data
    /// In the address or the attributes of a transfer.
    case request
    /// In its snoop filter.
    case snoopFilter = "snoop filter"
  }

  /// Who runs on a core: whose addresses its virtual addresses are.
  public enum Context: String, CaseIterable, Sendable {
    /// The kernel that owns the machine: EL2, or EL1 where there is no stage 2.
    case hostKernel = "host kernel"
    /// A process of it, a VMM's own code among them.
    case hostProcess = "host process"
    /// EL1 behind stage 2.
    case guestKernel = "guest kernel"
    /// EL0 behind stage 2.
    case guestProcess = "guest process"
  }

  /// Where something is.
  public enum Place: Equatable, Sendable {
    /// A physical address.
    case physical(Expression)
    /// A guest's physical address, in the guest that runs.
    case intermediate(Expression)
    /// A virtual address in the context that runs, or in the next one of a kind.
    case virtual(Expression, in: Context? = nil)
    /// The translation table descriptor, at a level, of a virtual address in such a context.
    case descriptor(Expression, level: Int, in: Context? = nil)
    /// The stage 2 descriptor, at a level, of a physical address of the guest that runs.
    case stage2(Expression, level: Int)
  }

  /// What must follow; what is nil or empty is not asked for.
  public struct Expectation {
    /// The verdict's outcome.
    public var outcome: Verdict.Outcome?
    /// Who contains it.
    public var containedBy: Verdict.Container?
    /// How far it spreads.
    public var radius: Verdict.Radius?
    /// How a hang is seen.
    public var hang: Verdict.Hang?
    /// Whether a record is published.
    public var record: Verdict.RecordReport?
    /// Whether it names the right address.
    public var address: Verdict.AddressReport?
    /// The severity it states.
    public var severity: Verdict.Severity?
    /// Whether the guests' records name the right guest physical address.
    public var guestAddress: Verdict.AddressReport?
    /// How often the machine comes back after a reset.
    public var comebacks: Int?
    /// How many corrected errors nodes record.
    public var corrected: UInt64?
    /// How many deferred errors nodes record.
    public var deferred: UInt64?
    /// How many pages of 4 KiB the host's kernel gives up.
    public var offlinedPages: UInt64?
    /// Console lines that must appear, in this order.
    public var console: [ConsolePattern] = []
    /// Console lines that must not appear.
    public var never: [ConsolePattern] = []
    /// Timeline events that must appear, in this order.
    public var timeline: [TimelineEvent.Name] = []
    /// What is expected in place of all this where the host's kernel is another one: the first that fits.
    public var kernels: [Kernel] = []

    /// What is expected of some kernels.
    public struct Kernel {
      /// What their release matches: `uname -r`.
      public var release: ConsolePattern
      /// The whole expectation.
      public var expectation: Expectation
    }
  }

  /// When the experiment ends though the machine did not.
  public struct Limits {
    /// Instructions from reset.
    public var instructions: UInt64 = 5_000_000_000
    /// Seconds of virtual time from reset: a machine whose cores wait executes next to nothing.
    public var seconds: UInt64 = 60
    /// A console line that ends the experiment.
    public var until: ConsolePattern?
    /// Instructions to go on after a panic of the host began.
    public var panic = ExperimentPatience.panicTail
    /// How often one core may meet the same error at the same place until that is no progress.
    public var storm = Story.stormCount
  }

  /// What becomes of a machine that software resets.
  public struct Resets: Equatable, Sendable {
    /// How often it comes back; the reset after these ends the experiment.
    public var count = 0
    /// What each leaves.
    public var kind = ResetKind.warm

    /// So many.
    public init(count: Int = 0, kind: ResetKind = .warm) {
      self.count = count
      self.kind = kind
    }
  }

  /// A line that comes again and again while all is well: who still says it does not hang.
  public struct Liveness: Sendable {
    /// The most virtual time between two of them.
    public var nanoseconds: UInt64
    /// The line.
    public var line: ConsolePattern

    /// Such a line.
    public init(nanoseconds: UInt64, line: ConsolePattern) {
      self.nanoseconds = nanoseconds
      self.line = line
    }
  }
}
