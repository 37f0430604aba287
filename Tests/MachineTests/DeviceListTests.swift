// The list of devices: what holds for every row of it, whatever devices there are.

import Arm
import Platform
import Testing

@testable import Machine

@Suite struct DeviceListTests {
  @Test func noTwoDevicesAnswerAtOneAddressNorPullOneWire() throws {
    let rows = try makeBus().devices.rows
    let places = rows.sorted { $0.base < $1.base }
    for (row, next) in zip(places, places.dropFirst()) {
      #expect(row.base + row.size <= next.base, "\(row.name) and \(next.name)")
    }
    let wires = rows.flatMap { row in (0..<row.wireCount).map { row.interrupt + $0 } }
    #expect(Set(wires).count == wires.count)
    for wire in wires { #expect((32..<GIC.interruptCount).contains(wire), "\(wire) is no SPI") }
    #expect(rows.allSatisfy { ($0.interrupt == 0) == ($0.wireCount == 0) })
  }

  @Test func everyDeviceIsFoundAtItsFirstAndLastByteAndNotBesideThem() throws {
    let devices = try makeBus().devices
    for (index, row) in devices.rows.enumerated() {
      for isSecure in [true, false] {
        let isThere = isSecure || !row.isSecureOnly
        for offset in [0, row.size - 1] {
          let found = devices.find(row.base + offset, isSecure: isSecure)
          #expect(found?.index == (isThere ? index : nil), "\(row.name) at \(offset)")
          #expect(found?.offset == (isThere ? offset : nil))
        }
        for address in [row.base - 1, row.base + row.size] {
          #expect(devices.find(address, isSecure: isSecure)?.index != index, "\(row.name)")
        }
      }
    }
  }

  @Test func everyDeviceIsSavedRestoredHashedAndReset() throws {
    // Random writes over every word of every device; a second bus that gets none is the twin.
    let bus = try makeBus()
    let fresh = try makeBus()
    var random: UInt64 = 42
    func next() -> UInt64 {
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return random >> 33
    }
    func hash(_ bus: Bus) -> UInt64 {
      var hash = StateHash()
      bus.devices.state.hash(into: &hash)
      return hash.value
    }
    func disturb() {
      for row in bus.devices.rows {
        for offset in stride(from: UInt64(0), to: min(row.size, 0x1000), by: 4) {
          try? bus.write(PhysicalAddress(row.base + offset), size: 4, next(), secure)
        }
      }
      bus.receiveConsoleInput([UInt8(truncatingIfNeeded: next())])
    }
    let start = bus.devices.state
    #expect(start == fresh.devices.state)
    disturb()
    let (saved, before) = (bus.devices.state, hash(bus))
    #expect(saved != start)
    #expect(before != hash(fresh))
    disturb()
    #expect(bus.devices.state != saved)
    bus.devices.state = saved
    #expect(bus.devices.state == saved)
    #expect(hash(bus) == before)
    bus.resetDevices()
    for (index, row) in bus.devices.rows.enumerated() where row.base != BoardDevice.rtc.base {
      #expect(
        bus.devices.state.devices[index].isEqual(fresh.devices.state.devices[index]),
        "\(row.name) is not what it was when it was new")
    }
  }

  @Test func aRestoredDeviceActsWhenItsDeadlineComes() throws {
    let bus = try makeBus()
    try bus.write(
      PhysicalAddress(BoardDevice.rtc.base + 4), size: 4, UInt64(PL031.defaultEpoch) + 3, nonsecure)
    let snapshot = try bus.snapshot()
    bus.now = 5_000_000_000
    bus.updateDevices()
    #expect(bus.nextDeviceDeadline == nil)
    bus.restore(snapshot)
    #expect(bus.nextDeviceDeadline == 3_000_000_000)
  }

  @Test func aWordDeviceAnswersEveryWidth() throws {
    let bus = try makeBus()
    let identification = BoardDevice.rtc.base + 0xFE0
    func read(_ offset: UInt64, size: Int) throws -> UInt64 {
      try bus.read(PhysicalAddress(identification + offset), size: size, nonsecure)
    }
    let low = try read(0, size: 4)
    let high = try read(4, size: 4)
    #expect(try read(0, size: 8) == high << 32 | low)
    #expect(try read(0, size: 1) == low & 0xFF)
    #expect(try read(0, size: 2) == low & 0xFFFF)
    #expect(bus.unmodelled.isEmpty)
  }
}
