// The poisoned lines of memory, a value each.

import Arm

/// What is poisoned, by the lines' first addresses.
struct PoisonTable: Sendable {
  private var lines: [UInt64: PoisonedLine] = [:]

  /// The first address of the line of an address.
  static func line(of address: UInt64) -> UInt64 { address & ~(Poison.lineSize - 1) }

  /// First addresses of all poisoned lines, ascending.
  var addresses: [UInt64] { lines.keys.sorted() }

  /// The poison of a line, if it holds any; setting it makes every byte of the line bad.
  subscript(line: UInt64) -> Poison? {
    get { lines[line]?.poison }
    set { lines[line] = newValue.map { PoisonedLine(poison: $0) } }
  }

  /// Changes how a line's use is told.
  mutating func setSignal(_ signal: ErrorSignal, line: UInt64) {
    lines[line]?.poison.signal = signal
  }

  /// A store replaces bytes of one line; true if none of a poisoned line's bad bytes is left.
  mutating func store(_ address: UInt64, size: Int) -> Bool {
    let line = PoisonTable.line(of: address)
    guard var entry = lines[line] else { return false }
    entry.storedBytes |= (UInt64.max >> UInt64(64 - size)) << (address - line)
    lines[line] = entry
    return entry.storedBytes == .max
  }

  /// Whether a page, by its first address, has a poisoned line.
  func contains(page: UInt64) -> Bool {
    stride(from: page, to: page + 4096, by: Int(Poison.lineSize)).contains { lines[$0] != nil }
  }

  /// Mixes in all of it.
  func hash(into hash: inout StateHash) {
    for (address, line) in lines.sorted(by: { $0.key < $1.key }) {
      hash.combine(address)
      line.hash(into: &hash)
    }
  }
}
