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
        // Nothing else was asked for, and nothing was written before.
        for field in [
          ErrorStatus.of, ErrorStatus.ci, ErrorStatus.er, ErrorStatus.pn, ErrorStatus.av,
          ErrorStatus.mv, ErrorStatus.ierr, ErrorStatus.serr,
        ] {
          #expect(!status.isSet(field), "\(row.name) \(bit.name): \(field.name)")
        }
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

  /// Every request for a flag, of every node, into an empty record and into one that has each state, flag and
  /// a full counter: the flags are what was asked for, what software had written stays, and the rest is what
  /// the rules of recording make of it.
  @Test func everyFlagIsWhatWasAskedFor() {
    typealias Feature = ErrorInjectionFeature
    let flags: [(request: Field, flag: Field)] = [
      (Feature.of, ErrorStatus.of), (Feature.ci, ErrorStatus.ci), (Feature.er, ErrorStatus.er),
      (Feature.pn, ErrorStatus.pn), (Feature.av, ErrorStatus.av), (Feature.mv, ErrorStatus.mv),
    ]
    let states: [(Field, ErrorState)] = Self.requests + [(Feature.ce, .corrected)]
    var looked = 0
    for (number, row) in ErrorNodeRow.machine.enumerated() {
      for isTold in [false, true] {
        for previous in [nil] + ErrorState.allCases.map(Optional.some) {
          for bits in 0..<1 << flags.count as Range<Int> {
            for (bit, state) in states where row.injection.isSet(bit) {
              let nodes = RASNodes(coreCount: 1)
              func set(_ register: ErrorRecordRegister, _ value: UInt64) {
                nodes.write(register, record: UInt64(number), core: 0, value)
              }
              func get(_ register: ErrorRecordRegister) -> UInt64 {
                nodes.read(register, record: UInt64(number), core: 0)
              }
              set(.control, row.feature.controls & (isTold ? .max : ~ErrorControl.ci.mask))
              // Software prepares; then there may be an error first.
              set(.status, 0x3405)
              set(.address, 0x4000_1000)
              set(.misc3, 7777)
              if let previous {
                var error = DetectedError(state: previous, code: .externalMemoryData)
                error.timestamp = 5
                error.isCritical = false
                _ = nodes.record(error, in: UInt64(number), core: 0)
              }
              let before = nodes[UInt64(number)].record
              var request = bit.mask == Feature.ce.mask ? 1 << 6 : bit.mask
              for (index, row) in flags.enumerated() where bits >> index & 1 != 0 {
                request |= row.request.mask
              }
              set(.injectionCountdown, 1)
              set(.injectionControl, request | ErrorInjectionControl.cdnen.mask)
              request &= get(.injectionControl)
              nodes.startInjections(now: 0)
              let isOwn = row.affinity == .processor
              let told = nodes.injectErrors(core: isOwn ? 0 : nil, now: 16)
              let after = nodes[UInt64(number)].record
              let name: Comment =
                "\(row.name) \(bit.name) after \(String(describing: previous)) \(bits)"
              // Without CRI a critical error is uncontained.
              let isCritical = request & Feature.ci.mask != 0
              let real = isCritical && !(isTold && !isOwn) ? ErrorState.uncontainable : state
              #expect(told.map(\.state) == [real], name)
              var plain = before
              plain.record(
                DetectedError(state: real, code: .none), feature: row.feature, version: .v1p1)
              let isDescribed = told.first?.outcome == .overwritten
              #expect(after.status.highestState == plain.status.highestState, name)
              #expect(after.misc0 == plain.misc0, name)
              for (asked, flag) in flags {
                let isAsked = request & asked.mask != 0
                let isAlways = flag.mask & (ErrorStatus.of.mask | ErrorStatus.ci.mask) != 0
                if isDescribed || isAlways {
                  #expect(after.status.isSet(flag) == isAsked, "\(name) \(flag.name)")
                } else {
                  #expect(after.status[flag] == plain.status[flag], "\(name) \(flag.name)")
                }
              }
              #expect(after.address == before.address, name)
              #expect(after.misc3 == before.misc3, name)
              #expect(after.status.rawValue & 0xFFFF == before.status.rawValue & 0xFFFF, name)
              looked += 1
            }
          }
        }
      }
    }
    // Two states of the control, seven records, 64 requests, six states; a PE defers nothing.
    #expect(looked == 2 * 7 * 64 * (3 * 6 + 5))
  }

  @Test func softwareWritesASyndromeWhileTheRecordIsEmpty() throws {
    let board = try makeBoard()
    write(board, .status, ErrorNode.memory, 0x020C)
    write(board, .misc3, ErrorNode.memory, 4711)
    ask(
      board, ErrorNode.memory, ErrorInjectionFeature.ueo.mask | ErrorInjectionFeature.mv.mask)
    _ = board.run(instructions: 40_000)
    let status = ErrorStatus(rawValue: board.ras.read(.status, record: ErrorNode.memory, core: 0))
    #expect(status.rawValue & 0xFFFF == 0x020C && status.isSet(ErrorStatus.mv))
    #expect(board.ras.read(.misc3, record: ErrorNode.memory, core: 0) == 4711)
    // Now that it is an error's, it cannot be written.
    write(board, .misc3, ErrorNode.memory, 1)
    #expect(board.ras.read(.misc3, record: ErrorNode.memory, core: 0) == 4711)
  }

  @Test func aCriticalPseudoFaultRaisesCRI() throws {
    for record in ErrorNode.memory..<ErrorNode.recordCount {
      let node = try #require(SharedErrorNode.node(of: record))
      let board = try makeBoard()
      write(
        board, .control, record,
        ErrorControl.ed.mask | ErrorControl.ci.mask | ErrorControl.ui.mask)
      ask(
        board, record, ErrorInjectionFeature.uer.mask | ErrorInjectionFeature.ci.mask)
      _ = board.run(instructions: 40_000)
      let told = board.takeEvents().compactMap {
        if case .nodeInterrupt(let interrupt, _) = $0.kind { interrupt } else { nil }
      }
      #expect(told == [.errorRecovery, .criticalError], "\(node.name)")
      func isPending(_ interrupt: UInt32) -> Bool {
        board.bus.gic.live.shared[Int(interrupt / 32) - 1].pending >> (interrupt % 32) & 1 != 0
      }
      #expect(isPending(node.criticalInterrupt) && isPending(node.recoveryInterrupt))
      // One write clears both.
      let status = ErrorStatus(rawValue: board.ras.read(.status, record: record, core: 0))
      write(board, .status, record, status.clearingValue)
      #expect(!isPending(node.criticalInterrupt) && !isPending(node.recoveryInterrupt))
      #expect(board.ras.read(.status, record: record, core: 0) == 0)
    }
  }

  @Test func aCoresCriticalPseudoFaultIsUncontained() throws {
    let board = try makeBoard()
    ask(
      board, ErrorNode.processor, core: 1,
      ErrorInjectionFeature.ueo.mask | ErrorInjectionFeature.ci.mask)
    _ = board.run(instructions: 40_000)
    #expect(recordings(board).map(\.recording.state) == [.uncontainable])
    let status = ErrorStatus(rawValue: board.ras.read(.status, record: 0, core: 1))
    #expect(status.isSet(ErrorStatus.ci) && status.highestState == .uncontainable)
    #expect(board.cores[1].state.pendingError != 0)
  }

  /// Random accesses to every register of each group, of either width and at any time: twins agree, every bit
  /// that FR and PFGF do not promise stays 0, and CRI is what record and control say.
  @Test func theGroupsBearAnyAccess() throws {
    var random: UInt64 = 20_261_130
    func next() -> UInt64 {
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return random >> 16
    }
    let boards = [try makeBoard(), try makeBoard()]
    let registers: [UInt64] = [0, 8, 0x10, 0x18, 0x20, 0x28, 0x30, 0x38, 0x800, 0x808, 0x810]
    for step in 0..<6000 {
      let record = ErrorNode.memory + next() % 3
      let node = try #require(SharedErrorNode.node(of: record))
      let isWide = next() & 1 == 0
      let offset =
        next() % 8 == 0
        ? next() % 0x400 * 4 : registers[Int(next() % 11)] + (isWide ? 0 : next() & 4)
      let address = PhysicalAddress(node.base + (isWide ? offset & ~7 : offset))
      let value = next() ^ next() << 24
      for board in boards {
        try board.bus.write(address, size: isWide ? 8 : 4, value, secure)
        if step % 16 == 0 { _ = board.run(instructions: 2000) }
      }
      let row = ErrorNodeRow.machine[Int(record)]
      let control = boards[0].ras.read(.control, record: record, core: 0)
      let request = boards[0].ras.read(.injectionControl, record: record, core: 0)
      #expect(control & ~row.feature.controls == 0)
      #expect(request & ~row.injectionControls == 0)
      let status = ErrorStatus(rawValue: boards[0].ras.read(.status, record: record, core: 0))
      let level =
        boards[0].bus.gic.live.shared[Int(node.criticalInterrupt / 32) - 1].pending
        >> (node.criticalInterrupt % 32) & 1
      let wanted =
        status.isSet(ErrorStatus.v) && status.isSet(ErrorStatus.ci)
        && control & ErrorControl.ci.mask != 0 && control & ErrorControl.ed.mask != 0
      #expect((level != 0) == wanted, "step \(step)")
    }
    #expect(boards[0].hash() == boards[1].hash())
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
      // NA and SYN are no controls; everything that is offered otherwise is one, and CDNEN is there.
      let fixed = ErrorInjectionFeature.na.mask | ErrorInjectionFeature.syn.mask
      let fields = ErrorInjectionFeature.fields.reduce(0) {
        offered & $1.mask != 0 ? $0 | $1.mask : $0
      }
      #expect(control == fields & ~fixed | ErrorInjectionControl.cdnen.mask)
      // Who answers nobody cannot be asked for STATUS.ER.
      #expect((offered & ErrorInjectionFeature.er.mask == 0) == (number == ErrorNode.interconnect))
      #expect(
        (offered & ErrorInjectionFeature.de.mask == 0) == (number == ErrorNode.processor))
      let varying = ErrorInjectionFeature.er.mask | ErrorInjectionFeature.de.mask
      for field in ErrorInjectionFeature.fields where field.mask & varying == 0 {
        #expect(offered & field.mask != 0, "\(field.name)")
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
