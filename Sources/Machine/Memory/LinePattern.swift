// Lines that go bad together though they do not lie together: a column, a bank or a rank of a DRAM is
// every line whose address has the same bits in some places. What is bad is then one rule, not a list of
// millions of lines.

import Arm

/// The lines whose addresses agree with one address in some bits.
public struct LinePattern: Sendable, Equatable {
  /// The bits that count; those within a line never do.
  public let mask: UInt64
  /// What they are.
  public let value: UInt64

  /// The lines that agree with `address` in the bits of `mask`.
  public init(agreeingWith address: UInt64, in mask: UInt64) {
    self.mask = CacheLine.start(of: mask)
    value = address & self.mask
  }

  /// The one line of an address.
  public init(line: UInt64) { self.init(agreeingWith: line, in: ~0) }

  /// Whether it is one line only.
  public var isSingle: Bool { mask == CacheLine.start(of: .max) }

  /// Whether a line, by its first address, is one of them.
  public func contains(_ line: UInt64) -> Bool { line & mask == value }

  /// The first of them from a line on, by its first address; nil if there is none.
  public func first(from line: UInt64) -> UInt64? {
    let difference = (line & mask) ^ value
    guard difference != 0 else { return line }
    // Above the highest bit in which the line differs, it agrees.
    let high = UInt64(63 - difference.leadingZeroBitCount)
    var bit = high
    if line >> high & 1 != 0 {
      // Too far: a bit above that is free has to become 1.
      bit += 1
      while bit < 64, mask >> bit & 1 != 0 || line >> bit & 1 != 0 { bit += 1 }
      guard bit < 64 else { return nil }
    }
    let below = (UInt64(1) << bit) - 1
    return (line | 1 << bit) & ~below | value & below
  }

  /// Whether a page of 4 KiB, by its first address, has one of them.
  public func touches(page: UInt64) -> Bool { page & mask & ~4095 == value & ~4095 }
}

/// Lines of a pattern that hold poison, but for those that were written.
struct PoisonedPattern: Sendable {
  /// Which lines.
  let lines: LinePattern
  /// What the use of any of them will report, and how.
  let poison: Poison
  /// Those of them that are good again, or of which the table knows something else.
  var exceptions: Set<UInt64> = []

  /// Mixes in all of it.
  func hash(into hash: inout StateHash) {
    hash.combine(lines.mask)
    hash.combine(lines.value)
    PoisonedLine(poison: poison).hash(into: &hash)
    for line in exceptions.sorted() { hash.combine(line) }
  }
}

extension Bus {
  /// Makes every line of RAM and secure RAM that a pattern has hold poison. Their bytes stay what they are.
  ///
  /// - Parameters:
  ///   - lines: Which lines.
  ///   - poison: What the consumption of any of them will report, and how.
  /// - Returns: False if no memory is in it; nothing happened then.
  @discardableResult
  public func plantPoison(_ lines: LinePattern, _ poison: Poison = Poison()) -> Bool {
    var first: UInt64?
    forEachPage(of: lines) { region, page, address in
      if first == nil { first = address | lines.value & 4095 }
      region.flags[page] |= PageFlags.poisoned
      if region.flags[page] & PageFlags.hasCode != 0 {
        region.flags[page] &= ~PageFlags.hasCode
        codeCache.invalidate(page: address)
      }
    }
    guard let first else { return false }
    catchUpScrubbing()
    self.poison.add(PoisonedPattern(lines: lines, poison: poison))
    settleScrubbing()
    flushRequested = true
    pendingEvents.append(.poisonPlanted(line: PhysicalAddress(first), poison))
    return true
  }

  /// Sets or clears the flag of every page that has poison.
  func setPoisonFlags(_ isPoisoned: Bool) {
    for line in poison.addresses {
      guard let region = memory(at: line, isSecure: true) else { continue }
      setPoisonFlag(isPoisoned, region, Int((line &- region.base) >> 12))
    }
    for pattern in poison.patterns {
      forEachPage(of: pattern.lines) { region, page, address in
        setPoisonFlag(isPoisoned && poison.contains(page: address), region, page)
      }
    }
  }

  private func setPoisonFlag(_ isPoisoned: Bool, _ region: MemoryRegion, _ page: Int) {
    if isPoisoned {
      region.flags[page] |= PageFlags.poisoned
    } else {
      region.flags[page] &= ~PageFlags.poisoned
    }
  }

  private func forEachPage(
    of lines: LinePattern, _ body: (MemoryRegion, _ page: Int, _ address: UInt64) -> Void
  ) {
    for region in regions where !region.isReadOnly {
      for page in 0..<Int(region.size >> 12) {
        let address = region.base + UInt64(page) << 12
        if lines.touches(page: address) { body(region, page, address) }
      }
    }
  }
}
