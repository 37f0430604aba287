// `faultline boot`: a machine with a console, and nothing injected.
//
// Surprising: with a terminal, virtual time is held back to real time, so that `sleep 1` takes a
// second; without one the machine runs as fast as it can and idle time costs nothing.

import ArgumentParser
import Foundation
import Scenario

/// Boots a kernel.
struct Boot: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Boot a Linux kernel on the machine.",
    discussion: """
      The console is on the terminal: keys go to the guest, Ctrl-A x leaves. Without
      a terminal the guest gets no input.

      EXAMPLES
        faultline boot
        faultline boot --kernel vmlinuz --initrd initrd.cpio --memory 2G --cpus 2
        faultline boot --until 'Run /init' --stats --hash

      EXIT STATUS
        0   the pattern was seen; without --until: the guest switched itself off
        1   a limit ended the run, or the guest ended before the pattern was seen
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
  @Option(help: ArgumentHelp("End when a console line matches.", valueName: "regex"))
  var until: String?
  @Option(help: ArgumentHelp("End after so many instructions (250M, 5G).", valueName: "count"))
  var instructions: Count?
  @Flag(help: "Print instructions, their rate and the memory used.")
  var stats = false
  @Flag(help: "Print a hash of the final state.")
  var hash = false
  @Flag(help: "End when software uses a part of a device that is not modelled.")
  var strict = false

  func validate() throws {
    try MachineOptions.check(memory: memory.bytes, cores: cpus)
    if let until { _ = try pattern(until, option: "--until") }
  }

  func run() throws {
    let loader = try HostFile.firmware(firmware)
    let image = try HostFile.kernel(kernel, starts: firmware == nil)
    let root = try HostFile.initrd(initrd)
    let target = try MachineOptions.machine {
      try BoardTarget(
        cores: cpus, memory: memory.bytes, firmware: loader, kernel: image, initrd: root,
        commandLine: append, serror: serror, aborts: aborts, isStrict: strict)
    }
    let terminal = Terminal.isInteractive ? Terminal() : nil
    let clock = ContinuousClock()
    let start = clock.now
    let end = try loop(target, terminal, clock: clock)
    let seconds = (clock.now - start) / .seconds(1)
    terminal?.restore()
    if case .unmodelled(let message) = end {
      throw failure(.unmodelled, "the machine cannot go on: \(message)")
    }
    if stats { printStatistics(target, seconds: seconds) }
    if hash { print("hash: \(hexadecimal(target.hash()))") }
    switch end {
    case .seen, .left: return
    case .off where until == nil: return
    case .off: throw failure(.targetFailed, "the guest ended before '\(until ?? "")' was seen")
    case .idle: throw failure(.targetFailed, "every core waits, and nothing will ever wake one")
    case .limit:
      throw failure(
        .targetFailed,
        until.map { "the limit ended the run before '\($0)' was seen" } ?? "the limit ended the run"
      )
    case .unmodelled: return
    }
  }

  private enum End {
    case seen, off, limit, left, idle
    case unmodelled(String)
  }

  private func loop(
    _ target: BoardTarget, _ terminal: Terminal?, clock: ContinuousClock
  ) throws -> End {
    let wanted = try until.map { try pattern($0, option: "--until") }
    let limit = instructions?.value ?? UInt64.max
    let slice: UInt64 = wanted == nil && terminal == nil ? 1_000_000 : 100_000
    var log = ConsoleLog()
    let start = clock.now
    while target.instructions < limit {
      let stop = target.run(instructions: min(slice, limit - target.instructions))
      for event in target.takeEvents() {
        guard case .notModelled(let text) = event.kind else { continue }
        FileHandle.standardError.write(Data("faultline: \(text)\n".utf8))
      }
      let output = target.takeConsole()
      if !output.isEmpty {
        FileHandle.standardOutput.write(Data(output))
        let lines = log.append(output, at: target.instructions)
        if let wanted {
          if lines.contains(where: { wanted.match($0.text) != nil }) { return .seen }
        }
      } else if let wanted, !log.unfinished.isEmpty, wanted.match(log.unfinished) != nil {
        // A prompt: a line that stays without an end.
        return .seen
      }
      switch stop {
      case .powerOff, .reset: return .off
      case .unmodelled(let message): return .unmodelled(message)
      case .idle where terminal == nil: return .idle
      case .budget, .idle, .event, .triggers: break
      }
      if let terminal {
        let ahead = Double(target.virtualNanoseconds) / 1e6 - (clock.now - start) / .milliseconds(1)
        guard let keys = terminal.keys(waitingFor: Int32(max(0, min(ahead, 100)))) else {
          return .left
        }
        if !keys.isEmpty { target.type(keys) }
      }
    }
    return .limit
  }

  private func printStatistics(_ target: BoardTarget, seconds: Double) {
    let rate = seconds > 0 ? Double(target.instructions) / seconds / 1e6 : 0
    print("\ninstructions: \(target.instructions)")
    print("seconds: \(rounded(seconds, 2))")
    print("MIPS: \(rounded(rate, 1))")
    for position in target.positions { print(position) }
    print("RSS: \(HostMemoryUse.peakKibibytes / 1024) MiB")
  }
}

extension Scenario.SErrorNotification: ExpressibleByArgument {}
extension Scenario.AbortRouting: ExpressibleByArgument {}
