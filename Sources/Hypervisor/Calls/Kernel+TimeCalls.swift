// Clocks, and waiting: futex, nanosleep, ppoll, timerfd. Every clock is the counter, from boot on;
// those that show the time since 1970 are ahead of it by what the board's clock said at boot.

import Arm
import KVM

extension Kernel {
  /// What a clock shows, in counter ticks.
  func time(on clock: Clock) -> UInt64 {
    clock.isCalendar ? now &+ calendarStart : now
  }

  /// The counter when a clock shows a time, both in ticks.
  private func counter(at time: UInt64, on clock: Clock) -> UInt64 {
    clock.isCalendar ? time - min(time, calendarStart) : time
  }

  /// struct timespec of so many nanoseconds.
  func timeBytes(_ nanoseconds: UInt64) -> [UInt8] {
    var bytes: [UInt8] = []
    for word in [nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000] {
      for shift in [0, 8, 16, 24, 32, 40, 48, 56] as [UInt64] {
        bytes.append(UInt8(truncatingIfNeeded: word >> shift))
      }
    }
    return bytes
  }

  /// Counter ticks of the struct timespec at an address; EINVAL for no time.
  private func time(_ thread: Thread, _ address: UInt64) throws(CallEnd) -> UInt64 {
    let seconds = try read64(thread, address)
    let rest = try read64(thread, address &+ 8)
    guard seconds < 1 << 63, rest < 1_000_000_000 else { throw .failed(.invalid) }
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    if overflow { return .max }
    let (sum, carry) = product.addingReportingOverflow(rest)
    return carry ? .max : ticks(nanoseconds: sum)
  }

  /// The deadline of this call: computed the first time, kept for when the call is made again.
  private func deadline(_ thread: Thread, _ duration: UInt64) -> UInt64 {
    if let known = thread.callState { return known }
    let (sum, overflow) = now.addingReportingOverflow(duration)
    let deadline = overflow ? UInt64.max : sum
    thread.callState = deadline
    return deadline
  }

  /// nanosleep and clock_nanosleep.
  func sleep(
    _ thread: Thread, clock: UInt64, flags: UInt64, _ address: UInt64
  ) throws(CallEnd) -> UInt64 {
    guard let clock = Clock(rawValue: clock) else { throw .failed(.invalid) }
    let time = try time(thread, address)
    let end =
      flags & TimeLayout.absolute != 0 ? counter(at: time, on: clock) : deadline(thread, time)
    guard now < end else { return 0 }
    sleep(thread, on: WaitChannel(.time), until: end)
    throw .blocked
  }

  /// A sleep that a signal ended: what is left of it, where the program wants to know.
  func writeRest(_ thread: Thread) {
    guard let end = thread.callState else { return }
    let address: UInt64
    switch SystemCall(rawValue: thread.x(8)) {
    case .nanosleep: address = thread.x(1)
    case .clockNanosleep: address = thread.x(3)
    default: return
    }
    let time = now
    if address != 0 {
      try? write(thread, address, timeBytes(nanoseconds(ticks: end > time ? end - time : 0)))
    }
  }

  // MARK: Futex.

  /// The channel of a word: by its physical place when the page is shared between processes.
  private func channel(
    _ space: AddressSpace, _ address: UInt64
  ) throws(CallEnd) -> WaitChannel {
    if let area = space.area(at: address), area.isShared {
      do throws(UserFault) {
        let page = try resolve(space, address, for: .read)
        return WaitChannel(.futex, 0, page.address.rawValue)
      } catch {
        throw .failed(.badAddress)
      }
    }
    return WaitChannel(.futex, UInt64(space.asid), address)
  }

  /// Wakes who waits for a word of memory.
  func wakeFutex(_ space: AddressSpace, _ address: UInt64, count: Int) {
    if let channel = try? channel(space, address) { wake(channel, count: count) }
  }

