// ERST on the machine, with the firmware's image and its caches, its stack and its device: the machine is reset at
// every n-th instruction of a write, by somebody who stands beside it. The records that were there are whole
// afterwards, and at most the one that was being written is lost.
//
// FAULTLINE_EVERY_LINE=1 resets at ten times as many instructions, FAULTLINE_LINES=N at N.

import APEI
import Arm
import Foundation
import Machine
import Platform
import Scenario
import Testing

@Suite(.timeLimit(.minutes(60)))
struct RecordStoreResets {
  /// A machine whose kernel waits; the operating system's part of ERST is done to its memory from outside.
  final class World {
    let board: Board
    let region = ServiceRegion(base: 0x4FFC_0000)
    private let access = BusAccess(core: nil, isSecure: false)

    init() throws {
      board = try Board(
        BoardConfiguration(
          coreCount: 1, ramSize: 256 << 20, firmware: try BuiltFiles.read(BuiltFiles.firmware),
          kernel: FirmwareTables.waitingKernel, commandLine: ""))
      try start()
    }

    /// From reset until the kernel waits.
    func start() throws {
      var left = 400
      while board.run(instructions: 100_000) == .budget, left > 0 { left -= 1 }
      #expect(board.cores[0].exceptionLevel == .el2)
      let range = try word(region.serialization + SerializationRegister.rangeBase)
      try #require(range == region.exchange, "no ERST where it is looked for")
    }

    func word(_ address: UInt64) throws -> UInt64 {
      try board.bus.read(PhysicalAddress(address), size: 8, access)
    }

    func setWord(_ register: UInt64, _ value: UInt64) throws {
      try board.bus.write(
        PhysicalAddress(region.serialization + register), size: 8, value, access)
    }

    /// Asks for an operation, and rings.
    func ring(_ operation: SerializationOperation, _ identifier: UInt64) throws {
      try setWord(SerializationRegister.operation, operation.rawValue)
      try setWord(SerializationRegister.offset, 0)
      try setWord(SerializationRegister.identifier, identifier)
      try setWord(SerializationRegister.status, 99)
      try board.bus.write(
        PhysicalAddress(MemoryMap.doorbell + DoorbellRegister.ring), size: 4,
        UInt64(ServiceBell.serialization), access)
    }

    var isBusy: Bool {
      get throws {
        try board.bus.read(
          PhysicalAddress(MemoryMap.doorbell + DoorbellRegister.ring), size: 4, access) != 0
      }
    }

    /// Waits for the answer; how it ended.
    func answer() throws -> SerializationStatus? {
      var left = 2000
      while try isBusy, left > 0 {
        _ = board.run(instructions: 500)
        left -= 1
      }
      return SerializationStatus(
        rawValue: try word(region.serialization + SerializationRegister.status))
    }

    func put(_ record: [UInt8]) {
      #expect(board.bus.writeBytes(PhysicalAddress(region.exchange), record, isSecure: false))
    }

    func write(_ record: [UInt8]) throws -> SerializationStatus? {
      put(record)
      try ring(.write, 0)
      return try answer()
    }

    /// A record, of its own length; nil for none.
    func read(_ identifier: UInt64, _ count: Int) throws -> [UInt8]? {
      put([UInt8](repeating: 0, count: count))
      try ring(.read, identifier)
      guard try answer() == .success else { return nil }
      return board.bus.readBytes(PhysicalAddress(region.exchange), count: count, isSecure: false)
    }

    var count: UInt64 {
      get throws { try word(region.serialization + SerializationRegister.count) }
    }
  }

  static func record(_ identifier: UInt64, byteCount: Int, fill: UInt8) -> [UInt8] {
    var bytes = [UInt8](repeating: fill, count: byteCount)
    bytes.replaceSubrange(0..<4, with: [UInt8]("CPER".utf8))
    for index in 0..<4 { bytes[20 + index] = UInt8(truncatingIfNeeded: byteCount >> (index * 8)) }
    for index in 0..<8 {
      bytes[96 + index] = UInt8(truncatingIfNeeded: identifier >> UInt64(index * 8))
    }
    return bytes
  }

  static let old = [record(1, byteCount: 400, fill: 1), record(2, byteCount: 136, fill: 2)]

  /// How often the machine is reset in one write.
  static var resetCount: UInt64 {
    let environment = ProcessInfo.processInfo.environment
    return environment["FAULTLINE_LINES"].flatMap(UInt64.init)
      ?? (environment["FAULTLINE_EVERY_LINE"] == "1" ? 1000 : 100)
  }

  @Test(arguments: [(3, 400), (2, 304), (4, 16_320)] as [(UInt64, Int)])
  func aResetAtAnyTimeCostsAtMostTheRecordThatIsWritten(
    identifier: UInt64, byteCount: Int
  ) throws {
    let world = try World()
    for record in Self.old { #expect(try world.write(record) == .success) }
    let new = Self.record(identifier, byteCount: byteCount, fill: 9)
    let isReplacing = identifier == 2
    world.put(new)
    let snapshot = try world.board.snapshot()
    try world.ring(.write, 0)
    let start = world.board.instructions
    while try world.isBusy { _ = world.board.run(instructions: 50) }
    let length = world.board.instructions - start
    #expect(try world.answer() == .success)
    print("writing \(byteCount) bytes: \(length) instructions")
    let step = max(1, length / Self.resetCount)
    var (isKept, isLost) = (0, 0)
    for time in stride(from: 0, through: length + step, by: Int(step)) {
      world.board.restore(snapshot)
      try world.ring(.write, 0)
      if time > 0 { _ = world.board.run(instructions: time) }
      world.board.reset((isKept + isLost) % 2 == 0 ? .warm : .cold)
      try world.start()
      #expect(try world.read(1, 400) == Self.old[0], "after \(time)")
      let found = try world.read(identifier, byteCount)
      if found == new { isKept += 1 } else { isLost += 1 }
      if found != new, isReplacing {
        #expect(try world.read(2, 136) == Self.old[1], "after \(time)")
      } else if found != new {
        #expect(found == nil, "after \(time)")
      }
      if !isReplacing { #expect(try world.read(2, 136) == Self.old[1], "after \(time)") }
      #expect(try world.count == (isReplacing ? 2 : found == nil ? 2 : 3), "after \(time)")
      // The store goes on.
      #expect(try world.write(new) == .success)
      #expect(try world.read(identifier, byteCount) == new)
    }
    // Both were seen: the resets were in the write.
    #expect(isKept > 0 && isLost > 0, "\(isKept) kept, \(isLost) lost")
  }
}
