// The physical address space: who sees which memory, and what writing does to pages.

import Arm
import Platform
import Testing

@testable import Machine

/// A bus with little RAM, and how tests access it.
func makeBus(ramSize: UInt64 = 64 << 20, coreCount: Int = 2) throws -> Bus {
  let bus = try Bus(
    ramSize: ramSize, coreCount: coreCount, codeCache: CodeCache(), gic: GIC(coreCount: coreCount))
  connectNodes(bus)
  return bus
}

/// Lets the nodes that cores share assert their interrupts, as firmware does.
func connectNodes(_ bus: Bus) {
  for record in ErrorNode.memory..<ErrorNode.recordCount where bus.ras.has(record) {
    for interrupt in [NodeInterrupt.faultHandling, .errorRecovery, .criticalError] {
      bus.ras.enable(interrupt, of: record, true)
    }
  }
}

let secure = BusAccess(core: 0, isSecure: true)
let nonsecure = BusAccess(core: 0, isSecure: false)

func ramAddress(_ offset: UInt64) -> PhysicalAddress { PhysicalAddress(MemoryMap.ram + offset) }

/// What an access to a poisoned line gets.
func poisoned(
  _ line: PhysicalAddress, state: ErrorState = .recoverable, signal: ErrorSignal = .abort
) -> BusFault {
  .error(ErrorResponse(line: line, state: state, signal: signal))
}

/// The bus fault of an expression, or nil.
func fault(_ body: () throws -> Void) -> BusFault? {
  do { try body() } catch { return error as? BusFault }
  return nil
}

@Suite struct MemoryBusTests {
  @Test func everySizeReadsBackLittleEndian() throws {
    let bus = try makeBus()
    for size in [1, 2, 4, 8] {
      let value: UInt64 = 0x8877_6655_4433_2211
      try bus.write(ramAddress(0x100), size: 8, 0, nonsecure)
      try bus.write(ramAddress(0x100), size: size, value, nonsecure)
      let mask = size == 8 ? UInt64.max : (1 << UInt64(size * 8)) - 1
      #expect(try bus.read(ramAddress(0x100), size: 8, nonsecure) == value & mask)
      #expect(try bus.read(ramAddress(0x100), size: size, nonsecure) == value & mask)
    }
    try bus.write(ramAddress(0x200), size: 4, 0x0403_0201, nonsecure)
    #expect(bus.readBytes(ramAddress(0x200), count: 4) == [1, 2, 3, 4])
  }

  @Test func secureMemoryIsNotThereForNonsecureAccesses() throws {
    let bus = try makeBus()
    for base in [MemoryMap.secureFlash, MemoryMap.secureRAM] {
      let address = PhysicalAddress(base + 0x1000)
      #expect(try bus.read(address, size: 8, secure) == 0)
      #expect(fault { _ = try bus.read(address, size: 8, nonsecure) } == .unmapped)
      #expect(fault { try bus.write(address, size: 8, 1, nonsecure) } == .unmapped)
      #expect(unsafe bus.directPage(address, isSecure: false) == nil)
      #expect(unsafe bus.directPage(address, isSecure: true) != nil)
    }
    for base in [MemoryMap.flash, MemoryMap.ram] {
      #expect(try bus.read(PhysicalAddress(base), size: 4, secure) == 0)
      #expect(try bus.read(PhysicalAddress(base), size: 4, nonsecure) == 0)
    }
    #expect(bus.unmodelled.isEmpty)
  }

