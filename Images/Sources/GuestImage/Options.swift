// The command line: words `name` and `name=value`; others are for somebody else.

import APEI
import Bytes
import Text

/// A named experiment.
enum Test {
  case idle, compute, el0Read, el0Copy, el1Read, fetch, pageTable, twoCPUs, hugepage, serror
  case deferred, reboot, unacknowledged, calls, ras, countdown, suspend

  /// Every test by its name.
  static func named(_ word: Word) -> Test? {
    switch true {
    case word.isEqual("idle"): .idle
    case word.isEqual("compute"): .compute
    case word.isEqual("el0-read"): .el0Read
    case word.isEqual("el0-copy"): .el0Copy
    case word.isEqual("el1-read"): .el1Read
    case word.isEqual("fetch"): .fetch
    case word.isEqual("page-table"): .pageTable
    case word.isEqual("two-cpus"): .twoCPUs
    case word.isEqual("hugepage"): .hugepage
    case word.isEqual("serror"): .serror
    case word.isEqual("deferred"): .deferred
    case word.isEqual("reboot"): .reboot
    case word.isEqual("unacknowledged"): .unacknowledged
    case word.isEqual("calls"): .calls
    case word.isEqual("ras"): .ras
    case word.isEqual("countdown"): .countdown
    case word.isEqual("suspend"): .suspend
    default: nil
    }
  }
}

/// A part of the command line.
struct Word {
  fileprivate let line: ByteSlice<Memory>
  fileprivate let start: Int
  fileprivate let end: Int

  /// Whether it is this text.
  func isEqual(_ text: StaticString) -> Bool {
    end - start == text.utf8CodeUnitCount && line.matches(text, at: start)
  }

  /// What follows `text` if it begins so.
  func after(_ text: StaticString) -> Word? {
    guard end - start >= text.utf8CodeUnitCount, line.matches(text, at: start) else { return nil }
    return Word(line: line, start: start + text.utf8CodeUnitCount, end: end)
  }

  /// It as a decimal number, or nil.
  var number: UInt64? {
    guard end > start, end - start < 19 else { return nil }
    var value: UInt64 = 0
    for index in start..<end {
      let digit = line.byte(at: index) &- 0x30
      guard digit < 10 else { return nil }
      value = value * 10 + UInt64(digit)
    }
    return value
  }

  /// Its letters.
  func add(to output: inout Line) {
    for index in start..<end { output.put(line.byte(at: index)) }
  }
}

/// What the command line asks for.
struct Options {
  /// The experiment.
  var test = Test.idle
  /// Its name, for the report.
  var name: Word?
  /// Whether every register is printed at an error.
  var printsRegisters = false
  /// Whether a page that is lost is replaced by its copy, instead of killing its program.
  var recovers = false
  /// Microseconds between `victim` and `reading`.
  var wait: UInt64 = 200
  /// How often, for the tests that count: ticks, rounds, calls.
  var times: UInt64 = 10
  /// The level of the table that is hit (test=page-table).
  var level: UInt64 = 3
  /// Where in its page the victim is: a multiple of 8 below 4096.
  var offset: UInt64 = 0x640
  /// A word that cannot be understood, of those that are ours.
  var mistake: Word?

  /// Reads a command line.
  mutating func read(_ line: ByteSlice<Memory>) {
    var index = 0
    while index < line.byteCount {
      while index < line.byteCount, line.byte(at: index) <= 0x20 { index += 1 }
      let start = index
      while index < line.byteCount, line.byte(at: index) > 0x20 { index += 1 }
      if index > start { take(Word(line: line, start: start, end: index)) }
    }
  }

  private mutating func take(_ word: Word) {
    var isRight = true
    func number(_ value: Word, _ range: ClosedRange<UInt64>, _ store: (UInt64) -> Void) {
      if let number = value.number, range.contains(number) {
        store(number)
      } else {
        isRight = false
      }
    }
    if let value = word.after("test=") {
      name = value
      if let test = Test.named(value) { self.test = test } else { isRight = false }
    } else if word.isEqual("registers") {
      printsRegisters = true
    } else if word.isEqual("recover") {
      recovers = true
    } else if let value = word.after("wait=") {
      number(value, 0...10_000_000) { wait = $0 }
    } else if let value = word.after("times=") {
      number(value, 1...1_000_000_000) { times = $0 }
    } else if let value = word.after("level=") {
      number(value, 1...3) { level = $0 }
    } else if let value = word.after("offset=") {
      number(value, 0...4088) { offset = $0 & ~7 }
    }
    if !isRight, mistake == nil { mistake = word }
  }
}
