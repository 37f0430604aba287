// What the firmware makes of several shared nodes: their interrupts are its own, as far as the board has them,
// each record is reported as its node's, and an error of the interconnect is no error of memory.

import APEI
import Arm
import Firmware
import Platform
import Testing

@Suite struct SharedNodeReports {
  let platform = FakePlatform()
  let region = Monitor<FakePlatform>.testRegion
  let events = Monitor<FakePlatform>.testRegion.sources.events

  init() {
    platform.records = [ErrorRecord](repeating: ErrorRecord(), count: 4)
    let controls = ErrorFeature(rawValue: 0).with(ErrorFeature.ed, 0b10)
      .with(ErrorFeature.ui, 0b10).with(ErrorFeature.fi, 0b10).with(ErrorFeature.cfi, 0b10)
      .with(ErrorFeature.dfi, 0b10).with(ErrorFeature.cec, 0b100).with(ErrorFeature.ced, 1)
      .with(ErrorFeature.ci, 0b10)
    platform.recordFeatures = [ErrorFeature](repeating: controls, count: 4)
    platform.recordControls = [ErrorControl](repeating: ErrorControl(rawValue: 1), count: 4)
    platform.registers[.vbarEL2] = 0x2000
    platform.registers[.hcrEL2] = 1 << 34 | 1 << 27 | 1 << 31
  }

  private func start() -> Monitor<FakePlatform> {
    var monitor = Monitor.forTests(platform)
    monitor.begin(0, isAfterReset: true)
    return monitor
  }

  private func record(
    _ state: ErrorState, _ address: UInt64?, in record: UInt64, isCritical: Bool = false,
    isTold: Bool = false
  ) {
    var error = DetectedError(state: state, code: .externalMemoryData)
    error.isCritical = isCritical
    error.hasInBandResponse = isTold
    error.address = address.map { ErrorAddress(PhysicalAddress($0), isSecure: false) }
    platform.records[Int(record)].record(
      error, feature: platform.recordFeatures[Int(record)], version: .v1p1)
  }

  private func interrupt(_ monitor: inout Monitor<FakePlatform>, _ interrupt: UInt32) {
    platform.registers[.iccIAR0EL1] = UInt64(interrupt)
    var context = LowerContext(elr: 0x40_1000, spsr: 0x3c5, esr: 0, far: 0)
    _ = monitor.handle(slot: 10, core: 0, context: &context)
  }

  /// What is published, which is then acknowledged.
  private func take() throws -> ErrorStatusBlock? {
    let bytes = platform.bytes(region.block(events), 4096)
    guard bytes[0] != 0 else { return nil }
    #expect(ErrorStatusBlockChecker().check(bytes) == [])
    platform.store32(PhysicalAddress(region.block(events)), 0)
    platform.store64(PhysicalAddress(region.acknowledgeLocation(events)), 1)
    return try ErrorStatusBlock.decode(bytes)
  }

  private func node(_ block: ErrorStatusBlock?) -> DecodedErrorNode? {
    for entry in block?.entries ?? [] {
      if case .errorNode(let section) = entry.payload { return section }
    }
    return nil
  }

  private var routed: [UInt64] {
    (32..<96 as Range<UInt64>).filter {
      platform.devices[MemoryMap.gicDistributor + 0x6000 + 8 * $0] != nil
    }
  }

  @Test func theInterruptsOfTheNodesThatTheBoardHasAreEL3s() {
    for (count, wanted) in [
      (1, []), (2, [42, 43, 82]), (3, [42, 43, 45, 46, 82, 83]),
      (4, [42, 43, 45, 46, 80, 81, 82, 83, 84]),
    ] as [(Int, [UInt64])] {
      platform.records = [ErrorRecord](repeating: ErrorRecord(), count: count)
      platform.devices = [:]
      _ = start()
      #expect(routed == wanted)
    }
  }

