// The interrupts of the nodes: a small world of states, controls and counters enumerated, and the wires.

import Arm
import Platform
import Testing

@testable import Machine

@Suite struct NodeInterruptTests {
  /// A node's FHI, ERI and CRI for a record that has these states, by the manual's sentences on each control.
  private func expected(
    _ row: ErrorNodeRow, ce: Bool, de: Bool, ue: Bool, ci: Bool, overflow: Bool,
    _ control: ErrorControl
  ) -> (fault: Bool, recovery: Bool, critical: Bool) {
    let isRecording = row.feature[ErrorFeature.ed] == 0b01 || control.isSet(ErrorControl.ed)
    guard isRecording, ce || de || ue else { return (false, false, false) }
    let hasCounter = row.feature.isSet(ErrorFeature.cec)
    let isEach = control.isSet(ErrorControl.ced) || !hasCounter
    let isEvent = isEach ? ce : overflow && hasCounter
    // IHI 0100, table 2-5: CFI, DFI, FI, and whether FHI tells of CE events, DE, UE.
    let table: [(Int, Int, Int, Bool, Bool, Bool)] = [
      (0, 0, 0, false, false, false), (0, 0, 1, false, true, true), (0, 1, 0, false, true, false),
      (0, 1, 1, false, false, true), (1, 0, 0, true, false, false), (1, 0, 1, true, true, true),
      (1, 1, 0, true, true, false), (1, 1, 1, true, false, true),
    ]
    func bit(_ field: Field) -> Int { control.isSet(field) ? 1 : 0 }
    var told = (ce: false, de: false, ue: false)
    switch row.feature[ErrorFeature.fi] {
    case 0: break
    case 0b01: told = (true, true, true)
    default:
      for line in table
      where (line.0, line.1, line.2)
        == (bit(ErrorControl.cfi), bit(ErrorControl.dfi), bit(ErrorControl.fi))
      {
        told = (line.3, line.4, line.5)
      }
      // Without CFI the events go with deferred errors.
      if !row.feature.isSet(ErrorFeature.cfi) { told.ce = told.de }
    }
    let fault = isEvent && told.ce || de && told.de || ue && told.ue
    let isAlwaysTold = row.feature[ErrorFeature.ui] == 0b01
    let recovery =
      ue && (isAlwaysTold || control.isSet(ErrorControl.ui))
      || de && control.isSet(ErrorControl.dui)
    let isAlwaysCritical = row.feature[ErrorFeature.ci] == 0b01
    return (fault, recovery, ci && (isAlwaysCritical || control.isSet(ErrorControl.ci)))
  }

  @Test func everyLevelIsWhatControlsAndStatesSay() throws {
    let bare = ErrorNodeRow(
      name: "bare", affinity: .shared,
      feature: ErrorFeature(rawValue: 0).with(ErrorFeature.ed, 0b10).with(ErrorFeature.fi, 0b10)
        .with(ErrorFeature.ui, 0b10).with(ErrorFeature.cfi, 0b10))
    let plain = ErrorNodeRow(
      name: "plain", affinity: .shared,
      feature: ErrorFeature(rawValue: 0).with(ErrorFeature.ed, 0b10).with(ErrorFeature.fi, 0b10)
        .with(ErrorFeature.cec, 0b010))
    let none = ErrorNodeRow(
      name: "none", affinity: .shared,
      feature: ErrorFeature(rawValue: 0).with(ErrorFeature.ed, 0b01))
    let always = ErrorNodeRow(
      name: "always", affinity: .shared,
      feature: ErrorFeature(rawValue: 0).with(ErrorFeature.ed, 0b01).with(ErrorFeature.ci, 0b01)
        .with(ErrorFeature.ui, 0b01).with(ErrorFeature.fi, 0b01).with(ErrorFeature.cec, 0b100))
    var looked = 0
    for row in [ErrorNodeRow.memory, .processor, .interconnect, bare, plain, none, always] {
      let fields = [
        ErrorControl.ed, ErrorControl.fi, ErrorControl.ui, ErrorControl.cfi, ErrorControl.ced,
        ErrorControl.dfi, ErrorControl.dui, ErrorControl.ci,
      ]
      for bits in 0..<1 << fields.count as Range<Int> {
        var control = ErrorControl(rawValue: 0)
        for (index, field) in fields.enumerated() where bits >> index & 1 != 0 {
          control[field] = 1
        }
        control.rawValue &= row.feature.controls
        for states in 0..<32 as Range<Int> {
          let (ce, de, ue) = (states & 1 != 0, states & 2 != 0, states & 4 != 0)
          let (overflow, ci) = (states & 8 != 0, states & 16 != 0)
          var record = ErrorRecord()
          record.status[ErrorStatus.v] = ce || de || ue ? 1 : 0
          record.status[ErrorStatus.ce] = ce ? 2 : 0
          record.status[ErrorStatus.de] = de ? 1 : 0
          record.status[ErrorStatus.ue] = ue ? 1 : 0
          record.status[ErrorStatus.ci] = ci ? 1 : 0
          if overflow, let counters = CorrectedErrorCounters(row.feature) {
            record.misc0 = counters.first.overflow.mask
          }
          let wanted = expected(
            row, ce: ce, de: de, ue: ue, ci: ci, overflow: overflow, control)
          #expect(row.isAsserted(.faultHandling, control, record) == wanted.fault)
          #expect(row.isAsserted(.errorRecovery, control, record) == wanted.recovery)
          #expect(row.isAsserted(.criticalError, control, record) == wanted.critical)
          looked += 1
        }
      }
    }
    #expect(looked == 7 * 256 * 32)
  }

