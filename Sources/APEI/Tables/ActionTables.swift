// EINJ and ERST: tables of instructions that an operating system executes one by one. ACPI 6.5, 18.5.1 and
// 18.6.1. All registers lie in the service region, but for the doorbell's.

import Bytes

/// One instruction of an action. ACPI 6.5, tables 18.24 and 18.32.
public struct ActionEntry: Equatable, Sendable {
  /// Size in bytes.
  public static let size = InstructionEntryLayout.size

  /// Instructions, by their numbers in both tables.
  public enum Instruction: UInt8, Sendable {
    case readRegister = 0x00
    case readRegisterValue = 0x01
    case writeRegister = 0x02
    case writeRegisterValue = 0x03
    case noOperation = 0x04
    case loadVariable1 = 0x05
    case stallWhileTrue = 0x0D
  }

  /// What it is a step of.
  public var action: UInt8
  /// What is done.
  public var instruction: Instruction
  /// The register.
  public var register: GenericAddress
  /// What is written, or compared with.
  public var value: UInt64 = 0
  /// Which bits count.
  public var mask: UInt64

  /// A step with a register of 64 bits.
  init(_ action: UInt8, _ instruction: Instruction, at address: UInt64, value: UInt64 = 0) {
    self.action = action
    self.instruction = instruction
    register = GenericAddress(memory64: address)
    self.value = value
    mask = .max
  }

  /// A step with some bits of a register of 32.
  init(
    _ action: UInt8, _ instruction: Instruction, at32 address: UInt64, value: UInt32 = 0,
    mask: UInt32 = .max
  ) {
    self.action = action
    self.instruction = instruction
    register = GenericAddress(memory32: address)
    self.value = UInt64(value)
    self.mask = UInt64(mask)
  }
}

extension ByteWriter {
  /// Writes an entry.
  mutating func action(_ entry: ActionEntry) throws(ByteError) {
    try u8(entry.action)
    try u8(entry.instruction.rawValue)
    try u8(0)
    try u8(0)
    try address(entry.register)
    try u64(entry.value)
    try u64(entry.mask)
  }

  private mutating func beginActions(
    _ signature: StaticString, revision: UInt8
  ) throws(ByteError) -> Int {
    let start = try beginTable(signature, revision: revision)
    // Linux takes 12, the header without what all tables begin with, and the whole.
    try u32(12)
    try zeros(4)
    try u32(0)
    return start
  }

  private mutating func endActions(_ start: Int) throws(ByteError) {
    let count = (offset - start - InjectionTableLayout.entries) / ActionEntry.size
    try patch(
      UInt32(truncatingIfNeeded: count), at: start + InjectionTableLayout.entryCount.offset)
    try endTable(start)
  }

  /// Writes the EINJ of a region with a doorbell.
  public mutating func einj(_ region: ServiceRegion) throws(ByteError) {
    let bell = region.doorbell ?? 0
    let base = region.injection
    let parameters = base + InjectionRegister.parameters
    let type = base + InjectionRegister.type
    let start = try beginActions("EINJ", revision: 2)
    // BEGIN_INJECTION_OPERATION: what an operation before has left is not this one's.
    try action(ActionEntry(0, .writeRegisterValue, at32: parameters))
    try action(ActionEntry(0, .writeRegisterValue, at32: type))
    try action(ActionEntry(1, .readRegister, at: base + InjectionRegister.trigger))
    try action(ActionEntry(2, .writeRegister, at32: type))
    try action(ActionEntry(3, .readRegister, at32: base + InjectionRegister.available))
    try action(ActionEntry(4, .writeRegisterValue, at32: type))
    try action(
      ActionEntry(5, .writeRegisterValue, at32: bell, value: ServiceBell.injection))
    try action(
      ActionEntry(
        6, .readRegisterValue, at32: bell, value: ServiceBell.injection,
        mask: ServiceBell.injection))
    try action(ActionEntry(7, .readRegister, at32: base + InjectionRegister.status))
    try action(ActionEntry(8, .writeRegister, at32: parameters))
    try action(ActionEntry(9, .readRegister, at: base + InjectionRegister.timings))
    // EINJV2_GET_ERROR_TYPE.
    try action(ActionEntry(0x11, .readRegister, at32: base + InjectionRegister.availableComponents))
    try endActions(start)
  }

