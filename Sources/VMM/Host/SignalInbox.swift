// SIGBUS, the one signal that carries hardware errors, and SIGUSR1, with which the VMM takes its own
// threads out of the guest. A handler can interrupt the VMM anywhere, also while it holds its lock,
// so it only notes what happened for the thread it interrupted; the vCPU loop acts on it. Setting
// kvm_run.immediate_exit closes the gap between a thread's last look and KVM_RUN.
//
// An access of the VMM's own that meets an error cannot go on: the handler says so and ends the
// process. Errors are the guest's when they are in guest memory and came inside of KVM_RUN (or of
// madvise), or by the one load with which the VMM reads guest memory: that one has a way to fail.

import KVM

/// What a signal said.
public struct MemoryErrorSignal: Equatable, Sendable {
  /// si_code.
  public var code: Int32
  /// si_addr; 0 when the kernel knows none.
  public var address: HostAddress
  /// si_addr_lsb: log2 of the bytes lost; meaningful with BUS_MCEERR_*.
  public var leastBit: UInt16

  /// The signal of a code.
  public init(code: Int32, address: HostAddress, leastBit: UInt16) {
    self.code = code
    self.address = address
    self.leastBit = leastBit
  }
}

/// Notes between a thread and its signal handler: a record of 256 bytes for every thread, the main
/// thread's first.
public struct SignalInbox: Sendable {
  /// Bytes.
  public static let size: UInt64 = 4096
  static let recordSize: UInt64 = 256
  static let threadCount: UInt64 = 9
  /// Bytes of a stack for the handler: a frame of Linux and what it calls.
  static let stackSize: UInt64 = 0x4000
  // After the records: where the terminal's old settings are while it is raw, or 0; first byte and
  // size of guest memory; u64 each.
  private static let terminalPlace: UInt64 = 4024
  private static let memoryPlace: UInt64 = 4032
  // A record: thread id u32 @0, inside KVM_RUN u32 @4, kvm_run u64 @8, doorbell descriptor u64 @16,
  // written u32 @24, read u32 @28, then 8 notes {code u32, lsb u32, address u64} from @32.
  private static let noteCount: UInt32 = 8

  /// Where the records are.
  public let memory: HostBlock

  /// Records in zeroed memory of `size` bytes.
  public init(_ memory: HostBlock) { self.memory = memory }

  /// The record of a vCPU, or of the main thread for nil.
  func record(_ vcpu: Int?) -> HostBlock { record(at: UInt64((vcpu ?? -1) + 1)) }

  private func record(at index: UInt64) -> HostBlock {
    memory.part(at: SignalInbox.recordSize * index, byteCount: SignalInbox.recordSize)
  }

  /// Says where the terminal's old settings are; nil when it is not raw.
  func setTerminalSettings(_ address: HostAddress?) {
    memory.store(address ?? HostAddress(0), at: SignalInbox.terminalPlace)
  }

  /// The terminal as it was; a signal handler that ends the process may call it.
  public func restoreTerminal<Host: HostKernel>(_ host: Host) {
    let settings = memory.u64(at: SignalInbox.terminalPlace)
    guard settings != 0 else { return }
    setTerminalSettings(nil)
    _ = host.call(.ioctl, 0, Terminal.setAttributes, settings)
  }

  /// Says where guest memory is in this process.
  func setMemory(_ first: HostAddress, size: UInt64) {
    memory.store(first, at: SignalInbox.memoryPlace)
    memory.store(size, at: SignalInbox.memoryPlace + 8)
  }

  private func isGuestMemory(_ address: HostAddress) -> Bool {
    address.rawValue &- memory.u64(at: SignalInbox.memoryPlace)
      < memory.u64(at: SignalInbox.memoryPlace + 8)
  }

  /// Names the thread of a record and what wakes it: its kvm_run, or a doorbell.
  func claim(_ vcpu: Int?, threadID: Int64, run: HostBlock, doorbell: Int64) {
    let record = record(vcpu)
    record.store(run.address, at: 8)
    record.store(UInt64(bitPattern: doorbell), at: 16)
    record.store(UInt32(truncatingIfNeeded: threadID), at: 0)
  }

  /// Forgets a thread that ends.
  func release(_ vcpu: Int) {
    record(vcpu).store(0 as UInt32, at: 0)
    record(vcpu).store(0 as UInt64, at: 8)
  }

  /// Brackets KVM_RUN and whatever else meets errors of guest memory.
  func setInside(_ vcpu: Int, _ isInside: Bool) {
    record(vcpu).store(isInside ? 1 : 0 as UInt32, at: 4)
  }

  /// The thread of a vCPU; 0 when there is none.
  func threadID(_ vcpu: Int) -> UInt32 { record(vcpu).u32(at: 0) }

  /// The oldest note of a thread.
  func take(_ vcpu: Int?) -> MemoryErrorSignal? {
    let record = record(vcpu)
    let read = record.u32(at: 28)
    guard read != record.u32(at: 24) else { return nil }
    let note = SignalInbox.note(record, read)
    let signal = MemoryErrorSignal(
      code: Int32(bitPattern: note.u32(at: 0)), address: HostAddress(note.u64(at: 8)),
      leastBit: UInt16(truncatingIfNeeded: note.u32(at: 4)))
    record.store(read &+ 1, at: 28)
    return signal
  }

