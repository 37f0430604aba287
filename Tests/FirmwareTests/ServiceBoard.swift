// A board for the services alone: the memory that they may touch, in arrays, the doorbell, the error injector,
// and a list of every access to anything else. Quick, since a fuzzer runs on it.

import APEI
import Arm
import Firmware
import Platform

/// The hardware under the services.
final class ServiceBoard: FirmwarePlatform {
  /// Memory that may be touched: the shared region, the record store, the records that are kept, and the
  /// error region.
  private var areas: [(range: Range<UInt64>, bytes: [UInt8])] = []
  /// Where firmware had no business.
  var violations: [String] = []
  /// Which bells ring.
  var ringing: UInt32 = 0
  /// What the error injector was told to do.
  var injections: [(command: UInt32, address: UInt64, state: UInt32, core: UInt32)] = []
  /// Lines of RAM that firmware read.
  var readLines: [UInt64] = []
  /// Stores until the power goes; nil for never. What is stored after that is lost.
  var storesLeft: Int?
  /// How many stores there were.
  var storeCount = 0
  private var registers: [UInt64: UInt32] = [:]
  private var systemRegisters: [SystemRegister: UInt64] = [:]

  static let ram: Range<UInt64> = 0x4000_0000..<0x8000_0000
  static let reserved: Range<UInt64> = 0x7ffc_0000..<0x8000_0000
  let region: ServiceRegion
  let errors = ErrorRegion(base: 0x7fff_0000, sources: ErrorSourceTable(coreCount: 2))

  init() {
    var region = ServiceRegion(base: 0x7ffc_0000)
    region.doorbell = MemoryMap.doorbell
    region.hasStore = true
    self.region = region
    for (base, size) in [
      (region.base, ServiceRegion.size), (MemoryMap.recordStore, MemoryMap.recordStoreSize),
      (KeptRecords<ServiceBoard>.base, 0x2000), (errors.base, 0x1_0000),
    ] {
      areas.append((base..<base + size, [UInt8](repeating: 0, count: Int(size))))
    }
  }

  /// A monitor that serves the region.
  func monitor() -> Monitor<ServiceBoard> {
    var monitor = Monitor(
      self,
      power: PowerState(coreCount: 2, ram: Self.ram, reserved: Self.reserved),
      errors: ErrorReporter(
        region: errors, clock: FirmwareClock(seconds: 0, count: 0), reports: ErrorReports()),
      features: ProcessorFeatures())
    monitor.serve(region)
    return monitor
  }

  /// Rings, and lets EL3 answer.
  func ring(_ bells: UInt32, _ monitor: inout Monitor<ServiceBoard>) {
    ringing |= bells
    var context = LowerContext()
    _ = monitor.handle(slot: 10, core: 0, context: &context)
  }

  // MARK: The operating system's side

  func word(_ address: UInt64) -> UInt64 { load(address, 8) }
  func setWord(_ address: UInt64, _ value: UInt64) { put(address, value, 8) }
  func bytes(_ address: UInt64, _ count: Int) -> [UInt8] {
    (0..<UInt64(count)).map { UInt8(load(address + $0, 1)) }
  }
  func setBytes(_ address: UInt64, _ bytes: [UInt8]) {
    guard let (area, offset) = place(address, bytes.count) else { return }
    areas[area].bytes.replaceSubrange(offset..<offset + bytes.count, with: bytes)
  }

  /// Asks for an operation of ERST.
  func serialize(
    _ operation: SerializationOperation, offset: UInt64 = 0, identifier: UInt64 = 0,
    _ monitor: inout Monitor<ServiceBoard>
  ) -> SerializationStatus? {
    let words = region.serialization
    setWord(words + SerializationRegister.operation, operation.rawValue)
    setWord(words + SerializationRegister.offset, offset)
    setWord(words + SerializationRegister.identifier, identifier)
    ring(ServiceBell.serialization, &monitor)
    return SerializationStatus(rawValue: word(words + SerializationRegister.status))
  }

  /// A CPER record.
  static func record(_ identifier: UInt64, byteCount: Int = 200, fill: UInt8 = 0x5a) -> [UInt8] {
    var bytes = [UInt8](repeating: fill, count: byteCount)
    bytes.replaceSubrange(0..<4, with: [UInt8]("CPER".utf8))
    for index in 0..<4 { bytes[20 + index] = UInt8(truncatingIfNeeded: byteCount >> (index * 8)) }
    for index in 0..<8 {
      bytes[96 + index] = UInt8(truncatingIfNeeded: identifier >> UInt64(index * 8))
    }
    return bytes
  }

