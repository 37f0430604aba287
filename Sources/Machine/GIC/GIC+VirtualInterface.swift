// The virtual CPU interface: ICV_*, which a guest at EL1 reaches by the names of ICC_*, and ICH_*,
// with which EL2 fills list registers and controls it. IHI 0069H chapter 6, 12.3, 12.4.
//
// It shares nothing with the physical interface but two wires: the maintenance interrupt, a PPI, and
// the deactivation of a physical interrupt that a list register with HW = 1 names.

import Arm
import Platform

extension ListRegister {
  /// Neither pending nor active.
  var isInvalid: Bool { self[ListRegister.state] == 0 }
  /// Pending and not active: it can be acknowledged.
  var isPendingOnly: Bool { isSet(ListRegister.pending) && !isSet(ListRegister.active) }
  /// Ended, and the hypervisor wanted to know.
  var hasEnded: Bool { isInvalid && !isSet(ListRegister.hw) && isSet(ListRegister.eoi) }
  /// Group 0, or Group 1.
  var virtualGroup: InterruptGroup { isSet(ListRegister.group) ? .nonSecureGroup1 : .group0 }
  /// The priority; the low three bits are zero.
  var virtualPriority: UInt8 { UInt8(self[ListRegister.priority]) }
}

extension InterruptControllerVirtualMachineControl {
  private typealias MachineControl = InterruptControllerVirtualMachineControl

  /// This value with what is RES0, RES1 or below its minimum put right: 5 priority bits, and no
  /// FIQ bypass.
  var legalized: InterruptControllerVirtualMachineControl {
    let fields = [
      MachineControl.veng0, MachineControl.veng1, MachineControl.vcbpr, MachineControl.veoim,
      MachineControl.vbpr1, MachineControl.vbpr0,
    ]
    var result = MachineControl(rawValue: rawValue & fields.mask)
    result[MachineControl.vfiqEn] = 1
    result[MachineControl.vpmr] = self[MachineControl.vpmr] & UInt64(GIC.implementedPriority)
    result[MachineControl.vbpr0] = max(result[MachineControl.vbpr0], 2)
    result[MachineControl.vbpr1] = max(result[MachineControl.vbpr1], 3)
    return result
  }

  /// Whether a virtual group is enabled.
  func isEnabled(_ group: InterruptGroup) -> Bool {
    isSet(group == .group0 ? MachineControl.veng0 : MachineControl.veng1)
  }

  /// The bits of a priority that are the group priority of a virtual group.
  func groupPriorityMask(_ group: InterruptGroup) -> UInt8 {
    let point =
      group == .group0 || isSet(MachineControl.vcbpr)
      ? self[MachineControl.vbpr0] : self[MachineControl.vbpr1] &- 1
    return GIC.groupPriorityMask(UInt8(truncatingIfNeeded: point))
  }
}

extension GIC.VirtualInterface {
  private typealias Control = InterruptControllerHypervisorControl
  private typealias MachineControl = InterruptControllerVirtualMachineControl

  /// The priority of the highest-priority active virtual interrupt; idle when there is none.
  var runningPriority: UInt8 {
    let active = activePriorities0 | activePriorities1
    return active == 0 ? GIC.idlePriority : UInt8(active.trailingZeroBitCount << 3)
  }

  /// The list register with the highest-priority pending interrupt of an enabled group.
  var highestPending: Int? {
    var best: Int?
    var bestPriority = GIC.idlePriority
    for index in listRegisters.indices {
      let entry = ListRegister(rawValue: listRegisters[index])
      guard entry.isPendingOnly, machine.isEnabled(entry.virtualGroup),
        entry.virtualPriority < bestPriority
      else { continue }
      best = index
      bestPriority = entry.virtualPriority
    }
    return best
  }

  /// Whether a pending virtual interrupt passes the mask and preempts the active ones.
  func preempts(_ entry: ListRegister) -> Bool {
    guard control.isSet(Control.en),
      UInt64(entry.virtualPriority) < machine[MachineControl.vpmr]
    else { return false }
    let running = runningPriority
    guard running != GIC.idlePriority else { return true }
    let mask = machine.groupPriorityMask(entry.virtualGroup)
    return entry.virtualPriority & mask < running & mask
  }

  /// ICH_EISR_EL2.
  var endedRegisters: UInt64 {
    var bits: UInt64 = 0
    for index in listRegisters.indices
    where ListRegister(rawValue: listRegisters[index]).hasEnded { bits |= 1 << UInt64(index) }
    return bits
  }

