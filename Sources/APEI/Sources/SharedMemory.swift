// Memory as the two sides of APEI see it: firmware that writes tables and records, an operating
// system that reads them, an observer who only looks.

import Arm
import Bytes

/// Physical memory that tables and records are read from.
public protocol PhysicalReader {
  /// The bytes of a range.
  associatedtype Bytes: ByteSource
  /// `count` bytes from an address, or nil where there is nothing to read.
  func bytes(at address: PhysicalAddress, count: Int) -> Bytes?
}

/// Physical memory that firmware and the operating system share.
public protocol SharedMemory: PhysicalReader {
  /// A word at a multiple of four, in one access; nil where there is nothing to read, or hardware
  /// has lost it.
  func load32(_ address: PhysicalAddress) -> UInt32?
  /// A double word at a multiple of eight, in one access; nil as above.
  func load64(_ address: PhysicalAddress) -> UInt64?
  /// Stores a word at a multiple of four, in one access; nothing happens where there is no memory.
  func store32(_ address: PhysicalAddress, _ value: UInt32)
  /// Stores a double word at a multiple of eight, in one access; nothing happens where there is no
  /// memory.
  func store64(_ address: PhysicalAddress, _ value: UInt64)
  /// Makes the line of 64 bytes of an address zero in one write, whatever hardware has lost of it; false
  /// where that cannot be done.
  func zeroLine(_ address: PhysicalAddress) -> Bool
  /// What was stored before is seen by the other side before what is stored after.
  func synchronize()
}

extension SharedMemory {
  /// No line can be made good.
  public func zeroLine(_ address: PhysicalAddress) -> Bool { false }
}

extension GenericAddress {
  /// How wide the accesses to this register of memory are, 4 or 8 bytes; nil if it is not one that
  /// can be accessed: in another space, of another width, not aligned, or at 0.
  ///
  /// An access size that is too small for a register of 32 or 64 bits is a common mistake, and
  /// mended as Linux does (drivers/acpi/apei/apei-base.c, apei_check_gar).
  public var accessByteCount: Int? {
    let bits = Int(bitOffset) + Int(bitWidth)
    let isWhole = bitOffset == 0 && (bitWidth == 32 || bitWidth == 64)
    let count: Int
    switch accessSize {
    case 0: count = bits > 32 ? 8 : 4
    case 1, 2:
      guard isWhole else { return nil }
      count = Int(bitWidth) / 8
    case 3: count = isWhole ? Int(bitWidth) / 8 : 4
    case 4: count = 8
    default: return nil
    }
    guard space == 0, bitWidth > 0, bits <= count * 8, address != 0, address < 1 << 52,
      address & UInt64(count - 1) == 0
    else { return nil }
    return count
  }
}

extension SharedMemory {
  /// The whole access that holds a register; nil where it cannot be read.
  func load(_ register: GenericAddress) -> UInt64? {
    switch register.accessByteCount {
    case 4: load32(PhysicalAddress(register.address)).map { UInt64($0) }
    case 8: load64(PhysicalAddress(register.address))
    default: nil
    }
  }

  /// Stores the whole access that holds a register.
  func store(_ register: GenericAddress, _ value: UInt64) {
    switch register.accessByteCount {
    case 4: store32(PhysicalAddress(register.address), UInt32(truncatingIfNeeded: value))
    case 8: store64(PhysicalAddress(register.address), value)
    default: break
    }
  }
}