  /// Writes the vendor extension of EINJ: who the vendor is, which is nobody that PCI knows. ACPI 6.5, table
  /// 18.37.
  public mutating func vendorExtension() throws(ByteError) {
    try u32(16)
    try u32(0)  // SBDF
    try u16(0xffff)  // vendor
    try u16(0)  // device
    try u8(1)  // revision
    try zeros(3)
  }

  /// Writes a trigger table: with one instruction, that rings, or none.
  public mutating func triggerTable(
    _ region: ServiceRegion, rings: Bool
  ) throws(ByteError) {
    try u32(UInt32(TriggerTableLayout.size))
    try u32(0)
    try u32(UInt32(TriggerTableLayout.size + (rings ? ActionEntry.size : 0)))
    try u32(rings ? 1 : 0)
    guard rings, let bell = region.doorbell else { return }
    try action(
      ActionEntry(0xFF, .writeRegisterValue, at32: bell, value: ServiceBell.trigger))
  }

  /// Writes the ERST of a region with a doorbell and a store.
  public mutating func erst(_ region: ServiceRegion) throws(ByteError) {
    let bell = region.doorbell ?? 0
    let base = region.serialization
    func begin(_ action: UInt8, _ operation: SerializationOperation) -> ActionEntry {
      ActionEntry(
        action, .writeRegisterValue, at: base + SerializationRegister.operation,
        value: operation.rawValue)
    }
    let start = try beginActions("ERST", revision: 1)
    try action(begin(0x0, .write))
    try action(begin(0x1, .read))
    try action(begin(0x2, .clear))
    try action(begin(0x3, .none))
    try action(ActionEntry(0x4, .writeRegister, at: base + SerializationRegister.offset))
    try action(
      ActionEntry(0x5, .writeRegisterValue, at32: bell, value: ServiceBell.serialization))
    try action(
      ActionEntry(
        0x6, .readRegisterValue, at32: bell, value: ServiceBell.serialization,
        mask: ServiceBell.serialization))
    try action(ActionEntry(0x7, .readRegister, at32: base + SerializationRegister.status))
    // GET_RECORD_IDENTIFIER goes on to the next record each time: firmware does that, and the reader
    // waits for it.
    try action(
      ActionEntry(0x8, .writeRegisterValue, at32: bell, value: ServiceBell.nextIdentifier))
    try action(ActionEntry(0x8, .loadVariable1, at: base + SerializationRegister.stall))
    try action(ActionEntry(0x8, .readRegister, at: base + SerializationRegister.bell))
    try action(
      ActionEntry(0x8, .stallWhileTrue, at32: bell, mask: ServiceBell.nextIdentifier))
    try action(
      ActionEntry(0x8, .readRegister, at: base + SerializationRegister.nextIdentifier))
    try action(ActionEntry(0x9, .writeRegister, at: base + SerializationRegister.identifier))
    try action(ActionEntry(0xA, .readRegister, at32: base + SerializationRegister.count))
    try action(begin(0xB, .dummyWrite))
    try action(ActionEntry(0xD, .readRegister, at: base + SerializationRegister.rangeBase))
    try action(ActionEntry(0xE, .readRegister, at: base + SerializationRegister.rangeLength))
    try action(ActionEntry(0xF, .readRegister, at: base + SerializationRegister.rangeAttributes))
    try action(ActionEntry(0x10, .readRegister, at: base + SerializationRegister.timings))
    try endActions(start)
  }
}
