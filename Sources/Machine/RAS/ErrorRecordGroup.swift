// The records of a node for software that reads them as memory. RASSA (IHI0100) 3.1 and 3.2: a group in a
// 4 KiB page, with one record. The interrupts are wired: their configuration is the simple one (DEVID.IRQCR =
// 0b0010, FEAT_RASSA_IRQCR_SIMPLE), in which ERR<irq>CR2.IRQEN alone exists.

import Arm
import Platform

/// The memory-mapped group of a node with one record.
struct ErrorRecordGroup {
  /// The record's number among those of the machine, ERRSELR_EL1.SEL; in its group it is number 0.
  let record: UInt64

  /// Where a register of the record is in its group.
  private static let registers: [(offset: UInt64, ErrorRecordRegister)] = [
    (0x00, .feature), (0x08, .control), (0x10, .status), (0x18, .address), (0x20, .misc0),
    (0x28, .misc1), (0x30, .misc2), (0x38, .misc3), (0x800, .injectionFeature),
    (0x808, .injectionControl), (0x810, .injectionCountdown),
  ]

  /// ERRDEVARCH: Arm, a RAS record group, version 1.1.
  private static let architecture: UInt64 = 0x23B << 21 | 1 << 20 | 1 << 16 | 0xA00
  /// ERRPIDR4, ERRPIDR0 to 3 and ERRCIDR0 to 3, from 0xFD0, a word each: nobody's part, one page; JEDEC as always.
  private static func identification(_ offset: UInt64) -> UInt64 {
    let component: UInt64 = 0xB105_900D
    if offset == 0xFE8 { return 1 << 3 }
    return offset < 0xFF0 ? 0 : component >> (8 * ((offset - 0xFF0) / 4)) & 0xFF
  }

  /// The interrupt whose ERR<irq>CR1, RES0, and ERR<irq>CR2 an aligned double word holds.
  private static func interrupt(_ offset: UInt64) -> NodeInterrupt? {
    switch offset + 4 {
    case ErrorGroupRegister.faultControl: .faultHandling
    case ErrorGroupRegister.recoveryControl: .errorRecovery
    case ErrorGroupRegister.criticalControl: .criticalError
    default: nil
    }
  }

  private static var enable: UInt64 { UInt64(ErrorGroupRegister.interruptEnable) }

  /// What an aligned double word of the page holds; nil where nothing is, as on a machine without the node.
  private func doubleWord(_ offset: UInt64, _ bus: Bus) -> UInt64? {
    guard bus.ras.has(record) else { return nil }
    if let (_, register) = Self.registers.first(where: { $0.offset == offset }) {
      return bus.ras.read(register, record: record, core: 0)
    }
    if let interrupt = Self.interrupt(offset) {
      let isEnabled = bus.ras[record].enabledInterrupts & interrupt.bit != 0
      return isEnabled ? Self.enable << 32 : 0
    }
    switch offset {
    // ERRGSR.
    case 0xE00:
      let status = bus.ras.read(.status, record: record, core: 0)
      return ErrorStatus(rawValue: status)[ErrorStatus.v]
    // ERRIIDR.
    case 0xE10: return 0
    // ERRDEVARCH in the upper half, ERRDEVID in the lower one: one record, the simple interrupt registers.
    case 0xFB8: return Self.architecture << 32
    case 0xFC8: return 0b0010 << 16 | 1
    // ERRFHICR0, ERRERICR0, ERRCRICR0; ERRIRQSR.
    case 0xE80, 0xE90, 0xEA0, 0xEF8: return 0
    case 0xFA8: return 0
    case 0xFD0...0xFF8:
      return Self.identification(offset) | Self.identification(offset + 4) << 32
    default: return nil
    }
  }

  /// Reads a register, whole or one half of it.
  func read(_ offset: UInt64, size: Int, _ host: DeviceHost) -> UInt64 {
    guard size >= 4, let value = doubleWord(offset & ~7, host.bus) else {
      host.hasNoRegister(offset)
      return 0
    }
    return size == 8 ? value : value >> (offset & 4 * 8) & 0xFFFF_FFFF
  }

  /// Writes a register; a write of one half leaves the other as it is read.
  func write(_ offset: UInt64, size: Int, _ value: UInt64, _ host: DeviceHost) {
    guard size >= 4, let old = doubleWord(offset & ~7, host.bus) else {
      return host.hasNoRegister(offset, UInt32(truncatingIfNeeded: value))
    }
    if let interrupt = Self.interrupt(offset & ~7) {
      // The lower half is RES0.
      if size == 4, offset & 4 == 0 { return }
      let isEnabled = (size == 8 ? value >> 32 : value) & Self.enable != 0
      host.bus.ras.enable(interrupt, of: record, isEnabled)
      return host.bus.settleNodes()
    }
    guard let (_, register) = Self.registers.first(where: { $0.offset == offset & ~7 }) else {
      return
    }
    var whole = value
    if size == 4 {
      // The upper half of most is RES0: a write to it is nothing to the lower one.
      if offset & 4 != 0, register.hasNoUpperHalf { return }
      // A half that is not written clears nothing of STATUS.
      let rest = register == .status ? 0 : old
      whole =
        offset & 4 == 0 ? rest & ~0xFFFF_FFFF | value : rest & 0xFFFF_FFFF | value << 32
    }
    host.bus.ras.write(register, record: record, core: 0, whole)
    host.bus.settleNodes()
  }
}

extension ErrorRecordRegister {
  /// Whether bits 63:32 are RES0, or cannot be written.
  fileprivate var hasNoUpperHalf: Bool {
    switch self {
    case .feature, .control, .status, .injectionFeature, .injectionControl, .injectionCountdown:
      true
    case .address, .misc0, .misc1, .misc2, .misc3: false
    }
  }
}
