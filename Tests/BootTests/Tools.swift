// Programs as oracles, with all that they print as text: dtc for device trees, iasl for ACPI, binutils.

import Foundation
import Support

/// An oracle by name.
struct Tool {
  private let name: String

  /// The program.
  ///
  /// - Throws: `OracleFailure` if it is not installed.
  init(_ name: String) throws {
    _ = try Oracle.path(name)
    self.name = name
  }

  /// Runs the program in a folder; gives its exit status and everything it printed.
  func run(_ arguments: [String], in folder: URL) throws -> (status: Int32, output: String) {
    let (status, output) = try Oracle.run(name, arguments, in: folder, errors: .together)
    return (status, String(decoding: output, as: UTF8.self))
  }
}
