// What the built firmware tells the operating system of an error, and when: the records it publishes
// on the real machine, the acknowledgement, the queue, the loss of errors, and what it costs.

import APEI
import Arm
import Platform
import Testing

@testable import Machine

@Suite struct ForgedReports {
  typealias World = ExternalAbortWorld
  typealias Setting = ExternalAbortWorld.Setting

  /// LDR X0, [X1].
  static let code: [UInt32] = [ExternalAbortRoutes.load]

  /// EL1 of a guest, with the firmware in charge of aborts.
  static let guest: Setting = {
    var setting = Setting()
    setting.ea = 1
    setting.mode = .stage1
    return setting
  }()

  /// The lines of the data page, the `n`th of 64.
  static func line(_ n: Int) -> UInt64 { World.data & ~0xFFF | UInt64(n) * 64 }
  static func address(_ n: Int) -> UInt64 { World.privateVA & ~0xFFF | UInt64(n) * 64 }

  /// Reads a poisoned line on the first core, and comes back forged.
  static func consume(
    _ forged: ForgedWorld, line n: Int, _ poison: Poison = Poison(), isFirst: Bool = false
  ) -> Bool {
    forged.world.prepare(guest, code: code, x1: address(n), isContinued: !isFirst)
    forged.board.bus.plantPoison(PhysicalAddress(line(n)), poison)
    return forged.world.run(instructions: ForgedExceptions.budget)
      && forged.world.core.state.el == 1
  }

  /// Enters EL3 for nothing: SMC with PSCI_VERSION at EL1.
  static func callFirmware(_ forged: ForgedWorld) -> Bool {
    forged.world.prepare(
      guest, code: [0xD400_0003, 0xD503_207F], x1: 0, isContinued: true)  // SMC #0; WFI
    forged.world.core.state[x: 0] = 0x8400_0000
    return forged.world.run(instructions: ForgedExceptions.budget)
      && forged.world.core.state[x: 0] == 0x1_0001
  }

