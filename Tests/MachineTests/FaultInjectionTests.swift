// Pseudo-fault generation: every state that a node offers, the countdown, and what a fake error does.

import Arm
import Platform
import Testing

@testable import Machine

@Suite struct FaultInjectionTests {
  private func makeBoard() throws -> Board {
    let board = try Board(coreCount: 2, ramSize: 64 << 20)
    connectNodes(board.bus)
    return board
  }

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
        // It is over, whatever CDNEN says: that is software's.
        let asked = bit.mask | ErrorInjectionControl.cdnen.mask
        #expect(board.ras.read(.injectionControl, record: number, core: 1) == asked)
        _ = board.run(instructions: 40_000)
        #expect(recordings(board).isEmpty)
      }
    }
  }

  /// PFGCTL.CE and what STATUS.CE becomes; 0 where the node does not offer that.
  @Test func correctedErrorsAreOfTheKindsThatTheNodeKnows() throws {
    for (number, kinds) in [
      (ErrorNode.processor, [0, 0b10, 0, 0b10]), (ErrorNode.memory, [0, 0, 0b01, 0b11]),
    ] as [(UInt64, [UInt64])] {
      for (kind, wanted) in kinds.enumerated() {
        let board = try makeBoard()
        ask(board, number, UInt64(kind) << 6)
        _ = board.run(instructions: 40_000)
        let status = ErrorStatus(rawValue: board.ras.read(.status, record: number, core: 0))
        #expect(status[ErrorStatus.ce] == wanted, "\(number) \(kind)")
        guard wanted != 0 else {
          #expect(status.rawValue == 0)
          continue
        }
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
    let machine = ErrorNodeRow.machine
    for (number, row) in machine.enumerated() {
      let hasCRI = row.feature.isSet(ErrorFeature.ci)
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
              let kind: UInt64 = row.injection[Feature.ce] == 0b01 ? 1 : 2
              var request = bit.mask == Feature.ce.mask ? kind << 6 : bit.mask
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
              // With a CRI that is off a critical error is uncontained.
              let isCritical = request & Feature.ci.mask != 0
              #expect(!isCritical || hasCRI, name)
              let real = isCritical && !isTold ? ErrorState.uncontainable : state
              #expect(told.map(\.state) == [real], name)
              var plain = before
              var error = DetectedError(state: real, code: before.status.code)
              if request & Feature.av.mask != 0 { error.address = before.address }
              plain.record(error, feature: row.feature, version: .v1p1)
              let isDescribed = told.first?.outcome == .overwritten
              #expect(after.status.highestState == plain.status.highestState, name)
              #expect(after.misc0 == plain.misc0, name)
              for (asked, flag) in flags {
                let isAsked = request & asked.mask != 0
                let isAlways = flag.mask & (ErrorStatus.of.mask | ErrorStatus.ci.mask) != 0
                // What has counted says so.
                if flag.mask == ErrorStatus.mv.mask, after.misc0 != before.misc0 {
                  #expect(after.status.isSet(flag), "\(name) \(flag.name)")
                } else if flag.mask == ErrorStatus.ci.mask, !hasCRI {
                  #expect(!after.status.isSet(flag), "\(name) \(flag.name)")
                } else if isDescribed || isAlways {
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

  @Test func aCoreWithoutCRIHasNoCriticalPseudoFaults() throws {
    let board = try makeBoard()
    ask(
      board, ErrorNode.processor, core: 1,
      ErrorInjectionFeature.ueo.mask | ErrorInjectionFeature.ci.mask)
    _ = board.run(instructions: 40_000)
    #expect(recordings(board).map(\.recording.state) == [.restartable])
    let status = ErrorStatus(rawValue: board.ras.read(.status, record: 0, core: 1))
    #expect(!status.isSet(ErrorStatus.ci) && status.highestState == .restartable)
    #expect(board.cores[1].state.pendingError != 0)
  }

  /// The same corrected error again and again is counted as that, and another one as another.
  @Test func aFakedErrorIsRepeatedWhereItsAddressIs() throws {
    let board = try makeBoard()
    write(board, .address, ErrorNode.memory, 0x4000_1000)
    let request = 2 << 6 | ErrorInjectionFeature.av.mask
    for _ in 0..<3 {
      ask(board, ErrorNode.memory, request)
      _ = board.run(instructions: 40_000)
    }
    #expect(board.ras.read(.misc0, record: ErrorNode.memory, core: 0) == 3 << 32)
    ask(board, ErrorNode.memory, 2 << 6)
    _ = board.run(instructions: 40_000)
    #expect(board.ras.read(.misc0, record: ErrorNode.memory, core: 0) == 1 << 48 | 3 << 32)
  }

  /// A write of half a register changes nothing of the other half, and is no request of its own.
  @Test func aHalfOfARegisterIsNotTheOther() throws {
    let board = try makeBoard()
    let base = SharedErrorNode.memory.base
    func store(_ offset: UInt64, _ value: UInt64) throws {
      try board.bus.write(PhysicalAddress(base + offset), size: 4, value, secure)
    }
    write(board, .status, ErrorNode.memory, 0x020C)
    try store(0x14, 0)
    #expect(board.ras.read(.status, record: ErrorNode.memory, core: 0) == 0x020C)
    ask(board, ErrorNode.memory, ErrorInjectionFeature.de.mask, ticks: 100)
    _ = board.run(instructions: 1000)
    let due = board.bus.nextDeviceDeadline
    try store(0x80C, 0)
    #expect(board.bus.nextDeviceDeadline == due && due != nil)
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
      // NA and SYN are no controls; everything that is offered otherwise is one, and CDNEN is there. One kind of
      // corrected errors has one bit.
      let fixed = ErrorInjectionFeature.na.mask | ErrorInjectionFeature.syn.mask
      var fields = ErrorInjectionFeature.fields.reduce(0) {
        offered & $1.mask != 0 ? $0 | $1.mask : $0
      }
      if ErrorInjectionFeature(rawValue: offered)[ErrorInjectionFeature.ce] == 1 {
        fields &= ~(1 << 7)
      }
      #expect(control == fields & ~fixed | ErrorInjectionControl.cdnen.mask)
      // Who answers nobody cannot be asked for STATUS.ER.
      #expect((offered & ErrorInjectionFeature.er.mask == 0) == (number == ErrorNode.interconnect))
      #expect(
        (offered & ErrorInjectionFeature.de.mask == 0) == (number == ErrorNode.processor))
      // Who has no CRI cannot be asked for STATUS.CI.
      #expect((offered & ErrorInjectionFeature.ci.mask == 0) == (number == ErrorNode.processor))
      let varying =
        ErrorInjectionFeature.er.mask | ErrorInjectionFeature.de.mask
        | ErrorInjectionFeature.ci.mask
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