  private func isPending(_ bus: Bus, _ interrupt: UInt32, core: Int = 0) -> Bool {
    let bank =
      interrupt < 32 ? bus.gic.live.cores[core].bank : bus.gic.live.shared[Int(interrupt / 32) - 1]
    return bank.pending >> (interrupt % 32) & 1 != 0
  }

  private func events(_ bus: Bus) -> [MachineEvent.Kind] {
    bus.takeEvents().filter {
      switch $0 {
      case .nodeInterrupt, .counterOverflowed: true
      default: false
      }
    }
  }

  private func control(_ bus: Bus, _ fields: [Field], record: UInt64 = ErrorNode.memory) {
    var control = ErrorControl(rawValue: bus.ras.read(.control, record: record, core: 0))
    for field in fields { control[field] = 1 }
    bus.ras.write(.control, record: record, core: 0, control.rawValue)
    bus.settleNodes()
  }

  private func clear(_ bus: Bus, record: UInt64 = ErrorNode.memory) {
    let status = ErrorStatus(rawValue: bus.ras.read(.status, record: record, core: 0))
    bus.ras.write(.status, record: record, core: 0, status.clearingValue)
    bus.settleNodes()
  }

  private var memory: ErrorNodeIdentifier { ErrorNodeIdentifier(.memory, core: 0) }

  @Test func theWireRisesWithTheRecordAndFallsWhenItIsCleared() throws {
    let bus = try makeBus()
    bus.plantPoison(ramAddress(0x40), Poison(state: .corrected))
    _ = try bus.read(ramAddress(0x40), size: 8, nonsecure)
    #expect(!isPending(bus, Interrupt.memoryFault), "no interrupt is enabled out of reset")
    control(bus, [ErrorControl.cfi, ErrorControl.ced])
    #expect(isPending(bus, Interrupt.memoryFault))
    #expect(!isPending(bus, Interrupt.memoryRecovery))
    #expect(events(bus) == [.nodeInterrupt(.faultHandling, memory)])
    // Another error makes no other edge.
    _ = try bus.read(ramAddress(0x40), size: 8, nonsecure)
    #expect(events(bus) == [])
    clear(bus)
    #expect(!isPending(bus, Interrupt.memoryFault))
    let saved = try bus.snapshot()
    let lines = bus.gic.state
    _ = try bus.read(ramAddress(0x40), size: 8, nonsecure)
    #expect(isPending(bus, Interrupt.memoryFault))
    bus.gic.state = lines
    bus.restore(saved)
    #expect(!isPending(bus, Interrupt.memoryFault))
  }

  @Test func onlyAnOverflowTellsWhereNotEachErrorIsToldOf() throws {
    let bus = try makeBus()
    bus.plantPoison(ramAddress(0x40), Poison(state: .corrected))
    control(bus, [ErrorControl.cfi])
    bus.ras.write(.misc0, record: ErrorNode.memory, core: 0, 0x7FFE << 32)
    _ = try bus.read(ramAddress(0x40), size: 8, nonsecure)
    #expect(!isPending(bus, Interrupt.memoryFault))
    _ = try bus.read(ramAddress(0x48), size: 8, nonsecure)
    #expect(isPending(bus, Interrupt.memoryFault))
    #expect(
      events(bus) == [.counterOverflowed(memory), .nodeInterrupt(.faultHandling, memory)])
  }

  @Test func aCoresOwnNodeTellsThatCoreAlone() throws {
    let bus = try makeBus()
    control(bus, [ErrorControl.ui], record: ErrorNode.processor)
    bus.ras.write(
      .control, record: ErrorNode.processor, core: 1,
      ErrorControl.ed.mask | ErrorControl.ui.mask)
    bus.plantPoison(ramAddress(0x40), Poison(state: .deferred))
    _ = fault {
      _ = try bus.read(ramAddress(0x40), size: 8, BusAccess(core: 1, isSecure: false))
    }
    #expect(isPending(bus, Interrupt.processorRecovery, core: 1))
    #expect(!isPending(bus, Interrupt.processorRecovery, core: 0))
    #expect(!isPending(bus, Interrupt.processorFault, core: 1))
  }

  @Test func aResetLeavesTheRecordAndItsWire() throws {
    let bus = try makeBus()
    control(bus, [ErrorControl.dfi])
    bus.plantPoison(ramAddress(0x40), Poison(state: .deferred))
    bus.announcePoison(ramAddress(0x40))
    #expect(isPending(bus, Interrupt.memoryFault))
    bus.gic.state = GIC(coreCount: 2).state
    bus.resetDevices()
    #expect(isPending(bus, Interrupt.memoryFault))
  }
}
