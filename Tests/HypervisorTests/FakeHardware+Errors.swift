// What firmware does before it forges an exception: a record in the block of a GHESv2 source.

import APEI
import Arm
import Testing

@testable import Hypervisor

extension World {
  /// Publishes recoverable memory errors, each with or without its address, each in a source of its
  /// own. ACPI 6.5, 18.3.2.7: an error status block, one entry of revision 3 with a memory section.
  @discardableResult
  func publish(
    _ addresses: UInt64?..., by kind: ErrorNotification.Kind, cores: [UInt64] = []
  ) throws -> ErrorRegion {
    let found = kernel.frames.allocate(order: 4, for: .reserved)
    let place = try #require(found)
    let region = ErrorRegion(
      base: place.rawValue, sources: ErrorSourceTable(coreCount: addresses.count))
    let hardware = FakeHardware(board: board)
    hardware.clear(place, byteCount: 65536)
    kernel.errors.sources = []
    for (index, address) in addresses.enumerated() {
      kernel.errors.sources.append(region.errorSource(index, ErrorNotification(kind)))
      unsafe kernel.store(
        region.block(index), PhysicalAddress(region.statusAddressLocation(index)))
      write(address, at: region.block(index), hardware)
      if index < cores.count { nameCore(cores[index], in: region.block(index), hardware) }
    }
    return region
  }

  /// Adds an Arm processor section that says which core it was. UEFI 2.10, N.2.4.4.
  private func nameCore(_ affinity: UInt64, in block: UInt64, _ hardware: FakeHardware) {
    func put32(_ value: UInt32, _ offset: UInt64) {
      hardware.store32(PhysicalAddress(block + offset), value)
    }
    let entry: UInt64 = 20 + 72 + 80
    put32(0x21, 0)
    put32(72 + 80 + 72 + 72, 12)
    let processorSection: [UInt8] = [
      0x16, 0x3d, 0x9e, 0xe1, 0x11, 0xbc, 0xe4, 0x11, 0x9c, 0xaa, 0xc2, 0x05, 0x1d, 0x5d, 0x46,
      0xb0,
    ]
    for (index, byte) in processorSection.enumerated() {
      unsafe hardware.pointer(PhysicalAddress(block + entry)).storeBytes(
        of: byte, toByteOffset: index, as: UInt8.self)
    }
    put32(0, entry + 16)
    put32(0x300, entry + 20)
    put32(72, entry + 24)
    for offset in stride(from: 72 as UInt64, to: 144, by: 4) { put32(0, entry + offset) }
    put32(1, entry + 72)  // validation bits: MPIDR
    put32(1, entry + 76)  // one error information, no context
    put32(72, entry + 80)
    put32(UInt32(truncatingIfNeeded: affinity), entry + 88)
    put32(UInt32(truncatingIfNeeded: affinity >> 32), entry + 92)
    hardware.clear(PhysicalAddress(block + entry + 112), byteCount: 32)
    put32(0x2000, entry + 112)  // version 0, length 32
  }

  private func write(_ address: UInt64?, at block: UInt64, _ hardware: FakeHardware) {
    func put32(_ value: UInt32, _ offset: UInt64) {
      hardware.store32(PhysicalAddress(block + offset), value)
    }
    put32(0x11, 0)
    put32(72 + 80, 12)
    put32(0, 16)
    let memorySection: [UInt8] = [
      0x14, 0x11, 0xbc, 0xa5, 0x64, 0x6f, 0xde, 0x4e, 0xb8, 0x63, 0x3e, 0x83, 0xed, 0x7c, 0x83,
      0xb1,
    ]
    for (index, byte) in memorySection.enumerated() {
      unsafe hardware.pointer(PhysicalAddress(block + 20)).storeBytes(
        of: byte, toByteOffset: index, as: UInt8.self)
    }
    put32(0, 36)
    put32(0x300, 40)
    put32(80, 44)
    if let address {
      put32(2, 92)  // validation bits: physical address
      put32(UInt32(truncatingIfNeeded: address), 108)
      put32(UInt32(truncatingIfNeeded: address >> 32), 112)
    }
  }
}
