// The hypervisor's image: what the first core does from boot.S on, what the others do, and the
// exceptions.

import APEI
import Arm
import Boot
import Bytes
import CArch
import DeviceTree
import Hypervisor
import HypervisorEntry
import ImageRuntime

let hardware = Hardware()

/// The kernel, once `main` has made it; the lock is for everything behind it.
nonisolated(unsafe) var kernel: Kernel<Hardware>?

@main enum HypervisorImage {
  /// The first core, from boot.S: at its own address, with the direct map of where the image and the
  /// device tree are.
  static func main() {
    do {
      try run()
    } catch {
      // Nobody can be told before the tables are read; afterwards the kernel's log has the reason.
      if let kernel = unsafe kernel { explain(kernel, error) }
      halt()
    }
  }

  static func run() throws(BootFailure) {
    let place = PhysicalAddress(hypervisor_boot_tree())
    guard let tree = try? FDTReader(PhysicalBytes(hardware, place, byteCount: 0x20_0000)),
      let boot = try? BootProperties(tree), let system = boot.efiSystemTable
    else { throw .deviceTree }
    EarlyMap.add(boot.memoryMap)
    EarlyMap.add(MemoryRange(base: system.rawValue, size: 0x1_0000))
    let map = PhysicalBytes(
      hardware, PhysicalAddress(boot.memoryMap.base), byteCount: Int(boot.memoryMap.size))
    EarlyMap.addAll(map, descriptorSize: boot.descriptorSize)
    let reader = PhysicalMemoryReader(hardware)
    guard let tables = try? SystemTables(reader, efiSystemTable: system),
      var machine = try? MachineInventory(tables)
    else { throw .tables }
    machine.addMemory(map: map, descriptorSize: boot.descriptorSize)
    for core in 0..<machine.coreCount {
      hypervisor_set_core(UInt32(core), machine.mpidr(core))
    }
    let image = MemoryRange(
      base: hypervisor_image_place(), size: image_end() - image_start())
    try makeMemory(BootMemory(machine: machine, image: image, initrd: boot.initrd))
    try useFinalTables(machine, map, boot.descriptorSize, image)
    guard let memory = unsafe memory else { throw .noMemory }
    hypervisor_lock()
    let made = unsafe try Kernel(
      hardware, memory: memory, machine: machine, initrd: boot.initrd)
    unsafe kernel = made
    let hest = (try? tables.table("HEST")).flatMap { $0 }.flatMap { try? HEST($0) }
    try made.start(hest: hest)
    enter(made)
  }

  /// Frames and heap.
  static func makeMemory(_ layout: BootMemory) throws(BootFailure) {
    guard let table = layout.placeForTable(), let storage = unsafe hypervisor_memory() else {
      throw .noMemory
    }
    let frames = unsafe layout.makeFrames(
      table: table, at: hardware.pointer(PhysicalAddress(table.base)))
    let pointer = unsafe storage.bindMemory(to: KernelMemory.self, capacity: 1)
    unsafe pointer.initialize(to: KernelMemory(frames: frames))
    unsafe memory = unsafe pointer
  }

  /// The kernel's tables as they stay: exact, and nothing both writable and executable.
  static func useFinalTables(
    _ machine: MachineInventory, _ map: PhysicalBytes<Hardware>, _ descriptorSize: UInt64,
    _ image: MemoryRange
  ) throws(BootFailure) {
    guard let memory = unsafe memory,
      let tables = unsafe KernelTables(hardware, &memory.pointee.frames)
    else { throw .noMemory }
    func add(
      _ virtual: UInt64, _ physical: UInt64, _ size: UInt64, _ kind: KernelMemoryKind
    ) throws(BootFailure) {
      let isMapped = unsafe tables.map(
        VirtualAddress(virtual), to: PhysicalAddress(physical), byteCount: size, kind,
        &memory.pointee.frames)
      if !isMapped { throw .noMemory }
    }
    func addDevice(_ base: UInt64, _ size: UInt64) throws(BootFailure) {
      try add(directMap | base, base, size, .device)
    }
    if let base = machine.distributor { try addDevice(base, 0x1_0000) }
    try addDevice(machine.redistributors.base, machine.redistributors.size)
    if let base = machine.console { try addDevice(base & ~4095, 4096) }
    if let base = machine.clock { try addDevice(base, 4096) }
    // Everything cacheable in the memory map: RAM, and what firmware keeps of it.
    var offset = 0
    while let base = try? map.u64(at: offset + 8), let pages = try? map.u64(at: offset + 24),
      let attributes = try? map.u64(at: offset + 32)
    {
      if attributes & 0xe != 0, pages < 1 << 27, base < 1 << 39 {
        try add(directMap | base, base, pages << 12, .memory)
      }
      offset += Int(descriptorSize)
    }
    let start = image_start()
    try add(start, image.base, text_end() - start, .code)
    try add(
      text_end(), image.base + (text_end() - start), rodata_end() - text_end(), .constants)
    try add(
      rodata_end(), image.base + (rodata_end() - start), image_end() - rodata_end(), .memory)
    // The stacks once more, with nothing mapped beside them.
    for core in 0..<UInt64(machine.coreCount) {
      try add(
        stack_place(core), image.base + (stacks_start() - start) + core * stack_size(),
        stack_size(), .memory)
    }
    shareable_barrier()
    hypervisor_set_tables(tables.root.rawValue)
    hypervisor_use_tables(tables.root.rawValue)
    rememberConsole(machine)
  }

