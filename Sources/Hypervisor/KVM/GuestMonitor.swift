// /dev/kvm: the files, what they can do, and the calls of the rest of the kernel into it. Every
// function runs with the kernel lock held. Linux Documentation/virt/kvm/api.rst; errno as Linux 6.1.

import Arm
import KVM
import Platform

/// Bytes that user space gave, little endian, copied in once.
struct UserStructure {
  let bytes: [UInt8]

  func u8(_ offset: UInt64) -> UInt8 { bytes[Int(offset)] }
  func u32(_ offset: UInt64) -> UInt32 {
    var value: UInt32 = 0
    for index in 0..<4 { value |= UInt32(bytes[Int(offset) + index]) << UInt32(index * 8) }
    return value
  }
  func u64(_ offset: UInt64) -> UInt64 { UInt64(u32(offset)) | UInt64(u32(offset + 4)) << 32 }
}

/// The frames under stage 2 tables. Which of them are tables, `Stage2` knows alone.
struct GuestTables<P: HypervisorPlatform>: Stage2Memory {
  let platform: P
  let kernel: GuestServices<P>

  @unsafe func loadEntry(_ address: PhysicalAddress) -> UInt64 { unsafe kernel.word(address) }
  @unsafe func storeEntry(_ address: PhysicalAddress, _ value: UInt64) {
    unsafe kernel.store(value, address)
    platform.synchronizeData()
  }
  func allocateTable(count: Int) -> PhysicalAddress? {
    var order = 0
    while 1 << order < count { order += 1 }
    return kernel.allocateFrames(order: order)
  }
  func freeTable(_ address: PhysicalAddress, count: Int) { kernel.freeFrames(address) }
  func invalidate(vttbr: UInt64, _ address: IntermediatePhysicalAddress) {
    platform.invalidateStage2(vttbr: vttbr, address)
  }
  func invalidateAll(vttbr: UInt64) { platform.invalidateStage2(vttbr: vttbr) }
}

/// /dev/kvm: all VMs, and what is done with them.
final class GuestMonitor<P: HypervisorPlatform> {
  /// The hardware under guests.
  let platform: P
  /// What it may ask of the kernel.
  let kernel: GuestServices<P>
  /// Every VM that some file refers to.
  var machines: [VirtualMachine] = []
  /// VMIDs in use; 0 is nobody's.
  var vmids = [Bool](repeating: false, count: 256)
  /// The vCPU whose registers are in a core, by core.
  var loaded: [VirtualProcessor?] = []
  /// What the processor is.
  let features: GuestFeatures
  /// The next number of an object that threads wait for.
  private var nextChannel: UInt64 = 1

  init(_ platform: P, _ kernel: GuestServices<P>) {
    self.platform = platform
    self.kernel = kernel
    features = platform.readGuestFeatures()
  }

  var tables: GuestTables<P> { GuestTables(platform: platform, kernel: kernel) }

  /// Copies a structure in.
  func structure(
    _ thread: Thread, _ address: UInt64, _ byteCount: UInt64
  ) throws(CallEnd) -> UserStructure {
    UserStructure(bytes: try kernel.read(thread, address, count: Int(byteCount)))
  }

  func newChannel() -> UInt64 {
    nextChannel += 1
    return nextChannel
  }

  // MARK: Files

  /// open("/dev/kvm").
  func open() throws(CallEnd) -> KVMObject {
    guard features.canRunGuests else { throw .failed(.noDevice) }
    return KVMObject(.system)
  }

  /// ioctl on a KVM file: the value for X0, or how else the call ends.
  func ioctl(
    _ object: KVMObject, _ request: UInt64, _ argument: UInt64, _ thread: Thread
  ) throws(CallEnd) -> UInt64 {
    guard let request = KVMRequest(rawValue: request & 0xFFFF_FFFF) else {
      throw .failed(.notTerminal)
    }
    guard object.kind != .system, let machine = object.machine else {
      return try systemCall(request, argument, thread)
    }
    // Slots are addresses of one process: only that process may touch the VM.
    guard machine.space === thread.process.space else { throw .failed(.inputOutput) }
    if object.kind == .interruptController {
      return try interruptControllerCall(machine, request, argument, thread)
    }
    guard let processor = object.processor else {
      return try machineCall(machine, request, argument, thread)
    }
    return try processorCall(processor, request, argument, thread)
  }

  /// mmap of a KVM file: frames that stay the object's, `size` bytes from `offset`.
  func frames(
    of object: KVMObject, offset: UInt64, size: UInt64
  ) throws(CallEnd) -> PhysicalAddress {
    guard let processor = object.processor else { throw .failed(.noDevice) }
    guard offset == 0, size <= 4096 else { throw .failed(.invalid) }
    return processor.runPage
  }

  /// Whether a frame is kvm_run of a vCPU that lives and is of this process.
  func isRunPage(_ frame: PhysicalAddress, of space: AddressSpace) -> Bool {
    for machine in machines where machine.space === space {
      for processor in machine.processors where processor.runPage == frame { return true }
    }
    return false
  }

  /// The last descriptor of a KVM object was closed.
  func close(_ object: KVMObject) {
    if let machine = object.machine { release(machine) }
  }

  /// One descriptor of a VM less, or one KVM_RUN.
  func release(_ machine: VirtualMachine) {
    machine.references -= 1
    if machine.references > 0 { return }
    for processor in machine.processors { kernel.releaseFrame(processor.runPage) }
    machine.stage2.destroy(tables)
    vmids[Int(machine.stage2.vmid)] = false
    remove(machine, from: &machines)
    machine.processors = []
  }

