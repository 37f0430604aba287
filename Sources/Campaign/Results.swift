// All rows of a folder: of the merged file and of every shard's. A row that two files have must be the same
// row.

import Foundation

/// The results of a campaign.
public struct Results {
  /// The folder with the plan.
  public let folder: PlanStore
  /// Rows that ran, by number.
  public private(set) var rows: [UInt64: RowResult] = [:]
  /// Failures of the tool, those that another try made good among them.
  public private(set) var failures: [ShardStore.Failure] = []
  /// Rows that were run twice.
  public private(set) var audits: [ShardStore.Audit] = []
  /// The files that were read.
  public private(set) var files: [String] = []
  private var attempts: [UInt64: Int] = [:]

  /// Two files that disagree about a row.
  public struct Disagreement: Error, CustomStringConvertible {
    let k: UInt64
    let files: [String]
    /// What happened.
    public var description: String {
      "row \(k) is not the same in \(files.map { "'\($0)'" }.joined(separator: " and "))"
    }
  }

  /// Reads a folder. Throws CampaignError, Disagreement.
  public init(_ folder: PlanStore, withStories: Bool = false) throws {
    self.folder = folder
    var origin: [UInt64: String] = [:]
    for path in Self.files(in: folder.folder) {
      guard let store = try ShardStore(existing: path, of: folder.plan) else { continue }
      for run in try store.runs(withStories: withStories) {
        if let known = rows[run.result.k] {
          guard known.isSame(as: run.result) else {
            throw Disagreement(k: run.result.k, files: [origin[run.result.k] ?? "", path])
          }
          continue
        }
        rows[run.result.k] = run.result
        attempts[run.result.k] = run.attempt
        origin[run.result.k] = path
      }
      for failure in try store.failures() where !failures.contains(failure) {
        failures.append(failure)
      }
      for audit in try store.audits() where !audits.contains(audit) { audits.append(audit) }
      files.append(path)
    }
    failures.sort { ($0.k, $0.attempt) < ($1.k, $1.attempt) }
    audits.sort { $0.k < $1.k }
  }

  /// The files with rows: the merged one first.
  static func files(in folder: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let shards = names.filter { $0.hasPrefix("shard-") && $0.hasSuffix(".db") }.sorted()
    return ((names.contains("campaign.db") ? ["campaign.db"] : []) + shards).map {
      folder + "/" + $0
    }
  }

  /// Writes all rows into one file, campaign.db, in the place of an older one. Throws CampaignError.
  public func merge() throws -> String {
    let path = folder.folder + "/campaign.db"
    let partial = path + ".part"
    guard let lock = try FileLock(path + ".lock") else {
      throw CampaignError.busy("'\(path)' is being merged by another process")
    }
    defer { withExtendedLifetime(lock) {} }
    try? FileManager.default.removeItem(atPath: partial)
    do {
      let store = try ShardStore(partial, of: folder.plan)
      var batch = ShardStore.Batch()
      batch.runs = rows.values.sorted { $0.k < $1.k }.map {
        ShardStore.Run(result: $0, attempt: attempts[$0.k] ?? 1)
      }
      batch.failures = failures
      batch.audits = audits
      try store.commit(batch, of: folder.plan)
    }
    guard unsafe rename(partial, path) == 0 else {
      throw CampaignError.cannotWrite(
        "cannot write '\(path)': \(unsafe String(cString: strerror(errno)))")
    }
    return path
  }

  /// The rows, counted.
  public var tally: Tally {
    Tally(folder.plan, results: rows, lost: Set(lost.lazy.map(\.k)))
  }

  /// Rows that never came to a result.
  public var lost: [ShardStore.Failure] {
    failures.filter { $0.isFinal && rows[$0.k] == nil }
  }
}
