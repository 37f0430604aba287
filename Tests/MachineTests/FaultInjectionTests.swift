// Pseudo-fault generation: every state that a node offers, the countdown, and what a fake error does.

import Arm
import Platform
import Testing

@testable import Machine

@Suite struct FaultInjectionTests {
  private func makeBoard() throws -> Board { try Board(coreCount: 2, ramSize: 64 << 20) }

  private func write(
    _ board: Board, _ register: ErrorRecordRegister, _ record: UInt64, core: Int = 0,
    _ value: UInt64
  ) {
    board.ras.write(register, record: record, core: core, value)
    board.bus.settleNodes()
  }

  /// Asks for an error after so many ticks.
  private func ask(
    _ board: Board, _ record: UInt64, core: Int = 0, _ request: UInt64, ticks: UInt64 = 10
  ) {
    write(board, .injectionCountdown, record, core: core, ticks)
    write(board, .injectionControl, record, core: core, request | ErrorInjectionControl.cdnen.mask)
  }

  private func recordings(_ board: Board) -> [(time: UInt64, recording: ErrorRecording)] {
    board.takeEvents().compactMap {
      if case .nodeRecorded(let recording) = $0.kind { ($0.time, recording) } else { nil }
    }
  }

  static let requests: [(bit: Field, state: ErrorState)] = [
    (ErrorInjectionFeature.uc, .uncontainable), (ErrorInjectionFeature.ueu, .unrecoverable),
    (ErrorInjectionFeature.uer, .recoverable), (ErrorInjectionFeature.ueo, .restartable),
    (ErrorInjectionFeature.de, .deferred),
  ]

  @Test func everyStateThatIsOfferedCanBeFakedAndNoOther() throws {
    for (number, row) in [
      (ErrorNode.processor, ErrorNodeRow.processor), (ErrorNode.memory, .memory),
      (ErrorNode.upperMemory, .upperMemory), (ErrorNode.interconnect, .interconnect),
    ] {
      for (bit, state) in Self.requests {
        let board = try makeBoard()
        ask(board, number, core: 1, bit.mask)
        _ = board.run(instructions: 40_000)
        guard row.injection.isSet(bit) else {
          #expect(recordings(board).isEmpty, "\(row.name) \(bit.name)")
          #expect(!row.feature.isSet(ErrorFeature.de), "only what never occurs is not offered")
          continue
        }
        let isOwn = number == ErrorNode.processor
        #expect(board.cores[0].state.pendingError == 0)
        #expect((board.cores[1].state.pendingError != 0) == isOwn, "\(row.name) \(bit.name)")
        let found = recordings(board)
        #expect(found.map(\.recording.state) == [state])
        #expect(found.map(\.time) == [160], "\(row.name) \(bit.name)")
        let status = ErrorStatus(rawValue: board.ras.read(.status, record: number, core: 1))
        #expect(status.highestState == state)
        #expect(status.isSet(ErrorStatus.er) == (isOwn && state.isUncorrected))
        #expect(!status.isSet(ErrorStatus.pn) && !status.isSet(ErrorStatus.av))
        #expect(board.ras.read(.status, record: number, core: 0) == (isOwn ? 0 : status.rawValue))
        // It is over.
        #expect(board.ras.read(.injectionControl, record: number, core: 1) == bit.mask)
      }
    }
  }

  @Test func correctedErrorsAreOfTheKindsThatTheNodeKnows() throws {
    for (number, kinds) in [(ErrorNode.processor, [1]), (ErrorNode.memory, [1, 2, 3])]
      as [(UInt64, [UInt64])]
    {
      for kind in kinds {
        let board = try makeBoard()
        ask(board, number, kind << 6)
        _ = board.run(instructions: 40_000)
        let status = ErrorStatus(rawValue: board.ras.read(.status, record: number, core: 0))
        #expect(status.highestState == .corrected)
        #expect(board.cores[0].state.pendingError == 0)
        #expect(board.ras.read(.misc0, record: number, core: 0) == 1 << 32)
      }
    }
  }

  @Test func poisonAndAddressAreAsAskedFor() throws {
    let board = try makeBoard()
    write(board, .address, ErrorNode.memory, 0x4000_1000)
    ask(
      board, ErrorNode.memory,
      ErrorInjectionFeature.uer.mask | ErrorInjectionFeature.pn.mask | ErrorInjectionFeature.av.mask
    )
    _ = board.run(instructions: 40_000)
    let status = ErrorStatus(rawValue: board.ras.read(.status, record: ErrorNode.memory, core: 0))
    #expect(status.isSet(ErrorStatus.pn) && status.isSet(ErrorStatus.av))
    #expect(board.ras.read(.address, record: ErrorNode.memory, core: 0) == 0x4000_1000)
  }

  @Test func aCountdownStopsRestartsAndIsSaved() throws {
    let board = try makeBoard()
    let request = ErrorInjectionFeature.de.mask | ErrorInjectionControl.r.mask
    // Without a count there is no countdown.
    write(board, .injectionControl, ErrorNode.memory, request | ErrorInjectionControl.cdnen.mask)
    #expect(board.bus.nextDeviceDeadline == nil)
    ask(board, ErrorNode.memory, request, ticks: 100)
    #expect(board.bus.nextDeviceDeadline == 1600)
    let saved = try board.snapshot()
    let hash = board.hash()
    write(board, .injectionControl, ErrorNode.memory, request)
    #expect(board.bus.nextDeviceDeadline == nil)
    #expect(board.hash() != hash)
    _ = board.run(instructions: 20_000)
    #expect(recordings(board).isEmpty)
    board.restore(saved)
    #expect(board.hash() == hash)
    _ = board.run(instructions: 20_000)
    #expect(recordings(board).count > 3, "it comes again and again")
  }

  @Test func whatIsNotOfferedIsNotThere() {
    let nodes = RASNodes(coreCount: 1)
    for number in 0..<nodes.recordCount {
      nodes.write(.injectionControl, record: number, core: 0, .max)
      nodes.write(.injectionCountdown, record: number, core: 0, .max)
      nodes.write(.injectionFeature, record: number, core: 0, .max)
      let control = nodes.read(.injectionControl, record: number, core: 0)
      let offered = nodes.read(.injectionFeature, record: number, core: 0)
      for field in [
        ErrorInjectionFeature.of, ErrorInjectionFeature.ci, ErrorInjectionFeature.er,
        ErrorInjectionFeature.mv, ErrorInjectionFeature.syn,
      ] {
        #expect(control & field.mask == 0 && offered & field.mask == 0, "\(field.name)")
      }
      #expect(nodes.read(.injectionCountdown, record: number, core: 0) == 0xFFFF_FFFF)
    }
    let none = RASNodes(
      coreCount: 1,
      rows: [ErrorNodeRow(name: "none", affinity: .shared, feature: ErrorFeature(rawValue: 2))])
    none.write(.injectionControl, record: 0, core: 0, .max)
    none.write(.injectionCountdown, record: 0, core: 0, .max)
    #expect(none.read(.injectionControl, record: 0, core: 0) == 0)
    #expect(none.read(.injectionCountdown, record: 0, core: 0) == 0)
  }
}