  /// A descriptor for a new object.
  func descriptor(
    _ object: KVMObject, _ machine: VirtualMachine, _ thread: Thread
  ) throws(CallEnd) -> UInt64 {
    let descriptor = try thread.process.files.add(
      OpenFile(.kvm(object)), closesOnExecute: true)
    machine.references += 1
    return descriptor
  }

  // MARK: /dev/kvm

  private func systemCall(
    _ request: KVMRequest, _ argument: UInt64, _ thread: Thread
  ) throws(CallEnd) -> UInt64 {
    switch request {
    case .getAPIVersion:
      guard argument == 0 else { throw .failed(.invalid) }
      return KVMRequest.apiVersion
    case .checkExtension: return extensionValue(argument)
    case .getVCPUMapSize:
      guard argument == 0 else { throw .failed(.invalid) }
      return 4096
    case .createVM: return try createMachine(argument, thread)
    default: throw .failed(.notTerminal)
    }
  }

  private func createMachine(_ type: UInt64, _ thread: Thread) throws(CallEnd) -> UInt64 {
    let limit = features.physicalAddressBits
    let bits = type == 0 ? 40 : Int(type & 0xFF)
    guard type & ~0xFF == 0, bits >= 32, bits <= limit, let space = thread.process.space else {
      throw .failed(.invalid)
    }
    guard let vmid = vmids.indices.first(where: { $0 > 0 && !vmids[$0] }) else {
      throw .failed(.noMemory)
    }
    let stage2: Stage2
    do throws(Stage2.OutOfMemory) {
      stage2 = try Stage2(addressBits: bits, vmid: UInt64(vmid), tables)
    } catch { throw .failed(.noMemory) }
    platform.invalidateStage2(vttbr: stage2.vttbr)
    let machine = VirtualMachine(space: space, stage2: stage2, counterOffset: kernel.now)
    let result: UInt64
    do throws(CallEnd) {
      result = try descriptor(KVMObject(.machine, machine), machine, thread)
    } catch {
      stage2.destroy(tables)
      throw error
    }
    vmids[vmid] = true
    machines.append(machine)
    kernel.log(
      "kvm: VM of process ", .decimal(Int(thread.process.id)), ": VMID ", .decimal(vmid), ", ",
      .decimal(bits), "-bit IPA, stage 2 at ", .hex(stage2.root.rawValue))
    return result
  }

  /// KVM_CHECK_EXTENSION: 0 for what is not there.
  func extensionValue(_ capability: UInt64) -> UInt64 {
    let hasRAS = features.hasRAS
    return switch KVMCapability(rawValue: capability) {
    case .irqChip, .userMemory, .mpState, .syncMMU, .vcpuEvents, .oneRegister, .readOnlyMemory,
      .deviceControl, .armPSCI, .armPSCI02, .immediateExit, .armIRQLineLayout2, .armNISVToUser,
      .armInjectExternalDataAbort, .armSEAToUser, .armSErrorToUser, .armCorrectedToUser,
      .enableCapabilityVM,
      .checkExtensionVM, .vcpuAttributes, .stealTime, .ptp, .armSystemSuspend:
      1
    case .armInjectSErrorESR, .armSetSErrorESR: hasRAS ? 1 : 0
    case .recommendedVCPUs: UInt64(min(kernel.coreCount, VirtualMachine.processorLimit))
    case .maximumVCPUs, .maximumVCPUID: UInt64(VirtualMachine.processorLimit)
    case .memorySlots: UInt64(MemorySlots.limit)
    case .armVMIPASize: UInt64(features.physicalAddressBits)
    default: 0
    }
  }

  // MARK: Calls from the rest of the kernel

  /// User addresses `start ..< end` of a space are about to change what they map (unmapped, made
  /// read-only, lost to a hardware error): every stage 2 forgets them before this returns, with
  /// TLB maintenance. Their next use comes through `resolve`.
  func forget(_ space: AddressSpace, _ start: UInt64, _ end: UInt64) {
    guard start < end else { return }
    for machine in machines where machine.space === space {
      let tables = self.tables
      machine.slots.forEachGuestRange(of: start..<end) { machine.stage2.remove($0, tables) }
    }
  }

  /// Hardware lost a frame that is not user memory. If it is a stage 2 table, the VM goes on
  /// without it: its mappings come back one by one, in good memory. Answers whether it was one.
  func loseTable(at frame: PhysicalAddress) -> Bool {
    for machine in machines {
      let tables = self.tables
      if (try? machine.stage2.discardTable(at: frame, tables)) == true {
        machine.lostTableCount += 1
        for processor in machine.processors {
          processor.registers[.vttbrEL2] = machine.stage2.vttbr
          processor.mustReload = true
          wake(processor)
        }
        return true
      }
    }
    return false
  }

  /// An interrupt that only guests cause: maintenance, the virtual and the physical timer of EL1.
  func interrupt(_ number: UInt32) {
    guard number != Interrupt.maintenance, platform.core < loaded.count,
      let processor = loaded[platform.core]
    else { return }
    if let gic = processor.machine.gic {
      let timers = gic.timers
      gic.setLine(
        number == Interrupt.virtualTimer ? timers.virtual : timers.physical, processor.index,
        isHigh: true)
    }
    guestInterface().setPhysicalActive(Int(number), true)
  }

  /// Has a vCPU look at what changed for it: out of WFI, or out of the guest on another core.
  func wake(_ processor: VirtualProcessor) {
    guard let thread = processor.thread else { return }
    kernel.wakeOrKick(thread)
  }

  /// Wakes or kicks the vCPUs whose interrupts changed.
  func deliverKicks(_ machine: VirtualMachine) {
    guard let gic = machine.gic, gic.kicked != 0 else { return }
    let kicked = gic.takeKicked()
    for processor in machine.processors where kicked >> UInt64(processor.index) & 1 != 0 {
      wake(processor)
    }
  }
}
