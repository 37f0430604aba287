// The devices against QEMU's: the same register accesses, sent to both (to QEMU by its qtest
// protocol), must read the same. What is left out and why stands with each device's registers.

import Arm
import Foundation
import Platform
import Support
import Testing

@testable import Machine

@Suite struct DeviceSideBySide {
  /// One access.
  struct Step {
    var address: UInt64
    var size: Int
    /// The value of a write, nil for a read.
    var value: UInt64?

    /// As qtest spells it.
    var command: String {
      let width = [1: "b", 2: "w", 4: "l", 8: "q"][size] ?? "l"
      let place = "0x\(String(address, radix: 16))"
      guard let value else { return "read\(width) \(place)\n" }
      return "write\(width) \(place) 0x\(String(value, radix: 16))\n"
    }
  }

  /// QEMU's answers to accesses, one line each; nil if it does not answer.
  func answersOfQEMU(_ steps: [Step]) throws -> [String]? {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
      ["timeout", "--signal=KILL", "60", try Oracle.path(Oracle.qemuName)]
      + Oracle.board(cores: 2, mebibytes: 64)
      + ["-S", "-serial", "null", "-qtest", "stdio", "-qtest-log", "/dev/null"]
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    // A child of a test may have SIGTERM blocked; an early alarm makes `timeout` kill QEMU now.
    defer {
      kill(process.processIdentifier, SIGALRM)
      process.waitUntilExit()
    }
    var lines: [String] = []
    // In pieces, so that neither pipe fills up while the other side waits.
    for start in stride(from: 0, to: steps.count, by: 200) {
      let piece = steps[start..<min(start + 200, steps.count)]
      try input.fileHandleForWriting.write(
        contentsOf: Data(piece.map(\.command).joined().utf8))
      var text = ""
      while text.split(separator: "\n", omittingEmptySubsequences: true).count < piece.count
        || !text.hasSuffix("\n")
      {
        let data = output.fileHandleForReading.availableData
        guard !data.isEmpty else { return nil }
        text += String(decoding: data, as: UTF8.self)
      }
      lines += text.split(separator: "\n").map(String.init)
    }
    return lines
  }

  /// A register: its offset, and the bits that a write may have.
  ///
  /// No bits: it is only read.
  typealias Slot = (offset: UInt64, bits: UInt64)

  /// UARTDR reads are left out: QEMU shows what was in the empty FIFO.
  ///
  /// UARTIBRD and UARTFBRD are as wide here as the manual has them; CR has no loopback in QEMU 7.2.
  static let uart: [Slot] = [
    (0x04, 0xFF), (0x18, 0xFF), (0x20, 0xFF), (0x24, 0x3F), (0x28, 0x3F), (0x2C, 0xFE),
    (0x30, 0xFF7F), (0x34, 0x3F), (0x38, 0x7FF), (0x3C, 0xFFFF), (0x40, 0xFFFF), (0x44, 0x7FF),
    (0x48, 0x4), (0xFE0, 0xFF), (0xFE4, 0), (0xFE8, 0), (0xFEC, 0), (0xFF0, 0), (0xFF4, 0),
    (0xFF8, 0), (0xFFC, 0xFF),
  ]
  /// RTCDR and what sets an alarm are left out: QEMU's clock shows the host's time.
  static let clock: [Slot] = [
    (0x0C, 1), (0x10, 0xFF), (0x14, 1), (0x18, 1), (0x1C, 1), (0xFE0, 0xFF), (0xFE4, 0),
    (0xFF0, 0), (0xFFC, 0),
  ]
  static let gpio: [Slot] = [
    (0x000, 0xFF), (0x004, 0xFF), (0x3FC, 0xFF), (0x154, 0xFFFF), (0x2A8, 0xFF), (0x400, 0xFF),
    (0x404, 0xFF), (0x408, 0xFF), (0x40C, 0xFF), (0x410, 0xFF), (0x414, 0xFF), (0x418, 0xFF),
    (0x41C, 0xFF), (0x420, 0xFF), (0xFD0, 0xFF), (0xFE0, 0xFF), (0xFE4, 0), (0xFE8, 0),
    (0xFFC, 0),
  ]
  static let virtio: [Slot] = [
    (0x00, .max), (0x04, .max), (0x08, .max), (0x0C, .max), (0x10, .max), (0x34, .max),
    (0x70, .max), (0x100, .max), (0x3FFC, 0), (0x3E0C, 0), (0x3E00, 0),
  ]

