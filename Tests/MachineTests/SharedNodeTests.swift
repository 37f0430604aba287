// The nodes that all cores share: two memory controllers, each with its part of RAM, and the interconnect.
// Which record says what, by which wire, in which group.

import Arm
import Platform
import Testing

@testable import Machine

@Suite struct SharedNodeTests {
  /// 3 GiB are below 4 GiB, 1 GiB above.
  private func makeLargeBus() throws -> Bus { try makeBus(ramSize: 4 << 30) }
  private let below = PhysicalAddress(MemoryMap.upperRAM - 64)
  private let above = PhysicalAddress(MemoryMap.upperRAM)
  static let shared = [ErrorNode.memory, ErrorNode.upperMemory, ErrorNode.interconnect]

  private func valid(_ bus: Bus) -> [UInt64] {
    Self.shared.filter {
      ErrorStatus(rawValue: bus.ras.read(.status, record: $0, core: 0)).isSet(ErrorStatus.v)
    }
  }

  private func isPending(_ bus: Bus, _ interrupt: UInt32) -> Bool {
    bus.gic.live.shared[Int(interrupt / 32) - 1].pending >> (interrupt % 32) & 1 != 0
  }

  @Test func theBoardsRowsAreTheMachines() {
    #expect(ErrorNodeRow.machine.count == Int(ErrorNode.recordCount))
    for (number, row) in ErrorNodeRow.machine.enumerated().dropFirst() {
      let node = SharedErrorNode.node(of: UInt64(number))
      #expect(node?.record == UInt64(number))
      #expect("\(node?.name ?? "none")" == row.name)
      #expect((node?.name.utf8CodeUnitCount ?? 99) <= 16, "it has room in a record")
      #expect(row.faultInterrupt == node?.faultInterrupt)
      #expect(row.recoveryInterrupt == node?.recoveryInterrupt)
      #expect(row.criticalInterrupt == node?.criticalInterrupt)
    }
    #expect(SharedErrorNode.node(of: ErrorNode.processor) == nil)
    #expect(SharedErrorNode.node(of: ErrorNode.recordCount) == nil)
    let interrupts = Self.shared.compactMap { SharedErrorNode.node(of: $0) }
      .flatMap { [$0.faultInterrupt, $0.recoveryInterrupt, $0.criticalInterrupt] }
    #expect(Set(interrupts).count == 9 && interrupts.allSatisfy { $0 >= 32 })
    // Nobody else's.
    let others =
      [
        Interrupt.uart0, Interrupt.rtc, Interrupt.gpio, Interrupt.secureUART, Interrupt.doorbell,
        Interrupt.errorEvent,
      ] + (0..<32).map { Interrupt.virtio + $0 }
    #expect(Set(interrupts).isDisjoint(with: others))
  }

  @Test func anErrorIsInTheRecordOfTheControllerOfItsLine() throws {
    for (line, record) in [(below, ErrorNode.memory), (above, ErrorNode.upperMemory)] {
      for isFound in [false, true] {
        let bus = try makeLargeBus()
        bus.plantPoison(line)
        if isFound {
          bus.announcePoison(line)
        } else {
          #expect(fault { _ = try bus.read(line, size: 8, nonsecure) } != nil)
        }
        #expect(valid(bus) == [record])
        #expect(bus.ras[record].record.address == ErrorAddress(line, isSecure: false))
      }
    }
  }

  @Test func twoErrorsOfTwoControllersDoNotOverflow() throws {
    let bus = try makeLargeBus()
    for line in [below, above] {
      bus.plantPoison(line)
      _ = fault { _ = try bus.read(line, size: 8, nonsecure) }
    }
    #expect(valid(bus) == [ErrorNode.memory, ErrorNode.upperMemory])
    #expect(valid(bus).allSatisfy { !bus.ras[$0].record.status.isSet(ErrorStatus.of) })
  }

