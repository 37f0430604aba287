// rt_sigaction, rt_sigprocmask, kill and their like.

import Arm
import KVM

extension Kernel {
  private func number(_ value: UInt64) throws(CallEnd) -> UInt64 {
    guard value >= 1, value <= 64 else { throw .failed(.invalid) }
    return value
  }

  func signalAction(
    _ thread: Thread, _ signal: UInt64, _ new: UInt64, _ old: UInt64, _ size: UInt64
  ) throws(CallEnd) -> UInt64 {
    typealias Layout = SignalActionLayout
    guard size == 8 else { throw .failed(.invalid) }
    let number = Int(try number(signal))
    let actions = thread.process.actions
    let known = actions.table[number]
    var action = known
    if new != 0 {
      guard number != Signal.kill.rawValue, number != Signal.stop.rawValue else {
        throw .failed(.invalid)
      }
      action.handler = try read64(thread, new &+ Layout.handler)
      action.flags = SignalActionFlags(rawValue: try read64(thread, new &+ Layout.flags))
      action.restorer = try read64(thread, new &+ Layout.restorer)
      action.mask = try read64(thread, new &+ Layout.mask)
    }
    if old != 0 {
      try write64(thread, old &+ Layout.handler, known.handler)
      try write64(thread, old &+ Layout.flags, known.flags.rawValue)
      try write64(thread, old &+ Layout.restorer, known.restorer)
      try write64(thread, old &+ Layout.mask, known.mask)
    }
    actions.table[number] = action
    return 0
  }

  func signalMask(
    _ thread: Thread, _ how: UInt64, _ new: UInt64, _ old: UInt64, _ size: UInt64
  ) throws(CallEnd) -> UInt64 {
    guard size == 8 else { throw .failed(.invalid) }
    let known = thread.signals.mask
    if new != 0 {
      let set = try read64(thread, new)
      var mask = known
      switch SignalMaskChange(rawValue: how) {
      case .block: mask |= set
      case .unblock: mask &= ~set
      case .set: mask = set
      case nil: throw .failed(.invalid)
      }
      thread.signals.mask = mask
    }
    if old != 0 { try write64(thread, old, known) }
    return 0
  }

  /// rt_sigsuspend: another mask until a handler ran.
  func signalSuspend(
    _ thread: Thread, _ mask: UInt64, _ size: UInt64
  ) throws(CallEnd) -> UInt64 {
    guard size == 8 else { throw .failed(.invalid) }
    if thread.signals.savedMask == nil {
      thread.signals.putAwayMask(for: try read64(thread, mask))
    }
    sleep(thread, on: WaitChannel(.time))
    throw .blocked
  }

  /// sigaltstack.
  func signalStack(_ thread: Thread, _ new: UInt64, _ old: UInt64) throws(CallEnd) -> UInt64 {
    let known = thread.signals.alternateStack
    let sp = thread.context.sp
    let isOn = known.size > 0 && sp > known.base && sp <= known.base + known.size
    if new != 0 {
      guard !isOn else { throw .failed(.notPermitted) }
      let base = try read64(thread, new)
      let flags = try read32(thread, new &+ 8)
      let size = try read64(thread, new &+ 16)
      if flags & 2 != 0 {
        thread.signals.alternateStack = (0, 0)
      } else {
        guard size >= 5120, base <= AddressSpace.limit, size <= AddressSpace.limit else {
          throw .failed(.noMemory)
        }
        thread.signals.alternateStack = (base, size)
      }
    }
    if old != 0 {
      try write64(thread, old, known.base)
      try write32(thread, old &+ 8, known.size == 0 ? 2 : isOn ? 1 : 0)
      try write64(thread, old &+ 16, known.size)
    }
    return 0
  }

  /// kill: a process, or with -1 every process but /init and the caller. Without process groups, 0
  /// and other negative numbers are the caller's process and nobody.
  func kill(_ thread: Thread, _ target: UInt64, _ signal: UInt64) throws(CallEnd) -> UInt64 {
    guard signal <= 64 else { throw .failed(.invalid) }
    let id = Int32(truncatingIfNeeded: target)
    let information = SignalInformation(
      number: max(1, signal), code: SignalCode.user.rawValue, sender: thread.process.id)
    var found = false
    for process in processes {
      let isMeant =
        id > 0
        ? process.id == id
        : id == 0
          ? process === thread.process
          : id == -1 && process.id != 1 && process !== thread.process
      guard isMeant else { continue }
      found = true
      if signal != 0 { send(information, to: process) }
    }
    guard found else { throw .failed(.noProcess) }
    return 0
  }

  /// tkill and tgkill.
  func killThread(
    _ thread: Thread, group: UInt64?, _ target: UInt64, _ signal: UInt64
  ) throws(CallEnd) -> UInt64 {
    guard signal <= 64 else { throw .failed(.invalid) }
    let id = Int32(truncatingIfNeeded: target)
    guard id > 0 else { throw .failed(.invalid) }
    guard let found = threads.first(where: { $0.id == id }) else { throw .failed(.noProcess) }
    if let group, found.process.id != Int32(truncatingIfNeeded: group) {
      throw .failed(.noProcess)
    }
    guard signal != 0 else { return 0 }
    send(
      SignalInformation(
        number: signal, code: SignalCode.threadKill.rawValue, sender: thread.process.id),
      to: found)
    return 0
  }
}
