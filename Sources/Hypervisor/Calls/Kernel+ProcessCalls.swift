// clone, exit, wait4 and what else concerns processes as a whole.

import Arm
import KVM

extension Kernel {
  /// The most threads there are at once.
  static var threadLimit: Int { 200 }

  func process(_ id: Int32) -> Process? { processes.first { $0.id == id } }

  func takeID() -> Int32 {
    nextProcessID += 1
    return nextProcessID - 1
  }

  func addThread(_ process: Process, id: Int32) -> Thread {
    let thread = Thread(id: id, process: process)
    process.threads.append(thread)
    threads.append(thread)
    return thread
  }

  /// clone: a thread, a child with a copy of the memory, or one that borrows it (vfork).
  func clone(
    _ thread: Thread, _ bits: UInt64, _ stack: UInt64, _ parentID: UInt64, _ tls: UInt64,
    _ childID: UInt64
  ) throws(CallEnd) -> UInt64 {
    let parent = thread.process
    // A vfork's parent comes here again when its child has given back the memory.
    if let child = thread.callState { return try waitForVfork(thread, child) }
    let flags = CloneFlags(rawValue: bits & ~0xff)
    if flags.contains(.thread), !flags.contains([.memory, .signalHandlers]) {
      throw .failed(.invalid)
    }
    if flags.contains(.signalHandlers), !flags.contains(.memory) { throw .failed(.invalid) }
    guard threads.count < Self.threadLimit, processes.count < Self.threadLimit, !frames.isScarce,
      let space = parent.space
    else {
      throw .failed(.again)
    }
    let id = takeID()
    let process: Process
    if flags.contains(.thread) {
      process = parent
    } else {
      let childSpace = flags.contains(.memory) ? space : try copySpace(space)
      if flags.contains(.memory) { space.users += 1 }
      let files = flags.contains(.files) ? parent.files : parent.files.copy()
      if flags.contains(.files) { files.users += 1 }
      let actions = SignalActions()
      for number in 1...64 { actions.table[number] = parent.actions.table[number] }
      process = Process(
        id: id, parent: parent.id, files: files,
        actions: flags.contains(.signalHandlers) ? parent.actions : actions)
      process.space = childSpace
      process.name = parent.name
      process.executable = parent.executable
      process.exitSignal = bits & 0xff
      process.holdsParent = flags.contains(.vfork)
      processes.append(process)
    }
    let child = addThread(process, id: id)
    releaseVectors()
    child.vectors.copy(thread.vectors)
    child.context = thread.context
    child.context.x[0] = 0
    if stack != 0 { child.context.sp = stack }
    if flags.contains(.setTLS) { child.context.threadPointer = tls }
    child.signals.mask = thread.signals.mask
    child.toldEarly = thread.toldEarly
    if flags.contains(.childClearThreadID) { child.clearThreadID = childID }
    if flags.contains(.parentSetThreadID) {
      try? write32(thread, parentID, UInt32(bitPattern: id))
    }
    if flags.contains(.childSetThreadID) { try? write32(child, childID, UInt32(bitPattern: id)) }
    makeReady(child)
    if process.holdsParent {
      thread.callState = UInt64(UInt32(bitPattern: id))
      return try waitForVfork(thread, UInt64(UInt32(bitPattern: id)))
    }
    return UInt64(UInt32(bitPattern: id))
  }

  private func waitForVfork(_ thread: Thread, _ child: UInt64) throws(CallEnd) -> UInt64 {
    // Only death ends this wait: other signals are seen afterwards.
    let isKilled =
      thread.mustExit || thread.signals.forced.next != nil
      || thread.signals.pending.contains(Signal.kill.rawValue)
      || thread.process.pending.contains(Signal.kill.rawValue)
    guard let process = process(Int32(truncatingIfNeeded: child)), process.holdsParent, !isKilled
    else { return child }
    sleep(thread, on: WaitChannel(.vfork, child))
    throw .blocked
  }