  /// For the last words of this core.
  static func rememberConsole(_ machine: MachineInventory) {
    remember_console(machine.console.map { directMap | $0 } ?? 0)
  }

  static func explain(_ kernel: Kernel<Hardware>, _ failure: BootFailure) {
    switch failure {
    case .noMemory: kernel.panic("Out of memory")
    case .deviceTree: kernel.panic("No device tree")
    case .tables: kernel.panic("No ACPI tables")
    case .noInterruptController: kernel.panic("No interrupt controller")
    case .noInit: kernel.panic("No working init found")
    }
  }
}

/// The direct map of boot.S, 1 GiB a piece, for what must be read before the final tables are made.
enum EarlyMap {
  /// Adds the pieces of a range, below 512 GiB.
  static func add(_ range: MemoryRange) {
    guard range.size > 0 else { return }
    var piece = range.base >> 30
    while piece <= (range.end - 1) >> 30, piece < 512 {
      // Normal memory, never executed: as BLOCK and NO_EXECUTE of boot.S.
      let block = KernelMemoryKind.memory.descriptor(piece << 30, level: 1)
      hypervisor_set_direct(piece, block.rawValue)
      piece += 1
    }
    shareable_barrier()
    instruction_barrier()
  }

  /// Adds every cacheable range of a memory map: registers of devices stand in it as well.
  static func addAll(_ map: PhysicalBytes<Hardware>, descriptorSize: UInt64) {
    var offset = 0
    while let base = try? map.u64(at: offset + 8), let pages = try? map.u64(at: offset + 24),
      let attributes = try? map.u64(at: offset + 32)
    {
      if attributes & 0xe != 0, pages < 1 << 27, base < 1 << 39 {
        add(MemoryRange(base: base, size: pages << 12))
      }
      offset += Int(descriptorSize)
    }
  }
}

/// Has this core run threads; gives back the lock.
func enter(_ kernel: Kernel<Hardware>) -> Never {
  let context = unsafe kernel.leave()
  hypervisor_enter_user(UInt64(UInt(bitPattern: context)), UInt64(hardware.core))
}

/// Another core, from boot.S.
@c(hypervisor_secondary) func hypervisorSecondary(_ core: UInt64) {
  guard let kernel = unsafe kernel else { halt() }
  HypervisorImage.rememberConsole(kernel.machine)
  hypervisor_lock()
  kernel.startSecondary()
  enter(kernel)
}

/// From the vectors, from EL0: the context to go on with.
@c(hypervisor_user_exception)
func hypervisorUserException(_ kind: UInt64) -> UnsafeMutableRawPointer? {
  guard let kernel = unsafe kernel, let kind = ExceptionKind(rawValue: kind) else { halt() }
  return unsafe UnsafeMutableRawPointer(kernel.enter(kind))
}

/// From the vectors, from EL2 itself. The frame: X0 to X30, ELR_EL2, SPSR_EL2, ESR_EL2, FAR_EL2. An
/// exception that is taken in here does not come here: emergency.S.
@c(hypervisor_kernel_exception)
func hypervisorKernelException(_ frame: UnsafeMutableRawPointer, _ kind: UInt64) {
  let elr = unsafe frame.load(fromByteOffset: 248, as: UInt64.self)
  let syndrome = Syndrome(rawValue: unsafe frame.load(fromByteOffset: 264, as: UInt64.self))
  let far = unsafe frame.load(fromByteOffset: 272, as: UInt64.self)
  guard let kernel = unsafe kernel, let kind = ExceptionKind(rawValue: kind) else {
    hardware.abandon(.beforeKernel, syndrome, elr: elr, far: far)
  }
  if kind == .synchronous, copy_contains(elr) != 0,
    Kernel<Hardware>.survivesCopyAbort(syndrome)
  {
    unsafe frame.storeBytes(of: copy_aborted(), toByteOffset: 248, as: UInt64.self)
    return
  }
  // Idle is the one place where the kernel takes an SError without its lock.
  let isIdle = wait_contains(elr) != 0
  if isIdle {
    hardware.lock()
    // One at a time: the lock has let them in.
    mask_errors()
  }
  kernel.kernelException(kind, syndrome, elr: elr, far: far)
  if isIdle { hardware.unlock() }
}
