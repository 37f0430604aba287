// How far an experiment is: all that changes in a run, as one value. With the machine's own state it is
// the whole run, to be saved and gone on with.

import Machine

/// The state of a run.
public struct ExperimentState: Sendable {
  /// What speaks for a verdict.
  var evidence: Evidence
  /// What was told.
  var story = Story()
  /// What the console printed.
  var log = ConsoleLog()
  /// What console patterns captured, and the registers at a `pc` trigger.
  var captures: [String: String] = [:]
  /// How far each injection is.
  var progress: [Progress]
  /// Whether something was injected, if anything is to be: what was before is no evidence.
  var injected: Bool
  /// The error status blocks.
  var sources = RecordWatcher()
  /// Whether the hardware noted an error: before, there is nothing to publish.
  var errorNoted = false
  /// The nodes that firmware lets tell of no corrected errors, because there were too many.
  var silentNodes: Set<ErrorNodeIdentifier> = []
  /// Whether the machine started, or came back, and no kernel runs yet.
  var isStarting = true
  /// Processes that were sent SIGBUS and of whose end nothing is known yet.
  var signalled: [SignalledProcess] = []
  /// When each core was last seen idle, or in a process or a guest: nanoseconds of virtual time.
  var usefulAt: [UInt64?]
  /// When each core was last seen idle, or in a guest's process.
  var outsideKernelsAt: [UInt64?]
  /// Cores that took an error to EL3 and have not left it, and when.
  var enteredFirmware: [Int: UInt64] = [:]
  /// The line that each of them read itself, if it was EL3 that met it. A core that the operating system has
  /// switched off stays in EL3 also when all is well: what EL3 says of the line afterwards tells that it is.
  var readByFirmware: [Int: UInt64] = [:]
  /// When the host's kernel panicked; 0 once its text is over.
  var panicAt: UInt64?
  /// Guests that were heard, and whether the text of a panic of theirs is over.
  var guestsOver: [String: Bool] = [:]
  /// When the console last said anything.
  var outputAt: UInt64 = 0
  /// When the console's last line was complete.
  var lastLineAt: UInt64 = 0
  /// The last line that meant nothing.
  var silentLine = ""
  /// How many of the scenario's marks are behind.
  var marks = 0
  /// When the line of `liveness` last came: nanoseconds of virtual time.
  var aliveAt: UInt64?
  /// Whether the line that ends the experiment came.
  var sawUntil = false
  /// How often it was asked where a line is for a guest.
  var guestSearches: [UInt64: Int] = [:]

  /// Whether the cores get anywhere.
  var deadEnds = DeadEndWatch()

  /// Nothing done yet of a scenario, on so many cores.
  init(_ scenario: Scenario, cores: Int) {
    evidence = Evidence(vmm: scenario.vmm)
    progress = Array(repeating: Progress(), count: scenario.injections.count)
    injected = !scenario.injections.contains { $0.isError }
    usefulAt = Array(repeating: nil, count: cores)
    outsideKernelsAt = usefulAt
  }

  /// How far an injection's trigger is.
  struct Progress: Equatable, Sendable {
    /// The step that is waited for.
    var step = 0
    /// What the target was asked to wait for, for that step.
    var armed: TriggerHit.Cause?
    /// Instructions executed when the step before came; 0 for the first.
    var stepAt: UInt64 = 0
    /// The core whose access or instruction was the trigger: the context in which a virtual place
    /// is meant. Nil when it was not one core's.
    var core: Int?
    /// When the last step came.
    var firedAt: UInt64?
    /// Whether the injection is done.
    var isDone = false
  }

  /// A process that the kernel sent SIGBUS.
  struct SignalledProcess: Equatable, Sendable {
    var name: String
    var pid: UInt64
  }
}

/// How long an experiment waits for what.
public enum ExperimentPatience {
  /// Instructions between two looks at the console.
  public static let slice: UInt64 = 10_000
  /// The same while firmware handles an error: fewer than a kernel needs to read a record.
  public static let handlingSlice: UInt64 = 1_000
  /// For how many instructions from the entry to firmware that is so.
  public static let handling: UInt64 = 100_000
  /// Instructions between two reports of progress.
  public static let progress: UInt64 = 10_000_000
  /// Instructions for a place to become translatable after its trigger.
  public static let place: UInt64 = 200_000_000
  /// Nanoseconds of virtual time without idling, a process or a guest, after which a core of the
  /// host does nothing useful any more.
  public static let useful: UInt64 = 500_000_000
  /// Instructions after which firmware that has not left its handler is stuck there.
  public static let firmware: UInt64 = 10_000_000
  /// Instructions to go on after a panic began, so that its text is complete.
  public static let panicTail: UInt64 = 100_000_000
  /// Instructions without output after which an unfinished line is a prompt.
  public static let prompt: UInt64 = 100_000
  /// Instructions of silence after which guests that all panicked are not waited for any more.
  public static let guestPanicTail: UInt64 = 1_000_000_000
}
