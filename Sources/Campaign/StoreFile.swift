// A file of SQLite, and what its errors mean for a user.
//
// Every change is a transaction with a rollback journal: a process that is killed at any moment, or a disk that
// is full, leaves what was committed.

import Foundation
import GRDB

/// A database in a file.
final class StoreFile {
  /// Where it is.
  let path: String
  private let queue: DatabaseQueue

  /// Opens a file; makes it, with its tables, where there is none.
  ///
  /// - Parameters:
  ///   - path: Where it is.
  ///   - patience: For how many seconds others may keep it to themselves.
  ///   - create: Makes it whole where it is new, in one transaction; nil for a file that must exist.
  /// - Throws: CampaignError.
  init(
    _ path: String, patience: Double = 30, creating create: ((Database) throws -> Void)? = nil
  ) throws {
    self.path = path
    guard create != nil || FileManager.default.fileExists(atPath: path) else {
      throw CampaignError.missing("'\(path)' does not exist")
    }
    var configuration = Configuration()
    configuration.busyMode = .timeout(patience)
    configuration.prepareDatabase { db in try db.execute(sql: "PRAGMA synchronous = FULL") }
    do {
      queue = try DatabaseQueue(path: path, configuration: configuration)
      if let create { try queue.write(create) }
    } catch { throw StoreFile.translate(error, path) }
  }

  /// Changes it, all or nothing. Throws CampaignError.
  func write(_ body: (Database) throws -> Void) throws {
    do { try queue.write(body) } catch { throw StoreFile.translate(error, path) }
  }

  /// Reads it. Throws CampaignError.
  func read<Result>(_ body: (Database) throws -> Result) throws -> Result {
    do { return try queue.read(body) } catch { throw StoreFile.translate(error, path) }
  }

  private static func translate(_ error: any Error, _ path: String) -> any Error {
    guard let error = error as? DatabaseError else { return error }
    let reason = error.message ?? "\(error.resultCode)"
    switch error.resultCode {
    case .SQLITE_FULL, .SQLITE_IOERR, .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM:
      return CampaignError.cannotWrite(
        "cannot write '\(path)': \(reason); what was committed before is whole, and the same command "
          + "goes on from there")
    case .SQLITE_BUSY, .SQLITE_LOCKED:
      return CampaignError.busy(
        "'\(path)' is kept by another process, which reads or writes it; the same command goes on")
    default: return CampaignError.badContent("'\(path)' is no campaign's file: \(reason)")
    }
  }
}

extension UInt64 {
  /// As SQLite keeps it: the same 64 bits.
  var stored: Int64 { Int64(bitPattern: self) }
  /// What SQLite kept.
  init(stored: Int64) { self.init(bitPattern: stored) }
}

/// A lock that one process has, and that ends with it.
final class FileLock {
  /// The open file, to be closed in processes that are not to have the lock.
  let descriptor: Int32

  /// Takes the lock; nil while another process has it. Throws CampaignError.
  init?(_ path: String) throws {
    descriptor = unsafe open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw CampaignError.cannotWrite(
        "cannot write '\(path)': \(unsafe String(cString: strerror(errno)))")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      return nil
    }
  }

  deinit { close(descriptor) }
}
