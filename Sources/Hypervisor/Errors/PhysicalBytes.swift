// Physical memory as bytes to decode: firmware's tables and error blocks.

import APEI
import Arm
import Bytes

/// Bytes in RAM that the direct map has.
public struct PhysicalBytes<P: HypervisorPlatform>: ByteSource {
  let platform: P
  let address: PhysicalAddress
  /// How many.
  public let byteCount: Int

  /// `byteCount` bytes at an address.
  public init(_ platform: P, _ address: PhysicalAddress, byteCount: Int) {
    self.platform = platform
    self.address = address
    self.byteCount = byteCount
  }

  /// The byte at an offset.
  public func byte(at offset: Int) -> UInt8 {
    unsafe platform.pointer(PhysicalAddress(address.rawValue + UInt64(offset)))
      .load(as: UInt8.self)
  }
}

/// All of the memory that firmware described.
public struct PhysicalMemoryReader<P: HypervisorPlatform>: PhysicalReader {
  let platform: P

  /// A reader.
  public init(_ platform: P) { self.platform = platform }

  /// `count` bytes from an address.
  public func bytes(at address: PhysicalAddress, count: Int) -> PhysicalBytes<P>? {
    guard count >= 0, address.rawValue < 1 << 48 else { return nil }
    return PhysicalBytes(platform, address, byteCount: count)
  }
}
