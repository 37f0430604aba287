// The error records as software sees them through System registers.

import Arm
import Platform
import Testing

@testable import Machine

@Suite struct RASNodesTests {
  static let records: [SystemRegister] = [
    .erxfrEL1, .erxctlrEL1, .erxstatusEL1, .erxaddrEL1, .erxmisc0EL1, .erxmisc1EL1, .erxmisc2EL1,
    .erxmisc3EL1, .erxpfgfEL1, .erxpfgctlEL1, .erxpfgcdnEL1,
  ]

  @Test func theFeatureRegistersPromiseOnlyWhatWorks() {
    for row in ErrorNodeRow.machine {
      let feature = row.feature
      // Only the nodes that all cores share have a CRI.
      #expect(feature[ErrorFeature.ci] == (row.affinity == .shared ? 0b10 : 0))
      #expect((row.criticalInterrupt != nil) == (row.affinity == .shared))
      #expect(feature[ErrorFeature.inj] == 0b01)
      #expect(row.injection.isSet(ErrorInjectionFeature.na))
      for field in [ErrorFeature.ui, ErrorFeature.fi, ErrorFeature.cfi] {
        #expect(feature[field] == 0b10, "\(field.name)")
      }
      #expect(row.faultInterrupt != nil && row.recoveryInterrupt != nil)
      #expect((CorrectedErrorCounters(feature)?.other != nil) == feature.isSet(ErrorFeature.rp))
      #expect(feature[ErrorFeature.ed] == 0b10)
      #expect(feature[ErrorFeature.ts] == 0b01)
    }
    let nodes = RASNodes(coreCount: 1)
    #expect(nodes.read(.erridrEL1, core: 0) == 4)
    #expect(nodes.recordCount == ErrorNode.recordCount)
  }

  @Test func selectionIsPerCoreAndPastTheEndThereIsNothing() {
    let nodes = RASNodes(coreCount: 2)
    nodes.write(.errselrEL1, core: 0, 0xFFFF_0001)
    #expect(nodes.read(.errselrEL1, core: 0) == 1)
    #expect(nodes.read(.errselrEL1, core: 1) == 0)
    #expect(nodes.read(.erxfrEL1, core: 0) == ErrorNodeRow.memory.feature.rawValue)
    #expect(nodes.read(.erxfrEL1, core: 1) == ErrorNodeRow.processor.feature.rawValue)
    let before = nodes.state
    nodes.write(.errselrEL1, core: 0, nodes.recordCount)
    for register in Self.records {
      nodes.write(register, core: 0, .max)
      #expect(nodes.read(register, core: 0) == 0)
    }
    nodes.write(.errselrEL1, core: 0, 1)
    #expect(nodes.state == before)
  }

