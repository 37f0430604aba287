// Corrected errors cost nothing, unless there are many: of one page, which is then better not used any more,
// or in all, so that telling of each would leave nobody time for anything else.
//
// A page with `threshold` errors within `pageWindow` is reported with the flag "threshold exceeded": Linux
// moves what is in it elsewhere (soft offline). Above `mostInterrupts` within `rateWindow` EL3 forbids the
// memory node's interrupt and looks every `pollPeriod`; when it finds fewer than `fewErrors`, it lets the
// node tell again. The counters of the node say how many there were meanwhile. SErrors of corrected errors are
// counted like its interrupts, and are neither forged nor looked into as long as EL3 looks by itself.

import Arm
import Platform

/// What EL3 knows of corrected errors.
public struct CorrectedErrors: Sendable {
  /// Errors of one page that make it one to be given up.
  public static var threshold: UInt64 { 8 }
  /// Within how many ticks of the counter they have to come: 10 s.
  static var pageWindow: UInt64 { Clock.counterFrequency * 10 }
  /// Interrupts, and SErrors, that may come within `rateWindow`.
  public static var mostInterrupts: UInt64 { 16 }
  /// 0.1 s.
  static var rateWindow: UInt64 { Clock.counterFrequency / 10 }
  /// 0.1 s.
  static var pollPeriod: UInt64 { Clock.counterFrequency / 10 }
  /// Errors found by one look that are few: 50 a second.
  public static var fewErrors: UInt64 { 5 }

  /// Pages that had errors of late: the address, or none (.max).
  private var pages = InlineArray<16, UInt64>(repeating: .max)
  /// When the first error of each window was.
  private var times = InlineArray<16, UInt64>(repeating: 0)
  /// How many there were since.
  private var counts = InlineArray<16, UInt64>(repeating: 0)
  private var windowStart: UInt64 = 0
  private var interrupts: UInt64 = 0
  /// When EL3 looks for corrected errors next; nil while the node tells of them.
  public private(set) var pollTime: UInt64?
  /// Errors that were found since the last look.
  private var found: UInt64 = 0

  /// No errors yet.
  public init() {}

  /// Errors were corrected at an address, if it is known; whether that is too many for its page.
  mutating func count(_ errors: UInt64, at address: UInt64?, now: UInt64) -> Bool {
    found &+= errors
    guard let address else { return false }
    let page = address & ~0xfff
    var place = 0
    for index in 0..<16 {
      if pages[index] == page {
        place = index
        break
      }
      // Otherwise that of the page whose errors are longest ago.
      if pages[index] == .max ? pages[place] != .max : times[index] < times[place] { place = index }
    }
    if pages[place] != page || now &- times[place] > Self.pageWindow {
      pages[place] = page
      times[place] = now
      counts[place] = 0
    }
    // Once in each window: who was told gives the page up, or will not.
    guard counts[place] < Self.threshold else { return false }
    counts[place] &+= errors
    return counts[place] >= Self.threshold
  }

  /// A node told of a corrected error, or a core took an SError for one; whether that is to be silent from
  /// now on.
  mutating func isTooOften(now: UInt64) -> Bool {
    guard pollTime == nil else { return false }
    if now &- windowStart > Self.rateWindow {
      windowStart = now
      interrupts = 0
    }
    interrupts += 1
    guard interrupts > Self.mostInterrupts else { return false }
    found = 0
    pollTime = now &+ Self.pollPeriod
    return true
  }

  /// A look is over; whether the node may tell again.
  mutating func isOver(now: UInt64) -> Bool {
    defer { found = 0 }
    guard found >= Self.fewErrors else {
      pollTime = nil
      windowStart = now
      interrupts = 0
      return true
    }
    pollTime = now &+ Self.pollPeriod
    return false
  }
}
