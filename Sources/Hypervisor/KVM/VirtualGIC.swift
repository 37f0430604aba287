// The interrupts of one VM: a GICv3 distributor, and the redistributor and CPU interface of every
// vCPU. The CPU interface itself is hardware (list registers); what is here is all else. An
// interrupt that is active, or pending and enabled, is in the queue of one vCPU, and the list
// registers are filled from that queue at each entry into the guest: an empty queue costs nothing.
//
// Distributor and redistributor as a guest sees them: affinity routing always on, one Security
// state (GICD_CTLR.DS = 1), no LPIs, no 1-of-N.

import Arm

/// The virtual GICv3 of a VM.
public final class VirtualGIC {
  /// Bytes of the distributor's frame.
  public static let distributorSize = GICD.size
  /// Bytes of a redistributor: RD_base and SGI_base.
  public static let redistributorSize = GICR.size
  /// The first INTID that belongs to no vCPU.
  public static let privateCount = 32

  /// A contiguous group of redistributors.
  public struct RedistributorRegion: Equatable, Sendable {
    /// The first address.
    public var base: UInt64
    /// The vCPUs it has room for; nil as long as it grows with the VM.
    public var capacity: Int?
    /// The number user space gave it.
    public var index: UInt32
  }

  /// The interrupt numbers, the 32 private ones included: 64 to 1024, of which 1020 and up are
  /// no interrupts.
  public internal(set) var interruptCount = 0
  /// Where the distributor is; nil until user space says.
  public internal(set) var distributorBase: UInt64?
  /// Where the redistributors are, by index.
  public internal(set) var regions: [RedistributorRegion] = []
  /// KVM_DEV_ARM_VGIC_CTRL_INIT was done: the vCPUs are known.
  public internal(set) var isInitialized = false

  /// GICD_CTLR.{EnableGrp0, EnableGrp1}.
  var enabledGroups: UInt32 = 0
  /// MPIDR_EL1 of each vCPU, affinity only, by index.
  var affinities: [UInt32] = []
  /// Private interrupts of all vCPUs one after the other, then the shared ones.
  var states: [VirtualInterrupt] = []
  /// INTIDs by vCPU.
  var queues: [[UInt16]] = []
  /// What each list register holds, by vCPU.
  var listed: [[UInt16]] = []
  /// The interrupts of the vCPUs' timers.
  public private(set) var timers = GuestTimers()
  /// vCPUs with something new in their queue, by index: to be woken or kicked.
  public internal(set) var kicked: UInt64 = 0

  /// A GIC without interrupts yet.
  public init() {}

  /// Sets up every interrupt as after reset. Errors of the caller: none; called once.
  func initialize(affinities: [UInt32]) {
    if interruptCount == 0 { interruptCount = 256 }
    self.affinities = affinities
    var private0 = VirtualInterrupt()
    states = []
    for index in 0..<affinities.count {
      private0.target = UInt16(index)
      for intid in 0..<VirtualGIC.privateCount {
        private0.isEdge = intid < 16
        private0.isEnabled = false
        private0.physical = timers.hardware(behind: intid)
        states.append(private0)
      }
    }
    var shared = VirtualInterrupt()
    shared.target = 0
    for _ in VirtualGIC.privateCount..<interruptCount { states.append(shared) }
    for _ in affinities {
      queues.append([])
      listed.append([])
    }
    isInitialized = true
  }

  /// The affinity of a vCPU changes.
  func setAffinity(_ affinity: UInt32, of processor: Int) {
    if isInitialized, processor < affinities.count { affinities[processor] = affinity }
  }

  /// Chooses the interrupts of the vCPUs' timers; no vCPU has run yet.
  func setTimers(_ timers: GuestTimers) {
    self.timers = timers
    guard isInitialized else { return }
    for processor in 0..<affinities.count {
      for intid in 16..<VirtualGIC.privateCount {
        states[place(intid, processor)].physical = timers.hardware(behind: intid)
      }
    }
  }

  // MARK: State

  /// Whether a number is an interrupt's.
  func isInterrupt(_ intid: Int) -> Bool {
    intid >= 0 && intid < min(interruptCount, Int(SpecialInterrupt.secure))
  }

