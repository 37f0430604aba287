// A platform made of dictionaries: system registers, memory, error records with the clear rules of
// the architecture, a UART that collects text, and fw_cfg. It records what was done, in order.

import Arm
import Platform

@testable import Firmware

/// The hardware under test: one core and the board, as far as the firmware sees them.
@safe final class FakePlatform: FirmwarePlatform {
  /// Something the firmware did whose order matters.
  enum Event: Equatable {
    case store(UInt64, UInt64)
    case barrier
  }

  var registers: [SystemRegister: UInt64] = [:]
  var memory: [UInt64: UInt8] = [:]
  /// Stores to RAM and barriers, when `isRecording`.
  var events: [Event] = []
  var isRecording = false
  var consoleText: [UInt8] = []
  /// Stores outside RAM, by address: the last value.
  var devices: [UInt64: UInt64] = [:]

  /// The error records, by index.
  var records: [ErrorRecord] = []
  /// ERR<n>FR of each, where they are not all alike, and then ERR<n>CTLR of each.
  var recordFeatures: [ErrorFeature] = []
  var recordControls: [ErrorControl] = []
  /// Called when STATUS is about to be written: a new error may arrive there.
  var beforeClearing: ((FakePlatform) -> Void)?
  /// Whether ERX* was touched without a synchronization after the selection.
  var hasUsedStaleSelection = false
  private var isSelectionStale = false

  /// fw_cfg items by key; nil is a board without the device.
  var items: [UInt16: [UInt8]]?
  private var selectedItem: UInt16 = 0
  private var itemOffset = 0
  private var transferHigh: UInt64 = 0

  init() {
    registers[.idAA64PFR0EL1] = 2 << 28 | 1 << 56  // RASv1p1, CSV2
    registers[.idAA64MMFR1EL1] = 1 << 20 | 1 << 8  // PAN, VHE
    registers[.idAA64PFR1EL1] = 1 << 4  // SSBS
    registers[.midrEL1] = 0x414f_d0c1
    registers[.mpidrEL1] = 0x8000_0000
    registers[.scrEL3] = SecureState.securityConfiguration(ProcessorFeatures(self))
  }

  private var reportStorage: UnsafeMutableRawBufferPointer?

  /// Reports in memory of this platform's: one set at a time.
  var reports: ErrorReports {
    if let old = unsafe reportStorage { unsafe old.deallocate() }
    let storage = UnsafeMutableRawBufferPointer.allocate(
      byteCount: ErrorReports.storageSize, alignment: 16)
    unsafe reportStorage = storage
    return unsafe ErrorReports(storage: storage) ?? ErrorReports()
  }

  private var delegationStorage: UnsafeMutableRawBufferPointer?

  /// A delegated exception interface in memory of this platform's: one at a time.
  var delegation: DelegatedEvents {
    if let old = unsafe delegationStorage { unsafe old.deallocate() }
    let storage = UnsafeMutableRawBufferPointer.allocate(
      byteCount: DelegatedEvents.storageSize, alignment: 16)
    unsafe delegationStorage = storage
    return unsafe DelegatedEvents(storage: storage) ?? DelegatedEvents()
  }

  /// All that the interface remembers, once it was asked for.
  var delegationState: DelegationState {
    get { unsafe delegationStorage?.load(as: DelegationState.self) ?? DelegationState() }
    set { unsafe delegationStorage?.storeBytes(of: newValue, as: DelegationState.self) }
  }

  deinit {
    if let old = unsafe reportStorage { unsafe old.deallocate() }
    if let old = unsafe delegationStorage { unsafe old.deallocate() }
  }

  var features: ProcessorFeatures { ProcessorFeatures(self) }
  var console: String { String(decoding: consoleText.filter { $0 != 13 }, as: UTF8.self) }

  private var selected: Int { Int(registers[.errselrEL1, default: 0]) }

  func read(_ register: SystemRegister) -> UInt64 {
    switch register {
    case .erridrEL1: return UInt64(records.count)
    case .erxfrEL1 where selected < recordFeatures.count:
      return recordFeatures[selected].rawValue
    case .erxctlrEL1 where selected < recordControls.count:
      return recordControls[selected].rawValue
    case .erxfrEL1, .erxctlrEL1: return registers[register, default: 0]
    case .erxstatusEL1, .erxaddrEL1, .erxmisc0EL1, .erxmisc3EL1:
      if isSelectionStale { hasUsedStaleSelection = true }
      guard selected < records.count else { return 0 }
      let record = records[selected]
      switch register {
      case .erxstatusEL1: return record.status.rawValue
      case .erxaddrEL1: return record.address.rawValue
      case .erxmisc0EL1: return record.misc0
      default: return record.misc3
      }
    default: return registers[register, default: 0]
    }
  }

  func write(_ register: SystemRegister, _ value: UInt64) {
    switch register {
    case .errselrEL1: isSelectionStale = true
    case .erxstatusEL1:
      beforeClearing?(self)
      if isSelectionStale { hasUsedStaleSelection = true }
      if selected < records.count {
        records[selected].status = records[selected].status.written(value, version: .v1p1)
      }
      return
    case .erxctlrEL1 where selected < recordControls.count:
      recordControls[selected].rawValue = value & recordFeatures[selected].controls
      return
    case .erxmisc0EL1 where selected < recordFeatures.count:
      records[selected].misc0 = value
      return
    default: break
    }
    registers[register] = value
  }

