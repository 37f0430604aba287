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
  /// 64 bits of guest memory at a multiple of 8; nil when hardware has lost them. The error has its
  /// note in the inbox then, and the VMM goes on.
  func load(_ address: UInt64) -> UInt64?
  /// Starts the thread of a vCPU, which calls `VirtualMachine.runVCPU`; 0 or -errno.
  func startThread(vcpu: Int) -> Int64
  /// Waits until the thread of a vCPU has ended.
  func joinThread(vcpu: Int)
  /// Address of the signal handler, which calls `SignalInbox.receive`.
  var signalHandler: UInt64 { get }
  /// Address of code that calls rt_sigreturn.
  var signalRestorer: UInt64 { get }
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

  /// Anonymous private memory; nil when there is none, or the result of mmap.
  func map(
    _ count: UInt64, at address: UInt64 = 0, flags: MappingFlags = []
  ) -> (address: UInt64, error: Int64) {
    var all: MappingFlags = [.private, .anonymous]
    all.formUnion(flags)
    let result = call(
      .map, address, count, MemoryProtection([.read, .write]).rawValue, all.rawValue, .max, 0)
    return result < 0 && result >= -LinuxError.highest
      ? (0, result) : (UInt64(bitPattern: result), 0)
  }
}

/// Words of this process's own memory by address.
///
/// Invariant: the VMM gives only addresses inside mappings that it made itself and never unmaps
/// while they are in use: kvm_run, scratch pages, guest memory after a bounds check, its own
/// command line.
@safe public enum Words {
  private static func pointer(_ address: UInt64) -> UnsafeMutableRawPointer {
    unsafe UnsafeMutableRawPointer(bitPattern: UInt(truncatingIfNeeded: address))
      .unsafelyUnwrapped
  }
  /// 8 bits.
  public static func u8(_ address: UInt64) -> UInt8 {
    unsafe pointer(address).load(as: UInt8.self)
  }
  /// 16 bits, aligned.
  public static func u16(_ address: UInt64) -> UInt16 {
    unsafe pointer(address).load(as: UInt16.self)
  }
  /// 32 bits, aligned.
  public static func u32(_ address: UInt64) -> UInt32 {
    unsafe pointer(address).load(as: UInt32.self)
  }
  /// 64 bits, aligned.
  public static func u64(_ address: UInt64) -> UInt64 {
    unsafe pointer(address).load(as: UInt64.self)
  }
  /// Stores 8 bits.
  public static func store(_ value: UInt8, _ address: UInt64) {
    unsafe pointer(address).storeBytes(of: value, as: UInt8.self)
  }
  /// Stores 16 bits, aligned.
  public static func store(_ value: UInt16, _ address: UInt64) {
    unsafe pointer(address).storeBytes(of: value, as: UInt16.self)
  }
  /// Stores 32 bits, aligned.
  public static func store(_ value: UInt32, _ address: UInt64) {
    unsafe pointer(address).storeBytes(of: value, as: UInt32.self)
  }
  /// Stores 64 bits, aligned.
  public static func store(_ value: UInt64, _ address: UInt64) {
    unsafe pointer(address).storeBytes(of: value, as: UInt64.self)
  }
  /// Stores zeros; `count` is a multiple of 8.
  public static func clear(_ address: UInt64, _ count: UInt64) {
    var offset: UInt64 = 0
    while offset < count {
      store(0 as UInt64, address + offset)
      offset += 8
    }
  }
}
