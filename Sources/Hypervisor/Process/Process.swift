// Processes: an address space, files, signal handlers, and the threads that share them.

import Arm
import KVM

/// What a handler is told: siginfo_t, as far as it differs.
public struct SignalInformation: Equatable, Sendable {
  /// Its number, 1 to 64.
  public var number: UInt64
  /// si_code.
  public var code: Int32
  /// si_addr of faults.
  public var address: UInt64 = 0
  /// si_addr_lsb of BUS_MCEERR_*.
  public var leastBit: UInt8 = 0
  /// si_pid of those that somebody sent.
  public var sender: Int32 = 0
  /// si_status of SIGCHLD.
  public var status: Int32 = 0

  /// A signal.
  public init(_ signal: Signal, _ code: SignalCode, address: UInt64 = 0, leastBit: UInt8 = 0) {
    number = signal.rawValue
    self.code = code.rawValue
    self.address = address
    self.leastBit = leastBit
  }

  /// A signal by number.
  init(number: UInt64, code: Int32, sender: Int32) {
    self.number = number
    self.code = code
    self.sender = sender
  }

  /// Its bit in a signal set.
  var bit: UInt64 { 1 << (number - 1) }
  /// Whether si_addr is what it carries: SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV from the kernel.
  var isFault: Bool { code > 0 && code < 0x80 && [4, 5, 7, 8, 11].contains(number) }
}

/// struct sigaction.
public struct SignalAction: Equatable, Sendable {
  /// 0 default, 1 ignore, else the handler.
  var handler: UInt64 = 0
  /// SA_*.
  var flags = SignalActionFlags(rawValue: 0)
  /// sa_restorer.
  var restorer: UInt64 = 0
  /// Signals blocked while it runs.
  var mask: UInt64 = 0
}

/// The handlers, shared by threads and by CLONE_SIGHAND.
final class SignalActions {
  var table = [SignalAction](repeating: SignalAction(), count: 65)
}

/// A process.
public final class Process {
  /// Its number (PID), its first thread's.
  public let id: Int32
  /// Its parent's number; 0 for /init.
  var parent: Int32
  /// Its memory; nil once it is a zombie.
  public internal(set) var space: AddressSpace?
  /// Its open files.
  var files: FileTable
  var actions: SignalActions
  /// Signals for whichever of its threads takes them first.
  var pending = SignalQueue()
  /// The threads that are not dead.
  public internal(set) var threads: [Thread] = []
  /// The last part of its program's path, 15 bytes at most (comm).
  public internal(set) var name: [UInt8] = []
  /// Path of its program.
  var executable: [UInt8] = []
  /// What wait4 will say, once it has ended.
  var status: Int32?
  /// The status that exit_group or a deadly signal chose, while its threads end.
  var endingStatus: Int32?
  /// The signal that its parent gets at its end; 0 for none.
  var exitSignal: UInt64 = 17
  /// A vfork's parent waits until this process gives back the memory.
  var holdsParent = false

  init(id: Int32, parent: Int32, files: FileTable, actions: SignalActions) {
    self.id = id
    self.parent = parent
    self.files = files
    self.actions = actions
  }

  /// Whether it has ended and waits to be waited for.
  var isZombie: Bool { status != nil }
}
