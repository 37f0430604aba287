// Threads and what they wait for: clone, futex, clocks, prctl (linux/include/uapi/linux/sched.h,
// futex.h, time.h, prctl.h).

/// CLONE_*; the low byte is the signal at exit.
public struct CloneFlags: OptionSet, Equatable, Sendable {
  /// The bits of the system call.
  public var rawValue: UInt64
  /// From the bits of the system call.
  public init(rawValue: UInt64) { self.rawValue = rawValue }
  /// CLONE_VM.
  public static let memory = CloneFlags(rawValue: 0x100)
  /// CLONE_FS.
  public static let fileSystem = CloneFlags(rawValue: 0x200)
  /// CLONE_FILES.
  public static let files = CloneFlags(rawValue: 0x400)
  /// CLONE_SIGHAND.
  public static let signalHandlers = CloneFlags(rawValue: 0x800)
  /// CLONE_VFORK.
  public static let vfork = CloneFlags(rawValue: 0x4000)
  /// CLONE_THREAD.
  public static let thread = CloneFlags(rawValue: 0x1_0000)
  /// CLONE_SYSVSEM.
  public static let semaphores = CloneFlags(rawValue: 0x4_0000)
  /// CLONE_SETTLS: TPIDR_EL0 from the fourth argument.
  public static let setTLS = CloneFlags(rawValue: 0x8_0000)
  /// CLONE_PARENT_SETTID: third argument.
  public static let parentSetThreadID = CloneFlags(rawValue: 0x10_0000)
  /// CLONE_CHILD_CLEARTID: fifth argument.
  public static let childClearThreadID = CloneFlags(rawValue: 0x20_0000)
  /// CLONE_CHILD_SETTID: fifth argument.
  public static let childSetThreadID = CloneFlags(rawValue: 0x100_0000)
  /// What a thread of a process has: memory, files, handlers and thread group shared.
  public static let thisProcess: CloneFlags = [
    .memory, .fileSystem, .files, .signalHandlers, .thread, .semaphores,
  ]
}

/// RLIMIT_* (linux/include/uapi/asm-generic/resource.h).
public enum ResourceLimit: UInt64, CaseIterable, Sendable {
  case processorTime = 0
  case fileSize = 1
  case data = 2
  case stack = 3
  case core = 4
  case residentSet = 5
  case processes = 6
  case files = 7
  case lockedMemory = 8
  case addressSpace = 9
  case locks = 10
  case pendingSignals = 11
  case messageQueues = 12
  case nice = 13
  case realTimePriority = 14
  case realTime = 15

  /// RLIM_INFINITY.
  public static let infinity: UInt64 = .max
}

/// FUTEX_* without the flags.
public enum FutexOperation: UInt64, Sendable {
  case wait = 0
  case wake = 1
  case waitBitset = 9
  case wakeBitset = 10

  /// FUTEX_PRIVATE_FLAG.
  public static let privateFlag: UInt64 = 128
  /// FUTEX_CLOCK_REALTIME.
  public static let realTimeFlag: UInt64 = 256
}

/// CLOCK_*.
public enum Clock: UInt64, Sendable {
  case realTime = 0
  case monotonic = 1
  case processTime = 2
  case threadTime = 3
  case monotonicRaw = 4
  case realTimeCoarse = 5
  case monotonicCoarse = 6
  case bootTime = 7

  /// Whether it shows the time since 1970.
  public var isCalendar: Bool { self == .realTime || self == .realTimeCoarse }
}

/// struct timespec: seconds @0, nanoseconds @8, both 64 bits. struct itimerspec: the interval, then
/// the value.
public enum TimeLayout {
  /// Bytes of struct timespec.
  public static let size: UInt64 = 16
  /// TIMER_ABSTIME, TFD_TIMER_ABSTIME.
  public static let absolute: UInt64 = 1
}

/// prctl's first argument, as far as it is used here.
public enum ProcessControl: UInt64, Sendable {
  case setName = 15
  case setDumpable = 4
  /// PR_MCE_KILL: memory-error policy of the thread; see `MemoryErrorPolicy`.
  case memoryErrorKill = 33
  /// PR_MCE_KILL_GET.
  case memoryErrorKillGet = 34
}

/// PR_MCE_KILL: second argument PR_MCE_KILL_CLEAR 0 or PR_MCE_KILL_SET 1, third one of these.
public enum MemoryErrorPolicy: UInt64, Sendable {
  /// PR_MCE_KILL_LATE: told at the access.
  case late = 0
  /// PR_MCE_KILL_EARLY: told as soon as the system knows, by BUS_MCEERR_AO.
  case early = 1
  /// PR_MCE_KILL_DEFAULT: the system's.
  case standard = 2
}