  /// A process has no use for its memory any more: it ended or became another program.
  func leaveSpace(_ process: Process) {
    if process.holdsParent {
      process.holdsParent = false
      wake(WaitChannel(.vfork, UInt64(UInt32(bitPattern: process.id))))
    }
    guard let space = process.space else { return }
    process.space = nil
    space.users -= 1
    if space.users == 0 {
      useNoSpace()
      destroy(space)
    }
  }

  // MARK: Ending.

  /// exit: this thread alone; the process with the last one.
  func exitThread(_ thread: Thread, status: Int32) {
    if thread.process.threads.count == 1, thread.process.endingStatus == nil {
      thread.process.endingStatus = status
    }
    thread.mustExit = true
  }

  /// exit_group, or death by a signal (`status` is then its number).
  func endProcess(_ process: Process, status: Int32) {
    guard process.endingStatus == nil else { return }
    process.endingStatus = status
    for thread in process.threads {
      thread.mustExit = true
      kick(thread)
    }
  }

  /// Ends a thread that runs on this core, on its way to EL0.
  func endThread(_ thread: Thread) {
    let process = thread.process
    if thread.clearThreadID != 0, let space = process.space,
      process.threads.count > 1
        || space.users > 1
    {
      try? write32(thread, thread.clearThreadID, 0)
      wakeFutex(space, thread.clearThreadID, count: 1)
    }
    thread.state = .dead
    remove(thread, from: &threads)
    remove(thread, from: &process.threads)
    if cores[platform.core].vectorOwner === thread { cores[platform.core].vectorOwner = nil }
    if process.threads.isEmpty { finish(process) }
  }

  private func finish(_ process: Process) {
    leaveSpace(process)
    leave(process.files)
    process.files = FileTable()
    process.status = process.endingStatus ?? 0
    if process.id == 1 {
      log("init ended with status ", .hex(UInt64(UInt32(bitPattern: process.status ?? 0))))
      panic("Attempted to kill init!")
    }
    for child in processes where child.parent == process.id { adopt(child) }
    guard let parent = self.process(process.parent), !parent.isZombie else {
      remove(process, from: &processes)
      return
    }
    if process.exitSignal != 0 {
      if process.exitSignal == Signal.child.rawValue,
        parent.actions.table[Int(Signal.child.rawValue)].handler == 1
      {
        remove(process, from: &processes)
      } else {
        tell(parent, of: process)
      }
    }
    wake(WaitChannel(.child, UInt64(UInt32(bitPattern: parent.id))))
  }

  private func tell(_ parent: Process, of child: Process) {
    guard child.exitSignal <= 64, let status = child.status else { return }
    // CLD_EXITED 1, CLD_KILLED 2.
    var signal = SignalInformation(
      number: child.exitSignal, code: status & 0x7f == 0 ? 1 : 2, sender: child.id)
    signal.status = status & 0x7f == 0 ? status >> 8 : status & 0x7f
    send(signal, to: parent)
  }

  private func adopt(_ orphan: Process) {
    orphan.parent = 1
    guard orphan.isZombie, let first = process(1) else { return }
    tell(first, of: orphan)
    wake(WaitChannel(.child, 1))
  }

  /// wait4: WNOHANG 1 is the one option that matters without job control.
  func wait(
    _ thread: Thread, _ wanted: UInt64, _ statusAddress: UInt64, _ options: UInt64
  ) throws(CallEnd) -> UInt64 {
    let process = thread.process
    let pid = Int32(truncatingIfNeeded: wanted)
    var hasChild = false
    for child in processes where child.parent == process.id && (pid <= 0 || child.id == pid) {
      hasChild = true
      guard let status = child.status else { continue }
      if statusAddress != 0 {
        try write32(thread, statusAddress, UInt32(bitPattern: status))
      }
      remove(child, from: &processes)
      return UInt64(child.id)
    }
    guard hasChild else { throw .failed(.noChild) }
    if options & 1 != 0 { return 0 }
    sleep(thread, on: WaitChannel(.child, UInt64(UInt32(bitPattern: process.id))))
    throw .blocked
  }

