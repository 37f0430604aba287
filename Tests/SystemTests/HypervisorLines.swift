// Every line of the hypervisor (code, constants, data, .bss, stacks) may be the one that fails, at the
// moment at which it handles an error of a guest: as poison, and as an SError of each AET. Whatever comes of it
// is one of a few named ends; nothing hangs, ends in silence, or leaves what the machine models.
//
// One run that nobody disturbs is watched: a line that it never uses from that moment on changes
// nothing, whatever harm it has. Of the lines that it uses a sample is tried, or all of them with
// FAULTLINE_EVERY_LINE=1 in the environment, which takes six minutes.

import Arm
import Machine
import Scenario
import Testing

@Suite(.timeLimit(.minutes(180)))
struct HypervisorLines {
  /// How it may end.
  enum Outcome: String, CaseIterable {
    /// The host switched the machine off, as if nothing had been.
    case goesOn = "the host goes on"
    /// A panic with firmware's record.
    case panics = "panic, with the record"
    /// A panic without: what prints the record was lost.
    case panicsWithoutRecord = "panic, without the record"
    /// The last words of the hypervisor, and a reset.
    case abandoned = "last words, reset"
    /// EL3 found that nobody could go on.
    case firmware = "firmware resets"
  }

  /// Where the firmware loads an Image with text_offset 0.
  private static let base: UInt64 = 0x4020_0000

  /// The lines of the loaded Image, .bss and stacks included: image_size of its header.
  private static func lineCount(_ image: [UInt8]) -> UInt64 {
    var size: UInt64 = 0
    for index in 0..<8 { size |= UInt64(image[16 + index]) << UInt64(index * 8) }
    return size / 64
  }

  private static let scenario = """
    title: a line of the hypervisor
    machine: {memory: 512M, cpus: 2}
    host: faultline
    boot: {append: console=ttyAMA0}
    inject:
      - name: the guest's victim
        when: {console: 'guest: victim at ipa (?<ipa>0x[0-9a-f]+)'}
        what: poison
        where: {intermediate: $ipa}
    limits: {instructions: 3G}
    """
  /// What a run that nobody disturbs does not need.
  private static let enough: UInt64 = 400_000_000

  /// What came of a line.
  private struct Run {
    let end: ExperimentEnd
    let instructions: UInt64
    let console: [String]
  }

  /// The machine just before the guest's victim is read.
  private final class Moment {
    let target: BoardTarget
    let experiment: Experiment<BoardTarget>
    private let console = Box()
    /// How many lines of the console were there.
    private let lineCount: Int
    let snapshot: Experiment<BoardTarget>.Snapshot

    init() throws {
      let scenario = try Scenario(yaml: HypervisorLines.scenario, file: "lines.yaml")
      var archive = CpioArchive()
      let script =
        #"run vmm --name a --kernel /guest.bin --memory 64M --append "test=el0-read wait=2000""#
      archive.add(file: "script", Array(script.utf8))
      target = try BoardTarget(
        cores: 2, memory: scenario.machine.memory,
        firmware: try BuiltFiles.read(BuiltFiles.firmware),
        kernel: try BuiltFiles.read(HypervisorFiles.kernel),
        initrd: CpioArchive.joined(try BuiltFiles.read(HypervisorFiles.initrd), archive.bytes),
        commandLine: "console=ttyAMA0", serror: .sei)
      var isPlanted = false
      let console = console
      experiment = Experiment(
        scenario, on: target,
        observe: { event in if case .poisonPlanted = event.kind { isPlanted = true } },
        console: { console.lines.append($0.text) })
      while !isPlanted {
        let end = try experiment.advance(to: target.instructions + 100_000)
        try #require(end == nil, "the guest never said where its victim is")
      }
      // The victim's poison is planted; the guest waits before it reads it.
      snapshot = try experiment.save()
      lineCount = console.lines.count
    }

    private final class Box {
      var lines: [String] = []
    }

    /// Back to the moment.
    private func restore() {
      experiment.restore(snapshot)
      console.lines.removeLast(console.lines.count - lineCount)
    }

    /// The lines that the rest of the run uses when nobody disturbs it, in order.
    func usedLines(of count: UInt64) throws -> [UInt64] {
      restore()
      let board = target.board
      let watch = board.bus.watch(
        PhysicalAddress(HypervisorLines.base), byteCount: count * 64, kinds: .all, ordinal: 0)
      defer { if let watch { board.bus.unwatch(watch) } }
      var used: Set<UInt64> = []
      while target.instructions < HypervisorLines.enough {
        let reason = board.run(instructions: 1_000_000)
        for case .watchHit(let hit) in board.takeEvents().map(\.kind) {
          let offset = hit.address.rawValue - HypervisorLines.base
          used.formUnion(offset / 64...(offset + UInt64(hit.size) - 1) / 64)
        }
        if reason == .powerOff { return used.filter { $0 < count }.sorted() }
      }
      Issue.record("the undisturbed run does not end")
      return []
    }

