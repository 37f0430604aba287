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
    let buffer = page.block
    setTerminal(buffer.part(at: 1024, byteCount: 128))
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
      if buffer.u16(at: PollLayout.returned) != 0 { doorbell.answer(host) }
      if buffer.u16(at: 16 + PollLayout.returned) != 0, hostLogDescriptor >= 0 { readHostLog() }
      let events = PollEvents(rawValue: buffer.u16(at: 8 + PollLayout.returned))
      if hasInput, !events.isEmpty {
        hasInput = readInput(buffer.part(at: 2048, byteCount: UInt64(min(room, 64))))
      }
    }
    restoreTerminal()
    _ = host.call(.unmap, buffer.address.rawValue, buffer.byteCount)
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

  /// ppoll on the doorbell, on standard input if there is anything to read into, and on the host's log. Whether
  /// the time passed and nothing came.
  private func wait(_ buffer: HostBlock, isReading: Bool, hasTimeout: Bool) -> Bool {
    buffer.clear(24)
    buffer.store(UInt32(truncatingIfNeeded: doorbell.descriptor), at: PollLayout.descriptor)
    buffer.store(PollEvents.readable.rawValue, at: PollLayout.events)
    // A negative descriptor is passed over.
    buffer.store(isReading ? 0 : UInt32.max, at: 8 + PollLayout.descriptor)
    buffer.store(PollEvents.readable.rawValue, at: 8 + PollLayout.events)
    buffer.store(UInt32(truncatingIfNeeded: hostLogDescriptor), at: 16 + PollLayout.descriptor)
    buffer.store(PollEvents.readable.rawValue, at: 16 + PollLayout.events)
    buffer.store(0 as UInt64, at: 24)
    buffer.store(tickNanoseconds, at: 32)
    let result = host.call(
      .poll, buffer.address.rawValue, 3, hasTimeout ? buffer.address.rawValue + 24 : 0, 0)
    if result < 0 { buffer.clear(24) }
    return result == 0
  }

  /// Console input for the guest; false at its end.
  private func readInput(_ buffer: HostBlock) -> Bool {
    let count = host.call(.read, 0, buffer.address.rawValue, buffer.byteCount)
    if count == -Int64(LinuxError.interrupted.rawValue)
      || count == -Int64(LinuxError.again.rawValue)
    {
      return true
    }
    guard count > 0 else { return false }
    host.lock()
    for index in 0..<UInt64(bitPattern: count) { type(buffer.u8(at: index)) }
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

  /// A raw terminal, so that the guest gets every key; the old settings stay in the first half of
  /// the memory.
  private func setTerminal(_ memory: HostBlock) {
    let saved = memory.address
    let wanted = memory.part(at: 64, byteCount: 64)
    guard host.call(.ioctl, 0, Terminal.getAttributes, saved.rawValue) >= 0,
      host.call(.ioctl, 0, Terminal.getAttributes, wanted.address.rawValue) >= 0
    else { return }
    wanted.store(wanted.u32(at: 0) & ~Terminal.cookedInput, at: 0)
    wanted.store(wanted.u32(at: 12) & ~Terminal.cookedLines, at: 12)
    wanted.store(1 as UInt8, at: 17 + Terminal.minimumIndex)
    wanted.store(0 as UInt8, at: 17 + Terminal.timeIndex)
    isTerminal = host.call(.ioctl, 0, Terminal.setAttributes, wanted.address.rawValue) >= 0
    inbox.setTerminalSettings(isTerminal ? saved : nil)
  }

  /// The terminal as it was.
  private func restoreTerminal() {
    inbox.restoreTerminal(host)
    isTerminal = false
  }
}
