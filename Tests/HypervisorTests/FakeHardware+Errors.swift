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
    _ addresses: UInt64?..., by kind: ErrorNotification.Kind
  ) throws -> ErrorRegion {
    let found = kernel.frames.allocate(order: 4, for: .reserved)
    let place = try #require(found)
    let region = ErrorRegion(base: place.rawValue, sourceCount: addresses.count)
    let hardware = FakeHardware(board: board)
    hardware.clear(place, byteCount: 65536)
    kernel.errors.sources = []
    for (index, address) in addresses.enumerated() {
      kernel.errors.sources.append(region.errorSource(index, ErrorNotification(kind)))
      kernel.store(
        region.block(index), PhysicalAddress(region.statusAddressLocation(index)))
      write(address, at: region.block(index), hardware)
    }
    return region
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
