// The AEST of the board: each PE's own record, those of the memory controllers and the interconnect's, as
// ERRSELR_EL1 selects them. It is for a kernel that owns ERX* (firmware's `aborts` = `direct`); where EL3 does,
// reading them gives nothing. The shared nodes' second view, as memory, only the Secure world reaches, and so it is
// in no AEST.

import APEI
import Bytes
import Platform

extension ByteWriter {
  /// Writes the AEST of a machine whose error records are the operating system's.
  mutating func aest(coreCount: Int, _ nodes: ErrorNodeOwnership) throws(ByteError) {
    let start = try beginTable("AEST", revision: 1)
    for core in 0..<coreCount {
      var node = ErrorNodeDescription(
        component: .processor(UInt32(core)), record: UInt32(ErrorNode.processor),
        groupCount: nodes.recordCount, isShared: false)
      node.interrupts(
        nodes, Interrupt.processorFault, Interrupt.processorRecovery)
      node.injectionRate = Clock.counterFrequency
      try errorNode(node)
    }
    try SharedErrorNode.forEach(below: nodes.recordCount) { shared throws(ByteError) in
      let component: ErrorNodeDescription.Component =
        switch shared.component {
        case .memory(let domain): .memory(domain)
        case .interconnect: .vendor(unique: 0)
        }
      var node = ErrorNodeDescription(
        component: component, record: UInt32(shared.record), groupCount: nodes.recordCount,
        isShared: true)
      node.interrupts(nodes, shared.faultInterrupt, shared.recoveryInterrupt)
      node.injectionRate = Clock.counterFrequency
      try errorNode(node)
    }
    try endTable(start)
  }
}

extension ErrorNodeDescription {
  /// Names the interrupts that the node has.
  fileprivate mutating func interrupts(
    _ nodes: ErrorNodeOwnership, _ fault: UInt32, _ recovery: UInt32
  ) {
    let bit: UInt64 = 1 << UInt64(record)
    if nodes.faultInterrupts & bit != 0 { faultInterrupt = fault }
    if nodes.recoveryInterrupts & bit != 0 { recoveryInterrupt = recovery }
  }
}
