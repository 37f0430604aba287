// ioctls of a vCPU, KVM_RUN apart.

import Arm
import KVM

extension GuestMonitor {
  func processorCall(
    _ processor: VirtualProcessor, _ request: KVMRequest, _ argument: UInt64, _ thread: Thread
  ) throws(CallEnd) -> UInt64 {
    try acquire(processor, thread)
    switch request {
    case .run: return try run(processor, thread)
    case .armVCPUInit:
      try initialize(processor, try structure(thread, argument, KVMVCPUInitLayout.size))
    case .armVCPUFinalize: throw .failed(.invalid)
    case .getMPState:
      let state: KVMMPState =
        processor.isOff ? .stopped : processor.isSuspended ? .suspended : .runnable
      try kernel.write32(thread, argument, state.rawValue)
    case .setMPState:
      guard let state = KVMMPState(rawValue: try kernel.read32(thread, argument)) else {
        throw .failed(.invalid)
      }
      processor.isOff = state == .stopped
      processor.isSuspended = state == .suspended
    case .setSignalMask:
      // Signals blocked while the guest runs, instead of the thread's. api.rst 4.19.
      guard argument != 0 else {
        processor.signalMask = nil
        return 0
      }
      let input = try structure(thread, argument, KVMSignalMaskLayout.size)
      guard input.u32(0) == 8 else { throw .failed(.invalid) }
      // SIGKILL and SIGSTOP cannot be blocked.
      processor.signalMask = input.u64(4) & ~(1 << 8 | 1 << 18)
    case .setGuestDebug, .enableCapability: throw .failed(.invalid)
    case .hasDeviceAttribute, .getDeviceAttribute, .setDeviceAttribute:
      try attribute(processor, request, argument, thread)
    case .getOneRegister, .setOneRegister:
      try requireInitialized(processor)
      try oneRegister(processor, isWrite: request == .setOneRegister, argument, thread)
    case .getRegisterList:
      try requireInitialized(processor)
      try getRegisterList(argument, thread)
    case .getVCPUEvents:
      try requireInitialized(processor)
      try getEvents(processor, argument, thread)
    case .setVCPUEvents:
      try requireInitialized(processor)
      try setEvents(processor, try structure(thread, argument, KVMVCPUEventsLayout.size))
    case .armSetSErrorESR:
      // As it was proposed: a virtual SError with this syndrome.
      try requireInitialized(processor)
      try raiseError(processor, try kernel.read64(thread, argument))
    default: throw .failed(.notTerminal)
    }
    return 0
  }

  /// KVM_ARM_VCPU_INIT comes first.
  private func requireInitialized(_ processor: VirtualProcessor) throws(CallEnd) {
    guard processor.features != nil else { throw .failed(.notExecutable) }
  }

