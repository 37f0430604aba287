// `faultline boot`: a machine with a console, and nothing injected.
//
// Surprising: with a terminal, waits take as long as they say, so that `sleep 1` takes a second;
// without one the machine runs as fast as it can and idle time costs nothing.

import ArgumentParser
import Machine
import Scenario

/// Boots a kernel.
struct Boot: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Boot a Linux kernel on the machine.",
    discussion: """
      The console is on the terminal: keys go to the guest, Ctrl-A x leaves, Ctrl-A h
      helps. Without a terminal the guest gets standard input when it listens, and the
      run ends where the kernel has panicked or every core got stuck.

      EXAMPLES
        faultline boot
        faultline boot --kernel vmlinuz --initrd initrd.cpio --memory 2G --cpus 2
        faultline boot --until 'Run /init' --stats --hash
        faultline boot --resets 1 --append 'console=ttyAMA0 panic=1' --records erst.bin
        printf 'uname -a\\npoweroff -f\\n' | faultline boot
        faultline boot --firmware bl1.bin -C number_of_error_records=2 \\
          -C 'cluster0.error_record_feature_register={"INJ":0x1,"ED":0x1,"UI":0x0}'

      EXIT STATUS
        0   the pattern was seen; without --until: the guest switched itself off
        1   a limit ended the run, or the guest ended before the pattern was seen, panicked
            or got nowhere
        others as `faultline --help` says
      """)

  @Option(help: "Linux Image, or none (default: Debian's cloud kernel in .cache).")
  var kernel: String?
  @Option(help: "First root file system, or none (default: that of `make images`).")
  var initrd: String?
  @Option(help: "Kernel command line.")
  var append = "console=ttyAMA0"
  @Option(help: "Memory: \(Scenario.MachineDescription.acceptedMemory).")
  var memory = Size(1 << 30)
  @Option(help: "Cores: 1 to 8.")
  var cpus = 1
  @Option(help: "EL3 firmware (default: that of `make images`).")
  var firmware: String?
  @Option(help: "How the firmware tells of SErrors: event, or sei (which Linux does not read).")
  var serror = Scenario.SErrorNotification.event
  @Option(
    help: "Where aborts and SErrors go: el3, which records them, or direct (SCR_EL3.EA = 0).")
  var aborts = Scenario.AbortRouting.el3
  @Option(
    help: "How the firmware tells of errors that no core took: gpio, gsiv, polled or sdei.")
  var events = Scenario.EventNotification.gpio
  @Option(
    help: ArgumentHelp(
      "Reset after so many seconds if a kernel that was told of a fatal error has not (default: never).",
      valueName: "seconds"))
  var watchdog: UInt64 = 0
  @Option(
    name: [.customShort("C"), .customLong("parameter")],
    help: ArgumentHelp(
      "What the error nodes are, by the names that Arm's models have for it.",
      valueName: "name=value"))
  var parameters: [String] = []
  @Option(help: ExecutionEngine.help)
  var engine = ExecutionEngine.standard
  @Option(help: "How often the machine comes back when it is reset; the next reset ends the run.")
  var resets = 0
  @Option(help: "What a reset leaves: warm, memory and error records; cold, none of them.")
  var reset = ResetKind.warm
  @Option(
    help: ArgumentHelp(
      "Keep the record store (ERST) in a file: read at the start, if it is there, and written at the end.",
      valueName: "file"))
  var records: String?
  @Option(help: ArgumentHelp("End when a console line matches.", valueName: "regex"))
  var until: String?
  @Option(help: ArgumentHelp("End after so many instructions (250M, 5G).", valueName: "count"))
  var instructions: Count?
  @Flag(
    help:
      "Print instructions, their rate, the engine, the memory used, and each core's place and last exceptions."
  )
  var stats = false
  @Flag(help: "Print a hash of the final state.")
  var hash = false
  @Flag(help: "End when software uses a part of a device that is not modelled.")
  var strict = false

  func validate() throws {
    try MachineOptions.check(memory: memory.bytes, cores: cpus)
    try MachineOptions.checkEnvironment()
    if let until { _ = try pattern(until, option: "--until") }
    _ = try MachineOptions.errorNodes(parameters)
    guard Scenario.BootDescription.watchdogRange.contains(watchdog) else {
      throw ValidationError(
        "--watchdog: accepted are \(Scenario.BootDescription.acceptedWatchdog).")
    }
    guard (0...Scenario.Resets.most).contains(resets) else {
      throw ValidationError("--resets: accepted are 0 to \(Scenario.Resets.most).")
    }
  }

  func run() throws {
    let loader = try HostFile.firmware(firmware)
    let image = try HostFile.kernel(kernel, starts: firmware == nil)
    let root = try HostFile.initrd(initrd, starts: firmware == nil)
    let target = try MachineOptions.machine {
      try BoardTarget(
        cores: cpus, memory: memory.bytes, firmware: loader, kernel: image, initrd: root,
        commandLine: append, serror: serror, aborts: aborts, events: events,
        watchdog: watchdog, errorNodes: try MachineOptions.errorNodes(parameters), isStrict: strict,
        engine: engine)
    }
    if let records, let bytes = try HostFile.records(records) { target.board.recordStore = bytes }
    let terminal = Terminal.isInteractive ? Terminal() : nil
    if terminal != nil { StandardError.write(Terminal.greeting) }
    var session = BootSession(
      target, wanted: try until.map { try pattern($0, option: "--until") },
      limit: instructions?.value ?? .max, resets: Scenario.Resets(count: resets, kind: reset),
      terminal: terminal)
    let clock = ContinuousClock()
    let start = clock.now
    defer { terminal?.restore() }
    let end = try session.run()
    if let records { try HostFile.write(records, target.board.recordStore) }
    let seconds = (clock.now - start) / .seconds(1)
    terminal?.restore()
    if stats { try printStatistics(target, seconds: seconds) }
    if hash { try StandardOutput.write("hash: \(target.hash().hex(16))\n") }
    for sentence in session.stuckCores where end.isForeign {
      StandardError.write("faultline: \(sentence)\n")
    }
    try conclude(end)
  }

  private func conclude(_ end: BootSession.End) throws {
    let before = until.map { " before '\($0)' was seen" } ?? ""
    switch end {
    case .seen, .left: return
    case .off where until == nil: return
    case .off: throw failure(.targetFailed, "the guest ended" + before)
    case .idle: throw failure(.targetFailed, "every core waits, and nothing will ever wake one")
    case .panic: throw failure(.targetFailed, "the kernel panicked" + before)
    case .stuck(let sentence):
      throw failure(.targetFailed, "the machine gets nowhere" + before + ": " + sentence)
    case .limit: throw failure(.targetFailed, "the limit ended the run" + before)
    case .unmodelled(let message):
      throw failure(.unmodelled, "the machine cannot go on: \(message)")
    }
  }

  private func printStatistics(_ target: BoardTarget, seconds: Double) throws {
    let rate = seconds > 0 ? Double(target.instructions) / seconds / 1e6 : 0
    let lines =
      [
        "", "instructions: \(target.instructions)", "seconds: \(rounded(seconds, 2))",
        "MIPS: \(rounded(rate, 1))", "engine: \(target.engine)",
      ] + target.positions + ["RSS: \(HostMemoryUse.peakKibibytes / 1024) MiB", ""]
    try StandardOutput.write(lines.joined(separator: "\n"))
  }
}

extension Scenario.SErrorNotification: ExpressibleByArgument {}
extension Scenario.AbortRouting: ExpressibleByArgument {}
extension Scenario.EventNotification: ExpressibleByArgument {}
extension ResetKind: ExpressibleByArgument {}