  @Test func eachControllerScrubsItsOwnPart() throws {
    // 3 GiB take 46.875 ms, and nothing of it is before the second controller's first line.
    for (line, record, time) in [
      (PhysicalAddress(MemoryMap.ram + 0x40), ErrorNode.memory, 0 as UInt64..<10),
      (PhysicalAddress(MemoryMap.upperRAM + 0x40), ErrorNode.upperMemory, 0..<10),
      (PhysicalAddress(MemoryMap.upperRAM - 64), ErrorNode.memory, 46_875_000..<46_875_001),
    ] {
      let bus = try makeLargeBus()
      bus.plantPoison(line, Poison(state: .deferred))
      bus.scrubRate = 64 << 30
      let deadline = try #require(bus.nextDeviceDeadline)
      #expect(time.contains(deadline), "\(line): \(deadline)")
      bus.now = deadline
      bus.updateDevices()
      #expect(valid(bus) == [record])
    }
  }

  @Test func aMachineWithoutUpperRAMHasAnEmptyController() throws {
    let bus = try makeBus()
    bus.scrubRate = 64 << 30
    bus.plantPoison(ramAddress(0x40))
    bus.now = 10_000_000
    bus.updateDevices()
    #expect(valid(bus) == [ErrorNode.memory])
  }

  @Test(arguments: ErrorState.allCases)
  func theInterconnectRecordsWhatItFindsInItself(state: ErrorState) throws {
    let bus = try makeBus()
    let controls = [ErrorControl.ui, ErrorControl.dfi, ErrorControl.cfi, ErrorControl.ced]
    bus.ras.write(
      .control, record: ErrorNode.interconnect, core: 0,
      controls.reduce(ErrorControl.ed.mask) { $0 | $1.mask })
    bus.injectInterconnectError(
      state, cause: InterconnectErrorCause.snoopFilter, address: ramAddress(0x40))
    let record = bus.ras[ErrorNode.interconnect].record
    #expect(valid(bus) == [ErrorNode.interconnect])
    #expect(record.status.highestState == state)
    #expect(record.status[ErrorStatus.ierr] == UInt64(InterconnectErrorCause.snoopFilter))
    #expect(record.status.code == .internalDataPath)
    #expect(!record.status.isSet(ErrorStatus.er))
    #expect(record.address == ErrorAddress(ramAddress(0x40), isSecure: false))
    #expect(isPending(bus, Interrupt.interconnectRecovery) == state.isUncorrected)
    #expect(isPending(bus, Interrupt.interconnectFault) == !state.isUncorrected)
    // The memory is good.
    #expect(try bus.read(ramAddress(0x40), size: 8, nonsecure) == 0)
  }

  @Test func everyGroupShowsItsOwnRecordAlone() throws {
    let bus = try makeLargeBus()
    bus.plantPoison(above, Poison(state: .corrected))
    _ = try bus.read(above, size: 8, nonsecure)
    for record in Self.shared {
      let base = try #require(SharedErrorNode.node(of: record)).base
      func read(_ offset: UInt64, _ access: BusAccess = secure) throws -> UInt64 {
        try bus.read(PhysicalAddress(base + offset), size: 8, access)
      }
      #expect(try read(0) == bus.ras.read(.feature, record: record, core: 0))
      #expect(try read(0x800) == bus.ras.read(.injectionFeature, record: record, core: 0))
      // ERRGSR has one record, the group's own.
      #expect(try read(0xE00) == (record == ErrorNode.upperMemory ? 1 : 0))
      #expect(fault { _ = try read(0, nonsecure) } == .unmapped)
      // What is cleared here is cleared there.
      try bus.write(PhysicalAddress(base + 8), size: 8, ErrorControl.ed.mask, secure)
      #expect(bus.ras.read(.control, record: record, core: 1) == ErrorControl.ed.mask)
    }
    #expect(bus.unmodelled.isEmpty)
  }

  @Test func anErrorOfTheInterconnectSurvivesAWarmReset() throws {
    let board = try Board(coreCount: 1, ramSize: 64 << 20)
    board.bus.injectInterconnectError(
      .recoverable, cause: InterconnectErrorCause.data, address: nil)
    let before = board.ras[ErrorNode.interconnect].record
    board.reset(.warm)
    #expect(board.ras[ErrorNode.interconnect].record == before)
  }
}
