// The judge's rules, one by one.

import Arm
import Foundation
import Support
import Testing

@testable import Scenario

/// The judge's table: an example for each row, which none of the rows before it takes.
@Suite struct JudgeRuleTests {
  /// Told to the host's kernel, with a record.
  private static let told: [TimelineEvent.Kind] = [
    .planted, .used, .toEL3, .published(.recoverable),
  ]
  private static let vmmSignalled =
    "Memory failure: 0x40042: Sending SIGBUS to vmm:45 due to hardware memory corruption"
  private static let vmmTold = "a| vmm: record for GPA 0x4040d000 written to error source 0"

  private static func inFirmware(_ end: ExperimentEnd) -> Evidence {
    var evidence = Evidence([.planted, .used, .toEL3], end: end)
    evidence.coresInFirmware = [0]
    return evidence
  }

  /// By the name of the row, in the order of the table.
  static let examples: [(rule: String, evidence: Evidence, verdict: String)] = [
    (
      "there was no error", Evidence([], ["Kernel panic - not syncing: x"], end: .panic),
      "no error, contained by nobody, no process"
    ),
    (
      "a write replaced the bad data before anybody used it", Evidence([.planted, .cured]),
      "corrected, contained by hardware, no process"
    ),
    (
      "nobody touched the bad data",
      Evidence([.planted], ["Kernel panic - not syncing: x"], end: .reset),
      "latent, contained by nobody, no process"
    ),
    (
      "the host's kernel gave up", Evidence(told, ["Kernel panic - not syncing: x"]),
      "host down, contained by host kernel, host"
    ),
    (
      "firmware gave the machine up", inFirmware(.reset),
      "host down, contained by firmware, host"
    ),
    (
      "the machine was reset and its kernel had not said why", Evidence(told, end: .reset),
      "host down, contained by nobody, host"
    ),
    (
      "firmware never came back from it", inFirmware(.limit),
      "host down, contained by nobody, host"
    ),
    (
      "bad data was used and nobody was told", Evidence([.planted, .used]),
      "silent corruption, contained by nobody, host"
    ),
    (
      "hardware corrected what was used", Evidence([.planted, .used], state: .corrected),
      "corrected, contained by hardware, no process"
    ),
    (
      "the machine makes no progress", Evidence(told, [vmmTold], end: .limit),
      "hang (limit), contained by nobody, host"
    ),
    (
      "a guest that was told makes no progress",
      Evidence(told, [vmmTold], end: .storm, hostLives: true),
      "hang (storm), contained by host kernel, guest"
    ),
    (
      "a VMM lost memory of its own",
      Evidence(told, ["a| vmm: SIGBUS BUS_MCEERR_AR HVA 0x7fff0000, not guest memory lsb 12"]),
      "guest down, contained by VMM, guest"
    ),
    (
      "a VMM was killed", Evidence(told, [vmmSignalled]),
      "guest down, contained by host kernel, guest"
    ),
    (
      "a guest's kernel gave up", Evidence(told, [vmmSignalled, vmmTold, "a| guest: down x"]),
      "guest down, contained by guest kernel, guest"
    ),
    (
      "a VMM ended its guest", Evidence(told, [vmmTold, "a| vmm: the guest crashed"]),
      "guest down, contained by VMM, guest"
    ),
    (
      "processes of the host were killed", Evidence(told, ["guest: program killed on core 0"]),
      "process killed, contained by host kernel, one process"
    ),
    (
      "processes of guests were killed",
      Evidence(told, [vmmTold, "a| guest: program killed on core 0"]),
      "guest process killed, contained by guest kernel, one guest process"
    ),
    (
      "firmware told of corrected errors alone",
      Evidence([.planted, .used, .toEL3, .published(.corrected)], state: .corrected),
      "corrected, contained by hardware, no process"
    ),
    (
      "a guest made up for its loss", Evidence(told, [vmmTold, "a| guest: tables built anew"]),
      "recovered, contained by guest kernel, no process"
    ),
    (
      "the host's kernel gave memory up",
      Evidence(told, ["Memory failure: 0x40042: recovery action for clean LRU page: Recovered"]),
      "recovered, contained by host kernel, no process"
    ),
    (
      "hardware corrected what was told",
      Evidence([.planted, .used, .toEL2], state: .corrected),
      "corrected, contained by hardware, no process"
    ),
    (
      "firmware took it and said nothing", Evidence([.planted, .used, .toEL3]),
      "recovered, contained by firmware, no process"
    ),
    (
      "the host's kernel took it and said nothing", Evidence([.planted, .used, .toEL2]),
      "recovered, contained by host kernel, no process"
    ),
    (
      "there is a record of what nobody took", Evidence([.planted, .published(.recoverable)]),
      "recovered, contained by nobody, no process"
    ),
  ]

  @Test(arguments: examples.indices)
  func aRowJudgesItsExample(index: Int) {
    let example = Self.examples[index]
    #expect(example.evidence.rule.name == example.rule)
    #expect(example.evidence.verdict().line.hasPrefix(example.verdict + ", "))
  }

  @Test func everyRowHasAnExampleSoNoneIsUnreachable() {
    #expect(Self.examples.map(\.rule) == JudgeRule.all.map(\.name))
  }

  @Test func theDocumentHasTheSameRows() throws {
    let rows = try Checkout.text("Documentation/Judge.md").split(separator: "\n")
      .map { $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) } }
      .drop { $0.first != "If" }.dropFirst(2).prefix { $0.count == 4 }
    #expect(rows.map(\.[0]) == JudgeRule.all.map(\.name))
  }

  @Test func theLastRowTakesAllThatIsLeft() {
    #expect(JudgeRule.all.last?.applies(Evidence()) == true)
  }
}