  /// The place of a record's note by its number.
  private static func note(_ record: HostBlock, _ number: UInt32) -> HostBlock {
    record.part(at: 32 + UInt64(number % noteCount) * 16, byteCount: 16)
  }

  /// What to do after a handler.
  public enum Verdict: Equatable, Sendable {
    /// Return from it.
    case `continue`
    /// Return from it to where the load of guest memory has failed.
    case failLoad
    /// The VMM's own access met the error: end the process.
    case die
  }

  /// Called by the handler, on the interrupted thread, with siginfo; `isLoad` says that it interrupted
  /// the instruction of `HostKernel.load`.
  public func receive<Host: HostKernel>(
    _ host: Host, signal: UInt64, information: HostBlock, isLoad: Bool = false
  ) -> Verdict {
    let threadID = UInt32(truncatingIfNeeded: host.call(.getThreadID))
    var index: UInt64 = 0
    while index < SignalInbox.threadCount,
      record(at: index).u32(at: 0) != threadID
    {
      index += 1
    }
    let isKnown = index < SignalInbox.threadCount
    // A thread that begins or ends has no record: what is optional comes again with its use.
    let record = isKnown ? record(at: index) : .none
    var verdict = Verdict.continue
    if signal == Signal.bus.rawValue {
      let isInside = isKnown && record.u32(at: 4) != 0
      verdict = judge(information, isLoad: isLoad, isInside: isInside)
      guard verdict != .die else { return .die }
      if isKnown { note(information, record, isLoad: verdict == .failLoad) }
    }
    guard isKnown else { return verdict }
    let run = HostAddress(record.u64(at: 8))
    if run.rawValue != 0 {
      // A thread's record names its kvm_run for as long as that is mapped.
      unsafe HostBlock(mapped: run, byteCount: KVMRunLayout.size)
        .store(1 as UInt8, at: KVMRunLayout.immediateExit)
    }
    if index == 0 { Doorbell(descriptor: Int64(bitPattern: record.u64(at: 16))).ring(host) }
    return verdict
  }

  private func judge(_ information: HostBlock, isLoad: Bool, isInside: Bool) -> Verdict {
    let code = Int32(bitPattern: information.u32(at: SignalInformationLayout.code))
    switch SignalCode(rawValue: code) {
    case .memoryErrorActionOptional: return .continue
    case .memoryErrorActionRequired:
      // Who returns to an access of memory that nobody replaces is here again at once.
      guard isGuestMemory(HostAddress(information.u64(at: SignalInformationLayout.address))) else {
        return .die
      }
      return isLoad ? .failLoad : isInside ? .continue : .die
    default:
      // Sent by a process, not by the kernel: deadly as without a handler.
      guard code > 0 else { return .die }
      return isLoad ? .failLoad : isInside ? .continue : .die
    }
  }

  /// What the VMM's own load has met, no vCPU has: nobody's action is required, and without an
  /// address there is nothing to note.
  private func note(_ information: HostBlock, _ record: HostBlock, isLoad: Bool) {
    let written = record.u32(at: 24)
    guard written &- record.u32(at: 28) < SignalInbox.noteCount else { return }
    let code = Int32(bitPattern: information.u32(at: SignalInformationLayout.code))
    let kind = SignalCode(rawValue: code)
    let hasBit = kind == .memoryErrorActionRequired || kind == .memoryErrorActionOptional
    let hasAddress = code < SignalCode.kernel.rawValue
    guard hasAddress || !isLoad else { return }
    let note = SignalInbox.note(record, written)
    note.store(
      UInt32(bitPattern: isLoad ? SignalCode.memoryErrorActionOptional.rawValue : code), at: 0)
    note.store(
      hasBit ? UInt32(information.u16(at: SignalInformationLayout.addressLeastBit)) : 0, at: 4)
    note.store(hasAddress ? information.u64(at: SignalInformationLayout.address) : 0, at: 8)
    record.store(written &+ 1, at: 24)
  }
}

/// An eventfd that wakes the main thread.
struct Doorbell: Sendable {
  /// The descriptor; negative for none.
  var descriptor: Int64

  /// Wakes the main thread.
  func ring<Host: HostKernel>(_ host: Host) {
    var one: UInt64 = 1
    unsafe withUnsafePointer(to: &one) {
      _ = host.call(
        .write, UInt64(bitPattern: descriptor), UInt64(UInt(bitPattern: $0)), 8)
    }
  }

  /// Takes all rings at once.
  func answer<Host: HostKernel>(_ host: Host) {
    var count: UInt64 = 0
    unsafe withUnsafeMutablePointer(to: &count) {
      _ = host.call(
        .read, UInt64(bitPattern: descriptor), UInt64(UInt(bitPattern: $0)), 8)
    }
  }
}
