// The virtual CPU interface: ICV_*, which a guest at EL1 reaches by the names of ICC_*, and ICH_*,
// with which EL2 fills list registers and controls it. IHI 0069H chapter 6, 12.3, 12.4.
//
// It shares nothing with the physical interface but two wires: the maintenance interrupt, a PPI, and
// the deactivation of a physical interrupt that a list register with HW = 1 names.

import Arm
import Platform

/// ICH_LR<n>_EL2: one virtual interrupt. IHI 0069H 12.4.6.
struct ListRegister: Register {
  var rawValue: UInt64
  static let virtualID = Field("vINTID", 31, 0)
  static let physicalID = Field("pINTID", 44, 32)
  static let signalsEnd = Field("EOI", 41)
  static let priority = Field("Priority", 55, 48)
  static let group = Field("Group", 60)
  static let isHardware = Field("HW", 61)
  static let state = Field("State", 63, 62)
  static let pending = Field("State.pending", 62)
  static let active = Field("State.active", 63)

  /// Neither pending nor active.
  var isInvalid: Bool { self[Self.state] == 0 }
  /// Pending and not active: it can be acknowledged.
  var isPendingOnly: Bool { self[Self.state] == 1 }
  /// Ended, and the hypervisor wanted to know.
  var hasEnded: Bool { isInvalid && !isSet(Self.isHardware) && isSet(Self.signalsEnd) }
  /// Group 0, or Group 1.
  var virtualGroup: InterruptGroup { isSet(Self.group) ? .nonSecureGroup1 : .group0 }
  /// The priority; the low three bits are zero.
  var virtualPriority: UInt8 { UInt8(self[Self.priority]) }
}

/// ICH_HCR_EL2. IHI 0069H 12.4.4.
struct HypervisorControl: Register {
  var rawValue: UInt64
  static let enable = Field("En", 0)
  static let underflowEnable = Field("UIE", 1)
  static let notPresentEnable = Field("LRENPIE", 2)
  static let noPendingEnable = Field("NPIE", 3)
  static let group0EnabledEnable = Field("VGrp0EIE", 4)
  static let group0DisabledEnable = Field("VGrp0DIE", 5)
  static let group1EnabledEnable = Field("VGrp1EIE", 6)
  static let group1DisabledEnable = Field("VGrp1DIE", 7)
  static let trapCommon = Field("TC", 10)
  static let trapGroup0 = Field("TALL0", 11)
  static let trapGroup1 = Field("TALL1", 12)
  static let trapSError = Field("TSEI", 13)
  static let trapDIR = Field("TDIR", 14)
  static let endCount = Field("EOIcount", 31, 27)
  /// The bits that are not RES0.
  static let defined: UInt64 = 0xF800_7CFF
}

/// ICH_VMCR_EL2. IHI 0069H 12.4.8.
struct VirtualMachineControl: Register {
  var rawValue: UInt64
  static let enableGroup0 = Field("VENG0", 0)
  static let enableGroup1 = Field("VENG1", 1)
  static let fiqEnable = Field("VFIQEn", 3)
  static let sharesBinaryPoint = Field("VCBPR", 4)
  static let splitsEndOfInterrupt = Field("VEOIM", 9)
  static let binaryPoint1 = Field("VBPR1", 20, 18)
  static let binaryPoint0 = Field("VBPR0", 23, 21)
  static let priorityMask = Field("VPMR", 31, 24)

  /// This value with what is RES0, RES1 or below its minimum put right: 5 priority bits.
  var legalized: VirtualMachineControl {
    var result = VirtualMachineControl(rawValue: rawValue & 0xF8FC_0213 | 1 << 3)
    result[Self.binaryPoint0] = max(result[Self.binaryPoint0], 2)
    result[Self.binaryPoint1] = max(result[Self.binaryPoint1], 3)
    return result
  }

  /// Whether a virtual group is enabled.
  func isEnabled(_ group: InterruptGroup) -> Bool {
    isSet(group == .group0 ? Self.enableGroup0 : Self.enableGroup1)
  }

