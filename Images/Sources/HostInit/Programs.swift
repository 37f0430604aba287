// The programs of a script: started, and waited for.

import GuestEntry
import GuestRuntime
import KVM
import Text

/// The programs that run.
struct Programs {
  /// One program.
  private struct Entry {
    var id: Int64 = 0
    /// Its name, of which the script's memory has the bytes.
    var name: UInt64 = 0
  }

  private var entries = InlineArray<16, Entry>(repeating: Entry())
  /// A page for a path, and for the vectors that a program begins with.
  private let scratch: UInt64

  /// None yet; `scratch` is a page of memory.
  init(scratch: UInt64) { self.scratch = scratch }

  /// Runs the program of a line; waits for its end unless it is to run beside the script.
  mutating func run(_ line: ScriptLine) {
    let name = line.word(1)
    guard let index = free else {
      say(name, " was not started: too many programs")
      return
    }
    let path = scratch
    let vectors = scratch + 1024
    guard write(name, to: path) else {
      say(name, " was not started: its name is too long")
      return
    }
    for word in 1...line.count {
      store_word(vectors + UInt64(word - 1) * 8, line.word(word))
    }
    // The environment: none, the zero that ends the arguments.
    let id = guest_spawn(path, vectors, vectors + UInt64(line.count - 1) * 8)
    guard id > 0 else {
      say(name, " was not started")
      return
    }
    entries[index] = Entry(id: id, name: name)
    if !line.isBackground { wait(for: id) }
  }

  /// The path of a program; false when it is too long.
  private func write(_ name: UInt64, to path: UInt64) -> Bool {
    var hasFolder = false
    var count: UInt64 = 0
    while load_byte(name + count) != 0 {
      if load_byte(name + count) == 0x2F { hasFolder = true }
      count += 1
    }
    guard count < 1000 else { return false }
    var place = path
    if !hasFolder {
      let folder: StaticString = "/bin/"
      for index in 0..<folder.utf8CodeUnitCount {
        store_byte(place, unsafe folder.utf8Start[index])
        place += 1
      }
    }
    for index in 0...count { store_byte(place + index, load_byte(name + index)) }
    return true
  }

  /// Waits until a program has ended, 0 for all; says of each that ends how it did. Processes whose
  /// parents are gone end here too, and nobody asked for them.
  mutating func wait(for id: Int64) {
    while isRunning(id) {
      var status: UInt32 = 0
      let ended = unsafe withUnsafeMutablePointer(to: &status) {
        HostInit.call(.wait4, UInt64.max, UInt64(UInt(bitPattern: $0)), 0, 0)
      }
      if ended == -Int64(LinuxError.interrupted.rawValue) { continue }
      guard ended > 0 else { return }
      for index in entries.indices where entries[index].id == ended {
        // As a shell counts: 128 + n for signal n.
        let signal = status & 0x7F
        let name = entries[index].name
        var line = Line()
        line.add(.programEnded, UInt64(signal == 0 ? status >> 8 & 0xFF : 128 + signal)) {
          (line, _) in line.add(from: name)
        }
        line.print()
        entries[index].id = 0
      }
    }
  }

  private var free: Int? {
    for index in entries.indices where entries[index].id == 0 { return index }
    return nil
  }

  private func isRunning(_ id: Int64) -> Bool {
    for index in entries.indices
    where entries[index].id != 0 && (id == 0 || entries[index].id == id) {
      return true
    }
    return false
  }

  private func say(_ name: UInt64, _ text: StaticString) {
    var line = Line(Sentence.initProcess.form)
    line.add(from: name)
    line.add(text)
    line.print()
  }
}
