// Every line of the hypervisor (code, constants, data, .bss, stacks) may be the one that fails, at the
// moment at which it handles an error of a guest: as poison, and as an SError of each AET. Whatever comes of it
// is one of a few named ends; nothing hangs, ends in silence, or leaves what the machine models.
//
// A sample by default; FAULTLINE_EVERY_LINE=1 in the environment tries them all, which takes a night.

import Scenario
import Testing

@Suite(.timeLimit(.minutes(15)))
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

  private static func scenario(_ line: UInt64, _ harm: LineHarm) -> String {
    """
    title: a line of the hypervisor
    machine: {memory: 512M, cpus: 2}
    host: faultline
    boot: {append: console=ttyAMA0}
    inject:
      - name: the guest's victim
        when: {console: 'guest: victim at ipa (?<ipa>0x[0-9a-f]+)'}
        what: poison
        where: {intermediate: $ipa}
      - name: a line of the hypervisor
        # Later than the victim's: that needs the guest to run.
        when: [{console: 'guest: victim at ipa'}, {after: 2M}]
        what: \(harm.what)
        where: {physical: 0x\(String(base + line * 64, radix: 16))}
    # A corrected error that stays costs a record at every use: slow, and no more.
    limits: {instructions: \(harm == .corrected ? "4G" : "400M")}
    """
  }

  private func outcome(_ line: UInt64, _ harm: LineHarm) throws -> Outcome? {
    let scenario = try Scenario(yaml: Self.scenario(line, harm), file: "lines.yaml")
    var archive = CpioArchive()
    let script =
      #"run vmm --name a --kernel /guest.bin --memory 64M --append "test=el0-read wait=2000""#
    archive.add(file: "script", Array(script.utf8))
    let target = try BoardTarget(
      cores: 2, memory: scenario.machine.memory,
      firmware: try BuiltFiles.read(BuiltFiles.firmware),
      kernel: try BuiltFiles.read(HypervisorFiles.kernel),
      initrd: CpioArchive.joined(try BuiltFiles.read(HypervisorFiles.initrd), archive.bytes),
      commandLine: "console=ttyAMA0", serror: .sei)
    let report = try Experiment(scenario, on: target).run()
    let text = report.console.map(\.text)
    func says(_ words: String) -> Bool { text.contains { $0.contains(words) } }
    switch report.end {
    case .powerOff: return .goesOn
    case .panic, .idle:
      guard says("end Kernel panic") else { return nil }
      return says("[Hardware Error]: event severity") ? .panics : .panicsWithoutRecord
    case .reset:
      if says("Kernel panic") || says("EL2 lost") { return .abandoned }
      return says("firmware: ") ? .firmware : nil
    case .until, .storm, .guestPanic, .limit: return nil
    }
  }

  @Test func noLineOfTheHypervisorEndsInAHangOrInSilence() throws {
    let count = Self.lineCount(try BuiltFiles.read(HypervisorFiles.kernel))
    let lines = EveryLine.lines(of: count, sample: 8)
    var table: [LineHarm: [Outcome: Int]] = [:]
    for line in lines {
      for harm in LineHarm.allCases {
        let outcome = try outcome(line, harm)
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
}
