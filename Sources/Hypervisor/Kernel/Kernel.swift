// The hypervisor: a kernel at EL2 whose processes run at EL0 (HCR_EL2.{E2H,TGE}), and whose
// /dev/kvm runs guests. Two parts stand apart, each with its own state and a list of what it may ask
// of the kernel: /dev/kvm (`GuestMonitor`, `GuestServices`) and the handling of hardware errors
// (`HardwareErrors`, `ErrorServices`). The rest is in extensions of this class, a chapter a file;
// threads, processes, files and address spaces are plain objects. What follows rules of its own is a
// value that knows nothing of the kernel: who waits for a core (`RunQueue`), signals (`ThreadSignals`),
// the terminal (`ConsoleState`), frames, ASIDs, the initrd.
//
// What is surprising:
//
// - One lock. Every way into EL2 (from EL0, from a guest, out of idle) takes `platform.lock()` and
//   the way out gives it back. The kernel itself runs with interrupts masked and is never
//   preempted; interrupts are taken from EL0, ended guests, and idle.
// - One stack per core, none per thread. A system call that must wait says on what
//   (`sleep(_:on:until:)`) and throws `CallEnd.blocked`: the thread sleeps, and when it is woken the
//   call is made again, from the start, with the same arguments. So a call looks for its condition
//   first, and never waits with half of its work done.
// - User memory is never reached by user addresses: a user page is looked up in the tables
//   (`resolve`) and reached through the direct map. No user address makes the kernel fault; only a
//   hardware memory error can, and the copy survives that.

import APEI
import Arm
import Boot
import KVM

/// How a system call ends when it does not answer a value.
public enum CallEnd: Error, Equatable, Sendable {
  /// -errno in X0.
  case failed(LinuxError)
  /// The thread was put to sleep (`Kernel.sleep`): the call is made again when it wakes.
  case blocked
  /// The call is made again when the thread is scheduled next: it must let go of the core now
  /// (`Kernel.mustLeave`).
  case again
  /// The thread's context is what the call wants it to be (execve, rt_sigreturn), or the thread is
  /// gone: X0 is not touched.
  case replaced
}

/// What physical memory is managed by. Behind a pointer, because Swift's own allocations need it
/// before there is a kernel.
public struct KernelMemory {
  /// All of RAM.
  public var frames: FrameAllocator
  /// The kernel heap.
  public var heap = KernelHeap()

  /// Memory of these frames.
  public init(frames: FrameAllocator) { self.frames = frames }
}

/// What a core is doing.
public struct CoreState {
  /// MPIDR_EL1's affinity fields.
  public var affinity: UInt64
  /// Whether the core has come up.
  public var isOnline = false
  /// The thread that runs on it, in EL0, in a guest or in the kernel; nil when idle.
  public var current: Thread?
  /// The thread whose vector registers are in the core.
  var vectorOwner: Thread?
  /// Whether its thread has had its turn.
  public var mustReschedule = false
  /// When its thread's turn ends, in counter ticks.
  var turnEnd: UInt64 = 0
  /// Whether it waits in WFI with the lock given back.
  var isIdle = false
  /// Its redistributor (RD_base); 0 until it was looked for.
  var redistributor: UInt64 = 0
}

/// The kernel.
@safe public final class Kernel<P: HypervisorPlatform> {
  /// The hardware.
  public let platform: P
  let memoryPointer: UnsafeMutablePointer<KernelMemory>
  /// The machine, as its firmware describes it.
  public let machine: MachineInventory
  /// The console's PL011; 0 without. By itself, for every byte that is written asks for it.
  let uart: UInt64
  /// Every core.
  public var cores: [CoreState]
  /// Every process, zombies too.
  public var processes: [Process] = []
  /// Every thread that is not dead.
  public var threads: [Thread] = []
  /// Who could run.
  var ready = RunQueue()
  /// Frequency of the counter in hertz.
  public let frequency: UInt64
  /// Counter ticks from the beginning of 1970 to the counter's zero; 0 without a clock.
  let calendarStart: UInt64
  /// A level 0 table without entries: what cores without a process translate user addresses by.
  let emptyRoot: PhysicalAddress
  /// Which ASIDs are taken.
  var asids = AddressSpaceNumbers()
  var nextProcessID: Int32 = 1
  /// The files of the initrd.
  var archive: Archive
  /// The console: input and line discipline.
  var console = ConsoleState()
  private var madeErrors: HardwareErrors<P>?
  /// The page with the code that returns from a signal handler.
  var trampolineFrame: PhysicalAddress
  /// System calls that were missing, each logged once.
  var missingCalls: [UInt64] = []
  private var madeGuests: GuestMonitor<P>?
  var randomState: UInt64
  var isPanicking = false

