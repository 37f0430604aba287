// The header of an arm64 Linux Image. Linux, Documentation/arch/arm64/booting.rst. What comes as a
// compressed file is recognized, so that the answer is better than a hang.

import Bytes

/// Why bytes are not a kernel that can be entered.
public enum ImageError: Error, Equatable, Sendable {
  /// No Image header, and nothing else that is known.
  case notAnImage
  /// An Image compressed by gzip: it must be unpacked first.
  case gzip
  /// An EFI zboot file, which unpacks itself with the help of UEFI; the Image must be extracted.
  case zboot
  /// An ELF file, such as vmlinux.
  case elf
  /// A big-endian kernel.
  case bigEndian
  /// The header states an image larger than 1 GiB or smaller than the file.
  case badSize(UInt64)
}

/// An arm64 Linux Image header.
public struct LinuxImage: Equatable, Sendable {
  /// Bytes of the header.
  public static let headerSize = 64

  /// Where to load it, from a 2 MiB boundary.
  public var textOffset: UInt64
  /// Memory it needs from there, file and BSS, in bytes.
  public var imageSize: UInt64
  /// Flags: bit 0 big-endian, 2:1 page size, 3 may be anywhere in memory.
  public var flags: UInt64

  /// Page size in bytes, or nil if the kernel does not say.
  public var pageSize: UInt64? {
    switch flags >> 1 & 3 {
    case 1: 4096
    case 2: 16384
    case 3: 65536
    default: nil
    }
  }

  /// The header at the start of a file of `fileSize` bytes, of which `source` has at least the
  /// first 64.
  public init(_ source: some ByteSource, fileSize: UInt64) throws(ImageError) {
    guard let magic = try? source.u32(at: 56), let first = try? source.u32(at: 0),
      let second = try? source.u32(at: 4), let textOffset = try? source.u64(at: 8),
      let imageSize = try? source.u64(at: 16), let flags = try? source.u64(at: 24)
    else { throw .notAnImage }
    if first & 0xffff == 0x8b1f { throw .gzip }
    if first == 0x464c_457f { throw .elf }
    if first & 0xffff == 0x5a4d, second == 0x676d_697a { throw .zboot }  // "MZ", "zimg"
    guard magic == 0x644d_5241 else { throw .notAnImage }  // "ARM\x64"
    guard flags & 1 == 0 else { throw .bigEndian }
    self.flags = flags
    if imageSize == 0 {
      // Before Linux 3.17: the offset is fixed, the size unknown; leave room for a BSS.
      self.textOffset = 0x8_0000
      self.imageSize = fileSize + 0x100_0000
    } else {
      guard imageSize <= 0x4000_0000, textOffset < 0x20_0000, fileSize <= imageSize else {
        throw .badSize(imageSize)
      }
      self.textOffset = textOffset
      self.imageSize = imageSize
    }
  }
}

/// Where the parts of a Linux boot go.
///
/// The first 2 MiB of RAM are left alone (a device tree may lie there); kernel and initrd follow;
/// tables and error region lie at the end, below 4 GiB.
public struct LinuxPlacement: Equatable, Sendable {
  /// Load address of the Image, which is its entry.
  public var kernel: UInt64
  /// Load address of the initrd.
  public var initrd: MemoryRange
  /// Base for a `ServiceRegion`, directly below the tables; nothing where none is asked for.
  public var services: MemoryRange
  /// For `BootConfiguration.tables`.
  public var tables: MemoryRange
  /// Base for an `ErrorRegion` of the size asked for, rounded up to 64 KiB.
  public var errors: MemoryRange

  /// A placement in RAM.
  public init(
    _ image: LinuxImage, initrdSize: UInt64, ram: MemoryRange, errorRegionSize: UInt64,
    tablesSize: UInt64 = BootImage.size, servicesSize: UInt64 = 0
  ) throws(BootError) {
    guard ram.base & 0x1f_ffff == 0, ram.size <= 1 << 46, ram.base <= 1 << 46,
      initrdSize <= ram.size, errorRegionSize <= ram.size, tablesSize <= ram.size,
      servicesSize <= ram.size,
      image.imageSize <= ram.size
    else { throw .tooLittleMemory }
    let top = min(ram.end, 0x1_0000_0000) & ~0xffff
    let services = (servicesSize + 0xffff) & ~0xffff
    let tail =
      services + ((tablesSize + 0xffff) & ~0xffff) + ((errorRegionSize + 0xffff) & ~0xffff)
    kernel = ram.base + 0x20_0000 + image.textOffset
    let kernelEnd = (kernel + image.imageSize + 0x1f_ffff) & ~0x1f_ffff
    initrd = MemoryRange(base: kernelEnd, size: initrdSize)
    guard top > ram.base, tail < top - ram.base, initrd.end <= top - tail else {
      throw .tooLittleMemory
    }
    self.services = MemoryRange(base: top - tail, size: services)
    tables = MemoryRange(base: self.services.end, size: (tablesSize + 0xffff) & ~0xffff)
    errors = MemoryRange(base: tables.end, size: (errorRegionSize + 0xffff) & ~0xffff)
  }
}
