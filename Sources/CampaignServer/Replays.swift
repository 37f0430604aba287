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
    do { try process.run() } catch {
      replays[row]?.output = Data("cannot run '\(tool)': \(error)\n".utf8)
      return end(row, 70)
    }
    let pid = process.processIdentifier
    running = pid
    let patience = Task {
      try await Task.sleep(for: .seconds(Self.patience))
      self.stop(pid)
    }
    let ending = Self.follow(Followed(process: process, pipe: pipe))
    Task {
      for await event in ending {
        switch event {
        case .said(let data): self.take(row, data)
        case .ended(let status):
          patience.cancel()
          self.end(row, status)
        }
      }
    }
  }

  /// What a process does.
  private enum Event: Sendable {
    case said(Data)
    case ended(Int32)
  }

  /// What a process says, in the order in which it comes, and how it ends. A thread waits for it: a pipe's
  /// `readabilityHandler` is not always called for its end (swift-corelibs-foundation, issue 3275).
  private static func follow(_ followed: Followed) -> AsyncStream<Event> {
    let (events, told) = AsyncStream.makeStream(of: Event.self)
    Thread.detachNewThread {
      let reading = followed.pipe.fileHandleForReading
      while true {
        let data = reading.availableData
        if data.isEmpty { break }
        told.yield(.said(data))
      }
      // Not `waitUntilExit`, which belongs to the thread that began the process.
      while followed.process.isRunning { Thread.sleep(forTimeInterval: 0.002) }
      told.yield(.ended(followed.process.terminationStatus))
      told.finish()
    }
    return events
  }

  /// A process and what it says, handed to the one thread that follows them.
  private struct Followed: @unchecked Sendable {
    let process: Process
    let pipe: Pipe
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
