// ICC_*: the system registers of the physical CPU interface. IHI 0069H 12.2.
//
// Surprising: reading ICC_IAR<n>_EL1 changes state (it acknowledges), and so does nothing else that
// is read. Debuggers must not read it.

import Arm

extension GIC {
  private typealias MachineControl = InterruptControllerVirtualMachineControl

  /// ICC_CTLR_EL1 and ICV_CTLR_EL1 without their writable bits: 24 ID bits, 5 priority bits. Those of
  /// ICC_CTLR_EL3 are at the same places.
  static let interfaceControl = CPUInterfaceControl(rawValue: 0)
    .with(CPUInterfaceControl.a3v, 1).with(CPUInterfaceControl.idBits, 1)
    .with(CPUInterfaceControl.priBits, 4)

  /// The INTID of ICC_EOIR<n>_EL1 and ICC_DIR_EL1.
  static func identifier(_ value: UInt64) -> UInt64 {
    InterruptIdentifier(rawValue: value)[InterruptIdentifier.intid]
  }

  /// Reads a register of the CPU interface, physical, virtual or the hypervisor's.
  ///
  /// Throws `.undefined` when the register does not exist at this level or cannot be read, and a
  /// `.trap` whose syndrome has EC and IL only: the caller adds the ISS.
  public func readSystemRegister(
    _ register: SystemRegister, core: Int, _ view: InterruptView
  ) throws(GuestException) -> UInt64 {
    try check(register, core: core, view, isRead: true)
    let physical = live.cores[core].physical
    let any = InterruptView.imo | InterruptView.fmo
    switch register {
    case .iccPMREL1:
      if view.isVirtual(any) { return readVirtualPriorityMask(core) }
      let mask = physical.priorityMask
      return UInt64(view.seesNonSecurePriorities ? GIC.nonSecureView(mask) : mask)
    case .iccRPREL1:
      if view.isVirtual(any) { return UInt64(live.cores[core].virtual.runningPriority) }
      let running = physical.runningPriority
      return UInt64(view.seesNonSecurePriorities ? GIC.nonSecureView(running) : running)
    case .iccCTLREL1:
      if view.isVirtual(any) { return readVirtualControl(core) }
      let isNonSecure = view.usesNonSecureBank
      let sharesBinaryPoint =
        isNonSecure ? physical.sharesBinaryPointNonSecure : physical.sharesBinaryPointSecure
      let splitsEnd =
        isNonSecure ? physical.splitsEndOfInterruptNonSecure : physical.splitsEndOfInterruptSecure
      return GIC.interfaceControl.with(CPUInterfaceControl.cbpr, sharesBinaryPoint ? 1 : 0)
        .with(CPUInterfaceControl.eoiMode, splitsEnd ? 1 : 0).rawValue
    case .iccCTLREL3:
      typealias Control = CPUInterfaceControlEL3
      var control = Control(rawValue: GIC.interfaceControl.rawValue)
      // As QEMU has it, though GICD_CTLR.DS can be set.
      control[Control.nDS] = 1
      control[Control.cbprEL1S] = physical.sharesBinaryPointSecure ? 1 : 0
      control[Control.cbprEL1NS] = physical.sharesBinaryPointNonSecure ? 1 : 0
      control[Control.eoiModeEL3] = physical.splitsEndOfInterruptEL3 ? 1 : 0
      control[Control.eoiModeEL1S] = physical.splitsEndOfInterruptSecure ? 1 : 0
      control[Control.eoiModeEL1NS] = physical.splitsEndOfInterruptNonSecure ? 1 : 0
      return control.rawValue

    case .iccIAR0EL1:
      return view.isVirtual(InterruptView.fmo)
        ? acknowledgeVirtual(core, .group0) : acknowledge(core, isGroup0: true, view)
    case .iccIAR1EL1:
      return view.isVirtual(InterruptView.imo)
        ? acknowledgeVirtual(core, .nonSecureGroup1) : acknowledge(core, isGroup0: false, view)
    case .iccHPPIR0EL1:
      return view.isVirtual(InterruptView.fmo)
        ? highestVirtual(core, .group0) : highestPending0(core, view)
    case .iccHPPIR1EL1:
      return view.isVirtual(InterruptView.imo)
        ? highestVirtual(core, .nonSecureGroup1) : highestPending1(core, view)

    case .iccBPR0EL1:
      return view.isVirtual(InterruptView.fmo)
        ? readVirtualBinaryPoint(core, .group0) : UInt64(physical.binaryPoint.group0)
    case .iccBPR1EL1:
      if view.isVirtual(InterruptView.imo) { return readVirtualBinaryPoint(core, .nonSecureGroup1) }
      switch binaryPoint1(physical, view) {
      case .shared: return UInt64(min(physical.binaryPoint.group0 + 1, 7))
      case .own(let group): return UInt64(physical.binaryPoint[group])
      }

    case .iccAP0R0EL1:
      return view.isVirtual(InterruptView.fmo)
        ? UInt64(live.cores[core].virtual.activePriorities0)
        : UInt64(physical.activePriorities.group0)
    case .iccAP1R0EL1:
      return view.isVirtual(InterruptView.imo)
        ? UInt64(live.cores[core].virtual.activePriorities1)
        : UInt64(physical.activePriorities[view.group1])

    case .iccIGRPEN0EL1:
      return view.isVirtual(InterruptView.fmo)
        ? live.cores[core].virtual.machine[MachineControl.veng0]
        : physical.isEnabled.group0 ? 1 : 0
    case .iccIGRPEN1EL1:
      return view.isVirtual(InterruptView.imo)
        ? live.cores[core].virtual.machine[MachineControl.veng1]
        : physical.isEnabled[view.group1] ? 1 : 0
    case .iccIGRPEN1EL3:
      return (physical.isEnabled.nonSecureGroup1 ? GroupEnableEL3.enableGrp1NS.mask : 0)
        | (physical.isEnabled.secureGroup1 ? GroupEnableEL3.enableGrp1S.mask : 0)

    // SRE, DFB and DIB read as one; so does Enable.
    case .iccSREEL1: return SystemRegisterEnable.all.rawValue
    case .iccSREEL2, .iccSREEL3: return SystemRegisterEnable.allBelow.rawValue
    default: return readHypervisorRegister(register, core)
    }
  }

