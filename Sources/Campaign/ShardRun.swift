// Running a shard: every row that is its own and not done yet, by workers, a batch a transaction.
//
// Row k belongs to the shard I of N whose I is k modulo N. What a row comes to depends on neither, so that the
// shards' files together are the file of one.

import Foundation
import Scenario

/// A shard's run.
public final class ShardRun {
  /// What is asked for.
  public struct Options: Sendable {
    /// Which shard, from 1.
    public var shard = 1
    /// Of how many.
    public var shards = 1
    /// How many workers.
    public var workers = 1
    /// How they come to be.
    public var start = WorkerStart.fork
    /// Seconds after which it stops, to be run again; nil for never.
    public var seconds: Double?

    /// One shard of one, with one worker.
    public init() {}
  }

  /// How far it is.
  public struct Progress: Sendable {
    /// Rows that are done, failures among them.
    public var done: UInt64
    /// Rows that are this shard's.
    public var total: UInt64
    /// Rows a second since it began.
    public var rate: Double
    /// Failures of the tool.
    public var failures: Int
    /// Seconds that are left, if it goes on so.
    public var secondsLeft: Double? { rate > 0 ? Double(total - min(done, total)) / rate : nil }
  }

  /// Why it ended.
  public enum End: Equatable, Sendable {
    /// All rows are done; as many of them are lost to the tool.
    case done(lost: Int)
    /// The sample is large enough: as many rows of it.
    case enough(rows: UInt64)
    /// The processor time that runs may take is used up.
    case outOfHours
    /// It was told to stop, and can be run again.
    case again
  }

  private let folder: PlanStore
  private let options: Options
  private let report: (Progress) -> Void
  private let clock = ContinuousClock()
  /// Set by a signal.
  nonisolated(unsafe) private static var isToldToStop: sig_atomic_t = 0

  private var done: Set<UInt64> = []
  private var attempts: [UInt64: Int] = [:]
  /// Workers that died over a row's second run.
  private var auditDeaths: [UInt64: Int] = [:]
  private var audited: Set<UInt64> = []
  private var results: [UInt64: RowResult] = [:]
  private var audits: [(k: UInt64, not: Int)] = []
  private var again: [UInt64] = []
  private var batch = ShardStore.Batch()
  private var failureCount = 0
  private var unequal: [UInt64] = []
  private var microseconds: UInt64 = 0
  private var looks: SharedLooks

  /// The run of a shard; `report` is told how far it is, once a batch.
  public init(_ folder: PlanStore, _ options: Options, report: @escaping (Progress) -> Void) {
    self.folder = folder
    self.options = options
    self.report = report
    looks = SharedLooks(folder)
  }

  private var plan: Plan { folder.plan }

  /// The file of a shard.
  public static func file(_ folder: String, _ shard: Int, of shards: Int) -> String {
    folder + "/shard-\(shard)-of-\(shards).db"
  }

  /// The first row that is this shard's; the others follow at distances of `options.shards`.
  private var firstRow: UInt64 { UInt64(options.shard % options.shards) }

  /// Runs. Throws CampaignError, and what the machine throws.
  public func run() throws -> End {
    let path = Self.file(folder.folder, options.shard, of: options.shards)
    guard let lock = try FileLock(path + ".lock") else {
      throw CampaignError.cannotWrite("'\(path)' is being written by another process")
    }
    let store = try ShardStore(path, of: plan)
    try takeUp(store)
    let count = plan.rowCount
    let total = count > firstRow ? (count - firstRow - 1) / UInt64(options.shards) + 1 : 0
    guard UInt64(done.count) < total || !audits.isEmpty else {
      return try end(store, .done(lost: failureCount))
    }
    let enough = try looks.enough().map { End.enough(rows: $0 - plan.censusCount) }
    let known = enough ?? (isOutOfHours ? .outOfHours : nil)
    if let known, audits.isEmpty { return try end(store, known) }
    let began = clock.now
    unsafe Self.isToldToStop = 0
    for wanted in [SIGTERM, SIGINT] { signal(wanted) { _ in unsafe ShardRun.isToldToStop = 1 } }
    // Who started it may have blocked them: a mask is inherited.
    var wanted = sigset_t()
    unsafe sigemptyset(&wanted)
    for number in [SIGTERM, SIGINT] { unsafe sigaddset(&wanted, number) }
    unsafe pthread_sigmask(SIG_UNBLOCK, &wanted, nil)
    signal(SIGPIPE, SIG_IGN)
    defer { for wanted in [SIGTERM, SIGINT] { signal(wanted, SIG_DFL) } }
    do {
      let rig =
        options.start == .fork
        ? try folder.rig { if isOver(since: began) { throw Stopped() } } : nil
      return try withExtendedLifetime(lock) {
        try serve(rig, store, lock, total: total, since: began, end: known)
      }
    } catch is Stopped { return .again }
  }

