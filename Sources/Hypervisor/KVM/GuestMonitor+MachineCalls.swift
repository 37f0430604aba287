// ioctls of a VM and of its interrupt controller.

import Arm
import KVM

extension GuestMonitor {
  // MARK: VM

  func machineCall(
    _ machine: VirtualMachine, _ request: KVMRequest, _ argument: UInt64, _ thread: Thread
  ) throws(CallEnd) -> UInt64 {
    switch request {
    case .checkExtension: return extensionValue(argument)
    case .createVCPU: return try createProcessor(machine, argument, thread)
    case .setUserMemoryRegion:
      let region = try structure(thread, argument, KVMMemoryRegionLayout.size)
      return try setMemoryRegion(machine, region)
    case .armPreferredTarget:
      var bytes = [UInt8](repeating: 0, count: Int(KVMVCPUInitLayout.size))
      bytes[0] = UInt8(KVMVCPUInitLayout.genericV8)
      try kernel.write(thread, argument, bytes)
      return 0
    case .irqLine:
      let line = try structure(thread, argument, KVMIRQLevelLayout.size)
      return try setLine(
        machine, KVMInterruptLine(rawValue: line.u32(KVMIRQLevelLayout.irq)),
        isHigh: line.u32(KVMIRQLevelLayout.level) != 0)
    case .createDevice: return try createDevice(machine, argument, thread)
    case .enableCapability:
      let input = try structure(thread, argument, KVMEnableCapabilityLayout.size)
      guard input.u32(KVMEnableCapabilityLayout.flags) == 0 else { throw .failed(.invalid) }
      switch KVMCapability(rawValue: UInt64(input.u32(KVMEnableCapabilityLayout.capability))) {
      case .armSEAToUser: machine.sendsAbortsToUser = true
      case .armSErrorToUser: machine.sendsErrorsToUser = true
      case .armCorrectedToUser: machine.sendsCorrectedToUser = true
      case .armNISVToUser: machine.sendsUndecodedToUser = true
      case .armSystemSuspend: machine.sendsSuspendToUser = true
      default: throw .failed(.invalid)
      }
      return 0
    case .hasDeviceAttribute, .getDeviceAttribute, .setDeviceAttribute:
      try machineAttribute(machine, request, argument, thread)
      return 0
    default: throw .failed(.notTerminal)
    }
  }

  private func setMemoryRegion(
    _ machine: VirtualMachine, _ region: UserStructure
  ) throws(CallEnd) -> UInt64 {
    let removed: Range<UInt64>?
    do throws(LinuxError) {
      removed = try machine.slots.set(
        number: region.u32(KVMMemoryRegionLayout.slot),
        flags: region.u32(KVMMemoryRegionLayout.flags),
        guestAddress: region.u64(KVMMemoryRegionLayout.guestAddress),
        byteCount: region.u64(KVMMemoryRegionLayout.byteCount),
        userAddress: region.u64(KVMMemoryRegionLayout.userAddress),
        addressBits: machine.stage2.addressBits)
    } catch { throw .failed(error) }
    if let removed { machine.stage2.remove(removed, tables) }
    return 0
  }

  private func createProcessor(
    _ machine: VirtualMachine, _ id: UInt64, _ thread: Thread
  ) throws(CallEnd) -> UInt64 {
    // Of the argument Linux looks at 32 bits.
    let id = id & 0xFFFF_FFFF
    guard id < UInt64(VirtualMachine.processorLimit) else { throw .failed(.invalid) }
    guard machine.processor(id: id) == nil else { throw .failed(.exists) }
    if let gic = machine.gic, gic.isInitialized { throw .failed(.busy) }
    guard let page = kernel.allocateFrames() else { throw .failed(.noMemory) }
    let processor = VirtualProcessor(
      machine: machine, id: id, index: machine.processors.count, runPage: page,
      channel: newChannel())
    let result: UInt64
    do throws(CallEnd) {
      result = try descriptor(KVMObject(.processor, machine, processor), machine, thread)
    } catch {
      kernel.freeFrames(page)
      throw error
    }
    machine.processors.append(processor)
    return result
  }

