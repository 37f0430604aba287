// The system calls of Linux arm64, by number: which function does it. What is not here is ENOSYS,
// and is logged the first time.

import Arm
import KVM

extension Kernel {
  /// Makes the system call that a thread's registers ask for, for the first time or again.
  func performCall(_ thread: Thread) {
    let core = platform.core
    let original = thread.x(0)
    do throws(CallEnd) {
      thread.context.x[0] = try call(thread)
    } catch {
      switch error {
      case .replaced: break
      case .failed(let number): fail(thread, original, number)
      case .again:
        thread.hasPendingCall = true
        cores[core].mustReschedule = true
      case .blocked:
        // A signal that came before is not slept over, but where only death ends the wait.
        if thread.state == .blocked, thread.channel.kind != .vfork,
          thread.mustExit || hasDeliverableSignal(thread)
        {
          thread.state = .running(core)
          thread.deadline = nil
          fail(thread, original, .interrupted)
        } else {
          thread.hasPendingCall = true
        }
      }
    }
    if !thread.hasPendingCall { thread.wakeReason = .none }
  }

  private func fail(_ thread: Thread, _ original: UInt64, _ error: LinuxError) {
    if error == .interrupted {
      thread.interruptedCall = (original, Self.isRestartable(thread))
      writeRest(thread)
    }
    thread.context.x[0] = error.result
  }

  /// Whether a call that a signal ended is made again after a handler with SA_RESTART (signal(7)).
  private static func isRestartable(_ thread: Thread) -> Bool {
    switch SystemCall(rawValue: thread.x(8)) {
    case .read, .write, .readVector, .writeVector, .wait4: true
    case .futex: thread.x(3) == 0
    default: false
    }
  }