  @Test func coresHaveTheirOwnProcessorRecordAndShareTheMemoryRecord() {
    let nodes = RASNodes(coreCount: 2)
    nodes.write(.erxctlrEL1, core: 0, 0)
    #expect(nodes.read(.erxctlrEL1, core: 0) == 0)
    #expect(nodes.read(.erxctlrEL1, core: 1) == ErrorControl.ed.mask)
    for core in 0..<2 { nodes.write(.errselrEL1, core: core, 1) }
    nodes.write(.erxctlrEL1, core: 0, .max)
    #expect(
      nodes.read(.erxctlrEL1, core: 1) == ErrorNodeRow.memory.feature.controls)
  }

  /// Rows of every form: the numbers go through all of them, and each record is where its number is.
  @Test func aRowIsAllThatANodeNeeds() {
    let controls = ErrorFeature(rawValue: 0).with(ErrorFeature.ed, 0b10)
    let rows = [
      ErrorNodeRow.processor,
      ErrorNodeRow(name: "controller", affinity: .shared, feature: controls, recordCount: 2),
      ErrorNodeRow(name: "cache", affinity: .processor, feature: controls, recordCount: 2),
      ErrorNodeRow.memory,
    ]
    let nodes = RASNodes(coreCount: 2, rows: rows)
    let isPerCore = [true, false, false, true, true, false]
    #expect(nodes.read(.erridrEL1, core: 0) == 6)
    #expect(nodes.state.nodes.count == 2 + 1 + 2 + 1)
    for record in 0..<6 as Range<UInt64> {
      for core in 0..<2 {
        nodes.write(.errselrEL1, core: core, record)
        let isFirst = record != 2 && record != 4
        let feature = nodes.read(.feature, record: record, core: core)
        #expect((feature & 3 == 0b10) == isFirst, "ED of record \(record)")
        #expect(nodes.read(.erxfrEL1, core: core) == feature)
        nodes.write(.address, record: record, core: core, record << 12 | UInt64(core) << 4)
        #expect(nodes.read(.erxaddrEL1, core: core) == record << 12 | UInt64(core) << 4)
      }
    }
    // Each core's own kept what it wrote; of a shared one the last write stands.
    for record in 0..<6 as Range<UInt64> {
      let own = isPerCore[Int(record)] ? 0 : 1 as UInt64
      #expect(nodes.read(.address, record: record, core: 0) == record << 12 | own << 4)
      #expect(nodes.read(.address, record: record, core: 1) == record << 12 | 1 << 4)
    }
    let recording = nodes.record(
      DetectedError(state: .recoverable, code: .internalMemoryData), in: 4, core: 1)
    #expect("\(recording.node)" == "cache 1" && recording.outcome == .overwritten)
    #expect(nodes.read(.status, record: 4, core: 1) == recording.status.rawValue)
    #expect(nodes.read(.status, record: 4, core: 0) == 0)
    #expect(nodes.read(.status, record: 3, core: 1) == 0)
    // The switch of a node is its first record's.
    nodes.write(.control, record: 4, core: 1, 0)
    #expect(nodes.read(.control, record: 3, core: 1) == ErrorControl.ed.mask)
    nodes.write(.control, record: 3, core: 1, 0)
    #expect(
      nodes.record(DetectedError(state: .corrected, code: .none), in: 4, core: 1).outcome == nil)
  }

  @Test func softwareReadsAndClearsARecord() throws {
    let bus = try makeBus()
    bus.plantPoison(ramAddress(0x40))
    _ = fault { _ = try bus.read(ramAddress(0x48), size: 8, secure) }
    bus.ras.write(.errselrEL1, core: 1, 1)
    let status = ErrorStatus(rawValue: bus.ras.read(.erxstatusEL1, core: 1))
    #expect(status.rawValue == 0xF430_000C)
    #expect(bus.ras.read(.erxaddrEL1, core: 1) == MemoryMap.ram + 0x40)
    // While the address is valid it cannot be overwritten; the timestamp never can.
    for register in [SystemRegister.erxaddrEL1, .erxmisc1EL1, .erxmisc2EL1, .erxmisc3EL1] {
      let before = bus.ras.read(register, core: 1)
      bus.ras.write(register, core: 1, 0x1234_5600)
      #expect(bus.ras.read(register, core: 1) == before)
    }
    bus.ras.write(.erxstatusEL1, core: 1, ErrorStatus.v.mask)
    #expect(bus.ras.read(.erxstatusEL1, core: 1) == status.rawValue, "a partial clear is ignored")
    bus.ras.write(.erxstatusEL1, core: 1, status.clearingValue)
    #expect(bus.ras.read(.erxstatusEL1, core: 1) == 0)
    bus.ras.write(.erxaddrEL1, core: 1, 0x1234_5600)
    #expect(bus.ras.read(.erxaddrEL1, core: 1) == 0x1234_5600)
  }

  @Test func aSecondErrorBeforeTheFirstIsClearedSetsOverflow() throws {
    let bus = try makeBus()
    bus.plantPoison(ramAddress(0x40))
    bus.plantPoison(ramAddress(0x80))
    _ = fault { _ = try bus.read(ramAddress(0x40), size: 8, nonsecure) }
    _ = fault { _ = try bus.read(ramAddress(0x80), size: 8, nonsecure) }
    let record = bus.ras[ErrorNode.memory].record
    #expect(record.status.isSet(ErrorStatus.of))
    #expect(record.address == ErrorAddress(ramAddress(0x40), isSecure: false))
  }

  @Test func onlyTheCountersOfMISC0CanBeWritten() {
    let nodes = RASNodes(coreCount: 1)
    nodes.write(.errselrEL1, core: 0, 1)
    nodes.write(.erxmisc0EL1, core: 0, .max)
    #expect(nodes.read(.erxmisc0EL1, core: 0) == 0xFFFF_FFFF_0000_0000)
    nodes.write(.errselrEL1, core: 0, 0)
    nodes.write(.erxmisc0EL1, core: 0, .max)
    #expect(nodes.read(.erxmisc0EL1, core: 0) == 0x0000_FFFF_0000_0000)
  }
}