  /// Writes a register of the CPU interface, physical, virtual or the hypervisor's.
  ///
  /// Throws as `readSystemRegister` does.
  public func writeSystemRegister(
    _ register: SystemRegister, core: Int, _ view: InterruptView, _ value: UInt64
  ) throws(GuestException) {
    try check(register, core: core, view, isRead: false)
    let any = InterruptView.imo | InterruptView.fmo
    let virtualMask: UInt64 =
      switch register {
      case .iccPMREL1, .iccCTLREL1, .iccDIREL1: any
      case .iccEOIR0EL1, .iccBPR0EL1, .iccAP0R0EL1, .iccIGRPEN0EL1: InterruptView.fmo
      case .iccEOIR1EL1, .iccBPR1EL1, .iccAP1R0EL1, .iccIGRPEN1EL1: InterruptView.imo
      default: 0
      }
    if virtualMask != 0, view.isVirtual(virtualMask) {
      writeVirtualRegister(register, core, value)
    } else {
      writePhysicalRegister(register, core, view, value)
    }
  }

  private func writePhysicalRegister(
    _ register: SystemRegister, _ core: Int, _ view: InterruptView, _ value: UInt64
  ) {
    switch register {
    case .iccPMREL1:
      var mask = UInt8(truncatingIfNeeded: value)
      if view.seesNonSecurePriorities {
        // Non-secure software cannot change a mask that is in the Secure half of the range.
        guard live.cores[core].physical.priorityMask & 0x80 != 0 else { return }
        mask = mask >> 1 | 0x80
      }
      live.cores[core].physical.priorityMask = mask & GIC.implementedPriority
      touch(core)
    case .iccCTLREL1:
      // CBPR is EL3's while there are two Security states; PMHE is not implemented.
      let writesCBPR = live.control.isSecurityDisabled
      let control = CPUInterfaceControl(rawValue: value)
      let splitsEnd = control.isSet(CPUInterfaceControl.eoiMode)
      let sharesBinaryPoint = control.isSet(CPUInterfaceControl.cbpr)
      if view.usesNonSecureBank {
        live.cores[core].physical.splitsEndOfInterruptNonSecure = splitsEnd
        if writesCBPR { live.cores[core].physical.sharesBinaryPointNonSecure = sharesBinaryPoint }
      } else {
        live.cores[core].physical.splitsEndOfInterruptSecure = splitsEnd
        if writesCBPR { live.cores[core].physical.sharesBinaryPointSecure = sharesBinaryPoint }
      }
      touch(core)
    case .iccCTLREL3:
      typealias Control = CPUInterfaceControlEL3
      let control = Control(rawValue: value)
      live.cores[core].physical.sharesBinaryPointSecure = control.isSet(Control.cbprEL1S)
      live.cores[core].physical.sharesBinaryPointNonSecure = control.isSet(Control.cbprEL1NS)
      live.cores[core].physical.splitsEndOfInterruptEL3 = control.isSet(Control.eoiModeEL3)
      live.cores[core].physical.splitsEndOfInterruptSecure = control.isSet(Control.eoiModeEL1S)
      live.cores[core].physical.splitsEndOfInterruptNonSecure =
        control.isSet(Control.eoiModeEL1NS)
      touch(core)

    case .iccEOIR0EL1: endInterrupt(core, GIC.identifier(value), isGroup0: true, view)
    case .iccEOIR1EL1: endInterrupt(core, GIC.identifier(value), isGroup0: false, view)
    case .iccDIREL1: deactivate(core, GIC.identifier(value), view)

    case .iccBPR0EL1:
      live.cores[core].physical.binaryPoint.group0 = max(UInt8(value & 7), 2)
      touch(core)
    case .iccBPR1EL1:
      guard case .own(let group) = binaryPoint1(live.cores[core].physical, view) else { return }
      let minimum: UInt8 = group == .nonSecureGroup1 ? 3 : 2
      live.cores[core].physical.binaryPoint[group] = max(UInt8(value & 7), minimum)
      touch(core)

    case .iccAP0R0EL1:
      live.cores[core].physical.activePriorities.group0 = UInt32(truncatingIfNeeded: value)
      touch(core)
    case .iccAP1R0EL1:
      // No Non-secure interrupt is active in the Secure half of the range: software could block
      // Secure interrupts by saying so.
      let bits = UInt32(truncatingIfNeeded: value)
      live.cores[core].physical.activePriorities[view.group1] =
        view.group1 == .nonSecureGroup1 && !live.control.isSecurityDisabled
        ? bits & 0xFFFF_0000 : bits
      touch(core)

    case .iccIGRPEN0EL1:
      live.cores[core].physical.isEnabled.group0 = value & 1 != 0
      touchAll()
    case .iccIGRPEN1EL1:
      live.cores[core].physical.isEnabled[view.group1] = value & 1 != 0
      touchAll()
    case .iccIGRPEN1EL3:
      live.cores[core].physical.isEnabled.nonSecureGroup1 =
        value & GroupEnableEL3.enableGrp1NS.mask != 0
      live.cores[core].physical.isEnabled.secureGroup1 =
        value & GroupEnableEL3.enableGrp1S.mask != 0
      touchAll()

    case .iccSGI0REL1: generateSGI(core, value, .group0, view)
    case .iccSGI1REL1:
      generateSGI(core, value, view.isTrusted ? .secureGroup1 : .nonSecureGroup1, view)
    case .iccASGI1REL1:
      generateSGI(core, value, view.isTrusted ? .nonSecureGroup1 : .secureGroup1, view)

    case .iccSREEL1, .iccSREEL2, .iccSREEL3: break
    default: writeHypervisorRegister(register, core, value)
    }
  }

