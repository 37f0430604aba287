// From /dev/kvm to vCPUs that can run. Documentation/virt/kvm/api.rst; the order is QEMU's.

import APEI
import Arm
import Boot
import KVM
import Platform

extension VirtualMachine {
  /// What is opened once: /dev/kvm, the doorbell, the policy and handlers for memory errors.
  func openHost() throws(Failure) {
    let path = Text("/dev/kvm")
    kvm = host.call(
      .openAt, currentDirectory, path.address.rawValue,
      OpenFlags([.readWrite, .closeOnExecute]).rawValue)
    guard kvm >= 0 else { throw .file(path, kvm) }
    let version = host.ioctl(kvm, .getAPIVersion)
    guard version == Int64(KVMRequest.apiVersion) else { throw .missing("API version 12") }
    let size = host.ioctl(kvm, .getVCPUMapSize)
    guard size >= Int64(KVMRunLayout.size) else { throw .refused("KVM_GET_VCPU_MMAP_SIZE", size) }
    runSize = (UInt64(bitPattern: size) + 4095) & ~4095
    doorbell.descriptor = host.call(.eventfd2, 0, OpenFlags.closeOnExecute.rawValue)
    guard doorbell.descriptor >= 0 else { throw .refused("eventfd", doorbell.descriptor) }
    inbox.claim(nil, threadID: host.call(.getThreadID), run: .none, doorbell: doorbell.descriptor)
    let stacks = host.map(SignalInbox.threadCount * SignalInbox.stackSize)
    guard stacks.error == 0 else { throw .refused("memory", stacks.error) }
    signalStacks = stacks.block
    useSignalStack(nil)
    for signal in [Signal.bus, .user1] {
      scratch.store(host.signalHandler, at: SignalActionLayout.handler)
      scratch.store(
        SignalActionFlags([.information, .restorer, .onStack]).rawValue,
        at: SignalActionLayout.flags)
      scratch.store(host.signalRestorer, at: SignalActionLayout.restorer)
      scratch.store(0 as UInt64, at: SignalActionLayout.mask)
      let result = host.call(.signalAction, signal.rawValue, scratch.address.rawValue, 0, 8)
      guard result >= 0 else { throw .refused("rt_sigaction", result) }
    }
    // To be told of errors that nobody has touched yet. A host without the policy tells at the
    // access only.
    _ = host.call(
      .processControl, ProcessControl.memoryErrorKill.rawValue, 1,
      MemoryErrorPolicy.early.rawValue)
  }

  /// Gives the thread of a vCPU, or the main one for nil, a stack of its own for the handler: the
  /// error may be in the thread's. A host that has no such call runs it on the thread's.
  func useSignalStack(_ vcpu: Int?) {
    // stack_t: sp, flags, size.
    scratch.store(
      signalStacks.address + SignalInbox.stackSize * UInt64((vcpu ?? -1) + 1), at: 0)
    scratch.store(0 as UInt64, at: 8)
    scratch.store(SignalInbox.stackSize, at: 16)
    _ = host.call(.signalStack, scratch.address.rawValue, 0)
  }

  func has(_ capability: KVMCapability) -> Bool {
    host.ioctl(machine, .checkExtension, capability.rawValue) > 0
  }

  func enable(_ capability: KVMCapability, _ name: StaticString) throws(Failure) {
    scratch.clear(KVMEnableCapabilityLayout.size)
    scratch.store(
      UInt32(truncatingIfNeeded: capability.rawValue), at: KVMEnableCapabilityLayout.capability)
    let result = host.ioctl(machine, .enableCapability, scratch)
    guard result >= 0 else { throw .refused(name, result) }
  }

  /// A VM with its memory, vCPUs and interrupt controller.
  func createMachine() throws(Failure) {
    machine = host.ioctl(kvm, .createVM, 0)
    guard machine >= 0 else { throw .refused("KVM_CREATE_VM", machine) }
    guard has(.armPSCI02) else { throw .missing("PSCI 0.2 (KVM_CAP_ARM_PSCI_0_2)") }
    serrorInjection =
      has(.armSetSErrorESR) ? .ownCall : has(.armInjectSErrorESR) ? .eventsWithSyndrome : .events
    if options.takesUnclaimedAborts, !has(.armSEAToUser) {
      say("the host's KVM lacks KVM_CAP_ARM_SEA_TO_USER: what it cannot claim, it answers itself")
    } else if options.takesUnclaimedAborts {
      try enable(.armSEAToUser, "KVM_CAP_ARM_SEA_TO_USER")
    }
    if !options.leavesErrorsToHost {
      if has(.armSErrorToUser) {
        try enable(.armSErrorToUser, "KVM_CAP_ARM_SERROR_TO_USER")
      } else if options.serrorSyndrome != Options.defaultSerrorSyndrome {
        say("the host's KVM does not ask about SErrors of the guest: it answers them itself")
      }
    }
    if options.tellsCorrected { try listenForCorrected() }
    if options.events == .sdei { try forwardDelegationCalls() }
    // Without it such an access ends KVM_RUN with ENOSYS, and the guest with it.
    if has(.armNISVToUser) { try enable(.armNISVToUser, "KVM_CAP_ARM_NISV_TO_USER") }
    scratch.clear(KVMMemoryRegionLayout.size)
    scratch.store(memory.ram.base, at: KVMMemoryRegionLayout.guestAddress)
    scratch.store(memory.ram.size, at: KVMMemoryRegionLayout.byteCount)
    scratch.store(memory.hostBase, at: KVMMemoryRegionLayout.userAddress)
    let result = host.ioctl(machine, .setUserMemoryRegion, scratch)
    guard result >= 0 else { throw .refused("KVM_SET_USER_MEMORY_REGION", result) }
    try createInterruptController()
    for index in 0..<options.cpuCount { try createVCPU(index) }
    try initializeInterruptController()
    try vcpus[0].set(host, .pc, boot.entry.rawValue)
    try vcpus[0].set(host, .x(0), boot.deviceTree.rawValue)
    for index in 1...3 { try vcpus[0].set(host, .x(UInt64(index)), 0) }
    try vcpus[0].set(host, .pstate, ProcessState(level: .el1).rawValue)
  }

