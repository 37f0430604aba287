// How far a campaign is, and how fast it gets on.

import Foundation
import Scenario

/// How far a campaign is.
public struct CampaignProgress: Equatable, Sendable {
  /// Rows that were run.
  public var done: UInt64
  /// Rows of the plan.
  public var all: UInt64
  /// Files with rows.
  public var files: Int
  /// Rows that never come to a result, for the tool failed.
  public var lost: Int
  /// Rows a second since it was first looked at; nil until some came.
  public var rate: Double?
  /// The widest interval of those that the plan asks for, in words; nil if none is known.
  public var widest: String?
  /// Whether no row is missing.
  public var isComplete: Bool

  /// How far `results` are. `done` rows were there so many seconds ago.
  public init(_ results: Results, since first: (done: UInt64, seconds: Double)? = nil) {
    let tally = results.tally
    done = UInt64(results.rows.count)
    all = results.folder.plan.rowCount
    files = results.files.count
    lost = results.lost.count
    if let first, done > first.done, first.seconds > 0 {
      rate = Double(done - first.done) / first.seconds
    }
    widest = tally.widest.map {
      "\($0.what.text) within \(Format.decimal($0.estimate.halfWidth * 100, 3)) %"
    }
    isComplete = tally.isComplete
  }

  /// Seconds until all rows are run, at this rate; nil if it is not known.
  public var secondsLeft: Double? { rate.map { max(0, Double(all) - Double(done)) / $0 } }

  /// A line.
  public var text: String {
    var line = "\(done.grouped) of \(all.grouped) rows in \(files) \(files == 1 ? "file" : "files")"
    if let rate, let secondsLeft {
      line +=
        ", \(Format.decimal(rate, 1)) a second, \(Format.decimal(secondsLeft, 0)) s left"
    }
    if lost > 0 { line += ", \(lost) failures of the tool" }
    if let widest { line += "; widest interval: \(widest)" }
    return line
  }

  /// The same as JSON.
  public var json: JSONValue {
    .object(
      Self.members(
        rows: done, of: all, failures: lost, rate: rate, secondsLeft: secondsLeft, widest: widest)
        + [("files", .number(UInt64(files))), ("complete", .bool(isComplete))])
  }

  /// What every program is told of progress.
  fileprivate static func members(
    rows: UInt64, of all: UInt64, failures: Int, rate: Double?, secondsLeft: Double?,
    widest: String?
  ) -> [(String, JSONValue)] {
    [
      ("rows", .number(rows)), ("of", .number(all)), ("failures", .number(UInt64(failures))),
      ("rate", rate.map { .decimal(($0 * 100).rounded() / 100) } ?? .null),
      ("secondsLeft", secondsLeft.map { .decimal($0.rounded()) } ?? .null),
      ("widest", widest.map(JSONValue.string) ?? .null),
    ]
  }
}

extension ShardRun.Progress {
  /// The progress of this shard alone as JSON, with the widest interval of all rows.
  public func json(widest: String?) -> JSONValue {
    .object(
      CampaignProgress.members(
        rows: done, of: total, failures: failures, rate: rate, secondsLeft: secondsLeft,
        widest: widest))
  }
}
