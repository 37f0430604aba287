// The loop with which others inject errors: QEMU goes back to a snapshot, a byte of its memory is flipped, it
// goes on until the machine is off, and again. On the same images and the same window as our campaign.
//
// QEMU is driven by GDB's remote protocol alone, on its standard input and output: a breakpoint finds the
// window's beginning, `qRcmd` carries commands of the monitor (GDB manual, appendix E). Its RAM is a file that
// this process writes to. A machine that is off wants a reset before it goes on; what that does, `loadvm` undoes.

import Foundation

/// A QEMU that was brought to a moment.
final class QEMULoop {
  private let process = Process()
  private let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("faultline-qemu-\(UUID().uuidString)")
  private let requests = Pipe()
  private let answers = Pipe()
  private let memory: FileHandle
  private var received: [UInt8] = []

  /// Boots a machine of two cores and 1 GiB until a core is at a virtual address, and saves it. Throws
  /// BenchmarkFailure.
  init(
    firmware: [UInt8], kernel: [UInt8], initrd: [UInt8], arguments: [String], until pc: UInt64
  ) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let folder = folder
    func file(_ name: String) -> String { folder.appendingPathComponent(name).path }
    for (name, bytes) in [("firmware", firmware), ("kernel", kernel), ("initrd", initrd)] {
      try Files.write(file(name), bytes)
    }
    _ = FileManager.default.createFile(atPath: file("ram"), contents: nil)
    memory = try FileHandle(forUpdating: URL(fileURLWithPath: file("ram")))
    try memory.truncate(atOffset: 1 << 30)
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    // A snapshot wants a disk of this form.
    process.arguments =
      [
        "-c", "qemu-img create -q -f qcow2 \"$0\" 2G && exec qemu-system-aarch64 \"$@\"",
        file("disk"), "-M", QEMURun.board + ",memory-backend=ram", "-object",
        "memory-backend-file,id=ram,share=on,size=1G,mem-path=\(file("ram"))", "-cpu",
        "neoverse-n1", "-smp", "2", "-m", "1024", "-display", "none", "-monitor", "none",
        "-serial", "null", "-net", "none", "-no-shutdown", "-S", "-drive",
        "if=none,id=disk,format=qcow2,file=\(file("disk"))", "-chardev",
        "stdio,id=gdb,signal=off", "-gdb", "chardev:gdb", "-bios", file("firmware"), "-kernel",
        file("kernel"), "-initrd", file("initrd"),
      ] + arguments
    process.standardInput = requests
    process.standardOutput = answers
    process.standardError = FileHandle.nullDevice
    try process.run()
    // Reading a pipe blocks: the watchdog ends QEMU, and with it the read.
    let process = process
    DispatchQueue.global().asyncAfter(deadline: .now() + 120) { process.terminate() }
    let address = String(pc, radix: 16)
    try expect("OK", of: "Z0,\(address),4")
    guard try ask("c").hasPrefix("T05") else {
      throw BenchmarkFailure("QEMU did not come to 0x\(address)")
    }
    try expect("OK", of: "z0,\(address),4")
    try monitor("savevm moment")
  }

  deinit {
    if process.isRunning { process.terminate() }
    process.waitUntilExit()
    try? FileManager.default.removeItem(at: folder)
  }

  /// Processor time that QEMU has used, in seconds: utime and stime of proc(5), in hundredths.
  private func processorTime() throws -> Double {
    let text = String(
      decoding: try Files.read("/proc/\(process.processIdentifier)/stat"), as: UTF8.self)
    let fields = text.drop { $0 != ")" }.split(separator: " ")
    guard fields.count > 12, let user = Double(fields[12]), let system = Double(fields[13]) else {
      throw BenchmarkFailure("QEMU has no processor time")
    }
    return (user + system) / 100
  }

  /// Rounds a second of processor time, for so many seconds.
  func rate(seconds: Double) throws -> Double {
    let clock = ContinuousClock()
    let start = clock.now
    let before = try processorTime()
    var rounds: UInt64 = 0
    while clock.now - start < .seconds(seconds) {
      if rounds > 0 { try monitor("system_reset") }
      try monitor("loadvm moment")
      try flip(rounds)
      // SIGQUIT: the machine is off.
      try expect("T03", of: "c")
      rounds += 1
    }
    return Double(rounds) / (try processorTime() - before)
  }

  /// Flips a bit of a line of RAM, of another one each time.
  private func flip(_ round: UInt64) throws {
    let offset = round &* 0x9E37_79B9_7F4A_7C15 >> 34 & ~63
    try memory.seek(toOffset: offset)
    let byte = try memory.read(upToCount: 1)?.first ?? 0
    try memory.seek(toOffset: offset)
    try memory.write(contentsOf: Data([byte ^ 1]))
  }

  private func expect(_ answer: String, of request: String) throws {
    let found = try ask(request)
    guard found.hasPrefix(answer) else {
      throw BenchmarkFailure("QEMU answers '\(found)' to '\(request)'")
    }
  }

  /// A command of the monitor, whose words must be none.
  private func monitor(_ command: String) throws {
    let digits = command.utf8.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
    try send("qRcmd," + digits.joined())
    while true {
      let answer = try receive()
      if answer == "OK" { return }
      guard answer.hasPrefix("O") else {
        throw BenchmarkFailure("QEMU answers '\(answer)' to '\(command)'")
      }
    }
  }

  private func ask(_ request: String) throws -> String {
    try send(request)
    return try receive()
  }

  private func send(_ request: String) throws {
    let sum = request.utf8.reduce(UInt8(0), &+)
    let check = String(sum >> 4, radix: 16) + String(sum & 15, radix: 16)
    try requests.fileHandleForWriting.write(contentsOf: Data("$\(request)#\(check)".utf8))
  }

  /// The next packet's words.
  private func receive() throws -> String {
    while true {
      if let start = received.firstIndex(of: UInt8(ascii: "$")),
        let end = received[start...].firstIndex(of: UInt8(ascii: "#")), end + 2 < received.count
      {
        let text = String(decoding: received[(start + 1)..<end], as: UTF8.self)
        received.removeFirst(end + 3)
        try requests.fileHandleForWriting.write(contentsOf: Data("+".utf8))
        return text
      }
      let part = answers.fileHandleForReading.availableData
      guard !part.isEmpty else { throw BenchmarkFailure("QEMU ended") }
      received += part
    }
  }
}
