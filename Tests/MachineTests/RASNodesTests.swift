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
    for feature in [RASNodes.processorFeature, RASNodes.memoryFeature] {
      for field in [
        ErrorFeature.ui, ErrorFeature.fi, ErrorFeature.cfi, ErrorFeature.dui, ErrorFeature.dfi,
        ErrorFeature.ci, ErrorFeature.inj, ErrorFeature.ced, ErrorFeature.rp,
      ] {
        #expect(!feature.isSet(field), "\(field.name)")
      }
      #expect(feature[ErrorFeature.ed] == 0b10)
      #expect(feature[ErrorFeature.ts] == 0b01)
    }
    let nodes = RASNodes(coreCount: 1)
    #expect(nodes.read(.erridrEL1, core: 0) == 2)
  }

  @Test func selectionIsPerCoreAndPastTheEndThereIsNothing() {
    let nodes = RASNodes(coreCount: 2)
    nodes.write(.errselrEL1, core: 0, 0xFFFF_0001)
    #expect(nodes.read(.errselrEL1, core: 0) == 1)
    #expect(nodes.read(.errselrEL1, core: 1) == 0)
    #expect(nodes.read(.erxfrEL1, core: 0) == RASNodes.memoryFeature.rawValue)
    #expect(nodes.read(.erxfrEL1, core: 1) == RASNodes.processorFeature.rawValue)
    let before = nodes.state
    nodes.write(.errselrEL1, core: 0, 2)
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
      nodes.read(.erxctlrEL1, core: 1) == ErrorControl.ed.mask | ErrorControl.ue.mask)
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
    let record = bus.ras.state.memory.record
    #expect(record.status.isSet(ErrorStatus.of))
    #expect(record.address == ErrorAddress(ramAddress(0x40), isSecure: false))
  }

  @Test func onlyTheCounterOfMISC0CanBeWritten() {
    let nodes = RASNodes(coreCount: 1)
    nodes.write(.errselrEL1, core: 0, 1)
    nodes.write(.erxmisc0EL1, core: 0, .max)
    #expect(nodes.read(.erxmisc0EL1, core: 0) == 0x0000_FFFF_0000_0000)
    nodes.write(.errselrEL1, core: 0, 0)
    nodes.write(.erxmisc0EL1, core: 0, .max)
    #expect(nodes.read(.erxmisc0EL1, core: 0) == 0)
  }
}
