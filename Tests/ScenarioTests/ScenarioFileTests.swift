// Scenario files, good and bad.

import APEI
import Arm
import Machine
import Platform
import Testing

@testable import Scenario

/// What a scenario file may say, and what it is told when it says something else.
@Suite struct ScenarioFileTests {
  static let good = """
    title: A title
    description: |
      More
      words.
    machine: {memory: 512M, cpus: 2}
    boot:
      append: console=ttyAMA0 quiet
      script: |
        reader
    inject:
      - name: the line
        when:
          - console: 'reader: pid (?<pid>\\d+) maps (?<va>0x[0-9a-f]+) physical (?<pa>0x[0-9a-f]+)'
          - access: {physical: $pa, kind: read, count: 3, length: 64}
        what: poison
        where: {physical: $pa+0x40}
        length: 128
      - when: {instructions: 250M}
        what: {kind: poison, severity: uncontainable, address: invalid}
        where: {descriptor: $va, level: 3}
    expect:
      outcome: process killed
      containedBy: host kernel
      radius: one process
      reported: {record: delivered, address: right, severity: recoverable}
      console: [SIGBUS, 'neighbour: result \\w+ right']
      never: Oops
      timeline: [consumed, CPER published, exception forged]
    limits: {instructions: 3G, until: bye}
    """

