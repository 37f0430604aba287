// A worker: a process that is forked when the machine is at its moments, so that it has all of them and
// shares what it does not change. It is asked for rows through a pipe and answers through another. A worker
// that crashes costs the row that it had.
//
// It ends when nobody can ask it any more: the pipe is closed, also by a tool that was killed.

import Foundation
import Scenario

/// What a worker says of a row.
struct WorkerAnswer: Codable {
  /// The row.
  var k: UInt64
  /// What it came to.
  var result: RowResult?
  /// Why the tool has no result.
  var failure: String?
}

/// A process that runs rows.
final class WorkerProcess {
  /// Its number among the workers.
  let index: Int
  /// The process.
  let pid: pid_t
  /// Where its answers come from.
  let answers: Int32
  private let requests: Int32
  private var received: [UInt8] = []
  /// The row it runs, and whether that is an audit.
  var task: (k: UInt64, isAudit: Bool)?

  /// Forks a worker of a rig. `inherited` are open files that are not for it. Throws CampaignError.
  init(_ index: Int, rig: Rig, plan: Plan, inherited: [Int32]) throws {
    self.index = index
    let (request, answer) = (try Self.pipe(), try Self.pipe())
    let pid = fork()
    guard pid >= 0 else {
      throw CampaignError.cannotWrite(
        "cannot start a worker: \(unsafe String(cString: strerror(errno)))")
    }
    if pid == 0 {
      for descriptor in inherited + [request.write, answer.read] { close(descriptor) }
      Self.serve(rig, plan, requests: request.read, answers: answer.write)
    }
    close(request.read)
    close(answer.write)
    self.pid = pid
    requests = request.write
    answers = answer.read
  }

  /// Files that later workers must close.
  var descriptors: [Int32] { [requests, answers] }

  /// Asks for a row.
  func ask(_ k: UInt64, isAudit: Bool) {
    task = (k, isAudit)
    _ = Self.write(requests, (0..<8).map { UInt8(truncatingIfNeeded: k >> UInt64(8 * $0)) })
  }

  /// What it said, if all of an answer is there; nil too when it is gone, which `isGone` tells.
  func read() -> WorkerAnswer? {
    var part = [UInt8](repeating: 0, count: 1 << 16)
    let count = unsafe part.withUnsafeMutableBytes { bytes in
      unsafe Foundation.read(answers, bytes.baseAddress, bytes.count)
    }
    guard count > 0 else {
      if count == 0 || errno != EINTR { isGone = true }
      return nil
    }
    received += part[..<count]
    guard received.count >= 4 else { return nil }
    let length = (0..<4).reduce(0) { $0 | Int(received[$1]) << (8 * $1) }
    guard received.count >= 4 + length else { return nil }
    let answer = try? JSONDecoder().decode(
      WorkerAnswer.self, from: Data(received[4..<4 + length]))
    received.removeFirst(4 + length)
    return answer
  }

  /// Whether it ended.
  private(set) var isGone = false

  /// Lets it end, and says how it did.
  func finish() -> String {
    close(requests)
    close(answers)
    var status: Int32 = 0
    while unsafe waitpid(pid, &status, 0) < 0, errno == EINTR {}
    let signal = status & 0x7F
    return signal == 0
      ? "a worker ended with status \(status >> 8 & 0xFF)" : "a worker died of signal \(signal)"
  }

  private static func pipe() throws -> (read: Int32, write: Int32) {
    var ends: [Int32] = [0, 0]
    guard unsafe Foundation.pipe(&ends) == 0 else {
      throw CampaignError.cannotWrite(
        "cannot make a pipe: \(unsafe String(cString: strerror(errno)))")
    }
    return (ends[0], ends[1])
  }

  private static func write(_ descriptor: Int32, _ bytes: [UInt8]) -> Bool {
    var start = 0
    while start < bytes.count {
      let count = unsafe bytes[start...].withUnsafeBytes { part in
        unsafe Foundation.write(descriptor, part.baseAddress, part.count)
      }
      if count > 0 { start += count } else if errno != EINTR { return false }
    }
    return true
  }

  /// The life of a worker.
  private static func serve(_ rig: Rig, _ plan: Plan, requests: Int32, answers: Int32) -> Never {
    // Who ends the campaign ends its workers by closing the pipe.
    for ignored in [SIGINT, SIGTERM, SIGPIPE] { signal(ignored, SIG_IGN) }
    let encoder = JSONEncoder()
    var request = [UInt8](repeating: 0, count: 8)
    while true {
      var filled = 0
      while filled < 8 {
        let count = unsafe request[filled...].withUnsafeMutableBytes { part in
          unsafe Foundation.read(requests, part.baseAddress, part.count)
        }
        if count > 0 { filled += count } else if count == 0 || errno != EINTR { _exit(0) }
      }
      let k = (0..<8).reduce(UInt64(0)) { $0 | UInt64(request[$1]) << UInt64(8 * $1) }
      var answer = WorkerAnswer(k: k)
      if let row = plan.row(k) {
        let begin = processorMicroseconds
        do throws(ExperimentFailure) {
          var result = RowResult(k, try rig.run(row, of: plan))
          result.microseconds = processorMicroseconds - begin
          answer.result = result
        } catch { answer.failure = "\(error)" }
      } else {
        answer.failure = "there is no row \(k)"
      }
      guard let text = try? encoder.encode(answer) else { _exit(1) }
      let length = (0..<4).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }
      guard write(answers, length + text) else { _exit(1) }
    }
  }

  private static var processorMicroseconds: UInt64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return UInt64(time.tv_sec) * 1_000_000 + UInt64(time.tv_nsec) / 1000
  }
}
