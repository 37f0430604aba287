// All that the interrupt controller remembers, as values: a snapshot is a copy.

import Arm

/// The group of an interrupt, which says who handles it. IHI 0069H 4.6.
public enum InterruptGroup: UInt8, CaseIterable, Sendable {
  /// Group 0: EL3 firmware.
  case group0
  /// Secure Group 1: the Secure OS.
  case secureGroup1
  /// Non-secure Group 1: the Non-secure OS or hypervisor.
  case nonSecureGroup1
}

/// A value for each group.
struct PerGroup<Value: Equatable & Sendable>: Equatable, Sendable {
  var group0: Value
  var secureGroup1: Value
  var nonSecureGroup1: Value

  subscript(group: InterruptGroup) -> Value {
    get {
      switch group {
      case .group0: group0
      case .secureGroup1: secureGroup1
      case .nonSecureGroup1: nonSecureGroup1
      }
    }
    set {
      switch group {
      case .group0: group0 = newValue
      case .secureGroup1: secureGroup1 = newValue
      case .nonSecureGroup1: nonSecureGroup1 = newValue
      }
    }
  }
}

extension DistributorControl {
  /// Whether the distributor knows one Security state only.
  var isSecurityDisabled: Bool { isSet(DistributorControl.ds) }

  /// Whether the distributor forwards a group.
  func forwards(_ group: InterruptGroup) -> Bool {
    switch group {
    case .group0: isSet(DistributorControl.enableGrp0)
    case .secureGroup1: isSet(DistributorControl.enableGrp1S)
    case .nonSecureGroup1: isSet(DistributorControl.enableGrp1NS)
    }
  }
}

extension GIC {
  /// The physical CPU interface of a core (ICC_*).
  struct PhysicalInterface: Equatable, Sendable {
    /// ICC_PMR_EL1, as Secure software sees it; the low three bits are zero.
    var priorityMask: UInt8 = 0
    /// ICC_BPR0_EL1 and both banks of ICC_BPR1_EL1; never below the minimum of each.
    var binaryPoint = PerGroup<UInt8>(group0: 2, secureGroup1: 2, nonSecureGroup1: 3)
    /// ICC_AP0R0_EL1 and both banks of ICC_AP1R0_EL1: bit n is priority n × 8 (Secure view).
    var activePriorities = PerGroup<UInt32>(group0: 0, secureGroup1: 0, nonSecureGroup1: 0)
    /// ICC_IGRPEN0_EL1 and both banks of ICC_IGRPEN1_EL1.
    var isEnabled = PerGroup(group0: false, secureGroup1: false, nonSecureGroup1: false)
    /// ICC_CTLR_EL1.CBPR of the Secure bank.
    var sharesBinaryPointSecure = false
    /// ICC_CTLR_EL1.CBPR of the Non-secure bank.
    var sharesBinaryPointNonSecure = false
    /// ICC_CTLR_EL3.EOImode_EL3.
    var splitsEndOfInterruptEL3 = false
    /// ICC_CTLR_EL1.EOImode of the Secure bank.
    var splitsEndOfInterruptSecure = false
    /// ICC_CTLR_EL1.EOImode of the Non-secure bank.
    var splitsEndOfInterruptNonSecure = false
  }

  /// The virtual CPU interface of a core (ICV_*) and what the hypervisor controls of it (ICH_*).
  struct VirtualInterface: Equatable, Sendable {
    /// ICH_HCR_EL2.
    var control = InterruptControllerHypervisorControl(rawValue: 0)
    /// ICH_VMCR_EL2; reset as QEMU does: VFIQEn, VBPR0 = 2, VBPR1 = 3.
    var machine = InterruptControllerVirtualMachineControl(rawValue: 0).legalized
    /// ICH_AP0R0_EL2.
    var activePriorities0: UInt32 = 0
    /// ICH_AP1R0_EL2.
    var activePriorities1: UInt32 = 0
    /// ICH_LR<n>_EL2.
    var listRegisters = SIMD4<UInt64>()
  }

  /// A core's redistributor and CPU interface.
  struct CoreState: Equatable, Sendable {
    /// SGIs and PPIs.
    var bank = InterruptBank(edge: 0x0000_FFFF)
    /// GICR_WAKER.ProcessorSleep (and ChildrenAsleep, which follows at once).
    var isAsleep = true
    /// ICC_*.
    var physical = PhysicalInterface()
    /// ICV_* and ICH_*.
    var virtual = VirtualInterface()
  }

  /// Everything that a snapshot must hold.
  public struct State: Equatable, Sendable {
    /// GICD_CTLR.
    var control = DistributorControl(
      rawValue: DistributorControl.areS.mask | DistributorControl.areNS.mask)
    /// SPIs, 32 to a bank; the first holds INTIDs 32...63.
    var shared: [InterruptBank]
    /// GICD_IROUTER<n>; the first is INTID 32's.
    var routes: [UInt64]
    /// The cores.
    var cores: [CoreState]

    /// The state after reset.
    init(coreCount: Int) {
      shared = Array(repeating: InterruptBank(edge: 0), count: Int(GIC.interruptCount) / 32 - 1)
      routes = Array(repeating: 0, count: Int(GIC.interruptCount) - 32)
      cores = Array(repeating: CoreState(), count: coreCount)
    }

    /// Mixes in all of it.
    public func hash(into hash: inout StateHash) {
      hash.combine(control.rawValue)
      for bank in shared { bank.hash(into: &hash) }
      hash.combine(contentsOf: routes)
      for core in cores {
        core.bank.hash(into: &hash)
        hash.combine(core.isAsleep)
        let physical = core.physical
        hash.combine(physical.priorityMask)
        for group in InterruptGroup.allCases {
          hash.combine(physical.binaryPoint[group])
          hash.combine(physical.activePriorities[group])
          hash.combine(physical.isEnabled[group])
        }
        hash.combine(physical.sharesBinaryPointSecure)
        hash.combine(physical.sharesBinaryPointNonSecure)
        hash.combine(physical.splitsEndOfInterruptEL3)
        hash.combine(physical.splitsEndOfInterruptSecure)
        hash.combine(physical.splitsEndOfInterruptNonSecure)
        let virtual = core.virtual
        hash.combine(virtual.control.rawValue)
        hash.combine(virtual.machine.rawValue)
        hash.combine(virtual.activePriorities0)
        hash.combine(virtual.activePriorities1)
        for index in virtual.listRegisters.indices { hash.combine(virtual.listRegisters[index]) }
      }
    }
  }
}
