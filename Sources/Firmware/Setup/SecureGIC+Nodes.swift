// The interrupts of the error nodes are Group 0: they come to EL3, as FIQs (SCR_EL3.FIQ), whatever the
// level below masks. Of the highest priority, so that nothing that is active below holds them back.

import Arm
import Platform

extension SecureGIC {
  /// The PPIs that are EL3's: those of the PE's own node.
  static var nodePPIs: UInt32 {
    1 << Interrupt.processorFault | 1 << Interrupt.processorRecovery
  }

  /// Whether an INTID is an error node's.
  static func isOfNode(_ interrupt: UInt64) -> Bool {
    switch UInt32(truncatingIfNeeded: interrupt) {
    case Interrupt.processorFault, Interrupt.processorRecovery: return true
    case let number:
      var isOfNode = false
      SharedErrorNode.forEach(below: ErrorNode.recordCount) { node in
        isOfNode =
          isOfNode || number == node.faultInterrupt || number == node.recoveryInterrupt
          || number == node.criticalInterrupt
      }
      return isOfNode
    }
  }

  /// Takes the interrupts of this core's own node.
  func takeProcessorInterrupts(_ core: Int) {
    let group = redistributor(core, .group)
    platform.store32(group, platform.load32(group) & ~Self.nodePPIs)
    prioritize(core, Interrupt.processorFault)
    prioritize(core, Interrupt.processorRecovery)
    platform.store32(redistributor(core, .setEnable), Self.nodePPIs)
    platform.synchronizeData()
  }

  private func prioritize(_ core: Int, _ interrupt: UInt32) {
    let offset = GICR.sgiBase + InterruptRegister.priorityByte(of: UInt64(interrupt))
    platform.store8(redistributor(core, offset), 0)
  }

  /// Takes the interrupts of the nodes that all cores share, those whose records are below
  /// ERRIDR_EL1.NUM, for core 0: it handles them where it is off, too.
  func takeSharedInterrupts(recordCount: UInt16) {
    SharedErrorNode.forEach(below: UInt64(recordCount)) { node in
      takeShared(node.faultInterrupt)
      takeShared(node.recoveryInterrupt)
      takeShared(node.criticalInterrupt)
    }
    platform.synchronizeData()
  }

  /// Lets the nodes that all cores share assert their interrupts, whoever takes these.
  func connectSharedInterrupts(recordCount: UInt16) {
    SharedErrorNode.forEach(below: UInt64(recordCount)) { node in
      connect(node.base + ErrorGroupRegister.faultControl)
      connect(node.base + ErrorGroupRegister.recoveryControl)
      connect(node.base + ErrorGroupRegister.criticalControl)
    }
    platform.synchronizeData()
  }

  private func connect(_ register: UInt64) {
    platform.store32(PhysicalAddress(register), ErrorGroupRegister.interruptEnable)
  }

  private func takeShared(_ interrupt: UInt32) {
    let number = UInt64(interrupt)
    let bit = UInt32(1) << (interrupt % 32)
    let group = distributor(InterruptRegister.group.word(of: number))
    platform.store32(group, platform.load32(group) & ~bit)
    platform.store8(distributor(InterruptRegister.priorityByte(of: number)), 0)
    platform.store64(distributor(GICD.irouter + 8 * number), 0)
    platform.store32(distributor(InterruptRegister.setEnable.word(of: number)), bit)
  }
}
