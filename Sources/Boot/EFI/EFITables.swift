// What Linux reads of UEFI when it is entered with a device tree that points to an EFI system table:
// the system table, its configuration tables and the memory map. There are no boot services left,
// and of the runtime services only the clock (RuntimeServices.swift): EFI_RT_PROPERTIES_TABLE says so,
// and the kernel calls no other. UEFI 2.10, 4.3, 4.6, 7.2.
//
// Nobody calls SetVirtualAddressMap before a kernel that is entered like this: the map says itself
// that what belongs to the services is mapped at its physical address.

import APEI
import Bytes
import Platform

/// Numbers of UEFI.
enum EFI {
  static let systemTableSignature: UInt64 = 0x5453_5953_2049_4249  // "IBI SYST"
  static let revision: UInt32 = 2 << 16 | 80  // 2.8
  static let systemTableSize = 120
  static let memoryDescriptorSize = 48
  static let memoryDescriptorVersion: UInt32 = 1
  static let acpi20 = GUID(0x8868_e871, 0xe4f1, 0x11d3, 0xbc22_0080_c73c_8881)
  static let runtimeProperties = GUID(0xeb66_918a, 0x7eef, 0x402a, 0x842e_931d_21c3_8ae9)
  static let uncacheable: UInt64 = 1
  static let writeBack: UInt64 = 8
  static let readOnly: UInt64 = 1 << 17
  static let runtime: UInt64 = 1 << 63
}

/// Types of memory in the EFI memory map that we use. UEFI 2.10, 7.2.1.
public enum EFIMemoryType: UInt32, Sendable {
  /// Nobody's but the firmware's.
  case reserved = 0
  /// Free.
  case conventional = 7
  /// Code of the runtime services.
  case runtimeServicesCode = 5
  /// ACPI tables, free when they have been read.
  case acpiReclaim = 9
  /// Device registers that the runtime services use.
  case memoryMappedIO = 11

  /// What may be done with it. UEFI 2.10, 7.2.3.
  var attributes: UInt64 {
    switch self {
    case .reserved, .conventional, .acpiReclaim: EFI.writeBack
    case .runtimeServicesCode: EFI.writeBack | EFI.readOnly | EFI.runtime
    case .memoryMappedIO: EFI.uncacheable | EFI.runtime
    }
  }
}

extension ByteWriter {
  /// Writes the system table; `vendor` is the address of a UTF-16 string, `runtime` of the runtime
  /// services.
  mutating func systemTable(
    vendor: UInt64, runtime: UInt64, configurationTables: UInt64, count: UInt64
  ) throws(ByteError) {
    let start = offset
    try u64(EFI.systemTableSignature)
    try u32(EFI.revision)
    try u32(UInt32(EFI.systemTableSize))
    try u32(0)
    try u32(0)
    try u64(vendor)
    try u32(1)
    try u32(0)
    try zeros(8 * 6)  // consoles: none
    try u64(runtime)
    try u64(0)  // boot services: none
    try u64(count)
    try u64(configurationTables)
    try patch(try sink.crc32(start, count: EFI.systemTableSize), at: start + 16)
  }

  /// Writes a UTF-16 string with its end.
  mutating func utf16(_ text: StaticString) throws(ByteError) {
    for index in 0..<text.utf8CodeUnitCount {
      var letter: UInt8 = 0
      text.withUTF8Buffer { letter = unsafe $0[index] }
      try u16(UInt16(letter))
    }
    try u16(0)
  }

  /// Writes one descriptor of the memory map.
  mutating func memoryDescriptor(
    _ type: EFIMemoryType, _ range: MemoryRange
  ) throws(ByteError) {
    try u32(type.rawValue)
    try u32(0)
    try u64(range.base)
    try u64(type.attributes & EFI.runtime != 0 ? range.base : 0)
    try u64(range.size / 4096)
    try u64(type.attributes)
    try u64(0)
  }

  /// Writes the memory map of a machine: the clock, which lies below RAM, then RAM, minus what is
  /// reserved, in ascending order.
  mutating func memoryMap(_ configuration: BootConfiguration) throws(BootError) {
    var next = configuration.ram.base
    do {
      // 64 KiB of it, so that kernels with large pages can map it; the rest is nobody's.
      try memoryDescriptor(
        .memoryMappedIO, MemoryRange(base: BoardDevice.rtc.base, size: 0x1_0000))
      while let (range, type) = configuration.reservation(from: next) {
        if range.base > next {
          try memoryDescriptor(
            .conventional, MemoryRange(base: next, size: range.base - next))
        }
        try memoryDescriptor(type, range)
        next = range.end
      }
      if next < configuration.ram.end {
        try memoryDescriptor(
          .conventional, MemoryRange(base: next, size: configuration.ram.end - next))
      }
    } catch {
      throw .noRoom
    }
  }
}

extension BootConfiguration {
  /// A reserved range by its number, in no order; nil after the last.
  private func reservation(_ index: Int) -> (range: MemoryRange, type: EFIMemoryType)? {
    switch index {
    case 0: (MemoryRange(base: tables.base, size: tables.size - RuntimeServices.size), .acpiReclaim)
    case 1: (runtimeServices, .runtimeServicesCode)
    case 2: (errorMemory, .reserved)
    case 3: (serviceMemory, .reserved)
    case 4: (firmwareMemory, .reserved)
    default: nil
    }
  }

  /// The end of `tables`, where the runtime services are.
  var runtimeServices: MemoryRange {
    MemoryRange(base: tables.end - RuntimeServices.size, size: RuntimeServices.size)
  }

  /// The error region, rounded up to 64 KiB: the granularity of kernels with 64 KiB pages.
  public var errorMemory: MemoryRange {
    guard let errorRegion else { return MemoryRange(base: 0, size: 0) }
    return MemoryRange(base: errorRegion.base, size: (errorRegion.size + 0xffff) & ~0xffff)
  }

  /// The service region.
  public var serviceMemory: MemoryRange {
    services.map { MemoryRange(base: $0.base, size: ServiceRegion.size) }
      ?? MemoryRange(base: 0, size: 0)
  }

  /// The lowest reserved range that ends after `address`.
  func reservation(from address: UInt64) -> (MemoryRange, EFIMemoryType)? {
    var best: (range: MemoryRange, type: EFIMemoryType)?
    var index = 0
    while let item = reservation(index) {
      index += 1
      guard item.range.size > 0, item.range.end > address else { continue }
      if let known = best, known.range.base <= item.range.base { continue }
      best = item
    }
    return best.map { ($0.range, $0.type) }
  }

  /// Throws unless every range is in RAM, on 64 KiB boundaries, and alone.
  func validate() throws(BootError) {
    guard coreCount >= 1, coreCount <= 8 else { throw .coreCount }
    guard ram.base & 0xffff == 0, ram.size & 0xffff == 0, ram.size > 0 else {
      throw .memoryLayout
    }
    guard tables.size > RuntimeServices.size else { throw .memoryLayout }
    var index = 0
    while let (range, _) = reservation(index) {
      index += 1
      if range.size == 0 { continue }
      guard range.base & 0xffff == 0, range.size & 0xffff == 0, range.base >= ram.base,
        range.end <= ram.end
      else { throw .memoryLayout }
      var other = index
      while let (second, _) = reservation(other) {
        other += 1
        guard second.size == 0 || second.base >= range.end || second.end <= range.base else {
          throw .memoryLayout
        }
      }
    }
  }
}
