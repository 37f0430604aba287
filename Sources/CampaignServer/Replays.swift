// Rows that are run again because somebody asked. Each is `faultline campaign replay` as a process of its own: a
// browser sees what a terminal would, and a run that fails, or takes for ever, is not the server's.

import Foundation

/// The rows that run again, one at a time, and what they said.
actor Replays {
  /// One of them.
  struct Replay: Sendable {
    /// What it has said so far.
    var output = ""
    /// How it ended; nil while it waits or runs.
    var status: Int32?
    /// Whether it runs.
    var hasBegun = false
    /// Its process, once there is one.
    var process: Int32?
  }

  /// How many may wait.
  static let most = 16
  /// How much of what one says is kept, in bytes.
  static let mostOutput = 1 << 20
  /// How long one may take, in seconds.
  static let patience = 600.0

  private let tool: String
  private let folder: String
  private var replays: [UInt64: Replay] = [:]
  private var waiting: [UInt64] = []
  private var isRunning = false

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

  private func next() {
    guard !isRunning, !waiting.isEmpty else { return }
    let row = waiting.removeFirst()
    isRunning = true
    replays[row]?.hasBegun = true
    let process = Process()
    process.executableURL = URL(fileURLWithPath: tool)
    process.arguments = ["campaign", "replay", folder, String(row)]
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    process.standardInput = FileHandle.nullDevice
    process.terminationHandler = { process in
      let status = process.terminationStatus
      Task { await self.end(row, status) }
    }
    pipe.fileHandleForReading.readabilityHandler = { handle in
      let data = handle.availableData
      guard !data.isEmpty else {
        handle.readabilityHandler = nil
        return
      }
      let text = String(decoding: data, as: UTF8.self)
      Task { await self.take(row, text) }
    }
    do { try process.run() } catch {
      replays[row]?.output = "cannot run '\(tool)': \(error)\n"
      return end(row, 70)
    }
    let pid = process.processIdentifier
    replays[row]?.process = pid
    Task {
      try? await Task.sleep(for: .seconds(Self.patience))
      self.stop(row, pid)
    }
  }

  private func take(_ row: UInt64, _ text: String) {
    guard let count = replays[row]?.output.utf8.count, count < Self.mostOutput else { return }
    replays[row]?.output += text
    if count + text.utf8.count >= Self.mostOutput {
      replays[row]?.output += "\n... more than is kept here\n"
    }
  }

  private func stop(_ row: UInt64, _ pid: Int32) {
    // The row may run once more since then, and the number be another's.
    guard let replay = replays[row], replay.status == nil, replay.process == pid else { return }
    kill(pid, SIGKILL)
  }

  private func end(_ row: UInt64, _ status: Int32) {
    replays[row]?.status = status
    isRunning = false
    next()
  }
}
