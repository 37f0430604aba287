// What a campaign's file may say, and what is said of one that is wrong.

import Scenario
import Testing

@testable import Campaign

@Suite struct CampaignFileTests {
  private static let least = """
    title: t
    scenario: s.yaml
    moments: [{console: 'x'}]
    errors: [{what: poison}]

    """

  @Test func aFileSaysAllThatACampaignNeeds() throws {
    let file = try CampaignFile(
      yaml: """
        title: A guest
        scenario: ../Scenarios/guest.yaml
        host: linux
        moments:
          - {console: 'victim'}
          - {every: 5M, count: 20}
        errors:
          - {what: poison, severity: recoverable, weight: 8}
          - {what: SError, severity: recoverable, delay: 200, weight: 2}
        places:
          all: [guest process, guest kernel, VMM]
          census: [guest process]
          pattern: {preset: row}
        liveness: {every: 1s, line: 'neighbour: alive'}
        seed: 7
        stop:
          confidence: 99%
          half-width: {host down: 0.5%, contained by nobody: 0.1%}
          looks: 4
          at-most: {injections: 1M, hours: 8}
        limits: {after: 3x, panic: 5, storm: 50}
        require:
          - {place: guest process, outcome: host down, at-most: 0.1%}
          - {reported: wrong address, at-most: 0}
        """, file: "c.yaml")
    #expect(file.host == .linux)
    #expect(file.moments.count == 2)
    #expect(file.errors.map(\.weight) == [8, 2])
    #expect(file.errors[1].name == "SError, severity recoverable, delay 200")
    #expect(file.places == [.guestProcess, .guestKernelText, .guestKernelData, .vmm])
    #expect(file.census == [.guestProcess])
    #expect(file.pattern == .row)
    #expect(file.liveness?.nanoseconds == 1_000_000_000)
    #expect(file.seed == 7)
    #expect(file.stop.confidence == 0.99)
    #expect(file.stop.halfWidths.map(\.what) == [.outcome(.hostDown), .containedBy(.nobody)])
    #expect(file.stop.injections == 1_000_000)
    #expect(file.stop.hours == 8)
    #expect(file.limits == CampaignFile.Limits(after: 3, panic: 5, storm: 50))
    #expect(file.gates[0].bound == .atMost(0.001))
    #expect(file.gates[1].bound == .count(0))
  }

  @Test(arguments: [
    ("titel: x", "c.yaml:5: titel: found an unknown key; accepted: title, scenario, host,"),
    ("seed: many", "c.yaml:5: seed: found 'many'; accepted: a number"),
    ("places: {all: [moon]}", "c.yaml:5: places.all[0]: found 'moon'; accepted: guest process,"),
    (
      "places: {all: [VMM], census: [free]}",
      "c.yaml:5: places.census: found 'free'; accepted: places that all has too"
    ),
    ("limits: {after: 3}", "c.yaml:5: limits.after: found '3'; accepted: 1x to 1000x"),
    ("stop: {confidence: 0.95}", "c.yaml:5: stop.confidence: found '0.95'; accepted: 50 % to"),
    (
      "stop: {half-width: {joy: 1%}}",
      "c.yaml:5: stop.half-width.joy: found 'joy'; accepted: corrected,"
    ),
    ("liveness: {every: 1, line: x}", "c.yaml:5: liveness.every: found '1'; accepted: a time"),
    ("require: [{outcome: hang}]", "c.yaml:5: require[0]: found both or none; accepted: at-most"),
    (
      "places: {pattern: chip}",
      "c.yaml:5: places.pattern: found 'chip'; accepted: line, word, row, column, bank, storm, ddr3-field"
    ),
    (
      "places: {pattern: {preset: row, lines: 4}}",
      "c.yaml:5: places.pattern.lines: found lines; accepted: lines only with preset: storm"
    ),
    (
      "places: {pattern: {preset: storm, lines: 1}}",
      "c.yaml:5: places.pattern.lines: found '1'; accepted: 2 to 1,000 lines at once"
    ),
    (
      "stop: {looks: 4}",
      "c.yaml:5: stop.looks: found looks; accepted: looks only beside half-width"
    ),
    (
      "places: {all: [VMM], census: [VMM]}\nstop: {half-width: {hang: 1%}}",
      "c.yaml:6: stop: found half-width; accepted: half-width where a sample is drawn"
    ),
    (
      "places: {all: [VMM]}\nrequire: [{place: free, outcome: hang, at-most: 0}]",
      "c.yaml:6: require[0]: found 'free'; accepted: a place that places.all has too"
    ),
    ("require: [{at-most: 0}]", "c.yaml:5: require[0]: found none; accepted: one of outcome,"),
  ])
  func whatIsWrongIsSaidWithFileLineAndKey(line: String, message: String) {
    #expect {
      try CampaignFile(yaml: Self.least + line + "\n", file: "c.yaml")
    } throws: { error in
      let text = "\(error)"
      if !text.hasPrefix(message) { Issue.record("\(text)") }
      return text.hasPrefix(message)
    }
  }

  @Test(arguments: [
    ("[{every: 5M}]", "moments"), ("[]", "moments"), ("[{console: '('}]", "moments[0].console"),
    ("[{console: a, count: 2}]", "moments[0].count"),
  ])
  func momentsBeginWithAPlaceInTheRun(text: String, key: String) {
    let yaml = Self.least.replacing("[{console: 'x'}]", with: text)
    #expect { try CampaignFile(yaml: yaml, file: "c.yaml") } throws: {
      ($0 as? ScenarioError)?.key == key
    }
  }

  @Test func anErrorAtOnceHasNoLineToChoose() {
    let yaml = Self.least.replacing(
      "{what: poison}", with: "{what: SError, met: at once}")
    #expect { try CampaignFile(yaml: yaml, file: "c.yaml") } throws: {
      "\($0)".contains("met: at once")
    }
  }
}
