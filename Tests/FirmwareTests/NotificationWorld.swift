// A small world, enumerated: every notification × every state × what the reader has done with the record before.
// Whatever it is, the record is there once, with its severity, in the source that it belongs to, and told once.

import APEI
import Arm
import Platform
import Testing

@testable import Firmware

@Suite struct NotificationWorld {
  /// How the operating system is told.
  enum Way: CaseIterable {
    case sea, sei, gpio, gsiv, polled, sdei

    var events: EventNotification {
      switch self {
      case .sea, .sei, .gpio: .gpio
      case .gsiv: .gsiv
      case .polled: .polled
      case .sdei: .sdei
      }
    }
  }

  /// What it has done with the record before.
  enum Reader: CaseIterable {
    /// Nothing yet.
    case slow
    /// It has cleared the block's status, and not acknowledged.
    case halfWay
    /// It has acknowledged.
    case done
  }

  static let listener: UInt64 = 0x1000

  private func board(_ way: Way) -> DelegationBoard {
    var table = ErrorSourceTable(coreCount: 2)
    if way == .sei { table.insert(.systemError) }
    if way == .sdei { table.insert(.criticalEvent) }
    table.eventNotification = way.events
    table.eventInterrupt = Interrupt.errorEvent
    table.delegatedEvent = DelegatedEvent.errors.number
    table.criticalDelegatedEvent = DelegatedEvent.criticalErrors.number
    var board = DelegationBoard(sources: table)
    board.platform.records = [ErrorRecord(), ErrorRecord()]
    board.platform.recordFeatures = [ErrorFeature(rawValue: 0), ErrorFeature(rawValue: 0)]
    board.platform.recordControls = [ErrorControl(rawValue: 1), ErrorControl(rawValue: 1)]
    board.platform.registers[.vbarEL2] = 0x2000
    if way == .sdei {
      board.listen(800, entry: 0x9000)
      board.listen(801, entry: 0xa000)
    }
    return board
  }

  /// An error comes in the way that is looked at; whether an exception or a handler was entered for it.
  private func meet(
    _ board: inout DelegationBoard, _ way: Way, _ state: ErrorState, _ address: UInt64
  ) -> Bool {
    var error = DetectedError(state: state, code: .externalMemoryData)
    error.address = ErrorAddress(PhysicalAddress(address), isSecure: false)
    error.hasInBandResponse = way == .sea || way == .sei
    board.platform.records[1].record(
      error, feature: board.platform.recordFeatures[1], version: .v1p1)
    switch way {
    case .gpio, .gsiv, .polled, .sdei:
      board.context.elr = Self.listener
      board.interrupt(
        UInt64(state < .restartable ? Interrupt.memoryFault : Interrupt.memoryRecovery))
      let isEntered = board.context.elr != Self.listener
      if isEntered { board.call(.eventComplete) }
      return isEntered
    case .sea:
      var context = LowerContext(elr: 0x40_1000, spsr: 0, esr: 0x9200_0010, far: 0xffff_a000)
      _ = board.monitor.handle(slot: 8, core: 0, context: &context)
      return context.elr != 0x40_1000
    case .sei:
      var context = LowerContext(
        elr: 0x40_1000, spsr: 0, esr: Syndrome.serror(state).rawValue, far: 0)
      _ = board.monitor.handle(slot: 11, core: 0, context: &context)
      return context.elr != 0x40_1000
    }
  }

  /// Whether the error device's interrupt was raised since this was last asked.
  private func takeRaised(_ board: DelegationBoard) -> Bool {
    let pending = MemoryMap.gicDistributor + 0x204
    defer { board.platform.devices[pending] = 0 }
    return board.platform.devices[pending, default: 0] >> (Interrupt.errorEvent % 32) & 1 != 0
  }

  private func severity(_ board: DelegationBoard, _ source: Int) throws -> ErrorSeverity? {
    let bytes = board.platform.bytes(board.monitor.errors.region.block(source), 4096)
    guard bytes[0..<4] != [0, 0, 0, 0] else { return nil }
    #expect(ErrorStatusBlockChecker().check(bytes) == [])
    return try ErrorStatusBlock.decode(bytes).severity
  }

