// The life of a worker: it says when its machine is at the moments, then answers for each row that it is asked
// for. It ends when nobody can ask it any more: the pipe is closed, also by a tool that was killed.
//
// A request is the number of a row in 8 bytes; an answer is JSON after its length in 4; little-endian.

import Foundation
import Scenario

/// What a worker says.
enum WorkerAnswer: Codable, Equatable {
  /// Its machine is at the moments.
  case ready
  /// It has no machine; why.
  case unfit(String)
  /// What a row came to.
  case result(RowResult)
  /// Why the tool has no result of a row.
  case failure(UInt64, String)
}

/// This process as a worker.
public enum Worker {
  /// Brings a machine of its own to the moments of a plan, then answers at standard output what is asked at
  /// standard input. Whatever else the process prints goes to standard error.
  public static func serve(_ folder: PlanStore) -> Never {
    let answers = dup(1)
    guard answers >= 0, dup2(2, 1) >= 0 else { exit(1) }
    ignoreSignals()
    do {
      serve(try folder.rig(), folder.plan, requests: 0, answers: answers)
    } catch {
      _ = say(.unfit("\(error)"), answers)
      exit(1)
    }
  }

  /// Answers for rows.
  static func serve(_ rig: Rig, _ plan: Plan, requests: Int32, answers: Int32) -> Never {
    ignoreSignals()
    guard say(.ready, answers) else { _exit(1) }
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
      guard say(answer(for: k, rig, plan), answers) else { _exit(1) }
    }
  }

  private static func answer(for k: UInt64, _ rig: Rig, _ plan: Plan) -> WorkerAnswer {
    guard let row = plan.row(k) else { return .failure(k, "there is no row \(k)") }
    let begin = processorMicroseconds
    do throws(ExperimentFailure) {
      var result = RowResult(k, try rig.run(row, of: plan))
      result.microseconds = processorMicroseconds - begin
      return .result(result)
    } catch { return .failure(k, "\(error)") }
  }

  /// Who ends the campaign ends its workers by closing the pipe.
  private static func ignoreSignals() {
    for ignored in [SIGINT, SIGTERM, SIGPIPE] { signal(ignored, SIG_IGN) }
  }

  private static func say(_ answer: WorkerAnswer, _ descriptor: Int32) -> Bool {
    guard let text = try? JSONEncoder().encode(answer) else { return false }
    let length = (0..<4).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }
    return write(descriptor, length + text)
  }

  /// Writes all of some bytes; false if nobody reads them.
  static func write(_ descriptor: Int32, _ bytes: [UInt8]) -> Bool {
    var start = 0
    while start < bytes.count {
      let count = unsafe bytes[start...].withUnsafeBytes { part in
        unsafe Foundation.write(descriptor, part.baseAddress, part.count)
      }
      if count > 0 { start += count } else if errno != EINTR { return false }
    }
    return true
  }

  private static var processorMicroseconds: UInt64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return UInt64(time.tv_sec) * 1_000_000 + UInt64(time.tv_nsec) / 1000
  }
}
