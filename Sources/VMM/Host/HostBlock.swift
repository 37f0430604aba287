// Memory of this process: where it is, and runs of it that may be read and written. Structures for
// system calls, kvm_run pages, guest memory: each is a run of its own, and nothing is read or written
// beside one.

/// An address of this process: host virtual, as the kernel takes and gives it.
public struct HostAddress: Hashable, Sendable {
  /// The 64 bits.
  public var rawValue: UInt64
  /// The address with these bits.
  @inlinable public init(_ rawValue: UInt64) { self.rawValue = rawValue }

  /// The address so many bytes above.
  @inlinable public static func + (address: HostAddress, offset: UInt64) -> HostAddress {
    HostAddress(address.rawValue &+ offset)
  }
}

/// A run of this process's memory.
///
/// Invariant: its bytes are mapped for as long as it is used. Every access checks that it lies inside,
/// and stops the program if not.
@safe public struct HostBlock: Sendable {
  /// The first byte.
  public let address: HostAddress
  /// Bytes.
  public let byteCount: UInt64

  /// A run that is mapped, and stays so for as long as the value or a part of it is used; 8-byte
  /// aligned if more than bytes of it are accessed.
  @unsafe public init(mapped address: HostAddress, byteCount: UInt64) {
    self.address = address
    self.byteCount = byteCount
  }

  private init(none: Void) {
    address = HostAddress(0)
    byteCount = 0
  }

  /// No memory at all.
  public static var none: HostBlock { HostBlock(none: ()) }

  /// Whether there are no bytes.
  public var isEmpty: Bool { byteCount == 0 }

  /// A part of it.
  public func part(at offset: UInt64, byteCount: UInt64) -> HostBlock {
    check(offset, byteCount)
    return unsafe HostBlock(mapped: address + offset, byteCount: byteCount)
  }

  private func check(_ offset: UInt64, _ count: UInt64) {
    precondition(count <= byteCount && offset <= byteCount - count, "outside of a block")
  }

  private func pointer(_ offset: UInt64, _ count: UInt64) -> UnsafeMutableRawPointer {
    check(offset, count)
    return unsafe UnsafeMutableRawPointer(
      bitPattern: UInt(truncatingIfNeeded: address.rawValue &+ offset)
    ).unsafelyUnwrapped
  }

  /// 8 bits.
  public func u8(at offset: UInt64) -> UInt8 {
    unsafe pointer(offset, 1).load(as: UInt8.self)
  }
  /// 16 bits, aligned.
  public func u16(at offset: UInt64) -> UInt16 {
    unsafe pointer(offset, 2).load(as: UInt16.self)
  }
  /// 32 bits, aligned.
  public func u32(at offset: UInt64) -> UInt32 {
    unsafe pointer(offset, 4).load(as: UInt32.self)
  }
  /// 64 bits, aligned.
  public func u64(at offset: UInt64) -> UInt64 {
    unsafe pointer(offset, 8).load(as: UInt64.self)
  }
  /// Stores 8 bits.
  public func store(_ value: UInt8, at offset: UInt64) {
    unsafe pointer(offset, 1).storeBytes(of: value, as: UInt8.self)
  }
  /// Stores 16 bits, aligned.
  public func store(_ value: UInt16, at offset: UInt64) {
    unsafe pointer(offset, 2).storeBytes(of: value, as: UInt16.self)
  }
  /// Stores 32 bits, aligned.
  public func store(_ value: UInt32, at offset: UInt64) {
    unsafe pointer(offset, 4).storeBytes(of: value, as: UInt32.self)
  }
  /// Stores 64 bits, aligned.
  public func store(_ value: UInt64, at offset: UInt64) {
    unsafe pointer(offset, 8).storeBytes(of: value, as: UInt64.self)
  }
  /// Stores an address, aligned.
  public func store(_ value: HostAddress, at offset: UInt64) { store(value.rawValue, at: offset) }
  /// Stores zeros in the first `count` bytes, a multiple of 8.
  public func clear(_ count: UInt64) {
    var offset: UInt64 = 0
    while offset < count {
      store(0 as UInt64, at: offset)
      offset += 8
    }
  }
}
