// A virtio-mmio transport with no device behind it, as each of QEMU's 32 is unless a device was
// asked for: a legacy transport (version 1) whose device ID is 0, so that a driver lets it be.
// Virtio 1.2, 4.2.2 and 4.2.4.

/// An empty virtio-mmio transport.
///
/// It has no state: writes are ignored.
final class EmptyVirtioTransport: WordDevice {
  typealias State = NoState

  /// Reads a register.
  ///
  /// All but MagicValue, Version and VendorID read as zero.
  func read(_ offset: UInt64, _ host: DeviceHost) -> UInt32 {
    switch offset {
    case 0x00: 0x7472_6976
    case 0x04: 1
    case 0x0C: 0x554D_4551
    default: 0
    }
  }

  func write(_ offset: UInt64, _ value: UInt32, _ host: DeviceHost) {}
}
