// A host kernel for tests: answers system calls from this process's own memory, keeps KVM's state as
// the ABI has it, byte for byte, and remembers what was asked.

import Arm
import KVM
import Testing
import VMM

@safe final class FakeKernel: HostKernel {
  enum Descriptor: Int64 {
    case kvm = 10
    case machine = 11
    case interruptController = 12
    case doorbell = 13
    case file = 14
    case log = 15
    case pageMap = 16
    case vcpu = 100
  }

  /// Interrupt lines: every change, as (number, level).
  var lines: [(line: UInt32, level: UInt32)] = []
  /// Registers by id, of vCPU 0.
  var registers: [UInt64: UInt64] = [:]
  /// KVM_SET_VCPU_EVENTS: the 16 bytes that matter.
  var events: [(pending: UInt8, hasSyndrome: UInt8, syndrome: UInt64)] = []
  /// KVM_ARM_SET_SERROR_ESR.
  var ownCalls: [UInt64] = []
  var capabilities: Set<UInt64> = [102]
  /// KVM_ENABLE_CAP.
  var enabled: [UInt64] = []
  /// Bytes written, by descriptor.
  var written: [UInt64: [UInt8]] = [:]
  /// Files by path.
  var files: [String: [UInt8]] = [:]
  private var openFile: (bytes: [UInt8], offset: Int) = ([], 0)
  /// MAP_FIXED mappings.
  var replaced: [(address: HostAddress, count: UInt64)] = []
  var closed: [Int64] = []
  /// KVM_ARM_VM_SMCCC_FILTER, as set.
  var filters: [[UInt8]] = []
  /// A host before Linux 6.4.
  var lacksCallFilter = false
  /// KVM_GET_MP_STATE.
  var isStopped = false
  /// What /dev/kmsg has to say, a record each; nil without it.
  var log: [[UInt8]]?
  /// The frame of a page of this process, for /proc/self/pagemap: its word.
  var pageMap: ((UInt64) -> UInt64)?
  /// Threads that were sent SIGUSR1.
  var kicks: [UInt64] = []
  var requests: [UInt64] = []
  /// sigaltstack and rt_sigaction.
  var signalStacks: [UInt64] = []
  var signalFlags: [UInt64] = []
  var seconds: UInt64 = 1_000
  /// What a KVM_RUN does: given kvm_run, its result.
  var run: ((UInt64) -> Int64)?
  var startedThreads: [Int] = []
  /// Addresses at which hardware has lost memory; what happens when a load meets one.
  var bad: Set<HostAddress> = []
  var onBadLoad: ((HostAddress) -> Void)?
  /// What madvise does.
  var advise: ((HostAddress, UInt64) -> Int64)?
  /// Which mappings are refused.
  var refusesMapping: ((UInt64) -> Bool)?
  /// Called where a thread would run.
  var thread: ((Int) -> Void)?
  private var allocations = unsafe [UnsafeMutableRawPointer]()

  deinit { unsafe allocations.forEach { unsafe $0.deallocate() } }

  func lock() {}
  func unlock() {}
  func synchronizeMemory() {}
  func load(_ address: HostAddress) -> UInt64? {
    guard bad.contains(address) else { return Words.u64(address.rawValue) }
    onBadLoad?(address)
    return nil
  }
  func startThread(vcpu: Int) -> Int64 {
    startedThreads.append(vcpu)
    return 0
  }
  func joinThread(vcpu: Int) {}
  var signalHandler: HostAddress { 0x1111 }
  var signalRestorer: HostAddress { 0x2222 }