  private func createInterruptController() throws(Failure) {
    scratch.clear(16)
    scratch.store(KVMCreateDeviceLayout.vgicV3, at: KVMCreateDeviceLayout.type)
    let result = host.ioctl(machine, .createDevice, scratch)
    guard result >= 0 else { throw .refused("a GICv3 (KVM_CREATE_DEVICE)", result) }
    interruptController = Int64(scratch.u32(at: KVMCreateDeviceLayout.descriptor))
  }

  private func createVCPU(_ index: Int) throws(Failure) {
    var vcpu = VirtualCPU()
    vcpu.index = index
    vcpu.scratch = scratch
    vcpu.descriptor = host.ioctl(machine, .createVCPU, UInt64(index))
    guard vcpu.descriptor >= 0 else { throw .refused("KVM_CREATE_VCPU", vcpu.descriptor) }
    vcpus[index] = vcpu
    let mapped = host.call(
      .map, 0, runSize, MemoryProtection([.read, .write]).rawValue,
      MappingFlags.shared.rawValue, UInt64(bitPattern: vcpu.descriptor), 0)
    guard mapped >= 0 || mapped < -LinuxError.highest else {
      throw .refused("the mapping of kvm_run", mapped)
    }
    // Until `destroyMachine`, when no thread of a vCPU is left.
    vcpus[index].run = unsafe HostBlock(
      mapped: HostAddress(UInt64(bitPattern: mapped)), byteCount: runSize)
    scratch.clear(KVMVCPUInitLayout.size)
    var result = host.ioctl(machine, .armPreferredTarget, scratch)
    guard result >= 0 else { throw .refused("KVM_ARM_PREFERRED_TARGET", result) }
    scratch.store(
      KVMVCPUInitLayout.psci02 | (index == 0 ? 0 : KVMVCPUInitLayout.powerOff),
      at: KVMVCPUInitLayout.features)
    result = host.ioctl(vcpu.descriptor, .armVCPUInit, scratch)
    guard result >= 0 else { throw .refused("KVM_ARM_VCPU_INIT", result) }
    // UNKNOWN at reset, and an SError leaves it alone: the same on every host.
    try vcpus[index].set(host, .system(.farEL1), 0)
  }

  private func setAttribute(
    _ group: UInt32, _ attribute: UInt64, _ value: UInt64, _ what: StaticString
  ) throws(Failure) {
    scratch.clear(KVMDeviceAttributeLayout.size)
    scratch.store(group, at: KVMDeviceAttributeLayout.group)
    scratch.store(attribute, at: KVMDeviceAttributeLayout.attribute)
    scratch.store(scratch.address + 64, at: KVMDeviceAttributeLayout.address)
    scratch.store(value, at: 64)
    let result = host.ioctl(interruptController, .setDeviceAttribute, scratch)
    guard result >= 0 else { throw .refused(what, result) }
  }

  private func initializeInterruptController() throws(Failure) {
    try setAttribute(
      VGICv3.addressGroup, VGICv3.distributorAddress, MemoryMap.gicDistributor,
      "the GIC distributor's address")
    try setAttribute(
      VGICv3.addressGroup, VGICv3.redistributorAddress, MemoryMap.gicRedistributors,
      "the GIC redistributors' address")
    try setAttribute(VGICv3.interruptCountGroup, 0, 64, "the number of interrupts")
    try setAttribute(VGICv3.controlGroup, VGICv3.initialize, 0, "the start of the GIC")
  }

  /// Gives everything of a run back, so that the host forgets the VM.
  func destroyMachine() {
    for index in 0..<options.cpuCount {
      if !vcpus[index].run.isEmpty {
        _ = host.call(.unmap, vcpus[index].run.address.rawValue, runSize)
      }
      if vcpus[index].descriptor >= 0 {
        _ = host.call(.close, UInt64(bitPattern: vcpus[index].descriptor))
      }
      vcpus[index] = VirtualCPU()
    }
    for descriptor in [interruptController, machine] where descriptor >= 0 {
      _ = host.call(.close, UInt64(bitPattern: descriptor))
    }
    interruptController = -1
    machine = -1
  }
}
