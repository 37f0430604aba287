// What system calls read and write of their callers' memory. Any address, any length: what is not
// there is EFAULT, what hardware lost is EFAULT and a SIGBUS.

import Arm
import KVM

extension Kernel {
  /// The bytes at a user address. Throws EFAULT; EINVAL above 16 MiB.
  public func read(
    _ thread: Thread, _ address: UInt64, count: Int
  ) throws(CallEnd) -> [UInt8] {
    guard count >= 0, count <= 1 << 24 else { throw .failed(.invalid) }
    var bytes = [UInt8](repeating: 0, count: count)
    var done = 0
    while done < count {
      let (part, source) = try userPart(thread, address &+ UInt64(done), count - done, .read)
      let isWhole = unsafe bytes.withUnsafeMutableBytes { target in
        unsafe copyOut(source, target.baseAddress.map { unsafe $0 + done }, part)
      }
      guard isWhole else { throw copyFailed(thread, address &+ UInt64(done)) }
      done += part
    }
    return bytes
  }

  /// Stores bytes at a user address. Throws EFAULT, with the bytes before already stored.
  public func write(
    _ thread: Thread, _ address: UInt64, _ bytes: [UInt8]
  ) throws(CallEnd) {
    var done = 0
    while done < bytes.count {
      let (part, target) = try userPart(
        thread, address &+ UInt64(done), bytes.count - done, .write)
      unsafe bytes.withUnsafeBytes { source in
        if let base = source.baseAddress {
          unsafe platform.pointer(target).copyMemory(from: base + done, byteCount: part)
        }
      }
      done += part
    }
  }

  /// Stores `count` bytes of physical memory at a user address.
  func write(
    _ thread: Thread, _ address: UInt64, from source: PhysicalAddress, count: Int
  ) throws(CallEnd) {
    var done = 0
    while done < count {
      let (part, target) = try userPart(thread, address &+ UInt64(done), count - done, .write)
      let left = platform.copyRecoverably(
        to: target, from: PhysicalAddress(source.rawValue + UInt64(done)), byteCount: part)
      guard left == 0 else { throw copyFailed(thread, address &+ UInt64(done)) }
      done += part
    }
  }

  /// The 64-bit word at a user address. Throws EFAULT.
  public func read64(_ thread: Thread, _ address: UInt64) throws(CallEnd) -> UInt64 {
    var value: UInt64 = 0
    let bytes = try read(thread, address, count: 8)
    for index in 0..<8 { value |= UInt64(bytes[index]) << UInt64(index * 8) }
    return value
  }

  /// The 32-bit word at a user address. Throws EFAULT.
  public func read32(_ thread: Thread, _ address: UInt64) throws(CallEnd) -> UInt32 {
    let bytes = try read(thread, address, count: 4)
    return UInt32(bytes[0]) | UInt32(bytes[1]) << 8 | UInt32(bytes[2]) << 16
      | UInt32(bytes[3]) << 24
  }

  /// Stores a 64-bit word at a user address. Throws EFAULT.
  public func write64(
    _ thread: Thread, _ address: UInt64, _ value: UInt64
  ) throws(CallEnd) {
    var bytes: [UInt8] = []
    for index in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(index * 8))) }
    try write(thread, address, bytes)
  }

  /// Stores a 32-bit word at a user address. Throws EFAULT.
  public func write32(
    _ thread: Thread, _ address: UInt64, _ value: UInt32
  ) throws(CallEnd) {
    var bytes: [UInt8] = []
    for index in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: value >> UInt32(index * 8))) }
    try write(thread, address, bytes)
  }

  /// The bytes of a string up to its zero, at most 4095. Throws EFAULT, ENAMETOOLONG.
  func readString(_ thread: Thread, _ address: UInt64) throws(CallEnd) -> [UInt8] {
    var bytes: [UInt8] = []
    var next = address
    while bytes.count < 4096 {
      let part = try read(thread, next, count: Int(min(64 - next % 64, 64)))
      for byte in part {
        if byte == 0 { return bytes }
        bytes.append(byte)
      }
      next += UInt64(part.count)
    }
    throw .failed(.nameTooLong)
  }

  /// The part of a user range that lies in one page, and where.
  private func userPart(
    _ thread: Thread, _ address: UInt64, _ count: Int, _ access: UserAccess
  ) throws(CallEnd) -> (count: Int, at: PhysicalAddress) {
    guard let space = thread.process.space else { throw .failed(.badAddress) }
    do throws(UserFault) {
      let page = try resolve(space, address, for: access)
      return (Int(min(UInt64(count), 4096 - address % 4096)), page.address)
    } catch {
      if case .lost(let bit) = error {
        force(
          SignalInformation(
            .bus, .memoryErrorActionRequired, address: address, leastBit: bit), thread)
      }
      throw .failed(error == .noMemory ? .noMemory : .badAddress)
    }
  }

  /// Copies from physical memory to the kernel's; whether all of it could be read.
  @unsafe private func copyOut(
    _ source: PhysicalAddress, _ target: UnsafeMutableRawPointer?, _ count: Int
  ) -> Bool {
    guard let target = unsafe target else { return count == 0 }
    return unsafe platform.copyRecoverably(to: target, from: source, byteCount: count) == 0
  }

  /// A copy met a hardware error: handled as if the thread itself had.
  private func copyFailed(_ thread: Thread, _ address: UInt64) -> CallEnd {
    errors.settleCopyAbort(thread)
    return .failed(.badAddress)
  }
}