  /// Zeroed memory for as long as the kernel lives.
  func allocate(_ count: UInt64) -> HostBlock {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: Int(count), alignment: 1 << 16)
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: Int(count))
    unsafe allocations.append(memory)
    return unsafe HostBlock(
      mapped: HostAddress(UInt64(UInt(bitPattern: memory))), byteCount: count)
  }

  func text(_ descriptor: UInt64) -> String {
    String(decoding: written[descriptor] ?? [], as: UTF8.self)
  }

  private func bytes(_ address: UInt64, _ count: UInt64) -> [UInt8] {
    (0..<count).map { Words.u8(address + $0) }
  }

  func call(
    _ call: SystemCall, _ a: UInt64, _ b: UInt64, _ c: UInt64, _ d: UInt64, _ e: UInt64,
    _ f: UInt64
  ) -> Int64 {
    switch call {
    case .map:
      if refusesMapping?(d) == true { return -12 }
      if d & MappingFlags.fixed.rawValue != 0 {
        replaced.append((HostAddress(a), b))
        Words.clear(a, b)
        return Int64(bitPattern: a)
      }
      return Int64(bitPattern: allocate(b).address.rawValue)
    case .write:
      if a == UInt64(Descriptor.doorbell.rawValue) { return 8 }
      written[a, default: []] += bytes(b, c)
      return Int64(c)
    case .openAt:
      let length = unsafe Text(address: HostAddress(b)).byteCount
      let path = String(decoding: bytes(b, UInt64(length)), as: UTF8.self)
      if path == "/dev/kvm" { return Descriptor.kvm.rawValue }
      if path == "/dev/kmsg", log != nil { return Descriptor.log.rawValue }
      if path == "/proc/self/pagemap", pageMap != nil { return Descriptor.pageMap.rawValue }
      guard let file = files[path] else { return -2 }
      openFile = (file, 0)
      return Descriptor.file.rawValue
    case .seek:
      openFile.offset = c == 2 ? openFile.bytes.count : 0
      return Int64(openFile.offset)
    case .read where a == UInt64(Descriptor.log.rawValue):
      guard let record = log?.first else { return -11 }
      log?.removeFirst()
      // EPIPE: what was to be read has been overwritten.
      guard !record.isEmpty else { return -32 }
      for (index, byte) in record.enumerated() { Words.store(byte, b + UInt64(index)) }
      return Int64(record.count)
    case .readAt:
      guard let pageMap, a == UInt64(Descriptor.pageMap.rawValue) else { return -9 }
      for index in 0..<c / 8 { Words.store(pageMap(d / 8 + index), b + index * 8) }
      return Int64(c)
    case .read:
      guard a == UInt64(Descriptor.file.rawValue) else { return 0 }
      let count = min(Int(c), openFile.bytes.count - openFile.offset)
      for index in 0..<count {
        Words.store(openFile.bytes[openFile.offset + index], b + UInt64(index))
      }
      openFile.offset += count
      return Int64(count)
    case .close:
      closed.append(Int64(bitPattern: a))
      return 0
    case .eventfd2: return Descriptor.doorbell.rawValue
    case .getThreadID: return 77
    case .clockGetTime:
      Words.store(seconds, b)
      return 0
    case .ioctl: return ioctl(Int64(bitPattern: a), b, c)
    case .poll:
      // Nothing to wait for: the vCPUs run now, one after another.
      for vcpu in startedThreads { thread?(vcpu) }
      startedThreads = []
      let isSaying = log?.isEmpty == false && Words.u32(a + 16) == 15
      Words.store(isSaying ? 1 : 0 as UInt16, a + 16 + PollLayout.returned)
      return isSaying ? 1 : 0
    case .advise: return advise?(HostAddress(a), c) ?? 0
    case .signalStack:
      signalStacks.append(Words.u64(a))
      return 0
    case .signalAction:
      signalFlags.append(Words.u64(b + SignalActionLayout.flags))
      return 0
    case .threadGroupKill:
      kicks.append(b)
      return 0
    case .processControl, .unmap, .getProcessID: return 0
    default: return -38
    }
  }

  private func ioctl(_ descriptor: Int64, _ number: UInt64, _ argument: UInt64) -> Int64 {
    requests.append(number)
    guard let request = KVMRequest(rawValue: number) else { return -25 }
    switch request {
    case .getAPIVersion: return 12
    case .getVCPUMapSize: return 8192
    case .createVM: return Descriptor.machine.rawValue
    case .checkExtension: return capabilities.contains(argument) ? 1 : 0
    case .createVCPU: return Descriptor.vcpu.rawValue + Int64(argument)
    case .createDevice:
      Words.store(
        UInt32(Descriptor.interruptController.rawValue),
        argument + KVMCreateDeviceLayout.descriptor)
      return 0
    case .irqLine:
      lines.append((Words.u32(argument), Words.u32(argument + 4)))
      return 0
    case .getOneRegister:
      Words.store(registers[Words.u64(argument)] ?? 0, Words.u64(argument + 8))
      return 0
    case .setOneRegister:
      registers[Words.u64(argument)] = Words.u64(Words.u64(argument + 8))
      return 0
    case .setVCPUEvents:
      events.append((Words.u8(argument), Words.u8(argument + 1), Words.u64(argument + 8)))
      return 0
    case .enableCapability:
      enabled.append(UInt64(Words.u32(argument)))
      return 0
    case .armSetSErrorESR:
      ownCalls.append(Words.u64(argument))
      return 0
    case .hasDeviceAttribute: return lacksCallFilter ? -22 : 0
    case .setDeviceAttribute:
      guard descriptor == Descriptor.machine.rawValue else { return 0 }
      #expect(Words.u64(argument) == 0 && Words.u64(argument + 8) == 0)
      filters.append(bytes(Words.u64(argument + 16), 24))
      return 0
    case .getMPState:
      Words.store(isStopped ? 5 : 0 as UInt32, argument)
      return 0
    case .run:
      return run?(argument) ?? -4
    default: return 0
    }
  }
}