  // MARK: Memory

  private func place(_ address: UInt64, _ size: Int) -> (area: Int, offset: Int)? {
    for (index, area) in areas.enumerated()
    where area.range.contains(address) && area.range.upperBound - address >= UInt64(size) {
      return (index, Int(address - area.range.lowerBound))
    }
    return nil
  }

  private func load(_ address: UInt64, _ size: Int) -> UInt64 {
    guard let (area, offset) = place(address, size) else {
      violations.append("load of \(size) at \(address)")
      return 0
    }
    var value: UInt64 = 0
    for index in 0..<size {
      value |= UInt64(areas[area].bytes[offset + index]) << UInt64(index * 8)
    }
    return value
  }

  private func put(_ address: UInt64, _ value: UInt64, _ size: Int) {
    guard let (area, offset) = place(address, size) else {
      violations.append("store of \(size) at \(address)")
      return
    }
    for index in 0..<size {
      areas[area].bytes[offset + index] = UInt8(truncatingIfNeeded: value >> UInt64(index * 8))
    }
  }

  private func hasPower() -> Bool {
    storeCount += 1
    guard let left = storesLeft else { return true }
    storesLeft = max(0, left - 1)
    return left > 0
  }

  private func isDevice(_ address: UInt64) -> Bool { address < MemoryMap.secureRAM }

  func load8(_ address: PhysicalAddress) -> UInt8 { UInt8(load(address.rawValue, 1)) }
  func load64(_ address: PhysicalAddress) -> UInt64 { load(address.rawValue, 8) }
  func load32(_ address: PhysicalAddress) -> UInt32 {
    let address = address.rawValue
    if address == MemoryMap.doorbell { return ringing }
    if isDevice(address) { return registers[address, default: 0] }
    return UInt32(load(address, 4))
  }

  func store8(_ address: PhysicalAddress, _ value: UInt8) {
    if !isDevice(address.rawValue), hasPower() { put(address.rawValue, UInt64(value), 1) }
  }
  func store16(_ address: PhysicalAddress, _ value: UInt16) {
    if !isDevice(address.rawValue), hasPower() { put(address.rawValue, UInt64(value), 2) }
  }
  func store32(_ address: PhysicalAddress, _ value: UInt32) {
    let address = address.rawValue
    guard isDevice(address) else {
      if hasPower() { put(address, UInt64(value), 4) }
      return
    }
    registers[address] = value
    switch address {
    case MemoryMap.doorbell + DoorbellRegister.done: ringing &= ~value
    case MemoryMap.errorInjector + ErrorInjectorRegister.command:
      func word(_ offset: UInt64) -> UInt32 { registers[MemoryMap.errorInjector + offset] ?? 0 }
      injections.append(
        (
          value,
          UInt64(word(ErrorInjectorRegister.addressHigh)) << 32
            | UInt64(word(ErrorInjectorRegister.addressLow)), word(ErrorInjectorRegister.state),
          word(ErrorInjectorRegister.core)
        ))
    default: break
    }
  }
  func store64(_ address: PhysicalAddress, _ value: UInt64) {
    if !isDevice(address.rawValue), hasPower() { put(address.rawValue, value, 8) }
  }

  /// Lines that are lost.
  var lostLines: Set<UInt64> = []

  func load64IfPresent(_ address: PhysicalAddress) -> UInt64? {
    let line = address.rawValue & ~63
    if lostLines.contains(line) { return nil }
    if place(line, 64) == nil, Self.ram.contains(line) {
      readLines.append(line)
      return 0
    }
    return load64(address)
  }

  func zeroLine(_ address: PhysicalAddress) {
    let line = address.rawValue & ~63
    guard hasPower() else { return }
    lostLines.remove(line)
    for offset in stride(from: UInt64(0), to: 64, by: 8) { put(line + offset, 0, 8) }
  }

  func read(_ register: SystemRegister) -> UInt64 {
    register == .iccIAR0EL1 ? 1023 : systemRegisters[register, default: 0]
  }
  func write(_ register: SystemRegister, _ value: UInt64) { systemRegisters[register] = value }
  func translate(_ address: UInt64, _ query: TranslationQuery) -> UInt64? { nil }
  func synchronizeContext() {}
  func synchronizeData() {}
  func cleanCaches(_ address: PhysicalAddress, byteCount: UInt64) {}
}
