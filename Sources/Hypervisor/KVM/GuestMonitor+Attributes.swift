// Attributes of a vCPU (Documentation/virt/kvm/devices/vcpu.rst): the interrupts of its timers, and where
// it is told of the time that others took from it. It has no performance monitors.

import Arm
import KVM

extension GuestMonitor {
  /// KVM_HAS_DEVICE_ATTR, KVM_GET_DEVICE_ATTR, KVM_SET_DEVICE_ATTR of a vCPU.
  func attribute(
    _ processor: VirtualProcessor, _ request: KVMRequest, _ argument: UInt64, _ thread: Thread
  ) throws(CallEnd) {
    let input = try structure(thread, argument, KVMDeviceAttributeLayout.size)
    let attribute = input.u64(KVMDeviceAttributeLayout.attribute)
    let address = input.u64(KVMDeviceAttributeLayout.address)
    switch (input.u32(KVMDeviceAttributeLayout.group), attribute) {
    case (KVMVCPUAttribute.timerGroup, KVMVCPUAttribute.virtualTimer),
      (KVMVCPUAttribute.timerGroup, KVMVCPUAttribute.physicalTimer):
      try timerAttribute(
        processor.machine, request, isVirtual: attribute == KVMVCPUAttribute.virtualTimer, address,
        thread)
    case (KVMVCPUAttribute.timeGroup, KVMVCPUAttribute.stolenTimeAddress):
      try stolenTimeAttribute(processor, request, address, thread)
    case (KVMVCPUAttribute.monitorGroup, _):
      // As Linux answers for a vCPU that was not given KVM_ARM_VCPU_PMU_V3.
      if request == .setDeviceAttribute { throw .failed(.noDevice) }
      guard request == .getDeviceAttribute, attribute == KVMVCPUAttribute.monitorInterrupt else {
        throw .failed(.noDeviceOrAddress)
      }
      throw .failed(processor.machine.gic == nil ? .invalid : .noDevice)
    default: throw .failed(.noDeviceOrAddress)
    }
  }

  /// The PPI of a timer: one for all vCPUs of the VM.
  private func timerAttribute(
    _ machine: VirtualMachine, _ request: KVMRequest, isVirtual: Bool, _ address: UInt64,
    _ thread: Thread
  ) throws(CallEnd) {
    var timers = machine.gic?.timers ?? GuestTimers()
    switch request {
    case .getDeviceAttribute:
      let intid = isVirtual ? timers.virtual : timers.physical
      try kernel.write32(thread, address, UInt32(intid))
    case .setDeviceAttribute:
      guard let gic = machine.gic else { throw .failed(.invalid) }
      let intid = try kernel.read32(thread, address)
      guard (16..<UInt32(VirtualGIC.privateCount)).contains(intid) else { throw .failed(.invalid) }
      guard !machine.hasRun else { throw .failed(.busy) }
      if isVirtual { timers.virtual = Int(intid) } else { timers.physical = Int(intid) }
      gic.setTimers(timers)
    default: break
    }
  }

  // MARK: Stolen time

  private func stolenTimeAttribute(
    _ processor: VirtualProcessor, _ request: KVMRequest, _ address: UInt64, _ thread: Thread
  ) throws(CallEnd) {
    switch request {
    case .getDeviceAttribute:
      try kernel.write64(thread, address, processor.stolenTimeAddress ?? .max)
    case .setDeviceAttribute:
      let place = try kernel.read64(thread, address)
      guard place & (StolenTimeLayout.size - 1) == 0 else { throw .failed(.invalid) }
      guard processor.stolenTimeAddress == nil else { throw .failed(.exists) }
      guard userAddress(processor.machine, place) != nil else { throw .failed(.invalid) }
      processor.stolenTimeAddress = place
    default: break
    }
  }

  /// Where in the process a guest physical address that can be written is.
  private func userAddress(_ machine: VirtualMachine, _ address: UInt64) -> UInt64? {
    guard let slot = machine.slots.slot(at: address), !slot.isReadOnly else { return nil }
    return slot.userAddress + (address - slot.guestAddress)
  }

  /// Adds the time that the thread waited for a core to what the guest reads. Where that can be
  /// neither read nor written nothing is told; a thread that meets poison there gets its signal.
  func tellStolenTime(_ processor: VirtualProcessor, _ thread: Thread) {
    guard let address = processor.stolenTimeAddress else { return }
    let waited = kernel.waitingTime(thread)
    // Another thread may run the vCPU now, and have waited less.
    let stolen = waited > processor.stolenTimeTold ? waited - processor.stolenTimeTold : 0
    processor.stolenTimeTold = waited
    guard stolen > 0,
      let user = userAddress(processor.machine, address + StolenTimeLayout.stolenTime),
      let old = try? kernel.read64(thread, user)
    else { return }
    try? kernel.write64(thread, user, old &+ kernel.nanoseconds(ticks: stolen))
  }

  /// PV_TIME_ST: the guest begins to look. DEN 0057, 3.2.2.
  func startStolenTime(_ processor: VirtualProcessor) -> Int64 {
    guard let address = processor.stolenTimeAddress, let thread = processor.thread else {
      return SMCCC.notSupported
    }
    processor.stolenTimeTold = kernel.waitingTime(thread)
    if let user = userAddress(processor.machine, address) {
      // Revision 0, attributes 0, no time yet.
      try? kernel.write(
        thread, user, [UInt8](repeating: 0, count: Int(StolenTimeLayout.size)))
    }
    return Int64(bitPattern: address)
  }
}
