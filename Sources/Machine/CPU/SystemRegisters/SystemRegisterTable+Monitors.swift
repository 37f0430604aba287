// The rows of the performance monitors (Arm ARM D24.5), and of the registers that are Neoverse N1's own
// (Neoverse N1, "AArch64 registers", IMPLEMENTATION DEFINED) or its cluster's (DynamIQ Shared Unit):
// firmware sets them up by the core's name. They control what this machine has not, so that they read as
// zero, or as after reset, and ignore writes.

import Arm

extension SystemRegisterTable {
  static let performanceMonitors: [SystemRegisterRow] = {
    func monitor(
      _ register: SystemRegister, _ access: SystemRegisterAccess, reset: UInt64 = 0,
      traps: SystemRegisterTraps = .monitors
    ) -> SystemRegisterRow {
      other(register, .performanceMonitor, access, reset: reset, traps: traps)
    }
    let user = readWrite(.el0)
    var result = [
      monitor(
        .pmcrEL0, user, reset: PerformanceMonitors.control, traps: [.monitors, .monitorControl]),
      monitor(.pmcntensetEL0, user), monitor(.pmcntenclrEL0, user),
      monitor(.pmovsclrEL0, user), monitor(.pmovssetEL0, user),
      monitor(.pmswincEL0, .writes(from: .el0)),
      monitor(.pmselrEL0, user),
      monitor(.pmceid0EL0, .reads(from: .el0)), monitor(.pmceid1EL0, .reads(from: .el0)),
      monitor(.pmccntrEL0, user), monitor(.pmccfiltrEL0, user),
      monitor(.pmxevtyperEL0, user), monitor(.pmxevcntrEL0, user),
      monitor(.pmuserenrEL0, [.reads(from: .el0), .writes(from: .el1)]),
      monitor(.pmintensetEL1, readWrite(.el1)), monitor(.pmintenclrEL1, readWrite(.el1)),
    ]
    for register in PerformanceMonitors.counters + PerformanceMonitors.types {
      result.append(monitor(register, user))
    }
    return result
  }()

  static let implementationDefined: [SystemRegisterRow] = {
    func ignored(
      _ register: SystemRegister, _ level: ExceptionLevel, _ value: UInt64 = 0
    ) -> SystemRegisterRow {
      constant(register, level, value, isReadOnly: false, traps: level == .el1 ? .tidcp : [])
    }
    return [
      constant(.cpucfrEL1, .el1, traps: .tidcp),
      ignored(.cpuactlrEL1, .el1), ignored(.cpuactlr2EL1, .el1), ignored(.cpuactlr3EL1, .el1),
      ignored(.cpuectlrEL1, .el1, 0x9_6156_3010),
      ignored(.cpupwrctlrEL1, .el1),
      // What the core had before ERXPFGF_EL1 and relatives were architectural.
      ignored(.ownErxpfgfEL1, .el1), ignored(.ownErxpfgctlEL1, .el1),
      ignored(.ownErxpfgcdnEL1, .el1),
      ignored(.atcrEL1, .el1), ignored(.atcrEL2, .el2), ignored(.avtcrEL2, .el2),
      ignored(.atcrEL3, .el3),
      ignored(.cpupselrEL3, .el3), ignored(.cpupcrEL3, .el3), ignored(.cpuporEL3, .el3),
      ignored(.cpupmrEL3, .el3),
      // The unit around the cores, r4p1, as one that has nothing to set: one core, no L3 cache, no
      // accelerator port.
      constant(.clustercfrEL1, .el1, traps: .tidcp),
      constant(.clusteridrEL1, .el1, 0x41, traps: .tidcp),
      constant(.clusterrevidrEL1, .el1, traps: .tidcp),
      ignored(.clusteractlrEL1, .el1), ignored(.clusterectlrEL1, .el1),
      ignored(.clusterpwrctlrEL1, .el1), ignored(.clusterpwrdnEL1, .el1),
      constant(.clusterpwrstatEL1, .el1, traps: .tidcp),
      ignored(.clusterthreadsidEL1, .el1), ignored(.clusteracpsidEL1, .el1),
      ignored(.clusterstashsidEL1, .el1), ignored(.clusterpartcrEL1, .el1),
      ignored(.clusterbusqosEL1, .el1), ignored(.clusterl3hitEL1, .el1),
      ignored(.clusterl3missEL1, .el1), ignored(.clusterthreadsidovrEL1, .el1),
    ]
  }()
}
