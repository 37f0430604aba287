// Telling a run while it goes on: the timeline, and on a terminal how far it came.

import ArgumentParser
import Foundation
import Scenario

/// Prints what happens.
final class RunTeller {
  private let console: Bool
  private let toErrors: Bool
  /// Whether somebody looks on: progress is for people.
  private let isWatched = isatty(2) == 1
  private let clock = ContinuousClock()
  private var shownAt: ContinuousClock.Instant
  private var hasProgress = false
  private var lastLine = ""

  /// Prints to standard error instead of standard output if `toErrors`; the guest's console as well
  /// if `console`.
  init(toErrors: Bool, console: Bool) {
    self.console = console
    self.toErrors = toErrors
    shownAt = ContinuousClock().now
  }

  /// Takes in what happens. Where it cannot be told the command ends: a run is long, and would be for
  /// nobody.
  func observe(_ progress: RunProgress) {
    do {
      switch progress {
      case .began(let host): try tell("host: \(host.rawValue)")
      case .event(let event): try tell(event.text(width: 14))
      case .console(let line):
        lastLine = line.text
        if console { try tell("              | " + line.text) }
      case .reached(let instructions, let nanoseconds): show(instructions, nanoseconds)
      }
    } catch { Faultline.exit(withError: error) }
  }

  /// Prints a line at once, also into a pipe: somebody may be reading along.
  func tell(_ line: String) throws {
    end()
    if toErrors { StandardError.write(line + "\n") } else { try StandardOutput.write(line + "\n") }
  }

  /// Takes the line of progress away.
  func end() {
    if hasProgress { StandardError.write("\r\u{1B}[K") }
    hasProgress = false
  }

  private func show(_ instructions: UInt64, _ nanoseconds: UInt64) {
    guard isWatched, clock.now - shownAt > .milliseconds(250) else { return }
    shownAt = ContinuousClock().now
    let printable = lastLine.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }
    let line =
      "\(instructions.grouped) instructions, \(rounded(Double(nanoseconds) / 1e9, 2)) s: "
      + String(String.UnicodeScalarView(printable)).prefix(40)
    StandardError.write("\r\u{1B}[K" + line)
    hasProgress = true
  }
}