  @Test func nothingIsThereAfterTheEndOfRAM() throws {
    let bus = try makeBus(ramSize: 1 << 20)
    #expect(fault { _ = try bus.read(ramAddress((1 << 20) - 8), size: 8, nonsecure) } == nil)
    #expect(fault { _ = try bus.read(ramAddress(1 << 20), size: 1, nonsecure) } == .unmapped)
    #expect(
      fault { _ = try bus.read(PhysicalAddress(.max - 7), size: 8, nonsecure) } == .unmapped)
    #expect(bus.readBytes(ramAddress((1 << 20) - 4), count: 8) == nil)
    #expect(!bus.writeBytes(ramAddress((1 << 20) - 4), [UInt8](repeating: 1, count: 8)))
  }

  @Test func aStoreToFlashChangesNothingAndIsReported() throws {
    let bus = try makeBus()
    #expect(bus.writeBytes(PhysicalAddress(0x40), [1, 2, 3, 4]))
    try bus.write(PhysicalAddress(0x40), size: 4, 0xFFFF_FFFF, secure)
    #expect(try bus.read(PhysicalAddress(0x40), size: 4, secure) == 0x0403_0201)
    #expect(bus.unmodelled.count == 1)
    #expect(
      bus.unmodelled.first?.description
        == "flash: 4-byte write of 0xffffffff at 0x40 by core 0 is not modelled: "
        + "flash is read-only here, CFI commands are not implemented")
    #expect(unsafe bus.directPage(PhysicalAddress(0x40), isSecure: true)?.isWritable == false)
  }

  @Test func compareExchangeReplacesOnlyWhatWasExpected() throws {
    let bus = try makeBus()
    try bus.write(ramAddress(0x40), size: 8, 7, nonsecure)
    #expect(
      try bus.compareExchange(ramAddress(0x40), size: 8, expected: 6, desired: 9, nonsecure) == 7)
    #expect(try bus.read(ramAddress(0x40), size: 8, nonsecure) == 7)
    #expect(
      try bus.compareExchange(ramAddress(0x40), size: 8, expected: 7, desired: 9, nonsecure) == 7)
    #expect(try bus.read(ramAddress(0x40), size: 8, nonsecure) == 9)
    let uart = PhysicalAddress(MemoryMap.uart0)
    #expect(
      fault {
        _ = try bus.compareExchange(uart, size: 8, expected: 0, desired: 0, nonsecure)
      } == .unmapped)
  }

  @Test func everyWayOfWritingAPageForgetsItsCode() throws {
    let ways: [(String, (Bus) throws -> Void)] = [
      ("write", { try $0.write(ramAddress(0x1000), size: 1, 1, nonsecure) }),
      (
        "compareExchange",
        {
          _ = try $0.compareExchange(
            ramAddress(0x1000), size: 8, expected: 0, desired: 1, nonsecure)
        }
      ),
      ("zeroBlock", { try $0.zeroBlock(ramAddress(0x1000), nonsecure) }),
      ("writeBytes", { $0.writeBytes(ramAddress(0x1000), [1]) }),
      ("dmaWrite", { try $0.dmaWrite(ramAddress(0xFFF), [1, 2], nonsecure) }),
      ("touchForWrite", { $0.touchForWrite(ramAddress(0x1000), isSecure: false) }),
      ("plantPoison", { $0.plantPoison(ramAddress(0x1000)) }),
      ("watch", { $0.watch(ramAddress(0x1000), kinds: .execute) }),
    ]
    for (name, way) in ways {
      let bus = try makeBus()
      bus.ram.flags[1] = PageFlags.hasCode
      try way(bus)
      #expect(bus.ram.flags[1] & PageFlags.hasCode == 0, "\(name)")
    }
  }

  @Test func aFourGibibyteMachineStartsAtOnce() throws {
    let clock = ContinuousClock()
    let duration = try clock.measure {
      let bus = try makeBus(ramSize: 4 << 30)
      try bus.write(ramAddress((4 << 30) - 8), size: 8, 1, nonsecure)
      #expect(bus.touchedBytes == 4096)
    }
    #expect(duration < .milliseconds(250))
  }

  @Test func anImpossibleSizeIsAnErrorThatSaysSo() {
    #expect(throws: MemoryError.badSize(bytes: 4095)) { try makeBus(ramSize: 4095) }
    #expect(throws: MemoryError.badSize(bytes: 0)) { try makeBus(ramSize: 0) }
    #expect(throws: MemoryError.badSize(bytes: 1 << 50)) { try makeBus(ramSize: 1 << 50) }
  }
}
