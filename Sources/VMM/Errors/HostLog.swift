// What the host's kernel says of corrected errors, in its log alone: Linux tells no process of them. The log is
// /dev/kmsg (Linux, ABI/testing/dev-kmsg), a record a read: "priority,number,time,flags;text". Of that
// the lines that GHES prints of a record are looked for (drivers/acpi/apei/ghes.c, drivers/firmware/efi/cper.c),
// each of which begins with the record's number in braces.
//
// Whatever is read is text from outside. Programs can write to the log as well, but not as the kernel: their
// facility is never 0.

import Arm

/// The corrected errors of memory in a kernel's log.
struct HostLog: Sendable {
  /// A corrected error of the host's memory.
  struct CorrectedError: Equatable, Sendable {
    /// On the host.
    var address: PhysicalAddress
    /// How much of memory the record speaks of: a power of two, at most a page.
    var byteCount: UInt64
  }

  /// The record that is being printed. Two cores can print at once: then the one that began last is read, and
  /// the other is not.
  private var record: UInt64?
  /// Whether the section is that of a corrected error.
  private var isCorrected = false
  /// Whether it is one of memory.
  private var isMemory = false
  /// Its address; the line behind it may tell how much of memory is meant.
  private var address: PhysicalAddress?

  init() {}

  /// Takes a record of the log: the corrected error that it completes, if it does. That is the line behind an
  /// address, whatever it says, or the first of another record.
  mutating func take(_ text: HostBlock, byteCount: UInt64) -> CorrectedError? {
    var line = LogCursor(text: text, end: min(byteCount, text.byteCount))
    guard let priority = line.number(radix: 10), priority < 8, line.skip(past: 0x3B),
      line.take("{"), let number = line.number(radix: 10), line.take("}[Hardware Error]: ")
    else { return nil }
    line.skipBlanks()
    if line.take("Hardware error from APEI Generic Hardware Error Source: ") {
      let known = address
      self = HostLog()
      record = number
      return known.map { CorrectedError(address: $0, byteCount: 4096) }
    }
    guard number == record else { return nil }
    let known = address
    address = nil
    if line.take("physical_address_mask: 0x") {
      guard let known else { return nil }
      guard let mask = line.number(radix: 16), line.isAtEnd, ~mask < 4096,
        (~mask &+ 1) & ~mask == 0
      else { return CorrectedError(address: known, byteCount: 4096) }
      return CorrectedError(address: known, byteCount: ~mask + 1)
    }
    read(&line)
    return known.map { CorrectedError(address: $0, byteCount: 4096) }
  }

  /// What a line of the record says of the section that it begins or is in.
  private mutating func read(_ line: inout LogCursor) {
    if line.take("Error ") {
      isCorrected =
        line.number(radix: 10) != nil && line.take(", type: corrected") && line.isAtEnd
      isMemory = false
    } else if line.take("section_type: ") {
      isMemory = line.take("memory error") && line.isAtEnd
    } else if line.take("section type: ") {
      isMemory = false
    } else if isCorrected, isMemory, line.take("physical_address: 0x"),
      let value = line.number(radix: 16), line.isAtEnd
    {
      address = PhysicalAddress(value)
    }
  }
}

/// A place in a line of text.
private struct LogCursor {
  let text: HostBlock
  var offset: UInt64 = 0
  /// Where the text ends.
  let end: UInt64

  init(text: HostBlock, end: UInt64) {
    self.text = text
    self.end = end
  }

  private var next: UInt8? { offset < end ? text.u8(at: offset) : nil }

  /// Whether the line ends here; what may follow are its properties.
  var isAtEnd: Bool { next == nil || next == 0x0A }

  /// Goes on behind a word, if it is here.
  mutating func take(_ word: StaticString) -> Bool {
    let count = word.utf8CodeUnitCount
    guard UInt64(count) <= end - offset else { return false }
    for index in 0..<count {
      let letter = unsafe word.utf8Start[index]
      guard text.u8(at: offset + UInt64(index)) == letter else { return false }
    }
    offset += UInt64(count)
    return true
  }

  /// Goes on behind a letter of this line.
  mutating func skip(past letter: UInt8) -> Bool {
    while let found = next, found != 0x0A {
      offset += 1
      if found == letter { return true }
    }
    return false
  }

  mutating func skipBlanks() {
    while next == 0x20 { offset += 1 }
  }

  /// A number of at least one digit and at most 64 bits.
  mutating func number(radix: UInt64) -> UInt64? {
    var value: UInt64?
    while let letter = next, let digit = Text.digit(letter), digit < radix {
      let (product, overflow) = (value ?? 0).multipliedReportingOverflow(by: radix)
      guard !overflow, product <= .max - digit else { return nil }
      value = product + digit
      offset += 1
    }
    return value
  }
}
