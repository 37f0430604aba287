// ioctls of a vCPU, KVM_RUN apart.

import Arm
import KVM

extension Kernel {
  func processorCall(
    _ processor: VirtualProcessor, _ request: KVMRequest, _ argument: UInt64, _ thread: Thread
  ) throws(CallEnd) -> UInt64 {
    try acquire(processor, thread)
    if request == .run { return try run(processor, thread) }
    switch request {
    case .armVCPUInit:
      return try initialize(
        processor, try structure(thread, argument, KVMVCPUInitLayout.size))
    case .armVCPUFinalize: throw .failed(.invalid)
    case .getMPState:
      let state: KVMMPState = processor.isOff ? .stopped : .runnable
      try write32(thread, argument, state.rawValue)
      return 0
    case .setMPState:
      switch KVMMPState(rawValue: try read32(thread, argument)) {
      case .runnable: processor.isOff = false
      case .stopped: processor.isOff = true
      default: throw .failed(.invalid)
      }
      return 0
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
      return 0
    case .setGuestDebug, .enableCapability: throw .failed(.invalid)
    case .hasDeviceAttribute, .getDeviceAttribute, .setDeviceAttribute:
      throw .failed(.noDeviceOrAddress)
    case .getOneRegister, .setOneRegister, .getRegisterList, .getVCPUEvents, .setVCPUEvents,
      .armSetSErrorESR:
      guard processor.features != nil else { throw .failed(.notExecutable) }
    default: throw .failed(.notTerminal)
    }
    switch request {
    case .getOneRegister, .setOneRegister:
      return try oneRegister(processor, isWrite: request == .setOneRegister, argument, thread)
    case .getRegisterList:
      let list = registerList()
      let room = try read64(thread, argument)
      try write64(thread, argument, UInt64(list.count))
      guard room >= UInt64(list.count) else { throw .failed(.tooBig) }
      var bytes: [UInt8] = []
      bytes.reserveCapacity(list.count * 8)
      for id in list {
        for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: id >> UInt64(shift * 8))) }
      }
      try write(thread, argument &+ 8, bytes)
    case .getVCPUEvents: try getEvents(processor, argument, thread)
    case .setVCPUEvents:
      try setEvents(processor, try structure(thread, argument, KVMVCPUEventsLayout.size))
    default:
      // KVM_ARM_SET_SERROR_ESR as it was proposed: a virtual SError with this syndrome.
      let syndrome = try read64(thread, argument)
      guard guestFeatures.rasVersion > 0, syndrome & ~KVMVCPUEventsLayout.serrorESRMask == 0
      else { throw .failed(.invalid) }
      processor.raiseError(syndrome)
    }
    return 0
  }

  /// Waits until no other thread is in KVM_RUN of this vCPU.
  private func acquire(_ processor: VirtualProcessor, _ thread: Thread) throws(CallEnd) {
    guard let owner = processor.thread, owner !== thread else { return }
    if let end = mustLeave(thread) { throw end }
    sleep(thread, on: WaitChannel(.guest, processor.channel))
    throw .blocked
  }

  private func initialize(
    _ processor: VirtualProcessor, _ input: UserStructure
  ) throws(CallEnd) -> UInt64 {
    let features = input.u32(KVMVCPUInitLayout.features)
    var isPlain = input.u32(KVMVCPUInitLayout.target) == KVMVCPUInitLayout.genericV8
    for word in 1..<7 as Range<UInt64>
    where input.u32(KVMVCPUInitLayout.features + word * 4) != 0 {
      isPlain = false
    }
    guard isPlain, features & ~(KVMVCPUInitLayout.powerOff | KVMVCPUInitLayout.psci02) == 0
    else { throw .failed(.invalid) }
    // The features of a VM's life are those of its first call; power may differ.
    if let known = processor.features,
      (known ^ features) & ~KVMVCPUInitLayout.powerOff != 0
    {
      throw .failed(.invalid)
    }
    processor.features = features
    processor.reset(guestFeatures)
    processor.isOff = features & KVMVCPUInitLayout.powerOff != 0
    return 0
  }

  private func oneRegister(
    _ processor: VirtualProcessor, isWrite: Bool, _ argument: UInt64, _ thread: Thread
  ) throws(CallEnd) -> UInt64 {
    let input = try structure(thread, argument, KVMOneRegisterLayout.size)
    let id = input.u64(KVMOneRegisterLayout.id)
    let address = input.u64(KVMOneRegisterLayout.address)
    let size = OneRegister(id: id).byteCount
    guard id >> 60 == 6, size == 4 || size == 8 || size == 16 else { throw .failed(.noEntry) }
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
        try write32(thread, address, UInt32(truncatingIfNeeded: value.low))
      } else {
        try write64(thread, address, value.low)
        if size == 16 { try write64(thread, address &+ 8, value.high) }
      }
    }
    return 0
  }

  // MARK: Events (api.rst 4.31, 4.32)

  private func getEvents(
    _ processor: VirtualProcessor, _ argument: UInt64, _ thread: Thread
  ) throws(CallEnd) {
    var bytes = [UInt8](repeating: 0, count: Int(KVMVCPUEventsLayout.size))
    let hasRAS = guestFeatures.rasVersion > 0
    bytes[Int(KVMVCPUEventsLayout.serrorHasESR)] = hasRAS ? 1 : 0
    if processor.isErrorPending {
      bytes[Int(KVMVCPUEventsLayout.serrorPending)] = 1
      let syndrome = hasRAS ? processor.registers[.vsesrEL2] : 0
      for index in 0..<8 {
        bytes[Int(KVMVCPUEventsLayout.serrorESR) + index] =
          UInt8(truncatingIfNeeded: syndrome >> UInt64(index * 8))
      }
    }
    try write(thread, argument, bytes)
  }

  private func setEvents(
    _ processor: VirtualProcessor, _ input: UserStructure
  ) throws(CallEnd) {
    if input.u8(KVMVCPUEventsLayout.serrorPending) != 0 {
      if input.u8(KVMVCPUEventsLayout.serrorHasESR) != 0 {
        let syndrome = input.u64(KVMVCPUEventsLayout.serrorESR)
        guard guestFeatures.rasVersion > 0, syndrome & ~KVMVCPUEventsLayout.serrorESRMask == 0
        else { throw .failed(.invalid) }
        processor.raiseError(syndrome)
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
}