  private func setLine(
    _ machine: VirtualMachine, _ line: KVMInterruptLine, isHigh: Bool
  ) throws(CallEnd) -> UInt64 {
    guard let gic = machine.gic, line.type != 0 else { throw .failed(.noDeviceOrAddress) }
    let intid = Int(line.number)
    let isPrivate = line.type == 2
    let processor = isPrivate ? machine.processor(id: UInt64(line.vcpu)) : nil
    guard line.type <= 2, !isPrivate || processor != nil && intid >= 16,
      isPrivate == (intid < VirtualGIC.privateCount)
    else { throw .failed(.invalid) }
    guard gic.isInitialized else { throw .failed(.busy) }
    let index = processor?.index ?? 0
    guard gic.isInterrupt(intid) else { throw .failed(.invalid) }
    // A line that is a device's of the host's is not user space's, and is left as it is.
    if !isPrivate || !gic.interrupt(intid, index).isMapped {
      gic.setLine(intid, index, isHigh: isHigh)
    }
    deliverKicks(machine)
    return 0
  }

  // MARK: Devices

  private func createDevice(
    _ machine: VirtualMachine, _ argument: UInt64, _ thread: Thread
  ) throws(CallEnd) -> UInt64 {
    let input = try structure(thread, argument, KVMCreateDeviceLayout.size)
    guard input.u32(KVMCreateDeviceLayout.type) == KVMCreateDeviceLayout.vgicV3 else {
      throw .failed(.noDevice)
    }
    if input.u32(KVMCreateDeviceLayout.flags) & KVMCreateDeviceLayout.test != 0 { return 0 }
    guard machine.gic == nil else { throw .failed(.exists) }
    guard !machine.hasRun else { throw .failed(.busy) }
    if kernel.isMemoryScarce { throw .failed(.noMemory) }
    let number = try descriptor(KVMObject(.interruptController, machine), machine, thread)
    machine.gic = VirtualGIC()
    try kernel.write32(thread, argument &+ KVMCreateDeviceLayout.descriptor, UInt32(number))
    return 0
  }

  func interruptControllerCall(
    _ machine: VirtualMachine, _ request: KVMRequest, _ argument: UInt64, _ thread: Thread
  ) throws(CallEnd) -> UInt64 {
    guard
      request == .setDeviceAttribute || request == .getDeviceAttribute
        || request == .hasDeviceAttribute
    else { throw .failed(.notTerminal) }
    let input = try structure(thread, argument, KVMDeviceAttributeLayout.size)
    let group = input.u32(KVMDeviceAttributeLayout.group)
    let attribute = input.u64(KVMDeviceAttributeLayout.attribute)
    let address = input.u64(KVMDeviceAttributeLayout.address)
    guard let gic = machine.gic, let size = gic.byteCount(group: group, attribute: attribute)
    else { throw .failed(.noDeviceOrAddress) }
    if request == .hasDeviceAttribute {
      do throws(LinuxError) { try requireRegister(machine, group, attribute) } catch {
        throw .failed(error)
      }
      return 0
    }
    // State can only be read or written while no vCPU runs.
    if group != VGICv3.addressGroup, group != VGICv3.interruptCountGroup {
      for processor in machine.processors where processor.thread != nil { throw .failed(.busy) }
    }
    if request == .setDeviceAttribute {
      let value: UInt64 =
        size == 8
        ? try kernel.read64(thread, address)
        : size == 4 ? UInt64(try kernel.read32(thread, address)) : 0
      do throws(LinuxError) {
        try setAttribute(machine, gic, group, attribute, value)
      } catch { throw .failed(error) }
      deliverKicks(machine)
    } else {
      guard size > 0 else { throw .failed(.noDeviceOrAddress) }
      // A region's index comes in the value itself.
      let input =
        group == VGICv3.addressGroup && attribute == VGICv3.redistributorRegion
        ? try kernel.read64(thread, address) : 0
      let value: UInt64
      do throws(LinuxError) {
        value = try getAttribute(machine, gic, group, attribute, input)
      } catch { throw .failed(error) }
      if size == 8 {
        try kernel.write64(thread, address, value)
      } else {
        try kernel.write32(thread, address, UInt32(truncatingIfNeeded: value))
      }
    }
    return 0
  }

