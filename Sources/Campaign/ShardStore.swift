// The rows that a shard has run, in a file of its own; and all rows of a folder together.

import Foundation
import GRDB

/// The file of one shard, or the one of all.
public final class ShardStore {
  private let store: StoreFile
  /// Where it is.
  public var path: String { store.path }

  private static let tables = """
    CREATE TABLE IF NOT EXISTS campaign (fingerprint TEXT NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS injection (k INTEGER PRIMARY KEY, moment INTEGER NOT NULL,
      place TEXT NOT NULL, line INTEGER NOT NULL, pattern TEXT NOT NULL, error INTEGER NOT NULL,
      kind TEXT NOT NULL, weight REAL NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS run (k INTEGER PRIMARY KEY, outcome TEXT NOT NULL,
      container TEXT NOT NULL, radius TEXT NOT NULL, hang TEXT NOT NULL, record TEXT NOT NULL,
      address TEXT NOT NULL, severity TEXT NOT NULL, guestAddress TEXT NOT NULL, consumedAt INTEGER,
      containedAt INTEGER, endedAt INTEGER NOT NULL, ending TEXT NOT NULL, hash INTEGER NOT NULL,
      pc INTEGER, level INTEGER, microseconds INTEGER NOT NULL, attempt INTEGER NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS failure (k INTEGER NOT NULL, attempt INTEGER NOT NULL,
      message TEXT NOT NULL, final INTEGER NOT NULL, PRIMARY KEY (k, attempt)) STRICT;
    CREATE TABLE IF NOT EXISTS audit (k INTEGER PRIMARY KEY, equal INTEGER NOT NULL,
      otherHash INTEGER NOT NULL, other TEXT NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS story (k INTEGER PRIMARY KEY, json TEXT NOT NULL) STRICT;
    """

  /// A row's result, with the try at which it came.
  public struct Run {
    /// What it came to.
    public var result: RowResult
    /// The try, from 1.
    public var attempt: Int
  }

  /// A failure of the tool.
  public struct Failure: Equatable, Sendable {
    /// The row.
    public var k: UInt64
    /// The try, from 1.
    public var attempt: Int
    /// Why.
    public var message: String
    /// Whether it is not tried again.
    public var isFinal: Bool
  }

  /// A row that was run twice.
  public struct Audit: Equatable, Sendable {
    /// The row.
    public var k: UInt64
    /// Whether both runs were the same.
    public var isEqual: Bool
    /// The hash of the second.
    public var hash: UInt64
    /// The verdict of the second.
    public var verdict: String
  }

  /// Opens, or makes, the file of rows of a plan. Throws CampaignError for one of another plan.
  public init(_ path: String, of plan: Plan) throws {
    var found: String?
    store = try StoreFile(path) { db in
      try db.execute(sql: Self.tables)
      found = try String.fetchOne(db, sql: "SELECT fingerprint FROM campaign")
      if found == nil {
        try db.execute(sql: "INSERT INTO campaign VALUES (?)", arguments: [plan.fingerprint])
      }
    }
    if let found { try check(found, plan) }
  }

