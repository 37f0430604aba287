// Corrected errors cost nothing, unless there are many: of one page, which is then better not used any more,
// or in all, so that telling of each would leave nobody time for anything else.
//
// A page with `threshold` errors within `pageWindow` is reported with the flag "threshold exceeded": Linux
// moves what is in it elsewhere (soft offline). Above `mostInterrupts` of a shared node within `rateWindow` EL3
// forbids that node's interrupt and looks every `pollPeriod`; when it finds fewer than `fewErrors`, it lets the
// node tell again. The counters of the node say how many there were meanwhile. SErrors of corrected errors are
// counted like its interrupts, and are neither forged nor looked into as long as EL3 looks at that node by itself.

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
  // Of each node, by its record: when its window began, and what came in it.
  private var windowStarts = InlineArray<4, UInt64>(repeating: 0)
  private var interrupts = InlineArray<4, UInt64>(repeating: 0)
  /// When EL3 looks at each next; `.max` while the node tells of corrected errors itself.
  private var pollTimes = InlineArray<4, UInt64>(repeating: .max)
  /// Errors of each that were found since the last look.
  private var found = InlineArray<4, UInt64>(repeating: 0)

  /// No errors yet.
  public init() {}

  /// When EL3 looks for corrected errors next; nil while all nodes tell of them.
  public private(set) var pollTime: UInt64?
  /// The nodes that are not to tell, a bit for each record.
  private(set) var silentNodes: UInt64 = 0

  // Kept, not found each time: who asks would get a copy of all this on the stack.
  private mutating func keepPollTime() {
    pollTime = nil
    silentNodes = 0
    for node in 0..<4 where pollTimes[node] != .max {
      pollTime = min(pollTime ?? .max, pollTimes[node])
      silentNodes |= 1 << UInt64(node)
    }
  }

  /// Errors of a node were corrected at an address, if it is known; whether that is too many for its page.
  mutating func count(
    _ errors: UInt64, of node: UInt16, at address: UInt64?, now: UInt64
  ) -> Bool {
    if node < 4 { found[Int(node)] &+= errors }
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

  /// A node told of a corrected error, or a core took an SError for one; whether it is to be silent from
  /// now on. A PE's own is not limited.
  mutating func isTooOften(_ record: UInt16, now: UInt64) -> Bool {
    guard record != UInt16(ErrorNode.processor), record < 4 else { return false }
    let node = Int(record)
    guard pollTimes[node] == .max else { return false }
    if now &- windowStarts[node] > Self.rateWindow {
      windowStarts[node] = now
      interrupts[node] = 0
    }
    interrupts[node] += 1
    guard interrupts[node] > Self.mostInterrupts else { return false }
    found[node] = 0
    pollTimes[node] = now &+ Self.pollPeriod
    keepPollTime()
    return true
  }

  /// A look is over: the nodes that may tell again, a bit for each record.
  mutating func takeCalm(now: UInt64) -> UInt64 {
    var nodes: UInt64 = 0
    for node in 0..<4 where pollTimes[node] <= now {
      if found[node] < Self.fewErrors {
        pollTimes[node] = .max
        windowStarts[node] = now
        interrupts[node] = 0
        nodes |= 1 << UInt64(node)
      } else {
        pollTimes[node] = now &+ Self.pollPeriod
      }
      found[node] = 0
    }
    keepPollTime()
    return nodes
  }
}
