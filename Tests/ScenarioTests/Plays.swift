// Timelines and JSON reports, letter by letter.

import Arm
import Machine
import Scenario

/// Stories that are played to an experiment.
enum Plays {
  /// Every kind of event that hardware notes, and every actor that speaks on the console.
  static func everything() -> FakeTarget {
    let target = ExperimentTests.play()
    target.coreCount = 2
    target.reaction = [
      .init(
        at: 100_000,
        events: [
          ExperimentTests.consumed,
          .use(level: .el2, pc: 0xFFFF_8000, physical: 0x4004_2008, access: .tableWalk),
          ExperimentTests.written(),
          ExperimentTests.written(.init(.processor, core: 1), status: 0xE400_0012, address: 0),
          .errorPending(core: 0, iss: 0x100_0000),
          .errorDeferred(core: 0, register: .disr, value: 0x8000_0011), ExperimentTests.taken,
          .taken(
            .serror, from: .el1, to: .el2, vector: 0x780, esr: 0xBF00_0011, elr: 0x1234),
        ]),
      .init(
        at: 104_000,
        events: [
          ExperimentTests.forged, .returned(to: .el2, pc: 0x1000),
          .returned(to: .el1, pc: 0x1580, esr: 0xBF00_0000, elr: 0x5678),
          .poisonCured(core: 0, physical: 0x4004_2000),
        ],
        memory: [FakeFirmware.block: FakeFirmware.record(physical: 0x4004_2000, severity: 0)]),
      .init(at: 110_000, memory: [FakeFirmware.block: [0, 0, 0, 0]]),
      .init(
        at: 200_000,
        console: "firmware: error of core 0\r\n"
          + "[1.0] {1}[Hardware Error]:   physical_address: 0x0000000040042000\r\n"
          + "Memory failure: 0x40042: Sending SIGBUS to reader:45 due to hardware memory corruption\r\n"
          + "Memory failure: 0x40042: recovery action for dirty LRU page: Recovered\r\n"
          + "reader: SIGBUS \"quoted\" \\ \u{1}\r\n"
          + "a| vmm: SIGBUS BUS_MCEERR_AR HVA 0xffff9fe0d000 GPA 0x4040d000 lsb 12\r\n"
          + "a| vmm: record for GPA 0x4040d000 written to error source 0\r\n"
          + "a| vmm: SEA into vCPU 0 ESR_EL1 0x92000010 FAR_EL1 0x10000640 ELR_EL1 0x201684\r\n"
          + "a| vmm: something else\r\n" + "a| guest: section x address 0x4040d000\r\n"
          + "a| guest: program killed on core 0\r\n" + "b| guest: down x\r\n"
          + "not about errors\r\n" + "init: other ended with status 0\r\n"
          + "init: third ended with status 135\r\n"),
    ]
    target.reaction += (1...12).map {
      .init(at: 300_000 + UInt64($0) * 20_000, events: [ExperimentTests.consumed])
    }
    target.reaction.append(.init(at: 900_000, console: "bye\n", stop: .powerOff))
    return target
  }
}
