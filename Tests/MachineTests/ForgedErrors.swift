// Forged = hardware, for SErrors. The same error, once with SCR_EL3.EA = 0, where the machine delivers
// it, and once with EA = 1, where it goes to EL3 and the built firmware forges it.
//
// Where the target masks it, the two must differ: hardware leaves it pending, firmware cannot. An
// error that left the core in order (CE, UEO) must then change nothing below EL3 but the record; any
// other ends the run.

import APEI
import Arm
import Platform
import Testing

@testable import Machine

@Suite struct ForgedErrors {
  typealias World = ExternalAbortWorld
  typealias Setting = ExternalAbortWorld.Setting

  /// Two instructions: what is interrupted, and a loop that waits for nothing.
  static let code: [UInt32] = [SErrorRoutes.nop, SErrorRoutes.loop]

  /// An error to come, and what the core's node says of it.
  struct Meeting {
    var state: ErrorState
    var iss: UInt64
    var hasAddress: Bool
  }

  static let survivable: [Meeting] = [
    Meeting(state: .corrected, iss: 0x1811, hasAddress: true),
    Meeting(state: .restartable, iss: 0x811, hasAddress: true),
    Meeting(state: .restartable, iss: 0xA11, hasAddress: false),
    Meeting(state: .recoverable, iss: 0xC11, hasAddress: true),
    Meeting(state: .recoverable, iss: 0xC11, hasAddress: false),
    Meeting(state: .recoverable, iss: 0x100_0000, hasAddress: false),
    Meeting(state: .recoverable, iss: 0x1AB_CDEF, hasAddress: true),
    Meeting(state: .recoverable, iss: 0, hasAddress: true),
  ]

  static let line = World.data & ~63

  struct Outcome {
    var reason: StopReason
    var words: [UInt64]
    var instructions: UInt64
    var console: String
  }

  static func run(
    _ forged: ForgedWorld, _ setting: Setting, _ meeting: Meeting
  ) -> (before: [UInt64], after: Outcome) {
    let world = forged.world
    world.prepare(setting, code: code, x1: 0)
    let before = world.words
    let start = world.core.state.instructions
    forged.board.injectError(
      core: 0, SystemError(iss: meeting.iss), state: meeting.state,
      address: meeting.hasAddress ? PhysicalAddress(line) : nil)
    _ = forged.board.takeConsoleOutput()
    let reason = forged.board.run(instructions: setting.ea == 0 ? 64 : 60_000)
    return (
      before,
      Outcome(
        reason: reason, words: world.words,
        instructions: world.core.state.instructions - start,
        console: String(decoding: forged.board.takeConsoleOutput(), as: UTF8.self))
    )
  }

  /// Settings of a level, Non-secure, without what only EL3 sees.
  static func settings(_ level: UInt64) -> [Setting] {
    SErrorReference.settings(level).filter {
      $0.isNonSecure && $0.ea == 0 && $0.ease == 0 && $0.nmea == 0
    }
  }

