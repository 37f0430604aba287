// The error nodes of a scenario's machine, and copies of lines: how they are asked for, and what is refused.

import Arm
import Machine
import Testing

@testable import Scenario

@Suite struct NodeParameterTests {
  private func nodes(_ machine: String) throws -> [ErrorNodeRow] {
    try Scenario(yaml: "title: t\nmachine:\n  \(machine)", file: "s.yaml").machine.errorNodes
  }

  static let model =
    #"'{"INJ":0x1,"ED":0x1,"UI":0x0,"FI":0x0,"UE":0x1,"CFI":0x0,"CEC":0x0,"RP":0x0,"DUI":0x0,"CEO":0x0}'"#
  static let fakes =
    #"'{"OF":false,"CI":false,"ER":false,"PN":false,"AV":false,"MV":false,"SYN":false,"UC":true,"UEU":true,"UER":false,"UEO":false,"DE":false,"CE":0,"R":false}'"#

  /// What TF-A's test configurations ask of a model.
  @Test func theParametersOfAModelAreTakenAsTheyAre() throws {
    let rows = try nodes(
      """
      cluster0.number_of_error_records: 2
        cluster0.error_record_feature_register: \(Self.model)
        cluster0.pseudo_fault_generation_feature_register: \(Self.fakes)
      """)
    #expect(rows.map(\.name) == ["PE", "memory"])
    let feature = rows[0].feature
    for (field, value) in [
      (ErrorFeature.inj, 1), (ErrorFeature.ed, 1), (ErrorFeature.ui, 0), (ErrorFeature.fi, 0),
      (ErrorFeature.ue, 1), (ErrorFeature.cfi, 0), (ErrorFeature.cec, 0), (ErrorFeature.rp, 0),
    ] as [(Field, UInt64)] {
      #expect(feature[field] == value, "\(field.name)")
    }
    let na: UInt64 = 1 << 28
    #expect(rows[0].injection.rawValue == 0b110 | na)
    #expect(rows[1] == .memory)
    let values = [Self.model, Self.fakes].map { String($0.dropFirst().dropLast()) }
    let arguments = [
      "cluster0.number_of_error_records=2", "error_record_feature_register=" + values[0],
      "PE.pseudo_fault_generation_feature_register=" + values[1],
    ]
    #expect(try NodeParameters.nodes(arguments: arguments, option: "-C") == rows)
  }