  /// What the shard's file has already.
  private func takeUp(_ store: ShardStore) throws {
    for run in try store.runs() {
      done.insert(run.result.k)
      results[run.result.k] = run.result
      microseconds += run.result.microseconds
    }
    for failure in try store.failures() {
      attempts[failure.k] = max(attempts[failure.k] ?? 0, failure.attempt)
      if failure.isFinal, !done.contains(failure.k) {
        done.insert(failure.k)
        failureCount += 1
      }
    }
    for audit in try store.audits() {
      audited.insert(audit.k)
      if !audit.isEqual { unequal.append(audit.k) }
    }
    audits = results.keys.filter { plan.isAudited($0) && !audited.contains($0) }.sorted()
      .map { ($0, -1) }
  }

  /// Told to stop before there was anything to run.
  private struct Stopped: Error {}

  /// Whether it was told to stop, or its time is over.
  private func isOver(since began: ContinuousClock.Instant) -> Bool {
    unsafe Self.isToldToStop != 0
      || options.seconds.map { clock.now - began > .seconds($0) } ?? false
  }

  /// Whether the processor time that this shard's runs may take is used up.
  private var isOutOfHours: Bool {
    plan.file.stop.hours.map { Double(microseconds) / 3.6e9 >= $0 / Double(options.shards) }
      ?? false
  }

  /// Has workers run rows; `rig` is what they are forked with, nil where they are spawned.
  private func serve(
    _ rig: Rig?, _ store: ShardStore, _ lock: FileLock, total: UInt64,
    since began: ContinuousClock.Instant, end known: End?
  ) throws -> End {
    var workers: [WorkerProcess] = []
    func start(_ index: Int) throws -> WorkerProcess {
      if case .spawn(let program, let arguments) = options.start {
        return try WorkerProcess(index, program: program, arguments: arguments)
      }
      guard let rig else { preconditionFailure("nothing to fork from") }
      return try WorkerProcess(
        index, rig: rig, plan: plan,
        inherited: [lock.descriptor] + workers.flatMap(\.descriptors))
    }
    for index in 0..<options.workers { workers.append(try start(index)) }
    defer { for worker in workers { _ = worker.finish() } }
    let first = clock.now
    let doneBefore = done.count
    var committed = clock.now
    var refusals = 0
    var deaths = 0
    var next = firstRow
    var end = known

    func tell() {
      let seconds = (clock.now - first) / .seconds(1)
      report(
        Progress(
          done: UInt64(done.count), total: total,
          rate: seconds > 0 ? Double(done.count - doneBefore) / seconds : 0,
          failures: failureCount))
    }
    func commit() throws {
      do {
        try store.commit(batch, of: plan)
        (batch, refusals) = (ShardStore.Batch(), 0)
      } catch CampaignError.busy(let reason) {
        // Somebody reads for long: the rows are kept, and written with the next.
        refusals += 1
        guard refusals < Self.patience else { throw CampaignError.busy(reason) }
      }
      committed = clock.now
      tell()
      // Before this shard's own part of it is there, no look is complete.
      if options.shards > 1, end == nil, let ahead = looks.ahead.first, next >= ahead,
        let look = try looks.enough()
      {
        end = .enough(rows: look - plan.censusCount)
      }
    }
    /// The next row that a worker may run; nil for none now.
    func task(for worker: WorkerProcess) -> (k: UInt64, isAudit: Bool)? {
      switch end {
      case nil: break
      case .enough, .done, .outOfHours: return audit(for: worker)
      case .again: return nil
      }
      if !again.isEmpty { return (again.removeFirst(), false) }
      if let audit = audit(for: worker) { return audit }
      while next < plan.rowCount {
        if options.shards == 1, let look = looks.ahead.first, next >= look {
          // A look is at all rows before it, and nobody else runs any.
          guard workers.allSatisfy({ $0.task == nil }) else { return nil }
          looks.pass()
          if Tally(plan, results: results, before: look).isEnough {
            end = .enough(rows: look - plan.censusCount)
            return nil
          }
        }
        defer { next += UInt64(options.shards) }
        if !done.contains(next) { return (next, false) }
      }
      return nil
    }

    while true {
      if isOver(since: began) { end = .again }
      if isOutOfHours { end = end ?? .outOfHours }
      for worker in workers where worker.isReady && worker.task == nil {
        if let task = task(for: worker) { worker.ask(task.k, isAudit: task.isAudit) }
      }
      let awaited = workers.filter { $0.task != nil || !$0.isReady }
      if workers.allSatisfy({ $0.task == nil }),
        end == .again || audits.isEmpty && (end != nil || again.isEmpty && next >= plan.rowCount)
      {
        break
      }
      var waits = awaited.map { pollfd(fd: $0.answers, events: Int16(POLLIN), revents: 0) }
      _ = unsafe poll(&waits, nfds_t(waits.count), waits.isEmpty ? 1 : 200)
      for (worker, wait) in zip(awaited, waits) where wait.revents != 0 {
        if let answer = worker.read() {
          try take(answer, worker)
        } else if worker.isGone {
          workers.removeAll { $0 === worker }
          let reason = worker.finish()
          if worker.isReady { deaths = 0 } else { deaths += 1 }
          guard deaths < Self.patience || isOver(since: began) else {
            try commit()
            throw CampaignError.broken("\(reason) before it had its machine")
          }
          workers.append(try start(worker.index))
          if let task = worker.task { lose(task, reason) }
        }
      }
      if batch.count >= 500 || clock.now - committed > .seconds(2) { try commit() }
    }
    repeat { try commit() } while batch.count > 0
    return try self.end(store, end ?? .done(lost: failureCount))
  }