  @Test func everyKeyIsRead() throws {
    let scenario = try Scenario(yaml: Self.good, file: "s.yaml")
    #expect(scenario.title == "A title")
    #expect(scenario.machine == .init(memory: 512 << 20, cores: 2))
    #expect(scenario.boot.script == "reader\n")
    #expect(scenario.injections.count == 2)
    #expect(scenario.injections[0].when.count == 2)
    #expect(scenario.injections[0].length == 128)
    #expect(scenario.injections[0].place == .physical(try #require(Expression("$pa+0x40"))))
    guard case .access(let place, let kind, let count, let length) = scenario.injections[0].when[1]
    else {
      Issue.record("not an access")
      return
    }
    #expect(place == .physical(try #require(Expression("$pa"))))
    #expect(kind == .read && count == 3 && length == 64)
    guard case .instructions(250_000_000) = scenario.injections[1].when[0] else {
      Issue.record("not 250 million")
      return
    }
    #expect(scenario.injections[1].place == .descriptor(try #require(Expression("$va")), level: 3))
    #expect(scenario.injections[0].poison == Poison())
    #expect(
      scenario.injections[1].poison == Poison(state: .uncontainable, address: .invalid))
    #expect(scenario.expectation.outcome == .processKilled)
    #expect(scenario.expectation.radius == .processes(1))
    #expect(scenario.expectation.console.count == 2)
    #expect(scenario.expectation.never.count == 1)
    #expect(scenario.expectation.timeline == [.consumed, .cperPublished, .exceptionForged])
    #expect(scenario.limits.instructions == 3_000_000_000)
  }

  @Test func anSErrorIsReadInAllItsForms() throws {
    func injection(_ what: String) throws -> Scenario.Injection {
      let rest = "when: {instructions: 1}, where: {physical: 0x4000_0000}"
      let text = "title: x\ninject: [{what: \(what), \(rest)}]"
      return try Scenario(yaml: text, file: "s.yaml").injections[0]
    }
    let recoverable = ErrorSignal.serror(SystemError(iss: 0xC11))
    #expect(try injection("SError").poison == Poison(signal: recoverable))
    let restartable = try injection(
      "{kind: SError, severity: restartable, syndrome: 0x1000000, delay: 20}")
    #expect(
      restartable.poison
        == Poison(
          state: .restartable, signal: .serror(SystemError(iss: 0x100_0000, delay: 20))))
    #expect(restartable.meeting == .use)
    let own = try injection("{kind: SError, met: at once, core: 3, address: invalid}")
    #expect(own.poison == Poison(address: .invalid, signal: recoverable))
    #expect(own.meeting == .once && own.core == 3)
    // Without a place there is no address; without an address there need be no place.
    let text = """
      title: x
      boot: {serror: sei}
      inject: [{when: {instructions: 1}, what: {kind: SError, met: at once, address: invalid}}]
      """
    let scenario = try Scenario(yaml: text, file: "s.yaml")
    #expect(scenario.injections[0].place == nil)
    #expect(scenario.boot.serror == .sei)
    #expect(Scenario.SErrorNotification(of: .faultline) == .sei)
    #expect(Scenario.SErrorNotification(of: .linux) == .event)
    let bare = try Scenario(
      yaml: text.replacing(", address: invalid", with: ""), file: "s.yaml")
    #expect(bare.injections[0].place == nil && bare.injections[0].poison.address == .invalid)
    let error = #expect(throws: ScenarioError.self) {
      _ = try Scenario(yaml: text.replacing("invalid", with: "valid"), file: "s.yaml")
    }
    #expect(error?.key == "inject[0].where")
    // A core knows its own address, or none.
    let wrong = #expect(throws: ScenarioError.self) {
      _ = try Scenario(yaml: text.replacing("invalid", with: "wrong"), file: "s.yaml")
    }
    #expect(wrong?.key == "inject[0].what.address")
    let use = text.replacing("met: at once, address: invalid", with: "address: imprecise")
      .replacing("}}]", with: "}, where: {physical: 0x40000000}}]")
    #expect(
      try Scenario(yaml: use, file: "s.yaml").injections[0].poison.address == .imprecise)
  }

  /// What a scenario asks of the firmware, in the firmware's own words and in their order.
  @Test func settingsAreTheFirmwaresWords() {
    func texts(_ words: FirmwareSetting.Words) -> [String] {
      [words.0, words.1, words.2, words.3].map(\.description).filter { !$0.isEmpty }
    }
    #expect(
      Scenario.SErrorNotification.allCases.map(\.rawValue) == texts(FirmwareSetting.serrorWords))
    #expect(Scenario.AbortRouting.allCases.map(\.rawValue) == texts(FirmwareSetting.abortWords))
    #expect(
      Scenario.EventNotification.allCases.map(\.rawValue)
        == EventNotification.allCases.map(\.word.description))
  }

  /// One line of the good scenario replaced; the complaint it earns.
  @Test(arguments: [
    (
      "title: A title", "titel: A title",
      "s.yaml:1: titel: found an unknown key; accepted: title, description, machine, host, boot, vmm, inject, expect, limits, difference, marks, liveness, resets"
    ),
    ("title: A title", "", "s.yaml:1: title: found nothing; accepted: a line of text"),
    ("title: A title", "title: [a]", "s.yaml:1: title: found a list; accepted: a line of text"),
    (
      "machine: {memory: 512M, cpus: 2}", "machine: {memory: 513, cpus: 2}",
      "s.yaml:5: machine.memory: found '513'; accepted: 128M to 64G, a multiple of 2M"
    ),
    (
      "machine: {memory: 512M, cpus: 2}", "machine: {memory: 512M, cpus: 9}",
      "s.yaml:5: machine.cpus: found '9'; accepted: 1 to 8"
    ),
    (
      "machine: {memory: 512M, cpus: 2}", "machine: big",
      "s.yaml:5: machine: found 'big'; accepted: a map with memory, cpus, scrub, \(NodeParameters.names.joined(separator: ", "))"
    ),
    (
      "  - when: {instructions: 250M}", "  - when: {instructions: soon}",
      "s.yaml:18: inject[1].when.instructions: found 'soon'; accepted: a number of instructions (250M)"
    ),
    (
      "  - when: {instructions: 250M}", "  - when: {instructions: 1, pc: 2}",
      "s.yaml:18: inject[1].when: found instructions and pc; accepted: exactly one of console, prompt, instructions, after, access, pc (a list makes a sequence)"
    ),
    (
      "    where: {physical: $pa+0x40}", "    where: {physical: $ps+0x40}",
      "s.yaml:11: inject[0]: found $ps, which nothing captures; accepted: a name that a console pattern captures before it is needed, as (?<ps>...)"
    ),
    (
      "    where: {physical: $pa+0x40}", "    where: {physical: here}",
      "s.yaml:16: inject[0].where.physical: found 'here'; accepted: a number (0x4000_0000), a capture ($pa, ${pa} or $1) or a symbol (PROGRAM:NAME), each with +OFFSET or -OFFSET or without"
    ),
    (
      "    where: {physical: $pa+0x40}", "    where: {}",
      "s.yaml:16: inject[0].where: found no place; accepted: one of physical: ADDRESS, intermediate: ADDRESS, virtual: ADDRESS, descriptor: ADDRESS with level: 0 to 3, stage2: ADDRESS with level: 0 to 3; in: CONTEXT beside virtual or descriptor"
    ),
    (
      "    where: {descriptor: $va, level: 3}", "    where: {descriptor: $va, level: 4}",
      "s.yaml:20: inject[1].where.level: found '4'; accepted: 0 to 3"
    ),
    (
      "    what: poison", "    what: dust",
      "s.yaml:15: inject[0].what: found 'dust'; accepted: poison, SError, interconnect, copy"
    ),
    (
      "    what: poison", "",
      "s.yaml:11: inject[0].what: found nothing; accepted: poison, SError, or a map with kind, severity and address"
    ),
    (
      "    what: poison", "    what: {kind: poison, delay: 3}",
      "s.yaml:15: inject[0].what.delay: found delay; accepted: delay only with kind: SError"
    ),
    (
      "    what: poison", "    what: {kind: SError, met: soon}",
      "s.yaml:15: inject[0].what.met: found 'soon'; accepted: on use, at once"
    ),
    (
      "    what: poison", "    what: {kind: SError, core: 1}",
      "s.yaml:15: inject[0].what.core: found '1'; accepted: core only with met: at once"
    ),
    (
      "    what: poison", "    what: {kind: SError, syndrome: 0x2000000}",
      "s.yaml:15: inject[0].what.syndrome: found '0x2000000'; accepted: an ISS without IESB (0x1000000: IMPLEMENTATION DEFINED)"
    ),
    (
      "    what: poison", "    what: {kind: SError, met: at once, severity: deferred}",
      "s.yaml:15: inject[0].what.severity: found 'deferred'; accepted: corrected, restartable, recoverable, unrecoverable or uncontainable of an error at once: what a core defers is somebody else's"
    ),
    (
      "  outcome: process killed", "  outcome: all well",
      "s.yaml:22: expect.outcome: found 'all well'; accepted: corrected, recovered, process killed, guest process killed, guest down, host down, silent corruption, hang, latent, no error"
    ),
    (
      "  radius: one process", "  radius: some",
      "s.yaml:24: expect.radius: found 'some'; accepted: no process, one process, N processes, one guest process, N guest processes, guest, N guests, host"
    ),
    (
      "  timeline: [consumed, CPER published, exception forged]", "  timeline: [eaten]",
      "s.yaml:28: expect.timeline[0]: found 'eaten'; accepted: poison planted, lines copied, poison forwarded, error injected, poison cured, consumed, record written, FHI, ERI, CRI, counter overflow, storm on, storm off, poll, SError pending, SError deferred, exception taken to EL3, exception taken, CPER published, exception forged, SDEI event, SDEI completed, firmware log, kernel log, soft offline, process killed, process message, kernel panic, guest error found, guest record written, guest exception injected, VMM log, guest log, guest process killed, guest panic, error not injected, repeated, power off, machine back, not modelled"
    ),
  ])
  func mistakesAreNamedWithLineKeyFoundAndAccepted(line: String, by: String, message: String) throws
  {
    var lines = Self.good.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let index = try #require(lines.firstIndex { $0.hasPrefix(line) })
    lines[index] = by
    let error = #expect(throws: ScenarioError.self) {
      _ = try Scenario(yaml: lines.joined(separator: "\n"), file: "s.yaml")
    }
    #expect(error?.description == message)
  }

  @Test(arguments: [
    ("", "s.yaml: found an empty file; accepted: a scenario"),
    (
      "a: [",
      "s.yaml:2: found a mistake at column 1: did not find expected node content; accepted: YAML"
    ),
    (
      "just words",
      "s.yaml:1: found 'just words'; accepted: a map with title, description, machine, host, boot, vmm, inject, expect, limits, difference, marks, liveness, resets"
    ),
    ("title: x\ntitle: y", "s.yaml:1: found title more than once; accepted: each key once"),
    (
      "title: x\ninject: [{when: [], what: poison, where: {physical: 1}}]",
      "s.yaml:2: inject[0].when: found an empty list; accepted: a trigger, or a list of triggers in their order"
    ),
    (
      "title: \u{1}",
      "s.yaml: found no text at byte 7: control characters are not allowed; accepted: YAML"
    ),
    (
      "\u{FEFF}titel: x",
      "s.yaml:1: titel: found an unknown key; accepted: title, description, machine, host, boot, vmm, inject, expect, limits, difference, marks, liveness, resets"
    ),
    (
      "title: x\ninject: [{when: {instructions: 1}, type: a, what: poison}]",
      "s.yaml:2: inject[0].what: found what; accepted: what or type, not both"
    ),
    (
      "title: x\nvmm: {guest: '^x'}",
      "s.yaml:2: vmm.guest: found '^x'; accepted: a pattern of what a guest's line begins with, with the guest's name in a group, as in '^(?<guest>\\w+): '"
    ),
    (
      "title: &a x\ndescription: *a",
      "s.yaml:1: found '&a'; accepted: YAML without anchors and aliases"
    ),
  ])
  func whatIsNoScenarioAtAllIsSaidToBeSo(text: String, message: String) {
    let error = #expect(throws: ScenarioError.self) {
      _ = try Scenario(yaml: text, file: "s.yaml")
    }
    #expect(error?.description == message)
  }

  @Test(arguments: [
    (
      "host: []",
      "s.yaml:2: host: found an empty list; accepted: faultline, linux, or a list of both"
    ),
    (
      "host: [linux, linux]",
      "s.yaml:2: host: found the same host twice; accepted: faultline, linux, or a list of both"
    ),
    ("host: xen", "s.yaml:2: host: found 'xen'; accepted: faultline, linux"),
  ])
  func hostsThatAreNoneAreSaidToBeSo(line: String, message: String) {
    let error = #expect(throws: ScenarioError.self) {
      _ = try Scenario(
        yaml: "title: x\n\(line)\ninject: [{when: {instructions: 1}, what: poison, "
          + "where: {physical: 1}}]", file: "s.yaml")
    }
    #expect(error?.description == message)
  }

  /// What a scenario says of places and triggers by name and context.
  private func injection(_ text: String) throws -> Scenario.Injection {
    try Scenario(yaml: "title: x\ninject: [{what: poison, \(text)}]", file: "s.yaml")
      .injections[0]
  }

  @Test func aContextAndASymbolAreRead() throws {
    let read = try injection(
      "when: {pc: vmm:guest_lock+8, in: host process}, where: {virtual: $x1+8, in: host process}")
    guard case .programCounter(let expression, .hostProcess) = read.when[0] else {
      Issue.record("\(read.when)")
      return
    }
    #expect(expression.base == .symbol(program: "vmm", name: "guest_lock"))
    #expect(expression.offset == 8 && expression.description == "vmm:guest_lock+0x8")
    #expect(read.place == .virtual(try #require(Expression("$x1+8")), in: .hostProcess))
    #expect(
      try injection(
        "when: {access: {virtual: 1, in: guest kernel}}, where: {descriptor: $x:y, level: 3}"
          .replacing("$x:y", with: "k:y")
      ).place == .descriptor(try #require(Expression("k:y")), level: 3))
  }

  @Test(arguments: [
    (
      "when: {console: a, in: host process}, where: {physical: 1}",
      "s.yaml:2: inject[0].when.in: found in; accepted: in only beside pc"
    ),
    (
      "when: {instructions: 1}, where: {physical: 1, in: host process}",
      "s.yaml:2: inject[0].where.in: found in; accepted: in only beside virtual or descriptor"
    ),
    (
      "when: {instructions: 1}, where: {virtual: 1, in: kernel}",
      "s.yaml:2: inject[0].where.in: found 'kernel'; accepted: host kernel, host process, "
        + "guest kernel, guest process"
    ),
    (
      "when: {instructions: 1}, where: {virtual: $x1}",
      "s.yaml:2: inject[0]: found $x1, which nothing captures; accepted: a name that a console "
        + "pattern captures before it is needed, as (?<x1>...)"
    ),
  ])
  func aContextWhereThereIsNoneIsAMistake(text: String, message: String) {
    let error = #expect(throws: ScenarioError.self) { _ = try injection(text) }
    #expect(error?.description == message)
  }

  @Test func aBadRegularExpressionIsNamed() {
    let text = Self.good.replacing(
      "limits: {instructions: 3G, until: bye}", with: "limits: {until: '(a'}")
    let error = #expect(throws: ScenarioError.self) {
      _ = try Scenario(yaml: text, file: "s.yaml")
    }
    #expect(error?.line == 29)
    #expect(error?.key == "limits.until")
    #expect(error?.found.hasPrefix("'(a' (") == true)
    #expect(error?.accepted == "a regular expression")
  }
}
