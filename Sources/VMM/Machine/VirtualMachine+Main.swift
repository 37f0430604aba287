// The main thread while the guest runs: console input, output without an end of line, errors told to
// the process as a whole, records that wait.

import KVM

extension VirtualMachine {
  /// Serves until the guest stops.
  func serve() {
    let page = host.map(4096)
    guard page.error == 0 else {
      host.lock()
      fail(.refused("memory", page.error))
      host.unlock()
      return
    }
    let buffer = page.address
    setTerminal(buffer + 1024)
    var hasInput = true
    var deadline: UInt64?
    while true {
      host.lock()
      takeNotes()
      publishWaiting()
      takeNotes()
      let isEnding = outcome != nil
      let room = uart.room
      if !isWaiting {
        deadline = nil
      } else if deadline == nil {
        deadline = nanoseconds() + tickNanoseconds
      } else if let passed = deadline, nanoseconds() >= passed {
        tick()
        deadline = isWaiting ? passed + tickNanoseconds : nil
      }
      host.unlock()
      if isEnding { break }
      let isQuiet = wait(buffer, isReading: hasInput && room > 0, hasTimeout: deadline != nil)
      if isQuiet { deadline = deadline.map { _ in 0 } }
      if Words.u16(buffer + PollLayout.returned) != 0 { doorbell.answer(host) }
      let events = PollEvents(rawValue: Words.u16(buffer + 8 + PollLayout.returned))
      if hasInput, !events.isEmpty {
        hasInput = readInput(buffer + 2048, limit: UInt64(min(room, 64)))
      }
    }
    restoreTerminal()
    _ = host.call(.unmap, buffer, 4096)
  }

  /// Errors told to the process as a whole, or met by this thread's own loads of guest memory.
  private func takeNotes() {
    while let signal = inbox.take(nil) {
      if signal.code == SignalCode.memoryErrorActionOptional.rawValue { handleNoticed(signal) }
    }
  }

  /// How long what waits for more of its kind waits.
  private var tickNanoseconds: UInt64 { 5_000_000 }

  /// Whether something waits for `tick`.
  private var isWaiting: Bool {
    console.isWaiting || table.waitingCount > 0 || !noticed.isEmpty
  }

  /// Does what was put off: output without an end of line, errors that nobody touched so far.
  func tick() {
    console.flush(host)
    publishNoticed()
  }

  /// ppoll on the doorbell and, if there is anything to read into, standard input. Whether the time
  /// passed and nothing came.
  private func wait(_ buffer: UInt64, isReading: Bool, hasTimeout: Bool) -> Bool {
    Words.clear(buffer, 16)
    Words.store(
      UInt32(truncatingIfNeeded: doorbell.descriptor), buffer + PollLayout.descriptor)
    Words.store(PollEvents.readable.rawValue, buffer + PollLayout.events)
    // A negative descriptor is passed over.
    Words.store(isReading ? 0 : UInt32.max, buffer + 8 + PollLayout.descriptor)
    Words.store(PollEvents.readable.rawValue, buffer + 8 + PollLayout.events)
    Words.store(0 as UInt64, buffer + 16)
    Words.store(tickNanoseconds, buffer + 24)
    let result = host.call(.poll, buffer, 2, hasTimeout ? buffer + 16 : 0, 0)
    if result < 0 { Words.clear(buffer, 16) }
    return result == 0
  }

  /// Console input for the guest; false at its end.
  private func readInput(_ buffer: UInt64, limit: UInt64) -> Bool {
    let count = host.call(.read, 0, buffer, limit)
    if count == -Int64(LinuxError.interrupted.rawValue)
      || count == -Int64(LinuxError.again.rawValue)
    {
      return true
    }
    guard count > 0 else { return false }
    host.lock()
    for index in 0..<UInt64(bitPattern: count) { type(Words.u8(buffer + index)) }
    updateUARTLine()
    host.unlock()
    return true
  }

  /// One character; at a terminal Control-A x ends the VMM, Control-A Control-A is Control-A.
  private func type(_ character: UInt8) {
    if isTerminal, !isEscaped, character == 1 {
      isEscaped = true
      return
    }
    if isEscaped {
      isEscaped = false
      if character == UInt8(ascii: "x") { return end(.quit) }
    }
    uart.receive(character)
  }

  /// A raw terminal, so that the guest gets every key; the old settings stay in `saved`.
  private func setTerminal(_ saved: UInt64) {
    let wanted = saved + 64
    guard host.call(.ioctl, 0, Terminal.getAttributes, saved) >= 0,
      host.call(.ioctl, 0, Terminal.getAttributes, wanted) >= 0
    else { return }
    Words.store(Words.u32(wanted) & ~Terminal.cookedInput, wanted)
    Words.store(Words.u32(wanted + 12) & ~Terminal.cookedLines, wanted + 12)
    Words.store(1 as UInt8, wanted + 17 + Terminal.minimumIndex)
    Words.store(0 as UInt8, wanted + 17 + Terminal.timeIndex)
    isTerminal = host.call(.ioctl, 0, Terminal.setAttributes, wanted) >= 0
    inbox.setTerminalSettings(isTerminal ? saved : 0)
  }

  /// The terminal as it was.
  private func restoreTerminal() {
    inbox.restoreTerminal(host)
    isTerminal = false
  }
}