  /// RAM, secure RAM and the record store.
  private func isRAM(_ address: UInt64) -> Bool { address >= MemoryMap.secureRAM }

  private func load(_ address: UInt64, _ size: Int) -> UInt64 {
    if !isRAM(address) { return loadDevice(address, size) }
    var value: UInt64 = 0
    for index in 0..<size {
      value |= UInt64(memory[address + UInt64(index), default: 0]) << UInt64(index * 8)
    }
    return value
  }

  private func store(_ address: UInt64, _ value: UInt64, _ size: Int) {
    precondition(address % UInt64(size) == 0, "unaligned store")
    if !isRAM(address) { return storeDevice(address, value) }
    if isRecording, address >= MemoryMap.ram { events.append(.store(address, value)) }
    for index in 0..<size {
      memory[address + UInt64(index)] = UInt8(truncatingIfNeeded: value >> UInt64(index * 8))
    }
  }

  private func loadDevice(_ address: UInt64, _ size: Int) -> UInt64 {
    switch address {
    case MemoryMap.fwCfg:
      guard let item = items?[selectedItem], itemOffset < item.count else { return 0 }
      itemOffset += 1
      return UInt64(item[itemOffset - 1])
    case MemoryMap.gicDistributor + 4: return 3  // 128 interrupts
    default: return devices[address, default: 0] & ~(address == MemoryMap.uart0 + 0x18 ? .max : 0)
    }
  }

  private func storeDevice(_ address: UInt64, _ value: UInt64) {
    devices[address] = value
    switch address {
    case MemoryMap.uart0: consoleText.append(UInt8(truncatingIfNeeded: value))
    case MemoryMap.fwCfg + 8:
      selectedItem = UInt16(truncatingIfNeeded: value).byteSwapped
      itemOffset = 0
    case MemoryMap.fwCfg + 16:
      transferHigh = UInt64(UInt32(truncatingIfNeeded: value).byteSwapped)
    case MemoryMap.fwCfg + 20:
      transfer(transferHigh << 32 | UInt64(UInt32(truncatingIfNeeded: value).byteSwapped))
    default: break
    }
  }

  /// What the device does with a descriptor: select and read.
  private func transfer(_ descriptor: UInt64) {
    let control = UInt32(truncatingIfNeeded: load(descriptor, 4)).byteSwapped
    let length = UInt32(truncatingIfNeeded: load(descriptor + 4, 4)).byteSwapped
    let destination = load(descriptor + 8, 8).byteSwapped
    guard let items else { return }
    let item = items[UInt16(control >> 16)] ?? []
    for index in 0..<Int(length) {
      memory[destination + UInt64(index)] = index < item.count ? item[index] : 0
    }
    for index in 0..<4 { memory[descriptor + UInt64(index)] = 0 }
  }

  func load8(_ address: PhysicalAddress) -> UInt8 { UInt8(load(address.rawValue, 1)) }
  func load32(_ address: PhysicalAddress) -> UInt32 { UInt32(load(address.rawValue, 4)) }
  func load64(_ address: PhysicalAddress) -> UInt64 { load(address.rawValue, 8) }
  func store8(_ address: PhysicalAddress, _ value: UInt8) {
    store(address.rawValue, UInt64(value), 1)
  }
  func store16(_ address: PhysicalAddress, _ value: UInt16) {
    store(address.rawValue, UInt64(value), 2)
  }
  func store32(_ address: PhysicalAddress, _ value: UInt32) {
    store(address.rawValue, UInt64(value), 4)
  }
  func store64(_ address: PhysicalAddress, _ value: UInt64) { store(address.rawValue, value, 8) }

  /// Lines of RAM that are lost: a load of one is answered with an abort, and the second record has it.
  var lostLines: Set<UInt64> = []

  func load64IfPresent(_ address: PhysicalAddress) -> UInt64? {
    guard lostLines.contains(address.rawValue & ~63) else { return load64(address) }
    var error = DetectedError(state: .recoverable, code: .externalMemoryData)
    error.address = ErrorAddress(
      PhysicalAddress(address.rawValue & ~63), isSecure: address.rawValue < MemoryMap.ram)
    if records.count > 1 {
      records[1].record(error, feature: ErrorFeature(rawValue: 0), version: .v1p1)
    }
    return nil
  }

  func zeroLine(_ address: PhysicalAddress) {
    lostLines.remove(address.rawValue & ~63)
    for offset in 0..<64 as Range<UInt64> { memory[(address.rawValue & ~63) + offset] = 0 }
  }

  /// PAR_EL1 by what is asked; nothing there is an External abort.
  var translations: [TranslationQuery: UInt64] = [:]
  /// Called when something is asked: an abort may be recorded there.
  var beforeTranslation: ((FakePlatform) -> Void)?
  /// What was asked.
  var queries: [TranslationQuery] = []

  func translate(_ address: UInt64, _ query: TranslationQuery) -> UInt64? {
    queries.append(query)
    beforeTranslation?(self)
    return translations[query]
  }

  func synchronizeContext() { isSelectionStale = false }
  func synchronizeData() { if isRecording { events.append(.barrier) } }
  func cleanCaches(_ address: PhysicalAddress, byteCount: UInt64) {}

  /// The bytes of memory from an address.
  func bytes(_ address: UInt64, _ count: Int) -> [UInt8] {
    (0..<count).map { memory[address + UInt64($0), default: 0] }
  }
}
