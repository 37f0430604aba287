// The memory that firmware shares with this kernel, of which hardware may have lost a part: every
// load survives that.

import APEI
import Arm
import Bytes

/// Firmware's memory for the reader of records.
struct RecoverableMemory<P: HypervisorPlatform>: SharedMemory {
  let platform: P

  init(_ platform: P) { self.platform = platform }

  /// A copy; nil where there is no memory, or hardware lost it.
  func bytes(at address: PhysicalAddress, count: Int) -> [UInt8]? {
    guard count >= 0, address.rawValue < 1 << 48 else { return nil }
    var copy = [UInt8](repeating: 0, count: count)
    let left = unsafe copy.withUnsafeMutableBytes { target in
      guard let base = target.baseAddress else { return count }
      return unsafe platform.copyRecoverably(to: base, from: address, byteCount: count)
    }
    return left == 0 ? copy : nil
  }

  func load32(_ address: PhysicalAddress) -> UInt32? {
    bytes(at: address, count: 4).flatMap { try? $0.u32(at: 0) }
  }

  func load64(_ address: PhysicalAddress) -> UInt64? {
    bytes(at: address, count: 8).flatMap { try? $0.u64(at: 0) }
  }

  func store32(_ address: PhysicalAddress, _ value: UInt32) {
    guard address.rawValue < 1 << 48 else { return }
    unsafe platform.pointer(address).storeBytes(of: value, as: UInt32.self)
  }

  func store64(_ address: PhysicalAddress, _ value: UInt64) {
    guard address.rawValue < 1 << 48 else { return }
    unsafe platform.pointer(address).storeBytes(of: value, as: UInt64.self)
  }

  func synchronize() { platform.synchronizeData() }
}
