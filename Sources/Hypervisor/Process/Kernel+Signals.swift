// Signals: sending, choosing, and the frame that a handler finds. Linux's rules (kernel/signal.c,
// arch/arm64/kernel/signal.c); no job control: the stop signals are ignored.

import Arm
import KVM

extension Kernel {
  /// What a signal does to a process that says nothing about it.
  private func isIgnoredByDefault(_ number: UInt64) -> Bool {
    // CHLD, CONT, URG, WINCH; and TSTP, TTIN, TTOU, for want of job control.
    [17, 18, 23, 28, 20, 21, 22].contains(number)
  }

  private func isIgnored(_ process: Process, _ number: UInt64) -> Bool {
    // Nobody kills /init.
    if number == Signal.kill.rawValue { return process.id == 1 }
    if number == Signal.stop.rawValue { return true }
    let action = process.actions.table[Int(number)]
    if action.handler == 1 { return true }
    if action.handler == 0 { return process.id == 1 || isIgnoredByDefault(number) }
    return false
  }

  /// Sends a signal to a thread. One that is ignored or already pending goes nowhere.
  public func send(_ signal: SignalInformation, to thread: Thread) {
    guard !isIgnored(thread.process, signal.number), thread.state != .dead,
      thread.signals.pending.add(signal)
    else { return }
    if !thread.signals.blocks(signal) { kick(thread) }
  }

  /// Sends a signal to a process: the first of its threads that does not block it takes it.
  public func send(_ signal: SignalInformation, to process: Process) {
    guard !process.isZombie, !isIgnored(process, signal.number), process.pending.add(signal)
    else { return }
    for thread in process.threads where !thread.signals.blocks(signal) { return kick(thread) }
  }

  /// Sends a thread a signal that it cannot escape: blocked or ignored, it dies of it.
  public func force(_ signal: SignalInformation, _ thread: Thread) {
    guard thread.state != .dead, thread.signals.forced.next?.number != Signal.kill.rawValue else {
      return
    }
    let action = thread.process.actions.table[Int(signal.number)]
    if action.handler == 1 || thread.signals.mask & signal.bit != 0 {
      thread.process.actions.table[Int(signal.number)].handler = 0
      thread.signals.mask &= ~signal.bit
    }
    // In its place, if one of its number waits: at most one of those that do not queue does.
    thread.signals.pending.drop(signal.number)
    thread.signals.forced.add(signal)
    kick(thread)
  }

  /// Whether a signal would be delivered if the thread returned to EL0 now.
  public func hasDeliverableSignal(_ thread: Thread) -> Bool {
    if thread.signals.forced.deliverable(thread.signals.mask) != nil { return true }
    for signal in thread.signals.pending.signals where isDeliverable(thread, signal) { return true }
    for signal in thread.process.pending.signals where isDeliverable(thread, signal) { return true }
    return false
  }

  private func isDeliverable(_ thread: Thread, _ signal: SignalInformation) -> Bool {
    signal.number == Signal.kill.rawValue
      || !thread.signals.blocks(signal) && !isIgnored(thread.process, signal.number)
  }

  private func takeSignal(_ thread: Thread) -> SignalInformation? {
    if let forced = thread.signals.forced.deliverable(thread.signals.mask) {
      thread.signals.forced.removeFirst()
      return forced
    }
    if let index = thread.signals.pending.signals.firstIndex(where: { isDeliverable(thread, $0) }) {
      return thread.signals.pending.take(at: index)
    }
    let process = thread.process
    if let index = process.pending.signals.firstIndex(where: { isDeliverable(thread, $0) }) {
      return process.pending.take(at: index)
    }
    return nil
  }

  /// Delivers what there is to deliver before a thread returns to EL0; true when it does not return
  /// after all.
  func deliverSignals(_ thread: Thread) -> Bool {
    while let signal = takeSignal(thread) {
      let action = thread.process.actions.table[Int(signal.number)]
      guard action.handler > 1, signal.number != Signal.kill.rawValue else {
        endProcess(thread.process, status: Int32(signal.number))
        return true
      }
      finishInterruptedCall(thread, restarts: action.flags.contains(.restart))
      do throws(CallEnd) {
        try enterHandler(thread, signal, action)
      } catch {
        // No stack for the frame.
        endProcess(thread.process, status: Int32(Signal.segmentation.rawValue))
        return true
      }
      if action.flags.contains(.resetHandler) {
        thread.process.actions.table[Int(signal.number)].handler = 0
      }
    }
    // No handler ran: the call that a signal ended is made again, as if nothing had been.
    finishInterruptedCall(thread, restarts: true)
    thread.signals.restoreMask()
    return false
  }

  private func finishInterruptedCall(_ thread: Thread, restarts: Bool) {
    guard let call = thread.interruptedCall else { return }
    thread.interruptedCall = nil
    guard restarts, call.isRestartable else { return }
    thread.context.x[0] = call.x0
    thread.context.pc -= 4
  }

