// What the sweeps over lines of memory have in common: which lines, and what becomes of each.

import Arm
import Foundation
import Machine

/// How many lines the sweeps try: FAULTLINE_EVERY_LINE=1 leaves none out, FAULTLINE_LINES=N tries so many.
enum EveryLine {
  private static let environment = ProcessInfo.processInfo.environment
  private static let isAsked = environment["FAULTLINE_EVERY_LINE"] == "1"

  /// Numbers from 0 to `count`: all, or `sample` that are spread evenly by the golden ratio; the same on
  /// every run.
  static func lines(of count: UInt64, sample: UInt64) -> [UInt64] {
    let sample = environment["FAULTLINE_LINES"].flatMap(UInt64.init) ?? sample
    if isAsked || count <= sample { return Array(0..<count) }
    return (0..<sample).map { ($0 &* 0x9E37_79B9_7F4A_7C15) % count }
  }
}

/// What a line is given.
enum LineHarm: String, CaseIterable {
  case poison
  case corrected
  case restartable
  case recoverable
  case unrecoverable
  case uncontainable

  /// nil for an abort of whoever reads it.
  private var state: ErrorState? {
    switch self {
    case .poison: nil
    case .corrected: .corrected
    case .restartable: .restartable
    case .recoverable: .recoverable
    case .unrecoverable: .unrecoverable
    case .uncontainable: .uncontainable
    }
  }

  var poison: Poison {
    state.map { Poison(state: $0, signal: .serror(SystemError($0))) } ?? Poison()
  }
}
