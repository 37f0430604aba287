// CPER records to JSON, on one core: what a collector of error records does all day. The records are
// the tests' (libcper's samples, filled at random, so that they break many rules, and each broken
// rule costs a sentence).

import Decode
import Foundation

/// Measures the decoders.
enum RecordDecoding {
  /// The samples, by their section.
  static let samples = [
    ("ARM processor", "cper-arm.hex-30-per-line.txt"),
    ("memory", "cper-memory.hex-30-per-line.txt"),
    ("memory 2", "cper-memory2.hex-30-per-line.txt"),
    ("Arm RAS node", "cper-arm-ras.hex-32-per-line.txt"),
  ]

  /// What libcper says of itself, for the table's reader.
  static let published = "libcper publishes 13,000 to 60,000 records/s"

  /// Records a second of a sample: the best of three runs of a second or so, by processor time.
  static func rate(_ file: String) throws -> Double {
    let record = digits(of: try Files.read("Tests/DecodeTests/Inputs/" + file))
    let request = DecodeRequest(kind: .cper, style: .jsonLine)
    guard Decoding(record, request).outcome == .whole else {
      throw BenchmarkFailure("\(file) is no whole record")
    }
    let count = 100_000
    var best = 0.0
    for _ in 0..<3 {
      var written = 0
      let cost = HostCost.of {
        for _ in 0..<count { written += Decoding(record, request).bytes.count }
      }
      if written > 0 { best = max(best, Double(count) / cost.processor) }
    }
    return best
  }

  /// The bytes of hexadecimal digits.
  private static func digits(of text: [UInt8]) -> [UInt8] {
    let digits = String(decoding: text, as: UTF8.self).filter { $0.isHexDigit }.map { $0 }
    return stride(from: 0, to: digits.count - 1, by: 2).compactMap {
      UInt8(String(digits[$0...$0 + 1]), radix: 16)
    }
  }
}
