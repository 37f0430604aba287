// Which interrupt a core would take next, and whether it may interrupt what the core is doing.
// IHI 0069H 4.1 (life cycle), 4.8 (prioritization).

import Arm

extension GIC {
  /// The outcome of the selection for one core.
  struct Candidate {
    /// The highest-priority pending interrupt; its group is enabled in the distributor and in the
    /// CPU interface. `idlePriority` means that there is none.
    var interrupt: UInt32 = 0
    var priority: UInt8 = GIC.idlePriority
    var group = InterruptGroup.group0
    /// Whether the priority mask and the running priority let it through.
    var preempts = false
    /// Whether a list register signals a virtual IRQ or FIQ.
    var virtualIRQ = false
    var virtualFIQ = false

    var exists: Bool { priority != GIC.idlePriority }
  }

  /// The running priority when nothing is active; an interrupt of this priority is never taken.
  static let idlePriority: UInt8 = 0xFF
  /// The priority bits that the CPU interfaces implement: 5, ICC_CTLR_EL1.PRIbits + 1.
  static let implementedPriority: UInt8 = 0xF8

  /// The selection for a core, recomputed when stale.
  func candidate(_ core: Int) -> Candidate {
    let bit: UInt64 = 1 << UInt64(core)
    if stale & bit != 0 {
      highest[core] = select(core)
      stale &= ~bit
    }
    return highest[core]
  }

  private func select(_ core: Int) -> Candidate {
    var best = Candidate()
    (best.virtualIRQ, best.virtualFIQ) = virtualSignals(core)
    // While ChildrenAsleep is 1 the redistributor sends the CPU interface nothing.
    guard !live.cores[core].isAsleep else { return best }
    let isSecurityDisabled = live.control.isSecurityDisabled

    /// The members of a bank that could be sent to a core with these group enables.
    func eligible(_ bank: InterruptBank) -> UInt32 {
      let ready = bank.pending & bank.enabled & ~bank.active
      guard ready != 0 else { return 0 }
      var mask: UInt32 = 0
      for group in InterruptGroup.allCases
      where live.control.forwards(group) && live.cores[core].physical.isEnabled[group] {
        mask |= bank.members(of: group, isSecurityDisabled: isSecurityDisabled)
      }
      return ready & mask
    }

    // Of equal priorities the lowest INTID wins, as in QEMU.
    func consider(_ bank: InterruptBank, first: Int) {
      var rest = eligible(bank)
      while rest != 0 {
        let index = rest.trailingZeroBitCount
        rest &= rest &- 1
        guard bank.priority[index] < best.priority else { continue }
        let group = bank.group(of: index, isSecurityDisabled: isSecurityDisabled)
        guard first == 0 || targets(first + index, core, group) else { continue }
        best.interrupt = UInt32(first + index)
        best.priority = bank.priority[index]
        best.group = group
      }
    }
    consider(live.cores[core].bank, first: 0)
    for index in live.shared.indices { consider(live.shared[index], first: 32 * (index + 1)) }

    best.preempts = best.exists && preempts(core, best)
    return best
  }

  /// Whether an SPI is routed to a core: by affinity, or, with IROUTER.Interrupt_Routing_Mode, to
  /// the lowest-numbered core that is awake and has the group enabled.
  private func targets(_ interrupt: Int, _ core: Int, _ group: InterruptGroup) -> Bool {
    let route = InterruptRoute(rawValue: live.routes[interrupt - 32])
    if !route.isSet(InterruptRoute.irm) { return route.affinity == UInt64(core) }
    return core
      == live.cores.firstIndex { !$0.isAsleep && $0.physical.isEnabled[group] }
  }

  /// Whether a pending interrupt passes the priority mask and preempts the active ones: only the
  /// group priority counts, by the binary point of the interrupt's group.
  private func preempts(_ core: Int, _ candidate: Candidate) -> Bool {
    let physical = live.cores[core].physical
    guard candidate.priority < physical.priorityMask else { return false }
    let running = physical.runningPriority
    guard running != GIC.idlePriority else { return true }
    let mask = physical.groupPriorityMask(candidate.group)
    return candidate.priority & mask < running & mask
  }
}

extension GIC.PhysicalInterface {
  /// The priority of the highest-priority active interrupt; idle when there is none.
  var runningPriority: UInt8 {
    let active =
      activePriorities.group0 | activePriorities.secureGroup1 | activePriorities.nonSecureGroup1
    return active == 0 ? GIC.idlePriority : UInt8(active.trailingZeroBitCount << 3)
  }

  /// The group of the highest-priority active interrupt.
  var runningGroup: InterruptGroup? {
    let group0 = activePriorities.group0.trailingZeroBitCount
    let secure = activePriorities.secureGroup1.trailingZeroBitCount
    let nonSecure = activePriorities.nonSecureGroup1.trailingZeroBitCount
    if nonSecure < group0, nonSecure < secure { return .nonSecureGroup1 }
    if secure < group0 { return .secureGroup1 }
    return group0 < 32 ? .group0 : nil
  }

  /// The bits of a priority that are the group priority, by BPR and CBPR. IHI 0069H 4.8.2.
  func groupPriorityMask(_ group: InterruptGroup) -> UInt8 {
    switch group {
    case .group0: GIC.groupPriorityMask(binaryPoint.group0)
    case .secureGroup1:
      GIC.groupPriorityMask(
        sharesBinaryPointSecure ? binaryPoint.group0 : binaryPoint.secureGroup1)
    case .nonSecureGroup1:
      GIC.groupPriorityMask(
        sharesBinaryPointNonSecure ? binaryPoint.group0 : binaryPoint.nonSecureGroup1 &- 1)
    }
  }
}

extension GIC {
  /// Binary point n leaves bits [7:n+1] as group priority.
  static func groupPriorityMask(_ binaryPoint: UInt8) -> UInt8 {
    0xFE << (binaryPoint & 7)
  }
}
