// Threads: what runs at EL0. A thread belongs to one process for life.

import Arm
import KVM

/// What a sleeping thread waits for.
public struct WaitChannel: Equatable, Sendable {
  /// Which sort of thing.
  public enum Kind: UInt8, Sendable {
    /// Nothing but time or a signal.
    case time
    /// A word of memory: an address space (or 0 for physical) and an address.
    case futex
    /// A child's change of state: the process.
    case child
    /// Any file becoming ready, or any KVM object's state changing: everybody looks again.
    case files
    /// A vfork's child giving back the memory: the child.
    case vfork
    /// The KVM objects': numbers of their own.
    case guest
  }
  /// Which sort of thing.
  public var kind: Kind
  /// Which of them, by the sort's rules.
  public var first: UInt64
  /// Which of them, by the sort's rules.
  public var second: UInt64

  /// A channel.
  public init(_ kind: Kind, _ first: UInt64 = 0, _ second: UInt64 = 0) {
    self.kind = kind
    self.first = first
    self.second = second
  }
}

/// Why a thread that slept in a system call runs again.
public enum WakeReason: UInt8, Sendable {
  /// It did not sleep in this call yet.
  case none
  /// Somebody woke its channel.
  case event
  /// Its deadline passed.
  case timeout
  /// A signal is there for it, or its process is ending.
  case signal
}

/// A thread.
@safe public final class Thread {
  /// What it is doing.
  public enum State: Equatable, Sendable {
    /// In the queue of those that could run.
    case ready
    /// On a core.
    case running(Int)
    /// Asleep, on `channel`.
    case blocked
    /// Never again.
    case dead
  }

  /// Its number (TID).
  public let id: Int32
  /// Its process.
  public let process: Process
  /// What it is doing. Only the scheduler's chapter changes this.
  public internal(set) var state = State.ready
  let contextPointer: UnsafeMutablePointer<UserContext>
  /// Its vector registers while they are in no core.
  public let vectors = VectorState()
  /// What it sleeps on.
  var channel = WaitChannel(.time)
  /// Until when it sleeps at most, in counter ticks; nil for ever.
  public var deadline: UInt64?
  /// Why it woke. A system call that is made again looks here.
  public internal(set) var wakeReason = WakeReason.none
  /// Whether a system call is to be made again before it returns to EL0.
  var hasPendingCall = false
  /// Where a call that is made again keeps what it must not compute twice (an absolute deadline).
  public var callState: UInt64?
  /// When it became ready last, in counter ticks.
  var readySince: UInt64 = 0
  /// How long it has been ready and not running, all in all, in counter ticks.
  var waitingTime: UInt64 = 0
  /// The core it ran on last.
  var lastCore = 0
  /// Its signals.
  var signals = ThreadSignals()
  /// The vCPU that it is in KVM_RUN of, through all the times that the call is made again.
  var guest: VirtualProcessor?
  /// CLONE_CHILD_CLEARTID, set_tid_address.
  var clearThreadID: UInt64 = 0
  /// PR_MCE_KILL: told early of memory errors, nil for the system's policy (late).
  var toldEarly: Bool?
  /// Whether it must end instead of returning to EL0.
  var mustExit = false
  /// Whether the last interrupted call may be made again after a handler with SA_RESTART.
  var interruptedCall: (x0: UInt64, isRestartable: Bool)?

  init(id: Int32, process: Process) {
    self.id = id
    self.process = process
    unsafe contextPointer = .allocate(capacity: 1)
    unsafe contextPointer.initialize(to: UserContext())
  }

  deinit {
    unsafe contextPointer.deallocate()
    vectors.deallocate()
  }

  /// Its registers, as its last exception left them.
  public var context: UserContext {
    get { unsafe contextPointer.pointee }
    _modify { yield unsafe &contextPointer.pointee }
  }

  /// One of its general registers.
  public func x(_ number: Int) -> UInt64 { unsafe contextPointer.pointee.x[number] }
}
