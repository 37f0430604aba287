// The kernel's own half of the address space: the direct map of RAM, devices, and the image, where
// code cannot be written and nothing else can be executed.

import Arm
import Boot

/// What a range of the kernel's half is.
public enum KernelMemoryKind: Sendable {
  /// RAM: read and written.
  case memory
  /// Device-nGnRE.
  case device
  /// Executed, read.
  case code
  /// Read.
  case constants

  /// A block or, at level 3, a page at an address.
  public func descriptor(_ address: UInt64, level: Int) -> TranslationDescriptor {
    typealias Bit = TranslationDescriptor
    var leaf = Bit(rawValue: address)
    leaf[Bit.valid] = 1
    leaf[Bit.table] = level == 3 ? 1 : 0
    leaf[Bit.af] = 1
    leaf[Bit.uxn] = 1
    if self != .code { leaf[Bit.pxn] = 1 }
    if self == .code || self == .constants { leaf[Bit.ap2] = 1 }
    if self != .device {
      leaf[Bit.attrIndx] = 1
      leaf[Bit.sh] = 3
    }
    return leaf
  }
}

/// Builds tables for TTBR1_EL2: 4 KiB granule, four levels, 48 bits.
public struct KernelTables<P: HypervisorPlatform> {
  let platform: P
  /// The level 0 table.
  public let root: PhysicalAddress

  /// Empty tables; nil without memory.
  public init?(_ platform: P, _ frames: inout FrameAllocator) {
    self.platform = platform
    guard let root = frames.allocate(for: .reserved) else { return nil }
    platform.clear(root, byteCount: 4096)
    self.root = root
  }

  /// Maps a range, in as large pieces as fit; false without memory. What was mapped before stays.
  /// All multiples of 4 KiB.
  public func map(
    _ address: VirtualAddress, to target: PhysicalAddress, byteCount: UInt64,
    _ kind: KernelMemoryKind, _ frames: inout FrameAllocator
  ) -> Bool {
    var done: UInt64 = 0
    while done < byteCount {
      let virtual = address.rawValue + done
      let physical = target.rawValue + done
      let left = byteCount - done
      var level = 3
      for candidate in [1, 2] {
        let size: UInt64 = 4096 << UInt64((3 - candidate) * 9)
        if level == 3, (virtual | physical) & (size - 1) == 0, left >= size { level = candidate }
      }
      guard put(virtual, physical, level, kind, &frames) else { return false }
      done += 4096 << UInt64((3 - level) * 9)
    }
    return true
  }

  private func put(
    _ virtual: UInt64, _ physical: UInt64, _ wanted: Int, _ kind: KernelMemoryKind,
    _ frames: inout FrameAllocator
  ) -> Bool {
    var table = root
    var level = 0
    while true {
      let index = virtual >> UInt64(12 + (3 - level) * 9) & 0x1ff
      let slot = unsafe platform.pointer(PhysicalAddress(table.rawValue + index * 8))
      let entry = TableEntry(rawValue: unsafe slot.load(as: UInt64.self))
      if level == wanted {
        // A table, or an earlier mapping, that is in the way of a block stays.
        if entry.isTable, level < 3 {
          let half: UInt64 = 4096 << UInt64((2 - level) * 9)
          for part in 0..<512 as Range<UInt64> {
            guard
              put(virtual + part * half, physical + part * half, level + 1, kind, &frames)
            else { return false }
          }
        } else if !entry.isValid {
          let new = kind.descriptor(physical, level: level).rawValue
          unsafe slot.storeBytes(of: new, as: UInt64.self)
        }
        return true
      }
      if entry.isTable {
        table = entry.address
      } else if entry.isValid {
        return true  // part of a block that was mapped before
      } else {
        guard let new = frames.allocate(for: .reserved) else { return false }
        platform.clear(new, byteCount: 4096)
        unsafe slot.storeBytes(of: TableEntry(table: new).rawValue, as: UInt64.self)
        table = new
      }
      level += 1
    }
  }
}
