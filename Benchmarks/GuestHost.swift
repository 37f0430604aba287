// A host with a guest, on one core, so that every instruction that the machine executes between two
// moments belongs to the way from one to the other. The same VMM and guests on both hosts.

import Arm
import Foundation
import Machine
import Scenario

/// One of the two hosts.
struct GuestHost {
  private let boot: DebianBoot
  private let kernel: [UInt8]
  private let name: String
  private let arguments: String
  /// Instructions between two looks at the console.
  private static let slice: UInt64 = 1000

  init(_ host: Scenario.Host, _ boot: DebianBoot) throws {
    self.boot = boot
    name = host.rawValue
    kernel = host == .linux ? boot.kernel : try Files.read(".build/images/hypervisor.bin")
    // What the host prints about an error is not the way of the error.
    arguments = "console=ttyAMA0 loglevel=0"
  }

  /// A machine whose host runs one VMM.
  private func start(
    _ vmm: String, initrd: String = "host.cpio", memory: UInt64 = 1 << 30
  ) throws
    -> GuestRun
  {
    var archive = CpioArchive()
    archive.add(file: "script", Array("run vmm --name a \(vmm)\n".utf8))
    let files = try Files.read(".build/images/" + initrd)
    return GuestRun(
      try BoardTarget(
        cores: 1, memory: memory, firmware: boot.firmware, kernel: kernel,
        initrd: CpioArchive.joined(files, archive.bytes), commandLine: arguments,
        serror: name == "linux" ? .event : .sei))
  }

  /// Instructions of one HVC and of one load from a device, and back in the guest.
  func exits() throws -> (call: Double, load: Double) {
    let times = 2000.0
    let run = try start("--kernel /guest.bin --memory 64M --append 'test=calls times=2000'")
    func cost(_ what: String) throws -> Double {
      try run.go(until: "a| guest: \(what) begin", GuestHost.slice)
      let begin = run.target.instructions
      try run.go(until: "a| guest: \(what) end", GuestHost.slice)
      return Double(run.target.instructions - begin) / times
    }
    return (try cost("calls"), try cost("reads"))
  }

  /// Instructions from a guest's abort to the first of the VMM's signal handler, and to the first of
  /// the guest's vector.
  func errorPath() throws -> (signal: Double, vector: Double) {
    let run = try start("--kernel /guest.bin --memory 64M --append 'test=el0-read wait=8000'")
    let line = try run.go(until: "a| guest: victim at ipa ", 10_000)
    let digits = line.split(separator: "ipa 0x").last?.prefix { $0.isHexDigit } ?? ""
    guard let address = UInt64(digits, radix: 16) else {
      throw BenchmarkFailure("\(name): no address in '\(line)'")
    }
    var place: UInt64?
    while place == nil {
      try run.step(1000)
      place = run.target.translate(core: 0, IntermediatePhysicalAddress(address))?.rawValue
    }
    let core = run.target.board.cores[0]
    guard let place, run.target.plantPoison(PhysicalAddress(place), Poison()) else {
      throw BenchmarkFailure("\(name): no memory behind the guest's \(digits)")
    }
    let vector = core.state[.vbarEL1] + 0x400
    let symbols = try SymbolTable(
      Files.read("Images/.build/aarch64-none-none-elf/release/VMMImage"))
    guard let handler = symbols["guest_signal"] else {
      throw BenchmarkFailure("the VMM has no symbol 'guest_signal'")
    }
    var consumed: UInt64?
    while consumed == nil {
      try run.step(100)
      consumed =
        run.target.takeEvents().first {
          if case .consumed = $0.kind { true } else { false }
        }?.instructions
    }
    guard let consumed else { throw BenchmarkFailure("\(name): nobody met the poison") }
    let signal = try run.go(toInstruction: handler)
    let entry = try run.go(toInstruction: vector)
    return (Double(signal - consumed), Double(entry - consumed))
  }

  /// Instructions from the start of the VMM until its Debian guest says `Run /init`.
  func debianToInit() throws -> Double {
    let run = try start(
      "--kernel /guest/vmlinuz --initrd /guest/initrd.cpio --memory 512M --append console=ttyAMA0",
      initrd: "host-debian.cpio", memory: 2 << 30)
    try run.go(until: "init: Linux ", 10_000)
    let begin = run.target.instructions
    try run.go(until: "Run /init", 10_000)
    return Double(run.target.instructions - begin)
  }
}

/// A machine on its way.
final class GuestRun {
  let target: BoardTarget
  private var text: [UInt8] = []

  init(_ target: BoardTarget) { self.target = target }

  /// Runs on; the machine must not end.
  func step(_ instructions: UInt64) throws {
    let stop = target.run(instructions: instructions)
    switch stop {
    case .budget, .event: break
    default: throw BenchmarkFailure("the host ended: \(stop)")
    }
    guard target.instructions < 30_000_000_000 else { throw BenchmarkFailure("the host hangs") }
  }

  /// Runs until a complete line of the console has a text; that line.
  @discardableResult func go(until wanted: String, _ slice: UInt64) throws -> String {
    while true {
      while let end = text.firstIndex(of: 0x0A) {
        let line = String(decoding: text[..<end], as: UTF8.self)
        text.removeSubrange(...end)
        if line.contains(wanted) { return line }
      }
      try step(slice)
      text += target.takeConsole()
    }
  }

  /// Runs until an instruction is about to execute; when.
  func go(toInstruction address: UInt64) throws -> UInt64 {
    target.setBreakpoint(VirtualAddress(address))
    let limit = target.instructions + 100_000_000
    while target.instructions < limit {
      if case .triggers = target.run(instructions: 100_000) { return target.instructions }
    }
    throw BenchmarkFailure("nothing executed at 0x\(String(address, radix: 16))")
  }
}
