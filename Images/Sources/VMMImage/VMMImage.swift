// The virtual machine monitor as a static Linux program: the same file runs on Debian's kernel and on
// our hypervisor. Everything but system calls and threads is in the library VMM.

import GuestEntry
import GuestRuntime
import KVM
import Text
import VMM

/// The guest's machine; set before any thread starts.
nonisolated(unsafe) var machine: VirtualMachine<LinuxKernel>?
/// The notes of the signal handler; set before there is one.
nonisolated(unsafe) var inbox = SignalInbox(.none)
/// What begins the lines of this VMM; for the handler's last words, which must not need the heap.
nonisolated(unsafe) var name: Text?
/// The stacks and ids of the vCPUs' threads.
nonisolated(unsafe) var threads = InlineArray<8, VCPUThread>(repeating: VCPUThread())

/// A vCPU's thread. Its stack is kept for the next thread of the vCPU.
struct VCPUThread {
  /// Bytes of a stack, and of the word above it in which the kernel keeps the thread's id.
  static let stackSize: UInt64 = 0x4_0000
  /// The mapping, with the page of the word; none yet if empty.
  var stack = HostBlock.none
  /// The thread's id, cleared by the kernel when the thread has ended.
  var id: HostBlock { stack.part(at: VCPUThread.stackSize, byteCount: 8) }
}

/// Linux, or what answers like it.
struct LinuxKernel: HostKernel {
  func call(
    _ call: SystemCall, _ a: UInt64, _ b: UInt64, _ c: UInt64, _ d: UInt64, _ e: UInt64,
    _ f: UInt64
  ) -> Int64 {
    linux_call(call.rawValue, a, b, c, d, e, f)
  }
  func lock() { guest_lock() }
  func unlock() { guest_unlock() }
  func synchronizeMemory() { synchronize_memory() }
  @unsafe func load(_ address: HostAddress) -> UInt64? {
    var value: UInt64 = 0
    let isLost = unsafe withUnsafeMutablePointer(to: &value) {
      guest_load(address.rawValue, UInt64(UInt(bitPattern: $0)))
    }
    return isLost == 0 ? value : nil
  }
  var signalHandler: HostAddress { HostAddress(guest_signal_address()) }
  var signalRestorer: HostAddress { HostAddress(guest_restore_address()) }

  func startThread(vcpu: Int) -> Int64 {
    if unsafe threads[vcpu].stack.isEmpty {
      let stack = map(VCPUThread.stackSize + 4096, flags: .populate)
      guard stack.error == 0 else { return stack.error }
      unsafe threads[vcpu].stack = stack.block
    }
    let id = unsafe threads[vcpu].id
    // Not zero until the kernel clears it: a thread that has not begun is not one that ended.
    id.store(1 as UInt32, at: 0)
    let flags: CloneFlags = [.thisProcess, .childClearThreadID]
    let result = guest_clone(
      flags.rawValue, id.address.rawValue, id.address.rawValue, guest_thread_address(),
      UInt64(vcpu))
    return result < 0 ? result : 0
  }

  func joinThread(vcpu: Int) {
    let id = unsafe threads[vcpu].id
    while true {
      synchronize_memory()
      let value = id.u32(at: 0)
      if value == 0 { return }
      // The kernel wakes without FUTEX_PRIVATE_FLAG.
      _ = linux_call(
        SystemCall.futex.rawValue, id.address.rawValue, FutexOperation.wait.rawValue, UInt64(value),
        0, 0, 0)
    }
  }
}

@main enum VMMImage {
  static func main() {
    let host = LinuxKernel()
    let arguments = Arguments()
    // The kernel put them on the stack, each with its end, and nobody takes them away.
    func word(_ index: Int) -> Text {
      unsafe Text(address: HostAddress(arguments.address(index)))
    }
    let options: Options
    do {
      options = try Options(count: arguments.count, word: word)
    } catch {
      error.explain(host, word: word)
      if case .help = error { Linux.exit(0) }
      Linux.exit(64)
    }
    unsafe name = options.name
    let notes = host.map(SignalInbox.size)
    guard notes.error == 0 else { Linux.exit(1) }
    unsafe inbox = SignalInbox(notes.block)
    do {
      let virtual = try unsafe VirtualMachine(host, options, inbox: inbox)
      unsafe machine = virtual
      Linux.exit(UInt64(UInt32(bitPattern: virtual.run())))
    } catch {
      error.explain(host)
      Linux.exit(1)
    }
  }
}

/// A vCPU's thread.
@c(guest_thread) func guestThread(_ vcpu: UInt64) {
  unsafe machine?.runVCPU(Int(vcpu))
}

/// SIGBUS and SIGUSR1, on the thread they interrupted.
@c(guest_signal) func guestSignal(_ number: Int32, _ information: UInt64, _ context: UInt64) {
  let pc = context + SignalContextLayout.pc
  // The kernel gives the handler a siginfo of this size.
  let information = unsafe HostBlock(
    mapped: HostAddress(information), byteCount: SignalInformationLayout.size)
  let verdict = unsafe inbox.receive(
    LinuxKernel(), signal: UInt64(UInt32(bitPattern: number)), information: information,
    isLoad: load_word(pc) == guest_load_instruction())
  if verdict == .failLoad { store_word(pc, guest_load_failed()) }
  guard verdict == .die else { return }
  var message = Message()
  if let name = unsafe name {
    message.add(name)
    message.add("| ")
  }
  if Int32(bitPattern: information.u32(at: SignalInformationLayout.code)) > 0 {
    message.add(.ownMemoryLost, information.u64(at: SignalInformationLayout.address))
  } else {
    message.add(.foreignSignal)
  }
  message.add("\n")
  message.write(LinuxKernel(), to: 2)
  unsafe inbox.restoreTerminal(LinuxKernel())
  Linux.exit(1)
}
