// Delegated exceptions of the guest: the calls that the host's KVM hands up, and handlers that vCPUs enter.
// A handler is entered before KVM_RUN, by writing registers: X0 to X17, PC and PSTATE of what it interrupts are
// kept, and ELR_EL1 and SPSR_EL1 stay as they are, so that there is no moment at which it must not come.
// Arm DEN 0054, 4.3 and 5.1.

import APEI
import Arm
import KVM
import Text

extension VirtualMachine {
  /// Has the host hand up the calls of the interface: the VM's SMCCC filter
  /// (Documentation/virt/kvm/devices/vm.rst, since Linux 6.4).
  func forwardDelegationCalls() throws(Failure) {
    scratch.clear(KVMDeviceAttributeLayout.size)
    scratch.store(KVMVMAttribute.callGroup, at: KVMDeviceAttributeLayout.group)
    scratch.store(KVMVMAttribute.callFilter, at: KVMDeviceAttributeLayout.attribute)
    guard host.ioctl(machine, .hasDeviceAttribute, scratch) >= 0 else {
      throw .missing("KVM_ARM_VM_SMCCC_FILTER (Linux 6.4), which --events sdei needs")
    }
    let filter = scratch.part(at: 64, byteCount: KVMCallFilterLayout.size)
    filter.clear(KVMCallFilterLayout.size)
    filter.store(SDEI.identifiers.lowerBound, at: KVMCallFilterLayout.base)
    filter.store(UInt32(SDEI.identifiers.count), at: KVMCallFilterLayout.count)
    filter.store(KVMCallFilterLayout.toUser, at: KVMCallFilterLayout.action)
    scratch.store(filter.address, at: KVMDeviceAttributeLayout.address)
    let result = host.ioctl(machine, .setDeviceAttribute, scratch)
    guard result >= 0 else { throw .refused("KVM_ARM_VM_SMCCC_FILTER", result) }
  }

  /// KVM_EXIT_HYPERCALL: PC is behind the call, whose registers are the vCPU's. By SMC there is nobody.
  func handleHypercall(_ vcpu: VirtualCPU) {
    let function = UInt32(truncatingIfNeeded: vcpu.run.u64(at: KVMRunLayout.hypercallNumber))
    let isSMC =
      vcpu.run.u64(at: KVMRunLayout.hypercallFlags) & KVMRunLayout.hypercallBySMC != 0
    do {
      var x = InlineArray<6, UInt64>(repeating: 0)
      for index in 1..<6 { x[index] = try vcpu.get(host, .x(UInt64(index))) }
      let end =
        isSMC || options.events != .sdei
        ? .answer(SDEI.Result.notSupported.rawValue) : events.call(function, x, vcpu.index)
      switch end {
      case .answer(let result): try vcpu.set(host, .x(0), UInt64(bitPattern: result))
      case .completed(let interrupted, let address):
        try resume(vcpu, interrupted, at: address)
      }
    } catch {
      return fail(error)
    }
    offerEvents(except: vcpu.index)
  }

  /// What a handler had interrupted goes on: where it was, or as if it had taken an exception at an address.
  private func resume(
    _ vcpu: VirtualCPU, _ interrupted: InterruptedGuest, at address: VirtualAddress?
  ) throws(Failure) {
    for index in 0..<SDEI.savedRegisterCount {
      try vcpu.set(host, .x(UInt64(index)), interrupted.x[index])
    }
    if let address {
      try vcpu.set(host, .elrEL1, interrupted.pc.rawValue)
      try vcpu.set(host, .spsrEL1, interrupted.pstate.rawValue)
      try vcpu.set(host, .pstate, try handlerState(vcpu, interrupted.pstate).rawValue)
      try vcpu.set(host, .pc, address.rawValue)
    } else {
      try vcpu.set(host, .pstate, interrupted.pstate.rawValue)
      try vcpu.set(host, .pc, interrupted.pc.rawValue)
    }
  }

  /// PSTATE of a handler at EL1.
  private func handlerState(
    _ vcpu: VirtualCPU, _ origin: ProcessState
  ) throws(Failure) -> ProcessState {
    ExceptionEntry.processState(
      from: origin, to: .el1,
      sctlr: SystemControl(rawValue: try vcpu.get(host, .system(.sctlrEL1))),
      hcr: HypervisorConfiguration(rawValue: 0))
  }

  /// Enters the handler that a vCPU, which is about to run, has to enter now. `hasOpenAccess` says that the
  /// host has yet to finish the vCPU's access of a device, which changes its registers: that comes first, with a
  /// KVM_RUN that runs nothing.
  func enterHandler(_ vcpu: VirtualCPU, hasOpenAccess: Bool) {
    guard options.events == .sdei,
      events.next(vcpu.index) != nil || events.holdsPending(vcpu.index)
    else { return }
    guard !hasOpenAccess else {
      return vcpu.run.store(1 as UInt8, at: KVMRunLayout.immediateExit)
    }
    do {
      // The host answers PSCI: what it has turned off takes no events, and has none of its own.
      guard try !vcpu.isOff(host) else {
        events.turnOff(vcpu.index)
        return offerEvents(except: vcpu.index)
      }
      guard events.next(vcpu.index) != nil else { return }
      var interrupted = InterruptedGuest()
      for index in 0..<SDEI.savedRegisterCount {
        interrupted.x[index] = try vcpu.get(host, .x(UInt64(index)))
      }
      interrupted.pc = VirtualAddress(try vcpu.get(host, .pc))
      interrupted.pstate = ProcessState(rawValue: try vcpu.get(host, .pstate))
      guard let handler = events.enter(vcpu.index, interrupted) else { return }
      try vcpu.set(host, .x(0), UInt64(handler.event.rawValue))
      try vcpu.set(host, .x(1), handler.argument)
      try vcpu.set(host, .x(2), interrupted.pc.rawValue)
      try vcpu.set(host, .x(3), interrupted.pstate.rawValue)
      try vcpu.set(host, .pstate, try handlerState(vcpu, interrupted.pstate).rawValue)
      try vcpu.set(host, .pc, handler.entry.rawValue)
      if handler.event == .errors {
        var message = Message("vmm: SDEI event ")
        message.add(decimal: UInt64(handler.event.rawValue))
        message.add(" into vCPU ", decimal: UInt64(vcpu.index))
        message.add("\n")
        console.say(host, message)
      }
    } catch {
      fail(error)
    }
  }

  /// Takes vCPUs out of the guest that are to enter a handler; a shared event needs one, and none where
  /// `caller`, which looks itself, takes it.
  func offerEvents(except caller: Int?) {
    var isSharedTaken = caller.map { events.next($0) == .errors } ?? false
    for index in 0..<options.cpuCount where index != caller {
      guard let event = events.next(index) else {
        // Its own thread looks whether it is on.
        if events.holdsPending(index) { kick(index) }
        continue
      }
      if event.kind.isShared {
        guard !isSharedTaken else { continue }
        isSharedTaken = true
      }
      kick(index)
    }
  }
}
