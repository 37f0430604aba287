// The AEST of the board: each PE's own record and the memory's, as ERRSELR_EL1 selects them. It is for a kernel
// that owns ERX* (firmware's `aborts` = `direct`); where EL3 does, reading them gives nothing. The memory node's
// second view, as memory, only the Secure world reaches, and so it is in no AEST.

import APEI
import Bytes
import Platform

extension ByteWriter {
  /// Writes the AEST of a machine whose error records are the operating system's.
  mutating func aest(coreCount: Int, hasInterrupts: Bool) throws(ByteError) {
    let start = try beginTable("AEST", revision: 1)
    for core in 0..<coreCount {
      var node = ErrorNodeDescription(
        component: .processor(UInt32(core)), record: UInt32(ErrorNode.processor),
        groupCount: ErrorNode.recordCount, isShared: false)
      if hasInterrupts {
        node.faultInterrupt = Interrupt.processorFault
        node.recoveryInterrupt = Interrupt.processorRecovery
      }
      node.injectionRate = Clock.counterFrequency
      try errorNode(node)
    }
    var memory = ErrorNodeDescription(
      component: .memory(0), record: UInt32(ErrorNode.memory),
      groupCount: ErrorNode.recordCount, isShared: true)
    if hasInterrupts {
      memory.faultInterrupt = Interrupt.memoryFault
      memory.recoveryInterrupt = Interrupt.memoryRecovery
    }
    memory.injectionRate = Clock.counterFrequency
    try errorNode(memory)
    try endTable(start)
  }
}