  // MARK: Details of single registers

  /// A priority or priority mask as Non-secure software sees it. IHI 0069H 4.8.1.
  static func nonSecureView(_ priority: UInt8) -> UInt8 {
    if priority & 0x80 == 0 { return 0 }
    return priority == 0xFF ? 0xFF : priority << 1
  }

  /// What ICC_BPR1_EL1 names.
  private enum BinaryPoint1 {
    /// ICC_BPR0_EL1 + 1, read-only: Non-secure with CBPR.
    case shared
    /// A binary point of its own; with CBPR in Secure state that is ICC_BPR0_EL1 itself.
    case own(InterruptGroup)
  }

  private func binaryPoint1(_ physical: PhysicalInterface, _ view: InterruptView) -> BinaryPoint1 {
    if view.level == .el3 { return .own(view.group1) }
    if view.usesNonSecureBank {
      return physical.sharesBinaryPointNonSecure ? .shared : .own(.nonSecureGroup1)
    }
    return .own(physical.sharesBinaryPointSecure ? .group0 : .secureGroup1)
  }

  // MARK: Acknowledge, end, deactivate

  /// ICC_HPPIR0_EL1: Group 0, or to EL3 a special INTID that says whose Group 1 is pending.
  private func highestPending0(_ core: Int, _ view: InterruptView) -> UInt64 {
    let candidate = candidate(core)
    guard candidate.exists else { return SpecialInterrupt.spurious }
    if candidate.group == .group0 {
      return view.isTrusted || live.control.isSecurityDisabled
        ? UInt64(candidate.interrupt) : SpecialInterrupt.spurious
    }
    guard view.level == .el3 else { return SpecialInterrupt.spurious }
    return candidate.group == .secureGroup1 ? SpecialInterrupt.secure : SpecialInterrupt.nonSecure
  }

