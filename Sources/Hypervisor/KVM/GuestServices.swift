// What /dev/kvm may ask of the kernel around it, and nothing else: the kernel is behind a private
// reference, so that whatever else a guest's call touches is a compiler's error, not a reader's
// discovery. The other way, the kernel calls the internal functions of `GuestMonitor`.

import APEI
import Arm
import KVM

/// The kernel as `GuestMonitor` sees it. Every function is called with the kernel lock held, but
/// `run`, which gives it back meanwhile.
@safe struct GuestServices<P: HypervisorPlatform> {
  /// The monitor that asks is the kernel's own: there is no monitor without its kernel.
  private unowned(unsafe) let kernel: Kernel<P>

  init(_ kernel: Kernel<P>) { unsafe self.kernel = kernel }

  // MARK: Frames

  /// 2^order frames, cleared, for a guest's tables or kvm_run; nil when there are none.
  func allocateFrames(order: Int = 0) -> PhysicalAddress? {
    guard let frame = unsafe kernel.frames.allocate(order: order, for: .guest) else { return nil }
    unsafe kernel.platform.clear(frame, byteCount: 4096 << order)
    return frame
  }
  /// Gives back what nobody else holds.
  func freeFrames(_ frame: PhysicalAddress) { unsafe kernel.frames.free(frame) }
  /// Gives back what a process may have mapped as well.
  func releaseFrame(_ frame: PhysicalAddress) { unsafe kernel.frames.release(frame) }
  /// Whether hardware lost a frame.
  func isLost(_ frame: PhysicalAddress) -> Bool { unsafe kernel.frames.isPoisoned(frame) }
  /// Whether only the kernel's own reserve is left.
  var isMemoryScarce: Bool { unsafe kernel.frames.isScarce }
  /// The 64-bit word at a physical address, which the caller answers for: 8-byte aligned, of a frame allocated
  /// here.
  @unsafe func word(_ address: PhysicalAddress) -> UInt64 { unsafe kernel.word(address) }
  /// Stores a 64-bit word, as `word`.
  @unsafe func store(_ value: UInt64, _ address: PhysicalAddress) {
    unsafe kernel.store(value, address)
  }

  // MARK: User memory

  /// The page behind a user address, brought in: valid until `GuestMonitor.forget` names it.
  func resolve(
    _ space: AddressSpace, _ address: UInt64, for access: UserAccess
  ) throws(UserFault) -> UserPage {
    try unsafe kernel.resolve(space, address, for: access)
  }
  /// Bytes of the caller's memory.
  func read(_ thread: Thread, _ address: UInt64, count: Int) throws(CallEnd) -> [UInt8] {
    try unsafe kernel.read(thread, address, count: count)
  }
  /// Stores bytes in the caller's memory.
  func write(_ thread: Thread, _ address: UInt64, _ bytes: [UInt8]) throws(CallEnd) {
    try unsafe kernel.write(thread, address, bytes)
  }
  /// A word of the caller's memory.
  func read64(_ thread: Thread, _ address: UInt64) throws(CallEnd) -> UInt64 {
    try unsafe kernel.read64(thread, address)
  }
  /// A word of the caller's memory.
  func read32(_ thread: Thread, _ address: UInt64) throws(CallEnd) -> UInt32 {
    try unsafe kernel.read32(thread, address)
  }
  /// Stores a word in the caller's memory.
  func write64(_ thread: Thread, _ address: UInt64, _ value: UInt64) throws(CallEnd) {
    try unsafe kernel.write64(thread, address, value)
  }
  /// Stores a word in the caller's memory.
  func write32(_ thread: Thread, _ address: UInt64, _ value: UInt32) throws(CallEnd) {
    try unsafe kernel.write32(thread, address, value)
  }

  // MARK: Scheduling

  /// The counter now.
  var now: UInt64 { unsafe kernel.now }
  /// How many cores there are.
  var coreCount: Int { unsafe kernel.cores.count }
  /// RD_base of this core's redistributor.
  var redistributor: UInt64 { unsafe kernel.redistributor(of: kernel.core) }
  /// How long a thread has waited for a core while it could have run, all in all, in counter ticks.
  func waitingTime(_ thread: Thread) -> UInt64 { thread.waitingTime }
  /// Counter ticks as nanoseconds.
  func nanoseconds(ticks: UInt64) -> UInt64 { unsafe kernel.nanoseconds(ticks: ticks) }
  /// The time since 1970, in nanoseconds.
  var calendarTime: UInt64 { unsafe kernel.nanoseconds(ticks: kernel.time(on: .realTime)) }
  /// A number of the kernel's generator.
  func random() -> UInt64 { unsafe kernel.random() }
  /// Puts the thread to sleep; the call then throws `CallEnd.blocked`.
  func sleep(_ thread: Thread, on channel: WaitChannel, until deadline: UInt64? = nil) {
    unsafe kernel.sleep(thread, on: channel, until: deadline)
  }
  /// Wakes whoever sleeps on a channel.
  func wake(_ channel: WaitChannel) { unsafe kernel.wake(channel) }
  /// Wakes a thread that sleeps, or has the core that it runs on leave its guest.
  func wakeOrKick(_ thread: Thread) {
    switch thread.state {
    case .blocked: unsafe kernel.wake(thread, .event)
    case .running(let core): unsafe kernel.kick(core: core)
    case .ready, .dead: break
    }
  }
  /// Whether the thread must leave KVM_RUN, and how.
  func mustLeave(_ thread: Thread) -> CallEnd? { unsafe kernel.mustLeave(thread) }
  /// Puts the vector registers of this core into the thread that owns them.
  func releaseVectors() { unsafe kernel.releaseVectors() }
  /// Takes the interrupts that are pending for this core.
  func handleInterrupts() { unsafe kernel.handleInterrupts() }
  /// Runs the loaded vCPU without the lock, until something happens: `GuestExitCode`.
  func run(_ registers: GuestRegisters) -> UInt64 {
    unsafe kernel.platform.unlock()
    let code = unsafe kernel.platform.enterGuest(registers)
    unsafe kernel.platform.lock()
    return code
  }

  // MARK: Errors and words

  /// Sends a signal.
  func send(_ signal: SignalInformation, to thread: Thread) {
    unsafe kernel.send(signal, to: thread)
  }
  /// Asks firmware's error sources; what they have is dealt with.
  @discardableResult
  func claimErrors(_ event: ErrorEvent, for thread: Thread?) -> ErrorClaim {
    unsafe kernel.errors.claim(event, for: thread)
  }
  /// SIGBUS without an address, for a record that names none.
  func forceWithoutAddress(_ thread: Thread) { unsafe kernel.errors.forceWithoutAddress(thread) }
  /// A line of the log.
  func log(_ parts: LogPart...) { unsafe kernel.log(parts) }
  /// An SError that nobody can live with.
  func panic(systemError syndrome: Syndrome) -> Never {
    unsafe kernel.errors.panic(systemError: syndrome)
  }
}
