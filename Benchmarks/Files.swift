// The files that are measured with.

import Foundation
import Scenario

/// Why there is no measurement.
struct BenchmarkFailure: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}

/// Reading and writing, in the folder of the checkout.
struct Files {
  var firmware = ".build/images/firmware.bin"
  var kernel = ".cache/linux/cloud/vmlinuz"
  var initrd = ".build/images/initrd.cpio"

  /// A file's bytes.
  static func read(_ path: String) throws -> [UInt8] {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw BenchmarkFailure(
        "'\(path)' cannot be read; `make bench` builds and fetches what is needed")
    }
    return [UInt8](data)
  }

  /// Writes a file.
  static func write(_ path: String, _ bytes: [UInt8]) throws {
    do { try Data(bytes).write(to: URL(fileURLWithPath: path)) } catch {
      throw BenchmarkFailure("cannot write '\(path)': \(error.localizedDescription)")
    }
  }
}
