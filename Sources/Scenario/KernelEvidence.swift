// What a kernel's console shows of its errors, and what became of its processes.
//
// Surprising: the kernel says whom it sends SIGBUS, with the process number; /init says how a program
// ended, by its name alone. Several processes of one name are therefore counted, not told apart: so many
// were signalled, so many ended well, so many did not.

/// What a kernel says: the host's, or a guest's.
struct KernelEvidence: Equatable, Sendable {
  /// Processes that were sent SIGBUS or stumbled over an error in the kernel, by name.
  private var hit: [String: Set<UInt64>] = [:]
  /// For which pages, by name. Linux may name a thread where it named its process before: one process is two
  /// numbers then, told of one page twice.
  private var sent: [String: Set<UInt64>] = [:]
  /// How often without saying for which, by name.
  private var sentForNoPage: [String: Int] = [:]
  /// How processes ended since, by name.
  private var ends: [String: Ends] = [:]
  private var unnamedBusError = false
  /// Whether an oops was printed whose process is not named yet.
  private var oopsIsOpen = false
  private var unnamedOopses = 0
  private var killedPrograms = 0
  /// Whether it stopped.
  private(set) var panicked = false
  /// Whether it restarted the machine because it was asked to.
  private(set) var restarts = false
  /// Whether a page was given up in time, or what was lost was made up for.
  private(set) var gaveUpPage = false
  /// Pages that it gave up, by their numbers.
  private var offlinePages: Set<UInt64> = []
  /// Memory that it says it gave up in all, in pages of 4 KiB.
  private var statedPages: UInt64 = 0
  /// Whether it printed a record.
  private(set) var readRecord = false
  /// Guest physical or physical addresses that its records name.
  private(set) var recordAddresses: [UInt64] = []

  /// How processes of one name ended.
  private struct Ends: Equatable, Sendable {
    /// With a status of a program.
    var well = 0
    /// Those of them that say that it failed.
    var failed = 0
    /// By SIGBUS (128 + 7).
    var busError = 0
    /// By another signal.
    var otherSignal = 0
  }

  /// Linux keeps 15 characters of a name (TASK_COMM_LEN).
  static func kept(_ name: String) -> String { String(name.prefix(15)) }

  /// The machine was reset: what ended the run before says nothing of the next.
  mutating func comeBack() {
    restarts = false
    oopsIsOpen = false
  }

  /// Takes a line of the console.
  mutating func add(_ line: KernelLine) {
    switch line {
    case .processSignalled(let name, let pid, let page): note(name, pid, page)
    case .processEnded(let name, let status):
      let name = Self.kept(name)
      switch status {
      case ..<128:
        ends[name, default: Ends()].well += 1
        if status != 0 { ends[name, default: Ends()].failed += 1 }
      case 135: ends[name, default: Ends()].busError += 1
      default: ends[name, default: Ends()].otherSignal += 1
      }
    case .busError: unnamedBusError = true
    case .busErrorOf(let name, let pid): note(KernelEvidence.kept(name), pid, nil)
    case .panic, .panicEnd: panicked = true
    case .oops:
      if oopsIsOpen { unnamedOopses += 1 }
      oopsIsOpen = true
    case .dumpOf(let name, let pid):
      // Of an oops; a warning prints one as well.
      if oopsIsOpen, pid != 0 { note(name, pid, nil) }
      oopsIsOpen = false
    case .recoveryAction(let page, _, let result):
      guard result == "Recovered" || result == "Delayed" else { break }
      gaveUpPage = true
      offlinePages.insert(page)
    case .softOffline(let page):
      gaveUpPage = true
      offlinePages.insert(page)
    case .memoryGivenUp(let kilobytes):
      gaveUpPage = true
      statedPages = max(statedPages, kilobytes / 4)
    case .programKilled: killedPrograms += 1
    case .lossRepaired: gaveUpPage = true
    case .sectionAddress(let address): recordAddresses.append(address)
    case .recordAddress(let address):
      readRecord = true
      recordAddresses.append(address)
    case .recordOf, .hardwareError: readRecord = true
    case .restart: restarts = true
    case .firmware, .firmwareError: break
    }
  }

  /// How many pages it gave up.
  var pagesGivenUp: UInt64 { max(UInt64(offlinePages.count), statedPages) }

  /// Whether some process was sent SIGBUS.
  var signalledSomebody: Bool { !hit.isEmpty }

  /// Whether it says anything of an error.
  var wasTold: Bool {
    signalledSomebody || gaveUpPage || readRecord || unnamedBusError || oopsIsOpen
      || unnamedOopses > 0 || killedPrograms > 0 || !recordAddresses.isEmpty
  }

  /// Processes that were killed, those of some names left out.
  func killed(apartFrom left: [String] = []) -> Int {
    let names = Set(hit.keys).union(ends.keys).subtracting(left.map(Self.kept))
    let named = killedPrograms + names.reduce(0) { $0 + killed($1, survivors: 0) }
    let unnamed = unnamedOopses + (oopsIsOpen ? 1 : 0)
    if named + unnamed > 0 { return named + unnamed }
    // Somebody says "Bus error", and nobody who.
    return unnamedBusError && hit.isEmpty && ends.isEmpty ? 1 : 0
  }

  /// Processes of a name that were killed. `survivors` of them are known to have survived their
  /// signal without having ended; of `heard` signals somebody said that they came.
  func killed(_ name: String, survivors: Int, heard: Int = 0) -> Int {
    let name = Self.kept(name)
    let hit = hit[name]?.count ?? 0
    let ends = ends[name] ?? Ends()
    // A death by SIGBUS needs no message of the kernel; another signal counts where there is one.
    let dead = max(ends.busError, min(hit, ends.busError + ends.otherSignal))
    let silent = max(0, hit - dead - max(ends.well, survivors))
    let sent = (sent[name]?.count ?? 0) + sentForNoPage[name, default: 0]
    return dead + (heard == 0 ? silent : min(silent, max(0, sent - heard)))
  }

  private mutating func note(_ name: String, _ pid: UInt64, _ page: UInt64?) {
    hit[name, default: []].insert(pid)
    if let page {
      sent[name, default: []].insert(page)
    } else {
      sentForNoPage[name, default: 0] += 1
    }
  }

  /// Processes of a name that were sent SIGBUS, survived it, and ended since with a status of failure.
  func gaveUp(_ name: String) -> Int {
    let name = Self.kept(name)
    return min(hit[name]?.count ?? 0, ends[name]?.failed ?? 0)
  }
}
