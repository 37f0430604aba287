// Planned looks at a sample whose rows several shards run: each looks at what all of them have written into
// the folder. A look counts once every row before it is there, whoever ran it and whenever; what it comes to is
// a function of these rows. Shards that are ahead go on meanwhile: their further rows do not count.

import Foundation

/// The looks of a campaign that are not behind.
struct SharedLooks {
  private let folder: PlanStore
  /// Row numbers, ascending: a look is at all rows before one.
  private(set) var ahead: ArraySlice<UInt64>

  init(_ folder: PlanStore) {
    self.folder = folder
    let plan = folder.plan
    ahead =
      plan.file.stop.halfWidths.isEmpty
      ? [] : plan.looks.sizes.dropLast().map { plan.censusCount + $0 }[...]
  }

  /// Leaves the first look behind.
  mutating func pass() { ahead.removeFirst() }

  /// Takes all looks whose rows are there. The one at which the sample is enough; nil if none is.
  mutating func enough() throws -> UInt64? {
    while let look = ahead.first {
      guard try areWritten(before: look) else { return nil }
      let results = try Results(folder)
      let lost = Set(results.lost.map(\.k))
      guard (0..<look).allSatisfy({ results.rows[$0] != nil || lost.contains($0) }) else {
        return nil
      }
      pass()
      if Tally(folder.plan, results: results.rows, before: look).isEnough { return look }
    }
    return nil
  }

  /// Whether the files have as many rows before a look as there are; a row that two have counts twice.
  private func areWritten(before look: UInt64) throws -> Bool {
    var count: UInt64 = 0
    for path in Results.files(in: folder.folder) {
      count += try ShardStore(existing: path, of: folder.plan)?.count(before: look) ?? 0
    }
    return count >= look
  }
}
