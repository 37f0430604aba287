// The doorbell and the error injector, register by register.

import Arm
import Platform
import Testing

@testable import Machine

@Suite struct ServiceDeviceTests {
  private func bell(_ offset: UInt64) -> PhysicalAddress {
    PhysicalAddress(MemoryMap.doorbell + offset)
  }
  private func injector(_ offset: UInt64) -> PhysicalAddress {
    PhysicalAddress(MemoryMap.errorInjector + offset)
  }

  private func isHigh(_ bus: Bus) throws -> Bool {
    let number = UInt64(Interrupt.doorbell)
    let word = MemoryMap.gicDistributor + InterruptRegister.setPending.word(of: number)
    return try bus.read(PhysicalAddress(word), size: 4, secure) >> (number % 32) & 1 == 1
  }

  @Test func whoeverRingsOnlyTheSecureWorldStills() throws {
    let bus = try makeBus()
    #expect(try bus.read(bell(DoorbellRegister.count), size: 4, nonsecure) == 4)
    try bus.write(bell(DoorbellRegister.ring), size: 4, 0xffff_fff5, nonsecure)
    #expect(try bus.read(bell(DoorbellRegister.ring), size: 4, nonsecure) == 5)
    #expect(try isHigh(bus))
    try bus.write(bell(DoorbellRegister.ring), size: 4, 0, nonsecure)
    try bus.write(bell(DoorbellRegister.done), size: 4, 5, nonsecure)
    #expect(try bus.read(bell(DoorbellRegister.ring), size: 4, nonsecure) == 5)
    try bus.write(bell(DoorbellRegister.done), size: 4, 1, secure)
    #expect(try isHigh(bus))
    try bus.write(bell(DoorbellRegister.done), size: 4, 4, secure)
    #expect(try bus.read(bell(DoorbellRegister.ring), size: 4, nonsecure) == 0)
    #expect(try !isHigh(bus))
    #expect(bus.unmodelled.isEmpty)
  }

  @Test func theInjectorMakesLinesOfRAMBadAndNoOthers() throws {
    let bus = try makeBus()
    func inject(_ address: UInt64, state: UInt32) throws -> UInt64 {
      try bus.write(injector(ErrorInjectorRegister.addressLow), size: 8, address, secure)
      try bus.write(injector(ErrorInjectorRegister.state), size: 4, UInt64(state), secure)
      try bus.write(
        injector(ErrorInjectorRegister.command), size: 4, UInt64(ErrorInjectorRegister.memory),
        secure)
      return try bus.read(injector(ErrorInjectorRegister.result), size: 4, secure)
    }
    for state in ErrorState.allCases {
      #expect(
        try inject(MemoryMap.ram + 0x1044, state: ErrorInjectorRegister.value(state)) == 0)
      #expect(bus.poison(at: ramAddress(0x1040))?.state == state)
    }
    #expect(bus.poisonedLines == [ramAddress(0x1040)])
    for address in [
      0, MemoryMap.secureRAM, MemoryMap.recordStore, MemoryMap.ram + (64 << 20), .max,
    ] {
      #expect(try inject(address, state: 2) == 1)
    }
    #expect(try inject(MemoryMap.ram, state: 6) == 1)
    #expect(bus.poisonedLines == [ramAddress(0x1040)])
    #expect(fault { _ = try bus.read(injector(0), size: 4, nonsecure) } == .unmapped)
  }

  @Test func aCoreMeetsItsErrorAfterTheDelay() throws {
    let bus = try makeBus()
    func write(_ register: UInt64, _ value: UInt32) throws {
      try bus.write(injector(register), size: 4, UInt64(value), secure)
    }
    func result() throws -> UInt64 {
      try bus.read(injector(ErrorInjectorRegister.result), size: 4, secure)
    }
    bus.now = 1000
    try write(ErrorInjectorRegister.state, ErrorInjectorRegister.value(.restartable))
    try write(ErrorInjectorRegister.core, 2)
    try write(ErrorInjectorRegister.command, ErrorInjectorRegister.processor)
    #expect(try result() == 1)
    try write(ErrorInjectorRegister.core, 1)
    try write(ErrorInjectorRegister.delay, 500)
    try write(ErrorInjectorRegister.command, ErrorInjectorRegister.processor)
    #expect(try result() == 0)
    // One at a time of a core, each core its own.
    try write(ErrorInjectorRegister.command, ErrorInjectorRegister.processor)
    #expect(try result() == 1)
    try write(ErrorInjectorRegister.core, 0)
    try write(ErrorInjectorRegister.delay, 700)
    try write(ErrorInjectorRegister.command, ErrorInjectorRegister.processor)
    #expect(try result() == 0)
    #expect(bus.nextDeviceDeadline == 1500)
    bus.now = 1499
    bus.updateDevices()
    #expect(!bus.ras[ErrorNode.processor, core: 1].record.status.isSet(ErrorStatus.v))
    bus.now = 1500
    bus.updateDevices()
    #expect(
      bus.ras[ErrorNode.processor, core: 1].record.status.highestState == .restartable)
    let events = bus.takeEvents()
    #expect(
      events.contains {
        if case .coreMadeBad(core: 1, _, _) = $0 { true } else { false }
      })
    #expect(!bus.ras[ErrorNode.processor, core: 0].record.status.isSet(ErrorStatus.v))
    #expect(bus.nextDeviceDeadline == 1700)
    bus.now = 1700
    bus.updateDevices()
    #expect(
      bus.ras[ErrorNode.processor, core: 0].record.status.highestState == .restartable)
    #expect(bus.nextDeviceDeadline == nil)
    // A deferred error is no core's.
    try write(ErrorInjectorRegister.state, ErrorInjectorRegister.value(.deferred))
    try write(ErrorInjectorRegister.command, ErrorInjectorRegister.processor)
    #expect(try result() == 1)
  }
}