  private func clearStatus(_ board: DelegationBoard, _ source: Int) {
    board.platform.store32(PhysicalAddress(board.monitor.errors.region.block(source)), 0)
  }

  private func acknowledge(_ board: DelegationBoard, _ source: Int) {
    clearStatus(board, source)
    board.platform.store64(
      PhysicalAddress(board.monitor.errors.region.acknowledgeLocation(source)), 1)
  }

  /// An SError is told of every state but those that no core takes it for; an abort of those that answer an access.
  private func states(_ way: Way) -> [ErrorState] {
    switch way {
    case .gpio, .gsiv, .polled, .sdei: ErrorState.allCases
    case .sea: [.restartable, .recoverable, .unrecoverable]
    case .sei: [.restartable, .recoverable, .unrecoverable]
    }
  }

  @Test(arguments: Way.allCases, Reader.allCases)
  func everyRecordIsThereOnceAndToldOnce(_ way: Way, _ reader: Reader) throws {
    for state in states(way) {
      var board = board(way)
      let name: Comment = "\(way) \(state) \(reader)"
      let table = board.monitor.errors.region.sources
      let events = table.events
      let own =
        switch way {
        case .sea: table.source(for: .synchronousAbort, core: 0)
        case .sei: table.source(for: .systemError, core: 0)
        case .sdei: state < .restartable ? events : table.source(for: .criticalEvent, core: 0)
        case .gpio, .gsiv, .polled: events
        }
      let isByInterrupt = way == .gpio || way == .gsiv
      let wanted = ErrorSeverity(state)
      func sources(_ board: DelegationBoard) throws -> [Int] {
        try (0..<table.count).filter { try severity(board, $0) != nil }
      }

      // The first error.
      #expect(meet(&board, way, state, 0x5000_0040) == [.sea, .sei, .sdei].contains(way), name)
      #expect(try sources(board) == [own], name)
      #expect(try severity(board, own) == wanted, name)
      #expect(takeRaised(board) == isByInterrupt, name)

      switch reader {
      case .slow: break
      case .halfWay: clearStatus(board, own)
      case .done: acknowledge(board, own)
      }
      let before = board.platform.bytes(board.monitor.errors.region.block(own), 4096)

      // The second one, of another line.
      let isEntered = meet(&board, way, state, 0x5100_0040)
      if reader == .done {
        #expect(isEntered == [.sea, .sei, .sdei].contains(way), name)
        #expect(try sources(board) == [own], name)
        #expect(takeRaised(board) == isByInterrupt, name)
      } else if way == .sea || way == .sei {
        // What an exception could not tell of in its moment is an event.
        #expect(isEntered, name)
        #expect(try severity(board, events) == wanted, name)
        #expect(takeRaised(board), name)
        #expect(board.platform.bytes(board.monitor.errors.region.block(own), 4096) == before, name)
        continue
      } else {
        #expect(!isEntered, name)
        #expect(board.platform.bytes(board.monitor.errors.region.block(own), 4096) == before, name)
        #expect(!takeRaised(board), name)
        // The reader gets on, and EL3 looks again.
        acknowledge(board, own)
        board.platform.registers[.cntpctEL0, default: 0] += Clock.counterFrequency / 10
        board.context.elr = Self.listener
        board.interrupt(UInt64(Interrupt.secureTimer))
        #expect((board.context.elr != Self.listener) == (way == .sdei), name)
        #expect(takeRaised(board) == isByInterrupt, name)
      }
      #expect(try severity(board, own) == wanted, name)
      acknowledge(board, own)
      board.platform.registers[.cntpctEL0, default: 0] += Clock.counterFrequency / 10
      board.interrupt(UInt64(Interrupt.secureTimer))
      #expect(try sources(board) == [], "nothing is told twice: \(name)")
    }
  }
}