  /// A kernel over memory that is set up, on a machine that is known. `initrd` is where the cpio
  /// archive is, size 0 for none.
  public init(
    _ platform: P, memory: UnsafeMutablePointer<KernelMemory>, machine: MachineInventory,
    initrd: MemoryRange
  ) throws(BootFailure) {
    self.platform = platform
    unsafe memoryPointer = unsafe memory
    self.machine = machine
    uart = machine.console ?? 0
    cores = []
    for core in 0..<max(1, machine.coreCount) {
      cores.append(CoreState(affinity: machine.mpidr(core)))
    }
    frequency = min(max(1, platform.read(.cntfrqEL0)), 18_000_000_000)
    let seconds = machine.clock.map { UInt64(platform.load32(PhysicalAddress($0))) } ?? 0
    let (ticks, overflow) = seconds.multipliedReportingOverflow(by: frequency)
    let counter = platform.read(.cntpctEL0)
    calendarStart = overflow || ticks < counter ? 0 : ticks - counter
    guard let root = unsafe memory.pointee.frames.allocate(for: .table),
      let page = unsafe memory.pointee.frames.allocate(for: .user)
    else { throw .noMemory }
    platform.clear(root, byteCount: 4096)
    emptyRoot = root
    trampolineFrame = page
    randomState = platform.read(.cntpctEL0) ^ 0x9E37_79B9_7F4A_7C15
    archive = Archive(platform, initrd)
    writeTrampoline()
  }

  // The two parts that stand apart refer back to the kernel, so they are made at first use. Not
  // `lazy`, which would be compiled into each of the many places of use.

  /// Hardware errors: who reports them, and what is done about them.
  var errors: HardwareErrors<P> {
    @inline(never) get {
      if let made = madeErrors { return made }
      let made = HardwareErrors(platform, ErrorServices(self))
      madeErrors = made
      return made
    }
  }

  /// /dev/kvm.
  var guests: GuestMonitor<P> {
    @inline(never) get {
      if let made = madeGuests { return made }
      let made = GuestMonitor(platform, GuestServices(self))
      madeGuests = made
      return made
    }
  }

  /// RAM: `kernel.frames.allocate(order:for:)` and the like.
  public var frames: FrameAllocator {
    get { unsafe memoryPointer.pointee.frames }
    _modify { yield unsafe &memoryPointer.pointee.frames }
  }

  /// The core this runs on.
  public var core: Int { platform.core }

  /// The thread that runs on this core.
  public var current: Thread? { cores[platform.core].current }

  // MARK: Words of physical memory.

  /// The 64-bit word at a physical address, which the caller answers for: 8-byte aligned, in managed RAM.
  @unsafe public func word(_ address: PhysicalAddress) -> UInt64 {
    unsafe platform.pointer(address).load(as: UInt64.self)
  }

  /// Stores a 64-bit word at a physical address, as `word`.
  @unsafe public func store(_ value: UInt64, _ address: PhysicalAddress) {
    unsafe platform.pointer(address).storeBytes(of: value, as: UInt64.self)
  }

  /// A cleared frame, or nil when there is none left.
  public func clearedFrame(for use: FrameUse) -> PhysicalAddress? {
    guard let frame = frames.allocate(for: use) else { return nil }
    platform.clear(frame, byteCount: 4096)
    return frame
  }

  // MARK: Time.

  /// The counter now.
  public var now: UInt64 { platform.read(.cntpctEL0) }

  /// Nanoseconds as counter ticks, rounded up, saturating.
  public func ticks(nanoseconds: UInt64) -> UInt64 {
    let (seconds, overflow) = (nanoseconds / 1_000_000_000).multipliedReportingOverflow(
      by: frequency)
    // Below 10^9 times the frequency, which is below 18 GHz.
    let rest = nanoseconds % 1_000_000_000 * frequency
    let (sum, carry) = seconds.addingReportingOverflow((rest + 999_999_999) / 1_000_000_000)
    return overflow || carry ? .max : sum
  }

  /// Counter ticks as nanoseconds.
  public func nanoseconds(ticks: UInt64) -> UInt64 {
    let (seconds, overflow) = (ticks / frequency).multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, carry) = seconds.addingReportingOverflow(
      ticks % frequency * 1_000_000_000 / frequency)
    return overflow || carry ? .max : sum
  }

  // MARK: Log.

  /// Writes a line to the console as dmesg shows it: time since boot, text.
  public func log(_ parts: LogPart...) { log(parts) }

  func log(_ parts: [LogPart]) {
    beginLine()
    for part in parts { put(part) }
    endLine()
  }

  /// Begins a line of the log with the time, as Linux does.
  @inline(never)
  func beginLine() {
    let microseconds = nanoseconds(ticks: now) / 1000
    writeConsole(0x5b)
    let seconds = microseconds / 1_000_000
    var width: UInt64 = 10000
    while width > max(seconds, 1) {
      if width > seconds, width >= 10 { writeConsole(0x20) }
      width /= 10
    }
    put(.decimal(seconds))
    writeConsole(0x2e)
    var unit: UInt64 = 100_000
    while unit > 0 {
      writeConsole(UInt8(0x30 + microseconds / unit % 10))
      unit /= 10
    }
    writeConsole(0x5d)
    writeConsole(0x20)
  }

  /// Continues the line.
  @inline(never)
  func put(_ part: LogPart) {
    var writer = ConsoleWriter(kernel: self)
    part.write(to: &writer)
  }

  /// Ends the line.
  @inline(never)
  func endLine() {
    writeConsole(0x0d)
    writeConsole(0x0a)
  }
}

/// Why the kernel cannot start.
public enum BootFailure: Error, Equatable, Sendable {
  /// Not enough RAM.
  case noMemory
  /// The device tree that firmware handed over is none.
  case deviceTree
  /// No EFI system table, no ACPI tables, or damaged ones.
  case tables
  /// The machine lacks what the kernel needs: a GICv3.
  case noInterruptController
  /// There is no /init in the initrd, or it is not a program.
  case noInit
}
