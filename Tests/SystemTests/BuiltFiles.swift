// The files that a whole machine needs, where `make images` and `make kernel` leave them. `make
// test` builds them first; in a bare `swift test` without them the tests fail and say so.

import Foundation
import Machine
import Scenario
import Support

/// The firmware, the kernels and the initrd.
enum BuiltFiles {
  static let firmware = Checkout.path(".build/images/firmware.bin")
  static let initrd = Checkout.path(".build/images/initrd.cpio")

  /// The Image of a flavour of Debian's kernel.
  static func kernel(_ flavour: String) -> String {
    Checkout.path(".cache/linux/\(flavour)/vmlinuz")
  }

  /// Whether a flavour of the kernel was fetched; `make KERNELS="cloud generic rt"` fetches all.
  static func hasKernel(_ flavour: String) -> Bool {
    FileManager.default.fileExists(atPath: kernel(flavour))
  }

  /// A file's bytes.
  ///
  /// - Throws: `MissingFile` if it was not built.
  static func read(_ path: String) throws -> [UInt8] {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw MissingFile(path: path)
    }
    return [UInt8](data)
  }

  /// The initrd, with a script that its /init runs before it powers off.
  static func initrd(script: String) throws -> [UInt8] {
    var archive = CpioArchive()
    archive.add(file: "script", Array(script.utf8))
    return CpioArchive.joined(try read(initrd), archive.bytes)
  }
}

/// A file or program that `make test` provides before it runs the tests is not there.
struct MissingFile: Error, CustomStringConvertible {
  let path: String
  var description: String { "\(path) is missing: run `make test`, which provides it" }
}

/// A Debian boot: which kernel, on how large a machine, and what its /init does.
struct DebianBoot: CustomStringConvertible, Sendable {
  var flavour = "cloud"
  var cores = 1
  /// MiB.
  var ram: UInt64 = 512
  /// What /init runs before it powers off.
  var script = ""
  var commandLine = "console=ttyAMA0"

  var description: String { "\(flavour), \(cores) cores, \(ram) MiB" }

  /// The machine, in reset.
  func board(engine: ExecutionEngine = .standard) throws -> Board {
    try Board(
      BoardConfiguration(
        coreCount: cores, ramSize: ram << 20, firmware: try BuiltFiles.read(BuiltFiles.firmware),
        kernel: try BuiltFiles.read(BuiltFiles.kernel(flavour)),
        initrd: try BuiltFiles.initrd(script: script), commandLine: commandLine, engine: engine))
  }
}

/// A machine that runs, and all that its console said.
struct ConsoleRun {
  let board: Board
  private(set) var console: [UInt8] = []

  init(_ board: Board) { self.board = board }

  /// Runs until the machine has executed `end` instructions, in slices of the given sizes (the
  /// last of them repeats), or until something else than a slice's end stops it.
  mutating func run(to end: UInt64, slices: [UInt64] = [1_000_000]) -> StopReason {
    var sizes = slices.makeIterator()
    var size: UInt64 = slices.last ?? 1_000_000
    while board.instructions < end {
      size = sizes.next() ?? size
      let reason = board.run(instructions: min(size, end - board.instructions))
      console += board.takeConsoleOutput()
      if reason != .budget { return reason }
    }
    return .budget
  }

  /// Runs until the console has said `text`, or `limit` instructions or something else end it.
  mutating func run(until text: String, limit: UInt64) -> StopReason? {
    let wanted = Array(text.utf8)
    var searched = console.count
    while board.instructions < limit {
      let reason = board.run(instructions: 200_000)
      console += board.takeConsoleOutput()
      let start = max(0, searched - wanted.count)
      if console[start...].firstRange(of: wanted) != nil { return nil }
      searched = console.count
      if reason != .budget { return reason }
    }
    return .budget
  }

  /// The console as text.
  var text: String { String(decoding: console, as: UTF8.self) }
}