  /// ICH_ELRSR_EL2: registers that hold nothing the hypervisor has yet to see.
  var emptyRegisters: UInt64 {
    var bits: UInt64 = 0
    for index in listRegisters.indices {
      let entry = ListRegister(rawValue: listRegisters[index])
      if entry.isInvalid && !entry.hasEnded { bits |= 1 << UInt64(index) }
    }
    return bits
  }

  /// ICH_MISR_EL2.
  var maintenanceStatus: UInt64 {
    var valid = 0
    var hasPending = false
    for index in listRegisters.indices {
      let entry = ListRegister(rawValue: listRegisters[index])
      if !entry.isInvalid { valid += 1 }
      if entry.isPendingOnly { hasPending = true }
    }
    let isGroup0 = machine.isEnabled(.group0)
    let isGroup1 = machine.isEnabled(.nonSecureGroup1)
    var status = MaintenanceStatus(rawValue: 0)
    if endedRegisters != 0 { status[MaintenanceStatus.eoi] = 1 }
    if control.isSet(Control.uie), valid < 2 { status[MaintenanceStatus.u] = 1 }
    if control.isSet(Control.lrenpie),
      control.isSet(Control.eoiCount)
    {
      status[MaintenanceStatus.lrenp] = 1
    }
    if control.isSet(Control.npie), !hasPending { status[MaintenanceStatus.np] = 1 }
    if control.isSet(Control.vgrp0EIE), isGroup0 { status[MaintenanceStatus.vgrp0E] = 1 }
    if control.isSet(Control.vgrp0DIE), !isGroup0 { status[MaintenanceStatus.vgrp0D] = 1 }
    if control.isSet(Control.vgrp1EIE), isGroup1 { status[MaintenanceStatus.vgrp1E] = 1 }
    if control.isSet(Control.vgrp1DIE), !isGroup1 { status[MaintenanceStatus.vgrp1D] = 1 }
    return status.rawValue
  }
}

extension GIC {
  private typealias Control = InterruptControllerHypervisorControl
  private typealias MachineControl = InterruptControllerVirtualMachineControl

  /// ICH_VTR_EL2: 5 priority and preemption bits, 24 ID bits.
  private static let virtualType: UInt64 = {
    typealias VTR = InterruptControllerVGICType
    var type = VTR(rawValue: 0)
    type[VTR.priBits] = 4
    type[VTR.preBits] = 4
    type[VTR.idBits] = 1
    type[VTR.a3v] = 1
    type[VTR.nV4] = 1
    type[VTR.tds] = 1
    type[VTR.listRegs] = UInt64(listRegisterCount - 1)
    return type.rawValue
  }()

  /// The virtual IRQ and FIQ of a core.
  func virtualSignals(_ core: Int) -> (irq: Bool, fiq: Bool) {
    let virtual = live.cores[core].virtual
    guard virtual.control.isSet(Control.en), let index = virtual.highestPending
    else { return (false, false) }
    let entry = ListRegister(rawValue: virtual.listRegisters[index])
    guard virtual.preempts(entry) else { return (false, false) }
    return entry.virtualGroup == .group0 ? (false, true) : (true, false)
  }

  /// Whether a core's maintenance interrupt is asserted.
  func maintenanceLine(_ core: Int) -> Bool {
    let virtual = live.cores[core].virtual
    return virtual.control.isSet(Control.en) && virtual.maintenanceStatus != 0
  }

  /// Notes a change of a core's virtual interface and drives its maintenance interrupt.
  private func touchVirtual(_ core: Int) {
    touch(core)
    setPrivateLine(Interrupt.maintenance, core: core, maintenanceLine(core))
  }

  // MARK: ICH_*

  /// Reads an ICH_* register that `check` let through.
  func readHypervisorRegister(_ register: SystemRegister, _ core: Int) -> UInt64 {
    let virtual = live.cores[core].virtual
    return switch register {
    case .ichHCREL2: virtual.control.rawValue
    case .ichVTREL2: GIC.virtualType
    case .ichMISREL2: virtual.maintenanceStatus
    case .ichEISREL2: virtual.endedRegisters
    case .ichELRSREL2: virtual.emptyRegisters
    case .ichVMCREL2: virtual.machine.rawValue
    case .ichAP0R0EL2: UInt64(virtual.activePriorities0)
    case .ichAP1R0EL2: UInt64(virtual.activePriorities1)
    case .ichLR0EL2: virtual.listRegisters[0]
    case .ichLR1EL2: virtual.listRegisters[1]
    case .ichLR2EL2: virtual.listRegisters[2]
    case .ichLR3EL2: virtual.listRegisters[3]
    default: 0
    }
  }

