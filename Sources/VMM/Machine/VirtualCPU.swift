// A vCPU by its descriptor: registers one by one, events, the shared kvm_run. Structures for ioctls
// are put together in a scratch page; the VMM's lock guards it.

import Arm
import KVM

/// A vCPU.
struct VirtualCPU: Sendable {
  /// Its number, which is MPIDR_EL1.Aff0.
  var index = 0
  /// Its descriptor; negative when there is none.
  var descriptor: Int64 = -1
  /// kvm_run; none when it is not mapped.
  var run = HostBlock.none
  /// A page for structures.
  var scratch = HostBlock.none

  func get<Host: HostKernel>(_ host: Host, _ register: OneRegister) throws(Failure) -> UInt64 {
    scratch.store(register.id, at: KVMOneRegisterLayout.id)
    scratch.store(scratch.address + 64, at: KVMOneRegisterLayout.address)
    scratch.store(0 as UInt64, at: 64)
    let result = host.ioctl(descriptor, .getOneRegister, scratch)
    guard result >= 0 else { throw .refused("KVM_GET_ONE_REG", result) }
    return scratch.u64(at: 64)
  }

  func set<Host: HostKernel>(
    _ host: Host, _ register: OneRegister, _ value: UInt64
  ) throws(Failure) {
    scratch.store(register.id, at: KVMOneRegisterLayout.id)
    scratch.store(scratch.address + 64, at: KVMOneRegisterLayout.address)
    scratch.store(value, at: 64)
    let result = host.ioctl(descriptor, .setOneRegister, scratch)
    guard result >= 0 else { throw .refused("KVM_SET_ONE_REG", result) }
  }

  /// Whether PSCI, which is the host's, has it turned off.
  func isOff<Host: HostKernel>(_ host: Host) throws(Failure) -> Bool {
    scratch.store(0 as UInt32, at: 0)
    let result = host.ioctl(descriptor, .getMPState, scratch)
    guard result >= 0 else { throw .refused("KVM_GET_MP_STATE", result) }
    return scratch.u32(at: 0) == KVMMPState.stopped.rawValue
  }

  /// What an exception depends on.
  func abortedState<Host: HostKernel>(_ host: Host) throws(Failure) -> AbortedState {
    AbortedState(
      pc: VirtualAddress(try get(host, .pc)),
      pstate: ProcessState(rawValue: try get(host, .pstate)),
      vbar: VirtualAddress(try get(host, .system(.vbarEL1))),
      translation: StageOneTranslation(
        control: SystemControl(rawValue: try get(host, .system(.sctlrEL1))),
        tcr: try get(host, .system(.tcrEL1)),
        ttbr0: TableBase(rawValue: try get(host, .system(.ttbr0EL1))),
        ttbr1: TableBase(rawValue: try get(host, .system(.ttbr1EL1)))))
  }

  /// A general register, or the stack pointer in use as 31; 0 if the host will not tell.
  func x<Host: HostKernel>(_ host: Host, _ index: UInt64, _ pstate: ProcessState) -> UInt64 {
    let register: OneRegister =
      index < 31
      ? .x(index)
      : pstate.exceptionLevel != .el0 && pstate.usesOwnStack ? .spEL1 : .spEL0
    do { return try get(host, register) } catch { return 0 }
  }

  /// Writes an exception into the registers.
  func take<Host: HostKernel>(_ host: Host, _ abort: ForgedAbort) throws(Failure) {
    try set(host, .elrEL1, abort.returnAddress.rawValue)
    try set(host, .spsrEL1, abort.savedState.rawValue)
    try set(host, .system(.esrEL1), abort.syndrome.rawValue)
    try set(host, .system(.farEL1), abort.faultAddress.rawValue)
    try set(host, .pstate, abort.state.rawValue)
    try set(host, .pc, abort.vector.rawValue)
  }

  /// Makes a virtual SError pending, with a syndrome where the host can.
  func makeSErrorPending<Host: HostKernel>(
    _ host: Host, _ syndrome: UInt64, _ way: SErrorInjection
  ) throws(Failure) {
    scratch.clear(KVMVCPUEventsLayout.size)
    if way == .ownCall {
      scratch.store(syndrome, at: 0)
      let result = host.ioctl(descriptor, .armSetSErrorESR, scratch)
      guard result >= 0 else { throw .refused("KVM_ARM_SET_SERROR_ESR", result) }
      return
    }
    scratch.store(1 as UInt8, at: KVMVCPUEventsLayout.serrorPending)
    if way == .eventsWithSyndrome {
      scratch.store(1 as UInt8, at: KVMVCPUEventsLayout.serrorHasESR)
      scratch.store(syndrome, at: KVMVCPUEventsLayout.serrorESR)
    }
    let result = host.ioctl(descriptor, .setVCPUEvents, scratch)
    guard result >= 0 else { throw .refused("KVM_SET_VCPU_EVENTS", result) }
  }
}

/// How the host lets a virtual SError be made pending.
enum SErrorInjection: Equatable, Sendable {
  /// KVM_SET_VCPU_EVENTS with serror_has_esr (KVM_CAP_ARM_INJECT_SERROR_ESR).
  case eventsWithSyndrome
  /// KVM_ARM_SET_SERROR_ESR, which only hosts with its capability have.
  case ownCall
  /// KVM_SET_VCPU_EVENTS without a syndrome: the host's default, IMPLEMENTATION DEFINED.
  case events
}
