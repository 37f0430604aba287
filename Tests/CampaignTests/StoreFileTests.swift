// Files of rows that others keep, or that were never finished.

import Foundation
import GRDB
import Testing

@testable import Campaign

@Suite struct StoreFileTests {
  private let path = FileManager.default.temporaryDirectory
    .appendingPathComponent("faultline-store-\(UUID().uuidString).db").path

  @Test func aFileThatSomebodyReadsForLongIsToBeTriedAgain() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    let first = try StoreFile(path) { try $0.execute(sql: "CREATE TABLE t (x INTEGER)") }
    let second = try StoreFile(path, patience: 0.05)
    func add() throws { try second.write { try $0.execute(sql: "INSERT INTO t VALUES (1)") } }
    try first.read { db in
      let count = try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM t")
      #expect(count == 0)
      do {
        try add()
        Issue.record("it was written")
      } catch let error as CampaignError {
        #expect(error.description.contains("is kept by another process"))
        #expect(error.exitStatus == 75)
      }
    }
    try add()
    let count = try first.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM t") }
    #expect(count == 1)
  }

  @Test func aFileIsMadeWholeOrNotAtAll() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    let half = try? StoreFile(path) { db in
      try db.execute(sql: "CREATE TABLE t (x INTEGER)")
      try db.execute(sql: "INSERT INTO nothing VALUES (1)")
    }
    #expect(half == nil)
    let file = try StoreFile(path)
    let count = try file.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM sqlite_schema") }
    #expect(count == 0)
  }
}