  @inline(__always)
  func place(_ intid: Int, _ processor: Int) -> Int {
    intid < VirtualGIC.privateCount
      ? processor * VirtualGIC.privateCount + intid
      : affinities.count * VirtualGIC.privateCount + intid - VirtualGIC.privateCount
  }

  /// The state of an interrupt as `processor` sees it. The number must be an interrupt's.
  public func interrupt(_ intid: Int, _ processor: Int) -> VirtualInterrupt {
    states[place(intid, processor)]
  }

  /// Whether an interrupt can be presented.
  func isDeliverable(_ state: VirtualInterrupt) -> Bool {
    state.isEnabled && state.isPending
      && enabledGroups & (state.isGroup1 ? 2 : 1) != 0
  }

  /// Changes an interrupt and queues it where it belongs.
  @inline(__always)
  func change(_ intid: Int, _ processor: Int, _ body: (inout VirtualInterrupt) -> Void) {
    let place = place(intid, processor)
    body(&states[place])
    enqueue(intid, place)
  }

  private func enqueue(_ intid: Int, _ place: Int) {
    let state = states[place]
    guard state.isActive || isDeliverable(state) else { return }
    if !state.isQueued {
      guard let target = state.target else { return }
      states[place].isQueued = true
      states[place].owner = target
      queues[Int(target)].append(UInt16(intid))
      kicked |= 1 << UInt64(target)
    } else {
      // In a list register it may be, or about to be: the owner looks again.
      kicked |= 1 << UInt64(state.owner)
    }
  }

  /// Looks at every interrupt again: the enables of GICD_CTLR changed.
  func requeueAll() {
    for processor in 0..<affinities.count {
      for intid in 0..<VirtualGIC.privateCount { enqueue(intid, place(intid, processor)) }
    }
    for intid in VirtualGIC.privateCount..<max(interruptCount, VirtualGIC.privateCount) {
      enqueue(intid, place(intid, 0))
    }
  }

  /// The vCPUs to wake or kick, and forgets them.
  public func takeKicked() -> UInt64 {
    let result = kicked
    kicked = 0
    return result
  }

  // MARK: Inputs

  /// Sets the level of an input line; `processor` matters for a PPI. An edge-triggered interrupt
  /// becomes pending when the line rises.
  public func setLine(_ intid: Int, _ processor: Int, isHigh: Bool) {
    guard isInitialized, isInterrupt(intid), processor < affinities.count else { return }
    let place = place(intid, processor)
    if states[place].isLineHigh == isHigh { return }
    states[place].isLineHigh = isHigh
    if isHigh {
      if states[place].isEdge { states[place].isLatched = true }
      enqueue(intid, place)
    }
  }

  /// A write of ICC_SGI1R_EL1, ICC_ASGI1R_EL1 or ICC_SGI0R_EL1 by `sender`. IHI 0069 12.2.19.
  public func sendSoftwareInterrupt(_ value: UInt64, isGroup1: Bool, from sender: Int) {
    guard isInitialized else { return }
    let request = SoftwareGeneratedInterrupt(rawValue: value)
    let intid = Int(request[SoftwareGeneratedInterrupt.intid])
    let isBroadcast = request.isSet(SoftwareGeneratedInterrupt.irm)
    for processor in 0..<affinities.count {
      if isBroadcast {
        if processor == sender { continue }
      } else {
        let affinity = MultiprocessorAffinity(rawValue: UInt64(affinities[processor]))
        guard request.targets(affinity) else { continue }
      }
      // Group 1 to a Group 0 SGI is dropped, Group 0 to a Group 1 one as well: with one Security
      // state the register's group must be the interrupt's. IHI 0069 4.4.1.
      if states[place(intid, processor)].isGroup1 == isGroup1 {
        change(intid, processor) { $0.isLatched = true }
      }
    }
  }

  /// Whether a vCPU has an interrupt that would end its WFI.
  public func hasPending(_ processor: Int) -> Bool {
    guard isInitialized, processor < queues.count else { return false }
    for intid in queues[processor] where isDeliverable(states[place(Int(intid), processor)]) {
      return true
    }
    return false
  }
}