  /// The bits of a priority that are the group priority of a virtual group.
  func groupPriorityMask(_ group: InterruptGroup) -> UInt8 {
    let point =
      group == .group0 || isSet(Self.sharesBinaryPoint)
      ? self[Self.binaryPoint0] : self[Self.binaryPoint1] &- 1
    return GIC.groupPriorityMask(UInt8(truncatingIfNeeded: point))
  }
}

extension GIC.VirtualInterface {
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
    guard control.isSet(HypervisorControl.enable),
      UInt64(entry.virtualPriority) < machine[VirtualMachineControl.priorityMask]
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
    var status: UInt64 = 0
    if endedRegisters != 0 { status |= 1 << 0 }
    if control.isSet(HypervisorControl.underflowEnable), valid < 2 { status |= 1 << 1 }
    if control.isSet(HypervisorControl.notPresentEnable),
      control.isSet(HypervisorControl.endCount)
    {
      status |= 1 << 2
    }
    if control.isSet(HypervisorControl.noPendingEnable), !hasPending { status |= 1 << 3 }
    if control.isSet(HypervisorControl.group0EnabledEnable), isGroup0 { status |= 1 << 4 }
    if control.isSet(HypervisorControl.group0DisabledEnable), !isGroup0 { status |= 1 << 5 }
    if control.isSet(HypervisorControl.group1EnabledEnable), isGroup1 { status |= 1 << 6 }
    if control.isSet(HypervisorControl.group1DisabledEnable), !isGroup1 { status |= 1 << 7 }
    return status
  }
}

extension GIC {
  /// ICH_VTR_EL2: 5 priority and preemption bits, 24 ID bits, A3V, nV4, TDS, 4 list registers.
  private static let virtualType: UInt64 =
    4 << 29 | 4 << 26 | 1 << 23 | 1 << 21 | 1 << 20 | 1 << 19 | UInt64(listRegisterCount - 1)

  /// The virtual IRQ and FIQ of a core.
  func virtualSignals(_ core: Int) -> (irq: Bool, fiq: Bool) {
    let virtual = live.cores[core].virtual
    guard virtual.control.isSet(HypervisorControl.enable), let index = virtual.highestPending
    else { return (false, false) }
    let entry = ListRegister(rawValue: virtual.listRegisters[index])
    guard virtual.preempts(entry) else { return (false, false) }
    return entry.virtualGroup == .group0 ? (false, true) : (true, false)
  }