  /// ICC_HPPIR1_EL1: Group 1 of the PE's Security state, or of either at EL3.
  private func highestPending1(_ core: Int, _ view: InterruptView) -> UInt64 {
    let candidate = candidate(core)
    guard candidate.exists else { return SpecialInterrupt.spurious }
    let isVisible =
      switch candidate.group {
      case .group0: false
      case .secureGroup1: view.isTrusted
      case .nonSecureGroup1: !view.isSecure || view.level == .el3
      }
    return isVisible ? UInt64(candidate.interrupt) : SpecialInterrupt.spurious
  }

  private func acknowledge(_ core: Int, isGroup0: Bool, _ view: InterruptView) -> UInt64 {
    let candidate = candidate(core)
    guard candidate.preempts else { return SpecialInterrupt.spurious }
    let interrupt = isGroup0 ? highestPending0(core, view) : highestPending1(core, view)
    guard !SpecialInterrupt.contains(interrupt) else { return interrupt }

    let mask = live.cores[core].physical.groupPriorityMask(candidate.group)
    let level = (candidate.priority & mask) >> 3
    live.cores[core].physical.activePriorities[candidate.group] |= 1 << UInt32(level)
    change(interrupt, core) { bank, bit in
      bank.active |= bit
      bank.latch &= ~bit
    }
    touch(core)
    return interrupt
  }

  private func endInterrupt(
    _ core: Int, _ interrupt: UInt64, isGroup0: Bool, _ view: InterruptView
  ) {
    guard interrupt < UInt64(GIC.interruptCount),
      let group = live.cores[core].physical.runningGroup
    else { return }
    switch group {
    case .group0:
      guard isGroup0, view.isTrusted || live.control.isSecurityDisabled else { return }
    case .secureGroup1: guard !isGroup0, view.isTrusted else { return }
    case .nonSecureGroup1: guard !isGroup0, !view.isSecure || view.level == .el3 else { return }
    }
    let active = live.cores[core].physical.activePriorities[group]
    live.cores[core].physical.activePriorities[group] = active & (active &- 1)
    touch(core)
    if !splitsEndOfInterrupt(core, view) { clearActive(interrupt, core) }
  }

  private func splitsEndOfInterrupt(_ core: Int, _ view: InterruptView) -> Bool {
    let physical = live.cores[core].physical
    if view.level == .el3 { return physical.splitsEndOfInterruptEL3 }
    return view.usesNonSecureBank
      ? physical.splitsEndOfInterruptNonSecure : physical.splitsEndOfInterruptSecure
  }

