// The first use of every line of memory from some moment on: what a line would do to a run if it held
// poison at that moment. A line that nobody uses changes nothing; one that is wholly written first is made
// good; any other is met by whoever reads, fetches or walks it first.
//
// Every page of RAM and secure RAM counts as watched meanwhile, so that every access comes by the bus.
// What the machine does is the same.

import Arm

/// What happened first to a line.
public struct FirstUse: Equatable, Sendable {
  /// What it was.
  public enum Kind: UInt8, Sendable {
    /// Part of it was written, and nobody read it.
    case partlyWritten
    /// All of it was written, and nobody had read it.
    case written
    /// Data was read.
    case read
    /// An instruction was fetched.
    case fetch
    /// A table walk read a descriptor.
    case tableWalk

    /// Whether poison in the line would have been met.
    public var isUse: Bool { self == .read || self == .fetch || self == .tableWalk }
  }

  /// What happened.
  public var kind: Kind
  /// The core; nil for a device.
  public var core: Int?
  /// Its exception level.
  public var level: ExceptionLevel
  /// Whether it ran a guest.
  public var isGuests: Bool
  /// Its program counter.
  public var pc: UInt64
  /// Instructions executed until then.
  public var instructions: UInt64
}

/// Records the first use of every line.
final class FirstUseRecorder {
  private unowned let board: Board
  /// What is known, by the line's first address. Lines that were not touched have nothing.
  private(set) var lines: [UInt64: FirstUse] = [:]
  /// The bytes that were stored to lines of which only a part was.
  private var stored: [UInt64: UInt64] = [:]

  init(_ board: Board) { self.board = board }

  /// Takes an access in.
  func note(_ kind: AccessKinds, _ address: UInt64, size: Int, _ access: BusAccess) {
    switch kind {
    case .write where access.core != nil: noteWrite(address, size: size, access)
    // Those of devices come with their true range.
    case .write: break
    case .execute: noteUse(.fetch, address, size: size, access)
    case .tableWalk: noteUse(.tableWalk, address, size: size, access)
    default: noteUse(.read, address, size: size, access)
    }
  }

  /// Takes in what a device wrote.
  func noteDeviceWrite(_ address: UInt64, size: Int, _ access: BusAccess) {
    guard access.core == nil, access.purpose != .debug else { return }
    noteWrite(address, size: size, access)
  }

  private func noteUse(_ kind: FirstUse.Kind, _ address: UInt64, size: Int, _ access: BusAccess) {
    let last = CacheLine.start(of: address &+ UInt64(max(1, size)) &- 1)
    for line in stride(from: CacheLine.start(of: address), through: last, by: Int(CacheLine.size)) {
      if let known = lines[line], known.kind != .partlyWritten { continue }
      stored[line] = nil
      lines[line] = use(kind, access)
    }
  }

  private func noteWrite(_ address: UInt64, size: Int, _ access: BusAccess) {
    let line = CacheLine.start(of: address)
    if let known = lines[line], known.kind != .partlyWritten { return }
    let bytes = size >= 64 ? UInt64.max : ((1 << UInt64(size)) &- 1) << (address &- line)
    let all = stored[line, default: 0] | bytes
    if all == .max {
      stored[line] = nil
      lines[line] = use(.written, access)
    } else {
      stored[line] = all
      if lines[line] == nil { lines[line] = use(.partlyWritten, access) }
    }
  }

  private func use(_ kind: FirstUse.Kind, _ access: BusAccess) -> FirstUse {
    guard let index = access.core else {
      return FirstUse(
        kind: kind, core: nil, level: .el0, isGuests: false, pc: 0,
        instructions: board.instructions)
    }
    let core = board.cores[index]
    return FirstUse(
      kind: kind, core: index, level: core.exceptionLevel, isGuests: core.runsGuest,
      pc: core.state.pc, instructions: board.instructions(at: core))
  }
}

extension Board {
  /// Begins to record the first use of every line of RAM and of secure RAM.
  public func recordFirstUses() {
    bus.firstUses = FirstUseRecorder(self)
    bus.setAllWatched(true)
  }

  /// Ends recording. What happened first, by the line's first address; a line that nobody touched is not
  /// in it.
  public func takeFirstUses() -> [UInt64: FirstUse] {
    defer {
      bus.firstUses = nil
      bus.setAllWatched(false)
    }
    return bus.firstUses?.lines ?? [:]
  }
}

extension Board {
  /// First addresses of the pages of RAM that were written since the last snapshot, or since reset.
  public var writtenPages: [UInt64] {
    bus.ram.dirtyPages.map { bus.ram.base + UInt64($0) << 12 }
  }
}

extension Bus {
  fileprivate func setAllWatched(_ isWatched: Bool) {
    for region in regions where !region.isReadOnly {
      for page in 0..<Int(region.size >> 12) {
        if isWatched {
          region.flags[page] |= PageFlags.watched
          if region.flags[page] & PageFlags.hasCode != 0 {
            region.flags[page] &= ~PageFlags.hasCode
            codeCache.invalidate(page: region.base + UInt64(page) << 12)
          }
        } else {
          region.flags[page] &= ~PageFlags.watched
        }
      }
    }
    if !isWatched { for watch in watches { setWatchFlags(watch, true) } }
    flushRequested = true
  }
}
