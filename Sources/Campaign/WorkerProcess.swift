// A worker, as the run of a shard sees it: a process that is asked for rows through a pipe and answers through
// another. A worker that crashes costs the row that it had.
//
// It is forked when the machine is at its moments, so that it has all of them and shares what it does not
// change; where fork is not to be had, it is this program once more, and comes to the moments by itself.

import Foundation

/// How workers come to be.
public enum WorkerStart: Equatable, Sendable {
  /// Forked from a process that has the machine at its moments: they share its memory.
  case fork
  /// Spawned: a program, with arguments, that ends in `Worker.serve`. Each has a machine of its own.
  case spawn(program: String, arguments: [String])

  /// Whether this operating system lets Swift fork.
  public static var canFork: Bool {
    #if canImport(Darwin)
    false
    #else
    true
    #endif
  }
}

/// A process that runs rows.
final class WorkerProcess {
  private enum Kind {
    case forked(pid_t)
    case spawned(Process)
  }

  /// Its number among the workers.
  let index: Int
  /// Where its answers come from.
  let answers: Int32
  private let requests: Int32
  private let kind: Kind
  private var received: [UInt8] = []
  /// Whether it has its machine at the moments: nobody is asked before.
  private(set) var isReady = false
  /// The row it runs, and whether that is an audit.
  var task: (k: UInt64, isAudit: Bool)?

  /// Forks a worker of a rig. `inherited` are open files that are not for it. Throws CampaignError.
  init(_ index: Int, rig: Rig, plan: Plan, inherited: [Int32]) throws {
    #if canImport(Darwin)
    throw CampaignError.cannotWrite("cannot fork a worker: this system has no fork for Swift")
    #else
    let (request, answer) = (try Self.pipe(), try Self.pipe())
    let pid = Foundation.fork()
    guard pid >= 0 else {
      throw CampaignError.cannotWrite(
        "cannot start a worker: \(unsafe String(cString: strerror(errno)))")
    }
    if pid == 0 {
      for descriptor in inherited + [request.write, answer.read] { close(descriptor) }
      Worker.serve(rig, plan, requests: request.read, answers: answer.write)
    }
    close(request.read)
    close(answer.write)
    self.index = index
    kind = .forked(pid)
    requests = request.write
    answers = answer.read
    #endif
  }

  /// Spawns a worker. Throws CampaignError.
  init(_ index: Int, program: String, arguments: [String]) throws {
    let (request, answer) = (try Self.pipe(), try Self.pipe())
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.standardInput = FileHandle(fileDescriptor: request.read)
    process.standardOutput = FileHandle(fileDescriptor: answer.write)
    do { try process.run() } catch {
      throw CampaignError.cannotWrite("cannot start a worker, '\(program)': \(error)")
    }
    close(request.read)
    close(answer.write)
    self.index = index
    kind = .spawned(process)
    requests = request.write
    answers = answer.read
  }

  private var pid: pid_t {
    switch kind {
    case .forked(let pid): pid
    case .spawned(let process): process.processIdentifier
    }
  }

  /// Files that later workers must close.
  var descriptors: [Int32] { [requests, answers] }

  /// Asks for a row.
  func ask(_ k: UInt64, isAudit: Bool) {
    task = (k, isAudit)
    _ = Worker.write(requests, (0..<8).map { UInt8(truncatingIfNeeded: k >> UInt64(8 * $0)) })
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
    if answer == .ready { isReady = true }
    return answer
  }

  /// Whether it ended.
  private(set) var isGone = false

  /// Lets it end, and says how it did. One that is not ready is not waited for.
  func finish() -> String {
    close(requests)
    close(answers)
    if !isReady, !isGone { kill(pid, SIGKILL) }
    let (signal, number): (Bool, Int32)
    switch kind {
    case .forked(let pid):
      var status: Int32 = 0
      while unsafe waitpid(pid, &status, 0) < 0, errno == EINTR {}
      (signal, number) = status & 0x7F == 0 ? (false, status >> 8 & 0xFF) : (true, status & 0x7F)
    case .spawned(let process):
      process.waitUntilExit()
      (signal, number) = (process.terminationReason == .uncaughtSignal, process.terminationStatus)
    }
    return signal ? "a worker died of signal \(number)" : "a worker ended with status \(number)"
  }

  /// Both ends close when another program is started.
  private static func pipe() throws -> (read: Int32, write: Int32) {
    var ends: [Int32] = [0, 0]
    guard unsafe Foundation.pipe(&ends) == 0 else {
      throw CampaignError.cannotWrite(
        "cannot make a pipe: \(unsafe String(cString: strerror(errno)))")
    }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }
}
