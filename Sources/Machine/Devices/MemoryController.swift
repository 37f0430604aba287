// A memory controller: its error record group for software that reads it as memory, and the two ways in
// which it meets bad lines without a core: patrol scrubbing, and traffic that nobody here models. There are two,
// each with a part of RAM (Platform, `ErrorNode`), which may be empty.
//
// Patrol scrubbing reads all of that part again and again, so many bytes a second. Where it is follows from the
// time; what it does not find is not looked at, so that a good memory costs nothing. An error that is not
// corrected is found once: what the scrubber writes back is poison, which it knows.
//
// Traffic is the first one's, wherever it goes: it is nobody's model, and what it meets is found by the controller
// of the line. The first one also keeps the time of errors that shared nodes were asked to fake.

import Arm
import Platform

/// A memory controller.
public final class MemoryController: Device {
  /// All that changes.
  public struct State: DeviceState {
    /// Bytes that patrol scrubbing reads a second; 0 for none.
    public var scrubRate: UInt64 = 0
    /// Bytes that it has read since virtual time 0, when a line last went bad or was found.
    var scrubbed: UInt64 = 0
    /// The traffic.
    var traffic: [Traffic] = []

    func hash(into hash: inout StateHash) {
      // What is not there does not count, so that old hashes stay.
      if scrubRate != 0 {
        hash.combine(scrubRate)
        hash.combine(scrubbed)
      }
      for one in traffic {
        hash.combine(one.lines.mask)
        hash.combine(one.cursor)
        hash.combine(one.period)
        hash.combine(one.next)
        hash.combine(one.left)
      }
    }
  }

  /// Reads of bad lines at a rate, by whoever.
  struct Traffic: Sendable, Equatable {
    /// Which lines, in their order and from the first again.
    let lines: LinePattern
    /// The line that is read next.
    var cursor: UInt64
    /// Nanoseconds between two reads.
    let period: UInt64
    /// When the next one is.
    var next: UInt64
    /// How many are left; `.max` for as long as a line is bad.
    var left: UInt64
  }

  /// All that changes.
  public var state = State()
  /// The memory, and the nodes of the error records: the bus that owns the controller.
  weak var bus: Bus?

  /// Its error records.
  private let group: ErrorRecordGroup
  /// The addresses that are its own, where there is RAM.
  private let addresses: Range<UInt64>
  /// Whether it keeps the time of what shared nodes fake.
  private let isFirst: Bool

  /// A controller of no memory yet, with the records of a node, to which RAM at these addresses belongs.
  init(_ node: SharedErrorNode, _ addresses: Range<UInt64>) {
    group = ErrorRecordGroup(record: node.record)
    self.addresses = addresses
    isFirst = node.record == ErrorNode.memory
  }

  /// Its part of RAM; empty if it has none.
  private var part: (base: UInt64, size: UInt64) {
    guard let bus else { return (addresses.lowerBound, 0) }
    let base = max(bus.ram.base, addresses.lowerBound)
    let end = min(bus.ram.base + bus.ram.size, addresses.upperBound)
    return (base, end > base ? end - base : 0)
  }

  /// Scrubbing and traffic are the board's makers' and the memory's, not software's: they stay.
  func reset() {}

  // MARK: What it finds

  /// Virtual time of the next bad line that it meets.
  var deadline: UInt64? {
    var next = isFirst ? bus?.ras.nextInjection(core: nil) ?? .max : .max
    for one in state.traffic { next = min(next, one.next) }
    if let found = nextScrubbed { next = min(next, found.time) }
    return next == .max ? nil : next
  }

  /// The next bad line in the scrubber's way, the bytes it will then have read, and when that is.
  private var nextScrubbed: (line: UInt64, scrubbed: UInt64, time: UInt64)? {
    guard let bus, state.scrubRate > 0, bus.hasPoison else { return nil }
    let (base, size) = part
    guard size > 0 else { return nil }
    let here = state.scrubbed
    let offset = here % size
    var bytes = here
    var line = bus.poison.firstUndetected(in: base + offset..<base + size)
    if line == nil {
      line = bus.poison.firstUndetected(in: base..<base + offset)
      bytes += size
    }
    guard let line else { return nil }
    bytes = bytes - offset + (line - base) + CacheLine.size
    return (line, bytes, time(of: bytes))
  }

  private static let second: UInt64 = 1_000_000_000

  /// The bytes that are read at a time, in whole lines.
  private func position(_ now: UInt64) -> UInt64 {
    let (high, low) = now.multipliedFullWidth(by: state.scrubRate)
    guard high < Self.second else { return 0 }
    return CacheLine.start(of: Self.second.dividingFullWidth((high, low)).quotient)
  }

  /// When so many bytes are read.
  private func time(of bytes: UInt64) -> UInt64 {
    let (high, low) = bytes.multipliedFullWidth(by: Self.second)
    guard high < state.scrubRate else { return .max }
    let (quotient, remainder) = state.scrubRate.dividingFullWidth((high, low))
    return quotient + (remainder == 0 ? 0 : 1)
  }

  /// A line is about to go bad, or scrubbing to begin: what the scrubber has passed by now is behind it.
  func catchUp(now: UInt64) {
    update(now: now)
    state.scrubbed = max(state.scrubbed, position(now))
  }

  /// Finds what is due.
  func update(now: UInt64) {
    while let found = nextScrubbed, found.time <= now {
      state.scrubbed = found.scrubbed
      bus?.detectPoison(PhysicalAddress(found.line), cause: MemoryErrorCause.scrub)
    }
    for index in state.traffic.indices {
      while state.traffic[index].next <= now, state.traffic[index].left > 0 { read(index) }
    }
    state.traffic.removeAll { $0.left == 0 }
    if isFirst, let bus, bus.ras.nextInjection(core: nil) <= now {
      bus.injectErrors(core: nil, now: now)
    }
  }

  /// The next read of some traffic.
  private func read(_ index: Int) {
    guard let bus else { return }
    let line = state.traffic[index].cursor
    state.traffic[index].next += state.traffic[index].period
    if state.traffic[index].left != .max { state.traffic[index].left -= 1 }
    let lines = state.traffic[index].lines
    if bus.poison(at: PhysicalAddress(line)) != nil {
      bus.detectPoison(PhysicalAddress(line), cause: MemoryErrorCause.access)
    } else if lines.isSingle {
      state.traffic[index].left = 0
    }
    var next = lines.first(from: line + CacheLine.size)
    if let line = next, line &- bus.ram.base >= bus.ram.size { next = nil }
    state.traffic[index].cursor = next ?? lines.first(from: bus.ram.base) ?? line
  }

  /// From now on lines are read `rate` times a second, `count` times or for as long as they are bad.
  ///
  /// - Precondition: `rate` is at least 1 and at most a thousand million.
  func addTraffic(_ lines: LinePattern, rate: UInt64, count: UInt64?) {
    guard let bus else { return }
    let period = Self.second / rate
    let first = lines.first(from: bus.ram.base) ?? lines.value
    state.traffic.append(
      Traffic(
        lines: lines, cursor: first, period: period, next: bus.now + period, left: count ?? .max))
    bus.settle(self)
  }

  // MARK: Its registers

  /// Reads a register of the group.
  func read(_ offset: UInt64, size: Int, _ host: DeviceHost) throws(BusFault) -> UInt64 {
    group.read(offset, size: size, host)
  }

  /// Writes a register of the group.
  func write(
    _ offset: UInt64, size: Int, _ value: UInt64, _ host: DeviceHost
  ) throws(BusFault) {
    group.write(offset, size: size, value, host)
  }
}
