// What the VMM asks of the program it is part of: Linux system calls, threads, a lock. On arm64
// Linux and on our hypervisor these are raw system calls; in tests a fake answers them with memory
// of the test's own process, byte for byte the ABI.

import KVM

/// The kernel below, as a static program sees it.
///
/// All of the VMM's state is guarded by one lock; nobody holds it while a vCPU runs or a thread
/// waits.
public protocol HostKernel {
  /// A system call; negative results are -errno.
  func call(
    _ call: SystemCall, _ a: UInt64, _ b: UInt64, _ c: UInt64, _ d: UInt64, _ e: UInt64,
    _ f: UInt64
  ) -> Int64
  /// Takes the lock.
  func lock()
  /// Gives it back.
  func unlock()
  /// Orders memory accesses for other threads and vCPUs (DMB ISH).
  func synchronizeMemory()
  /// 64 bits of guest memory at a multiple of 8, for which the caller answers: the address is read, whatever is
  /// there. Nil when hardware has lost them. The error has its note in the inbox then, and the VMM goes on.
  @unsafe func load(_ address: HostAddress) -> UInt64?
  /// Starts the thread of a vCPU, which calls `VirtualMachine.runVCPU`; 0 or -errno.
  func startThread(vcpu: Int) -> Int64
  /// Waits until the thread of a vCPU has ended.
  func joinThread(vcpu: Int)
  /// Address of the signal handler, which calls `SignalInbox.receive`.
  var signalHandler: HostAddress { get }
  /// Address of code that calls rt_sigreturn.
  var signalRestorer: HostAddress { get }
}

extension HostKernel {
  /// A system call with fewer arguments.
  @inline(never)
  func call(
    _ number: SystemCall, _ a: UInt64 = 0, _ b: UInt64 = 0, _ c: UInt64 = 0, _ d: UInt64 = 0
  ) -> Int64 {
    call(number, a, b, c, d, 0, 0)
  }

  /// A KVM ioctl.
  func ioctl(_ descriptor: Int64, _ request: KVMRequest, _ argument: UInt64 = 0) -> Int64 {
    call(.ioctl, UInt64(bitPattern: descriptor), request.rawValue, argument)
  }

  /// A KVM ioctl whose argument is a structure.
  func ioctl(_ descriptor: Int64, _ request: KVMRequest, _ structure: HostBlock) -> Int64 {
    ioctl(descriptor, request, structure.address.rawValue)
  }

  /// Anonymous private memory, for as long as it is not unmapped; none, and the result of mmap, when
  /// there is none.
  public func map(
    _ count: UInt64, at address: HostAddress = HostAddress(0), flags: MappingFlags = []
  ) -> (block: HostBlock, error: Int64) {
    var all: MappingFlags = [.private, .anonymous]
    all.formUnion(flags)
    let result = call(
      .map, address.rawValue, count, MemoryProtection([.read, .write]).rawValue, all.rawValue, .max,
      0)
    guard result >= 0 || result < -LinuxError.highest else { return (.none, result) }
    let start = HostAddress(UInt64(bitPattern: result))
    return (unsafe HostBlock(mapped: start, byteCount: count), 0)
  }
}
