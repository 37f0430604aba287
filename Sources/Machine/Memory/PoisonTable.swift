// The poisoned lines of memory, a value each.

import Arm

/// What is poisoned, by the lines' first addresses.
struct PoisonTable: Sendable {
  private var lines: [UInt64: PoisonedLine] = [:]
  /// Lines that went bad by a rule, the latest rule last; `lines` goes before.
  private(set) var patterns: [PoisonedPattern] = []

  /// Whether there is any.
  var isEmpty: Bool { lines.isEmpty && patterns.isEmpty }

  /// First addresses of the poisoned lines that it knows one by one, ascending.
  var addresses: [UInt64] { lines.keys.sorted() }

  /// Makes the lines of a pattern bad; each of their bytes.
  mutating func add(_ pattern: PoisonedPattern) {
    for line in lines.keys where pattern.lines.contains(line) { lines[line] = nil }
    patterns.append(pattern)
  }

  /// What a line holds by a rule.
  private func byRule(_ line: UInt64) -> Poison? {
    guard !patterns.isEmpty else { return nil }
    return patterns.last { $0.lines.contains(line) && !$0.exceptions.contains(line) }?.poison
  }

  /// From now on `lines` alone says what a line holds.
  private mutating func except(_ line: UInt64) {
    for index in patterns.indices where patterns[index].lines.contains(line) {
      patterns[index].exceptions.insert(line)
    }
  }

  /// Makes a line that is bad by a rule one that is known by itself.
  private mutating func single(_ line: UInt64) {
    guard lines[line] == nil, let poison = byRule(line) else { return }
    lines[line] = PoisonedLine(poison: poison)
    except(line)
  }

  /// The poison of a line, if it holds any; setting it makes every byte of the line bad.
  subscript(line: UInt64) -> Poison? {
    get { lines[line]?.poison ?? byRule(line) }
    set {
      except(line)
      lines[line] = newValue.map { PoisonedLine(poison: $0) }
    }
  }

  /// Changes what is known of a bad line, and nothing of which bytes of it are bad.
  mutating func change(_ poison: Poison, line: UInt64) {
    guard let known = self[line], known != poison else { return }
    single(line)
    lines[line]?.poison = poison
  }

  /// The first bad line from an address on, below another, that the memory node has yet to look at.
  func firstUndetected(in range: Range<UInt64>) -> UInt64? {
    var first: UInt64?
    for (line, entry) in lines
    where range.contains(line) && !entry.poison.isDetected && line < first ?? .max {
      first = line
    }
    for pattern in patterns {
      var start = range.lowerBound
      while let line = pattern.lines.first(from: start), line < min(range.upperBound, first ?? .max)
      {
        if lines[line] == nil, byRule(line) != nil { first = line }
        start = line + CacheLine.size
      }
    }
    return first
  }

  /// A store replaces bytes of one line; true if none of a poisoned line's bad bytes is left.
  mutating func store(_ address: UInt64, size: Int) -> Bool {
    let line = CacheLine.start(of: address)
    single(line)
    guard var entry = lines[line] else { return false }
    entry.storedBytes |= (UInt64.max >> UInt64(64 - size)) << (address - line)
    lines[line] = entry
    return entry.storedBytes == .max
  }

  /// Whether a page, by its first address, has a poisoned line.
  func contains(page: UInt64) -> Bool {
    stride(from: page, to: page + 4096, by: Int(CacheLine.size)).contains { self[$0] != nil }
  }

  /// Mixes in all of it.
  func hash(into hash: inout StateHash) {
    for (address, line) in lines.sorted(by: { $0.key < $1.key }) {
      hash.combine(address)
      line.hash(into: &hash)
    }
    for pattern in patterns { pattern.hash(into: &hash) }
  }
}