  private func call(_ thread: Thread) throws(CallEnd) -> UInt64 {
    let number = thread.x(8)
    guard let call = SystemCall(rawValue: number) else { return try missing(thread, number) }
    let a = thread.x(0)
    let b = thread.x(1)
    let c = thread.x(2)
    let d = thread.x(3)
    let process = thread.process
    switch call {
    case .openAt, .duplicate, .duplicate3, .pipe2, .eventfd2, .createMemoryFile, .timerfdCreate,
      .protect:
      // What is left is the kernel's own: no new objects for anybody.
      if frames.isScarce { throw .failed(.noMemory) }
    default: break
    }
    switch call {
    // Files.
    case .openAt: return try open(thread, a, b, c)
    case .close: return try close(thread, a)
    case .read: return try read(thread, process.files.file(a), b, c, at: nil)
    case .write: return try write(thread, process.files.file(a), b, c, at: nil)
    case .readAt, .writeAt:
      guard d >> 63 == 0 else { throw .failed(.invalid) }
      let file = try process.files.file(a)
      return call == .readAt
        ? try read(thread, file, b, c, at: d) : try write(thread, file, b, c, at: d)
    case .readVector: return try vector(thread, a, b, c, isWrite: false)
    case .writeVector: return try vector(thread, a, b, c, isWrite: true)
    case .seek: return try seek(process.files.file(a), b, c)
    case .ioctl: return try control(thread, a, b, c)
    case .fcntl: return try fileControl(process, a, b, c)
    case .duplicate: return try process.files.add(process.files.file(a))
    case .duplicate3: return try duplicate(process, a, b, c)
    case .stat: return try status(thread, process.files.file(a), b)
    case .statAt: return try status(thread, path: b, c, flags: d, descriptor: a)
    case .accessAt: return try access(thread, b)
    case .readLinkAt: return try readLink(thread, b, c, d)
    case .getcwd: return try currentFolder(thread, a, b)
    case .pipe2: return try makePipe(thread, a, b)
    case .eventfd2: return try makeCounter(process, a, b)
    case .createMemoryFile:
      return try process.files.add(OpenFile(.memory(MemoryFile())), closesOnExecute: b & 1 != 0)
    case .timerfdCreate: return try makeTimer(process, clock: a, b)
    case .timerfdSetTime: return try setTimer(thread, a, b, c, d)
    case .timerfdGetTime: return try getTimer(thread, a, b)
    case .poll: return try poll(thread, a, b, c, d)
    case .sync, .umask, .setSession, .mount, .makeDirectoryAt, .unlinkAt:
      return try fileSystemCall(call, process)
    // Memory.
    case .map: return try map(thread, a, b, c, d, thread.x(4), thread.x(5))
    case .unmap: return try unmap(thread, a, b)
    case .protect: return try protect(thread, a, b, c)
    case .advise: return try advise(thread, a, b, c)
    case .setBreak: return try setBreak(process, a)
    case .memorySync, .lock, .unlock: return 0
    // Threads and processes.
    case .clone: return try clone(thread, a, b, c, d, thread.x(4))
    case .execute: return try execute(thread, a, b, c)
    case .exit:
      exitThread(thread, status: Int32(truncatingIfNeeded: a & 0xff) << 8)
      throw .replaced
    case .exitGroup:
      endProcess(process, status: Int32(truncatingIfNeeded: a & 0xff) << 8)
      throw .replaced
    case .wait4: return try wait(thread, a, b, c)
    case .setThreadIDAddress:
      thread.clearThreadID = a
      return UInt64(thread.id)
    case .setRobustList, .restartableSequence:
      throw .failed(.notImplemented)
    case .getProcessID: return UInt64(process.id)
    case .getParentProcessID: return UInt64(process.parent)
    case .getThreadID: return UInt64(thread.id)
    case .getUserID, .getEffectiveUserID, .getGroupID, .getEffectiveGroupID: return 0
    case .yield:
      cores[platform.core].mustReschedule = true
      return 0
    case .getAffinity: return try affinity(thread, b, c)
    case .getCPU:
      if a != 0 { try write32(thread, a, UInt32(platform.core)) }
      if b != 0 { try write32(thread, b, 0) }
      return 0
    case .getResourceLimit: return try resourceLimits(thread, 0, a, new: nil, old: b)
    case .setResourceLimit: return try resourceLimits(thread, 0, a, new: b, old: nil)
    case .resourceLimits:
      return try resourceLimits(thread, a, b, new: c == 0 ? nil : c, old: d == 0 ? nil : d)
    case .processControl: return try processControl(thread, a, b, c)
    case .uname: return try uname(thread, a)
    case .systemInformation: return try systemInformation(thread, a)
    case .getRandom:
      var bytes = [UInt8](repeating: 0, count: Int(min(b, 256)))
      for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: random() >> 24) }
      try write(thread, a, bytes)
      return UInt64(bytes.count)
    case .reboot: return try reboot(a, b, c)
    case .memoryBarrier:
      // MEMBARRIER_CMD_QUERY: there are no others.
      guard a == 0 else { throw .failed(.invalid) }
      return 0
    // Signals.
    case .signalAction: return try signalAction(thread, a, b, c, d)
    case .signalMask: return try signalMask(thread, a, b, c, d)
    case .signalReturn:
      try signalReturn(thread)
      return 0
    case .signalSuspend: return try signalSuspend(thread, a, b)
    case .signalStack: return try signalStack(thread, a, b)
    case .signalPending:
      var set: UInt64 = 0
      for signal in thread.signals.pending.signals + process.pending.signals { set |= signal.bit }
      try write64(thread, a, set & thread.signals.mask)
      return 0
    case .kill: return try kill(thread, a, b)
    case .threadKill: return try killThread(thread, group: nil, a, b)
    case .threadGroupKill: return try killThread(thread, group: a, b, c)
    // Time.
    case .futex: return try futex(thread, a, b, c, d, thread.x(5))
    case .nanosleep: return try sleep(thread, clock: 1, flags: 0, a)
    case .clockNanosleep: return try sleep(thread, clock: a, flags: b, c)
    case .clockGetTime:
      guard let clock = Clock(rawValue: a) else { throw .failed(.invalid) }
      try write(thread, b, timeBytes(nanoseconds(ticks: time(on: clock))))
      return 0
    case .clockGetResolution:
      if b != 0 { try write(thread, b, timeBytes(max(1, 1_000_000_000 / frequency))) }
      return 0
    case .getTimeOfDay:
      let time = nanoseconds(ticks: time(on: .realTime))
      try write64(thread, a, time / 1_000_000_000)
      try write64(thread, a &+ 8, time % 1_000_000_000 / 1000)
      return 0
    default: return try missing(thread, number)
    }
  }

  private func missing(_ thread: Thread, _ number: UInt64) throws(CallEnd) -> UInt64 {
    if !missingCalls.contains(number), missingCalls.count < 64 {
      missingCalls.append(number)
      log(
        .bytes(thread.process.name), "[", .decimal(Int(thread.process.id)),
        "]: system call ", .decimal(number), " is not there")
    }
    throw .failed(.notImplemented)
  }
}
