// The checkout that the tests were built from, and what `make` built and fetched in it.

import Foundation

/// The checkout.
public enum Checkout {
  /// Its root.
  public static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The path of a file or a folder in it.
  public static func path(_ relative: String) -> String {
    root.appendingPathComponent(relative).path
  }

  /// The path of a file that `make test` provides; its absence is a failure, not a reason to skip.
  ///
  /// - Throws: `OracleFailure` when it is not there.
  public static func required(_ relative: String) throws -> String {
    let path = path(relative)
    guard FileManager.default.fileExists(atPath: path) else { throw missing(relative) }
    return path
  }

  /// What is in such a file.
  ///
  /// - Throws: `OracleFailure` when it is not there.
  public static func bytes(_ relative: String) throws -> [UInt8] {
    guard let data = FileManager.default.contents(atPath: path(relative)) else {
      throw missing(relative)
    }
    return [UInt8](data)
  }

  /// The same as text.
  ///
  /// - Throws: `OracleFailure` when it is not there.
  public static func text(_ relative: String) throws -> String {
    String(decoding: try bytes(relative), as: UTF8.self)
  }

  private static func missing(_ relative: String) -> OracleFailure {
    OracleFailure(
      "\(relative) is missing: run `make test`, which builds and fetches what tests need")
  }
}