  /// Writes an ICH_* register that `check` let through.
  func writeHypervisorRegister(_ register: SystemRegister, _ core: Int, _ value: UInt64) {
    // Unimplemented priority bits of a list register are RES0.
    let priority = ListRegister(rawValue: value)[ListRegister.priority]
    let entry = ListRegister(rawValue: value)
      .with(ListRegister.priority, priority & UInt64(GIC.implementedPriority)).rawValue
    switch register {
    case .ichHCREL2:
      live.cores[core].virtual.control.rawValue = value & Control.fields.mask
    case .ichVMCREL2:
      live.cores[core].virtual.machine = MachineControl(rawValue: value).legalized
    case .ichAP0R0EL2:
      live.cores[core].virtual.activePriorities0 = UInt32(truncatingIfNeeded: value)
    case .ichAP1R0EL2:
      live.cores[core].virtual.activePriorities1 = UInt32(truncatingIfNeeded: value)
    case .ichLR0EL2: live.cores[core].virtual.listRegisters[0] = entry
    case .ichLR1EL2: live.cores[core].virtual.listRegisters[1] = entry
    case .ichLR2EL2: live.cores[core].virtual.listRegisters[2] = entry
    case .ichLR3EL2: live.cores[core].virtual.listRegisters[3] = entry
    default: return
    }
    touchVirtual(core)
  }

  // MARK: ICV_*

  /// ICV_PMR_EL1.
  func readVirtualPriorityMask(_ core: Int) -> UInt64 {
    live.cores[core].virtual.machine[MachineControl.vpmr]
  }

  /// ICV_CTLR_EL1.
  func readVirtualControl(_ core: Int) -> UInt64 {
    let machine = live.cores[core].virtual.machine
    return GIC.interfaceControl.with(CPUInterfaceControl.eoiMode, machine[MachineControl.veoim])
      .with(CPUInterfaceControl.cbpr, machine[MachineControl.vcbpr]).rawValue
  }

  /// ICV_BPR<n>_EL1. With CBPR, Group 1's reads as Group 0's plus one.
  func readVirtualBinaryPoint(_ core: Int, _ group: InterruptGroup) -> UInt64 {
    let machine = live.cores[core].virtual.machine
    if group == .group0 { return machine[MachineControl.vbpr0] }
    return machine.isSet(MachineControl.vcbpr)
      ? min(machine[MachineControl.vbpr0] + 1, 7)
      : machine[MachineControl.vbpr1]
  }

  /// ICV_HPPIR<n>_EL1.
  func highestVirtual(_ core: Int, _ group: InterruptGroup) -> UInt64 {
    let virtual = live.cores[core].virtual
    guard let index = virtual.highestPending else { return SpecialInterrupt.spurious }
    let entry = ListRegister(rawValue: virtual.listRegisters[index])
    return entry.virtualGroup == group
      ? entry[ListRegister.vINTID] : SpecialInterrupt.spurious
  }

  /// ICV_IAR<n>_EL1.
  func acknowledgeVirtual(_ core: Int, _ group: InterruptGroup) -> UInt64 {
    let virtual = live.cores[core].virtual
    guard let index = virtual.highestPending else { return SpecialInterrupt.spurious }
    var entry = ListRegister(rawValue: virtual.listRegisters[index])
    guard entry.virtualGroup == group, virtual.preempts(entry) else {
      return SpecialInterrupt.spurious
    }
    let interrupt = entry[ListRegister.vINTID]
    entry[ListRegister.pending] = 0
    // A special INTID in a list register is returned, but never becomes active.
    if !SpecialInterrupt.contains(interrupt) {
      entry[ListRegister.active] = 1
      let mask = virtual.machine.groupPriorityMask(group)
      let bit: UInt32 = 1 << UInt32((entry.virtualPriority & mask) >> 3)
      if group == .group0 {
        live.cores[core].virtual.activePriorities0 |= bit
      } else {
        live.cores[core].virtual.activePriorities1 |= bit
      }
    }
    live.cores[core].virtual.listRegisters[index] = entry.rawValue
    touchVirtual(core)
    return interrupt
  }

