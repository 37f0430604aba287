// The Non-secure memory that EL3 shares with the operating system, as bytes for the encoders of the
// APEI and Boot rooms. Stores go straight there: nothing is composed on the stack.

import APEI
import Arm
import Bytes

/// A range of memory, reached through the platform.
public struct NormalMemory<P: FirmwarePlatform>: ByteSink {
  let platform: P
  /// Where it starts, a multiple of 8.
  public let start: PhysicalAddress
  /// How many bytes there are.
  public let byteCount: Int

  /// `byteCount` bytes from `start`.
  public init(_ platform: P, _ start: PhysicalAddress, byteCount: Int) {
    self.platform = platform
    self.start = start
    self.byteCount = byteCount
  }

  private func address(_ offset: Int) -> PhysicalAddress {
    PhysicalAddress(start.rawValue &+ UInt64(bitPattern: Int64(offset)))
  }

  /// The byte at an offset.
  public func byte(at offset: Int) -> UInt8 { platform.load8(address(offset)) }

  /// Stores a byte.
  public func store(_ value: UInt8, at offset: Int) { platform.store8(address(offset), value) }

  /// Stores an aligned word.
  public func store(_ value: UInt32, at offset: Int) { platform.store32(address(offset), value) }
}

/// All memory, as the handshake with the operating system sees it.
struct PlatformMemory<P: FirmwarePlatform>: SharedMemory {
  let platform: P

  init(_ platform: P) { self.platform = platform }

  func bytes(at address: PhysicalAddress, count: Int) -> NormalMemory<P>? {
    NormalMemory(platform, address, byteCount: count)
  }

  func load32(_ address: PhysicalAddress) -> UInt32? {
    let word = load64(PhysicalAddress(address.rawValue & ~7))
    return word.map { UInt32(truncatingIfNeeded: $0 >> ((address.rawValue & 4) * 8)) }
  }
  func load64(_ address: PhysicalAddress) -> UInt64? { platform.load64IfPresent(address) }
  func store32(_ address: PhysicalAddress, _ value: UInt32) { platform.store32(address, value) }
  func store64(_ address: PhysicalAddress, _ value: UInt64) { platform.store64(address, value) }
  func zeroLine(_ address: PhysicalAddress) -> Bool {
    platform.zeroLine(address)
    return true
  }
  func synchronize() { platform.synchronizeData() }
}
