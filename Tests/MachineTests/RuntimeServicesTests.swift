// The clock's runtime services, run on the machine: what they say of a second, compared with
// Foundation's calendar.

import Arm
import Foundation
import Platform
import Testing

@testable import Boot
@testable import Machine

@Suite struct RuntimeServicesTests {
  static let code = MemoryMap.ram + 0x1000
  static let time = MemoryMap.ram + 0x2000
  static let capabilities = MemoryMap.ram + 0x3000
  static let invalid: UInt64 = 1 << 63 | 2

  let board: Board
  let calendar: Calendar

  init() throws {
    board = try Board(coreCount: 1, ramSize: 1 << 20)
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = try #require(TimeZone(identifier: "UTC"))
    self.calendar = calendar
    let code = RuntimeServices.code.indices.flatMap { index in
      FwCfg.bytes(RuntimeServices.code[index])
    }
    try #require(board.bus.writeBytes(PhysicalAddress(Self.code), code))
  }

  /// Calls a service; gives its status.
  func call(_ service: Int, _ x0: UInt64, _ x1: UInt64 = 0) -> UInt64 {
    let state = board.cores[0].state
    state[x: 0] = x0
    state[x: 1] = x1
    // The last word of RAM that is zero is UNDEFINED: the call must end before.
    state[x: 30] = Self.code - 4
    state.pc = Self.code + RuntimeServices.entries[service]
    var left = 500
    while state.pc != Self.code - 4, left > 0 {
      _ = board.run(instructions: 1)
      left -= 1
    }
    #expect(left > 0, "the service does not return")
    return state[x: 0]
  }

  func setClock(_ seconds: UInt32) throws {
    try board.bus.write(
      PhysicalAddress(BoardDevice.rtc.base + 8), size: 4, UInt64(seconds), secure)
  }

  func clock() throws -> UInt64 {
    try board.bus.read(PhysicalAddress(BoardDevice.rtc.base), size: 4, secure)
  }

  /// EFI_TIME.
  func time(
    year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0, zone: Int = 0
  ) -> [UInt8] {
    FwCfg.bytes(UInt16(truncatingIfNeeded: year))
      + [month, day, hour, minute, second, 0].map { UInt8(truncatingIfNeeded: $0) }
      + [0, 0, 0, 0] + FwCfg.bytes(Int16(truncatingIfNeeded: zone)) + [0, 0]
  }

  func components(_ seconds: UInt32) -> DateComponents {
    calendar.dateComponents(
      [.year, .month, .day, .hour, .minute, .second],
      from: Date(timeIntervalSince1970: TimeInterval(seconds)))
  }

  /// The ends of months and years, leap years among them, and others.
  static let moments: [UInt32] =
    [
      0, 1, 86_399, 86_400, 68_169_599, 68_169_600, 951_782_399, 951_782_400, 951_868_800,
      PL031.defaultEpoch, 4_107_542_399, 4_107_542_400, .max - 10, 2_147_483_647,
    ] + (0..<300 as Range<UInt64>).map { UInt32(truncatingIfNeeded: $0 &* 14_321_987_651 >> 2) }

  @Test func everySecondHasItsDate() throws {
    for seconds in Self.moments {
      try setClock(seconds)
      #expect(call(0, Self.time, Self.capabilities) == 0)
      let date = components(try UInt32(clock()))
      let expected = time(
        year: try #require(date.year), month: try #require(date.month),
        day: try #require(date.day), hour: try #require(date.hour),
        minute: try #require(date.minute), second: try #require(date.second))
      #expect(board.bus.readBytes(PhysicalAddress(Self.time), count: 16) == expected, "\(seconds)")
    }
    #expect(
      board.bus.readBytes(PhysicalAddress(Self.capabilities), count: 9)
        == [1, 0, 0, 0, 0, 0, 0, 0, 1])
    #expect(call(0, Self.time) == 0, "the capabilities are optional")
    #expect(call(0, 0) == Self.invalid)
  }

  @Test func everyDateIsItsSecond() throws {
    for seconds in Self.moments {
      let date = components(seconds)
      for zone in [0, 0x7FF, 60, -1440, 1440] {
        let bytes = time(
          year: try #require(date.year), month: try #require(date.month),
          day: try #require(date.day), hour: try #require(date.hour),
          minute: try #require(date.minute), second: try #require(date.second), zone: zone)
        board.bus.writeBytes(PhysicalAddress(Self.time), bytes)
        let expected = Int64(seconds) + Int64(zone == 0x7FF ? 0 : zone * 60)
        if expected < 0 || expected > Int64(UInt32.max) {
          #expect(call(1, Self.time) == Self.invalid, "\(seconds) \(zone)")
        } else {
          #expect(call(1, Self.time) == 0, "\(seconds) \(zone)")
          #expect(try clock() == UInt64(expected), "\(seconds) \(zone)")
        }
      }
    }
  }

  @Test func whatIsNoDateIsRefusedAndChangesNothing() throws {
    try setClock(1000)
    for bytes in [
      time(year: 1969, month: 12, day: 31), time(year: 2107, month: 1, day: 1),
      time(year: 2026, month: 0, day: 1), time(year: 2026, month: 13, day: 1),
      time(year: 2026, month: 1, day: 0), time(year: 2026, month: 1, day: 32),
      time(year: 2026, month: 4, day: 31), time(year: 2026, month: 2, day: 29),
      time(year: 2100, month: 2, day: 29), time(year: 2024, month: 2, day: 30),
      time(year: 2026, month: 1, day: 1, hour: 24), time(year: 2026, month: 1, day: 1, minute: 60),
      time(year: 2026, month: 1, day: 1, second: 60),
      time(year: 2026, month: 1, day: 1, zone: 1441), time(year: 1970, month: 1, day: 1, zone: -1),
      time(year: 2106, month: 12, day: 31),
    ] {
      board.bus.writeBytes(PhysicalAddress(Self.time), bytes)
      #expect(call(1, Self.time) == Self.invalid, "\(bytes)")
    }
    #expect(call(1, 0) == Self.invalid)
    #expect(try clock() == 1000)
    for bytes in [time(year: 2000, month: 2, day: 29), time(year: 2024, month: 2, day: 29)] {
      board.bus.writeBytes(PhysicalAddress(Self.time), bytes)
      #expect(call(1, Self.time) == 0)
    }
  }

  @Test func everyOtherServiceIsUnsupported() {
    #expect(call(2, Self.time) == UInt64(1) << 63 | 3)
  }
}
