// What the handling of hardware errors may ask of the kernel around it, and nothing else: the kernel
// is behind a private reference. What handles an error must not depend on much, for it runs when
// something has just been lost.

import Arm
import KVM

/// The kernel as `HardwareErrors` sees it. Every function is called with the kernel lock held.
@safe struct ErrorServices<P: HypervisorPlatform> {
  /// Who asks is the kernel's own: it does not outlive it.
  private unowned(unsafe) let kernel: Kernel<P>

  init(_ kernel: Kernel<P>) { unsafe self.kernel = kernel }

  // MARK: Frames and what maps them

  /// RAM, to mark what is lost.
  var frames: FrameAllocator {
    get { unsafe kernel.frames }
    nonmutating _modify { yield unsafe &kernel.frames }
  }
  /// Where a user frame is mapped.
  func mappings(of frame: PhysicalAddress) -> [(AddressSpace, UInt64)] {
    unsafe kernel.mappings(of: frame)
  }
  /// Moves what is in a user frame elsewhere.
  func moveContents(of frame: PhysicalAddress) -> FrameMove {
    unsafe kernel.moveContents(of: frame)
  }
  /// One holder less of the block that a frame lies in.
  func release(_ frame: PhysicalAddress) { unsafe kernel.frames.release(frame) }
  /// Takes a mapping out of a process and of the guests that it backs.
  func lose(_ space: AddressSpace, _ address: UInt64) -> LostMapping? {
    unsafe kernel.lose(space, address)
  }
  /// Where a process has, or had, a frame.
  func trace(of frame: PhysicalAddress, in space: AddressSpace) -> LostMapping? {
    unsafe kernel.trace(of: frame, in: space)
  }
  /// Whether a user page was lost.
  func isLost(_ space: AddressSpace, _ address: UInt64) -> Bool {
    unsafe kernel.leaf(space, address).entry.isLost
  }
  /// Has a VM do without a stage 2 table; false if the frame was none.
  func loseTable(at frame: PhysicalAddress) -> Bool { unsafe kernel.guests.loseTable(at: frame) }

  /// Tells the VMMs that want to know of a corrected error in a frame that backs their guests.
  func tellGuests(_ error: CorrectedGuestError, in frame: PhysicalAddress) {
    guard unsafe kernel.guests.hearsOfCorrected, frames.isManaged(frame),
      frames.block(of: frame)?.use == .user
    else { return }
    for (space, address) in mappings(of: frame) {
      unsafe kernel.guests.noteCorrected(error, space, address)
    }
  }

  // MARK: Cores

  /// The core with these affinity fields of MPIDR_EL1, if it has come up.
  func core(affinity: UInt64) -> Int? {
    unsafe kernel.cores.firstIndex {
      $0.isOnline && MultiprocessorAffinity(rawValue: $0.affinity).affinity == affinity
    }
  }
  /// Has a core enter the kernel soon, this one once more.
  func kick(core: Int) {
    unsafe kernel.cores[core].isIdle = false
    unsafe kernel.platform.kick(affinity: kernel.cores[core].affinity)
  }

  // MARK: Whom to tell

  /// Every process.
  var processes: [Process] { unsafe kernel.processes }
  /// The thread that runs on this core.
  var current: Thread? { unsafe kernel.current }
  /// Sends a signal that a thread cannot escape.
  func force(_ signal: SignalInformation, _ thread: Thread) { unsafe kernel.force(signal, thread) }
  /// Sends a signal.
  func send(_ signal: SignalInformation, to thread: Thread) {
    unsafe kernel.send(signal, to: thread)
  }

  // MARK: Time

  /// The counter now.
  var now: UInt64 { unsafe kernel.now }
  /// Nanoseconds as counter ticks.
  func ticks(nanoseconds: UInt64) -> UInt64 { unsafe kernel.ticks(nanoseconds: nanoseconds) }

  // MARK: Words

  /// A line of the log.
  func log(_ parts: LogPart...) { unsafe kernel.log(parts) }
  /// Begins a line of the log.
  func beginLine() { unsafe kernel.beginLine() }
  /// Goes on with it.
  func put(_ part: LogPart) { unsafe kernel.put(part) }
  /// Ends it.
  func endLine() { unsafe kernel.endLine() }
  /// Ends everything.
  func panic(_ reason: StaticString) -> Never { unsafe kernel.panic(reason) }
}