    /// The run with a line that fails, if any does, to its end.
    func run(_ line: UInt64? = nil, _ harm: LineHarm = .poison) throws -> Run {
      restore()
      if let line {
        #expect(
          target.plantPoison(PhysicalAddress(HypervisorLines.base + line * 64), harm.poison))
      }
      while true {
        if let end = try experiment.advance(to: target.instructions + 25_000_000) {
          return Run(end: end, instructions: target.instructions, console: console.lines)
        }
      }
    }
  }

  private func outcome(of run: Run) -> Outcome? {
    func says(_ words: String) -> Bool { run.console.contains { $0.contains(words) } }
    switch run.end {
    case .powerOff: return .goesOn
    case .panic, .idle:
      guard says("end Kernel panic") else { return nil }
      return says("[Hardware Error]: event severity") ? .panics : .panicsWithoutRecord
    case .reset:
      if says("Kernel panic") || says("EL2 lost") { return .abandoned }
      return says("firmware: ") ? .firmware : nil
    case .limit, .storm, .until, .guestPanic: return nil
    }
  }

  @Test func noLineOfTheHypervisorEndsInAHangOrInSilence() throws {
    let count = Self.lineCount(try BuiltFiles.read(HypervisorFiles.kernel))
    let moment = try Moment()
    let used = try moment.usedLines(of: count)
    // The console, the scheduler and the way of an error are a good part of it.
    #expect(used.count > 500)
    print("\(used.count) of \(count) lines are used")
    try checkUnused(Set(used), of: count, moment)
    let lines = EveryLine.lines(of: UInt64(used.count), sample: 16).map { used[Int($0)] }
    var table: [LineHarm: [Outcome: Int]] = [:]
    for line in lines {
      for harm in LineHarm.allCases {
        let outcome = outcome(of: try moment.run(line, harm))
        #expect(
          outcome != nil,
          "\(harm.rawValue) at 0x\(String(Self.base + line * 64, radix: 16)) ends in nothing known")
        if let outcome { table[harm, default: [:]][outcome, default: 0] += 1 }
      }
    }
    for harm in LineHarm.allCases {
      let row = Outcome.allCases.map { "\($0.rawValue) \(table[harm]?[$0] ?? 0)" }
      print("\(harm.rawValue): \(row.joined(separator: ", "))")
    }
  }

  /// Where a sample rarely looks: an SError inside the heap, whose handler allocates too, one at each
  /// instruction of whoever waits for the lock, and one at each of the copy that every record needs.
  @Test func whatHandlesErrorsOutlivesACorrectedOneAtEveryInstruction() throws {
    let image = try BuiltFiles.read(HypervisorFiles.kernel)
    let elf = try BuiltFiles.read(".build/images/hypervisor.elf")
    let symbols = CodeSymbol.all(of: "hypervisor", elf: elf, in: [image]).filter {
      ["hypervisor_lock", "memcpy", "memmove", "memset"].contains($0.name)
        || $0.name.contains("KernelHeapV")
    }
    #expect(symbols.count >= 6)
    let lines = Set(
      symbols.flatMap { symbol in
        // Linked to the upper half; offsets are the Image's.
        let offset = symbol.address & 0xFFFF_FFFF
        return offset / 64...(offset + symbol.size - 1) / 64
      })
    let moment = try Moment()
    for line in lines.sorted() {
      #expect(
        outcome(of: try moment.run(line, .corrected)) == .goesOn,
        "corrected at 0x\(String(Self.base + line * 64, radix: 16)) ends the run")
    }
  }

  /// Lines that are not used change nothing: the same end, after as many instructions.
  private func checkUnused(_ used: Set<UInt64>, of count: UInt64, _ moment: Moment) throws {
    let unused = (0..<count).filter { !used.contains($0) }
    let golden = try moment.run()
    #expect(outcome(of: golden) == .goesOn)
    for number in 0..<4 {
      let run = try moment.run(unused[unused.count * number / 4 + 1], .poison)
      #expect(outcome(of: run) == .goesOn)
      #expect(run.instructions == golden.instructions)
    }
  }
}