  /// ICC_DIR_EL1. IHI 0069H 12.2.12: what may be deactivated depends on group and routing.
  private func deactivate(_ core: Int, _ interrupt: UInt64, _ view: InterruptView) {
    guard interrupt < UInt64(GIC.interruptCount), splitsEndOfInterrupt(core, view) else { return }
    let isSecurityDisabled = live.control.isSecurityDisabled
    let bank =
      interrupt < 32 ? live.cores[core].bank : live.shared[Int(interrupt / 32) - 1]
    let group = bank.group(of: Int(interrupt % 32), isSecurityDisabled: isSecurityDisabled)
    let routesFIQ = view.scrEL3 & InterruptView.scrFIQ != 0
    let routesIRQ = view.scrEL3 & InterruptView.scrIRQ != 0
    let isAllowed =
      switch view.level {
      case .el3: true
      case .el2, .el1, .el0:
        switch group {
        case .group0: (view.isSecure || isSecurityDisabled) && !routesFIQ
        case .secureGroup1: view.isSecure && !routesIRQ
        case .nonSecureGroup1: !routesIRQ
        }
      }
    if isAllowed { clearActive(interrupt, core) }
  }

  /// Ends the active state of a physical interrupt.
  func clearActive(_ interrupt: UInt64, _ core: Int) {
    change(interrupt, core) { bank, bit in bank.active &= ~bit }
  }

  /// Changes the bank of an interrupt; INTIDs that do not exist are ignored.
  private func change(
    _ interrupt: UInt64, _ core: Int, _ body: (inout InterruptBank, UInt32) -> Void
  ) {
    guard interrupt < UInt64(GIC.interruptCount) else { return }
    let bit: UInt32 = 1 << UInt32(interrupt % 32)
    if interrupt < 32 {
      body(&live.cores[core].bank, bit)
      touch(core)
    } else {
      body(&live.shared[Int(interrupt / 32) - 1], bit)
      touchAll()
    }
  }

  // MARK: Software generated interrupts

  /// ICC_SGI0R_EL1, ICC_SGI1R_EL1, ICC_ASGI1R_EL1. Cores have Aff3.Aff2.Aff1 = 0, Aff0 = number.
  private func generateSGI(
    _ core: Int, _ value: UInt64, _ group: InterruptGroup, _ view: InterruptView
  ) {
    typealias SGI = SoftwareGeneratedInterrupt
    let request = SGI(rawValue: value)
    let index = Int(request[SGI.intid])
    let isBroadcast = request.isSet(SGI.irm)
    let isCluster0 =
      !request.isSet(SGI.aff3) && !request.isSet(SGI.aff2) && !request.isSet(SGI.aff1)
    for target in live.cores.indices {
      let isTarget =
        isBroadcast ? target != core : isCluster0 && value >> UInt64(target) & 1 != 0
      if isTarget { send(index, to: target, group, isNonSecure: !view.isTrusted) }
    }
  }

  /// The target's redistributor takes an SGI only when its group is the one that was asked for; a
  /// Secure Group 1 request also reaches Secure Group 0. GICR_NSACR decides about Non-secure
  /// requests for Secure groups. IHI 0069H 12.1.10.
  private func send(_ index: Int, to target: Int, _ group: InterruptGroup, isNonSecure: Bool) {
    let isSecurityDisabled = live.control.isSecurityDisabled
    let bank = live.cores[target].bank
    let configured = bank.group(of: index, isSecurityDisabled: isSecurityDisabled)
    guard group == configured || (group == .secureGroup1 && configured == .group0) else { return }
    if isNonSecure, !isSecurityDisabled {
      let access = bank.nonSecureAccess(of: index)
      switch configured {
      case .group0: guard access >= 1 else { return }
      case .secureGroup1: guard access >= 2 else { return }
      case .nonSecureGroup1: break
      }
    }
    live.cores[target].bank.latch |= 1 << UInt32(index)
    touch(target)
  }
}

extension InterruptView {
  /// The Group 1 whose bank of ICC_*1_EL1 this PE accesses.
  var group1: InterruptGroup { usesNonSecureBank ? .nonSecureGroup1 : .secureGroup1 }
}
