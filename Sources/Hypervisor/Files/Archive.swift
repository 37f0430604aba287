// The file system: the cpio "newc" archive that firmware loaded as initrd, where it lies, read-only.
// Linux, Documentation/driver-api/early-userspace/buffer-format.rst. Archives may follow one
// another; the later file of a name wins. Every number in it is checked: a damaged archive ends
// where it is damaged.

import Arm
import Boot
import Bytes

/// A file of the archive.
struct ArchiveFile: Sendable {
  /// Where its name is, without leading slashes or dots, and how long.
  var name: PhysicalAddress
  var nameCount: Int
  /// c_mode: type and permissions.
  var mode: UInt32
  /// c_rdevmajor, c_rdevminor.
  var device: (UInt32, UInt32)
  /// Its contents.
  var contents: PhysicalAddress
  var size: UInt64

  var isFolder: Bool { mode & 0o170000 == 0o040000 }
  var isLink: Bool { mode & 0o170000 == 0o120000 }
  var isCharacterDevice: Bool { mode & 0o170000 == 0o020000 }
}

/// The archive.
struct Archive {
  private(set) var files: [ArchiveFile] = []

  /// What an initrd at a place in RAM holds.
  init<P: HypervisorPlatform>(_ platform: P, _ range: MemoryRange) {
    var offset: UInt64 = 0
    while offset + 110 <= range.size {
      // Zeros between archives.
      if Self.byte(platform, range.base + offset) == 0 {
        offset += 4
        continue
      }
      guard let next = read(platform, range, &offset) else { return }
      guard let file = next else { continue }
      files.append(file)
    }
  }

  private static func byte<P: HypervisorPlatform>(_ platform: P, _ address: UInt64) -> UInt8 {
    unsafe platform.pointer(PhysicalAddress(address)).load(as: UInt8.self)
  }

  /// The entry at an offset, which moves behind it; nil inside is an end mark, nil outside damage.
  private func read<P: HypervisorPlatform>(
    _ platform: P, _ range: MemoryRange, _ offset: inout UInt64
  ) -> ArchiveFile?? {
    let start = range.base + offset
    let magic: StaticString = "07070"
    for index in 0..<5 {
      let wanted = unsafe magic.utf8Start[index]
      guard Self.byte(platform, start + UInt64(index)) == wanted else { return nil }
    }
    func field(_ number: UInt64) -> UInt32? {
      var value: UInt32 = 0
      for index in 0..<8 as Range<UInt64> {
        let letter = Self.byte(platform, start + 6 + number * 8 + index)
        let digit: UInt32
        switch letter {
        case 0x30...0x39: digit = UInt32(letter) - 0x30
        case 0x41...0x46: digit = UInt32(letter) - 0x37
        case 0x61...0x66: digit = UInt32(letter) - 0x57
        default: return nil
        }
        value = value << 4 | digit
      }
      return value
    }
    guard let mode = field(1), let size = field(6), let major = field(9), let minor = field(10),
      let nameSize = field(11), nameSize > 0
    else { return nil }
    let contents = (offset + 110 + UInt64(nameSize) + 3) & ~3
    let end = contents + UInt64(size)
    guard end <= range.size else { return nil }
    var name = start + 110
    var count = Int(nameSize) - 1
    // "./init" and "/init" are "init".
    while count > 0 {
      let letter = Self.byte(platform, name)
      let isDot =
        letter == 0x2e && (count == 1 || Self.byte(platform, name + 1) == 0x2f)
      guard letter == 0x2f || isDot else { break }
      name += 1
      count -= 1
    }
    offset = (end + 3) & ~3
    let file = ArchiveFile(
      name: PhysicalAddress(name), nameCount: count, mode: mode, device: (major, minor),
      contents: PhysicalAddress(range.base + contents), size: UInt64(size))
    let trailer: StaticString = "TRAILER!!!"
    if Self.isNamed(platform, file, Self.bytes(trailer)) { return .some(nil) }
    return file
  }

  private static func bytes(_ text: StaticString) -> [UInt8] {
    var bytes: [UInt8] = []
    for index in 0..<text.utf8CodeUnitCount { bytes.append(unsafe text.utf8Start[index]) }
    return bytes
  }

  private static func isNamed<P: HypervisorPlatform>(
    _ platform: P, _ file: ArchiveFile, _ name: [UInt8]
  ) -> Bool {
    guard file.nameCount == name.count else { return false }
    for index in name.indices
    where byte(platform, file.name.rawValue + UInt64(index)) != name[index] {
      return false
    }
    return true
  }

  /// The file of a path, links followed up to eight deep.
  func file<P: HypervisorPlatform>(
    _ platform: P, _ path: [UInt8], followsLinks: Bool = true
  ) -> ArchiveFile? {
    var path = Self.normalized(path)
    for _ in 0..<8 {
      var index = files.count
      var found: ArchiveFile?
      while index > 0, found == nil {
        index -= 1
        if Self.isNamed(platform, files[index], path) { found = files[index] }
      }
      guard let file = found, file.isLink, followsLinks else { return found }
      path = Self.target(platform, file, from: path)
    }
    return nil
  }

  /// Where a link leads.
  private static func target<P: HypervisorPlatform>(
    _ platform: P, _ link: ArchiveFile, from path: [UInt8]
  ) -> [UInt8] {
    var target: [UInt8] = []
    for offset in 0..<min(link.size, 4096) {
      target.append(byte(platform, link.contents.rawValue + offset))
    }
    if target.first == 0x2f { return normalized(target) }
    var folder = path
    while let last = folder.last, last != 0x2f { folder.removeLast() }
    return normalized(folder + target)
  }

  /// A path without empty parts, "." and "..", and without a leading slash.
  static func normalized(_ path: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var index = 0
    while index < path.count {
      var part: [UInt8] = []
      while index < path.count, path[index] != 0x2f {
        part.append(path[index])
        index += 1
      }
      index += 1
      if part.isEmpty || part == [0x2e] { continue }
      if part == [0x2e, 0x2e] {
        while let last = result.last, last != 0x2f { result.removeLast() }
        if !result.isEmpty { result.removeLast() }
        continue
      }
      if !result.isEmpty { result.append(0x2f) }
      result += part
    }
    return result
  }
}