  @Test func eachNodesInterruptIsReportedAsItsOwn() throws {
    for record in ErrorNode.memory..<ErrorNode.recordCount {
      let shared = try #require(SharedErrorNode.node(of: record))
      for (state, number) in [
        (ErrorState.corrected, shared.faultInterrupt), (.deferred, shared.faultInterrupt),
        (.restartable, shared.recoveryInterrupt), (.recoverable, shared.recoveryInterrupt),
      ] {
        var monitor = start()
        self.record(state, 0x5000_0040, in: record)
        interrupt(&monitor, number)
        let block = try take()
        #expect(block?.severity == ErrorSeverity(state))
        let section = try #require(node(block))
        #expect(section.instance == shared.base)
        #expect(section.records.map(\.index) == [UInt32(record)])
        #expect(section.component == (shared.isOfMemory ? .memory : .vendor))
        // A page is given up, or moved elsewhere, only for what is wrong with memory.
        let isOfMemory = block?.entries.contains { $0.sectionType == SectionType.memory }
        #expect(isOfMemory == shared.isOfMemory)
        #expect(!platform.records[Int(record)].status.isSet(ErrorStatus.v))
      }
    }
  }

  @Test func aCriticalErrorIsFatalInEveryStateAndIsToldOnce() throws {
    for record in ErrorNode.memory..<ErrorNode.recordCount {
      let shared = try #require(SharedErrorNode.node(of: record))
      for state in ErrorState.allCases {
        // Whichever of the node's interrupts comes first.
        for first in [
          shared.criticalInterrupt, shared.recoveryInterrupt, shared.faultInterrupt,
        ] {
          var monitor = start()
          #expect(platform.recordControls[Int(record)].isSet(ErrorControl.ci))
          self.record(state, 0x5000_0040, in: record, isCritical: true)
          interrupt(&monitor, first)
          let block = try #require(try take())
          #expect(block.severity == .fatal, "\(shared.name) \(state)")
          let section = try #require(node(block))
          #expect(section.records.map(\.index) == [UInt32(record)])
          // The error's own state is in the record as it was.
          let told = try #require(section.records.first).status
          #expect(told.highestState == state && told.isSet(ErrorStatus.ci))
          #expect(!platform.records[Int(record)].status.isSet(ErrorStatus.v))
          for other in [shared.criticalInterrupt, shared.recoveryInterrupt, shared.faultInterrupt]
          where other != first {
            interrupt(&monitor, other)
            #expect(try take() == nil, "one error makes one report")
          }
        }
      }
    }
  }

  @Test func aCriticalErrorOfTheRunBeforeStopsNobody() throws {
    record(.recoverable, 0x5000_0040, in: ErrorNode.memory, isCritical: true)
    _ = start()
    #expect(try #require(try take()).severity == .recoverable)
  }

  /// A core was told of it as well, and is not waited for; the node goes on recording critical errors as such.
  @Test func aCriticalErrorWithAnAnswerIsToldAtOnce() throws {
    var monitor = start()
    func isOn(_ field: Field) -> Bool {
      platform.recordControls[Int(ErrorNode.memory)].isSet(field)
    }
    record(.recoverable, 0x5000_0040, in: ErrorNode.memory, isCritical: true, isTold: true)
    interrupt(&monitor, Interrupt.memoryCritical)
    #expect(try #require(try take()).severity == .fatal)
    #expect(isOn(ErrorControl.ci) && isOn(ErrorControl.ui))
    // One that is left to a core meanwhile changes nothing for it.
    record(.recoverable, 0x5000_0040, in: ErrorNode.memory, isTold: true)
    interrupt(&monitor, Interrupt.memoryRecovery)
    #expect(try take() == nil)
    #expect(isOn(ErrorControl.ci) && !isOn(ErrorControl.ui))
  }

  @Test func aStormOfCriticalErrorsIsNotSilenced() throws {
    var monitor = start()
    for _ in 0...2 * CorrectedErrors.mostInterrupts {
      record(.corrected, 0x5000_0040, in: ErrorNode.memory, isCritical: true)
      interrupt(&monitor, Interrupt.memoryCritical)
      #expect(try #require(try take()).severity == .fatal)
    }
    #expect(platform.recordControls[1].isSet(ErrorControl.ci))
  }