  /// Whether a core's maintenance interrupt is asserted.
  func maintenanceLine(_ core: Int) -> Bool {
    let virtual = live.cores[core].virtual
    return virtual.control.isSet(HypervisorControl.enable) && virtual.maintenanceStatus != 0
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
    let entry = value & ~(7 << 48)
    switch register {
    case .ichHCREL2:
      live.cores[core].virtual.control.rawValue = value & HypervisorControl.defined
    case .ichVMCREL2:
      live.cores[core].virtual.machine = VirtualMachineControl(rawValue: value).legalized
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
    live.cores[core].virtual.machine[VirtualMachineControl.priorityMask]
  }

  /// ICV_CTLR_EL1: A3V, 24 ID bits, 5 priority bits, EOImode, CBPR.
  func readVirtualControl(_ core: Int) -> UInt64 {
    let machine = live.cores[core].virtual.machine
    return 1 << 15 | 1 << 11 | 4 << 8
      | machine[VirtualMachineControl.splitsEndOfInterrupt] << 1
      | machine[VirtualMachineControl.sharesBinaryPoint]
  }

  /// ICV_BPR<n>_EL1. With CBPR, Group 1's reads as Group 0's plus one.
  func readVirtualBinaryPoint(_ core: Int, _ group: InterruptGroup) -> UInt64 {
    let machine = live.cores[core].virtual.machine
    if group == .group0 { return machine[VirtualMachineControl.binaryPoint0] }
    return machine.isSet(VirtualMachineControl.sharesBinaryPoint)
      ? min(machine[VirtualMachineControl.binaryPoint0] + 1, 7)
      : machine[VirtualMachineControl.binaryPoint1]
  }

  /// ICV_HPPIR<n>_EL1.
  func highestVirtual(_ core: Int, _ group: InterruptGroup) -> UInt64 {
    let virtual = live.cores[core].virtual
    guard let index = virtual.highestPending else { return SpecialInterrupt.spurious }
    let entry = ListRegister(rawValue: virtual.listRegisters[index])
    return entry.virtualGroup == group
      ? entry[ListRegister.virtualID] : SpecialInterrupt.spurious
  }

  /// ICV_IAR<n>_EL1.
  func acknowledgeVirtual(_ core: Int, _ group: InterruptGroup) -> UInt64 {
    let virtual = live.cores[core].virtual
    guard let index = virtual.highestPending else { return SpecialInterrupt.spurious }
    var entry = ListRegister(rawValue: virtual.listRegisters[index])
    guard entry.virtualGroup == group, virtual.preempts(entry) else {
      return SpecialInterrupt.spurious
    }
    let interrupt = entry[ListRegister.virtualID]
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
      machine[VirtualMachineControl.priorityMask] = value & UInt64(GIC.implementedPriority)
    case .iccCTLREL1:
      machine[VirtualMachineControl.sharesBinaryPoint] = value & 1
      machine[VirtualMachineControl.splitsEndOfInterrupt] = value >> 1 & 1
    case .iccBPR0EL1: machine[VirtualMachineControl.binaryPoint0] = max(value & 7, 2)
    case .iccBPR1EL1:
      guard !machine.isSet(VirtualMachineControl.sharesBinaryPoint) else { return }
      machine[VirtualMachineControl.binaryPoint1] = max(value & 7, 3)
    case .iccIGRPEN0EL1: machine[VirtualMachineControl.enableGroup0] = value & 1
    case .iccIGRPEN1EL1: machine[VirtualMachineControl.enableGroup1] = value & 1
    case .iccAP0R0EL1:
      live.cores[core].virtual.activePriorities0 = UInt32(truncatingIfNeeded: value)
    case .iccAP1R0EL1:
      live.cores[core].virtual.activePriorities1 = UInt32(truncatingIfNeeded: value)
    case .iccEOIR0EL1: endVirtual(core, value & 0xFF_FFFF, .group0)
    case .iccEOIR1EL1: endVirtual(core, value & 0xFF_FFFF, .nonSecureGroup1)
    case .iccDIREL1: deactivateVirtual(core, value & 0xFF_FFFF)
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
      if interrupt < 8192 { countEnd(core) }
      return
    }
    let entry = ListRegister(rawValue: virtual.listRegisters[index])
    let mask = virtual.machine.groupPriorityMask(group)
    guard entry.virtualGroup == group, entry.virtualPriority & mask == dropped else { return }
    if !virtual.machine.isSet(VirtualMachineControl.splitsEndOfInterrupt) || interrupt >= 8192 {
      endActive(core, index)
    }
  }

  /// ICV_DIR_EL1.
  private func deactivateVirtual(_ core: Int, _ interrupt: UInt64) {
    let virtual = live.cores[core].virtual
    guard interrupt < SpecialInterrupt.secure,
      virtual.machine.isSet(VirtualMachineControl.splitsEndOfInterrupt)
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
      if entry.isSet(ListRegister.active), entry[ListRegister.virtualID] == interrupt {
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
    if entry.isSet(ListRegister.isHardware) { clearActive(entry[ListRegister.physicalID], core) }
  }

  /// Counts an end of interrupt that no list register answers to, in ICH_HCR_EL2.EOIcount.
  private func countEnd(_ core: Int) {
    live.cores[core].virtual.control[HypervisorControl.endCount] &+= 1
  }
}
