// What the EL2 logic needs from the hardware. The image conforms with instructions, a host test with
// a fake; the logic cannot tell which. Everything is `nonmutating`: hardware is shared, and whoever
// calls holds the kernel lock.

import Arm

/// The hardware under the hypervisor.
///
/// `GuestPlatform` (KVM/) is the part that only guests need.
public protocol HypervisorPlatform: GuestPlatform {
  /// The number of the core this runs on: 0, 1, ... in the order of the MADT.
  var core: Int { get }

  /// Where the kernel sees physical memory: the direct map. Valid for all RAM of the memory map,
  /// for as long as the kernel runs.
  @unsafe func pointer(_ address: PhysicalAddress) -> UnsafeMutableRawPointer

  /// Loads an aligned 32-bit word of a device.
  func load32(_ address: PhysicalAddress) -> UInt32
  /// Loads an aligned 64-bit word of a device.
  func load64(_ address: PhysicalAddress) -> UInt64
  /// Stores a byte to a device.
  func store8(_ address: PhysicalAddress, _ value: UInt8)
  /// Stores an aligned 32-bit word to a device.
  func store32(_ address: PhysicalAddress, _ value: UInt32)
  /// Stores an aligned 64-bit word to a device.
  func store64(_ address: PhysicalAddress, _ value: UInt64)

  /// Copies RAM to RAM; survives a synchronous External abort. Answers how many bytes at the end
  /// were *not* copied: 0 is success.
  func copyRecoverably(
    to: PhysicalAddress, from: PhysicalAddress, byteCount: Int
  ) -> Int
  /// The same, to the kernel's own memory.
  @unsafe func copyRecoverably(
    to: UnsafeMutableRawPointer, from: PhysicalAddress, byteCount: Int
  ) -> Int
  /// Fills RAM with zeros.
  func clear(_ address: PhysicalAddress, byteCount: Int)

  /// MRS of a system register of this core. Whoever calls names it: it is part of the instruction.
  func read(_ register: SystemRegister) -> UInt64
  /// MSR of a system register of this core, named by whoever calls; takes effect after
  /// `synchronizeContext()`.
  func write(_ register: SystemRegister, _ value: UInt64)
  /// ISB.
  func synchronizeContext()
  /// DSB ISH: page-table stores are seen by every walker, other stores by every core.
  func synchronizeData()
  /// Forgets, on all cores, the translations of one page of an address space. With the barriers.
  func invalidateTranslation(_ address: VirtualAddress, asid: UInt16)
  /// Forgets, on all cores, all translations of an address space. With the barriers.
  func invalidateTranslations(asid: UInt16)
  /// Makes what was stored in RAM visible to instruction fetch.
  func synchronizeCode(_ address: PhysicalAddress, byteCount: Int)

  /// SMC: the answer in X0.
  func callFirmware(_ function: UInt32, _ a: UInt64, _ b: UInt64, _ c: UInt64) -> UInt64
  /// The address that `CPU_ON` gives a core, physical.
  var secondaryEntry: PhysicalAddress { get }
  /// WFI, with interrupts masked: returns when one is pending.
  func waitForInterrupt()
  /// Sends software-generated interrupt 0 to a core, by its MPIDR affinity.
  func kick(affinity: UInt64)

  /// Takes the kernel lock. Every entry from EL0, from a guest and from idle takes it.
  func lock()
  /// Gives the kernel lock.
  func unlock()

  /// Stores V0...V31, FPCR and FPSR of this core.
  func saveVectors(_ state: VectorState)
  /// Loads V0...V31, FPCR and FPSR of this core.
  func loadVectors(_ state: VectorState)

  /// The kernel cannot go on: stops this core for ever, with interrupts masked.
  func stop() -> Never
  /// The kernel cannot even panic: says so with as little memory as there can be, and resets the
  /// machine.
  func abandon(
    _ reason: AbandonReason, _ syndrome: Syndrome, elr: UInt64, far: UInt64
  ) -> Never
}

/// Why a kernel cannot even panic. The numbers are those of Images/Sources/HypervisorEntry/support.c;
/// 0 and 1, an exception inside of the handling of another and one without a stack, never get as far as
/// this library.
public enum AbandonReason: UInt64, Sendable {
  /// An exception in the middle of a panic.
  case inPanic = 2
  /// An exception before there is a kernel.
  case beforeKernel = 3
}