  /// That an attribute of a group of registers names one, of a vCPU that there is.
  private func requireRegister(
    _ machine: VirtualMachine, _ group: UInt32, _ attribute: UInt64
  ) throws(LinuxError) {
    guard VirtualGIC.hasRegister(group: group, attribute: attribute) else {
      throw .noDeviceOrAddress
    }
    guard group == VGICv3.redistributorGroup || group == VGICv3.cpuInterfaceGroup else { return }
    for processor in machine.processors where processor.affinity == UInt32(attribute >> 32) {
      let encoding = SystemRegisterEncoding(rawValue: UInt16(truncatingIfNeeded: attribute))
      if group == VGICv3.cpuInterfaceGroup, processor.registers.interfaceRegister(encoding) == nil {
        throw .noDeviceOrAddress
      }
      return
    }
    throw .invalid
  }

  private func setAttribute(
    _ machine: VirtualMachine, _ gic: VirtualGIC, _ group: UInt32, _ attribute: UInt64,
    _ value: UInt64
  ) throws(LinuxError) {
    let low = UInt32(truncatingIfNeeded: value)
    switch group {
    case VGICv3.addressGroup:
      guard !machine.hasRun else { throw .busy }
      try gic.setAddress(attribute, value, addressBits: machine.stage2.addressBits)
    case VGICv3.interruptCountGroup: try gic.setInterruptCount(low)
    case VGICv3.controlGroup:
      guard attribute == VGICv3.initialize else {
        guard gic.isInitialized else { throw .busy }
        return  // no LPIs, so no pending tables to save
      }
      guard !gic.isInitialized else { return }
      guard !machine.processors.isEmpty else { throw .noDevice }
      var affinities: [UInt32] = []
      for processor in machine.processors { affinities.append(processor.affinity) }
      gic.initialize(affinities: affinities)
    case VGICv3.distributorGroup, VGICv3.redistributorGroup:
      try gic.userWrite(group, attribute, low)
    case VGICv3.levelGroup: try gic.setLevels(attribute, low)
    case VGICv3.cpuInterfaceGroup:
      guard gic.isInitialized else { throw .busy }
      let processor = machine.processors[try gic.processor(of: attribute)]
      try processor.registers.setInterfaceRegister(
        SystemRegisterEncoding(rawValue: UInt16(truncatingIfNeeded: attribute)), value)
    default: throw .noDeviceOrAddress
    }
  }

  private func getAttribute(
    _ machine: VirtualMachine, _ gic: VirtualGIC, _ group: UInt32, _ attribute: UInt64,
    _ input: UInt64
  ) throws(LinuxError) -> UInt64 {
    switch group {
    case VGICv3.addressGroup: return try gic.address(attribute, input)
    case VGICv3.interruptCountGroup: return UInt64(gic.interruptCount)
    case VGICv3.distributorGroup, VGICv3.redistributorGroup:
      return UInt64(try gic.userRead(group, attribute))
    case VGICv3.levelGroup: return UInt64(try gic.levels(attribute))
    case VGICv3.cpuInterfaceGroup:
      guard gic.isInitialized else { throw .busy }
      let processor = machine.processors[try gic.processor(of: attribute)]
      guard
        let value = processor.registers.interfaceRegister(
          SystemRegisterEncoding(rawValue: UInt16(truncatingIfNeeded: attribute)))
      else { throw .noDeviceOrAddress }
      return value
    default: throw .noDeviceOrAddress
    }
  }
}