  /// Writes an ICV_* register, by the name of its ICC_* register.
  func writeVirtualRegister(_ register: SystemRegister, _ core: Int, _ value: UInt64) {
    var machine = live.cores[core].virtual.machine
    switch register {
    case .iccPMREL1:
      machine[MachineControl.vpmr] = value & UInt64(GIC.implementedPriority)
    case .iccCTLREL1:
      let control = CPUInterfaceControl(rawValue: value)
      machine[MachineControl.vcbpr] = control[CPUInterfaceControl.cbpr]
      machine[MachineControl.veoim] = control[CPUInterfaceControl.eoiMode]
    case .iccBPR0EL1: machine[MachineControl.vbpr0] = max(value & 7, 2)
    case .iccBPR1EL1:
      guard !machine.isSet(MachineControl.vcbpr) else { return }
      machine[MachineControl.vbpr1] = max(value & 7, 3)
    case .iccIGRPEN0EL1: machine[MachineControl.veng0] = value & 1
    case .iccIGRPEN1EL1: machine[MachineControl.veng1] = value & 1
    case .iccAP0R0EL1:
      live.cores[core].virtual.activePriorities0 = UInt32(truncatingIfNeeded: value)
    case .iccAP1R0EL1:
      live.cores[core].virtual.activePriorities1 = UInt32(truncatingIfNeeded: value)
    case .iccEOIR0EL1: endVirtual(core, GIC.identifier(value), .group0)
    case .iccEOIR1EL1: endVirtual(core, GIC.identifier(value), .nonSecureGroup1)
    case .iccDIREL1: deactivateVirtual(core, GIC.identifier(value))
    default: return
    }
    live.cores[core].virtual.machine = machine
    touchVirtual(core)
  }

  /// ICV_EOIR<n>_EL1: the priority drops first, whatever the INTID; then the list register that
  /// holds the INTID as active ends, if its group and group priority are the ones that dropped.
  private func endVirtual(_ core: Int, _ interrupt: UInt64, _ group: InterruptGroup) {
    guard !SpecialInterrupt.contains(interrupt), let dropped = dropVirtualPriority(core)
    else { return }
    let virtual = live.cores[core].virtual
    guard let index = activeListRegister(virtual, interrupt) else {
      // LPIs have no active state: ending one that is not listed means nothing.
      if interrupt < SpecialInterrupt.firstLPI { countEnd(core) }
      return
    }
    let entry = ListRegister(rawValue: virtual.listRegisters[index])
    let mask = virtual.machine.groupPriorityMask(group)
    guard entry.virtualGroup == group, entry.virtualPriority & mask == dropped else { return }
    if !virtual.machine.isSet(MachineControl.veoim) || interrupt >= SpecialInterrupt.firstLPI {
      endActive(core, index)
    }
  }

  /// ICV_DIR_EL1.
  private func deactivateVirtual(_ core: Int, _ interrupt: UInt64) {
    let virtual = live.cores[core].virtual
    guard interrupt < SpecialInterrupt.secure,
      virtual.machine.isSet(MachineControl.veoim)
    else { return }
    if let index = activeListRegister(virtual, interrupt) {
      endActive(core, index)
    } else {
      countEnd(core)
    }
  }

  /// Clears the highest-priority active bit, Group 0's first, and returns its priority.
  private func dropVirtualPriority(_ core: Int) -> UInt8? {
    let virtual = live.cores[core].virtual
    let group0 = virtual.activePriorities0.trailingZeroBitCount
    let group1 = virtual.activePriorities1.trailingZeroBitCount
    guard min(group0, group1) < 32 else { return nil }
    if group0 <= group1 {
      live.cores[core].virtual.activePriorities0 &= virtual.activePriorities0 &- 1
      return UInt8(group0 << 3)
    }
    live.cores[core].virtual.activePriorities1 &= virtual.activePriorities1 &- 1
    return UInt8(group1 << 3)
  }

  private func activeListRegister(_ virtual: VirtualInterface, _ interrupt: UInt64) -> Int? {
    for index in virtual.listRegisters.indices {
      let entry = ListRegister(rawValue: virtual.listRegisters[index])
      if entry.isSet(ListRegister.active), entry[ListRegister.vINTID] == interrupt {
        return index
      }
    }
    return nil
  }

  /// Clears the active state of a list register and of the physical interrupt it names.
  private func endActive(_ core: Int, _ index: Int) {
    var entry = ListRegister(rawValue: live.cores[core].virtual.listRegisters[index])
    entry[ListRegister.active] = 0
    live.cores[core].virtual.listRegisters[index] = entry.rawValue
    if entry.isSet(ListRegister.hw) { clearActive(entry[ListRegister.pINTID], core) }
  }

  /// Counts an end of interrupt that no list register answers to, in ICH_HCR_EL2.EOIcount.
  private func countEnd(_ core: Int) {
    live.cores[core].virtual.control[Control.eoiCount] &+= 1
  }
}
