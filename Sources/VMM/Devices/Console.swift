// The guest's console on standard output. Characters are gathered and written by the line, since a
// system call for each costs more than the guest's own work; the main thread writes what stays
// without an end of line a few milliseconds later.

import Arm
import Bytes
import KVM
import Text

/// What the guest sent and has not been written yet, and what it says.
public struct Console: Sendable {
  private var bytes = InlineArray<512, UInt8>(repeating: 0)
  private var count = 0
  /// The line so far, for `announcement`.
  private var line = InlineArray<256, UInt8>(repeating: 0)
  private var lineCount = 0
  /// Whether the last byte written ended a line.
  private var isAtLineStart = true
  /// What every line begins with: the name of the guest. Lines of several guests then share a
  /// terminal whole.
  private let name: Text?
  /// Whether the next character begins a line.
  private var startsLine = true

  /// A console without output.
  public init(name: Text? = nil) { self.name = name }

  /// Whether something waits for a flush.
  public var isWaiting: Bool { count > 0 && name == nil }

  /// Takes a character; true when it is the first that waits.
  public mutating func send<Host: HostKernel>(_ host: Host, _ character: UInt8) -> Bool {
    if startsLine, let name {
      if count + name.byteCount + 3 > 512 { flush(host) }
      for index in 0..<name.byteCount { append(name.byte(at: index)) }
      append(UInt8(ascii: "|"))
      append(UInt8(ascii: " "))
    }
    startsLine = character == 0x0A
    append(character)
    if character == 0x0A || count == 512 {
      flush(host)
      return false
    }
    return count == 1 && name == nil
  }

  private mutating func append(_ byte: UInt8) {
    bytes[count] = byte
    count += 1
  }

  /// Writes what waits.
  public mutating func flush<Host: HostKernel>(_ host: Host) {
    guard count > 0 else { return }
    isAtLineStart = bytes[count - 1] == 0x0A
    var written = 0
    while written < count {
      let left = count - written
      let result = unsafe withUnsafePointer(to: bytes) {
        host.call(.write, 1, UInt64(UInt(bitPattern: $0)) + UInt64(written), UInt64(left))
      }
      if result == -Int64(LinuxError.interrupted.rawValue) { continue }
      guard result > 0 else { break }
      written += Int(result)
    }
    count = 0
  }

  /// Writes a message to standard error on a line of its own; what the guest has not finished saying
  /// stays together and comes later.
  public mutating func say<Host: HostKernel>(_ host: Host, _ message: borrowing Message) {
    if !isAtLineStart {
      Message("\n").write(host, to: 2)
      isAtLineStart = true
      startsLine = true
    }
    guard let name else {
      message.write(host, to: 2)
      return
    }
    var line = Message()
    line.add(name)
    line.add("| ")
    line.add(message)
    line.write(host, to: 2)
  }

  /// Looks for a mark in what the guest writes: the hexadecimal address that follows it, once the
  /// line has ended. Every character must be given.
  public mutating func announcement(
    _ character: UInt8, after mark: Text
  ) -> GuestPhysicalAddress? {
    guard character == 0x0A else {
      if lineCount < 256 {
        line[lineCount] = character
        lineCount += 1
      }
      return nil
    }
    let length = lineCount
    lineCount = 0
    var start = 0
    while start + mark.byteCount <= length {
      var index = 0
      while index < mark.byteCount, line[start + index] == mark.byte(at: index) { index += 1 }
      if index == mark.byteCount {
        return number(from: start + index, to: length).map { GuestPhysicalAddress($0) }
      }
      start += 1
    }
    return nil
  }

  private func number(from start: Int, to end: Int) -> UInt64? {
    var index = start
    while index < end, line[index] == 0x20 { index += 1 }
    if index + 1 < end, line[index] == 0x30, line[index + 1] | 0x20 == 0x78 { index += 2 }
    var value: UInt64 = 0
    var digits = 0
    while index < end, let digit = Text.digit(line[index]), digits < 16 {
      value = value << 4 | digit
      digits += 1
      index += 1
    }
    return digits > 0 ? value : nil
  }
}
