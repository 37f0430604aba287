// Nodes as Arm's models are asked for them: what is accepted, what is refused, and that a node then does what its
// feature register says.

import Arm
import Platform
import Testing

@testable import Machine

@Suite struct ErrorNodeParameterTests {
  private func row(
    _ row: ErrorNodeRow, _ parameter: ErrorNodeRow.Parameter,
    _ fields: KeyValuePairs<String, UInt64>
  ) throws -> ErrorNodeRow {
    try row.with(parameter, fields.map { (name: $0.key, value: $0.value) })
  }

  private func mistake(
    _ from: ErrorNodeRow, _ parameter: ErrorNodeRow.Parameter,
    _ fields: KeyValuePairs<String, UInt64>
  ) -> ErrorNodeMistake? {
    do {
      _ = try row(from, parameter, fields)
      return nil
    } catch {
      return error as? ErrorNodeMistake
    }
  }

  @Test func fieldsThatAreNotNamedStay() throws {
    let node = try row(.processor, .feature, ["CEC": 0, "RP": 0])
    #expect(node.feature[ErrorFeature.cec] == 0 && !node.feature.isSet(ErrorFeature.rp))
    #expect(node.feature[ErrorFeature.ui] == ErrorNodeRow.processor.feature[ErrorFeature.ui])
    #expect(node.injection == ErrorNodeRow.processor.injection)
    let fake = try row(.memory, .injection, ["UC": 0, "R": 0])
    #expect(
      fake.injection.rawValue
        == ErrorNodeRow.memory.injection.rawValue & ~(1 << 1 | 1 << 30))
    #expect(try ErrorNodeRow.machine(count: 2).map(\.name) == ["PE", "memory"])
    #expect(try ErrorNodeRow.machine(count: 0).isEmpty)
    #expect(
      ErrorNodeRow.machine.map(\.instance) == ["PE", "memory", "upper_memory", "interconnect"])
  }

  @Test func whatTheMachineDoesNotFollowIsRefused() {
    typealias Fields = KeyValuePairs<String, UInt64>
    let features: [(Fields, String)] = [
      (["ED": 0], "ED"), (["ED": 3], "ED"), (["UI": 3], "UI"), (["FI": 3], "FI"), (["UE": 3], "UE"),
      (["CFI": 1], "CFI"), (["CEC": 1], "CEC"), (["CEC": 5], "CEC"), (["DUI": 1], "DUI"),
      (["INJ": 2], "INJ"), (["TS": 2], "TS"), (["DFI": 3], "DFI"), (["CE": 4], "CE"),
      (["ERT": 0], "ERT"), (["RV": 1], "RV"), (["NCE": 0], "NCE"), (["ed": 1], "ed"),
      (["CEC": 0], "RP"), (["CEC": 0, "RP": 0], "CED"),
      (["UC": 0, "UEU": 0, "UER": 0, "UEO": 0], "UC"),
      (["FI": 1], "CFI"), (["FI": 0, "CFI": 0], "DFI"), (["UI": 0, "DUI": 0], "CI"),
      (["UI": 0], "DUI"),
    ]
    for (fields, field) in features {
      #expect(mistake(.memory, .feature, fields)?.field == field, "\(fields)")
    }
    #expect(mistake(.processor, .feature, ["CI": 2])?.field == "CI", "a core has no CRI")
    for (fields, field) in [
      (["NA": 0], "NA"), (["CE": 2], "CE"), (["UC": 2], "UC"), (["CDNEN": 1], "CDNEN"),
    ]
      as [(Fields, String)]
    {
      #expect(mistake(.memory, .injection, fields)?.field == field, "\(fields)")
    }
    #expect(throws: ErrorNodeMistake.self) { try ErrorNodeRow.machine(count: 5) }
  }

  private func bus(_ rows: [ErrorNodeRow]) throws -> Bus {
    let gic = GIC(coreCount: 2)
    let bus = try Bus(
      ramSize: 64 << 20, coreCount: 2, codeCache: CodeCache(), gic: gic, errorNodes: rows)
    connectNodes(bus)
    return bus
  }

  /// Every set of states that FR can promise, and every state of a line that is read: the node records its own
  /// state, or the next worse one it has, and answers as that.
  @Test func aStateThatANodeDoesNotHaveIsTheNextWorse() throws {
    let names = ["DE", "UEO", "UER", "UEU", "UC"]
    let states: [ErrorState] = [
      .deferred, .restartable, .recoverable, .unrecoverable, .uncontainable,
    ]
    for set in 0..<32 as Range<Int> where set >> 1 != 0 {
      var memory = ErrorNodeRow.memory
      memory = try memory.with(
        .feature, names.indices.map { (name: names[$0], value: UInt64(set >> $0 & 1)) })
      for (index, state) in states.enumerated() {
        let bus = try bus([.processor, memory, .upperMemory, .interconnect])
        bus.plantPoison(ramAddress(0x40), Poison(state: state))
        let response = fault { _ = try bus.read(ramAddress(0x40), size: 8, nonsecure) }
        let has = states.indices.filter { set >> $0 & 1 != 0 }
        // What cannot be deferred is signalled: UER, not UEO.
        let worse = has.first { $0 == index || $0 > max(index, index == 0 ? 1 : 0) }
        let wanted = states[worse ?? has.last ?? 4]
        let recorded = bus.ras[ErrorNode.memory].record.status.highestState
        #expect(recorded == wanted, "\(set) \(state)")
        #expect(response != nil, "\(set) \(state)")
        if wanted == .deferred {
          #expect(bus.ras[ErrorNode.processor].record.status.highestState == .recoverable)
        }
      }
    }
  }

  @Test func aNodeThatIsAlwaysOnNeedsNoControls() throws {
    let memory = try row(
      .memory, .feature,
      ["ED": 1, "UE": 1, "UI": 1, "FI": 1, "CFI": 0, "DUI": 0, "DFI": 0, "CI": 1])
    let bus = try bus([.processor, memory])
    #expect(bus.ras.read(.control, record: 1, core: 0) == 0)
    bus.ras.write(.control, record: 1, core: 0, .max)
    #expect(bus.ras.read(.control, record: 1, core: 0) == ErrorControl.ced.mask)
    bus.plantPoison(ramAddress(0x40))
    #expect(fault { _ = try bus.read(ramAddress(0x40), size: 8, nonsecure) } != nil)
    bus.settleNodes()
    func isPending(_ interrupt: UInt32) -> Bool {
      bus.gic.live.shared[Int(interrupt / 32) - 1].pending >> (interrupt % 32) & 1 != 0
    }
    #expect(isPending(Interrupt.memoryRecovery) && isPending(Interrupt.memoryFault))
  }

  /// Without a response the bad data go out; without a node they are answered and nobody records.
  @Test func whatANodeCannotDoDoesNotHappen() throws {
    let silent = try row(.memory, .feature, ["UE": 0])
    let mute = try bus([.processor, silent])
    mute.plantPoison(ramAddress(0x40))
    #expect(fault { _ = try mute.read(ramAddress(0x40), size: 8, nonsecure) } == nil)
    #expect(mute.ras[ErrorNode.memory].record.status.highestState == .uncontainable)

    for count in 0...1 as ClosedRange<UInt64> {
      let none = try bus(ErrorNodeRow.machine(count: count))
      #expect(none.ras.read(.erridrEL1, core: 0) == count)
      for state in ErrorState.allCases {
        none.plantPoison(ramAddress(0x80), Poison(state: state))
        let response = fault { _ = try none.read(ramAddress(0x80), size: 8, nonsecure) }
        #expect((response != nil) == (state != .corrected), "\(state)")
        none.announcePoison(ramAddress(0x80))
      }
      let page = SharedErrorNode.memory.base
      #expect(try none.read(PhysicalAddress(page), size: 8, secure) == 0)
      #expect(try none.read(PhysicalAddress(page + 0xFC8), size: 4, secure) == 0)
      none.injectInterconnectError(.corrected, cause: 1, address: nil)
      #expect(
        none.takeEvents().contains {
          if case .nodeRecorded(let it) = $0 { it.outcome == nil } else { false }
        })
    }
  }

  @Test func aNodeThatCountsNothingKeepsNoCount() throws {
    let memory = try row(.memory, .feature, ["CEC": 0, "RP": 0, "CED": 0, "CE": 2, "TS": 0])
    let bus = try bus([.processor, memory])
    bus.plantPoison(ramAddress(0x40), Poison(state: .corrected))
    for _ in 0..<3 { _ = try bus.read(ramAddress(0x40), size: 8, nonsecure) }
    let record = bus.ras[ErrorNode.memory].record
    #expect(record.misc0 == 0 && record.misc3 == 0)
    #expect(record.status[ErrorStatus.ce] == 0b10 && record.status.isSet(ErrorStatus.of))
    #expect(!record.status.isSet(ErrorStatus.mv))
  }

  @Test func aNodeThatCannotBeAskedHasNoPseudoFaults() throws {
    let memory = try row(.memory, .feature, ["INJ": 0])
    let nodes = RASNodes(coreCount: 1, rows: [.processor, memory])
    #expect(nodes.read(.injectionFeature, record: 1, core: 0) == 0)
    nodes.write(.injectionControl, record: 1, core: 0, .max)
    #expect(nodes.read(.injectionControl, record: 1, core: 0) == 0)
  }
}