  @Test func aRecordSaysWhatWasReadByWhomAndWhere() throws {
    let forged = try ForgedWorld()
    var count = 0
    for level in 0...2 as ClosedRange<UInt64> {
      for base in ForgedExceptions.settings(level) {
        for meeting in ExternalAbortRoutes.meetings(forged.world, base) {
          guard let line = meeting.poison else { continue }
          count += 1
          var setting = base
          setting.ea = 1
          let (_, after) = ForgedExceptions.run(forged, setting, meeting)
          let text = "\(setting) \(meeting)"
          guard let record = forged.record(0) else {
            Issue.record("no record: \(text)")
            continue
          }
          let isGood =
            after.isAtRest && record.findings.isEmpty && record.severity == .recoverable
            && record.addresses == [line & ~63]
            && record.memory[0].physicalAddressMask == ~63
            && record.memory[0].kind == .multiBitECC
            && record.processor?.mpidr == 0 && record.processor?.midr == 0x414F_D0C1
            && record.information.count == 1
            && record.information[0].virtualAddress == meeting.address
            && !record.hasOverflowed
          #expect(isGood, "\(record): \(text)")
          #expect(!forged.isAcknowledged(0))
          let nodes = forged.board.ras
          #expect(
            nodes[ErrorNode.memory].record.status.rawValue == 0
              && (0..<forged.board.cores.count).allSatisfy {
                nodes[ErrorNode.processor, core: $0].record.status.rawValue == 0
              },
            "a record was not cleared: \(text)")
        }
      }
    }
    #expect(count > 500)
  }

  @Test func whatIsNoErrorOfMemoryIsForgedButNotReported() throws {
    let forged = try ForgedWorld()
    forged.world.prepare(Self.guest, code: Self.code, x1: World.privateNothingVA)
    #expect(forged.world.run(instructions: ForgedExceptions.budget))
    #expect(forged.world.core.state.el == 1)
    for source in forged.sources.indices { #expect(!forged.isPublished(source)) }
  }

  @Test func recordsWaitForTheAcknowledgementInTheOrderOfTheirErrors() throws {
    let forged = try ForgedWorld()
    #expect(Self.consume(forged, line: 1, isFirst: true))
    let first = forged.block(0)
    #expect(forged.record(0)?.addresses == [Self.line(1)])
    for n in 2...5 {
      #expect(Self.consume(forged, line: n))
      #expect(forged.block(0) == first, "an unread block was overwritten")
    }
    // What found its block taken is an event.
    let events = forged.sources.count - 1
    var blocks: Set<[UInt8]> = [first]
    // All are of one controller's memory, met by one core.
    let units = Set((forged.record(0)?.identifiers ?? []).map { "\($0)" })
    #expect(units.count == 2)
    for n in 2...5 {
      let record = try #require(forged.record(events))
      #expect(record.findings.isEmpty)
      #expect(record.addresses == [Self.line(n)])
      #expect(!record.hasOverflowed)
      #expect(Set(record.identifiers.map { "\($0)" }) == units)
      blocks.insert(forged.block(events))
      // Cleared by the reader, but not yet acknowledged: the block is still the reader's.
      let block = try #require(forged.reader.block(of: forged.sources[events]))
      forged.board.bus.writeBytes(block, [0, 0, 0, 0])
      #expect(Self.callFirmware(forged))
      #expect(!forged.isPublished(events))
      forged.acknowledge(events)
      #expect(!forged.isPublished(events))
      #expect(Self.callFirmware(forged))
    }
    #expect(!forged.isPublished(events))
    #expect(forged.isAcknowledged(events))
    // Linux does not print a record that is like one it has just printed.
    #expect(blocks.count == 5)
  }

  @Test func aFullQueueDropsTheNewestAndSaysSo() throws {
    let forged = try ForgedWorld()
    // One in each of two blocks, sixteen that wait, three that find no room.
    let events = forged.sources.count - 1
    for n in 0..<21 {
      #expect(Self.consume(forged, line: n, isFirst: n == 0))
      #expect(forged.board.ras[ErrorNode.memory].record.status.rawValue == 0)
    }
    var overflows: [Int] = []
    for n in 1..<18 {
      let record = try #require(forged.record(events))
      #expect(record.findings.isEmpty)
      #expect(record.addresses == [Self.line(n)])
      if record.hasOverflowed { overflows.append(n) }
      forged.acknowledge(events)
      #expect(Self.callFirmware(forged))
    }
    #expect(!forged.isPublished(events))
    #expect(overflows == [2], "the first record published after the loss says so, and no other")
    forged.acknowledge(0)
    #expect(Self.consume(forged, line: 21))
    #expect(forged.record(0)?.addresses == [Self.line(21)])
  }

  @Test func anErrorThatNobodyContainedIsReportedAndForged() throws {
    let forged = try ForgedWorld()
    #expect(Self.consume(forged, line: 3, Poison(state: .uncontainable), isFirst: true))
    let record = try #require(forged.record(0))
    #expect(record.findings.isEmpty)
    #expect(record.severity == .fatal)
    #expect(record.addresses == [Self.line(3)])
  }

  @Test func anErrorThatCannotBeRecoveredFromIsFatalToTheKernelButForged() throws {
    let forged = try ForgedWorld()
    #expect(Self.consume(forged, line: 3, Poison(state: .unrecoverable), isFirst: true))
    let record = try #require(forged.record(0))
    #expect(record.findings.isEmpty)
    #expect(record.severity == .fatal)
    #expect(record.addresses == [Self.line(3)])
  }

  @Test func anErrorWhoseRecordHasNoAddressIsReportedWithTheOneThatWasAccessed() throws {
    let forged = try ForgedWorld()
    let poison = Poison(address: .invalid)
    #expect(Self.consume(forged, line: 3, poison, isFirst: true))
    let record = try #require(forged.record(0))
    #expect(record.findings.isEmpty)
    #expect(record.severity == .recoverable)
    #expect(record.addresses == [Self.line(3)])
    #expect(record.memory.first?.kind == .unknown)
  }

  @Test func anErrorInTheWordsThatFirmwareReadsIsMended() throws {
    let forged = try ForgedWorld()
    let acknowledge = try #require(forged.sources[0].acknowledge)
    forged.world.prepare(Self.guest, code: Self.code, x1: Self.address(3))
    for line in [Self.line(3), acknowledge.register.address] {
      forged.board.bus.plantPoison(PhysicalAddress(line))
    }
    #expect(forged.world.run(instructions: ForgedExceptions.budget))
    #expect(forged.record(0)?.addresses == [Self.line(3)])
    #expect(forged.board.bus.poison(at: PhysicalAddress(acknowledge.register.address)) == nil)
    #expect(forged.board.ras[ErrorNode.memory].record.status.rawValue == 0)
  }

  @Test func theErrorPathTakesAtMostTwoKibibytesOfStack() throws {
    let forged = try ForgedWorld()
    let size: UInt64 = 16384
    var deepest: UInt64 = 0
    for (state, queued) in [
      (ErrorState.recoverable, 0), (.deferred, 0), (.recoverable, 3), (.recoverable, 20),
    ] {
      for n in 0..<queued { #expect(Self.consume(forged, line: n, isFirst: n == 0)) }
      if queued > 0 { forged.acknowledge(0) }
      forged.world.prepare(
        Self.guest, code: Self.code, x1: Self.address(40), isContinued: queued > 0)
      forged.board.bus.plantPoison(PhysicalAddress(Self.line(40)), Poison(state: state))
      let paint = [UInt8](repeating: 0xA5, count: Int(size))
      forged.board.bus.writeBytes(PhysicalAddress(forged.stackEnd - size), paint)
      #expect(forged.world.run(instructions: ForgedExceptions.budget))
      let stack = try #require(
        forged.board.bus.readBytes(PhysicalAddress(forged.stackEnd - size), count: Int(size)))
      let untouched = stack.prefix { $0 == 0xA5 }.count
      deepest = max(deepest, size - UInt64(untouched))
    }
    #expect(deepest > 288, "the stack is somewhere else")
    #expect(deepest <= 2048)
    print("the error path uses \(deepest) bytes of stack")
  }
}