  /// What differs.
  static func compare(
    _ forged: ForgedWorld, _ setting: Setting, _ meeting: Meeting
  ) -> [String] {
    var setting = setting
    setting.ea = 0
    let (before, hardware) = run(forged, setting, meeting)
    let target = SErrorReference.target(setting)
    setting.ea = 1
    let firmware = run(forged, setting, meeting).after
    let record = forged.record(forged.eventSource)
    setting.ea = 0
    var differences: [String] = []
    func ignoring(_ more: Int...) -> Set<Int> { ForgedExceptions.ignored.union(more) }
    if let target {
      let expected = AbortReference.entry(
        after: before, setting, target: target, syndrome: 0x2F << 26 | 1 << 25 | meeting.iss,
        faultAddress: nil, slot: 0x180)
      differences += World.differences(expected, hardware.words, ignoring: ignoring())
        .map { "the manual: " + $0 }
      differences += World.differences(hardware.words, firmware.words, ignoring: ignoring())
      if firmware.reason != .idle {
        differences.append("firmware: \(firmware.reason) \(firmware.console)")
      }
    } else if meeting.iss == 0x1811 || meeting.iss & ~0x200 == 0x811 {
      // Hardware keeps it pending, firmware keeps it from the core: nothing else differs.
      differences += World.differences(hardware.words, firmware.words, ignoring: ignoring(123))
      if hardware.words[123] != 1 << 31 | meeting.iss { differences.append("it is not pending") }
      if firmware.words[123] != 0 { differences.append("it is still pending") }
      if firmware.reason != .budget { differences.append("firmware: \(firmware.reason)") }
    } else {
      if firmware.reason != .reset { differences.append("firmware: \(firmware.reason)") }
      for register in [SystemRegister.esrEL1, .esrEL2]
      where firmware.words[
        ForgedExceptions.word(register)] >> 16 != 0xDEAD
      {
        differences.append("a masked SError was forged")
      }
    }
    // The record is the same whether or not the target gets to see the SError.
    if record?.findings.isEmpty != true {
      differences.append("record: \(String(describing: record))")
    }
    let severity: ErrorSeverity = meeting.state == .corrected ? .corrected : .recoverable
    if record?.severity != severity {
      differences.append("\(String(describing: record?.severity))")
    }
    if record?.addresses != (meeting.hasAddress ? [line] : []) {
      differences.append("addresses \(record?.addresses ?? [])")
    }
    let nodes = forged.board.ras
    if nodes[ErrorNode.processor, core: 0].record.status.rawValue != 0 {
      differences.append("ERR0 not cleared")
    }
    return differences
  }

  @Test(arguments: [0, 1, 2] as [UInt64])
  func everySErrorLooksTheSameWhetherDeliveredOrForged(_ level: UInt64) throws {
    let forged = try ForgedWorld()
    var (count, masked, failures) = (0, 0, 0)
    for base in Self.settings(level) {
      for meeting in Self.survivable {
        count += 1
        if SErrorReference.target(base) == nil { masked += 1 }
        let differences = Self.compare(forged, base, meeting)
        if !differences.isEmpty {
          failures += 1
          if failures <= 8 {
            Issue.record("\(base) \(meeting): \(differences.joined(separator: "; "))")
          }
        }
      }
    }
    #expect(failures == 0)
    #expect(count > 60 && masked > 20)
    print("SErrors from EL\(level): \(count), of which \(masked) masked")
  }