  private func getRegisterList(_ argument: UInt64, _ thread: Thread) throws(CallEnd) {
    let list = registerList()
    let room = try kernel.read64(thread, argument)
    try kernel.write64(thread, argument, UInt64(list.count))
    guard room >= UInt64(list.count) else { throw .failed(.tooBig) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(list.count * 8)
    for id in list {
      for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: id >> UInt64(shift * 8))) }
    }
    try kernel.write(thread, argument &+ 8, bytes)
  }

  /// Waits until no other thread is in KVM_RUN of this vCPU.
  private func acquire(_ processor: VirtualProcessor, _ thread: Thread) throws(CallEnd) {
    guard let owner = processor.thread, owner !== thread else { return }
    if let end = kernel.mustLeave(thread) { throw end }
    kernel.sleep(thread, on: WaitChannel(.guest, processor.channel))
    throw .blocked
  }

  private func initialize(
    _ processor: VirtualProcessor, _ input: UserStructure
  ) throws(CallEnd) {
    guard input.u32(KVMVCPUInitLayout.target) == KVMVCPUInitLayout.genericV8 else {
      throw .failed(.invalid)
    }
    // What no Linux knows has another error than what this host has not.
    let features = input.u32(KVMVCPUInitLayout.features)
    var unknown = features >> KVMVCPUInitLayout.featureCount
    for word in 1..<7 as Range<UInt64> {
      unknown |= input.u32(KVMVCPUInitLayout.features + word * 4)
    }
    guard unknown == 0 else { throw .failed(.noEntry) }
    guard features & ~(KVMVCPUInitLayout.powerOff | KVMVCPUInitLayout.psci02) == 0,
      processor.features ?? features == features
    else { throw .failed(.invalid) }
    processor.features = features
    processor.reset(self.features)
    processor.isOff = features & KVMVCPUInitLayout.powerOff != 0
    processor.isSuspended = false
  }

  private func oneRegister(
    _ processor: VirtualProcessor, isWrite: Bool, _ argument: UInt64, _ thread: Thread
  ) throws(CallEnd) {
    let input = try structure(thread, argument, KVMOneRegisterLayout.size)
    let id = input.u64(KVMOneRegisterLayout.id)
    let address = input.u64(KVMOneRegisterLayout.address)
    let size = OneRegister(id: id).byteCount
    guard OneRegister(id: id).isOfArm64 else { throw .failed(.invalid) }
    guard size == 4 || size == 8 || size == 16 else { throw .failed(.noEntry) }
    if isWrite {
      let value = try structure(thread, address, size)
      let low = size == 4 ? UInt64(value.u32(0)) : value.u64(0)
      do throws(LinuxError) {
        try setRegister(processor, id, low, size == 16 ? value.u64(8) : 0)
      } catch { throw .failed(error) }
    } else {
      let value: (low: UInt64, high: UInt64)
      do throws(LinuxError) {
        value = try getRegister(processor, id)
      } catch { throw .failed(error) }
      if size == 4 {
        try kernel.write32(thread, address, UInt32(truncatingIfNeeded: value.low))
      } else {
        try kernel.write64(thread, address, value.low)
        if size == 16 { try kernel.write64(thread, address &+ 8, value.high) }
      }
    }
  }

  // MARK: Events (api.rst 4.31, 4.32)

  private func getEvents(
    _ processor: VirtualProcessor, _ argument: UInt64, _ thread: Thread
  ) throws(CallEnd) {
    var bytes = [UInt8](repeating: 0, count: Int(KVMVCPUEventsLayout.size))
    let hasRAS = features.hasRAS
    bytes[Int(KVMVCPUEventsLayout.serrorHasESR)] = hasRAS ? 1 : 0
    if processor.isErrorPending {
      bytes[Int(KVMVCPUEventsLayout.serrorPending)] = 1
      let syndrome = hasRAS ? processor.registers[.vsesrEL2] : 0
      for index in 0..<8 {
        bytes[Int(KVMVCPUEventsLayout.serrorESR) + index] =
          UInt8(truncatingIfNeeded: syndrome >> UInt64(index * 8))
      }
    }
    try kernel.write(thread, argument, bytes)
  }

  private func setEvents(
    _ processor: VirtualProcessor, _ input: UserStructure
  ) throws(CallEnd) {
    // What is kept for later is zero: behind the three flags, and behind the syndrome.
    var kept = input.u64(KVMVCPUEventsLayout.serrorPending) >> 24
    var offset = KVMVCPUEventsLayout.serrorESR + 8
    while offset < KVMVCPUEventsLayout.size {
      kept |= input.u64(offset)
      offset += 8
    }
    guard kept == 0 else { throw .failed(.invalid) }
    if input.u8(KVMVCPUEventsLayout.serrorPending) != 0 {
      if input.u8(KVMVCPUEventsLayout.serrorHasESR) != 0 {
        try raiseError(processor, input.u64(KVMVCPUEventsLayout.serrorESR))
      } else {
        processor.raiseError(VirtualProcessor.defaultErrorSyndrome)
      }
    }
    if input.u8(KVMVCPUEventsLayout.externalDataAbortPending) != 0 {
      processor.injectExternalAbort(
        isInstruction: false, address: processor.lastFaultAddress,
        syndrome: Syndrome(rawValue: UInt64(FaultStatus.externalAbort.rawValue)))
    }
  }

  /// A virtual SError with a syndrome of user space's choice: ISS and IDS, where there is RAS.
  private func raiseError(
    _ processor: VirtualProcessor, _ syndrome: UInt64
  ) throws(CallEnd) {
    guard features.hasRAS, syndrome & ~KVMVCPUEventsLayout.serrorESRMask == 0 else {
      throw .failed(.invalid)
    }
    processor.raiseError(syndrome)
  }
}