  /// How often it goes on after a file that others keep, or after workers that die on their way.
  private static let patience = 5

  /// The next row that a worker is to run a second time.
  private func audit(for worker: WorkerProcess) -> (k: UInt64, isAudit: Bool)? {
    audits.firstIndex { $0.not != worker.index || options.workers == 1 }
      .map { (audits.remove(at: $0).k, true) }
  }

  private func take(_ answer: WorkerAnswer, _ worker: WorkerProcess) throws {
    let isAudit = worker.task?.isAudit ?? false
    switch answer {
    case .ready: return
    case .unfit(let reason): throw CampaignError.noMoment(reason)
    case .failure(let k, let reason):
      // The same row fails in the same way again.
      if isAudit { audit(k, nil) } else { fail(k, reason, isFinal: true) }
    case .result(let result):
      if isAudit { audit(result.k, result) } else { done(result, worker) }
    }
    worker.task = nil
  }

  private func done(_ result: RowResult, _ worker: WorkerProcess) {
    done.insert(result.k)
    results[result.k] = result
    microseconds += result.microseconds
    batch.runs.append(ShardStore.Run(result: result, attempt: (attempts[result.k] ?? 0) + 1))
    if plan.isAudited(result.k), !audited.contains(result.k) {
      audits.append((result.k, worker.index))
    }
  }

  private func audit(_ k: UInt64, _ result: RowResult?) {
    var first = results[k]
    // Stories are not read back.
    if first?.story.isEmpty ?? false { first?.story = result?.story ?? "" }
    let isEqual = result.flatMap { result in first.map { $0.isSame(as: result) } } ?? false
    audited.insert(k)
    if !isEqual { unequal.append(k) }
    batch.audits.append(
      ShardStore.Audit(
        k: k, isEqual: isEqual, hash: result?.hash ?? 0, verdict: result?.verdict ?? "failed"))
  }

  /// A worker died over a row: it is tried once more.
  private func lose(_ task: (k: UInt64, isAudit: Bool), _ reason: String) {
    let key = task.k
    let deaths = (task.isAudit ? auditDeaths[key] : attempts[key]) ?? 0
    if task.isAudit { auditDeaths[key] = deaths + 1 }
    let isSecond = deaths >= 1
    fail(
      task.k, reason + (task.isAudit ? " over an audit" : ""), isFinal: isSecond && !task.isAudit)
    if task.isAudit {
      if isSecond { audit(task.k, nil) } else { audits.append((task.k, -1)) }
    } else if !isSecond {
      again.append(task.k)
    }
  }

  private func fail(_ k: UInt64, _ message: String, isFinal: Bool) {
    let attempt = (attempts[k] ?? 0) + 1
    attempts[k] = attempt
    if isFinal {
      done.insert(k)
      failureCount += 1
    }
    batch.failures.append(
      ShardStore.Failure(k: k, attempt: attempt, message: message, isFinal: isFinal))
  }

  private func end(_ store: ShardStore, _ end: End) throws -> End {
    guard unequal.isEmpty else {
      throw CampaignError.broken(
        "row \(unequal.sorted()[0]) came to something else when it was run again; the tool is not to be "
          + "trusted with this campaign ('\(store.path)', table audit)")
    }
    guard failureCount * 100 <= max(done.count, 100) else {
      throw CampaignError.broken(
        "\(failureCount) of \(done.count) rows failed in the tool, which is more than 1 %; "
          + "'\(store.path)', table failure, says why")
    }
    return end
  }
}