  @Test func aLostCoreIsForTheKernelToSayAndWhereThatIsMaskedEndsTheRun() throws {
    let forged = try ForgedWorld()
    for (state, iss) in [(ErrorState.unrecoverable, 0x411), (.uncontainable, 0x11)]
      as [(ErrorState, UInt64)]
    {
      for level in [0, 1, 2] as [UInt64] {
        for var setting in Self.settings(level) where setting.mode == .flat {
          // Where it would go without EL3.
          let isTaken = SErrorReference.target(setting) != nil
          setting.ea = 1
          let (_, after) = Self.run(
            forged, setting, Meeting(state: state, iss: iss, hasAddress: true))
          #expect(
            after.reason == (isTaken ? .idle : .reset), "\(state) \(setting): \(after.console)")
          let record = try #require(forged.record(forged.eventSource))
          #expect(record.findings.isEmpty && record.severity == .fatal)
          #expect(record.addresses == [Self.line])
        }
      }
    }
  }

  /// What a hypervisor needs: the record lies in the source of the core that takes the SError, and
  /// what nobody takes is told by the error device.
  @Test func withSEISourcesTheRecordIsInTheCoresOwnUnlessTheSErrorIsMasked() throws {
    let forged = try ForgedWorld(serror: "sei")
    #expect(forged.sources.count == 2 * ForgedWorld.coreCount + 1)
    let kinds = forged.sources.map(\.notification.kind)
    #expect(kinds == [.sea, .sea, .sei, .sei, .gpio])
    for level in [0, 1, 2] as [UInt64] {
      for var setting in Self.settings(level) where setting.mode == .flat {
        let isTaken = SErrorReference.target(setting) != nil
        setting.ea = 1
        let (_, after) = Self.run(
          forged, setting, Meeting(state: .restartable, iss: 0x811, hasAddress: true))
        #expect(after.reason == (isTaken ? .idle : .budget), "\(setting)")
        let published = forged.sources.indices.filter { forged.isPublished($0) }
        #expect(published == [isTaken ? 2 : 4], "\(setting)")
        let record = try #require(forged.record(published.first ?? 0))
        #expect(record.findings.isEmpty && record.addresses == [Self.line])
      }
    }
  }

  @Test func anUnknownSettingIsSaidOnTheConsole() throws {
    do {
      _ = try ForgedWorld(serror: "often")
      Issue.record("it booted")
    } catch let error as ForgedWorld.Unavailable {
      #expect(error.description.contains("opt/faultline/serror"))
    }
  }

  /// A line whose use is answered by an SError, through a guest's own load.
  @Test func aLoadThatIsAnsweredBySErrorIsReportedWithItsLine() throws {
    let forged = try ForgedWorld()
    var setting = Setting()
    (setting.ea, setting.mode, setting.amo) = (1, .stage2, 1)
    for delay in [0, 3] as [UInt64] {
      forged.world.prepare(
        setting, code: [ExternalAbortRoutes.load] + [UInt32](repeating: 0xD503_201F, count: 8),
        x1: World.privateVA)
      forged.board.bus.plantPoison(
        PhysicalAddress(World.data),
        Poison(signal: .serror(SystemError(.recoverable, delay: delay))))
      #expect(forged.world.run(instructions: ForgedExceptions.budget))
      let state = forged.world.core.state
      #expect(state.el == 2 && state[.esrEL2] == 0xBE00_0C11)
      // The node's own interrupt comes before an SError that is still on its way, which then arrives
      // while EL3 runs.
      #expect(state[.elrEL2] == World.codeVA + (delay == 0 ? 0 : 4))
      let record = try #require(forged.record(forged.eventSource))
      #expect(record.severity == .recoverable && record.addresses == [World.data])
    }
  }

  /// An observer is told of a forged exception only where there is one: the interrupted instruction may
  /// be the first of a vector, and firmware may return to it.
  @Test func aReturnIntoAVectorIsNotTakenForAForgedException() throws {
    let forged = try ForgedWorld()
    for (isMasked, isForged) in [(true, false), (false, true)] {
      var setting = Setting()
      (setting.ea, setting.flags) = (1, isMasked ? 1 << 8 : 0)
      forged.world.prepare(setting, code: Self.code, x1: 0)
      // At the IRQ vector of its own level.
      forged.world.core.state.pc = World.vectors[1] + 0x280
      forged.board.injectError(
        core: 0, SystemError(.restartable), state: .restartable, address: nil)
      _ = forged.board.takeEvents()
      #expect(forged.world.run(instructions: ForgedExceptions.budget))
      var found: [Bool] = []
      for event in forged.board.takeEvents() {
        if case .firmwareReturned(let entry) = event.kind { found.append(entry.isForged) }
      }
      #expect(found == [isForged])
    }
  }

  @Test func theErrorPathTakesAtMostTwoKibibytesOfStack() throws {
    let forged = try ForgedWorld()
    let size: UInt64 = 16384
    var setting = Setting()
    (setting.ea, setting.amo) = (1, 1)
    forged.world.prepare(setting, code: Self.code, x1: 0)
    forged.board.injectError(
      core: 0, SystemError(.recoverable), state: .recoverable,
      address: PhysicalAddress(Self.line))
    forged.board.bus.writeBytes(
      PhysicalAddress(forged.stackEnd - size), [UInt8](repeating: 0xA5, count: Int(size)))
    #expect(forged.world.run(instructions: ForgedExceptions.budget))
    let stack = try #require(
      forged.board.bus.readBytes(PhysicalAddress(forged.stackEnd - size), count: Int(size)))
    let used = size - UInt64(stack.prefix { $0 == 0xA5 }.count)
    #expect(used > 288 && used <= 2048)
    print("the path of an SError uses \(used) bytes of stack")
  }
}