/// An arm64 Image of one page that asks for 64 KiB.
func kernelImage() -> [UInt8] {
  var image = [UInt8](repeating: 0, count: 4096)
  image[18] = 1  // image_size 0x10000
  image[24] = 0x0A
  image[56...59] = [0x41, 0x52, 0x4D, 0x64]
  return image
}

/// `==` for what changes by being looked at, which `#expect` cannot take apart.
func same<T: Equatable>(_ left: T, _ right: T) -> Bool { left == right }

/// Memory of this process at any address, as the kernel below sees it: system calls carry addresses.
@safe enum Words {
  private static func pointer(_ address: UInt64) -> UnsafeMutableRawPointer {
    unsafe UnsafeMutableRawPointer(bitPattern: UInt(address)).unsafelyUnwrapped
  }
  static func u8(_ address: UInt64) -> UInt8 { unsafe pointer(address).load(as: UInt8.self) }
  static func u32(_ address: UInt64) -> UInt32 { unsafe pointer(address).load(as: UInt32.self) }
  static func u64(_ address: UInt64) -> UInt64 { unsafe pointer(address).load(as: UInt64.self) }
  static func store<Value: BitwiseCopyable>(_ value: Value, _ address: UInt64) {
    unsafe pointer(address).storeBytes(of: value, as: Value.self)
  }
  static func store<Value: BitwiseCopyable>(_ value: Value, _ address: HostAddress) {
    store(value, address.rawValue)
  }
  static func clear(_ address: UInt64, _ count: UInt64) {
    unsafe pointer(address).initializeMemory(as: UInt8.self, repeating: 0, count: Int(count))
  }
}

// Addresses in tests are often literals.
extension HostAddress: ExpressibleByIntegerLiteral {
  /// The address of a literal.
  public init(integerLiteral value: UInt64) { self.init(value) }
}
extension IntermediatePhysicalAddress: ExpressibleByIntegerLiteral {
  /// The address of a literal.
  public init(integerLiteral value: UInt64) { self.init(value) }
}
extension PhysicalAddress: ExpressibleByIntegerLiteral {
  /// The address of a literal.
  public init(integerLiteral value: UInt64) { self.init(value) }
}
extension VirtualAddress: ExpressibleByIntegerLiteral {
  /// The address of a literal.
  public init(integerLiteral value: UInt64) { self.init(value) }
}