  /// futex: WAIT and WAKE, with and without a bit set (which must be all ones).
  func futex(
    _ thread: Thread, _ address: UInt64, _ operation: UInt64, _ value: UInt64, _ timeout: UInt64,
    _ bits: UInt64
  ) throws(CallEnd) -> UInt64 {
    guard let space = thread.process.space else { throw .failed(.badAddress) }
    guard address & 3 == 0 else { throw .failed(.invalid) }
    let flags = FutexOperation.privateFlag | FutexOperation.realTimeFlag
    guard let kind = FutexOperation(rawValue: operation & ~flags) else {
      throw .failed(.notImplemented)
    }
    if kind == .waitBitset || kind == .wakeBitset {
      guard bits & 0xffff_ffff == 0xffff_ffff else {
        throw .failed(bits & 0xffff_ffff == 0 ? .invalid : .notImplemented)
      }
    }
    let channel = try channel(space, address)
    switch kind {
    case .wake, .wakeBitset:
      let count = Int(Int32(truncatingIfNeeded: value))
      return UInt64(wake(channel, count: max(1, count)))
    case .wait, .waitBitset:
      // Woken is woken, whatever the word says by now.
      switch thread.wakeReason {
      case .event: return 0
      case .timeout: throw .failed(.timedOut)
      case .none, .signal: break
      }
      guard try read32(thread, address) == UInt32(truncatingIfNeeded: value) else {
        throw .failed(.again)
      }
      var end: UInt64?
      if timeout != 0 {
        let time = try time(thread, timeout)
        let clock = operation & FutexOperation.realTimeFlag != 0 ? Clock.realTime : .monotonic
        end = kind == .waitBitset ? counter(at: time, on: clock) : deadline(thread, time)
        if let end, end <= now { throw .failed(.timedOut) }
      }
      sleep(thread, on: channel, until: end)
      throw .blocked
    }
  }

  // MARK: Files.

  /// ppoll.
  func poll(
    _ thread: Thread, _ list: UInt64, _ count: UInt64, _ timeout: UInt64, _ mask: UInt64
  ) throws(CallEnd) -> UInt64 {
    guard count <= UInt64(thread.process.files.softLimit) else { throw .failed(.invalid) }
    var ready: UInt64 = 0
    var next: UInt64?
    for index in 0..<count {
      let entry = list &+ index * PollLayout.size
      let descriptor = try read32(thread, entry &+ PollLayout.descriptor)
      let bytes = try read(thread, entry &+ PollLayout.events, count: 2)
      let events = PollEvents(rawValue: UInt16(bytes[0]) | UInt16(bytes[1]) << 8)
      var found: PollEvents = []
      if descriptor < 1 << 31 {
        if let file = try? thread.process.files.file(UInt64(descriptor)) {
          found = readiness(file).intersection(events.union([.error, .hangUp]))
          if case .timer(let timer) = file.kind, let due = timer.next {
            next = min(next ?? .max, due)
          }
        } else {
          found = .invalid
        }
      }
      if !found.isEmpty { ready += 1 }
      try write(
        thread, entry &+ PollLayout.returned,
        [UInt8(truncatingIfNeeded: found.rawValue), UInt8(truncatingIfNeeded: found.rawValue >> 8)])
    }
    if ready > 0 {
      thread.signals.restoreMask()
      return ready
    }
    if timeout != 0 {
      let end = deadline(thread, try time(thread, timeout))
      guard now < end else {
        thread.signals.restoreMask()
        return 0
      }
      next = min(next ?? .max, end)
    }
    if mask != 0, thread.signals.savedMask == nil {
      thread.signals.putAwayMask(for: try read64(thread, mask))
    }
    sleep(thread, on: WaitChannel(.files), until: next)
    throw .blocked
  }

  private func timer(_ thread: Thread, _ descriptor: UInt64) throws(CallEnd) -> TimerState {
    guard case .timer(let timer) = try thread.process.files.file(descriptor).kind else {
      throw .failed(.invalid)
    }
    return timer
  }

  func setTimer(
    _ thread: Thread, _ descriptor: UInt64, _ flags: UInt64, _ new: UInt64, _ old: UInt64
  ) throws(CallEnd) -> UInt64 {
    let timer = try timer(thread, descriptor)
    let interval = try time(thread, new)
    let value = try time(thread, new &+ TimeLayout.size)
    if old != 0 { _ = try getTimer(thread, descriptor, old) }
    timer.interval = interval
    if value == 0 {
      timer.next = nil
    } else if flags & TimeLayout.absolute != 0 {
      timer.next = counter(at: value, on: timer.clock)
    } else {
      let (sum, overflow) = now.addingReportingOverflow(value)
      timer.next = overflow ? .max : sum
    }
    // Whoever polls it must look at the new time.
    wake(WaitChannel(.files))
    return 0
  }

  func getTimer(
    _ thread: Thread, _ descriptor: UInt64, _ address: UInt64
  ) throws(CallEnd) -> UInt64 {
    let timer = try timer(thread, descriptor)
    let time = now
    let left = timer.next.map { $0 > time ? $0 - time : 1 } ?? 0
    try write(thread, address, timeBytes(nanoseconds(ticks: timer.interval)))
    try write(thread, address &+ TimeLayout.size, timeBytes(nanoseconds(ticks: left)))
    return 0
  }
}
