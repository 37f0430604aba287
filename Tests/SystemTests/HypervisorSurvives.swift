// Our hypervisor on the whole machine: what means harm does none to those beside it. Each claim is a
// comparison with the same run without the harm: the twin.

import Foundation
import Machine
import Scenario
import Support
import Testing

@Suite(.timeLimit(.minutes(60)))
struct HypervisorSurvives {
  /// All complete lines of a host that runs a script until it switches the machine off.
  static func lines(script: String, cores: Int) throws -> [String] {
    var archive = CpioArchive()
    archive.add(file: "script", Array(script.utf8))
    var run = ConsoleRun(
      try Board(
        BoardConfiguration(
          coreCount: cores, ramSize: 1 << 30, firmware: try BuiltFiles.read(BuiltFiles.firmware),
          kernel: try BuiltFiles.read(HypervisorFiles.kernel),
          initrd: CpioArchive.joined(
            try BuiltFiles.read(HypervisorFiles.initrd), archive.bytes),
          commandLine: "console=ttyAMA0")))
    #expect(run.run(to: 5_000_000_000) == .powerOff, "\(run.text.suffix(500))")
    return run.text.split(whereSeparator: \.isNewline).map(String.init)
  }

  static func guest(_ name: String, _ lines: [String]) -> [String] {
    lines.filter { $0.hasPrefix(name + "| ") }
  }

  /// A process whose children make random system calls and requests of /dev/kvm.
  @Test(arguments: [1, 4]) func hostileProcessesHarmNeitherKernelNorGuest(cores: Int) throws {
    let machine =
      #"run vmm --name a --kernel /guest.bin --memory 64M --append "test=idle times=30""#
    let twin = try HypervisorSurvives.lines(script: machine, cores: cores)
    for seed in 1...3 {
      let script = "\(machine) &\nrun hostile --children 6 --seed \(seed) &\nwait"
      let lines = try HypervisorSurvives.lines(script: script, cores: cores)
      #expect(lines.contains("init: hostile ended with status 0"))
      #expect(!lines.contains { $0.contains("Kernel panic") })
      #expect(Self.guest("a", lines) == Self.guest("a", twin))
      #expect(Self.guest("a", twin).contains("a| guest: done idle"))
    }
  }

  /// The guest beside the victim says what it says when nothing goes bad, to the last digit.
  @Test func theNeighbourOfAVictimEqualsItsFaultFreeTwin() throws {
    let path = Checkout.path("Scenarios/guest-two-guests.yaml")
    let text = try String(contentsOfFile: path, encoding: .utf8)
    func console(_ text: String) throws -> [String] {
      let scenario = try Scenario(yaml: text, file: path)
      var archive = CpioArchive()
      archive.add(file: "script", Array((scenario.boot.script ?? "").utf8))
      let target = try BoardTarget(
        cores: scenario.machine.cores, memory: scenario.machine.memory,
        firmware: try BuiltFiles.read(BuiltFiles.firmware),
        kernel: try BuiltFiles.read(HypervisorFiles.kernel),
        initrd: CpioArchive.joined(try BuiltFiles.read(HypervisorFiles.initrd), archive.bytes),
        commandLine: scenario.boot.append, serror: .sei)
      return try Experiment(scenario, on: target).run().console.map(\.text)
    }
    let place = try #require(text.firstMatch(of: /where: \{[^}]*\}/))
    // In the middle of memory that nobody uses.
    let twin = try console(text.replacing(place.0, with: "where: {physical: 0x6000_0000}"))
    let lines = try console(text)
    #expect(lines != twin)
    #expect(Self.guest("b", lines) == Self.guest("b", twin))
    #expect(!Self.guest("b", twin).isEmpty)
  }
}

/// What `make images` builds for a host of guests.
enum HypervisorFiles {
  static let kernel = Checkout.path(".build/images/hypervisor.bin")
  static let initrd = Checkout.path(".build/images/host.cpio")
}
