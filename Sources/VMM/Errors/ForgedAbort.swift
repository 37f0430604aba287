// The synchronous external abort that a vCPU takes when it has touched lost memory, as its hardware
// would have taken it to EL1. KVM's own injection (KVM_SET_VCPU_EVENTS, ext_dabt_pending) always
// says "data abort" and leaves FAR_EL1 at what an older abort left there, without FnV. So the VMM
// does what QEMU does and writes the registers, and says more than QEMU: the tables of the guest
// and the instruction tell a fetch from a load, a table walk from both, and the address.

import Arm
import Boot
import KVM

/// The registers of a vCPU that an exception reads.
public struct AbortedState: Sendable {
  /// PC: the instruction that did not complete.
  public var pc: VirtualAddress
  /// PSTATE.
  public var pstate: ProcessState
  /// VBAR_EL1.
  public var vbar: VirtualAddress
  /// SCTLR_EL1, TCR_EL1, TTBR0_EL1, TTBR1_EL1.
  public var translation: StageOneTranslation

  /// The state of a vCPU.
  public init(
    pc: VirtualAddress, pstate: ProcessState, vbar: VirtualAddress,
    translation: StageOneTranslation
  ) {
    self.pc = pc
    self.pstate = pstate
    self.vbar = vbar
    self.translation = translation
  }
}

/// An exception to write into a vCPU's registers.
public struct ForgedAbort: Equatable, Sendable {
  /// ESR_EL1.
  public var syndrome: Syndrome
  /// FAR_EL1; not valid with ESR_EL1.FnV.
  public var faultAddress: VirtualAddress
  /// ELR_EL1.
  public var returnAddress: VirtualAddress
  /// SPSR_EL1.
  public var savedState: ProcessState
  /// PC.
  public var vector: VirtualAddress
  /// PSTATE.
  public var state: ProcessState
  /// The guest physical address that was touched; nil when it cannot be told.
  public var touched: GuestPhysicalAddress?
  /// Whether the vector is where the vCPU is already, and cannot be fetched: it would take this
  /// exception for ever.
  public var isEndless: Bool {
    vector == returnAddress && syndrome.exceptionClass.isInstructionAbort
  }

  /// The entry for a syndrome as taken from a lower level; its class is brought to where the vCPU
  /// was. Arm ARM D1.4.1.6, D1.4.2.
  public init(_ syndrome: Syndrome, faultAddress: VirtualAddress, in state: AbortedState) {
    let isLower = state.pstate.isAArch32 || state.pstate.exceptionLevel == .el0
    self.syndrome = syndrome.taken(fromSameLevel: !isLower)
    self.faultAddress = faultAddress
    returnAddress = state.pc
    savedState = state.pstate
    vector = VirtualAddress(
      state.vbar.rawValue &+ VectorTable.offset(.synchronous, from: state.pstate, to: .el1))
    self.state = ExceptionEntry.processState(
      from: state.pstate, to: .el1, sctlr: state.translation.control,
      hcr: HypervisorConfiguration(rawValue: 0))
  }

  /// The abort of a vCPU that touched memory which `memory` remembers as lost. `x` gives X0 to X30
  /// and the stack pointer in use as 31.
  public init<Host: HostKernel>(
    _ host: Host, at state: AbortedState, _ memory: GuestMemory, x: (UInt64) -> UInt64
  ) {
    let (syndrome, address, touched) = ForgedAbort.cause(host, state, memory, x: x)
    self.init(syndrome, faultAddress: address, in: state)
    self.touched = touched
  }

  /// The abort of a vCPU whose load or store goes where nothing can answer it.
  public init<Host: HostKernel>(
    _ host: Host, refusingAccessAt state: AbortedState, _ memory: GuestMemory,
    x: (UInt64) -> UInt64
  ) {
    var syndrome = Syndrome.dataAbort(.externalAbort, isWrite: false).with(Syndrome.fnv, 1)
    var address = VirtualAddress(0)
    if !state.pstate.isAArch32,
      case .address(let place) = state.translation.place(of: state.pc, host, memory),
      let word = memory.u32(host, GuestPhysicalAddress(place.rawValue & ~3)),
      let access = MemoryAccess(word, pc: state.pc, x: x)
    {
      syndrome = Syndrome.dataAbort(.externalAbort, isWrite: access.isWrite)
      address = access.address
    }
    self.init(syndrome, faultAddress: address, in: state)
  }

  private static func cause<Host: HostKernel>(
    _ host: Host, _ state: AbortedState, _ memory: GuestMemory, x: (UInt64) -> UInt64
  ) -> (Syndrome, VirtualAddress, GuestPhysicalAddress?) {
    // KVM can only have been entered for an access that was not known: data, address unknown.
    let unknown = Syndrome.dataAbort(.externalAbort, isWrite: false).with(Syndrome.fnv, 1)
    guard !state.pstate.isAArch32 else { return (unknown, VirtualAddress(0), nil) }
    let place: GuestPhysicalAddress
    switch state.translation.place(of: state.pc, host, memory) {
    case .address(let address): place = address
    case .lostTable(let level, let entry):
      return (.instructionAbort(.externalAbortOnWalk(level: level)), state.pc, entry)
    case .nowhere: return (unknown, VirtualAddress(0), nil)
    }
    if memory.isLost(place) { return (.instructionAbort(.externalAbort), state.pc, place) }
    guard let word = memory.u32(host, GuestPhysicalAddress(place.rawValue & ~3)),
      let access = MemoryAccess(word, pc: state.pc, x: x)
    else { return (unknown, VirtualAddress(0), nil) }
    // An access that crosses into another page can meet the error there.
    let first = access.firstByte.rawValue
    let last = first &+ access.byteCount &- 1
    for place in [first, last & ~0xFFF] where place <= last {
      let address = place == first ? access.address : VirtualAddress(place)
      switch state.translation.place(of: VirtualAddress(place), host, memory) {
      case .address(let physical) where memory.isLost(physical):
        let syndrome = Syndrome.dataAbort(
          .externalAbort, isWrite: access.isWrite,
          isCacheMaintenance: access.isCacheMaintenance)
        return (syndrome, address, physical)
      case .lostTable(let level, let entry):
        let syndrome = Syndrome.dataAbort(
          .externalAbortOnWalk(level: level), isWrite: access.isWrite,
          isCacheMaintenance: access.isCacheMaintenance)
        return (syndrome, address, entry)
      case .address, .nowhere: continue
      }
    }
    return (unknown, VirtualAddress(0), nil)
  }
}