  @Test func correctedErrorsOfTheInterconnectAreNoThresholdOfAPage() throws {
    var monitor = start()
    for _ in 0..<12 {
      record(.corrected, 0x5000_0040, in: ErrorNode.interconnect)
      interrupt(&monitor, Interrupt.interconnectFault)
      let block = try #require(try take())
      #expect(block.entries.allSatisfy { !$0.flags.contains(.thresholdExceeded) })
    }
  }

  @Test func theSecondControllersPagesHaveTheirThreshold() throws {
    var monitor = start()
    var told = 0
    for _ in 0..<8 {
      record(.corrected, 0x1_5000_0040, in: ErrorNode.upperMemory)
      interrupt(&monitor, Interrupt.upperMemoryFault)
      let block = try #require(try take())
      told += block.entries.contains { $0.flags.contains(.thresholdExceeded) } ? 1 : 0
    }
    #expect(told == 1)
  }

  @Test func anErrorOfMemoryAndOneOfTheInterconnectAreTwo() throws {
    for address in [nil, 0x5000_0040] as [UInt64?] {
      var monitor = start()
      record(.recoverable, 0x5000_0040, in: ErrorNode.memory)
      record(.recoverable, address, in: ErrorNode.interconnect)
      interrupt(&monitor, Interrupt.memoryRecovery)
      let block = try #require(try take())
      #expect(block.blockStatus & 0xf == 0b0101)
      #expect(block.entries.count == 3)
    }
  }

  /// The nodes that tell of corrected errors.
  private var telling: [UInt64] {
    (0..<ErrorNode.recordCount).filter {
      platform.recordControls[Int($0)].isSet(ErrorControl.cfi)
    }
  }

  private func storm(_ monitor: inout Monitor<FakePlatform>, _ node: SharedErrorNode) throws {
    for _ in 0...CorrectedErrors.mostInterrupts {
      record(.corrected, nil, in: node.record)
      interrupt(&monitor, node.faultInterrupt)
      _ = try take()
    }
  }

  @Test func aStormOfOneNodeSilencesThatNodeUntilItIsOver() throws {
    for node in [SharedErrorNode.memory, .upperMemory, .interconnect] {
      var monitor = start()
      try storm(&monitor, node)
      #expect(telling == (0..<ErrorNode.recordCount).filter { $0 != node.record })
      // What another tells is reported at once, and is no part of the storm.
      let other = node.record == ErrorNode.memory ? SharedErrorNode.upperMemory : .memory
      for _ in 0..<4 {
        record(.corrected, nil, in: other.record)
        interrupt(&monitor, other.faultInterrupt)
        #expect(try take() != nil)
      }
      platform.registers[.cntpctEL0, default: 0] += Clock.counterFrequency
      interrupt(&monitor, Interrupt.secureTimer)
      #expect(telling.count == Int(ErrorNode.recordCount))
      #expect(monitor.retry.core == nil)
    }
  }

  @Test func twoStormsEndEachInItsOwnTime() throws {
    var monitor = start()
    try storm(&monitor, .memory)
    platform.registers[.cntpctEL0, default: 0] += Clock.counterFrequency / 50
    try storm(&monitor, .interconnect)
    #expect(telling == [ErrorNode.processor, ErrorNode.upperMemory])
    // The interconnect goes on, the memory does not.
    for _ in 0..<3 {
      for _ in 0..<CorrectedErrors.fewErrors { record(.corrected, nil, in: ErrorNode.interconnect) }
      platform.registers[.cntpctEL0, default: 0] += Clock.counterFrequency / 10
      interrupt(&monitor, Interrupt.secureTimer)
      _ = try take()
      platform.registers[.cntpctEL0, default: 0] += Clock.counterFrequency / 50
      interrupt(&monitor, Interrupt.secureTimer)
      _ = try take()
      #expect(telling == [ErrorNode.processor, ErrorNode.memory, ErrorNode.upperMemory])
    }
    platform.registers[.cntpctEL0, default: 0] += Clock.counterFrequency
    interrupt(&monitor, Interrupt.secureTimer)
    #expect(telling.count == Int(ErrorNode.recordCount))
  }
}