  @Test func everyNodeHasItsParameters() throws {
    for (index, name) in ["PE", "memory", "upper_memory", "interconnect"].enumerated() {
      let rows = try nodes("\(name).error_record_feature_register: {ED: 1, TS: false}")
      for (number, row) in rows.enumerated() {
        #expect((row == ErrorNodeRow.machine[number]) == (number != index), "\(name)")
      }
      #expect(
        rows[index].feature[ErrorFeature.ed] == 1 && !rows[index].feature.isSet(ErrorFeature.ts))
    }
    #expect(try nodes("cpus: 1") == ErrorNodeRow.machine)
    #expect(try nodes("number_of_error_records: 0").isEmpty)
  }

  @Test(arguments: [
    ("number_of_error_records: 5", "machine.number_of_error_records", "5"),
    ("number_of_error_records: two", "machine.number_of_error_records", "'two'"),
    ("error_record_feature_register: 3", "machine.error_record_feature_register", "'3'"),
    ("error_record_feature_register: '{'", "machine.error_record_feature_register", "'{'"),
    ("error_record_feature_register: {ED: 3}", "machine.error_record_feature_register.ED", "3"),
    (
      "error_record_feature_register: {ERT: 1}", "machine.error_record_feature_register.ERT",
      "a field that the machine has no choice of"
    ),
    (
      "memory.error_record_feature_register: {ED: yes}",
      "machine.memory.error_record_feature_register.ED", "'yes'"
    ),
    (
      "dram.error_record_feature_register: {ED: 1}", "machine.dram.error_record_feature_register",
      "an unknown key"
    ),
    (
      "{number_of_error_records: 1, memory.error_record_feature_register: {ED: 1}}",
      "machine.memory.error_record_feature_register", "a register of the node 'memory'"
    ),
    (
      "{error_record_feature_register: {ED: 1}, PE.error_record_feature_register: {ED: 2}}",
      "machine.PE.error_record_feature_register",
      "what machine.error_record_feature_register asks for as well"
    ),
    (
      "pseudo_fault_generation_feature_register: {NA: 0}",
      "machine.pseudo_fault_generation_feature_register.NA", "0"
    ),
  ])
  func whatIsWrongIsNamed(_ machine: String, _ key: String, _ found: String) throws {
    let error = #expect(throws: ScenarioError.self) { _ = try nodes(machine) }
    #expect(error?.key == key && error?.found == found, "\(error.map { "\($0)" } ?? "nothing")")
    #expect(error?.line == 3)
  }

  @Test(arguments: ["number_of_error_records", "x=1", "number_of_error_records=", "=1"])
  func anArgumentThatIsNoneIsNamed(_ argument: String) throws {
    let error = #expect(throws: ScenarioError.self) {
      _ = try NodeParameters.nodes(arguments: [argument], option: "--parameter")
    }
    #expect(error?.file == "--parameter")
    #expect(throws: ScenarioError.self) {
      _ = try NodeParameters.nodes(
        arguments: ["number_of_error_records=1", "number_of_error_records=1"], option: "-C")
    }
  }

  // MARK: Copies

  private func scenario(_ what: String, _ more: String) throws -> Scenario {
    try Scenario(
      yaml: """
        title: t
        inject:
          - when: {instructions: 5k}
            what: \(what)
            \(more)
        """, file: "s.yaml")
  }

  @Test func aCopyIsNoErrorAndIsMadeByTheMachine() throws {
    let target = FakeTarget([])
    let scenario = try scenario(
      "{kind: copy, to: 0x40050000+0x40}", "where: {physical: 0x40042044}\n    length: 128")
    #expect(!scenario.injections[0].isError)
    _ = try Experiment(scenario, on: target).advance(to: 50_000)
    #expect(target.copies.count == 1)
    #expect(target.copies[0] == (0x4004_2044, 0x4005_0040, 3))
  }

  @Test(arguments: [
    ("copy", "inject[0].what"), ("{kind: copy}", "to"),
    ("{kind: copy, to: 0x40000000, severity: deferred}", "inject[0].what.severity"),
    ("{kind: copy, to: $nobody}", "inject[0]"),
    ("{kind: poison, to: 0x40000000}", "inject[0].what.to"),
  ])
  func aCopyNamesWhereToAndNothingElse(_ what: String, _ key: String) throws {
    let error = #expect(throws: ScenarioError.self) {
      _ = try scenario(what, "where: {physical: 0x40042044}")
    }
    #expect(error?.key == key)
  }

  // MARK: Counts

  @Test func aCountThatIsNotAsExpectedIsSaid() throws {
    let scenario = try Scenario(
      yaml: "title: t\nexpect: {counts: {corrected: 2, deferred: 0, offlinedPages: 1}}",
      file: "s.yaml")
    let expectation = scenario.expectation
    #expect(!expectation.isEmpty)
    var evidence = Evidence()
    evidence.plant(0x4004_2040, .corrected)
    evidence.add(
      TimelineEvent(
        instructions: 1,
        .recordWritten(
          node: .init(.memory, core: 0), status: ErrorStatus(rawValue: 0), address: 0,
          state: .corrected)))
    evidence.end = .powerOff
    let failures = expectation.failures(
      verdict: evidence.verdict(), timeline: [], console: ConsoleLog(), vmm: scenario.vmm)
    #expect(
      failures == [
        "counts.corrected: expected 2; found 1", "counts.offlinedPages: expected 1; found 0",
      ])
  }
}