  func steps(_ base: UInt64, _ slots: [Slot], sizes: [Int], seed: UInt64) -> [Step] {
    var random = seed
    func next(_ bound: Int) -> Int {
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(random >> 33) % bound
    }
    // First what reset left, then anything.
    var steps = slots.map { Step(address: base + $0.offset, size: 4, value: nil) }
    for _ in 0..<600 {
      let slot = slots[next(slots.count)]
      let size = sizes[next(sizes.count)]
      let isWrite = slot.bits != 0 && next(2) == 0
      let limit = size == 8 ? UInt64.max : (1 << UInt64(size * 8)) - 1
      let value = UInt64(next(1 << 30)) | UInt64(next(1 << 30)) << 30
      steps.append(
        Step(
          address: base + slot.offset, size: size,
          value: isWrite ? value & slot.bits & limit : nil))
    }
    return steps
  }

  func compare(_ steps: [Step]) throws {
    let theirs = try #require(try answersOfQEMU(steps), "QEMU did not answer")
    let bus = try makeBus()
    for (step, answer) in zip(steps, theirs) {
      let address = PhysicalAddress(step.address)
      if let value = step.value {
        try bus.write(address, size: step.size, value, nonsecure)
      } else {
        let ours = try bus.read(address, size: step.size, nonsecure)
        let digits = String(ours, radix: 16)
        let padded = String(repeating: "0", count: 16 - digits.count) + digits
        #expect("OK 0x\(padded)" == answer, "\(step.command)")
      }
    }
    #expect(bus.unmodelled.isEmpty)
  }

  @Test func theConsoleReadsAsQEMUs() throws {
    try compare(steps(MemoryMap.uart0, Self.uart, sizes: [1, 2, 4], seed: 1))
  }

  @Test func theClockReadsAsQEMUs() throws {
    try compare(steps(MemoryMap.rtc, Self.clock, sizes: [1, 2, 4], seed: 2))
  }

  @Test func theGPIOReadsAsQEMUs() throws {
    try compare(steps(MemoryMap.gpio, Self.gpio, sizes: [1, 2, 4], seed: 3))
  }

  @Test func emptyTransportsReadAsQEMUs() throws {
    try compare(steps(MemoryMap.virtio, Self.virtio, sizes: [1, 2, 4], seed: 4))
  }

  @Test func firmwareConfigurationReadsAsQEMUs() throws {
    // Keys of a machine without a kernel; the directory and the files are ours alone.
    let keys: [UInt16] = [0, 1, 2, 4, 5, 8, 0x0B, 0x0E, 0x11, 0x14, 0x1F, 0x3F, 0x40, 0x8000]
    var steps: [Step] = []
    for key in keys {
      for size in [1, 2, 4, 8] {
        steps.append(
          Step(address: MemoryMap.fwCfg + 8, size: 2, value: UInt64(key.byteSwapped)))
        for _ in 0..<3 { steps.append(Step(address: MemoryMap.fwCfg, size: size, value: nil)) }
      }
    }
    for (offset, size) in [(16, 8), (16, 4), (20, 4), (18, 2), (23, 1)] as [(UInt64, Int)] {
      steps.append(Step(address: MemoryMap.fwCfg + offset, size: size, value: nil))
    }
    try compare(steps)
  }

  @Test func dmaBehavesAsQEMUs() throws {
    // Descriptor and target lie in RAM of both; the results are read back as words.
    var steps: [Step] = []
    let (descriptor, target) = (MemoryMap.ram + 0x10_0000, MemoryMap.ram + 0x20_0000)
    let transfers: [(control: UInt32, length: UInt32, address: UInt64)] = [
      (8 | 2, 4, target), (0x0001_0000 | 8 | 2, 16, target), (2, 4, target),
      (0x0001_0000 | 8 | 4, 1, target), (2, 3, target), (8, 4, target), (0, 4, target),
      (8 | 16, 4, target), (8 | 2, 4, MemoryMap.secureRAM), (8 | 2, 4, 0x0C00_0000),
      (8 | 2, 0, 0x0C00_0000), (0x0040_0000 | 8 | 2, 8, target),
      (8 | 2, 4, MemoryMap.ram + (64 << 20)),
    ]
    for transfer in transfers {
      for (offset, value) in [
        (0, transfer.control), (4, transfer.length),
        (8, UInt32(transfer.address >> 32)), (12, UInt32(truncatingIfNeeded: transfer.address)),
      ] as [(UInt64, UInt32)] {
        steps.append(
          Step(address: descriptor + offset, size: 4, value: UInt64(value.byteSwapped)))
      }
      for word in 0..<4 as Range<UInt64> {
        steps.append(Step(address: target + word * 4, size: 4, value: 0xA5A5_A5A5))
      }
      steps.append(
        Step(address: MemoryMap.fwCfg + 16, size: 8, value: descriptor.byteSwapped))
      steps.append(Step(address: descriptor, size: 4, value: nil))
      for word in 0..<4 as Range<UInt64> {
        steps.append(Step(address: target + word * 4, size: 4, value: nil))
      }
    }
    try compare(steps)
  }
}