  /// Opens a file of rows that exists; nil for one that has nothing yet, because its maker was ended then, or is
  /// at it. Throws CampaignError for one of another plan.
  public init?(existing path: String, of plan: Plan) throws {
    store = try StoreFile(path)
    let found = try store.read { db -> String? in
      guard try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM sqlite_schema") ?? 0 > 0 else {
        return nil
      }
      return try String.fetchOne(db, sql: "SELECT fingerprint FROM campaign") ?? "none"
    }
    guard let found else { return nil }
    try check(found, plan)
  }

  private func check(_ found: String, _ plan: Plan) throws {
    guard found == plan.fingerprint else {
      throw CampaignError.badContent(
        "'\(path)' has rows of another campaign (fingerprint \(found.prefix(12))); accepted: "
          + "\(plan.fingerprint.prefix(12))")
    }
  }

  /// What is to be written at once.
  public struct Batch {
    /// Rows that ran.
    public var runs: [Run] = []
    /// Failures of the tool.
    public var failures: [Failure] = []
    /// Rows that ran twice.
    public var audits: [Audit] = []

    /// Nothing.
    public init() {}

    /// How many there are.
    public var count: Int { runs.count + failures.count + audits.count }
  }

  /// Writes a batch, all or nothing. Throws CampaignError.
  public func commit(_ batch: Batch, of plan: Plan) throws {
    guard batch.count > 0 else { return }
    try store.write { db in
      let run = try db.cachedStatement(
        sql: "INSERT OR REPLACE INTO run VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)")
      let injection = try db.cachedStatement(
        sql: "INSERT OR REPLACE INTO injection VALUES (?,?,?,?,?,?,?,?)")
      for item in batch.runs {
        let r = item.result
        try run.execute(arguments: [
          r.k.stored, r.outcome, r.container, r.radius, r.hang, r.record, r.address, r.severity,
          r.guestAddress, r.consumedAt?.stored, r.containedAt?.stored, r.endedAt.stored, r.ending,
          r.hash.stored, r.pc?.stored, r.level, r.microseconds.stored, item.attempt,
        ])
        if let row = plan.row(r.k) {
          let unit = plan.used[row.unit]
          try injection.execute(arguments: [
            r.k.stored, unit.moment, unit.place.rawValue, unit.line.stored,
            plan.mode(row).name, row.error, plan.error(row).name,
            plan.weight(row),
          ])
        }
        if !r.story.isEmpty {
          try db.execute(
            sql: "INSERT OR REPLACE INTO story VALUES (?, ?)", arguments: [r.k.stored, r.story])
        }
      }
      for item in batch.failures {
        try db.execute(
          sql: "INSERT OR REPLACE INTO failure VALUES (?, ?, ?, ?)",
          arguments: [item.k.stored, item.attempt, item.message, item.isFinal ? 1 : 0])
      }
      for item in batch.audits {
        try db.execute(
          sql: "INSERT OR REPLACE INTO audit VALUES (?, ?, ?, ?)",
          arguments: [item.k.stored, item.isEqual ? 1 : 0, item.hash.stored, item.verdict])
      }
    }
  }

  /// All rows that ran, by number. Stories are left out unless asked for.
  public func runs(withStories: Bool = false) throws -> [Run] {
    try store.read { db in
      var stories: [Int64: String] = [:]
      if withStories {
        for row in try GRDB.Row.fetchAll(db, sql: "SELECT k, json FROM story") {
          stories[row["k"]] = row["json"]
        }
      }
      return try GRDB.Row.fetchAll(db, sql: "SELECT * FROM run ORDER BY k").map { row in
        let k: Int64 = row["k"]
        return Run(
          result: RowResult(
            k: UInt64(stored: k), outcome: row["outcome"], container: row["container"],
            radius: row["radius"], hang: row["hang"], record: row["record"],
            address: row["address"], severity: row["severity"], guestAddress: row["guestAddress"],
            consumedAt: (row["consumedAt"] as Int64?).map(UInt64.init(stored:)),
            containedAt: (row["containedAt"] as Int64?).map(UInt64.init(stored:)),
            endedAt: UInt64(stored: row["endedAt"]), ending: row["ending"],
            hash: UInt64(stored: row["hash"]),
            pc: (row["pc"] as Int64?).map(UInt64.init(stored:)), level: row["level"],
            microseconds: UInt64(stored: row["microseconds"]), story: stories[k] ?? ""),
          attempt: row["attempt"])
      }
    }
  }

  /// How many rows before one ran, or will never come to a result.
  func count(before k: UInt64) throws -> UInt64 {
    try store.read { db in
      let count = try Int64.fetchOne(
        db,
        sql: "SELECT (SELECT COUNT(*) FROM run WHERE k < :k) + (SELECT COUNT(*) FROM failure WHERE "
          + "final = 1 AND k < :k AND k NOT IN (SELECT k FROM run))", arguments: ["k": k.stored])
      return UInt64(stored: count ?? 0)
    }
  }

  /// All failures of the tool.
  public func failures() throws -> [Failure] {
    try store.read { db in
      try GRDB.Row.fetchAll(db, sql: "SELECT * FROM failure ORDER BY k, attempt").map { row in
        Failure(
          k: UInt64(stored: row["k"]), attempt: row["attempt"], message: row["message"],
          isFinal: (row["final"] as Int) != 0)
      }
    }
  }

  /// All rows that were run twice.
  public func audits() throws -> [Audit] {
    try store.read { db in
      try GRDB.Row.fetchAll(db, sql: "SELECT * FROM audit ORDER BY k").map { row in
        Audit(
          k: UInt64(stored: row["k"]), isEqual: (row["equal"] as Int) != 0,
          hash: UInt64(stored: row["otherHash"]), verdict: row["other"])
      }
    }
  }
}