  // MARK: About this process and this machine.

  func affinity(
    _ thread: Thread, _ size: UInt64, _ address: UInt64
  ) throws(CallEnd) -> UInt64 {
    guard size >= 8, size & 7 == 0 else { throw .failed(.invalid) }
    var set: UInt64 = 0
    for core in cores.indices where cores[core].isOnline { set |= 1 << UInt64(core) }
    try write64(thread, address, set)
    return 8
  }

  /// prctl: PR_MCE_KILL and its GET, PR_SET_NAME, PR_SET_DUMPABLE.
  func processControl(
    _ thread: Thread, _ option: UInt64, _ first: UInt64, _ second: UInt64
  ) throws(CallEnd) -> UInt64 {
    switch ProcessControl(rawValue: option) {
    case .memoryErrorKill:
      switch (first, MemoryErrorPolicy(rawValue: second)) {
      case (0, _): thread.toldEarly = nil
      case (1, .early): thread.toldEarly = true
      case (1, .late): thread.toldEarly = false
      case (1, .standard): thread.toldEarly = nil
      default: throw .failed(.invalid)
      }
      return 0
    case .memoryErrorKillGet:
      return switch thread.toldEarly {
      case true: MemoryErrorPolicy.early.rawValue
      case false: MemoryErrorPolicy.late.rawValue
      default: MemoryErrorPolicy.standard.rawValue
      }
    case .setName:
      thread.process.name = Array(try readString(thread, first).prefix(15))
      return 0
    case .setDumpable: return 0
    case nil: throw .failed(.invalid)
    }
  }

  func uname(_ thread: Thread, _ address: UInt64) throws(CallEnd) -> UInt64 {
    let fields: [StaticString] = [
      "Linux", "faultline", "6.1.0-faultline", "Faultline hypervisor", "aarch64", "(none)",
    ]
    var bytes = [UInt8](repeating: 0, count: 65 * fields.count)
    for field in fields.indices {
      for index in 0..<fields[field].utf8CodeUnitCount {
        bytes[field * 65 + index] = unsafe fields[field].utf8Start[index]
      }
    }
    try write(thread, address, bytes)
    return 0
  }

  /// sysinfo: uptime, memory, processes.
  func systemInformation(_ thread: Thread, _ address: UInt64) throws(CallEnd) -> UInt64 {
    try write(thread, address, [UInt8](repeating: 0, count: 112))
    try write64(thread, address, nanoseconds(ticks: now) / 1_000_000_000)
    try write64(thread, address &+ 32, UInt64(frames.managedCount) << 12)
    try write64(thread, address &+ 40, UInt64(frames.freeCount) << 12)
    try write32(thread, address &+ 80, UInt32(processes.count))
    try write32(thread, address &+ 104, 1)
    return 0
  }

  /// reboot: power off or restart, through PSCI.
  func reboot(
    _ first: UInt64, _ second: UInt64, _ command: UInt64
  ) throws(CallEnd) -> UInt64 {
    let magics: [UInt64] = [672_274_793, 85_072_278, 369_367_448, 537_993_216]
    guard first & 0xffff_ffff == 0xfee1_dead, magics.contains(second & 0xffff_ffff) else {
      throw .failed(.invalid)
    }
    switch command & 0xffff_ffff {
    case 0x4321_fedc, 0xcdef_0123:  // LINUX_REBOOT_CMD_POWER_OFF, HALT
      log("reboot: Power down")
      _ = platform.callFirmware(PSCI.systemOff, 0, 0, 0)
    case 0x0123_4567:  // RESTART
      log("reboot: Restarting system")
      _ = platform.callFirmware(PSCI.systemReset, 0, 0, 0)
    case 0, 0x89ab_cdef: return 0  // CAD_OFF, CAD_ON
    default: throw .failed(.invalid)
    }
    platform.stop()
  }
}
