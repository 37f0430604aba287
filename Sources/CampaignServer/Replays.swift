// Rows that are run again because somebody asked. Each is `faultline campaign replay` as a process of its own: a
// browser sees what a terminal would, and a run that fails, or takes for ever, is not the server's.

import Foundation

/// The rows that run again, one at a time, and what they said.
actor Replays {
  /// One of them.
  struct Replay: Sendable {
    /// What it has said so far.
    var output = Data()
    /// How it ended; nil while it waits or runs.
    var status: Int32?
    /// Whether it runs.
    var hasBegun = false
  }

  /// How many may wait.
  static let most = 16
  /// How much of what one says is kept, in bytes.
  static let mostOutput = 1 << 20
  /// How many that have ended are kept.
  static let mostKept = 32
  /// How long one may take, in seconds.
  static let patience = 600.0

  private let tool: String
  private let folder: String
  private var replays: [UInt64: Replay] = [:]
  private var waiting: [UInt64] = []
  /// Rows that have ended, the oldest first.
  private var finished: [UInt64] = []
  /// The process that runs.
  private var running: Int32?
  private var isStopped = false

  /// None, of a folder.
  init(tool: String, folder: String) {
    self.tool = tool
    self.folder = folder
  }

  /// What became of a row's.
  func replay(_ row: UInt64) -> Replay? { replays[row] }

  /// Has a row run again, soon; false if too many wait.
  func begin(_ row: UInt64) -> Bool {
    if let known = replays[row], known.status == nil { return true }
    guard waiting.count < Self.most else { return false }
    replays[row] = Replay()
    waiting.append(row)
    next()
    return true
  }

  /// Ends what runs, and lets nothing begin any more: the server ends.
  func stop() {
    isStopped = true
    waiting = []
    if let running { kill(running, SIGKILL) }
  }

  private func next() {
    guard running == nil, !isStopped, !waiting.isEmpty else { return }
    let row = waiting.removeFirst()
    replays[row]?.hasBegun = true
    let process = Process()
    process.executableURL = URL(fileURLWithPath: tool)
    process.arguments = ["campaign", "replay", folder, String(row)]
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    process.standardInput = FileHandle.nullDevice
    // In the order in which it comes, the end of it last.
    let (output, said) = AsyncStream.makeStream(of: Data.self)
    let (ends, ended) = AsyncStream.makeStream(of: Int32.self)
    pipe.fileHandleForReading.readabilityHandler = { handle in
      let data = handle.availableData
      guard !data.isEmpty else {
        handle.readabilityHandler = nil
        return said.finish()
      }
      said.yield(data)
    }
    process.terminationHandler = { process in
      ended.yield(process.terminationStatus)
      ended.finish()
    }
    do { try process.run() } catch {
      pipe.fileHandleForReading.readabilityHandler = nil
      replays[row]?.output = Data("cannot run '\(tool)': \(error)\n".utf8)
      return end(row, 70)
    }
    let pid = process.processIdentifier
    running = pid
    let patience = Task {
      try await Task.sleep(for: .seconds(Self.patience))
      self.stop(pid)
    }
    try? pipe.fileHandleForWriting.close()
    let reading = pipe.fileHandleForReading
    Task {
      for await data in output { self.take(row, data) }
      // Who reads must be there until all is read.
      withExtendedLifetime(reading) {}
      for await status in ends {
        patience.cancel()
        self.end(row, status)
      }
    }
  }

  private func take(_ row: UInt64, _ data: Data) {
    guard let count = replays[row]?.output.count, count < Self.mostOutput else { return }
    replays[row]?.output += data
    if count + data.count >= Self.mostOutput {
      replays[row]?.output += Data("\n... more than is kept here\n".utf8)
    }
  }

  private func stop(_ pid: Int32) {
    // It may have ended, and its number be another's.
    if running == pid { kill(pid, SIGKILL) }
  }

  private func end(_ row: UInt64, _ status: Int32) {
    replays[row]?.status = status
    running = nil
    finished.append(row)
    if finished.count > Self.mostKept {
      let oldest = finished.removeFirst()
      // It may have been asked for again.
      if !finished.contains(oldest), replays[oldest]?.status != nil { replays[oldest] = nil }
    }
    next()
  }
}