  /// Builds the frame of a handler and has the thread go there.
  private func enterHandler(
    _ thread: Thread, _ signal: SignalInformation, _ action: SignalAction
  ) throws(CallEnd) {
    var context = thread.context
    var top = context.sp
    let stack = thread.signals.alternateStack
    if action.flags.contains(.onStack), stack.size > 0,
      !(top > stack.base && top <= stack.base + stack.size)
    {
      top = stack.base + stack.size
    }
    let record = (top &- 16) & ~15
    let frame = (record &- SignalFrameLayout.size) & ~15
    try write64(thread, record, context.x[29])
    try write64(thread, record &+ 8, context.x[30])
    try write(thread, frame, frameBytes(thread, signal))
    context.x[0] = signal.number
    context.x[1] = frame &+ SignalFrameLayout.information
    context.x[2] = frame &+ SignalFrameLayout.context
    context.x[29] = record
    context.x[30] =
      action.flags.contains(.restorer)
      ? action.restorer : (thread.process.space?.trampoline ?? 0)
    context.sp = frame
    context.pc = action.handler
    context.pstate = 0
    thread.context = context
    thread.signals.enterHandler(signal, action)
  }

  private func frameBytes(_ thread: Thread, _ signal: SignalInformation) -> [UInt8] {
    typealias Information = SignalInformationLayout
    typealias Context = SignalContextLayout
    let context = thread.context
    let vectorStart = SignalFrameLayout.context + Context.reserved
    var bytes = [UInt8](repeating: 0, count: Int(vectorStart) + 528 + 16 + 16)
    @inline(never) func put(_ value: UInt64, _ at: UInt64, count: Int = 8) {
      for index in 0..<count {
        bytes[Int(at) + index] = UInt8(truncatingIfNeeded: value >> UInt64(index * 8))
      }
    }
    put(signal.number, Information.number, count: 4)
    put(UInt64(bitPattern: Int64(signal.code)), Information.code, count: 4)
    if signal.isFault {
      put(signal.address, Information.address)
      put(UInt64(signal.leastBit), Information.addressLeastBit, count: 2)
      put(signal.address, SignalFrameLayout.context + Context.faultAddress)
    } else {
      put(UInt64(UInt32(bitPattern: signal.sender)), Information.processID, count: 4)
      if signal.number == Signal.child.rawValue {
        put(UInt64(UInt32(bitPattern: signal.status)), Information.userID + 4, count: 4)
      }
    }
    let start = SignalFrameLayout.context
    put(thread.signals.alternateStack.base, start + Context.stackPointer)
    put(thread.signals.alternateStack.size == 0 ? 2 : 0, start + Context.stackFlags, count: 4)
    put(thread.signals.alternateStack.size, start + Context.stackSize)
    put(thread.signals.savedMask ?? thread.signals.mask, start + Context.mask)
    for number in 0..<31 {
      put(context.x[number], start + Context.registers + UInt64(number) * 8)
    }
    put(context.sp, start + Context.sp)
    put(context.pc, start + Context.pc)
    put(context.pstate, start + Context.pstate)
    releaseVectors()
    put(UInt64(Context.vectorMagic), vectorStart, count: 4)
    put(UInt64(Context.vectorSize), vectorStart + 4, count: 4)
    put(thread.vectors[65], vectorStart + 8, count: 4)
    put(thread.vectors[64], vectorStart + 12, count: 4)
    for word in 0..<64 { put(thread.vectors[word], vectorStart + 16 + UInt64(word) * 8) }
    if signal.isFault {
      put(UInt64(Context.syndromeMagic), vectorStart + 528, count: 4)
      put(16, vectorStart + 532, count: 4)
      put(context.esr, vectorStart + 536)
    }
    return bytes
  }

  /// rt_sigreturn: everything as the frame at SP says, as far as EL0 may choose it.
  func signalReturn(_ thread: Thread) throws(CallEnd) {
    typealias Context = SignalContextLayout
    let frame = thread.context.sp
    let vectorStart = Int(SignalFrameLayout.context + Context.reserved)
    guard frame & 15 == 0, let bytes = try? read(thread, frame, count: vectorStart + 528) else {
      force(SignalInformation(.segmentation, .kernel), thread)
      throw .replaced
    }
    func word(_ at: Int, count: Int = 8) -> UInt64 {
      var value: UInt64 = 0
      for index in 0..<count { value |= UInt64(bytes[at + index]) << UInt64(index * 8) }
      return value
    }
    let start = Int(SignalFrameLayout.context)
    var context = thread.context
    for number in 0..<31 { context.x[number] = word(start + Int(Context.registers) + number * 8) }
    context.sp = word(start + Int(Context.sp))
    context.pc = word(start + Int(Context.pc))
    context.pstate = word(start + Int(Context.pstate)) & 0xF000_0000
    thread.context = context
    thread.signals.mask = word(start + Int(Context.mask))
    if word(vectorStart, count: 4) == UInt64(Context.vectorMagic) {
      releaseVectors()
      thread.vectors[65] = word(vectorStart + 8, count: 4)
      thread.vectors[64] = word(vectorStart + 12, count: 4)
      for index in 0..<64 { thread.vectors[index] = word(vectorStart + 16 + index * 8) }
    }
    throw .replaced
  }

  /// The code that every handler without SA_RESTORER returns to: mov x8, #139; svc #0.
  func writeTrampoline() {
    platform.clear(trampolineFrame, byteCount: 4096)
    unsafe store(0xD400_0001_D280_1168, trampolineFrame)
    platform.synchronizeCode(trampolineFrame, byteCount: 64)
  }
}
