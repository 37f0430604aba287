// What a kernel's and an initrd's file say of themselves, so far as it shows that they are cut off or
// something else: the answer is better than a machine that says nothing.

/// Checks of what a machine boots.
enum BootFileCheck {
  /// What is wrong with a kernel's file, nil if nothing shows. A kernel with an EFI stub is a PE file,
  /// whose section table says how long it is (Microsoft PE format, "Section Table").
  static func mistake(inKernel file: [UInt8]) -> String? {
    guard file.starts(with: "MZ".utf8), let start = number(file, 60, 4), start < 1 << 20,
      let magic = number(file, start, 4), magic == 0x4550,
      let count = number(file, start + 6, 2), let optional = number(file, start + 20, 2)
    else { return nil }
    var end = 0
    for section in 0..<count {
      let entry = start + 24 + optional + 40 * section
      guard let size = number(file, entry + 16, 4), let place = number(file, entry + 20, 4) else {
        return "is cut off: it has \(file.count) bytes, which do not even hold its section table"
      }
      end = max(end, place + size)
    }
    return end > file.count
      ? "is cut off: its section table says \(end) bytes, and it has \(file.count)" : nil
  }

  /// What is wrong with an initrd's file, nil if nothing shows.
  static func mistake(inInitrd file: [UInt8]) -> String? {
    if file.isEmpty { return "is empty; --initrd none boots without one" }
    if file.starts(with: "07070".utf8) { return mistake(inArchive: file) }
    let isKnown =
      compressed.contains { file.starts(with: $0) }
      || fileSystems.contains { at, magic in
        file.count >= at + magic.count && file[at..<at + magic.count].elementsEqual(magic)
      }
    return isKnown
      ? nil
      : "is neither a cpio archive, nor a compressed one, nor a file system image that Linux knows; "
        + "`faultline initrd` builds one, --initrd none boots without"
  }

  /// gzip, bzip2, LZMA, xz, LZO, LZ4, Zstandard. linux/lib/decompress.c.
  private static let compressed: [[UInt8]] = [
    [0x1F, 0x8B], [0x1F, 0x9E], [0x42, 0x5A], [0x5D, 0x00], [0xFD, 0x37], [0x89, 0x4C],
    [0x02, 0x21],
    [0x28, 0xB5],
  ]

  /// romfs, cramfs, squashfs, ext2 and its heirs, minix. linux/init/do_mounts_rd.c.
  private static let fileSystems: [(at: Int, magic: [UInt8])] = [
    (0, Array("-rom1fs-".utf8)), (0, [0x45, 0x3D, 0xCD, 0x28]), (0x200, [0x45, 0x3D, 0xCD, 0x28]),
    (0, Array("hsqs".utf8)), (1080, [0x53, 0xEF]), (1040, [0x7F, 0x13]), (1040, [0x8F, 0x13]),
  ]

  /// Follows the entries of a "newc" archive to its trailer. linux/Documentation/driver-api/early-
  /// userspace/buffer-format.rst. Older forms Linux refuses by itself.
  private static func mistake(inArchive file: [UInt8]) -> String? {
    var place = 0
    while true {
      guard place + 110 <= file.count else {
        return "is cut off: the archive has no end in its \(file.count) bytes"
      }
      guard
        file[place...].starts(with: "070701".utf8) || file[place...].starts(with: "070702".utf8),
        let size = digits(file, place + 54), let name = digits(file, place + 94)
      else { return "is damaged: at byte \(place) there should be the header of an entry" }
      let body = (place + 110 + name + 3) & ~3
      let text = file[min(place + 110, file.count)..<min(place + 110 + name, file.count)]
      if text.starts(with: "TRAILER!!!".utf8) { return nil }
      place = (body + size + 3) & ~3
    }
  }

  /// Eight hexadecimal digits.
  private static func digits(_ file: [UInt8], _ place: Int) -> Int? {
    Int(String(decoding: file[place..<place + 8], as: UTF8.self), radix: 16)
  }

  /// A little-endian number.
  private static func number(_ file: [UInt8], _ place: Int, _ size: Int) -> Int? {
    guard place + size <= file.count else { return nil }
    return file[place..<place + size].reversed().reduce(0) { $0 << 8 | Int($1) }
  }
}
